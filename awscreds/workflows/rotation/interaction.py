"""How rotations talk to people."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.rotation import RotateOptions
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.results import Report


@dataclass(kw_only=True)
class Interaction:
    """How rotations talk to people."""

    tell: Callable[[str], None]
    """Shows progress."""
    explain: Callable[[Plan, RotateOptions], None]
    """Says what is about to be rotated, and who else will notice."""
    confirm: Callable[[Report], None]
    """Asks whether the rotation may begin. Raises AwscredsError if it may not."""
    ask: Callable[[str], bool]
    """Asks any other question; False if nobody agrees."""
    may_move: Callable[[Plan], bool]
    """Asks whether plaintext keys may move to the secret store."""
    may_replace: Callable[[Plan], bool]
    """Asks whether the user's other key may be deleted."""

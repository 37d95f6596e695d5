"""What AWS's tools refuse, ignore or disagree on in the AWS files, see ``model/problems``."""

from __future__ import annotations

from awscreds.model.problems.findings import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.problems.finding import Finding
    from awscreds.workflows.checks.surroundings import Surroundings


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """The findings of the two documents."""
    yield from find(surroundings.documents)

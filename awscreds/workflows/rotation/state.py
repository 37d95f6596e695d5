"""What one rotation is about, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from awscreds.model.rotation import RotationOptions
from awscreds.model.text import quoted
from awscreds.stores.journal import INTENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.rotation import Stage
    from awscreds.stores.journal import Journal

BEGIN = "begin"
"""The first line of a journal; its detail is the options."""


@dataclass(kw_only=True)
class RotationState:
    """One rotation; its signer, its stages and its run share it.

    Only the journal outlives the process. The secrets are here as long as they are needed, so that
    a store that is locked meanwhile stops nothing.
    """

    journal: Journal
    options: RotationOptions
    old_key: AccessKey | None = None
    """The old key with its secret, as the preflight read it."""
    session: Session | None = None
    """The MFA session that signs."""
    created: AccessKey | None = None
    """The new key with its secret, until it is stored."""
    created_at: float | None = None
    """When IAM made the new key, in seconds since the epoch."""
    stage: Stage | None = None
    """The stage that the rotation is in; after a failure, the one that failed."""
    done: list[tuple[str, float]] = field(default_factory=list)
    """The stages that this process has finished, each with its time."""

    @classmethod
    def from_journal(cls, journal: Journal) -> RotationState:
        """The state of the rotation that ``journal`` is about."""
        return cls(journal=journal, options=options_of(journal))

    @property
    def old(self) -> str:
        """The ID of the old key."""
        return str(self.journal.facts["old"])

    @property
    def new(self) -> str | None:
        """The ID of the new key, as soon as it is known."""
        new: str | None = self.journal.facts["new"]
        return new

    @property
    def user(self) -> str:
        return str(self.journal.facts["user"])

    @property
    def user_id(self) -> str | None:
        """What stays the same if the user is renamed; None in the journal of an earlier version."""
        user_id: str | None = self.journal.facts.get("user_id")
        return user_id

    @property
    def account(self) -> str:
        return str(self.journal.facts["account"])

    @property
    def profiles(self) -> list[str]:
        """The profiles that use the old key, or have used it."""
        return list(self.journal.facts["profiles"])

    @property
    def shown_profile(self) -> str:
        """One of them, as a word of a command to copy."""
        return quoted(self.profiles[0])

    def is_intended(self, stage: str) -> bool:
        """Whether the journal has an intent of this stage."""
        return self.journal.find(stage, INTENT) is not None


def options_of(journal: Journal) -> RotationOptions:
    """The options that the rotation of ``journal`` was begun with."""
    return RotationOptions(**(journal.find(BEGIN, INTENT) or {}))

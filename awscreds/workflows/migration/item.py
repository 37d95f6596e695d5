"""What a migration does with one profile, or why it leaves it as it is."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.model.pairs import KeyPair

MOVE = "move"
"""Its key goes to the secret store, and our line comes."""
FOLLOW = "follow"
"""It has no key itself: it gets our line for the key of the profile ``follows``."""
CLEAR = "clear"
"""Its temporary keys have expired: they go."""
LEAVE = "leave"
"""Nothing is changed. ``reason`` says why."""


@dataclass(slots=True)
class Item:
    """A profile of the plan.

    ``target`` is the profile that gets our line: another one for a role that is its own source.
    ``reason`` says why it is left, or what else happens, in words after "PROFILE: ". ``remedy``
    says what to do, as a command or in words. ``doubt`` says why only AWS can tell whether the key
    is right: without its answer, the profile is left. ``is_rest``: an earlier run was killed after
    it had changed the config file, so only the lines in the credentials file are to go.
    """

    profile: str
    action: str
    place: str
    pairs: list[KeyPair] = field(default_factory=list)
    key: AccessKey | None = None
    key_id: str | None = None
    target: str = ""
    follows: str | None = None
    mfa_device: str | None = None
    reason: str = ""
    remedy: str = ""
    doubt: str = ""
    identity: Identity | None = None
    is_checked: bool = False
    is_rest: bool = False

    def leave(self, reason: str, remedy: str = "") -> None:
        """Change nothing in this profile."""
        self.action, self.reason, self.remedy = LEAVE, reason, remedy

    @property
    def changes(self) -> bool:
        return self.action != LEAVE

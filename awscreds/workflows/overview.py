"""Where somebody stands: the profile in use, its session, the store, and what needs attention."""

from __future__ import annotations

from collections import Counter

from awscreds.model.environment import ACCESS_KEY_ID, EXPIRATION, active_profile
from awscreds.model.profile import ROLE, WRAPPED
from awscreds.model.records import record
from awscreds.model.text import quoted
from awscreds.model.times import parse_iso
from awscreds.workflows.profile_facts import OVERDUE, PLAINTEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.errors import AwscredsError
    from awscreds.stores.backends import StoreBackend
    from awscreds.workflows.profile_facts import ProfileFacts

IN_SHELL = "shell"
IN_CACHE = "cache"
PASSPHRASES = ("AWSCREDS_PASSPHRASE", "AWSCREDS_PASSPHRASE_FILE")
"""With one of them, a locked vault opens without a question."""


@record()
class StoreFacts:
    """The secret store: its name and description. ``seconds_open`` is None if it was not asked."""

    name: str
    description: str
    is_made: bool
    seconds_open: float | None

    @classmethod
    def of(cls, backend: StoreBackend) -> StoreFacts:
        """The facts of ``backend``. One that decides itself when it is open is not asked."""
        if backend.hold_seconds is None:
            return cls(backend.name, "the OS keyring", is_made=True, seconds_open=None)
        is_made = backend.exists()
        return cls(backend.name, backend.describe(), is_made, backend.seconds_open() * is_made)

    @property
    def is_locked(self) -> bool:
        return self.is_made and self.seconds_open is not None and not self.seconds_open


@record()
class Overview:
    """What is known without asking anybody. None for what there is not.

    ``active_name`` is what the variables of this shell name, also if there is no such profile.
    ``session_in`` is IN_SHELL or IN_CACHE; its ``session_seconds`` are 0 once it has expired.
    ``errors`` is how many `doctor` finds in the files. ``unfinished`` are the IDs of the old keys
    of interrupted rotations. ``damage`` is why the record of our keys cannot be read.
    """

    profiles: Sequence[ProfileFacts]
    errors: int
    environ: Mapping[str, str]
    store: StoreFacts | None
    unfinished: Sequence[str]
    now: float
    damage: AwscredsError | None = None

    @property
    def active_name(self) -> str | None:
        return active_profile(self.environ)

    @property
    def active(self) -> ProfileFacts | None:
        return next((each for each in self.profiles if each.is_active), None)

    @property
    def has_other_credentials(self) -> bool:
        """Whether programs use keys in the environment that are not a session of ours."""
        return bool(self.environ.get(ACCESS_KEY_ID)) and self.active_name is None

    @property
    def session_in(self) -> str | None:
        if self.environ.get(ACCESS_KEY_ID):
            return None if self.session_seconds is None else IN_SHELL
        return IN_CACHE if self.session_seconds else None

    @property
    def session_seconds(self) -> float | None:
        if self.environ.get(ACCESS_KEY_ID):
            end = parse_iso(self.environ.get(EXPIRATION, ""))
            return None if end is None else max(0.0, end - self.now)
        return self.active.session_seconds if self.active else None

    def kinds(self) -> list[tuple[str, int]]:
        """How many profiles there are of each kind, the most frequent first."""
        return Counter(each.kind for each in self.profiles).most_common()

    def marked(self, mark: str) -> list[str]:
        """The names of the profiles with ``mark``."""
        return [each.name for each in self.profiles if mark in each.marks]

    def next_command(self) -> str:
        """The command to run next: what is urgent first, then what is useful."""
        plaintext, overdue = self.marked(PLAINTEXT), self.marked(OVERDUE)
        name = quoted(self.active.name) if self.active else ""
        can_open = any(self.environ.get(variable) for variable in PASSPHRASES)
        in_order = (
            (self.damage, "doctor"),
            (self.unfinished, "rotate --resume"),
            (self.errors, "doctor"),
            (not self.profiles, "configure --profile NAME"),
            (plaintext, f"configure --profile {quoted(plaintext[0])}" if plaintext else ""),
            (overdue, f"rotate --profile {quoted(overdue[0])}" if overdue else ""),
            (name and self._has_expired, f"{self._session_command} --profile {name}"),
            (self.store and self.store.is_locked and not can_open, "unlock"),
            (name, f"whoami --profile {name}"),
            (True, "list"),
        )
        return "awscreds " + next(command for is_due, command in in_order if is_due)

    @property
    def _has_expired(self) -> bool:
        return self.session_in == IN_SHELL and not self.session_seconds

    @property
    def _session_command(self) -> str:
        is_role = self.active is not None and self.active.kind in (ROLE, WRAPPED)
        return "export" if is_role else "mfa-session"

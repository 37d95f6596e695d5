"""What is known about each profile without asking anybody: the rows of ``list`` and ``status``."""

from __future__ import annotations

from awscreds.model import accounts
from awscreds.model.environment import active_profile
from awscreds.model.keys import unless_secret
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    KEY_ID,
    LOGIN,
    MANAGED,
    NO_CREDENTIALS,
    ROLE,
    SECRET,
    SSO,
    STATIC,
    STATIC_KEYS,
    WEB_IDENTITY,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_SSO,
)
from awscreds.model.settings import MAX_KEY_AGE
from awscreds.model.times import DAY, parse_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from awscreds.model.profile import Profile
    from awscreds.stores.cache.sessions import CachedSession

KIND_WORDS = {
    MANAGED: "managed",
    STATIC_KEYS: "plaintext",
    ROLE: "role",
    WRAPPED: "wrapped",
    WRAPPED_SSO: "wrapped SSO",
    WRAPPED_LOGIN: "wrapped login",
    SSO: "SSO",
    LOGIN: "login",
    FOREIGN_PROCESS: "process",
    WEB_IDENTITY: "web identity",
    NO_CREDENTIALS: "settings",
}
"""The kinds of profiles, as people read them."""
PLAINTEXT = "PLAINTEXT"
"""Its secret is in an AWS file."""
OVERDUE = "overdue"
"""Its key is older than ``awscreds_max_key_age``."""
BROKEN = "broken"
"""Something is wrong with it, so that its credentials cannot be had."""


class ProfileFacts:  # no record: there may be thousands
    """One profile. None for what is not known, or what its kind does not have.

    ``source`` is where a role gets its first credentials: a profile, or a ``credential_source``.
    ``identity`` is the name of the role or user, ``secret`` where the secret is. ``account_from``
    is a setting, ``recorded``, or `accounts.FROM_KEY_ID` for a hint. ``since`` is when the key was
    created, in seconds since the epoch; if only the time is known when it was stored,
    ``since_at_least`` is true. ``session_seconds`` are those that its longest session lasts.
    """

    __slots__ = (
        *("access_key_id", "account", "account_from", "identity", "is_active", "kind", "marks"),
        *("mfa", "name", "region", "secret", "session_seconds", "since", "since_at_least"),
        "source",
    )

    name: str
    is_active: bool
    kind: str
    source: str | None
    secret: str | None
    access_key_id: str | None
    account: str | None
    account_from: str | None
    identity: str | None
    region: str | None
    mfa: bool
    since: float | None
    since_at_least: bool
    session_seconds: float | None
    marks: tuple[str, ...]

    @property
    def shown_account(self) -> str | None:
        """The account, with a question mark if it is only a hint."""
        hint = "?" if self.account_from == accounts.FROM_KEY_ID else ""
        return f"{self.account}{hint}" if self.account else None

    def age_days(self, now: float) -> int | None:
        """Whole days since the key was created, at least."""
        return None if self.since is None else max(0, int((now - self.since) // DAY))


class FactsOfProfiles:
    """Looks at ``profiles``. ``entry_of`` has what is recorded for the ID of a key.

    ``wrong`` are the names with an error among the findings.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        entry_of: Callable[[str], Mapping[str, str]],
        environ: Mapping[str, str],
        *,
        sessions: Iterable[CachedSession],
        wrong: Collection[str],
        now: float,
    ) -> None:
        self._profiles = profiles
        self._entry_of = entry_of
        self._active = active_profile(environ)
        halves = (profile.name for profile in profiles if is_half(profile))
        self._broken = _with_dependents([*wrong, *halves], profiles)
        self._now = now
        self._ends: dict[str, float] = {}
        for session in sessions:
            name = session.profile or ""
            self._ends[name] = max(self._ends.get(name, 0.0), session.expiration)

    def all(self) -> list[ProfileFacts]:
        """The facts about every profile. Raises ConfigurationError for an unsafe state folder."""
        return [self.of(profile) for profile in self._profiles]

    def of(self, profile: Profile) -> ProfileFacts:
        """The facts about one profile. Raises as `all`."""
        facts = ProfileFacts()
        facts.name = name = profile.name
        facts.is_active = name == self._active
        facts.kind = kind = profile.kind
        facts.access_key_id = key_id = profile.access_key_id
        entry = self._entry_of(key_id) if key_id else {}
        facts.source = _source(profile) if kind in (ROLE, WRAPPED) else None
        is_plaintext = _is_plaintext(profile)
        facts.secret = PLAINTEXT if is_plaintext else _where(kind, entry)
        facts.account, facts.account_from = accounts.of_profile(profile, entry.get("account"))
        facts.identity = _identity(profile, kind, entry)
        facts.region = profile.get("region")
        facts.mfa = bool(profile.of_role("mfa_serial"))
        facts.since, facts.since_at_least = _since(entry) if entry else (None, False)
        left = self._ends.get(name, 0.0) - self._now
        facts.session_seconds = left if left > 0 else None
        marks: tuple[str, ...] = (PLAINTEXT,) if is_plaintext else ()
        if facts.since is not None and profile.stored_key_id and self._is_old(profile, facts.since):
            marks += (OVERDUE,)
        facts.marks = (*marks, BROKEN) if name in self._broken else marks
        return facts

    def _is_old(self, profile: Profile, since: float) -> bool:
        return self._now - since > MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))


def _since(entry: Mapping[str, str]) -> tuple[float | None, bool]:
    """When a key was created; if that is unknown, when it was stored, and true."""
    created, stored = (parse_iso(entry.get(f"{what}_at", "")) for what in ("created", "stored"))
    return (stored, stored is not None) if created is None else (created, False)


def _with_dependents(wrong: Collection[str], profiles: Iterable[Profile]) -> set[str]:
    """The names in ``wrong``, and those of all roles that get their credentials from one."""
    roles: dict[str, list[str]] = {}
    for profile in profiles if wrong else ():
        roles.setdefault(profile.of_role("source_profile") or "", []).append(profile.name)
    found, waiting = set(wrong), list(wrong)
    while waiting:
        fresh = set(roles.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def _is_plaintext(profile: Profile) -> bool:
    """Whether a secret of it is in an AWS file, also one that its role or program hides."""
    return any(profile.get(name) for name in STATIC if name != KEY_ID)


def is_half(profile: Profile) -> bool:
    """Whether the file with its plaintext key lacks the ID or the secret: SDKs refuse that."""
    values = profile.plaintext
    is_incomplete = not values.get(SECRET) if values else bool(profile.get(SECRET))
    return is_incomplete and profile.kind == STATIC_KEYS


def _where(kind: str, entry: Mapping[str, str]) -> str | None:
    if kind == MANAGED:
        return entry.get("backend") or "unknown"
    return "a program" if kind == FOREIGN_PROCESS else None


def _source(profile: Profile) -> str | None:
    source = profile.of_role("source_profile") or profile.of_role("credential_source")
    return unless_secret(source) if source else None


def _identity(profile: Profile, kind: str, entry: Mapping[str, str]) -> str | None:
    """The last part of the role's or the user's ARN, which is its name."""
    if kind in (SSO, WRAPPED_SSO):
        name = profile.of_role("sso_role_name")
    else:
        arn = profile.of_role("role_arn") or profile.of_role("login_session") or entry.get("arn")
        name = (arn or "").rpartition(":")[2].rpartition("/")[2]
    return unless_secret(name) if name else None

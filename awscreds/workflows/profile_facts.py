"""What is known about each profile without asking anybody: the rows of ``list`` and ``status``."""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.model import accounts
from awscreds.model.environment import active_profile
from awscreds.model.keys import unless_secret
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    LOGIN,
    MANAGED,
    NO_CREDENTIALS,
    ROLE,
    SSO,
    STATIC_KEYS,
    WEB_IDENTITY,
    WRAPPED,
)
from awscreds.model.settings import MAX_KEY_AGE
from awscreds.model.times import DAY, parse_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from awscreds.model.profile import Profile
    from awscreds.stores.cache.sessions import CachedSession
    from awscreds.stores.state import State

KIND_WORDS = {
    MANAGED: "managed",
    STATIC_KEYS: "plaintext",
    ROLE: "role",
    WRAPPED: "wrapped",
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


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """One profile. None for what is not known, or what its kind does not have.

    ``source`` is where a role gets its first credentials: a profile, or a ``credential_source``.
    ``identity`` is the name of the role or user, ``secret`` where the secret is. ``account_from``
    is a setting, ``recorded``, or `accounts.FROM_KEY_ID` for a hint. ``since`` is when the key was
    created, in seconds since the epoch; if only the time is known when it was stored,
    ``since_at_least`` is true. ``session_seconds`` are those that its longest session lasts.
    """

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

    def age_days(self, now: float) -> int | None:
        """Whole days since the key was created, at least."""
        return None if self.since is None else max(0, int((now - self.since) // DAY))


class FactsOfProfiles:
    """Looks at ``profiles``. ``wrong`` are the names with an error among the findings."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        state: State,
        environ: Mapping[str, str],
        *,
        sessions: Iterable[CachedSession],
        wrong: Iterable[str],
        now: float,
    ) -> None:
        self._profiles = profiles
        self._state = state
        self._active = active_profile(environ)
        self._broken = _with_dependents(wrong, profiles)
        self._now = now
        self._ends: dict[str, float] = {}
        for session in sessions:
            name = session.profile or ""
            self._ends[name] = max(self._ends.get(name, 0.0), session.expiration)

    def all(self) -> list[ProfileFacts]:
        """The facts about every profile. Raises ConfigurationError for an unsafe state folder."""
        return [self._of(profile) for profile in self._profiles]

    def _of(self, profile: Profile) -> ProfileFacts:
        key_id = profile.access_key_id
        entry = self._state.entry(key_id) if key_id else {}
        kind, is_plaintext = profile.kind, _is_plaintext(profile)
        account, account_from = accounts.of_profile(profile, entry.get("account"))
        created, stored = (parse_iso(entry.get(f"{what}_at", "")) for what in ("created", "stored"))
        since = stored if created is None else created
        left = self._ends.get(profile.name, 0.0) - self._now
        return ProfileFacts(
            profile.name,
            profile.name == self._active,
            kind,
            _source(profile) if kind in (ROLE, WRAPPED) else None,
            PLAINTEXT if is_plaintext else _where(kind, entry),
            key_id,
            account,
            account_from,
            _identity(profile, kind, entry),
            profile.get("region"),
            bool(profile.of_role("mfa_serial")),
            since,
            created is None and stored is not None,
            left if left > 0 else None,
            (PLAINTEXT,) * is_plaintext + tuple(self._marks(profile, since)),
        )

    def _marks(self, profile: Profile, since: float | None) -> Iterable[str]:
        limit = MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))
        if profile.stored_key_id and since is not None and self._now - since > limit:
            yield OVERDUE
        if profile.name in self._broken:
            yield BROKEN


def _with_dependents(wrong: Iterable[str], profiles: Iterable[Profile]) -> set[str]:
    """The names in ``wrong``, and those of all roles that get their credentials from one."""
    roles: dict[str, list[str]] = {}
    for profile in profiles:
        roles.setdefault(profile.of_role("source_profile") or "", []).append(profile.name)
    found, waiting = set(wrong), list(wrong)
    while waiting:
        fresh = set(roles.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def _is_plaintext(profile: Profile) -> bool:
    return profile.has_static_keys and profile.kind in (MANAGED, STATIC_KEYS)


def _where(kind: str, entry: Mapping[str, str]) -> str | None:
    if kind == MANAGED:
        return entry.get("backend") or "unknown"
    return "a program" if kind == FOREIGN_PROCESS else None


def _source(profile: Profile) -> str | None:
    source = profile.of_role("source_profile") or profile.of_role("credential_source")
    return unless_secret(source) if source else None


def _identity(profile: Profile, kind: str, entry: Mapping[str, str]) -> str | None:
    """The last part of the role's or the user's ARN, which is its name."""
    if kind == SSO:
        name = profile.of_role("sso_role_name")
    else:
        arn = profile.of_role("role_arn") or profile.of_role("login_session") or entry.get("arn")
        name = (arn or "").rpartition(":")[2].rpartition("/")[2]
    return unless_secret(name) if name else None

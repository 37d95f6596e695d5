"""What would change in the config file, so that it has a profile for each role of a login.

A profile is ours as long as it has the setting ``awscreds_populated``, whose value is the name that
we gave it, and is still an SSO profile of the sso-session. Account and role are its identity. If
somebody has renamed or copied it, it is theirs: it keeps its name, and is never removed. Profiles
without the setting are never touched.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from awscreds.model.ini import sections
from awscreds.model.ini.document import PROFILE, SSO_SESSION
from awscreds.model.keys import secret_in
from awscreds.model.profile import SSO, WRAPPED_SSO, Profile
from awscreds.model.profile_references import users_of_many
from awscreds.model.settings import POPULATED, TEMPLATE
from awscreds.model.sso_names import DEFAULT_TEMPLATE, is_allowed
from awscreds.workflows.wrap import why_not

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.sso_names import Naming, SsoRole
    from awscreds.workflows.populate.listing import Listing

    Identity = tuple[str, str]

ADD = "add"
RENAME = "rename"
REMOVE = "remove"
WRAP = "wrap"
ACTIONS = (ADD, RENAME, WRAP, REMOVE)
"""In the order in which they are shown."""

IN_CREDENTIALS = "the credentials file has this profile or names it, too"
REPEATED = "it has several headers"
HAS_SECRETS = "it has a key, or a comment that may hold a secret"
NO_NAME = "no better name is free"


@dataclass(frozen=True, slots=True)
class Change:
    """A profile that is added, renamed (``old`` is its name until then), wrapped or removed.

    One that is renamed and wrapped is two changes: the second one has its new name.

    ``users`` are profiles that name it. ``taken`` is the better name that it cannot get.
    """

    action: str
    name: str
    account_id: str
    account_name: str
    role_name: str
    old: str | None = None
    taken: str | None = None
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """A profile that stays as it is, and why; ``wanted`` is the name that it would get."""

    name: str
    reason: str
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What changes and what does not. Two plans are equal if they do the same.

    ``gone``: profiles whose role AWS does not list any more, and that stay unless they are pruned.
    ``nameless``: roles (account and role) that get no profile, because no name is free.
    ``template``: what the sso-session gets; None if it stays as it is.
    """

    changes: tuple[Change, ...]
    kept: int
    gone: tuple[str, ...]
    left: tuple[Left, ...]
    nameless: tuple[tuple[str, str], ...]
    template: str | None = None

    def of(self, action: str) -> list[Change]:
        return [change for change in self.changes if change.action == action]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: whose profiles, how they are named, for which roles.

    ``prune``: whether profiles go whose role AWS does not list any more. ``is_named``: whether the
    naming was chosen now, so that the sso-session gets it for the next time. ``wrap``: whether SDKs
    get the profiles from awscreds, also those that are there already.
    """

    session: str
    naming: Naming
    is_selected: Callable[[SsoRole], bool]
    prune: bool = False
    is_named: bool = False
    wrap: bool = False


def plan(documents: AwsDocuments, listing: Listing, wanted: Wanted) -> Plan:
    """What to do to the files as they are in ``documents``, for what AWS lists."""
    return _Planner(documents, listing, wanted).plan()


class _Planner:
    """Makes one plan, in a time that grows with the number of profiles and roles."""

    def __init__(
        self,
        documents: AwsDocuments,
        listing: Listing,
        wanted: Wanted,
        stuck: frozenset[Identity] = frozenset(),
    ) -> None:
        """``stuck`` are roles whose profiles keep their names, since no better one is free."""
        self._documents = documents
        self._listing = listing
        self._wanted = wanted
        self._stuck = stuck
        self._ours: dict[Identity, str] = {}
        self._theirs: dict[Identity, list[str]] = {}
        self._adopted: set[Identity] = set()
        self._repeated = documents.config.repeated()
        self._taken = set(documents.names())
        self._vacated: set[str] = set()
        self._left: list[Left] = []
        self._find_profiles()
        self._users = users_of_many(documents, set(self._ours.values()))

    def plan(self) -> Plan:
        roles = [role for role in self._listing.roles if self._wanted.is_selected(role)]
        roles = [role for role in roles if role.identity not in self._adopted]
        renamed = {role.identity: self._ours[role.identity] for role in roles if self._moves(role)}
        self._vacated = set(renamed.values())
        self._taken -= self._vacated
        missing = [
            role
            for role in roles
            if role.identity in renamed
            or (role.identity not in self._ours and not self._is_made_by_hand(role))
        ]
        names, nameless = self._named(missing)
        if stuck := renamed.keys() & set(nameless):
            # Their names are not free then, which others may have got here.
            return _Planner(
                self._documents, self._listing, self._wanted, self._stuck | stuck
            ).plan()
        changes = [
            self._change(role, name, renamed.get(role.identity), taken)
            for role, name, taken in names
        ]
        wrapped = self._wrapped(roles, {change.old: change.name for change in changes})
        removed, gone = self._gone()
        changes += wrapped + removed
        return Plan(
            tuple(sorted(changes, key=lambda each: (ACTIONS.index(each.action), each.name))),
            kept=len(set(self._ours.values()) - {each.old or each.name for each in changes})
            - len(gone),
            gone=tuple(sorted(gone)),
            left=tuple(self._left),
            nameless=tuple(nameless),
            template=self._new_template() if changes else None,
        )

    def _new_template(self) -> str | None:
        section = (SSO_SESSION, self._wanted.session)
        before = self._documents.config.get(section, TEMPLATE.name) or DEFAULT_TEMPLATE
        after = self._wanted.naming.template
        return after if self._wanted.is_named and after != before else None

    def _find_profiles(self) -> None:
        config, credentials = self._documents.config, self._documents.credentials
        for section in config.sections():
            kind, name = section
            values = config.values(section)
            if kind != PROFILE or not name:
                continue
            profile = Profile(name, values, credentials.values(section))
            if profile.of_role("sso_session") != self._wanted.session:
                continue
            if profile.kind not in (SSO, WRAPPED_SSO):
                continue
            account, role = profile.of_role("sso_account_id"), profile.of_role("sso_role_name")
            if not account or not role:
                continue
            given = values.get(POPULATED.name)
            if given is None:
                self._theirs.setdefault((account, role), []).append(name)
            elif given != name or (account, role) in self._ours:
                self._adopted.add((account, role))
            else:
                self._ours[account, role] = name
        # A copy of one of ours does not take its place.
        self._adopted -= set(self._ours)

    def _is_made_by_hand(self, role: SsoRole) -> bool:
        """Whether somebody has made the very profile that we would."""
        by_hand = self._theirs.get(role.identity, ())
        name = next(iter(self._wanted.naming.candidates(role)))
        if name in by_hand:
            self._left.append(Left(name, "you made it yourself"))
        return name in by_hand

    def _moves(self, role: SsoRole) -> bool:
        """Whether the profile of the role gets another name."""
        name = self._ours.get(role.identity)
        candidates = list(self._wanted.naming.candidates(role))
        if name is None or name in candidates:
            return False
        reason = NO_NAME if role.identity in self._stuck else self._why_it_stays(name)
        if reason:
            self._left.append(Left(name, reason, candidates[0]))
        return reason is None

    def _why_it_stays(self, name: str) -> str | None:
        """Why a profile is neither renamed nor removed: only the config file changes, at once."""
        section = (PROFILE, name)
        config, credentials = self._documents.config, self._documents.credentials
        users = self._users.get(name, ())
        if credentials.spelled(section) or any(
            each.path == self._documents.credentials_path for each in users
        ):
            return IN_CREDENTIALS
        if section in self._repeated or len(config.spelled(section)) > 1:
            return REPEATED
        return None

    def _named(
        self, roles: Iterable[SsoRole]
    ) -> tuple[list[tuple[SsoRole, str, str | None]], list[Identity]]:
        """A free name for each role, and the better one that it cannot get, if any.

        Of several roles that want a name, none gets it: so the order does not matter.
        """
        waiting = [(role, list(self._wanted.naming.candidates(role))) for role in roles]
        named = []
        for level in range(max((len(names) for _, names in waiting), default=0)):
            wish = Counter(names[level] for _, names in waiting)
            free = {name for name, count in wish.items() if count == 1 and self._is_free(name)}
            for role, names in waiting:
                if names[level] in free:
                    named.append((role, names[level], names[0] if level else None))
            waiting = [(role, names) for role, names in waiting if names[level] not in free]
            self._taken |= free
        return named, [role.identity for role, _ in waiting]

    def _is_free(self, name: str) -> bool:
        if name in self._taken or not is_allowed(name):
            return False
        both = (self._documents.config, self._documents.credentials)
        is_there = any(document.spelled((PROFILE, name)) for document in both)
        return not is_there or name in self._vacated

    def _change(
        self,
        role: SsoRole,
        name: str,
        old: str | None,
        taken: str | None,
        *,
        action: str | None = None,
    ) -> Change:
        return Change(
            action or (RENAME if old else ADD),
            name,
            role.account_id,
            role.account_name,
            role.role_name,
            old=old,
            taken=taken,
            users=self._users_of(old),
        )

    def _wrapped(self, roles: Iterable[SsoRole], renamed: Mapping[str | None, str]) -> list[Change]:
        """The profiles of ``roles`` that are ours, and that are to be wrapped now."""
        found = []
        for role in roles if self._wanted.wrap else ():
            name = self._ours.get(role.identity)
            if name is None:
                continue
            profile = Profile(name, self._documents.config.values((PROFILE, name)), {})
            if profile.kind != SSO:
                continue
            if reason := self._why_it_stays(name) or why_not(profile):
                self._left.append(Left(name, reason))
                continue
            found.append(self._change(role, renamed.get(name, name), None, None, action=WRAP))
        return found

    def _gone(self) -> tuple[list[Change], list[str]]:
        """The profiles whose role is not listed: those that are removed, and those that stay."""
        listing = self._listing
        listed = {role.identity for role in (*listing.roles, *listing.unusable)}
        removed, gone = [], []
        with_secrets = {
            section
            for section, _, text in sections.comments(self._documents.config)
            if secret_in(text)
        }
        for identity, name in self._ours.items():
            if identity in listed or identity[0] in listing.vanished:
                continue
            reason = self._why_it_stays(name)
            values = self._documents.config.values((PROFILE, name))
            if Profile(name, values, {}).has_static_keys or (PROFILE, name) in with_secrets:
                reason = reason or HAS_SECRETS
            if reason and self._wanted.prune:
                self._left.append(Left(name, reason))
            if reason or not self._wanted.prune:
                gone.append(name)
                continue
            removed.append(
                Change(REMOVE, name, identity[0], "", identity[1], users=self._users_of(name))
            )
        return removed, gone

    def _users_of(self, name: str | None) -> tuple[str, ...]:
        users = self._users.get(name or "", ())
        return tuple(sorted({each.user or each.place for each in users if each.user != name}))

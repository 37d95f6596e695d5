"""``list``, for files in which no profile is broken.

Profiles with the same keys share what these keys decide (`Shape`), and their rows are made column
by column. What is rare is made by ``FactsOfProfiles``. ``documents`` has the rows of ``--json``.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import repeat

from awscreds.listing import cells, kind_cell, listing
from awscreds.model import accounts
from awscreds.model.credential_process import COMMAND, POINTER, PROCESS, is_ours
from awscreds.model.environment import active_profile
from awscreds.model.keys import all_have_id_form, has_id_form, unless_secret
from awscreds.model.plain_files import Group, Keys
from awscreds.model.profile import (
    KEY_ID,
    NO_CREDENTIALS,
    ROLE,
    SSO,
    STATIC,
    STATIC_KEYS,
    WRAPPED,
    WRAPPED_SSO,
    Profile,
)
from awscreds.model.service_endpoint import shown_region
from awscreds.model.settings import MFA_PROCESS, PREFIX, is_not_beside
from awscreds.model.text import escaped
from awscreds.quick.home import silent_profiles
from awscreds.stores.cache.kernel_budget import KernelBudget
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.stores.locations import state_path
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.profile_facts import PLAINTEXT, FactsOfProfiles, is_half

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awscreds.model.plain_files import PlainFile, Some
    from awscreds.quick.home import SilentProfiles
    from awscreds.render import Listing
    from awscreds.stores.cache.sessions import CachedSession
    from awscreds.stores.state import State
    from awscreds.workflows.profile_facts import ProfileFacts

    _Pair = tuple[Keys | None, Keys | None]

_SAMPLE = "AKIAIOSFODNN7EXAMPLE"  # AWS's documentation example
_TOLD_APART = frozenset(("aws_account_id", "services", "web_identity_token_file", MFA_PROCESS.name))
"""Settings of few profiles, about which there is more to check."""
_ROLES = (ROLE, WRAPPED)
_OURS = f" {COMMAND} --profile"


class Unusual(Exception):
    """Something that only the command itself can judge."""


def rows_of_list(environ: Mapping[str, str]) -> str | Listing | None:
    """What ``list`` prints: at a terminal rows. None if the command itself must do it."""
    at_terminal = sys.stdout.isatty()
    lines = made_by(lambda: Rows(environ, nothing="" if at_terminal else "-"), environ)
    if lines is None:
        return None
    # In a pipe as `print_listing` has it, without looking for what must be escaped: in a plain file
    # that is nothing.
    if not at_terminal:
        return "\n".join(lines) + "\n"
    return listing([line.split("\t") for line in lines])


def made_by(begin: Callable[[], Rows], environ: Mapping[str, str]) -> list[str] | None:
    """The rows of all profiles; None if there is none, or one that only the command can judge."""
    try:
        rows = begin()
        found = silent_profiles(environ, rows.add)
        return rows.all(found) if found and found.names else None
    except Unusual:
        return None


class Shape:
    """What the keys of a profile decide: ``config`` are those in the config file, if it is there.

    Numbers are those of parts, None for what such profiles do not have. If a profile is in both
    files, its parts in the credentials file follow the others. Raises Unusual.
    """

    __slots__ = (
        *("account", "arn", "gives", "has_key", "is_named", "key_id", "kind", "mfa", "process"),
        *("region", "session", "source", "sso_role", "word", "_config", "_credentials", "_places"),
    )

    def __init__(self, config: Keys | None, credentials: Keys | None) -> None:
        self._config = config or _NO_KEYS
        self._credentials = credentials or _NO_KEYS
        # The credentials file has precedence.
        before = 0 if config is None else config.length
        others = {name: at + before for name, at in self._credentials.places.items()}
        self._places = names = {**self._config.places, **others}
        sample = self.profile("", [_SAMPLE] * (before + self._credentials.length))
        self.kind = kind = sample.kind
        self.has_key = POINTER in names or any(name in STATIC for name in names)
        # The key of a user, in plaintext: all is known about it, unless it is recorded.
        is_simple = kind == STATIC_KEYS and not {POINTER, "mfa_serial", *STATIC[2:]} & {*names}
        self.key_id = names.get(KEY_ID) if is_simple else None
        self.process = names.get(PROCESS)
        self.session = self._of_role("sso_session")
        self.region = names.get("region")
        self.mfa = self._of_role("mfa_serial") is not None
        self.word = kind_cell(kind, None)
        profile, named = self._of_role("source_profile"), self._of_role("credential_source")
        self.is_named = named is not None
        self.source = None
        if kind in _ROLES:
            if (profile is None) == (named is None) or self.has_key:
                raise Unusual
            self.source = profile if named is None else named
        self.gives = self.has_key or any(is_not_beside(each.removeprefix(PREFIX)) for each in names)
        self.sso_role = self._of_role("sso_role_name") if kind in (SSO, WRAPPED_SSO) else None
        self.arn = self.account = None
        if kind in (SSO, WRAPPED_SSO):
            self.account = self._of_role("sso_account_id")
        else:
            role = self._of_role("role_arn")
            self.arn = self._of_role("login_session") if role is None else role
        is_odd = (
            any(name.removeprefix(PREFIX) in _TOLD_APART for name in names)
            or (POINTER in names and self.process is None)
            or is_half(sample)
        )
        if is_odd:
            raise Unusual

    def profile(self, name: str, parts: list[str]) -> Profile:
        """The profile with these parts."""
        config, credentials = self._config, self._credentials
        others = parts if config is _NO_KEYS else parts[config.length :]
        return Profile(name, config.values(parts), credentials.values(others))

    def _of_role(self, name: str) -> int | None:
        return self._places.get(name, self._places.get(PREFIX + name))


_NO_KEYS = Keys(())
_DASHES: Iterable[str] = repeat("-")
_NOTHING: tuple[Keys | None, list[str]] = None, []


class Rows:
    """The rows of all profiles, each with tabs. Raises Unusual if one of them may be broken.

    A column of all profiles with the same keys is made at once: what has to be looked at for each
    takes most of the time.
    """

    def __init__(self, environ: Mapping[str, str], *, nothing: str) -> None:
        """``nothing`` is what an empty cell shows. Raises what reading the state raises."""
        self.nothing = nothing
        self.environ = environ
        self._active = active_profile(environ)
        self.now = time.time()
        sessions, self._state = _remembered(StateDir(state_path(environ)))
        self._with_session = {each.profile for each in sessions}
        self._facts = FactsOfProfiles(
            (), self._state.entry, environ, sessions=sessions, wrong=(), now=self.now
        )
        self._rows: list[str] = []
        self._others: dict[str, tuple[Keys | None, list[str]]] = {}
        self._shapes: dict[tuple[Keys | None, Keys | None], Shape] = {}
        self._sources: dict[str, str] = {}
        self._sso_sessions: set[str] = set()
        self._programs: set[str] = set()
        self._identities = Shown(lambda text: unless_secret(text) or "-")
        self._regions = Shown(lambda text: shown_region(text) or "-")
        self._accounts_of_keys = Shown(
            lambda text: f"{account}?" if (account := accounts.of_key_id(text)) else "-"
        )
        self._accounts = Shown(lambda text: accounts.checked(text) or "-")

    def add(self, file: PlainFile, some: Some) -> None:
        """Add profiles, those of the credentials file first."""
        if file.is_credentials:
            rows = dict.fromkeys(some.names, _NOTHING)
            for group in some.groups:
                for number, parts in zip(group.numbers, group.each(), strict=True):
                    rows[some.names[number]] = group.keys, parts
            self._others.update(rows)
        elif self._others.keys().isdisjoint(some.names):
            self._add_rows(some.names, [((group.keys, None), group) for group in some.groups])
        else:
            self._add_rows(some.names, self._with_others(some))

    def _with_others(self, some: Some) -> list[tuple[_Pair, Group]]:
        """Profiles of the config file with what is in the credentials file."""
        found: dict[_Pair, tuple[list[int], list[str]]] = {}
        for group in some.groups:
            for number, parts in zip(group.numbers, group.each(), strict=True):
                keys, others = self._others.get(some.names[number], _NOTHING)
                numbers, all_parts = found.setdefault((group.keys, keys), ([], []))
                numbers.append(number)
                all_parts.extend([*parts, *others])
        return _groups(found)

    def all(self, found: SilentProfiles) -> list[str]:
        """The rows of all profiles, after those of the config file were added."""
        names = [name for name in self._others if name not in found.config.profiles]
        numbered: dict[_Pair, tuple[list[int], list[str]]] = {}
        for number, name in enumerate(names):
            keys, parts = self._others[name]
            numbers, all_parts = numbered.setdefault((None, keys), ([], []))
            numbers.append(number)
            all_parts.extend(parts)
        self._add_rows(names, _groups(numbered))
        if not self._sso_sessions <= found.config.sessions:
            raise Unusual
        sources = {*self._sources.values()}
        for name in sources:
            pair = found.config.profiles.get(name), found.credentials.profiles.get(name)
            if self._shape(pair).kind == NO_CREDENTIALS:
                raise Unusual
        _refuse_loops({name: self._sources[name] for name in sources & self._sources.keys()})
        return self._rows

    def _shape(self, keys: _Pair) -> Shape:
        if keys not in self._shapes:
            self._shapes[keys] = Shape(*keys)
        return self._shapes[keys]

    def _add_rows(self, names: list[str], groups: list[tuple[_Pair, Group]]) -> None:
        """Add the rows of profiles in the order of their names."""
        if len(groups) == 1:
            self._rows += self._columns(self._shape(groups[0][0]), names, groups[0][1])
            return
        rows = [""] * len(names)
        for keys, group in groups:
            its_names = [names[number] for number in group.numbers]
            made = self._columns(self._shape(keys), its_names, group)
            for number, row in zip(group.numbers, made, strict=True):
                rows[number] = row
        self._rows += rows

    def _columns(self, shape: Shape, names: list[str], group: Group) -> list[str]:
        """The rows of profiles with the same keys."""
        if shape.process is not None:
            self._check_programs(shape, group.column(shape.process))
        if shape.session is not None:
            self._sso_sessions.update(group.column(shape.session))
        if shape.source is not None:
            self._check_sources(shape, names, group)
        rows = self.made(shape, names, group)
        if self._active in names:
            at = names.index(self._active)
            rows[at] = self.marked(rows[at])
        for at in self._slow_ones(shape, names, group):
            rows[at] = self.row_of(self._facts.of(shape.profile(names[at], group.at(at))))
        return rows

    def made(self, shape: Shape, names: list[str], group: Group) -> list[str]:
        """The rows of profiles with the same keys, about which no more is known."""
        columns = (
            repeat(self.nothing),
            names,
            repeat(shape.word) if shape.source is None else self._kinds(shape, group),
            self._account_of(shape, group),
            self._identity_of(shape, group),
            _each(self._regions, shape.region, group),
            repeat("yes" if shape.mfa else "-"),
            _DASHES
            if shape.key_id is None
            else [key_id[-4:] for key_id in group.column(shape.key_id)],
            _DASHES,
            _DASHES,
            repeat(PLAINTEXT if shape.has_key else self.nothing),
        )
        return [*map("\t".join, zip(*columns, strict=False))]

    def row_of(self, facts: ProfileFacts) -> str:
        """The row of one profile."""
        row = cells(facts, self.now)
        return "\t".join([escaped(cell) or self.nothing for cell in row])

    def marked(self, row: str) -> str:
        """The row of the profile in use."""
        return f"*{row.removeprefix(self.nothing)}"

    def _account_of(self, shape: Shape, group: Group) -> Iterable[str]:
        if shape.arn is not None:
            return [each or "-" for each in accounts.of_arns(group.column(shape.arn))]
        if shape.key_id is not None:
            return map(self._accounts_of_keys.__getitem__, group.column(shape.key_id))
        return _each(self._accounts, shape.account, group)

    def _identity_of(self, shape: Shape, group: Group) -> Iterable[str]:
        if shape.arn is None:
            return _each(self._identities, shape.sso_role, group)
        return map(self._identities.__getitem__, ends_of(group.column(shape.arn)))

    def _slow_ones(self, shape: Shape, names: list[str], group: Group) -> list[int]:
        """Those of the profiles about which more is known than their settings."""
        slow: list[int] = []
        if self._with_session:
            slow += [at for at, name in enumerate(names) if name in self._with_session]
        if shape.has_key and shape.key_id is None:
            return [*range(len(names))]
        if shape.key_id is not None:
            ids = group.column(shape.key_id)
            recorded = {*self._state.ids()}
            if not all_have_id_form(ids) or not recorded.isdisjoint(ids):
                slow += [
                    at
                    for at, key_id in enumerate(ids)
                    if not has_id_form(key_id) or key_id in recorded
                ]
        return slow

    def _kinds(self, shape: Shape, group: Group) -> Iterable[str]:
        """Each kind with its source."""
        sources = group.column(shape.source or 0)
        words = {each: kind_cell(shape.kind, unless_secret(each)) for each in set(sources)}
        return map(words.__getitem__, sources)

    def _check_sources(self, shape: Shape, names: list[str], group: Group) -> None:
        """Note the sources that are profiles: `all` looks whether each of them has credentials."""
        sources = group.column(shape.source or 0)
        if shape.is_named:
            from awscreds.model.role_chain import CREDENTIAL_SOURCES

            if not set(sources) <= CREDENTIAL_SOURCES.keys():
                raise Unusual
        else:
            self._sources.update(zip(names, sources, strict=True))

    def _check_programs(self, shape: Shape, lines: list[str]) -> None:
        """Refuse what ``workflows.checks.programs`` may have something to say about."""
        found = {line.partition(_OURS)[0]: line for line in lines}
        for program in found.keys() - self._programs:
            self._check_program(found[program])
        if not shape.gives and any(map(is_ours, lines)):
            raise Unusual
        if any(line.endswith(_OURS) for line in lines):
            raise Unusual
        self._programs.update(found)

    def _check_program(self, line: str) -> None:
        from awscreds.workflows.checks import programs

        ours = is_ours(line)
        words = programs.words_of(line)
        mains = [each for each in words if each.replace("\\", "/").endswith("/__main__.py")]
        if not words or (ours and not mains):
            raise Unusual
        path = self.environ.get("PATH", os.defpath)
        if programs.unusable(words[0], mains[0]) if ours else programs.judged(words[0], path):
            raise Unusual


def _groups(found: dict[_Pair, tuple[list[int], list[str]]]) -> list[tuple[_Pair, Group]]:
    """Groups of profiles, from their numbers and their parts."""
    return [
        (pair, Group(pair[0] or _NO_KEYS, numbers, parts, len(parts) // len(numbers)))
        for pair, (numbers, parts) in found.items()
    ]


def ends_of(arns: list[str]) -> list[str]:
    """The name of the role or the user in each ARN."""
    return [arn.rpartition(":")[2].rpartition("/")[2] for arn in arns]


def _each(shown: Shown, place: int | None, group: Group) -> Iterable[str]:
    """How the values at a place are shown, if the profiles have one."""
    return _DASHES if place is None else map(shown.__getitem__, group.column(place))


class Shown(dict[str, str]):
    """How values are shown: each is looked at once."""

    def __init__(self, show: Callable[[str], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, text: str) -> str:
        self[text] = shown = self._show(text)
        return shown


def _remembered(
    state_dir: StateDir,
) -> tuple[list[CachedSession], State | _NoState]:
    """The cached sessions, and what is recorded of keys.

    Raises Unusual if there is something to say about the sessions.
    """
    front = KernelBudget(state_dir.path, kernel)
    if not front.names(KernelKeyring.SESSION) and not state_dir.names(""):
        return [], _NoState()
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.state import State

    said: list[str] = []
    found = SessionCache(state_dir, _never, note=said.append).entries()
    if said:
        raise Unusual
    return found, State(state_dir)


class _NoState:
    """What is recorded where nothing is."""

    def entry(self, _key_id: str) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def ids(self) -> Iterable[str]:
        """None."""
        return ()


def _never() -> bytes:
    raise Unusual  # no secret store is opened for a list


def _refuse_loops(sources: Mapping[str, str]) -> None:
    """Refuse roles that get their credentials from each other: each has one source, a role."""
    ended: set[str] = set()
    for start in sources:
        path: dict[str, None] = {}
        at = start
        while at in sources and at not in ended:
            if at in path:
                raise Unusual
            path[at] = None
            at = sources[at]
        ended.update(path)

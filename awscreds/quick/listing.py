"""``list``, for files in which no profile is broken.

Profiles with the same keys share what these keys decide (`_Shape`), and the quick row of a profile
without an access key needs nothing else. What is rare is made by ``FactsOfProfiles``.
"""

from __future__ import annotations

import os
import sys
import time

from awscreds.listing import cells, kind_cell, listing
from awscreds.model import accounts
from awscreds.model.credential_process import COMMAND, POINTER, PROCESS, is_ours
from awscreds.model.environment import active_profile
from awscreds.model.keys import has_id_form, unless_secret
from awscreds.model.plain_files import Keys
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
from awscreds.render import listing_text
from awscreds.stores.cache.kernel_budget import KernelBudget
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.stores.locations import state_path
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.profile_facts import PLAINTEXT, FactsOfProfiles, is_half

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from awscreds.model.plain_files import Section
    from awscreds.quick.home import SilentProfiles
    from awscreds.stores.cache.sessions import CachedSession

    Row = Sequence[str]

_SAMPLE = "AKIAIOSFODNN7EXAMPLE"  # AWS's documentation example
_TOLD_APART = frozenset(("aws_account_id", "services", "web_identity_token_file", MFA_PROCESS.name))
"""Settings of few profiles, about which there is more to check."""
_ROLES = (ROLE, WRAPPED)


class Unusual(Exception):
    """Something that only the command itself can judge."""


def text_of_list(environ: Mapping[str, str], clock: Callable[[], float] = time.time) -> str | None:
    """What ``list`` prints; None if the command itself must do it."""
    found = silent_profiles(environ)
    if found is None or not found.names:
        return None
    try:
        if sys.stdout.isatty():
            return listing_text(listing(_Rows(found, environ, clock, nothing="").each()))
        # As `listing_text` has it in a pipe, without looking for what must be escaped: in a plain
        # file that is nothing.
        rows = _Rows(found, environ, clock, nothing="-").each()
        return "\n".join(["\t".join(row) for row in rows]) + "\n"
    except Unusual:
        return None


class _Shape:
    """What the keys of a profile decide. Each value is one of a plain file, and so is not empty.

    Numbers are those of values, None for what such profiles do not have. Raises Unusual.
    """

    __slots__ = (
        *("account", "arn", "gives", "has_key", "is_named", "key_id", "kind", "mfa", "names"),
        *("process", "refers", "region", "session", "source", "sso_role", "word"),
    )

    def __init__(self, config: tuple[str, ...], credentials: tuple[str, ...]) -> None:
        sample = Profile("", dict.fromkeys(config, _SAMPLE), dict.fromkeys(credentials, _SAMPLE))
        self.names = names = tuple({**dict.fromkeys(config), **dict.fromkeys(credentials)})
        self.kind = kind = sample.kind
        self.has_key = POINTER in names or any(name in STATIC for name in names)
        # The key of a user, in plaintext: all is known about it, unless it is recorded.
        is_simple = kind == STATIC_KEYS and not {POINTER, "mfa_serial", *STATIC[2:]} & {*names}
        self.key_id = self._of(KEY_ID) if is_simple else None
        self.process = self._of(PROCESS)
        self.session = self._of_role("sso_session")
        self.refers = self.process is not None or self.session is not None
        self.region = self._of("region")
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

    def _of(self, name: str) -> int | None:
        return self.names.index(name) if name in self.names else None

    def _of_role(self, name: str) -> int | None:
        at = self._of(name)
        return self._of(PREFIX + name) if at is None else at


class _Rows:
    """The rows of all profiles. Raises Unusual if one of them may be broken."""

    def __init__(
        self,
        found: SilentProfiles,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        *,
        nothing: str,
    ) -> None:
        """``nothing`` is what an empty cell shows."""
        self._nothing = nothing
        self._found = found
        self._environ = environ
        self._active = active_profile(environ)
        self._now = clock()
        sessions, self._entry = _remembered(StateDir(state_path(environ)), clock)
        self._with_session = {each.profile for each in sessions}
        self._facts = FactsOfProfiles(
            (), self._entry, environ, sessions=sessions, wrong=(), now=self._now
        )
        self._shapes: dict[tuple[Keys | None, Keys | None], _Shape] = {}
        self._sources: dict[str, str] = {}
        self._regions: dict[str, str] = {}
        self._role_sources: set[str] = set()
        self._words: dict[tuple[str, str], str] = {}
        self._programs: set[str] = set()
        self._lines: set[str] = set()

    def each(self) -> Iterator[Row]:
        """The row of each profile, in their order."""
        configs, credentials = self._found.config.profiles, self._found.credentials.profiles
        for name in self._found.names:
            section, other = configs.get(name), credentials.get(name)
            shape = self._shape(section and section[0], other and other[0])
            if section and other:
                values = [*{**_as_dict(section), **_as_dict(other)}.values()]
            else:
                values = (section or other or _EMPTY)[1]
            yield self._row(name, shape, values)
        _refuse_loops(self._sources)

    def _shape(self, config: Keys | None, credentials: Keys | None) -> _Shape:
        shape = self._shapes.get((config, credentials))
        if shape is None:
            shape = _Shape(*(keys.names if keys else () for keys in (config, credentials)))
            self._shapes[config, credentials] = shape
        return shape

    def _kind_of(self, name: str) -> str:
        """The kind of another profile; that of one without credentials if there is none."""
        section = self._found.config.profiles.get(name)
        other = self._found.credentials.profiles.get(name)
        return self._shape(section and section[0], other and other[0]).kind

    def _row(self, name: str, shape: _Shape, values: list[str]) -> Row:
        if shape.refers:
            self._check(shape, values)
        word, account, identity, region, last = shape.word, "-", "-", "-", "-"
        if shape.source is not None:
            word = self._word(name, shape, values[shape.source])
        if shape.has_key:
            key_id = values[shape.key_id] if shape.key_id is not None else ""
            if not has_id_form(key_id) or self._entry(key_id):
                return self._slow_row(name)
            account, last = self._account_of_key(key_id), key_id[-4:]
        if name in self._with_session:
            return self._slow_row(name)
        if shape.arn is not None:
            arn = values[shape.arn]
            account = accounts.of_arn(arn) or "-"
            identity = unless_secret(arn.rpartition(":")[2].rpartition("/")[2]) or "-"
        elif shape.account is not None:
            account = accounts.checked(values[shape.account]) or "-"
        if shape.sso_role is not None:
            identity = unless_secret(values[shape.sso_role])
        if shape.region is not None:
            region = self._region(values[shape.region])
        star = "*" if name == self._active else self._nothing
        marks = PLAINTEXT if shape.has_key else self._nothing
        mfa = "yes" if shape.mfa else "-"
        return (star, name, word, account, identity, region, mfa, last, "-", "-", marks)

    def _check(self, shape: _Shape, values: list[str]) -> None:
        if shape.process is not None and values[shape.process] not in self._lines:
            self._check_program(shape, values[shape.process])
        if shape.session is not None and values[shape.session] not in self._found.config.sessions:
            raise Unusual

    def _account_of_key(self, key_id: str) -> str:
        account = accounts.of_key_id(key_id)
        return f"{account}?" if account else "-"

    def _slow_row(self, name: str) -> Row:
        sections = (self._found.config.profiles, self._found.credentials.profiles)
        values = [_as_dict(each[name]) if name in each else {} for each in sections]
        row = cells(self._facts.of(Profile(name, *values)), self._now)
        return [escaped(cell) or self._nothing for cell in row]

    def _region(self, text: str) -> str:
        if text not in self._regions:
            self._regions[text] = shown_region(text) or "-"
        return self._regions[text]

    def _word(self, name: str, shape: _Shape, source: str) -> str:
        """The kind with its source, which must have credentials."""
        if source == name:
            raise Unusual
        word = self._words.get((shape.kind, source))
        if word is None:
            if shape.is_named:
                from awscreds.model.role_chain import CREDENTIAL_SOURCES

                is_right = source in CREDENTIAL_SOURCES
            else:
                is_right = self._kind_of(source) != NO_CREDENTIALS
            if not is_right:
                raise Unusual
            word = kind_cell(shape.kind, unless_secret(source))
            self._words[shape.kind, source] = word
            if not shape.is_named and self._kind_of(source) in _ROLES:
                self._role_sources.add(source)
        if source in self._role_sources:
            self._sources[name] = source
        return word

    def _check_program(self, shape: _Shape, line: str) -> None:
        """Refuse what ``workflows.checks.programs`` may have something to say about."""
        ours = is_ours(line)
        if ours and not shape.gives:
            raise Unusual
        program = line.partition(f" {COMMAND} ")[0] if ours else line.partition(" ")[0]
        if program in self._programs:
            return
        from awscreds.workflows.checks import programs

        words = programs.words_of(line)
        mains = [each for each in words if each.replace("\\", "/").endswith("/__main__.py")]
        if not words or (ours and not mains):
            raise Unusual
        path = self._environ.get("PATH", os.defpath)
        if programs.unusable(words[0], mains[0]) if ours else programs.judged(words[0], path):
            raise Unusual
        self._programs.add(program)
        if not ours:
            self._lines.add(line)


_EMPTY: Section = Keys(()), []


def _as_dict(section: Section) -> dict[str, str]:
    keys, values = section
    return dict(zip(keys.names, values, strict=True))


def _remembered(
    state_dir: StateDir, clock: Callable[[], float]
) -> tuple[list[CachedSession], Callable[[str], Mapping[str, str]]]:
    """The cached sessions, and what is recorded of a key.

    Raises Unusual if there is something to say about the sessions.
    """
    front = KernelBudget(state_dir.path, kernel)
    if not front.names(KernelKeyring.SESSION) and not state_dir.names(""):
        return [], lambda _: {}
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.state import State

    said: list[str] = []
    found = SessionCache(state_dir, _never, note=said.append, clock=clock).entries()
    if said:
        raise Unusual
    return found, State(state_dir).entry


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

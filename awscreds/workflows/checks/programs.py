"""The programs that profiles name: missing, moved, of another user, of another awscreds.

A line is only read here. Nothing in it is started.
"""

from __future__ import annotations

import functools
import os
import re
import sys

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import COMMAND, POINTER, PROCESS, is_ours
from awscreds.model.ini.blocks import split_words
from awscreds.model.keys import unless_secret
from awscreds.model.problems.finding import DocumentFix, Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.settings import MFA_PROCESS, PREFIX, is_not_beside
from awscreds.model.text import escaped, quoted
from awscreds.stores.locations import real_path
from awscreds.stores.trust import writable_by_others
from awscreds.warm import parse_arguments
from awscreds.workflows import credential_line
from awscreds.workflows.checks.surroundings import BadValue
from awscreds.workflows.wrap import is_wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

_VERSION = re.compile(rb"""^__version__ = ["']([0-9A-Za-z.+-]{1,40})["']""", re.MULTILINE)
_LONGEST = 1 << 16
"""Bytes of our ``__init__.py`` that are read at most."""

_UNCLOSED = "has no closing quote, or no program"
_PLACES = ("~", "$", "%")
"""Beginnings of paths that a shell would expand. botocore starts the program without a shell."""


_KEYS = frozenset({PROCESS, POINTER, MFA_PROCESS.name})


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the line of each profile, and with its ``mfa_process``."""
    installations = _Installations(surroundings)
    programs: dict[str, BadValue | None] = {}
    for profile in surroundings.every_profile:
        if profile.has_none_of(_KEYS):
            continue
        line = profile.get(PROCESS)
        if line and is_ours(line):
            yield from installations.check(profile, line)
        elif line:
            yield from _of_others(surroundings, profile, PROCESS, programs)
        elif profile.stored_key_id and not profile.overriding_setting:
            yield _without_line(surroundings, profile)
        if profile.get(MFA_PROCESS.name):
            yield from _of_others(surroundings, profile, MFA_PROCESS.name, programs)
    yield from installations.several()


def _without_line(surroundings: Surroundings, profile: Profile) -> Finding:
    return Finding(
        "no-line",
        ERROR,
        *surroundings.place(profile.name, POINTER),
        f"awscreds stores the access key of the profile {escaped(profile.name)}, but the profile "
        "has no credential_process line, so other tools do not get the key",
        remedy=f"awscreds configure --profile {quoted(profile.name)}",
        profile=profile.name,
    )


class _Installations:
    """The installations of awscreds that lines start, and what is wrong with each line."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._first: dict[str, tuple[str, tuple[str, int]]] = {}
        self._unusables: dict[tuple[str, str], str | None] = {}
        self._line_of: Callable[[str], str] | None = None
        try:
            if surroundings.process_lines:
                self._line_of = surroundings.process_lines()
        except ConfigurationError:  # ``permissions`` reports it
            return

    def check(self, profile: Profile, line: str) -> Iterator[Finding]:
        """What is wrong with our line in ``profile``."""
        place = self._surroundings.place(profile.name, PROCESS)
        name, again = escaped(profile.name), _again(profile)
        words = words_of(line)
        mains = [each for each in words if each.replace("\\", "/").endswith("/__main__.py")]
        if not words or not mains:
            problem = BadValue("bad-command", _UNCLOSED, again)
            yield self._surroundings.bad_value(profile, PROCESS, problem)
            return
        unusable = self._unusable(words[0], mains[0])
        if unusable:
            yield Finding(
                "moved-program",
                ERROR,
                *place,
                f"the credential_process line of the profile {name} starts awscreds from "
                f"{_shown(unusable)}, which does not exist or cannot be run; the profile gives "
                "SDKs no credentials",
                remedy=again,
                profile=profile.name,
                fix=self._renewal(profile, line),
            )
        elif not gives_something(profile):
            yield Finding(
                "line-without-key",
                ERROR,
                *place,
                f"the profile {name} starts awscreds, but no access key is recorded for it; "
                "it gives SDKs no credentials",
                remedy=again,
                profile=profile.name,
            )
        else:
            self._first.setdefault(mains[0], (profile.name, place))
            if self._line_of and self._is_outdated(profile.name, line, mains[0]):
                yield Finding(
                    "outdated-line",
                    NOTE,
                    *place,
                    f"the credential_process line of the profile {name} is not the one that this "
                    "version of awscreds writes, or is for another profile",
                    remedy=again,
                    profile=profile.name,
                    fix=self._renewal(profile, line),
                )

    def several(self) -> Iterator[Finding]:
        """Lines that start another awscreds than this one, the first line of each."""
        here = self._own_main()
        for main, (name, place) in self._first.items():
            if here and real_path(main) != real_path(here):
                version = _version(main)
                shown = f" (version {version})" if version else ""
                yield Finding(
                    "several-installations",
                    WARNING,
                    *place,
                    f"the profile {escaped(name)} and perhaps others start another awscreds: "
                    f"{_shown(main)}{shown}; this one is {escaped(here)}. Two versions use the "
                    "same secret store",
                    remedy="uninstall one of them, then write the line again: "
                    f"awscreds configure --profile {quoted(name)}",
                    profile=name,
                )

    def _renewal(self, profile: Profile, before: str) -> DocumentFix | None:
        """To write the line again, if it is for the same profile, config file and state."""
        if not self._line_of or not gives_something(profile):
            return None
        try:
            line = self._line_of(profile.name)
        except ConfigurationError:
            return None
        change = functools.partial(
            credential_line.renew, name=profile.name, before=before, line=line
        )
        is_same = _request(line) == _request(before) is not None
        return DocumentFix(change) if is_same else None

    def _unusable(self, interpreter: str, main: str) -> str | None:
        key = interpreter, main
        if key not in self._unusables:
            self._unusables[key] = unusable(interpreter, main)
        return self._unusables[key]

    def _own_main(self) -> str | None:
        words = words_of(self._line_of("default")) if self._line_of else []
        return next((each for each in words if each.endswith("__main__.py")), None)

    def _is_outdated(self, name: str, line: str, main: str) -> bool:
        """Whether this installation would write another line. Other ones are not judged."""
        here = self._own_main()
        if not self._line_of or not here or real_path(here) != real_path(main):
            return False
        try:
            return self._line_of(name) != line
        except ConfigurationError:
            return False


def unusable(interpreter: str, main: str) -> str | None:
    """The path of the two that cannot be used; None if both can."""
    runs = os.path.isfile(interpreter) and os.access(interpreter, os.X_OK)
    missing = main if runs and not os.path.isfile(main) else None
    return missing if runs else interpreter


def _request(line: str) -> tuple[str | None, ...] | None:
    """The profile, the config file and the state folder of our line; None if it is not complete."""
    words = words_of(line)
    asked = parse_arguments(words[words.index(COMMAND) + 1 :]) if COMMAND in words else None
    return (asked.profile, asked.config_file, asked.home) if asked else None


def _again(profile: Profile) -> str:
    """The command that writes our line again."""
    name = quoted(profile.name)
    if is_wrapped(profile):
        return (
            f"run `awscreds profile unwrap --profile {name}`, "
            f"then awscreds profile wrap --profile {name}"
        )
    return f"write the line again: awscreds configure --profile {name}"


def gives_something(profile: Profile) -> bool:
    """Whether our line in ``profile`` finds something to serve."""
    names = {**profile.config, **profile.credentials}
    return bool(
        profile.stored_key_id
        or profile.has_static_keys
        or any(is_not_beside(n.removeprefix(PREFIX)) for n in names)
    )


def _version(main: str) -> str | None:
    """The version of the awscreds whose ``__main__.py`` is ``main``; None if it does not say."""
    path = os.path.join(os.path.dirname(main), "__init__.py")
    try:
        if not os.path.isfile(path):  # a FIFO would never end
            return None
        with open(path, "rb") as file:
            found = _VERSION.search(file.read(_LONGEST))
    except (OSError, ValueError):
        return None
    return found.group(1).decode() if found else None


def words_of(line: str) -> list[str]:
    """The words of a line as botocore splits it; empty if a quote is not closed."""
    if sys.platform == "win32":
        return [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', line)]
    try:
        return split_words(line)
    except (ValueError, IndexError):
        return []


# Programs of others


def _of_others(
    surroundings: Surroundings,
    profile: Profile,
    key: str,
    programs: dict[str, BadValue | None],
) -> Iterator[Finding]:
    words = words_of(profile.get(key) or "")
    if not words:
        problem = BadValue("bad-command", _UNCLOSED, "correct the line")
        yield surroundings.bad_value(profile, key, problem)
        return
    program = words[0]
    if program not in programs:
        programs[program] = judged(program, surroundings.environ.get("PATH", os.defpath))
    found = programs[program]
    if found:
        yield surroundings.bad_value(profile, key, found)


def judged(program: str, path: str) -> BadValue | None:
    """What is wrong with a program."""
    shown, correct = _shown(program), "correct the line, or install the program"
    if program.startswith(_PLACES):
        return BadValue(
            "unexpanded-path",
            f"starts {shown}, which only a shell expands; the AWS CLI and boto3 use no shell",
            "write the complete path",
        )
    if not os.path.isabs(program) and os.path.dirname(program):
        return BadValue(
            "relative-program",
            f"starts {shown}, which is a path from the current folder: in another folder it is "
            "another program, or none",
            "write the complete path",
            WARNING,
        )
    found = program if os.path.isabs(program) else _which(program, path)
    if not found or not (os.path.isfile(found) and os.access(found, os.X_OK)):
        what = f"starts {shown}, which does not exist or cannot be run"
        return BadValue("missing-program", what, correct)
    weak = writable_by_others(found)
    if weak:
        what = f"starts {shown}, but {escaped(str(weak))}"
        return BadValue("writable-program", what, "install it where only you can write")
    return None


def _which(program: str, path: str) -> str | None:
    from shutil import which  # loads three compressors

    return which(program, path=path)


def _shown(text: str) -> str:
    return escaped(unless_secret(text))

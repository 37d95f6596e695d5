"""Short ways for commands that scripts and prompts start all the time: no click, no documents.

A short way is for one exact form of a command, and for a home in which there is nothing to say. It
prints what the command prints, and ends with the same exit code. If anything is unusual, it returns
None before it has printed or changed anything, and the command itself does the work.

- ``home``: the profiles of both AWS files, if the files are plain and nothing has to be said.
- ``listing``: the rows of ``list``; ``documents``: those of ``list --json``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.plain_files import PlainFile, Some
    from awscreds.render import Listing

    Output = str | list[str] | Listing
    """A text, or what is paged at a terminal: values, each for a line, or rows."""
    Answer = tuple[Output, int] | None
    """What goes to stdout, and the exit code."""


_AT_ONCE = 1 << 18
"""Characters that are written at once."""


def answer(words: list[str], environ: Mapping[str, str] = os.environ) -> Answer:
    """What the command line ``words`` prints, and its exit code; None if it must be parsed."""
    way = _way(words)
    if way is None:
        return None
    try:
        return way(environ)
    except Exception:  # noqa: BLE001 - the command itself finds the same, and reports it
        return None


def _way(words: list[str]) -> Callable[[Mapping[str, str]], Answer] | None:
    """The short way for a command line, if there is one."""
    if words == ["--version"]:
        return _version
    if words == ["configure", "list-profiles"]:
        return _names
    if words == ["list"]:
        return _list
    if words == ["list", "--json"]:
        return _documents
    if words[:2] == ["configure", "get"]:
        return _setting_of(words[2:])
    return None


def _version(_environ: Mapping[str, str]) -> Answer:
    from awscreds import __version__

    return f"awscreds {__version__}\n", 0


def _names(environ: Mapping[str, str]) -> Answer:
    from awscreds.quick.home import silent_profiles

    found = silent_profiles(environ)
    return None if found is None else ([*found.names], 0)


def _list(environ: Mapping[str, str]) -> Answer:
    from awscreds.quick.listing import rows_of_list

    found = rows_of_list(environ)
    return None if found is None else (found, 0)


def _documents(environ: Mapping[str, str]) -> Answer:
    from awscreds.quick.documents import text_of_documents

    text = text_of_documents(environ)
    return None if text is None else (text, 0)


def _setting_of(words: list[str]) -> Callable[[Mapping[str, str]], Answer] | None:
    """``configure get KEY [--profile NAME]``, for a KEY that is no part of an access key."""
    from awscreds.quick.home import is_harmless

    named = None
    if len(words) == 3:
        at = words.index("--profile") if "--profile" in words[:2] else None
        if at is None:
            return None
        named = words[at + 1]
        words = words[:at] + words[at + 2 :]
    if len(words) != 1 or not is_harmless(words[0]) or (named or "x")[0] == "-":
        return None
    return lambda environ: _setting(environ, words[0], named)


def _setting(environ: Mapping[str, str], key: str, named: str | None) -> Answer:
    """A setting of a profile. An `awscreds_` one counts, too."""
    from awscreds.model.settings import PREFIX, is_not_beside
    from awscreds.quick.home import silent_profiles

    if named is None:
        variables = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWSCREDS_PROFILE")
        given = {environ[name] for name in variables if environ.get(name)}
        if len(given) > 1:
            return None
        named = next(iter(given), None)
    name = "default" if named is None else named
    values: dict[bool, dict[str, str]] = {}

    def visit(file: PlainFile, some: Some) -> None:
        if name in some.names:
            values[file.is_credentials] = some.values_of(name)

    found = silent_profiles(environ, visit)
    if found is None or (named is not None and named not in found.names):
        return None
    for wanted in (key, PREFIX + key) if is_not_beside(key) else (key,):
        for is_credentials in (True, False):
            value = values.get(is_credentials, {}).get(wanted)
            if value is not None:
                return f"{value}\n", 0
    return "", 1


def put(output: Output) -> None:
    """Write all of ``output`` to stdout. Raises OSError."""
    if isinstance(output, list) and not sys.stdout.isatty():
        output = "".join([f"{value}\n" for value in output])
    if isinstance(output, str):
        # Encoded as a whole, a long text would take new memory of its size once more.
        for start in range(0, len(output), _AT_ONCE):
            sys.stdout.write(output[start : start + _AT_ONCE])
    elif isinstance(output, list):
        from awscreds.render import print_values

        print_values(output, is_paged=True)
    else:
        from awscreds.render import print_listing

        print_listing(output, is_paged=True)
    sys.stdout.flush()

"""The running installation: the command by which an SDK can start it again, if that is safe.

It is derived from the running interpreter and package, never looked up on PATH. Two kinds of paths
are refused: one that somebody else can write would give them the keys, and one in a cache may be
emptied by its tool at any time, after which no SDK would work.
"""

from __future__ import annotations

import os
import sys

import awscreds
from awscreds.errors import ConfigurationError
from awscreds.stores.installer import to_install_for_good
from awscreds.stores.locations import real_path
from awscreds.stores.remedies import to_shut
from awscreds.stores.trust import writable_by_others

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_UV_CACHE = ("archive-v", "environments-v", "builds-v")
"""Folders of uv's cache that hold environments. A version number follows each name."""

_PIPX_CACHE = frozenset({".cache", "Caches", "Cache"})
"""What is next to ``pipx`` in the path of an environment of ``pipx run``: PIPX_HOME/.cache, or
the cache folder (~/.cache/pipx, ~/Library/Caches/pipx, %LOCALAPPDATA%\\pipx\\pipx\\Cache)."""


def starter() -> list[str]:
    """Interpreter, isolating flags and our ``__main__.py``, as absolute paths.

    ``-I`` keeps the working directory, PYTHONPATH and the user site out of the search path. An
    installation in the user site needs the user site, and gets ``-E -P`` instead. With ``-S``, we
    find installed packages ourselves (``process.complete_search_path``). Raises ConfigurationError
    for an installation that another user can write, or that is temporary.
    """
    package = os.path.dirname(os.path.abspath(awscreds.__file__))
    interpreter = os.path.abspath(sys.executable) if sys.executable else ""
    if not interpreter:
        raise ConfigurationError(
            "the path of this Python is not known, so SDKs could not start awscreds",
            code="unusable-installation",
            hint=to_install_for_good(),
        )
    flags = ["-E", "-P"] if _in_user_site(package) else ["-I"]
    known_safe: set[str] = set()
    for path in (interpreter, package, os.path.dirname(os.__file__)):
        _refuse_ephemeral(path)
        _refuse_writable_by_others(path, known_safe)
    for path in _code(package):
        _refuse_writable_by_others(path, known_safe)
    return [interpreter, *flags, "-S", os.path.join(package, "__main__.py")]


def _code(package: str) -> Iterator[str]:
    """The other files that Python runs or obeys once the line has started it.

    Our own files, pyvenv.cfg, each folder of packages with its entries (``.pth`` files among them).
    """
    if sys.platform == "win32":  # its own libraries are beside it, and in a venv beside another one
        for program in {sys.executable, getattr(sys, "_base_executable", sys.executable)}:
            folder = os.path.dirname(program)
            yield from (folder, *(os.path.join(folder, name) for name in os.listdir(folder)))
    for folder, folders, files in os.walk(package):
        yield from (os.path.join(folder, name) for name in (*folders, *files))
    config = os.path.join(sys.prefix, "pyvenv.cfg")
    if os.path.exists(config):
        yield config
    for folder in sys.path:
        if os.path.isabs(folder) and os.path.isdir(folder):
            yield folder
            yield from (os.path.join(folder, name) for name in os.listdir(folder))


def _in_user_site(package: str) -> bool:
    import site

    user = site.getusersitepackages()
    return real_path(package).startswith(real_path(user) + os.sep)


def _refuse_ephemeral(path: str) -> None:
    parts = path.replace("\\", "/").split("/")
    if any(_is_versioned(part, _UV_CACHE) for part in parts):
        tool = "uv"
    elif "pipx" in parts and not _PIPX_CACHE.isdisjoint(parts):
        tool = "pipx"
    else:
        return
    raise ConfigurationError(
        f"awscreds runs from {path}, a cache of {tool}. {tool} can empty it at any "
        "time, and then the profile would stop working",
        code="ephemeral-installation",
        hint=f"install it permanently: {to_install_for_good()}",
    )


def _is_versioned(part: str, prefixes: tuple[str, ...]) -> bool:
    return any(part.startswith(known) and part[len(known) :].isdigit() for known in prefixes)


def _refuse_writable_by_others(path: str, known_safe: set[str]) -> None:
    weak = writable_by_others(path, known_safe)
    if weak:
        another = "install awscreds in your own folder"
        fix = to_shut(weak.path, another)
        raise ConfigurationError(
            f"{weak}, so they could steal the keys of every profile that starts "
            "awscreds from there",
            code="unsafe-installation",
            hint=fix if fix == another else f"{fix}, or {another}",
        )

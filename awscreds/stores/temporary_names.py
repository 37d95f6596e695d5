"""The names of the files that an edit makes beside the one that it replaces.

A name tells who made the file (``processes``), so that what a killed process left can be removed,
and may tell which files can have it: a name that was exchanged with that of the real file may be
that of another program's text, which is nobody's to remove.
"""

from __future__ import annotations

import os

from awscreds.light import suppress
from awscreds.stores.processes import signature

MARK = ".awscreds-"
_SAVED = ".saved-"


def temporary_name(path: str, *known: tuple[int, ...]) -> str:
    """A new name beside ``path``; ``known``: the stamps of the files that may have it."""
    folder, name = os.path.split(path)
    prints = "".join(dict.fromkeys(f".{_print(stamp)}" for stamp in known))
    return os.path.join(folder, f".{name}{MARK}{signature()}-{os.urandom(6).hex()}{prints}")


def writer_of(temporary: str) -> str:
    """The ``signature`` of the process that made this name."""
    return os.path.basename(temporary).rpartition(MARK)[2].rpartition("-")[0]


def is_of_another(temporary: str) -> bool:
    """Whether what has this name is none of the files that may have it. Raises OSError.

    Then it is what another program gave the real name to, or wrote to the old file later.
    """
    _, *known = os.path.basename(temporary).rpartition("-")[2].split(".")
    if not known:
        return False
    found = os.lstat(temporary)
    return _print((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)) not in known


def _print(stamp: tuple[int, ...]) -> str:
    """What tells one content of a file from the next, whatever its name and mode."""
    from zlib import crc32

    _, inode, size, changed, *_ = stamp
    return f"{crc32(f'{inode} {size} {changed}'.encode()):08x}"


def set_aside(temporary: str) -> str:
    """Give the file a name that is no leftover, and return it. Raises OSError."""
    folder, name = os.path.split(temporary)
    aside = os.path.join(folder, _SAVED.join(name.rsplit(MARK, 1)))
    os.rename(temporary, aside)
    return aside


def set_aside_if_possible(temporary: str) -> str:
    """As `set_aside`, but the file keeps its name if it cannot get another one."""
    with suppress(OSError):
        return set_aside(temporary)
    return temporary


def leftovers(path: str) -> list[str]:
    """The temporary files beside ``path`` with names like ours, of any writer, alive or not."""
    folder, name = os.path.split(path)
    begin = (f".{name}", MARK)  # up to the last mark: the name of a file can have one, too
    try:
        with os.scandir(folder or ".") as entries:
            return sorted(each.path for each in entries if each.name.rpartition(MARK)[:2] == begin)
    except OSError:
        return []

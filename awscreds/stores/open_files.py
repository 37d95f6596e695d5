"""Opening, replacing and removing files that other programs have open.

On Windows a program can keep others from doing that: with the way it opens a file, until it closes
it. Virus scanners and indexers do so for a moment. So we try again, and name the file only if it
stays that way. Elsewhere only another awscreds is in our way, for an instant.
"""

from __future__ import annotations

import errno
import os
import sys
import time

from awscreds.light import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

DEADLINE = 10.0
"""Seconds to wait for a program that has the file open."""

_PAUSE = 0.02
_MOMENT = 0.0005
_UNEXPLAINED = 10
"""How often a file that nobody has open may be refused, until that is the answer."""


class InUse(PermissionError):
    """Another program has the file open, and does not let us use it (Windows)."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EACCES, "another program has it open", path)


class ReadOnly(PermissionError):
    """The file has the attribute that keeps Windows from replacing or removing it."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EACCES, "it is marked as read-only", path)


def open_file(path: str, flags: int) -> int:
    """As ``os.open``, once no other program prevents it. Raises InUse and other OSErrors.

    With O_NONBLOCK, too, it waits for another awscreds that is just replacing the file.
    """
    return _patiently(lambda: os.open(path, flags, 0o600), path)


def move_over(
    source: str,
    target: str,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Rename ``source`` to ``target``, which it replaces.

    Windows refuses that while a program has the target open, even for reading. We wait for such a
    program, then raise InUse. Raises ReadOnly and other OSErrors at once.
    """
    _refuse_read_only(target)
    _patiently(lambda: os.replace(source, target), target, monotonic=monotonic, sleep=sleep)


def remove(path: str) -> None:
    """As ``os.unlink``, once no other program prevents it. Raises InUse and other OSErrors."""
    _patiently(lambda: os.unlink(path), path)


def discard(path: str) -> None:
    """Remove the file ``path``, if possible."""
    with suppress(OSError):
        remove(path)


def check_replaceable(path: str) -> None:
    """Raise the OSError that ``move_over`` would raise now for the target ``path`` on Windows.

    Waits for a program that has it open, then raises InUse.
    """
    _refuse_read_only(path)
    if sys.platform == "win32":
        _patiently(lambda: _refuse_unshared(path), path)


def _refuse_unshared(path: str) -> None:
    if _is_in_the_way(path):
        raise InUse(path)


def _refuse_read_only(path: str) -> None:
    """Raise the OSError for a folder or a read-only file, which Windows never lets us replace."""
    if sys.platform == "win32":
        from stat import FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_READONLY

        with suppress(FileNotFoundError):
            attributes = os.lstat(path).st_file_attributes
            if attributes & FILE_ATTRIBUTE_DIRECTORY:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if attributes & FILE_ATTRIBUTE_READONLY:
                raise ReadOnly(path)


def _patiently(
    act: Callable[[], T],
    path: str,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What ``act`` returns, as soon as Windows lets it use ``path``. Raises InUse, or its error."""
    end = monotonic() + DEADLINE
    unexplained = 0  # who had it open may have closed it since
    while True:
        try:
            return act()
        except BlockingIOError:  # a lease (``exchange.Shut``), held for less than a millisecond
            if monotonic() >= end:
                raise
            sleep(_MOMENT)
        except PermissionError:
            if not _is_in_the_way(path):
                unexplained += 1
                if sys.platform != "win32" or unexplained == _UNEXPLAINED or os.path.isdir(path):
                    raise
            elif monotonic() >= end:
                raise InUse(path) from None
            sleep(_PAUSE)


def _is_in_the_way(path: str) -> bool:
    """Whether a program that has the file open keeps others from using it."""
    if sys.platform == "win32":
        from awscreds.stores.windows_files import is_shared

        with suppress(OSError):
            return not is_shared(path)
    return False

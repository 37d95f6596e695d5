"""Two files exchange their names in one step: whatever had the name is then in our hands.

A rename over a file loses what had the name by then: what an editor saved by a rename of its own,
after our last look. After an exchange it has our temporary name, can be compared with what we
expected, and gets its name back if it is something else.

Linux has ``renameat2`` (RENAME_EXCHANGE), macOS ``renamex_np`` (RENAME_SWAP), and most local file
systems know it. ``ReplaceFileW`` of Windows can leave the name without any file for a moment, or
until the next start if the computer stops then, so it is not used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from awscreds.stores.leases import awaited_by_writer, hold_alone
from awscreds.stores.open_files import discard, move_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_CANNOT = (
    *(errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV),
    errno.ENOTSUP,  # of macOS, where it has a number of its own
)
"""What a system, a file system or a sandbox answers that does not know the call."""

_SWAP = 2
"""RENAME_EXCHANGE, and RENAME_SWAP of macOS."""


def replace(source: str, target: str) -> bool:
    """Rename ``source`` to ``target``, which exists. True if ``source`` has the former target then.

    False where there is no such exchange: the former target is gone. Raises OSError, with nothing
    changed; FileNotFoundError for a target that somebody has removed.
    """
    try:
        exchange(source, target)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        os.replace(source, target)
        return False
    return os.path.lexists(source)  # some network file systems take any call for a rename


def exchange(one: str, other: str) -> None:
    """Let two files have each other's name. Raises OSError, with nothing changed."""
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    from awscreds.libc import Long, call_or_raise

    names = os.fsencode(one), os.fsencode(other)
    here = Long(-100)  # AT_FDCWD, which absolute names do not need
    if sys.platform == "linux":
        call_or_raise("renameat2", here, names[0], here, names[1], Long(_SWAP))
    else:
        call_or_raise("renamex_np", *names, Long(_SWAP))


def give_new_name(source: str, name: str) -> None:
    """Rename ``source`` to ``name``. Raises FileExistsError if there is a file of that name."""
    try:
        os.link(source, name)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        move_over(source, name)
    discard(source)


def put_back(hand: str, name: str, ours: os.stat_result) -> bool:
    """After ``replace`` took what it was not meant to: give that its ``name`` again.

    It is at ``hand``, and ``ours`` has its name. What somebody has renamed over ours since is newer
    still, and stays. Returns whether ours is at ``hand`` then. If not, that is another program's,
    and another program has replaced it.
    """
    placed = ours
    while is_at(name, placed):
        given = os.lstat(hand)
        try:
            exchange(hand, name)
        except OSError:  # somebody removes the file right now
            return False
        if is_at(hand, placed):
            return placed is ours
        placed = given
    return False


def is_at(path: str, found: os.stat_result) -> bool:
    """Whether this file has the name ``path``, and was not written. Numbers are used again."""
    with contextlib.suppress(OSError):
        now = os.lstat(path)
        return os.path.samestat(now, found) and now.st_mtime_ns == found.st_mtime_ns
    return False


class Shut:
    """A file of ours that nobody else can open after ``shut``, not even to read it: they wait.

    So nobody sees the new content before it is certain that it stays. Only on Linux (``leases``).
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        self._is_held = False

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        return self

    def shut(self) -> None:
        """From now on, who opens it waits: until ``reopen``, or the end of ``with``."""
        self._is_held = sys.platform == "linux" and hold_alone(self._fd) is True

    def reopen(self) -> None:
        """Let everybody open it again: at once, because whoever waits does nothing else."""
        self._is_held = False
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.reopen()

    def refill(self, data: bytes, changed: int) -> bool:
        """Write ``data`` into it: who waits had found its name before it got another one.

        It gets the time ``changed``, until somebody writes it. Returns whether a program waits to
        do so. Raises OSError, with nothing changed.
        """
        if sys.platform != "linux" or not self._is_held:
            return False
        os.posix_fallocate(self._fd, 0, max(1, len(data)))
        os.pwrite(self._fd, data, 0)
        os.ftruncate(self._fd, len(data))
        os.utime(self._fd, ns=(changed, changed))
        return awaited_by_writer(self._fd)

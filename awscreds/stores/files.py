"""Files replaced whole, under a lock, as one person's own.

A file here is never written in place: a temporary file in the same folder is written, synced and
renamed over the target, and the folder is synced, so that a reader (or a power cut) meets the old
content or the new, never half of either.

The lock is a separate file that is never unlinked, named by the hash of the target's real path:
flock on a file that is itself renamed loses updates, and so does an unlinked lock file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time

from awscreds.errors import AwscredsError, ConfigurationError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

LOCK_DEADLINE = 30.0
"""Seconds a lock is waited for before giving up."""

_O_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_O_BINARY = getattr(os, "O_BINARY", 0)


def default_lock_folder() -> str:
    """The per-user folder of lock files. It does not move with ``AWSCREDS_HOME``."""
    return os.path.join(os.path.expanduser("~"), ".aws", "awscreds", "locks")


def make_private_folder(path: str) -> None:
    """Make ``path`` and what is missing above it, each 0700 whatever the umask."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
            os.chmod(folder, 0o700)


def fsync_folder(path: str) -> None:
    """Make a rename in ``path`` last. Windows has no such call, and needs none."""
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY | _O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_file(path: str, data: bytes, *, mode: int = 0o600) -> None:
    """Put ``data`` in the place of ``path``, wholly or not at all.

    ``path`` is taken as it is: resolve symlinks before. Raises OSError, with nothing changed.
    """
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, f".{os.path.basename(path)}.{os.getpid()}.{os.urandom(6).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _O_CLOEXEC | _O_NOFOLLOW | _O_BINARY
    fd = os.open(temporary, flags, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if sys.platform != "win32":
                os.fchmod(fd, mode)
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    fsync_folder(folder)


class FileLock:
    """An exclusive lock between processes for the file ``target``, held inside ``with``.

    Raises AwscredsError when nobody lets go of it within ``deadline`` seconds.
    """

    def __init__(
        self,
        target: str,
        *,
        folder: str | None = None,
        deadline: float = LOCK_DEADLINE,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._folder = folder or default_lock_folder()
        self._deadline = deadline
        self._monotonic = monotonic
        self._sleep = sleep
        self._fd = -1

    @property
    def path(self) -> str:
        """The lock file of this target."""
        import hashlib

        real = os.path.normcase(os.path.realpath(self._target))
        return os.path.join(self._folder, hashlib.sha256(os.fsencode(real)).hexdigest()[:32])

    def __enter__(self) -> FileLock:
        try:
            make_private_folder(self._folder)
            flags = os.O_RDWR | os.O_CREAT | _O_CLOEXEC | _O_NOFOLLOW | _O_BINARY
            fd = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"cannot open a lock file in {self._folder}: {error.strerror}",
                code="lock",
                hint=f"make {self._folder} a folder that you own and can write",
            ) from None
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise ConfigurationError(f"{self.path} is not a regular file", code="lock")
            self._acquire(fd)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def _acquire(self, fd: int) -> None:
        end = self._monotonic() + self._deadline
        pause = 0.002
        while not _try_lock(fd):
            if self._monotonic() >= end:
                raise AwscredsError(
                    f"another process has held the lock on {self._target} for "
                    f"{self._deadline:.0f} seconds",
                    code="locked",
                    hint="wait for the other awscreds to end, then run this again",
                )
            self._sleep(pause)
            pause = min(pause * 1.5, 0.05)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True

"""The content of an AWS file and what identifies it, as it was when it was read."""

from __future__ import annotations

import errno
import os
import stat
import sys

from awscreds.errors import ConfigurationError
from awscreds.stores.files import is_foreign
from awscreds.stores.leases import is_free
from awscreds.stores.open_files import open_file
from awscreds.stores.remedies import is_in_home, to_close, to_own, to_see, windows_refusal

READ = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Snapshot:
    """What a file was when it was read. The stamp is empty if there was no file.

    ``free`` is whether nobody had it open for writing, None if the system does not tell.
    ``changed_at`` is when it was last changed, in seconds since the epoch.
    """

    __slots__ = ("changed_at", "data", "free", "links", "mode", "stamp")

    def __init__(
        self, data: bytes = b"", found: os.stat_result | None = None, *, free: bool | None = None
    ) -> None:
        self.data = data
        self.free = free
        self.changed_at = max(found.st_mtime, found.st_ctime) if found else 0.0
        self.stamp = stamp_of(found) if found else ()
        self.mode = stat.S_IMODE(found.st_mode) if found else 0
        self.links = found.st_nlink if found else 0

    def is_same_file_as(self, other: Snapshot) -> bool:
        return self.stamp[:2] == other.stamp[:2]

    def is_content_of(self, fd: int) -> bool:
        """Whether the open file ``fd``, positioned at its beginning, is still the same."""
        if stamp_of(os.fstat(fd)) != self.stamp:
            return False
        with open(fd, "rb", closefd=False) as file:
            return file.read() == self.data


def stamp_of(found: os.stat_result) -> tuple[int, ...]:
    """What differs between one content of a file and the next."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def read(path: str) -> Snapshot:
    """What the file is now; an absent one, or /dev/null, is empty. Raises OSError."""
    try:
        fd = open_file(path, READ)
    except FileNotFoundError:
        if sys.platform == "win32":
            from awscreds.stores.windows_files import refuse_below_a_file

            refuse_below_a_file(path)
        return Snapshot()
    except PermissionError:
        if os.path.isdir(path):  # Windows opens no folders
            raise IsADirectoryError(errno.EISDIR, "it is a folder") from None
        raise
    try:
        # Before the content: what is written while we read makes the stamp an old one.
        found = os.fstat(fd)
        if stat.S_ISCHR(found.st_mode):  # /dev/null, the usual way to say "no file"
            return Snapshot()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise OSError(errno.EINVAL, f"it is {kind}")
        with open(fd, "rb", closefd=False) as file:
            data = file.read()
        free = is_free(fd, path)
        if free and stamp_of(os.fstat(fd)) != stamp_of(found):
            free = False  # it was written while we read, and finished only now
        return Snapshot(data, found, free=free)
    finally:
        os.close(fd)


def _is_own(path: str) -> bool:
    try:
        return not is_foreign(os.stat(path))
    except OSError:
        return False


def read_or_explain(path: str) -> Snapshot:
    """As ``read``, but raises ConfigurationError, with a hint."""
    try:
        return read(path)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or type(error).__name__}"
        if refusal := windows_refusal(error, message, path):
            raise refusal from None
        hint = f"{to_see(path)} shows what is there; make sure that it is a file that you can read"
        if error.errno == errno.EACCES and _is_own(path):
            hint = f"make it readable only by you: {to_close(path, 0o600, hint)}"
        elif error.errno == errno.EACCES and is_in_home(path):
            hint = (
                f"make it readable only by you: {to_own(path, '')} && {to_close(path, 0o600, '')}"
            )
        raise ConfigurationError(message, code="unreadable", hint=hint) from None

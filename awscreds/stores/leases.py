"""Whether another program has a file open for writing.

On Linux a lease tells at once and exactly (fcntl(2), F_SETLEASE). The kernel refuses a read lease
while anybody has the file open for writing, and while we hold it, whoever opens the file for
writing waits. A write lease needs a file that nobody else has open, and whoever opens it waits. On
Windows, opening the file without sharing it with writers tells the same as a read lease.
Elsewhere, on file systems without leases (NFS, some of FUSE) and for the file of another user,
nothing tells.
"""

from __future__ import annotations

import errno
import sys

if sys.platform != "win32":
    import fcntl

if sys.platform == "linux":

    def hold(fd: int) -> bool | None:
        """Take a lease on a file that is open for reading. It ends when ``fd`` is closed.

        False if somebody has the file open for writing, None if no lease is possible. While it is
        held, do not open the file for writing: we would wait for ourselves.
        """
        return _take(fd, fcntl.F_RDLCK)

    def hold_alone(fd: int) -> bool | None:
        """The same for a file that is open for writing, against all who open it, also for reading.

        False if somebody else has it open.
        """
        return _take(fd, fcntl.F_WRLCK)

    def _take(fd: int, kind: int) -> bool | None:
        # Not ``signal``, which makes enumerations of all of them.
        from _signal import SIGURG  # type: ignore[import-not-found]  # typeshed has no stub of it

        try:
            # A program that has to wait makes the kernel send us this signal, which is ignored
            # by default. SIGIO, the signal without F_SETSIG, would end the process.
            fcntl.fcntl(fd, fcntl.F_SETSIG, SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, kind)
        except OSError as error:
            return False if error.errno in (errno.EAGAIN, errno.EBUSY) else None
        return True

    def is_wanted(fd: int) -> bool:
        """Whether somebody waits for the read lease held on ``fd`` to end, to write the file."""
        return fcntl.fcntl(fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def awaited_by_writer(fd: int) -> bool:
        """Whether who waits for the write lease held on ``fd`` to end wants to write the file."""
        return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_UNLCK

    def is_free(fd: int, _path: str) -> bool | None:
        """Whether nobody has the file open for writing; None if the system does not tell."""
        held = hold(fd)
        if held:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return held

else:

    def hold(_fd: int) -> bool | None:
        """There are no leases here."""
        return None

    def hold_alone(_fd: int) -> bool | None:
        """There are no leases here."""
        return None

    def is_wanted(_fd: int) -> bool:
        """Nobody waits: there are no leases here."""
        return False

    def awaited_by_writer(_fd: int) -> bool:
        """Nobody waits: there are no leases here."""
        return False

    def is_free(_fd: int, path: str) -> bool | None:
        """Whether nobody has the file open for writing; None if the system does not tell."""
        if sys.platform == "win32":
            from awscreds.stores.windows_files import is_written

            written = is_written(path)
            return None if written is None else not written
        return None

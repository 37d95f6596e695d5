"""Whether the process that made a file still runs, from its number in the file's name.

Numbers are reused, and mean nothing on another machine or in another container, and several of
these may share a home directory.
"""

from __future__ import annotations

import os
import sys
import time

from awscreds.light import suppress

if sys.platform == "win32":
    import _winapi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STALE = 3600.0
"""Seconds after which the files of another machine count as abandoned."""


def signature() -> str:
    """``PID-WHERE`` of this process: its number, and an identifier of the machine or container."""
    return f"{os.getpid()}-{_where()}"


def is_gone(signature: str, last: float, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether the process of ``signature`` (without WHERE: of this machine) is gone.

    ``last`` is a time at which it certainly ran, in seconds since the epoch. Hold the lock of what
    it did: then a signature with our own number is that of a dead process, because containers
    start each program with the same few numbers. Raises ValueError if it is not a signature.
    """
    number, _, where = signature.partition("-")
    pid = int(number)
    if where and where != _where():
        return last < clock() - STALE
    if pid == os.getpid():
        return True
    if not _exists(pid):
        return True
    started = _started(pid, clock())
    return started is not None and started > last + 1


def _where() -> str:
    if sys.platform == "win32":
        names = os.environ.get("COMPUTERNAME", "")
    else:
        names = os.uname().nodename
    with suppress(OSError):
        names += os.readlink("/proc/self/ns/pid")
    from zlib import crc32

    return f"{crc32(names.encode('utf-8', 'surrogateescape')):08x}"


if sys.platform == "win32":
    _QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _EPOCH = 11_644_473_600
    """Seconds from 1601, where Windows begins to count, to 1970."""

    def _exists(pid: int) -> bool:
        # Not os.kill: there it ends the process, whatever the signal.
        try:
            handle = _winapi.OpenProcess(_QUERY, False, pid)
        except OSError as error:
            no_such_process = 87
            return error.winerror != no_such_process
        except OverflowError:
            return False
        try:
            return _winapi.GetExitCodeProcess(handle) == _winapi.STILL_ACTIVE
        finally:
            _winapi.CloseHandle(handle)

else:

    def _exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            pass
        return True


def _started(pid: int, now: float) -> float | None:
    """When a process started, in seconds since the epoch; None if the system does not tell."""
    if sys.platform == "win32":
        return _started_on_windows(pid)
    if sys.platform != "linux":
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    return now - up + ticks / os.sysconf("SC_CLK_TCK")


if sys.platform == "win32":

    def _started_on_windows(pid: int) -> float | None:
        import ctypes

        try:
            handle = _winapi.OpenProcess(_QUERY, False, pid)
        except OSError:
            return None
        times = [ctypes.c_uint64() for _ in range(4)]  # created, ended, in the kernel, in itself
        try:
            ask = ctypes.WinDLL("kernel32").GetProcessTimes
            found = ask(ctypes.c_void_p(handle), *map(ctypes.byref, times))
        finally:
            _winapi.CloseHandle(handle)
        return times[0].value / 1e7 - _EPOCH if found else None

"""Whether the process that made a file still runs, from its number in the file's name.

Numbers are reused, and mean nothing on another machine or in another container, and several of
these may share a home directory.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import zlib

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
    # Windows has no way to ask that does no harm.
    if sys.platform == "win32" or (where and where != _where()):
        return last < clock() - STALE
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    started = _started(pid, clock())
    return started is not None and started > last + 1


def _where() -> str:
    names = os.uname().nodename if sys.platform != "win32" else os.environ.get("COMPUTERNAME", "")
    with contextlib.suppress(OSError):
        names += os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32(names.encode('utf-8', 'surrogateescape')):08x}"


def _started(pid: int, now: float) -> float | None:
    """When a process started, in seconds since the epoch; None if the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    return now - up + ticks / os.sysconf("SC_CLK_TCK")

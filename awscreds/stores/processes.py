"""Whether the process that made a file is still there, told from its number in the file's name.

Numbers are used again, and mean nothing beyond their machine or container: a home may be shared.
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
"""Seconds after which what another machine left is taken for given up."""


def signature() -> str:
    """``PID-WHERE`` of this process: its number, and a mark of the machine or container."""
    return f"{os.getpid()}-{_where()}"


def is_gone(signature: str, last: float, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether the process of ``signature`` (one without WHERE is of here) is gone.

    ``last`` is when it is known to have lived, in seconds since the epoch. Hold the lock of what it
    did: then our own number is that of a dead namesake, since containers start each program under
    the same few. Raises ValueError for what is no signature.
    """
    number, _, where = signature.partition("-")
    pid = int(number)
    # Windows has no harmless way to ask.
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
    """When a process began, in seconds since the epoch; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    return now - up + ticks / os.sysconf("SC_CLK_TCK")

"""What this process lets others see of it."""

from __future__ import annotations

import contextlib
import sys

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """Keep other processes of this user, and core files, from our memory.

    PR_SET_DUMPABLE 0 refuses ptrace and /proc/PID/mem to all but root (prctl(2)); elsewhere core
    files are limited to nothing.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError, AttributeError, ValueError):
        if sys.platform == "linux":
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        else:
            import resource

            _, hard = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))

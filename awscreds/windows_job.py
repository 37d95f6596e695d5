"""A program and, if wanted, everything that it starts, as one job of Windows.

When we end, whatever ends us, Windows ends what is in the job: nobody else would.
https://learn.microsoft.com/windows/win32/procthread/job-objects
"""

from __future__ import annotations

import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

if sys.platform == "win32":
    import _winapi
    import ctypes
    from ctypes import wintypes

    _BREAKAWAY_OK, _SILENT_BREAKAWAY_OK, _KILL_ON_JOB_CLOSE = 0x800, 0x1000, 0x2000
    _EXTENDED_LIMITS = 9
    _CREATE_SUSPENDED = 0x4

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

        _fields_ = (
            ("times", ctypes.c_int64 * 2),
            ("flags", wintypes.DWORD),
            ("sizes", ctypes.c_size_t * 2),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("classes", wintypes.DWORD * 2),
            ("transfers", ctypes.c_uint64 * 6),
            ("memory", ctypes.c_size_t * 4),
        )

    class Job:
        """Starts one program in a job. ``has_children``: what that starts is in the job, too.

        Raises OSError.
        """

        def __init__(self, *, has_children: bool) -> None:
            self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            # A child that asks to leave the job may: it would not start otherwise.
            leaving = _BREAKAWAY_OK if has_children else _SILENT_BREAKAWAY_OK
            self._handle = wintypes.HANDLE(self._kernel.CreateJobObjectW(None, None))
            if not self._handle.value:
                raise ctypes.WinError(ctypes.get_last_error())
            self._limit(_KILL_ON_JOB_CLOSE | leaving)

        def start(
            self,
            command: Sequence[str] | str,
            program: str,
            environ: Mapping[str, str],
            *,
            is_piped: bool = False,
        ) -> subprocess.Popen[bytes]:
            """Start ``program`` with the command line ``command``. Raises OSError, ValueError.

            ``is_piped``: with no input, and pipes for its output. Else it has our streams.
            """
            process: Any = subprocess.Popen(
                command,
                executable=program,
                env=environ,
                stdin=subprocess.DEVNULL if is_piped else None,
                stdout=subprocess.PIPE if is_piped else None,
                stderr=subprocess.PIPE if is_piped else None,
                creationflags=_CREATE_SUSPENDED,  # it starts nothing before it is in the job
            )
            handle = wintypes.HANDLE(int(process._handle))  # noqa: SLF001 - Popen tells no other way
            # If this fails (old Windows, in a job already), the program itself can still be ended.
            self._kernel.AssignProcessToJobObject(self._handle, handle)
            status = ctypes.WinDLL("ntdll").NtResumeProcess(handle)
            if status:
                process.kill()
                raise OSError(None, f"Windows did not let it run (0x{status & 0xFFFFFFFF:08x})")
            started: subprocess.Popen[bytes] = process
            return started

        def end(self) -> None:
            """End all that is in the job."""
            self._kernel.TerminateJobObject(self._handle, 1)

        def release(self) -> None:
            """Let all that still runs in the job live on. Call this last."""
            self._limit(0)
            _winapi.CloseHandle(self._handle.value or 0)

        def _limit(self, flags: int) -> None:
            limits = _Limits(flags=flags)
            self._kernel.SetInformationJobObject(
                self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
            )

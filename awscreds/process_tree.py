"""The processes below a child of ours, to end all of them, and the ones above us, to see a loop.

We do not start a program in its own session: it would lose the terminal, where it may ask for a
password or a touch, and Ctrl-C. So we find its children, in any session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MARK = "_AWSCREDS_PROGRAM"
"""A variable with a value of its own for each program, so that all its processes can be ended."""

_ROUNDS = 20
"""How often to look for new processes. Those that are found are stopped, and start no more."""

_LOOKED_UP = 64
_LISTING_DEADLINE = 5.0


if sys.platform == "win32":

    class Tree:
        """A program of ours and everything that it starts, to end all of it. Raises OSError."""

        def __init__(self) -> None:
            from awscreds.windows_job import Job

            self._job = Job(has_children=True)

        def start(
            self, command: Sequence[str] | str, program: str, environ: Mapping[str, str]
        ) -> subprocess.Popen[bytes]:
            """Start ``program`` with no input, and pipes for its output."""
            return self._job.start(command, program, environ, is_piped=True)

        def end(self, _process: subprocess.Popen[bytes]) -> None:
            """End all of it."""
            self._job.end()

        def release(self) -> None:
            """Leave alone what still runs."""
            self._job.release()

else:

    class Tree:
        """A program of ours and everything that it starts, to end all of it. Raises OSError.

        On Linux also processes without a living parent, like background programs. They are
        recognized by a mark, which is only in their environment.
        """

        def __init__(self) -> None:
            self._mark = f"{os.getpid()}.{time.monotonic_ns()}"

        def start(
            self, command: Sequence[str], program: str, environ: Mapping[str, str]
        ) -> subprocess.Popen[bytes]:
            """Start ``program`` with no input, and pipes for its output."""
            return subprocess.Popen(
                command,
                executable=program,
                env={**environ, _MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

        def end(self, process: subprocess.Popen[bytes]) -> None:
            """End all of it."""
            mark = f"{_MARK}={self._mark}".encode()
            found: set[int] = set()
            for _ in range(_ROUNDS):
                new = _family({process.pid, *found}, mark) - found
                if not new:
                    break
                for each in new:
                    _signal(each, signal.SIGSTOP)
                found |= new
            for each in found:
                _signal(each, signal.SIGKILL)

        def release(self) -> None:
            """Leave alone what still runs."""


def repeats_above() -> int:
    """How many processes above us run exactly our command line. 0 if unknown."""
    own = _of_process(os.getpid(), "cmdline")
    above = (_of_process(pid, "cmdline") for pid in _ancestors())
    return sum(line == own for line in above) if own else 0


def commands_above() -> list[list[str]]:
    """The command lines from the nearest process above that runs ours, down to ours, if any."""
    own = _of_process(os.getpid(), "cmdline")
    lines = [own]
    for pid in _ancestors():
        lines.append(_of_process(pid, "cmdline"))
        if own and lines[-1] == own:
            return [os.fsdecode(line).rstrip("\0").split("\0") for line in reversed(lines)]
    return []


def _family(roots: set[int], mark: bytes) -> set[int]:
    """The processes among ``roots``, below them, and with ``mark`` in their environment."""
    parents = _parents()
    family = {pid for pid in parents if pid in roots or mark in _of_process(pid, "environ")}
    while True:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        if not more:
            return family - {os.getpid()}
        family |= more


def _parents() -> dict[int, int]:
    """The parent of each process."""
    if os.path.exists("/proc/self/stat"):
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return {pid: parent for pid in pids if (parent := _parent(pid)) is not None}
    try:
        listed = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid="],
            capture_output=True,
            timeout=_LISTING_DEADLINE,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.split() for line in listed.splitlines())
    return {int(row[0]): int(row[1]) for row in rows if len(row) == 2}


def _parent(pid: int) -> int | None:
    # After the name, which is in brackets and may have any characters: the state, the parent.
    fields = _of_process(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else None


def _ancestors() -> Iterator[int]:
    pid = os.getppid()
    for _ in range(_LOOKED_UP):
        if pid <= 1:
            return
        yield pid
        pid = _parent(pid) or 0


def _of_process(pid: int, name: str) -> bytes:
    """What Linux tells about a process; empty if it tells nothing."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)

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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 20
"""How often to look for new processes. Those that are found are stopped, and start no more."""

_LOOKED_UP = 64
_LISTING_DEADLINE = 5.0


def end_tree(pid: int, mark: bytes) -> None:
    """End a child of ours and everything that it started.

    On Linux also processes without a living parent, like background programs. They are recognized
    by ``mark``, which is only in their environment.
    """
    if sys.platform == "win32":
        system = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [os.path.join(system, "taskkill.exe"), "/T", "/F", "/PID", str(pid)],
                capture_output=True,
                timeout=_LISTING_DEADLINE,
                check=False,
            )
        return
    found: set[int] = set()
    for _ in range(_ROUNDS):
        new = _family({pid, *found}, mark) - found
        if not new:
            break
        for each in new:
            _signal(each, signal.SIGSTOP)
        found |= new
    for each in found:
        _signal(each, signal.SIGKILL)


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

"""Programs that a profile names: started as SDKs start them, and never waited for without end."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time

from awscreds.model import process_chain
from awscreds.process_tree import commands_above, end_tree, repeats_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PASSPHRASE = "AWSCREDS_PASSPHRASE"  # noqa: S105 - the name of a variable

_MARK = "_AWSCREDS_PROGRAM"
"""A variable of each program that no other has with the same value: by it all of it is ended."""

_REPEATS = 3
"""So often our own command line may be above us: it is a loop, in which a script has cleared the
environment that tells of it."""

LONGEST_OUTPUT = 1 << 20
"""Bytes a program may print."""

_LINGER = 1.0
"""Seconds that output is waited for once the program itself has ended: a child of its own may hold
the pipe open for as long as it lives."""

_STEP = 0.1


class RunError(Exception):
    """Why a program could not be run to its end, as words that follow its name."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class CompletedRun:
    """A program that ended: its exit status, and what it wrote. The output may be a secret."""

    __slots__ = ("output", "status", "stderr")

    def __init__(self, status: int, output: bytes, stderr: bytes) -> None:
        self.status = status
        self.output = output
        self.stderr = stderr.decode(errors="replace")

    def __repr__(self) -> str:
        return f"CompletedRun({self.status}, <hidden>)"


def run(line: str, environ: Mapping[str, str], *, deadline: float, awaited: str) -> CompletedRun:
    """Run the program of ``line``: split as botocore does, by no shell, its stdin at its end.

    It gets ``environ`` without our passphrase, and ``deadline`` seconds for what is ``awaited`` of
    it; after that it is ended, with all that it has started. What it leaves running when it ends by
    itself is left alone: that may be an agent. Raises RunError, and ConfigurationError for a loop.
    """
    if repeats_above() >= _REPEATS:
        raise process_chain.loop_error(process_chain.profiles_in_loop(commands_above(), environ))
    try:
        # On Windows it is the program itself that splits its command line.
        command: str | list[str] = line if sys.platform == "win32" else shlex.split(line)
    except ValueError:
        raise RunError("has a quote that does not end") from None
    from awscreds.console import give_back

    give_back()  # it may ask something itself
    mark = f"{os.getpid()}.{time.monotonic_ns()}"
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={k: v for k, v in environ.items() if not k.startswith(_PASSPHRASE)} | {_MARK: mark},
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in the line
        reason = getattr(error, "strerror", None) or "its line is not a command"
        raise RunError(f"cannot be started: {reason}", "use the full path of its program") from None
    done = False
    try:
        output, stderr = _output(process, deadline)
        done = True
    except subprocess.TimeoutExpired:
        raise RunError(f"gave no {awaited} within {deadline:.0f} seconds") from None
    finally:
        if not done:
            end_tree(process.pid, f"{_MARK}={mark}".encode())
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
    return CompletedRun(process.returncode, output, stderr)


def _output(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """What the program prints until it ends. Raises TimeoutExpired, and RunError for too much."""
    end = time.monotonic() + deadline
    ended: float | None = None
    while True:
        try:
            return process.communicate(timeout=_STEP)
        except subprocess.TimeoutExpired as error:
            output, stderr = error.output or b"", error.stderr or b""
            if len(output) + len(stderr) > LONGEST_OUTPUT:
                raise RunError("prints too much") from None
            now = time.monotonic()
            if ended is None and process.poll() is not None:
                ended = now
            if ended is not None and now - ended >= _LINGER:
                return output, stderr
            if now >= end:
                raise

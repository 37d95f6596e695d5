"""Programs that a profile names: started as SDKs start them, but always with a deadline."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time

from awscreds.model import process_chain
from awscreds.model.environment import PASSPHRASE
from awscreds.process_tree import commands_above, end_tree, repeats_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "_AWSCREDS_PROGRAM"
"""A variable with a value of its own for each program, so that all its processes can be ended."""

_REPEATS = 3
"""If our own command line is above us this often, it is a loop, and a script has cleared the
variable that would tell."""

LONGEST_OUTPUT = 1 << 20
"""Bytes that a program may print."""

_LINGER = 1.0
"""Seconds to wait for output after the program has ended: a child of it may hold the pipe open as
long as that child lives."""

_STEP = 0.1


class RunError(Exception):
    """Why a program did not run to its end, in words that follow its name."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class CompletedRun:
    """A program that ended: its exit status and what it printed. The output may be a secret."""

    __slots__ = ("output", "status", "stderr")

    def __init__(self, status: int, output: bytes, stderr: bytes) -> None:
        self.status = status
        self.output = output
        self.stderr = stderr.decode(errors="replace")

    def __repr__(self) -> str:
        return f"CompletedRun({self.status}, <hidden>)"


def run(line: str, environ: Mapping[str, str], *, deadline: float, awaited: str) -> CompletedRun:
    """Run the program of ``line``, split as botocore does, without a shell and with no input.

    It gets ``environ`` without our passphrase. It has ``deadline`` seconds to give what is
    ``awaited``; then it is ended with everything it has started. If it ends by itself, what it
    leaves running stays: that may be an agent. Raises RunError, and ConfigurationError for a loop.
    """
    if repeats_above() >= _REPEATS:
        raise process_chain.loop_error(process_chain.profiles_in_loop(commands_above(), environ))
    try:
        # On Windows the program splits its command line itself.
        command: str | list[str] = line if sys.platform == "win32" else shlex.split(line)
    except ValueError:
        raise RunError("has no closing quote") from None
    from awscreds.console import give_back

    give_back()  # the program may prompt, too
    mark = f"{os.getpid()}.{time.monotonic_ns()}"
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={k: v for k, v in environ.items() if not k.startswith(PASSPHRASE)} | {_MARK: mark},
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in the line
        reason = getattr(error, "strerror", None) or "its value is not a command"
        raise RunError(f"cannot be started: {reason}", "use the full path of its program") from None
    done = False
    try:
        output, stderr = _output(process, deadline)
        done = True
    except subprocess.TimeoutExpired:
        raise RunError(f"did not return {awaited} within {deadline:.0f} seconds") from None
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
    """What the program prints until it ends. Raises TimeoutExpired; RunError for too much."""
    end = time.monotonic() + deadline
    ended: float | None = None
    while True:
        try:
            return process.communicate(timeout=_STEP)
        except subprocess.TimeoutExpired as error:
            output, stderr = error.output or b"", error.stderr or b""
            if len(output) + len(stderr) > LONGEST_OUTPUT:
                raise RunError("printed too much") from None
            now = time.monotonic()
            if ended is None and process.poll() is not None:
                ended = now
            if ended is not None and now - ended >= _LINGER:
                return output, stderr
            if now >= end:
                raise

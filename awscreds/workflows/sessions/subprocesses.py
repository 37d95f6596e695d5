"""Programs that a profile names: started as SDKs start them, but always with a deadline."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time

from awscreds.model import process_chain
from awscreds.model.environment import PASSPHRASE
from awscreds.process_tree import Tree, commands_above, repeats_above

if sys.platform == "win32":
    import _winapi
    import contextlib
    import msvcrt

    from awscreds.errors import UsageError
    from awscreds.model import windows_programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

_REPEATS = 3
"""If our own command line is above us this often, it is a loop, and a script has cleared the
variable that would tell."""

LONGEST_OUTPUT = 1 << 20
"""Bytes that a program may print."""

_LINGER = 1.0
"""Seconds to wait for output after the program has ended: a child of it may hold the pipe open as
long as that child lives."""

_STEP = 0.02 if sys.platform == "win32" else 0.1
"""Seconds between two looks at the pipes. On POSIX, output ends the wait."""

_FULL_PATH = "use the full path of its program"


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
    command, program = _command(line, environ)
    from awscreds.console import give_back

    give_back()  # the program may prompt, too
    try:
        tree = Tree()
        process = tree.start(
            command, program, {k: v for k, v in environ.items() if not k.startswith(PASSPHRASE)}
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in the line
        reason = getattr(error, "strerror", None) or "its value is not a command"
        raise RunError(f"cannot be started: {reason}", _FULL_PATH) from None
    done = False
    try:
        output, stderr = _output(process, deadline)
        done = True
    except subprocess.TimeoutExpired:
        raise RunError(f"did not return {awaited} within {deadline:.0f} seconds") from None
    finally:
        if not done:
            tree.end(process)
        process.kill()
        process.wait()
        tree.release()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
    return CompletedRun(process.returncode, output, stderr)


if sys.platform == "win32":

    def _command(line: str, environ: Mapping[str, str]) -> tuple[list[str] | str, str]:
        """What to start for ``line``: a command line, and the file of the program.

        Unlike botocore, we never take a program from the current folder. Raises RunError.
        """
        try:
            words = windows_programs.split(line) or [""]
            program = windows_programs.find(words[0], environ, os.path.isfile)
            if program and windows_programs.is_batch_file(program):
                shell = windows_programs.command_processor(os.environ)
                return windows_programs.batch_line(shell, program, words[1:]), shell
        except ValueError:
            raise RunError("has no closing quote") from None
        except UsageError as error:
            raise RunError(f"cannot be started: {error.message}", error.hint) from None
        if program is None:
            raise RunError("cannot be started: its program is not on the PATH", _FULL_PATH)
        return words, program

    def _output(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
        """What the program prints until it ends. Raises TimeoutExpired; RunError for too much.

        Only what is in the pipes already is read: nothing could end a read that waits.
        """
        found = {pipe: bytearray() for pipe in (process.stdout, process.stderr) if pipe}
        end = time.monotonic() + deadline
        ended: float | None = None
        while True:
            has_ended = process.poll() is not None  # before the pipes, so that nothing is missed
            read = [_read_waiting(pipe, into) for pipe, into in found.items()]
            output, stderr = (bytes(each) for each in found.values())
            if len(output) + len(stderr) > LONGEST_OUTPUT:
                raise RunError("printed too much")
            now = time.monotonic()
            if has_ended and ended is None:
                ended = now
            if ended is not None and (read == [None, None] or now - ended >= _LINGER):
                return output, stderr
            if now >= end:
                raise subprocess.TimeoutExpired(process.args, deadline)
            if not any(read):
                _wait(process)

    def _read_waiting(pipe: IO[bytes], into: bytearray) -> int | None:
        """Add what waits in ``pipe``. How many bytes that were; None if it is at its end."""
        try:
            *_, waiting, _left = _winapi.PeekNamedPipe(msvcrt.get_osfhandle(pipe.fileno()), 0)
        except BrokenPipeError:
            return None
        if waiting:
            into += os.read(pipe.fileno(), waiting)
        return waiting

    def _wait(process: subprocess.Popen[bytes]) -> None:
        if process.returncode is not None:
            time.sleep(_STEP)
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STEP)

else:

    def _command(line: str, _environ: Mapping[str, str]) -> tuple[list[str], str]:
        """The words of ``line``, and the program. Raises RunError."""
        try:
            words = shlex.split(line)
        except ValueError:
            raise RunError("has no closing quote") from None
        return words, words[0]

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

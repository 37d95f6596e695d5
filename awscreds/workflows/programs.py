"""Programs that a profile names: started as SDKs start them, and never waited for without end."""

from __future__ import annotations

import shlex
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PASSPHRASE = "AWSCREDS_PASSPHRASE"  # noqa: S105 - the name of a variable


class Trouble(Exception):
    """Why a program could not be run to its end, as words that follow its name."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Finished:
    """A program that ended: its exit status, and what it wrote. The output may be a secret."""

    __slots__ = ("output", "status", "stderr")

    def __init__(self, status: int, output: bytes, stderr: bytes) -> None:
        self.status = status
        self.output = output
        self.stderr = stderr.decode(errors="replace")

    def __repr__(self) -> str:
        return f"Finished({self.status}, <hidden>)"


def run(line: str, environ: Mapping[str, str], *, deadline: float, awaited: str) -> Finished:
    """Run the program of ``line``: split as botocore does, by no shell, its stdin at its end.

    It gets ``environ`` without our passphrase, and ``deadline`` seconds for what is ``awaited`` of
    it. Raises Trouble.
    """
    try:
        # On Windows it is the program itself that splits its command line.
        command: str | list[str] = line if sys.platform == "win32" else shlex.split(line)
    except ValueError:
        raise Trouble("has a quote that does not end") from None
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={k: v for k, v in environ.items() if not k.startswith(_PASSPHRASE)},
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in the line
        reason = getattr(error, "strerror", None) or "its line is no command"
        raise Trouble(f"cannot be started: {reason}", "give its program by full path") from None
    try:
        output, stderr = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        raise Trouble(f"gave no {awaited} within {deadline:.0f} seconds") from None
    finally:
        # A child of its own may hold the pipes open: their end is not waited for.
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
    return Finished(process.returncode, output, stderr)

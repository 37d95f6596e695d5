"""Questions to the person at the controlling terminal, or answers piped to stdin.

Prompts use the terminal itself, not stdin and stdout, so they work while stdout is captured by
``$(…)``. Nothing here waits where nobody can answer, nor does any thread but the main one ask: that
raises InputNeeded at once.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

from awscreds.errors import InputNeeded
from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    class Asker:
        """What the dialogues of commands need."""

        def ask(self, text: str) -> str: ...
        def ask_secret(self, text: str) -> str: ...
        def confirm(self, text: str, *, default: bool) -> bool: ...


TERMINAL = "/dev/tty"
"""The controlling terminal of whoever asks for it (POSIX)."""


class Terminal:
    """Asks at the controlling terminal. ``allowed=False`` is ``--no-input``."""

    def __init__(self, *, allowed: bool = True) -> None:
        self._allowed = allowed

    def available(self) -> bool:
        """Whether a question could be asked."""
        try:
            with self._open("a question"):
                return True
        except InputNeeded:
            return False

    def ask(self, text: str) -> str:
        """The line typed in answer to ``text``, without blanks around it. May be empty."""
        with self._open(text) as terminal:
            terminal.write(visible(text))
            terminal.flush()
            return self._line(terminal, text).strip()

    def ask_secret(self, text: str) -> str:
        """The same, typed unseen. Only the line break is removed from it."""
        with self._open(text) as terminal, _unseen(terminal):
            terminal.write(visible(text))
            terminal.flush()
            try:
                return self._line(terminal, text)
            finally:
                terminal.write("\n")
                terminal.flush()

    def confirm(self, text: str, *, default: bool) -> bool:
        """Yes or no; Enter is ``default``."""
        while True:
            answer = self.ask(f"{text} [{'Y/n' if default else 'y/N'}] ").lower()
            if answer in ("y", "yes", "n", "no", ""):
                return answer.startswith("y") if answer else default

    def _line(self, terminal: TextIO, text: str) -> str:
        line = terminal.readline()
        if not line:  # Ctrl-D
            terminal.write("\n")
            raise InputNeeded(
                f"an answer is needed ({text.strip().rstrip(':')}) and none was given",
                hint="run it again, or give the answer by an option (see --help)",
            )
        return line.rstrip("\r\n")

    @contextlib.contextmanager
    def _open(self, text: str) -> Iterator[TextIO]:
        if not self._allowed or not _is_alone():
            raise self._nobody(text)
        try:
            if sys.platform == "win32":
                terminal: TextIO = _Console()
            else:
                fd = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
                raw = io.FileIO(fd, "w+")
                terminal = io.TextIOWrapper(raw, errors="surrogateescape", write_through=True)
        except OSError:
            raise self._nobody(text) from None
        with terminal:
            yield terminal

    def _nobody(self, text: str) -> InputNeeded:
        if not self._allowed:
            why = "--no-input was given"
        elif not _is_alone():
            why = "nobody is asked while several things go on at once"
        else:
            why = "there is no terminal to ask for it at"
        return InputNeeded(
            f"an answer is needed ({text.strip().rstrip(':')}) and {why}",
            hint="run it in a terminal, or give the answer by an option (see --help)",
        )


def _is_alone() -> bool:
    """Whether the main thread asks: two questions at once could not be told apart."""
    import threading

    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _unseen(terminal: TextIO) -> Iterator[None]:
    """Switch the terminal's echo off, and back on whatever happens."""
    if sys.platform == "win32":
        terminal.hidden = True  # type: ignore[attr-defined]  # our _Console
        yield
        return
    import signal
    import termios

    fd = terminal.fileno()
    before = termios.tcgetattr(fd)
    silent = termios.tcgetattr(fd)
    silent[3] &= ~termios.ECHO

    def end(number: int, _frame: object) -> None:
        termios.tcsetattr(fd, termios.TCSANOW, before)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # Whoever is told to end here must not leave a terminal that shows nothing typed.
    handlers = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        # What was typed ahead is kept for the next question.
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


if sys.platform == "win32":
    import msvcrt

    class _Console(io.StringIO):
        """The Windows console, a key at a time."""

        hidden = False

        def write(self, text: str) -> int:
            for char in text:
                msvcrt.putwch("\r" if char == "\n" else char)
                if char == "\n":
                    msvcrt.putwch("\n")
            return len(text)

        def readline(self, size: int | None = -1) -> str:  # noqa: ARG002 - StringIO's signature
            typed = ""
            while True:
                char = msvcrt.getwch()
                if char in "\r\n":
                    return typed + "\n"
                if char == "\003":
                    raise KeyboardInterrupt
                if char == "\b":
                    typed = typed[:-1]
                    continue
                typed += char
                if not self.hidden:
                    msvcrt.putwch(char)


class Piped:
    """Answers from a stdin that is no terminal, a line each, as ``aws configure`` takes them.

    A line that is missing at the end keeps the present value, like Enter; none at all is nobody.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._answered = False

    def ask(self, text: str) -> str:
        return self.ask_secret(text).strip()

    def ask_secret(self, text: str) -> str:
        line = self._stream.readline()
        if not line and not self._answered:
            raise InputNeeded(
                f"an answer is needed ({text.strip().rstrip(':')}) and standard input is empty",
                hint="run it in a terminal, pipe the answers in, or give them by options",
            )
        self._answered = True
        return line.rstrip("\r\n")

    def confirm(self, text: str, *, default: bool) -> bool:  # noqa: ARG002 - nobody sees the text
        """Piped answers are the dialogue's own; consent is never read from them."""
        return False

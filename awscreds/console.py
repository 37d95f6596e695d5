"""The controlling terminal while a question is asked there: a prompt, and one line in answer.

The terminal's own echo is off all the while, and what is typed is shown a character at a time: so
that the second line of a paste, which may be a secret, is on no screen. What was typed before the
prompt, or stands behind the line, is dropped.
"""

from __future__ import annotations

import contextlib
import os
import sys

from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

TERMINAL = "/dev/tty"
"""The controlling terminal of whoever asks for it (POSIX)."""

PASTE_PAUSE = 0.05
"""Seconds of silence after which a paste of several lines is taken to be over."""

_LONGEST_PASTE = 40
"""Pauses that are waited for at most."""

_ERASE = "\b\x7f"
_ESCAPE = "\x1b"

ONLY_FIRST = "Only the first line of that was taken."


class Line:
    """The characters of an answer, as they are typed. ``show`` gets what is to be seen of them."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._chars: list[str] = []
        self._in_sequence = ""

    @property
    def text(self) -> str:
        return "".join(self._chars)

    def type(self, char: str) -> None:
        """Take one more character; the sequences of arrow keys and their like are none."""
        if self._in_sequence or char == _ESCAPE:
            self._in_sequence = self._after(self._in_sequence + char)
            return
        self._chars.append(char)
        self._show(visible(char))

    def erase(self) -> None:
        """Take the last character back."""
        if self._chars:
            columns = _columns(visible(self._chars.pop()))
            self._show("\b \b" * columns)

    def erase_word(self) -> None:
        """Take the last word back, and the blanks after it."""
        while self._chars and self._chars[-1] == " ":
            self.erase()
        while self._chars and self._chars[-1] != " ":
            self.erase()

    def erase_all(self) -> None:
        """Begin anew."""
        while self._chars:
            self.erase()

    @staticmethod
    def _after(sequence: str) -> str:
        """What a sequence is so far; empty at its end (ECMA-48, 5.4: CSI … final byte)."""
        if len(sequence) == 1 or sequence in ("\x1b[", "\x1bO"):
            return sequence
        return sequence if sequence[1] == "[" and not "@" <= sequence[-1] <= "~" else ""


def _columns(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


if sys.platform == "win32":
    import msvcrt

    class Console:
        """The Windows console, a key at a time."""

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, text: str) -> None:
            """Show ``text``, as it is."""
            for char in text.replace("\n", "\r\n"):
                msvcrt.putwch(char)

        def read_line(self, prompt: str, *, is_hidden: bool) -> str | None:
            """The line typed after ``prompt``; None at its end (Ctrl-Z)."""
            self.drop_typed_ahead()
            self.write(prompt)
            line = Line((lambda _: None) if is_hidden else self.write)
            while (char := msvcrt.getwch()) not in "\r\n":
                if char == "\x03":
                    raise KeyboardInterrupt
                if char == "\x1a" and not line.text:
                    self.write("\n")
                    return None
                if char in "\x00\xe0":  # a function key, whose code follows
                    msvcrt.getwch()
                elif char in _ERASE:
                    line.erase()
                else:
                    line.type(char)
            self.write("\n")
            if self.drop_typed_ahead():
                self.write(f"{ONLY_FIRST}\n")
            return line.text

        def drop_typed_ahead(self) -> bool:
            """Forget what was typed and not read; whether there was any."""
            there = msvcrt.kbhit()
            while msvcrt.kbhit():
                msvcrt.getwch()
            return bool(there)

else:
    import select
    import signal
    import termios

    class Console:
        """The controlling terminal of POSIX. Raises OSError where there is none."""

        def __init__(self) -> None:
            self._fd = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self._fd)

        def write(self, text: str) -> None:
            """Show ``text``, as it is."""
            left = memoryview(text.encode(_encoding(), "surrogateescape"))
            while left:
                left = left[os.write(self._fd, left) :]

        def read_line(self, prompt: str, *, is_hidden: bool) -> str | None:
            """The line typed after ``prompt``; None at the end of all (Ctrl-D, a hangup)."""
            try:
                with self._by_character(prompt) as keys:
                    self.write(prompt)
                    line = self._typed(Line((lambda _: None) if is_hidden else self.write), keys)
                    self.write("\n")
                    if self._drop_rest():
                        self.write(f"{ONLY_FIRST}\n")
                    return line
            except termios.error as error:  # not an OSError
                raise OSError(*error.args) from None

        def drop_typed_ahead(self) -> None:
            """Forget what was typed and not read."""
            termios.tcflush(self._fd, termios.TCIFLUSH)

        def _typed(self, line: Line, keys: dict[bytes, Callable[[Line], None]]) -> str | None:
            from codecs import getincrementaldecoder

            end = termios.tcgetattr(self._fd)[6][termios.VEOF]
            decoder = getincrementaldecoder(_encoding())("surrogateescape")
            while True:
                byte = os.read(self._fd, 1)
                if byte in (b"\n", b"\r"):
                    return line.text
                if byte in (b"", end):
                    return line.text or None
                if byte in keys:
                    keys[byte](line)
                    continue
                for char in decoder.decode(byte):
                    line.type(char)

        def _drop_rest(self) -> bool:
            """Forget what stands behind the line, to the end of its paste; whether there was any.

            It is waited for: what comes once the terminal is the shell's again, the shell runs.
            """
            found = False
            for _ in range(_LONGEST_PASTE):
                if not select.select([self._fd], [], [], PASTE_PAUSE if found else 0)[0]:
                    break
                found = True
                self.drop_typed_ahead()
            return found

        @contextlib.contextmanager
        def _by_character(self, prompt: str) -> Iterator[dict[bytes, Callable[[Line], None]]]:
            """Switch echo and lines off, and back on whatever happens. Gives the keys that edit."""
            before = termios.tcgetattr(self._fd)
            ours: list[Any] = [*before[:6], list(before[6])]
            ours[3] &= ~(termios.ECHO | termios.ICANON)
            ours[6][termios.VMIN], ours[6][termios.VTIME] = 1, 0

            def end(number: int, _frame: object) -> None:
                termios.tcsetattr(self._fd, termios.TCSAFLUSH, before)
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)

            def go_on(_number: int, _frame: object) -> None:  # after Ctrl-Z and fg
                termios.tcsetattr(self._fd, termios.TCSAFLUSH, ours)
                self.write(prompt)

            # Whoever is told to end here must not leave a terminal that shows nothing typed.
            actions = {signal.SIGTERM: end, signal.SIGHUP: end, signal.SIGCONT: go_on}
            handlers = {number: signal.signal(number, do) for number, do in actions.items()}
            termios.tcsetattr(self._fd, termios.TCSAFLUSH, ours)
            try:
                yield {
                    b"\b": Line.erase,
                    before[6][termios.VERASE]: Line.erase,
                    before[6][termios.VKILL]: Line.erase_all,
                    before[6][termios.VWERASE]: Line.erase_word,
                    b"\x7f": Line.erase,
                }
            finally:
                termios.tcsetattr(self._fd, termios.TCSAFLUSH, before)
                for number, handler in handlers.items():
                    signal.signal(number, handler)

    def _encoding() -> str:
        from locale import getencoding

        return getencoding()

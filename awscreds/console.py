"""The controlling terminal, for a question: a prompt, and a line as the answer.

The terminal's own echo is off from the first question until `give_back`, and we show each typed
character ourselves. So the second line of a paste, which may be a secret, is never on the screen.
What was typed before the prompt, or comes after the line, is dropped.
"""

from __future__ import annotations

import contextlib
import os
import sys

from awscreds.model.typed_line import Line
from awscreds.process import NAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

TERMINAL = "/dev/tty"
"""The controlling terminal of the process that opens it (POSIX)."""

PASTE_PAUSE = 0.05
"""Seconds of silence after which a paste of several lines counts as finished."""

_LONGEST_PASTE = 40
"""How many such pauses to wait for at most."""

_ERASE = "\b\x7f"

_BEGIN_SCREEN, _END_SCREEN = "\x1b[?1049h\x1b[2J\x1b[H", "\x1b[?1049l"
"""The alternate screen of xterm, which all terminals have: it has no history.
https://invisible-island.net/xterm/ctlseqs/ctlseqs.html"""

_USUAL_SIZE = (80, 24)

ONLY_FIRST = "Only the first line was used."


class _Screen:
    """What a console can do besides lines."""

    encoding = "utf-8"

    def fileno(self) -> int:
        raise NotImplementedError

    def write(self, text: str) -> None:
        raise NotImplementedError

    def size(self) -> tuple[int, int]:
        """Its columns and rows, as far as it tells."""
        try:
            found = os.get_terminal_size(self.fileno())
        except OSError:
            return _USUAL_SIZE
        return found.columns or _USUAL_SIZE[0], found.lines or _USUAL_SIZE[1]

    def can_show(self, text: str) -> bool:
        """Whether it has the characters of ``text``, and a screen of its own for them."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return os.environ.get("TERM") != "dumb"

    def begin_screen(self) -> None:
        """Turn to an empty screen, if there can be one."""
        if os.environ.get("TERM") != "dumb":
            self.write(_BEGIN_SCREEN)

    def end_screen(self) -> None:
        """Turn back, with all that was there before."""
        if os.environ.get("TERM") != "dumb":
            self.write(_END_SCREEN)


if sys.platform == "win32":
    import _winapi
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _KEY, _SIZE, _ALT = 1, 4, 0x12  # KEY_EVENT, WINDOW_BUFFER_SIZE_EVENT, VK_MENU
    _INTERRUPT, _END = "\x03", "\x1a"  # Ctrl-C, Ctrl-Z
    _COOKED = 0x207
    """What a mode of the console must be without: Ctrl-C as a signal, lines, echo, sequences of
    terminals for keys."""

    class _Record(ctypes.Structure):
        """INPUT_RECORD with its KEY_EVENT_RECORD."""

        _fields_ = (
            ("kind", wintypes.WORD),
            ("is_down", wintypes.BOOL),
            ("repeats", wintypes.WORD),
            ("key", wintypes.WORD),
            ("scan", wintypes.WORD),
            ("unit", wintypes.WORD),
            ("modifiers", wintypes.DWORD),
        )

        def units(self) -> list[int]:
            """The UTF-16 units that it types: none for a function key, or an arrow."""
            # What is composed with Alt and digits comes when Alt is let go.
            is_typed = self.kind == _KEY and (self.is_down or self.key == _ALT)
            return [self.unit] * self.repeats if is_typed and self.unit else []

    class Console(_Screen):
        """The Windows console, a key at a time. Raises OSError if nobody could answer there.

        Not by `msvcrt.getwch`: that gives the letter à first for an arrow key, too.
        """

        def __init__(self) -> None:
            self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
            read_write, share, existing = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE, 0x3, 3
            self._number = _winapi.CreateFile("CONIN$", read_write, share, 0, existing, 0, 0)
            self._input = ctypes.c_void_p(self._number)
            self._units: list[int] = []
            try:
                self._mode = self._require_person()
                self.output = open("CONOUT$", "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed at the end
            except OSError:
                self._kernel.CloseHandle(self._input)
                raise

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.output.close()
            self._kernel.CloseHandle(self._input)

        def fileno(self) -> int:
            """The number of standard error, which is usually the console."""
            return 2

        def write(self, text: str) -> None:
            """Show ``text``, as it is."""
            self.output.write(text.replace("\n", "\r\n"))
            self.output.flush()

        def begin_screen(self) -> None:
            """Turn to an empty screen. A console from before 2019 must be told to read sequences.

            ENABLE_VIRTUAL_TERMINAL_PROCESSING:
            https://learn.microsoft.com/windows/console/setconsolemode
            """
            handle = ctypes.c_void_p(msvcrt.get_osfhandle(self.output.fileno()))
            mode = wintypes.DWORD()
            if self._kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                self._kernel.SetConsoleMode(handle, mode.value | 0x4)
            super().begin_screen()

        def read_line(self, prompt: str, *, is_hidden: bool) -> str | None:
            """The line typed after ``prompt``; None at its end (Ctrl-Z)."""
            with self.by_key():
                self.write(prompt)
                line = self._typed(Line((lambda _: None) if is_hidden else self.write))
                self.write("\n")
                if self.drop_rest():
                    self.write(f"{ONLY_FIRST}\n")
                return line

        @contextlib.contextmanager
        def by_key(self, also: int = 0) -> Iterator[None]:
            """Read a key at a time, in the mode ``also``. Drops what was typed before."""
            self._kernel.SetConsoleMode(self._input, self._mode & ~_COOKED | also)
            try:
                self.drop_typed_ahead()
                yield
            finally:
                self._kernel.SetConsoleMode(self._input, self._mode)

        def read_key(self) -> str | int | None:
            """The next character, or the code of a key that types none; None: a new size.

            That needs the mode ENABLE_WINDOW_INPUT. Raises OSError.
            """
            while not self._units:
                record = self._record()
                self._units = record.units()
                if record.kind == _SIZE:
                    return None
                if record.kind == _KEY and record.is_down and not self._units:
                    key: int = record.key
                    return key
            return self._char()

        def drop_typed_ahead(self) -> bool:
            """Drop what was typed and not read. Whether there was anything."""
            found, self._units = bool(self._units), []
            while self._is_waiting(0):
                found = bool(self._record().units()) or found
            return found

        def _typed(self, line: Line) -> str | None:
            while (char := self._char()) not in "\r\n":
                if char == _INTERRUPT:
                    raise KeyboardInterrupt
                if char == _END:
                    return line.text or None
                if char in _ERASE:
                    line.erase()
                else:
                    line.type(char)
            return line.text

        def _char(self) -> str:
            """The next character that is typed, of one or two units. Raises OSError."""
            unit = self._unit()
            if 0xD800 <= unit < 0xDC00:
                return (
                    (chr(unit) + chr(self._unit()))
                    .encode("utf-16", "surrogatepass")
                    .decode("utf-16", "replace")
                )
            return chr(unit)

        def _unit(self) -> int:
            while not self._units:
                self._units = self._record().units()
            return self._units.pop(0)

        def _record(self) -> _Record:
            record, count = _Record(), wintypes.DWORD()
            read = self._kernel.ReadConsoleInputW
            if not read(self._input, ctypes.byref(record), 1, ctypes.byref(count)):
                raise ctypes.WinError(ctypes.get_last_error())  # the console is gone
            return record

        def _is_waiting(self, seconds: float) -> bool:
            found = _winapi.WaitForSingleObject(self._number, int(seconds * 1000))
            return found == _winapi.WAIT_OBJECT_0

        def drop_rest(self) -> bool:
            """Drop what comes after the line, to the end of the paste. Whether there was anything.

            We wait for it: what comes later, when the shell reads keys again, would be run.
            """
            found = self.drop_typed_ahead()
            for _ in range(_LONGEST_PASTE if found else 0):
                if not self._is_waiting(PASTE_PAUSE):
                    break
                self.drop_typed_ahead()
            return found

        def _require_person(self) -> int:
            """The mode of the console. Raises OSError if there is none, or it has no window.

            Services, editors and scheduled tasks start programs so (CREATE_NO_WINDOW); reading a
            key would wait for ever. Terminals that draw the console themselves give it a window.
            """
            mode = wintypes.DWORD()
            if not self._kernel.GetConsoleMode(self._input, ctypes.byref(mode)):
                raise ctypes.WinError(ctypes.get_last_error())
            if not _has_window(self._kernel):
                raise OSError("the console has no window")
            return mode.value

    def give_back() -> None:
        """Nothing: on Windows, the reader of a key shows it."""

    def _has_window(kernel: Any) -> bool:
        kernel.GetConsoleWindow.restype = ctypes.c_void_p
        return bool(kernel.GetConsoleWindow())

else:
    import select
    import termios

    from awscreds import held_terminal

    give_back = held_terminal.give_back

    class Console(_Screen):
        """The controlling terminal of POSIX. Raises OSError if there is none."""

        def __init__(self) -> None:
            self.encoding = encoding()
            self._fd = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self._fd)

        def fileno(self) -> int:
            return self._fd

        def write(self, text: str) -> None:
            """Show ``text``, as it is."""
            left = memoryview(_encoded(text))
            while left:
                left = left[os.write(self._fd, left) :]

        def read_line(self, prompt: str, *, is_hidden: bool) -> str | None:
            """The line typed after ``prompt``; None at the end of input (Ctrl-D, a hangup)."""
            try:
                with self._by_character(prompt) as keys:
                    self.write(prompt)
                    line = self._typed(Line((lambda _: None) if is_hidden else self.write), keys)
                    self.write("\n")
                    if self.drop_rest():
                        self.write(f"{ONLY_FIRST}\n")
                    return line
            except termios.error as error:  # not an OSError
                raise OSError(*error.args) from None

        def begin_screen(self) -> None:
            """Turn to an empty screen; a signal that ends this process turns back."""
            super().begin_screen()
            held_terminal.SENT_AT_END.append(_END_SCREEN.encode())

        def end_screen(self) -> None:
            """Turn back, with all that was there before."""
            super().end_screen()
            held_terminal.SENT_AT_END.clear()

        def drop_typed_ahead(self) -> None:
            """Drop what was typed and not read."""
            termios.tcflush(self._fd, termios.TCIFLUSH)

        def _typed(self, line: Line, keys: dict[bytes, Callable[[Line], None]]) -> str | None:
            from codecs import getincrementaldecoder

            end = termios.tcgetattr(self._fd)[6][termios.VEOF]
            decoder = getincrementaldecoder(encoding())("surrogateescape")
            while True:
                byte = self._next_byte()
                if byte in (b"\n", b"\r"):
                    return line.text
                if byte in (b"", end):
                    return line.text or None
                if byte in keys:
                    keys[byte](line)
                    continue
                for char in decoder.decode(byte):
                    line.type(char)

        def _next_byte(self) -> bytes:
            while not select.select([self._fd], [], [], NAP)[0]:
                pass
            return os.read(self._fd, 1)

        def drop_rest(self) -> bool:
            """Drop what comes after the line, to the end of the paste. Whether there was anything.

            We wait for it: what comes later, when the shell has the terminal again, would be run.
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
            """Read a key at a time, and hold the terminal from now on. Returns the keys to edit."""
            held = held_terminal.hold(self._fd)
            characters = held.before[6]
            held.ask(lambda: self.write(prompt))
            try:
                yield {
                    b"\b": Line.erase,
                    characters[termios.VERASE]: Line.erase,
                    characters[termios.VKILL]: Line.erase_all,
                    characters[termios.VWERASE]: Line.erase_word,
                    b"\x7f": Line.erase,
                }
            except BaseException:
                give_back()
                raise
            held.rest()

    def _encoded(text: str) -> bytes:
        """``text`` for the terminal: bytes that were typed are as they came.

        What its encoding does not have, in the locale C all but ASCII, is shown by its code, as on
        standard error.
        """
        codec = encoding()
        with contextlib.suppress(UnicodeEncodeError):
            return text.encode(codec, "surrogateescape")
        return b"".join(
            char.encode(codec, "surrogateescape" if _is_byte(char) else "backslashreplace")
            for char in text
        )

    def _is_byte(char: str) -> bool:
        """Whether it stands for a byte that is no character (PEP 383)."""
        return "\udc80" <= char <= "\udcff"

    def encoding() -> str:
        from locale import getencoding

        return getencoding()

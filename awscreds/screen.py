"""The whole terminal as a screen, for a list to choose from: what was on it comes back afterwards.

Keys are read one at a time, with the terminal's echo off as in `console`. What was typed before the
screen is there, or comes in a paste after the choice, is dropped.
"""

from __future__ import annotations

import contextlib
import os
import sys

from awscreds.console import Console
from awscreds.model import choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

_ESCAPE = "\x1b"

RESIZED = "resized"
"""Not a key: the lines must be drawn again, maybe in another size."""

_CONTROLS = {
    "\r": choice.ENTER,
    "\n": choice.ENTER,
    "\b": choice.ERASE,
    "\x7f": choice.ERASE,
    "\x04": choice.LEAVE,  # Ctrl-D
    "\x0e": choice.DOWN,  # Ctrl-N and Ctrl-P, as in shells
    "\x10": choice.UP,
    "\x15": choice.ERASE_ALL,  # Ctrl-U, Ctrl-W
    "\x17": choice.ERASE_WORD,
}


def choose(made: choice.Choice) -> str | None:
    """Show ``made`` on the terminal until a name is chosen; None if the person left without one.

    Raises KeyboardInterrupt for Ctrl-C, and OSError if nobody could answer, or it has hung up.
    """
    with Console() as console, Screen(console) as screen:
        while not made.is_over:
            screen.draw(*made.lines(*screen.size()))
            key = screen.key()
            if key != RESIZED:
                made.press(key)
    return made.chosen


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _KEYS = {
        0x21: choice.PAGE_UP,
        0x22: choice.PAGE_DOWN,
        0x23: choice.LAST,
        0x24: choice.FIRST,
        0x26: choice.UP,
        0x28: choice.DOWN,
    }
    _READ_WRITE, _SHARE = 0xC0000000, 3
    _WINDOW_INPUT = 8  # ENABLE_WINDOW_INPUT
    _INTERRUPT = "\x03"

    class _Place(ctypes.Structure):
        """COORD."""

        _fields_ = (("X", wintypes.SHORT), ("Y", wintypes.SHORT))

    class _Info(ctypes.Structure):
        """CONSOLE_SCREEN_BUFFER_INFO."""

        _fields_ = (
            ("size", _Place),
            ("cursor", _Place),
            ("attributes", wintypes.WORD),
            ("window", wintypes.SMALL_RECT),
            ("largest", _Place),
        )

    class Screen:
        """A screen buffer of its own: the one before is not touched."""

        def __init__(self, console: Console) -> None:
            self._console = console
            self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateConsoleScreenBuffer.restype = ctypes.c_void_p
            self._before = ctypes.c_void_p(msvcrt.get_osfhandle(console.output.fileno()))

        def __enter__(self) -> Self:
            made = self._kernel.CreateConsoleScreenBuffer(_READ_WRITE, _SHARE, None, 1, None)
            if made in (None, ctypes.c_void_p(-1).value):
                raise ctypes.WinError(ctypes.get_last_error())
            self._buffer = ctypes.c_void_p(made)
            self._keys = self._console.by_key(_WINDOW_INPUT)
            self._keys.__enter__()
            self._kernel.SetConsoleActiveScreenBuffer(self._buffer)
            return self

        def __exit__(self, *error: object) -> None:
            self._kernel.SetConsoleActiveScreenBuffer(self._before)
            self._kernel.CloseHandle(self._buffer)
            if error[0] is None:
                self._console.drop_rest()
            self._keys.__exit__(None, None, None)

        def size(self) -> tuple[int, int]:
            """The columns and lines of the window."""
            window = self._info().window
            return window.Right - window.Left + 1, window.Bottom - window.Top + 1

        def draw(self, lines: list[str], _current: int, column: int) -> None:
            """Show ``lines`` and nothing else, with the cursor in a column of the first one."""
            window = self._info().window
            width, height = self.size()
            count = wintypes.DWORD()
            for row in range(height):
                at = _Place(window.Left, window.Top + row)
                fill = self._kernel.FillConsoleOutputCharacterW
                fill(self._buffer, ctypes.c_wchar(" "), width, at, ctypes.byref(count))
                text = lines[row] if row < len(lines) else ""
                units = len(text.encode("utf-16-le", "replace")) // 2
                self._kernel.SetConsoleCursorPosition(self._buffer, at)
                self._kernel.WriteConsoleW(self._buffer, text, units, ctypes.byref(count), None)
            at = _Place(window.Left + column, window.Top)
            self._kernel.SetConsoleCursorPosition(self._buffer, at)

        def key(self) -> str:
            """The next key: a name of `choice`, the character that it types, or RESIZED."""
            key = self._console.read_key()
            if key is None:
                return RESIZED
            if isinstance(key, int):
                return _KEYS.get(key, "")
            if key == _INTERRUPT:
                raise KeyboardInterrupt
            return choice.LEAVE if key == _ESCAPE else _CONTROLS.get(key, key)

        def _info(self) -> _Info:
            info = _Info()
            self._kernel.GetConsoleScreenBufferInfo(self._buffer, ctypes.byref(info))
            return info

else:
    import errno
    import select
    import signal
    import termios
    from codecs import getincrementaldecoder

    from awscreds.console import PASTE_PAUSE, encoding
    from awscreds.held_terminal import give_back, hold

    _ENTER = "\x1b[?1049h"
    """Change to the other screen, which terminals have for editors and pagers."""
    _LEAVE = "\x1b[H\x1b[J\x1b[?1049l"
    """Clear it, for a terminal that has only one screen, and change back."""
    _BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
    _CUT, _BELOW = "\x1b[K", "\x1b[J"
    """Clear what is after the cursor: in its line, on the screen."""
    _SEQUENCES = {
        "A": choice.UP,
        "B": choice.DOWN,
        "H": choice.FIRST,
        "F": choice.LAST,
        "1~": choice.FIRST,
        "4~": choice.LAST,
        "5~": choice.PAGE_UP,
        "6~": choice.PAGE_DOWN,
    }
    """What keys send after ``ESC [`` or ``ESC O`` (xterm, Linux, tmux)."""

    class Screen:
        """The other screen of a terminal. Ctrl-Z, and signals that end us, leave it."""

        def __init__(self, console: Console) -> None:
            self._console = console
            self._fd = console.fileno()
            self._held = hold(self._fd)
            self._decoder = getincrementaldecoder(encoding())("surrogateescape")
            erasing = {
                termios.VERASE: choice.ERASE,
                termios.VWERASE: choice.ERASE_WORD,
                termios.VKILL: choice.ERASE_ALL,
            }
            characters = self._held.before[6]
            self._controls = _CONTROLS | {
                characters[at].decode("latin-1"): key for at, key in erasing.items()
            }

        def __enter__(self) -> Self:
            self._woken, self._wake = os.pipe()
            os.set_blocking(self._wake, False)
            self._handler = signal.signal(signal.SIGWINCH, lambda *_: self._draw_again())
            self._held.ask(self._show, self._hide)
            self._show()
            return self

        def __exit__(self, kind: object, *_: object) -> None:
            signal.signal(signal.SIGWINCH, self._handler)
            with contextlib.suppress(OSError):  # it has hung up
                self._hide()
            os.close(self._woken)
            os.close(self._wake)
            if kind:
                give_back()
            else:
                self._console.drop_rest()
                self._held.rest()

        def size(self) -> tuple[int, int]:
            """The columns and lines of the terminal; what is usual, if it does not say."""
            found = os.get_terminal_size(self._fd)
            return found.columns or 80, found.lines or 24

        def draw(self, lines: list[str], current: int, column: int) -> None:
            """Show ``lines`` and nothing else, with the cursor in a column of the first one."""
            rows = [
                f"\x1b[{at + 1};1H" + (f"{_BOLD}{line}{_PLAIN}" if at == current else line) + _CUT
                for at, line in enumerate(lines)
            ]
            self._console.write(f"{''.join(rows)}{_BELOW}\x1b[1;{column + 1}H")

        def key(self) -> str:
            """The next key: a name of `choice`, the character that it types, or RESIZED."""
            char = self._char(None)
            return self._sequence() if char == _ESCAPE else self._controls.get(char, char)

        def _sequence(self) -> str:
            """The key that a sequence stands for; LEAVE if only the key Esc was pressed."""
            begin = self._char(PASTE_PAUSE)
            if begin in ("", _ESCAPE):
                return choice.LEAVE
            if begin not in ("[", "O"):  # with Alt
                return ""
            sequence = ""
            while not sequence or not "@" <= sequence[-1] <= "~":  # ECMA-48, 5.4
                more = self._char(PASTE_PAUSE)
                if more in ("", RESIZED):
                    return more
                sequence += more
            return _SEQUENCES.get(sequence, "")

        def _char(self, seconds: float | None) -> str:
            """The next character; RESIZED if the size has changed; empty after ``seconds``."""
            while ready := select.select([self._fd, self._woken], [], [], seconds)[0]:
                if self._woken in ready:
                    os.read(self._woken, 4096)
                    return RESIZED
                byte = os.read(self._fd, 1)
                if not byte:
                    raise OSError(errno.EIO, "the terminal has hung up")
                if char := self._decoder.decode(byte):
                    return char
            return ""

        def _show(self) -> None:
            self._console.write(_ENTER)
            self._draw_again()

        def _hide(self) -> None:
            self._console.write(_LEAVE)

        def _draw_again(self) -> None:
            with contextlib.suppress(BlockingIOError):  # it is noted already
                os.write(self._wake, b".")

"""A terminal of POSIX that is held from the first question to the end of the command.

Its echo is off all that time: `console` and `screen` show what is typed at their questions, and
nobody sees what is typed beside them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

if sys.platform == "win32":
    raise ImportError("Windows has no terminals of this kind")

import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


SENT_AT_END: list[bytes] = []
"""What is sent to the terminal if a signal ends the process."""


def _nothing() -> None:
    pass


class Held:
    """The terminal from the first question to `give_back`, with its echo off all that time.

    Before this process ends or stops, except by SIGKILL, the terminal is restored.
    """

    def __init__(self, fd: int) -> None:
        self.before = termios.tcgetattr(fd)
        self._fd = os.dup(fd)
        self._modes = self._without(termios.ECHO)
        self._is_asking = False
        self._show = self._hide = _nothing
        actions = {
            **dict.fromkeys((signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT), self._end),
            signal.SIGTSTP: self._stop,
            signal.SIGCONT: self._go_on,
        }
        self._actions = {n: do for n, do in actions.items() if _is_heeded(n)}
        self._handlers = {n: signal.signal(n, do) for n, do in self._actions.items()}

    def is_of(self, fd: int) -> bool:
        """Whether ``fd`` is this terminal, and it has not hung up."""
        return _is_alive(self._fd) and os.fstat(fd).st_rdev == os.fstat(self._fd).st_rdev

    def ask(self, show: Callable[[], None], hide: Callable[[], None] = _nothing) -> None:
        """Read by character. ``show`` prints the question again after Ctrl-Z and fg.

        ``hide`` is called before it stops, and before a signal ends it.
        """
        self._show, self._hide, self._is_asking = show, hide, True
        self._modes = self._without(termios.ECHO | termios.ICANON)
        self._set(self._modes)

    def rest(self) -> None:
        """Between questions: read by line, and show nothing."""
        self._show, self._hide, self._is_asking = _nothing, _nothing, False
        self._modes = self._without(termios.ECHO)
        self._set(self._modes)

    def release(self) -> None:
        """Restore the terminal, and what signals do."""
        if self._is_ours():
            self._set(self.before)
        os.close(self._fd)
        for number, action in self._actions.items():
            if signal.getsignal(number) == action:
                signal.signal(number, self._handlers[number])

    def _without(self, flags: int) -> list[Any]:
        modes: list[Any] = [*self.before[:6], list(self.before[6])]
        modes[3] &= ~flags
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        return modes

    def _set(self, modes: list[Any]) -> None:
        termios.tcsetattr(self._fd, termios.TCSAFLUSH, modes)

    def _is_ours(self) -> bool:
        """Whether we are in the foreground. Else using the terminal would stop us."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:  # it is not our controlling terminal, or has hung up
            return _is_alive(self._fd)

    def _end(self, number: int, frame: object) -> None:
        handler: Any = self._handlers.get(signal.Signals(number))
        with contextlib.suppress(termios.error, OSError):
            self._hide()
            self._set(self.before)
            for sequence in SENT_AT_END:
                os.write(self._fd, sequence)
        if callable(handler):
            handler(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _stop(self, number: int, _frame: object) -> None:
        with contextlib.suppress(termios.error, OSError):
            self._hide()
            self._set(self.before)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._stop)  # somebody has continued us

    def _go_on(self, _number: int, _frame: object) -> None:
        with contextlib.suppress(termios.error, OSError):
            # In the background an open question stops us again, and nothing else does.
            if self._is_asking or self._is_ours():
                self._set(self._modes)
                self._show()


_now_held: list[Held] = []  # at most one: a process has one controlling terminal


def hold(fd: int) -> Held:
    """The terminal ``fd``, held from the first call to `give_back`."""
    if _now_held and not _now_held[0].is_of(fd):
        give_back()
    if not _now_held:
        _now_held.append(Held(fd))
    return _now_held[0]


def give_back() -> None:
    """Restore the terminal as it was before the first question."""
    while _now_held:
        with contextlib.suppress(termios.error, OSError):
            _now_held.pop().release()


def _is_heeded(number: int) -> bool:
    """A signal that our starter ignores (nohup) stays ignored."""
    return signal.getsignal(number) is not signal.SIG_IGN


def _is_alive(fd: int) -> bool:
    try:
        termios.tcgetattr(fd)
    except termios.error:
        return False
    return True

"""How rotations are interrupted: several at once only where each can be resumed."""

from __future__ import annotations

import contextlib
import signal
import threading

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.model.rotation import BACK, FORWARD, STORE
from awscreds.stores.journal import INTENT
from awscreds.workflows.rotation.state import BEGIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

INTERRUPTED = "interrupted"
"""The code of the error of a rotation that was interrupted."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_NAP = 0.2
"""Seconds after which a waiting rotation looks whether it must stop."""

_BEGINNING = f"before {BEGIN} {INTENT}"
# Not between a new key and its storing: its secret would be lost, and the key an orphan.
_BETWEEN_STAGES = frozenset(
    f"before {stage.name} {INTENT}" for stage in (*FORWARD, *BACK) if stage.name != STORE
)


@contextlib.contextmanager
def signals_held(tell: Callable[[], None]) -> Iterator[None]:
    """Within it the first signal that would end the process waits, and has its effect at the end.

    ``tell`` is called if one comes. A second one has its effect at once. In another thread than the
    main one nothing is held: there GracefulInterrupt decides.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _handlers()
    came: list[int] = []

    def hold(number: int, _frame: object) -> None:
        came.append(number)
        _restore(before)
        tell()

    for number in before:
        signal.signal(number, hold)
    try:
        yield
    finally:
        _restore(before)
        if came:
            signal.raise_signal(came[0])


def _handlers() -> dict[int, Any]:
    """The handlers of the signals that end the process. Those that it ignores (nohup) are not."""
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    return {n: handler for n, handler in handlers.items() if handler != signal.SIG_IGN}


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def not_begun() -> AwscredsError:
    """The error of a rotation that was interrupted before anything was changed."""
    return AwscredsError("interrupted before it began; nothing was changed", code=INTERRUPTED)


class GracefulInterrupt:
    """Ctrl-C, SIGTERM or a closed terminal: rotations stop at points where they can be resumed.

    Rotations get ``step`` and ``sleep`` of this object, which wrap those that are passed in. They
    raise if the rotation must stop: RotationUnfinished, or AwscredsError if it has not begun.
    ``signal`` is the number of the signal.
    """

    def __init__(self, step: Callable[[str], None], sleep: Callable[[float], None]) -> None:
        self._step = step
        self._sleep = sleep
        self.signal: int | None = None

    @contextlib.contextmanager
    def installed(self, tell: Callable[[], None]) -> Iterator[None]:
        """Within it the first signal asks for a stop, and ``tell`` is called.

        A second one ends the process at once, as SIGKILL would: the journals are made for that.
        Signals that were ignored when we were started (nohup) stay ignored.
        """
        before = _handlers()

        def ask(number: int, _frame: object) -> None:
            self.signal = number
            _restore(dict.fromkeys(before, signal.SIG_DFL))
            tell()

        for number in before:
            signal.signal(number, ask)
        try:
            yield
        finally:
            _restore(before)

    def check_may_begin(self) -> None:
        """Raise AwscredsError if a rotation is about to begin after the signal."""
        if self.signal is not None:
            raise not_begun()

    def step(self, name: str) -> None:
        """Called by a journal around each of its lines."""
        if name == _BEGINNING:
            self.check_may_begin()
        elif name in _BETWEEN_STAGES:
            self._check_may_continue()
        self._step(name)

    def sleep(self, seconds: float) -> None:
        """Wait within a stage."""
        while seconds > 0:
            self._check_may_continue()
            self._sleep(min(seconds, _NAP))
            seconds -= _NAP

    def _check_may_continue(self) -> None:
        if self.signal is not None:
            raise RotationUnfinished(
                "interrupted in the middle", code=INTERRUPTED, hint="awscreds rotate --resume"
            )

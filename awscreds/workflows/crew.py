"""Several things at once, done by threads that may die.

Memory can run out anywhere in a thread: before its first line, or where it notes what it has done.
Whoever waits for Python's own pool, or for the start of its threads, then waits for ever. Here a
thread notes its progress only in places that exist before it starts, and whoever waits looks
whether a thread is still at work.
"""

from __future__ import annotations

import contextlib
import queue
from typing import Generic, TypeVar

from awscreds.process import NoThread, start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

NAP = 0.2
"""Seconds after which whoever waits looks whether a thread is still at work."""
MOST_NAPS = 150
"""So many in a row for threads that have not begun, while no other one is at work."""

_NOT_BEGUN, _AT_WORK, _GONE = range(3)


def map_concurrently(
    items: Sequence[Item], do: Callable[[Item], Result], width: int
) -> list[Result]:
    """What ``do`` returns for each of ``items``, in their order, ``width`` at a time.

    Raises what `Crew.results` raises. Nothing of it runs on when this ends.
    """
    crew = Crew(items, do, width)
    try:
        results = dict(crew.results())
    finally:
        crew.stop()
        crew.join()
    return [results[number] for number in range(len(items))]


class Crew(Generic[Item, Result]):
    """Up to ``width`` threads, which call ``do`` with each of ``items``.

    They do not keep the process from ending.
    """

    def __init__(self, items: Sequence[Item], do: Callable[[Item], Result], width: int) -> None:
        self._items = items
        self._do = do
        self._waiting = list(reversed(range(len(items))))
        self._is_done = [False] * len(items)
        self._results: list[Result | None] = [None] * len(items)
        self._errors: list[BaseException | None] = [None] * len(items)
        self._failure: BaseException | None = None
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stages = [_NOT_BEGUN] * min(width, len(items))
        for number in range(len(self._stages)):
            try:
                start_thread(self._work, number)
            except (NoThread, MemoryError):
                del self._stages[number:]
                if not self._stages:
                    raise
                break  # fewer will do

    def results(self) -> Iterator[tuple[int, Result]]:
        """The number of each item and its result, as they come.

        Raises the first error of ``do``; and MemoryError, or what a thread died of, if items are
        left that no thread does.
        """
        missing = set(range(len(self._items)))
        naps = 0
        while missing:
            stages = set(self._stages)  # before the marks: a thread sets those, then goes
            is_woken = self._nap()
            ended = [number for number in sorted(missing) if self._is_done[number]]
            naps = 0 if ended or is_woken or _AT_WORK in stages else naps + 1
            if naps > MOST_NAPS or (not ended and stages == {_GONE}):
                raise self._failure or MemoryError
            missing.difference_update(ended)
            for number in ended:
                if error := self._errors[number]:
                    raise error
                yield number, self._results[number]  # type: ignore[misc]  # None, if do returns it

    def stop(self) -> None:
        """Let no other item begin."""
        self._waiting.clear()

    def join(self) -> None:
        """Wait for the items that have begun."""
        while _AT_WORK in self._stages:
            self._nap()

    def _nap(self) -> bool:
        """Wait until an item or a thread ends, but not long. Whether one has, known or not."""
        try:
            self._ended.get(timeout=NAP)
        except queue.Empty:
            return False
        return True

    # -- in a thread -----------------------------------------------------------------------------

    def _work(self, number: int) -> None:
        try:
            self._stages[number] = _AT_WORK
            with contextlib.suppress(IndexError):  # nothing is waiting
                while True:
                    self._answer(self._waiting.pop())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._failure = error
        finally:
            self._stages[number] = _GONE
            self._ended.put(None)

    def _answer(self, number: int) -> None:
        try:
            self._results[number] = self._do(self._items[number])
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._errors[number] = error
        self._is_done[number] = True
        self._ended.put(None)

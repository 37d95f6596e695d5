"""Many rotations at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    Item = TypeVar("Item")
    Result = TypeVar("Result")


def at_once(items: Sequence[Item], do: Callable[[Item], Result], width: int) -> list[Result]:
    """What ``do`` returns for each of ``items``, in their order, ``width`` at a time.

    On Ctrl-C those in progress come to their end, and no other begins.
    """
    with ThreadPoolExecutor(max_workers=width) as pool:
        futures = [pool.submit(do, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise

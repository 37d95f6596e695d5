"""How many rotations go on at once: fewer if AWS gets too many requests, and one of each user.

IAM limits the rate of requests of an account, and does not say to how many. So a command begins
with as many rotations as it may, halves their number when AWS complains, and adds one whenever one
ends. Those that have begun go on: they only ask less often (`waiting.Deadline`).
"""

from __future__ import annotations

import contextlib
import threading

from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAP = 0.2
"""Seconds after which whoever waits looks whether the command must stop."""


class Traffic:
    """The rotations of one command, up to ``most`` at once.

    ``check`` is called while a rotation waits for others, and raises if it must not begin; ``tell``
    gets what people should know.
    """

    def __init__(
        self,
        most: int = 1,
        *,
        check: Callable[[], None] = lambda: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._most = most
        self._width = most
        self._check = check
        self._tell = tell
        self._under_way = 0
        self._users: set[tuple[str, str]] = set()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Within it a rotation is one of those that go on at once. Waits for its turn."""
        with self._changed:
            self._wait_while(lambda: self._under_way >= self._width)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._width = min(self._width + 1, self._most)
                self._changed.notify_all()

    def slow_down(self, pause: float) -> None:
        """AWS gets too many requests, and a rotation pauses: let fewer go on at once."""
        self._tell(f"AWS gets too many requests: wait {format_duration(pause)}")
        with self._changed:
            # If more go on than may, the last complaint has not had its effect yet.
            if self._under_way <= self._width:
                self._width = max(self._under_way // 2, 1)

    @contextlib.contextmanager
    def alone_with(self, account: str, user: str) -> Iterator[bool]:
        """Within it no other rotation changes the keys of this user. Whether it waited for one."""
        taken = account, user
        with self._changed:
            has_waited = self._wait_while(lambda: taken in self._users)
            self._users.add(taken)
        try:
            yield has_waited
        finally:
            with self._changed:
                self._users.discard(taken)
                self._changed.notify_all()

    def _wait_while(self, is_hindered: Callable[[], bool]) -> bool:
        """Whether there was anything to wait for."""
        has_waited = False
        while is_hindered():
            has_waited = True
            self._check()
            self._changed.wait(_NAP)
        return has_waited

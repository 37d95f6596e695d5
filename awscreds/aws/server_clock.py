"""AWS's clock, which its answers show."""

from __future__ import annotations

import contextlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class ServerClock:
    """Learns AWS's time from its answers.

    ``skew`` is how many seconds AWS's clock was ahead of this machine's at the last answer, by its
    Date header; None if nothing has answered yet.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.skew: float | None = None

    def now(self) -> float:
        """AWS's time now, in seconds since the epoch, to a second or so.

        By the Date header of the last answer; before the first one, this machine's time.
        """
        return self._clock() + (self.skew or 0.0)

    def note(self, answer: Mapping[str, Any]) -> None:
        """Learn from the Date header of botocore's ``answer`` how far off this clock is."""
        from email.utils import parsedate_to_datetime

        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        with contextlib.suppress(KeyError, ValueError):
            self.skew = parsedate_to_datetime(headers["date"]).timestamp() - self._clock()

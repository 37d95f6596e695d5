"""How long AWS is waited for, and how often it is asked meanwhile.

A key that was created, activated, deactivated or deleted is so everywhere only after some seconds.
Until then answers differ from call to call. IAM may list it late, too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

Where AWS can be asked, it is asked at once, and then after pauses that grow. What has spread by
then costs next to nothing. For what has not, the pauses are long enough that answers in a row come
from several seconds, and not from one lucky moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.errors import AwscredsError, AwsError, SecretStoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from awscreds.workflows.rotation.context import RotationContext

    T = TypeVar("T")

CHECKS = 3
"""Successful calls in a row that show that a key works: one shows nothing while it spreads."""
LIMIT = 60.0
"""Seconds a key may take until it works, or until IAM lists what became of it."""
LIST_LAG = 10.0
"""Seconds for which a key that was made may be missing in ListAccessKeys."""
FIRST_PAUSE = 0.2
"""Seconds between the first two questions; each pause after that is twice as long."""
LONGEST_PAUSE = 2.0
SPACING = 1.0
"""Seconds between two good answers, at least: hosts and regions learn of a key one after another,
and a profile that is switched too early fails where it is not yet known."""
BUSY_PAUSE = 1.0
"""Seconds to wait if AWS says that it gets too many requests: these pauses grow, too."""
LONGEST_BUSY_PAUSE = 8.0
BUSY_LIMIT = 300.0
"""Seconds for which that may go on. They say nothing about a key, and are no part of its LIMIT."""
CLOCK_JUMP = 20.0
"""Seconds that no call takes: if more have passed, this machine's clock was set."""

UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_BUSY = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
)


def growing(first: float, longest: float) -> Iterator[float]:
    """Pauses from ``first`` on, each twice as long as the one before, up to ``longest``."""
    while True:
        yield min(first, longest)
        first *= 2


class Deadline:
    """Seconds to spend on waiting, and BUSY_LIMIT more while AWS gets too many requests.

    A clock that is set meanwhile makes them neither more nor less. What passes between two waits
    counts too: calls take time.
    """

    def __init__(self, context: RotationContext, seconds: float) -> None:
        self._context = context
        self._since = context.clock()
        self._ordinary = _Budget(seconds, growing(FIRST_PAUSE, LONGEST_PAUSE))
        self._busy = _Budget(BUSY_LIMIT, growing(BUSY_PAUSE, LONGEST_BUSY_PAUSE))

    def wait(self, after: AwsError | None = None, *, least: float = 0) -> bool:
        """Sleep until AWS is asked again; False, at once, if the time is over.

        ``after`` is the answer that makes us wait, if it was an error. ``least``: seconds.
        """
        is_busy = after is not None and is_throttled(after)
        budget = self._busy if is_busy else self._ordinary
        pause = max(next(budget.pauses), least)
        if is_busy:
            self._context.traffic.slow_down(pause)
        budget.left -= min(max(self._context.clock() - self._since, 0.0), CLOCK_JUMP)
        budget.left -= pause
        if budget.left >= 0:
            self._context.sleep(pause)
        self._since = self._context.clock()
        return budget.left >= 0


@dataclass
class _Budget:
    """Seconds that are left for waiting, and the next pauses."""

    left: float
    pauses: Iterator[float]


def patiently(
    context: RotationContext,
    call: Callable[[], T],
    worth: Callable[[AwsError], bool],
) -> T:
    """What ``call`` returns, repeated while its errors are ``worth`` another try, up to LIMIT."""
    deadline = Deadline(context, LIMIT)
    while True:
        try:
            return call()
        except AwsError as error:
            if not (worth(error) and deadline.wait(error)):
                raise


def is_throttled(error: AwsError) -> bool:
    """Whether AWS says that it is asked too often."""
    return error.aws_code in _BUSY


def is_passing(error: AwsError) -> bool:
    """Whether AWS may give another answer in some seconds."""
    return error.aws_code in UNKNOWN_KEY or is_throttled(error)


def is_out_of_reach(error: AwscredsError) -> bool:
    """Whether AWS or the store could not be reached at all."""
    if isinstance(error, AwsError):
        return error.aws_code is None
    return isinstance(error, SecretStoreError)

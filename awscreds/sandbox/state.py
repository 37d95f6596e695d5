"""What the sandbox remembers in addition to moto: clock, spreading keys, sessions, faults, log."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG_LENGTH = 10_000


class Clock:
    """The sandbox's time: the real time, moved as tests asked."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.real = real
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.real() + self._offset

    def utcnow(self) -> datetime:
        """The same as moto wants it: UTC, without a zone."""
        return datetime.fromtimestamp(self.now(), UTC).replace(tzinfo=None)

    def advance(self, seconds: float) -> None:
        """Move on, or back if ``seconds`` is negative."""
        self._offset += seconds

    def reset(self) -> None:
        """Show the real time again."""
        self._offset = 0.0


@dataclass(frozen=True)
class Propagation:
    """How long a change of a key takes to spread, in seconds of the sandbox's clock."""

    appear: float = 0.0
    """Until a new or reactivated key works."""
    linger: float = 0.0
    """For how long a deactivated or deleted key still works."""
    flap: bool = False
    """Whether a spreading key works every other time, starting with the first."""
    listed: float = 0.0
    """For how long a deactivated key is still listed as active."""


@dataclass
class KeyState:
    """An access key as the servers that check signatures see it."""

    secret: str = field(repr=False)
    user_name: str | None
    """None for the root user."""
    active: bool = True
    settled_at: float = 0.0
    listed_at: float = 0.0
    """When it is listed as it is."""
    flaps: bool = False
    asked: int = 0

    def change(self, *, active: bool, now: float, propagation: Propagation) -> None:
        """Begin to become ``active`` or not, which takes some time."""
        delay = propagation.appear if active else propagation.linger
        self.active = active
        self.settled_at = now + delay if delay else 0.0
        self.listed_at = 0.0 if active else now + propagation.listed
        self.flaps = propagation.flap
        self.asked = 0

    def is_settled(self, now: float) -> bool:
        """Whether its last change has spread everywhere."""
        return now >= self.settled_at

    def works(self, now: float) -> bool:
        """Whether it is accepted this time. Each call counts: a flapping key changes its answer."""
        if self.is_settled(now):
            return self.active
        if not self.active:
            return True
        self.asked += 1
        return self.flaps and self.asked % 2 == 1


@dataclass(frozen=True)
class Caller:
    """Who makes a call."""

    kind: Literal["root", "user", "role", "portal", "federated"]
    """``portal``: a role in any account, for whoever logged in to IAM Identity Center.
    ``federated``: what GetFederationToken gives."""
    name: str
    """The user's or the role's name."""
    arn: str
    """As in the answer of GetCallerIdentity."""
    user_id: str
    key_id: str
    temporary: bool = False
    issued_at: float = 0.0
    mfa_at: float | None = None
    is_chained: bool = False
    """Whether the role was assumed with temporary credentials."""
    by_login: bool = False
    """Whether these are what a login with console credentials gives."""

    @property
    def is_role(self) -> bool:
        """Whether this is a session of a role, which does not say if it was started with MFA."""
        return self.kind in ("role", "portal")


@dataclass(frozen=True)
class Session:
    """Temporary credentials that were given out."""

    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: float
    caller: Caller


class Dropped(Exception):
    """The connection must be closed without an answer."""


@dataclass(eq=False)
class Fault:
    """A fault of the calls ``nth`` to ``nth + count - 1`` of an action, counted from now on."""

    action: str
    """``*`` for any."""
    kind: Literal["error", "hang", "drop"]
    when: Literal["before", "after"] = "before"
    """Before or after the call takes effect."""
    nth: int = 1
    count: int | None = 1
    """None: forever."""
    code: str = "InternalFailure"
    message: str = "The request processing has failed because of an unknown error."
    status: int = 500
    seconds: float | None = None
    """Real seconds a hang lasts; None: until it is released."""
    seen: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    forgotten: bool = False

    def strikes(self, action: str) -> bool:
        """Count a call. Whether the fault applies to it."""
        if self.action not in ("*", action):
            return False
        self.seen += 1
        last = None if self.count is None else self.nth + self.count - 1
        return self.seen >= self.nth and (last is None or self.seen <= last)


class Faults:
    """The faults that tests asked for. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From now on."""
        with self._lock:
            self._faults.append(fault)

    def striking(self, action: str) -> list[Fault]:
        """Every fault that applies to this call. Each of them counts it."""
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(action)]

    def release(self) -> None:
        """Let the calls that hang go on normally."""
        with self._lock:
            for fault in self._faults:
                fault.released.set()

    def clear(self) -> None:
        """Forget every fault. Calls that hang end without an answer, and without effect."""
        with self._lock:
            forgotten, self._faults = self._faults, []
        for fault in forgotten:
            fault.forgotten = True
            fault.released.set()


class Log:
    """The last requests, with neither parameters nor secrets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Mapping[str, Any]] = deque(maxlen=LOG_LENGTH)

    def add(self, *, service: str, action: str, key_id: str, outcome: str, status: int) -> None:
        """``outcome`` is ``ok``, an AWS error code, or ``dropped``."""
        self._entries.append(
            {
                "time": self._clock.now(),
                "service": service,
                "action": action,
                "key_id": key_id,
                "outcome": outcome,
                "status": status,
            }
        )

    def entries(self) -> list[Mapping[str, Any]]:
        """Oldest first."""
        return list(self._entries)

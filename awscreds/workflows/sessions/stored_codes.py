"""MFA codes that are made from a stored TOTP seed. Each is given once, to one process."""

from __future__ import annotations

import math

from awscreds.model import totp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.stores.given_codes import GivenCodes
    from awscreds.stores.totp_seeds import TotpSeeds

    Now = Callable[[], float]
    """AWS's time in seconds since the epoch, as far as it is known (``ServerClock.now``)."""

_LOOK = 1.0
"""Seconds between two looks at the clock while a code is awaited."""


class StoredCodes:
    """The codes of all devices whose seed is stored.

    ``show_wait`` gets the seconds left until the next code, None when the wait is over.
    """

    def __init__(
        self,
        seeds: TotpSeeds,
        given: GivenCodes,
        *,
        sleep: Callable[[float], None],
        show_wait: Callable[[int | None], None],
    ) -> None:
        self._seeds = seeds
        self._given = given
        self._sleep = sleep
        self._show_wait = show_wait

    def code_of(self, serial: str, now: Now) -> str | None:
        """A code of the device that was never given; None if its seed is not stored.

        It waits for the next one if it must. Raises SecretStoreError, and ConfigurationError if it
        cannot be recorded that the code is given.
        """
        if self._seeds.place(serial) is None:
            return None
        seed = self._seeds.read(serial)
        step = self._given.take(serial, totp.step_at(now()))
        self.wait_for(step, now)
        return totp.code(seed, step)

    def wait_for(self, step: int, now: Now) -> None:
        """Return when the step has begun."""
        begins = step * totp.STEP
        waited = False
        try:
            while (left := begins - now()) > 0:
                waited = True
                self._show_wait(math.ceil(left))
                self._sleep(min(left, _LOOK))
        finally:
            if waited:
                self._show_wait(None)

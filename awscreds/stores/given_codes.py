"""Which codes of stored seeds were given: none is ever given twice.

AWS accepts a code once. So a code is recorded, on disk, before it is used, and processes take
turns. The file of a device has the numbers of the steps (``totp.step_at``) whose codes were given.
It holds no secret.
"""

from __future__ import annotations

import json

from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.stores.state_dir import StateDir

_NEAR = 20
"""Steps (ten minutes) that may be promised to processes that wait. One that is further ahead was
given while this machine's clock was wrong."""

_KEPT = 100
"""Steps that are remembered: more than are given in a time for which a clock is set back."""


class GivenCodes:
    """The files of all devices.

    Methods raise ConfigurationError: a code that cannot be recorded is not given.
    """

    def __init__(self, state_dir: StateDir) -> None:
        self._state_dir = state_dir

    def take(self, serial: str, now: int) -> int:
        """The first step from ``now`` on whose code was not given yet. It then counts as given."""
        name = _name(serial)
        with self._state_dir.lock(name):
            given = self._given(name, now)
            near = [step for step in given if now <= step <= now + _NEAR]
            step = max(near) + 1 if near else now
            while step in given:
                step += 1
            self._write(name, [*given, step])
            return step

    def note(self, serial: str, *steps: int) -> None:
        """Record that the codes of these steps were given in another way."""
        name = _name(serial)
        with self._state_dir.lock(name):
            self._write(name, [*self._given(name, max(steps)), *steps])

    def forget(self, serial: str) -> None:
        """Remove the file of a device that is gone."""
        name = _name(serial)
        with self._state_dir.lock(name):
            self._state_dir.remove(name)

    def _given(self, name: str, now: int) -> list[int]:
        data = self._state_dir.read(name)
        if data is None:
            return []
        try:
            found = json.loads(data)["given"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return [now]  # it is damaged: perhaps this one was given, and half a minute tells
        return [step for step in found if isinstance(step, int)] if type(found) is list else [now]

    def _write(self, name: str, given: list[int]) -> None:
        document = {"version": 1, "given": given[-_KEPT:]}
        self._state_dir.write(name, json.dumps(document).encode() + b"\n")


def _name(serial: str) -> str:
    return f"mfa-codes-{digest(serial.encode(errors='surrogateescape')).hex()}.json"

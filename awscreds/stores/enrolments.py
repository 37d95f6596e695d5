"""The record of an MFA device that is being enrolled: what a killed run has left at AWS.

A file in our state folder for each user, from before the device is created to the end. It holds no
secret: without a stored seed, a device that is not enabled can only be deleted.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass

from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from awscreds.stores.state_dir import StateDir

ASKED = "asked"
"""AWS is asked to create the device. It may be there, or another run may have made it."""
CREATED = "created"
"""AWS has created it, for us."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A device whose enrolment has begun. ``keeper`` says where its seed goes."""

    serial: str
    stage: str
    keeper: str


class Enrolments:
    """The record of the user ``user_arn``."""

    def __init__(self, state_dir: StateDir, user_arn: str) -> None:
        self._state_dir = state_dir
        self._name = f"mfa-enrolment-{digest(user_arn.encode()).hex()}.json"

    def lock(self) -> AbstractContextManager[object]:
        """Held by the only process that enrols a device of this user."""
        return self._state_dir.lock(self._name)

    def read(self) -> Unfinished | None:
        """What was not finished; None if there is nothing.

        A damaged record is as none: it saves a question about a device that AWS lists anyway.
        """
        data = self._state_dir.read(self._name)
        with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
            found = json.loads(data or b"{}")
            values = [found[name] for name in ("serial", "stage", "keeper")]
            if all(isinstance(value, str) for value in values):
                return Unfinished(*values)
        return None

    def write(self, unfinished: Unfinished) -> None:
        """Return when it is on disk."""
        document = {"version": 1, **asdict(unfinished)}
        self._state_dir.write(self._name, json.dumps(document).encode() + b"\n")

    def end(self) -> None:
        """Nothing is unfinished any more."""
        self._state_dir.remove(self._name)

"""What we remember about MFA devices: their users, and the last code of each one.

It holds no secret: a used code is worth nothing, and we keep only a digest, to see whether the same
code comes again. If the file is lost, damaged or locked, a device is looked up again, and a message
is less exact. So none of that is an error.
"""

from __future__ import annotations

import contextlib
import json

from awscreds.errors import AwscredsError
from awscreds.stores.fingerprints import digest
from awscreds.stores.state_dir import key_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.stores.state_dir import StateDir

FILE = "devices.json"


class MfaDeviceCache:
    """The file ``devices.json`` of the state folder."""

    def __init__(self, state_dir: StateDir, *, clock: Callable[[], float]) -> None:
        self._state_dir = state_dir
        self._clock = clock

    def serial_of(self, access_key_id: str) -> str | None:
        """The serial that ListMFADevices once gave for the user of this key."""
        serial = self._load()["serials"].get(key_name(access_key_id))
        return serial if isinstance(serial, str) else None

    def note_serial(self, access_key_id: str, serial: str | None) -> None:
        """Remember the serial for this key, or forget it."""

        def change(document: dict[str, dict[str, Any]]) -> None:
            document["serials"].pop(key_name(access_key_id), None)
            if serial is not None:
                document["serials"][key_name(access_key_id)] = serial

        self._change(change)

    def successor(self, serial: str) -> str | None:
        """The device that replaced ``serial``, if AWS said that it is gone."""
        found = self._load()["successors"].get(serial)
        return found if isinstance(found, str) else None

    def note_successor(self, serial: str, successor: str) -> None:
        """Remember that ``successor`` replaced ``serial``; ``serial`` itself: nothing did."""

        def change(document: dict[str, dict[str, Any]]) -> None:
            document["successors"].pop(serial, None)
            if successor != serial:
                document["successors"][serial] = successor

        self._change(change)

    def spent_ago(self, serial: str, code: str) -> float | None:
        """Seconds since AWS accepted exactly this code from us; None if it did not recently."""
        last = self._load()["codes"].get(serial)
        if not isinstance(last, dict) or last.get("digest") != _of_code(serial, code):
            return None
        at = last.get("at")
        # Hours later, the same six digits may come again by chance.
        return self._clock() - at if isinstance(at, int | float) and self._is_recent(at) else None

    def note_spent(self, serial: str, code: str) -> None:
        """Remember that AWS accepted this code just now."""
        spent = {"at": self._clock(), "digest": _of_code(serial, code)}
        self._change(lambda document: document["codes"].update({serial: spent}))

    def _is_recent(self, at: float) -> bool:
        return 0 <= self._clock() - at < 300

    def _load(self) -> dict[str, dict[str, Any]]:
        document: Any = None
        with contextlib.suppress(AwscredsError, ValueError, RecursionError):
            document = json.loads(self._state_dir.read(FILE) or b"{}")
        parts = document if isinstance(document, dict) else {}
        return {
            name: parts[name] if isinstance(parts.get(name), dict) else {}
            for name in ("serials", "successors", "codes")
        }

    def _change(self, change: Callable[[dict[str, dict[str, Any]]], object]) -> None:
        with contextlib.suppress(AwscredsError), self._state_dir.lock(FILE):
            document = self._load()
            change(document)
            self._state_dir.write(
                FILE, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
            )


def _of_code(serial: str, code: str) -> str:
    return digest(f"{serial} {code}".encode(errors="surrogateescape")).hex()

"""TOTP seeds in the secret store: an entry of its own for each MFA device.

An entry is read from the store that it was put into, whatever AWSCREDS_BACKEND says: its owner may
have chosen another one than that of the key.
"""

from __future__ import annotations

from awscreds.stores.secret_store import TOTP_SEED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State

_PREFIX = f"{TOTP_SEED}:"


class TotpSeeds:
    """The stored seeds, by the serial of their device. Methods raise SecretStoreError."""

    def __init__(self, state: State, stores: StoreSelection) -> None:
        self._state = state
        self._stores = stores

    def place(self, serial: str) -> str | None:
        """The name of the backend that has the seed; None if no seed is stored. None is opened."""
        return self._state.entry(entry_id(serial)).get("backend")

    def read(self, serial: str) -> str:
        """The seed, in base32."""
        return self._store(serial).read(TOTP_SEED, entry_id(serial))["seed"]

    def keep(self, serial: str, seed: str, store: SecretStore) -> None:
        """Store the seed in ``store``. When this returns, it is really there."""
        store.write(TOTP_SEED, entry_id(serial), {"seed": seed})

    def erase(self, serial: str) -> str | None:
        """Remove the seed. The store that had it, for people; None if none is recorded."""
        if self.place(serial) is None:
            return None
        store = self._store(serial)
        store.erase(entry_id(serial))
        return store.backend.describe()

    def _store(self, serial: str) -> SecretStore:
        return self._stores.named(self.place(serial) or self._stores.current())


def entry_id(serial: str) -> str:
    """What the entry of the device is called."""
    return _PREFIX + serial


def serial_in(name: str) -> str | None:
    """The serial of the device whose seed the entry ``name`` is; None for other entries."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else None

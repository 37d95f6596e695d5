"""The secret stores by name. Only this file has their names: a new store is a file, and a row here.

Everybody else asks the backend itself what it is and can do, and never compares its name.

Read in this order:

- ``vault`` with ``vault_format`` (its bytes): our own encrypted file. Its key between processes:
  ``stores.kernel_keyring`` (Linux), else ``held_keys`` with ``windows_login``, ``macos_keychain``.
- ``keyring``: the OS keyring, by one of two clients: ``secret_service`` (Linux, over ``dbus``) or
  ``keyring_library`` (all others). ``unlocked_item`` with ``dbus_wire`` is a short way for SDKs
  to what ``secret_service`` would read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from awscreds.stores.backends.vault import Passphrases
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir

    class Backend(Protocol):
        """It keeps texts by name: what ``SecretStore`` needs of a backend.

        Every method raises a SecretStoreError (StoreLocked, StoreUnavailable, WrongPassphrase…)
        within a deadline, whatever the service behind it does. No method waits forever.
        """

        name: str
        """What people and our files call it, one of ``NAMES``."""

        def describe(self) -> str:
            """What it is, for people: ``Secret Service (gnome-keyring)``, ``the vault file P``."""

        def read(self, entry_id: str) -> str | None:
            """The text of ``entry_id``; None if there is none."""

        def write(self, entry_id: str, text: str) -> None:
            """Store ``text`` under ``entry_id``, and replace what is there."""

        def erase(self, entry_id: str) -> bool:
            """Remove ``entry_id``; False if there was none."""

        def check(self) -> None:
            """Raise the SecretStoreError that a write would raise now. Changes nothing."""

    class StoreBackend(Backend, Protocol):
        """A backend for the commands: it holds texts, and can be opened and closed.

        Its methods raise what those of ``Backend`` do.
        """

        @property
        def hold_seconds(self) -> int | None:
            """The default time that it stays open once unlocked; None: it decides itself."""

        def exists(self) -> bool:
            """Whether it exists. If not, the first write creates it."""

        def is_available(self) -> bool:
            """Whether it can be used on this machine. A locked one can."""

        def why_chosen(self) -> str | None:
            """What to tell a user who gets this one because those before it are not available."""

        def status(self) -> str:
            """For people: ``open``, ``locked``, ``not made yet``, or why it is not known."""

        def open_early(self) -> None:
            """Ask for its passphrase now, if it exists and would ask at its first use."""

        def unlock(self, seconds: int | None = None) -> None:
            """Open it, for ``seconds`` if it has ``hold_seconds``."""

        def lock(self) -> None:
            """Close it, as far as that is up to us."""

        def listed(self) -> list[str] | None:
            """The names of its entries; None if that would need a question, or another process."""

        def key_place(self) -> str | None:
            """What holds its key while it is open, for people; None if that is its own matter."""

        @property
        def keep_seconds(self) -> float:
            """Seconds that a response with one of its keys is kept, unless the profile says it."""

        def lease(self) -> str | None:
            """The name, without its scope, of the held key that a response must not outlive.

            None if there is no such key. Asked after a read.
            """

        def seconds_open(self) -> float:
            """Seconds that it stays open at least; infinite if that is not up to us."""

    Opener = Callable[
        [StateDir, State, Mapping[str, str], Callable[[], Passphrases], bool],
        StoreBackend,
    ]


def _keyring(
    _state_dir: StateDir,
    state: State,
    environ: Mapping[str, str],
    _passphrases: Callable[[], Passphrases],
    for_sdk: bool,  # noqa: FBT001 - a Callable has no names
) -> StoreBackend:
    from awscreds.stores.backends.keyring import KeyringBackend

    return KeyringBackend(
        state.keyring_class, remember=state.remember_keyring, environ=environ, for_sdk=for_sdk
    )


def _vault(
    state_dir: StateDir,
    _state: State,
    _environ: Mapping[str, str],
    passphrases: Callable[[], Passphrases],
    _for_sdk: bool,  # noqa: FBT001 - a Callable has no names
) -> StoreBackend:
    from awscreds.stores.backends.vault import VaultBackend, key_keeper

    return VaultBackend(state_dir, passphrases(), keeper=key_keeper())


_OPENERS: dict[str, Opener] = {"keyring": _keyring, "vault": _vault}

NAMES = tuple(_OPENERS)
"""New entries go to the first of them that is available."""


def open_backend(
    name: str,
    state_dir: StateDir,
    state: State,
    environ: Mapping[str, str],
    passphrases: Callable[[], Passphrases],
    *,
    for_sdk: bool,
) -> StoreBackend:
    """The backend ``name``. ``for_sdk``: an SDK waits for what is read of it.

    Raises ConfigurationError if it is not one of ``NAMES``. Such a name can only be in the state
    file.
    """
    if name not in _OPENERS:
        from awscreds.errors import ConfigurationError
        from awscreds.model.text import escaped

        raise ConfigurationError(
            f"{state_dir.path} names a secret store that this version of awscreds does not know: "
            f"{escaped(name)}",
            code="state-version",
            hint="upgrade awscreds",
        )
    return _OPENERS[name](state_dir, state, environ, passphrases, for_sdk)

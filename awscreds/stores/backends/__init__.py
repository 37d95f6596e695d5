"""The secret stores by name. Nobody else spells their names: a new one is a file, and a row here.

Everybody asks the backend itself what it is and can do, never what it is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from awscreds.stores.backends.vault import Passphrases
    from awscreds.stores.secret_store import Backend
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir

    class StoreBackend(Backend, Protocol):
        """A backend as the commands see it: what holds the texts, and can be opened and closed.

        Its methods raise as those of ``Backend`` do.
        """

        @property
        def hold_seconds(self) -> int | None:
            """How long it stays open once unlocked, if nobody says; None: it decides itself."""

        def exists(self) -> bool:
            """Whether it is there; where it is not, the first write makes it."""

        def is_available(self) -> bool:
            """Whether it can be used on this machine. A locked one can."""

        def why_chosen(self) -> str | None:
            """What to say of it to whoever gets it since those before it are not available."""

        def status(self) -> str:
            """For people: ``open``, ``locked``, ``not made yet``, or why neither is known."""

        def open_early(self) -> None:
            """Ask a person now for what opens it, if it is there and asks at its first use."""

        def unlock(self, seconds: int | None = None) -> None:
            """Open it, for ``seconds`` if it has ``hold_seconds``."""

        def lock(self) -> None:
            """Forget what holds it open, as far as that is ours."""

        def seconds_open(self) -> float:
            """Seconds that it stays open at least, from now on; infinite if not ours to end."""

    Opener = Callable[
        [StateDir, State, Mapping[str, str], Callable[[], Passphrases]],
        StoreBackend,
    ]


def _keyring(
    _state_dir: StateDir,
    state: State,
    environ: Mapping[str, str],
    _passphrases: Callable[[], Passphrases],
) -> StoreBackend:
    from awscreds.stores.backends.keyring import KeyringBackend

    return KeyringBackend(state.keyring_class, remember=state.remember_keyring, environ=environ)


def _vault(
    state_dir: StateDir,
    _state: State,
    _environ: Mapping[str, str],
    passphrases: Callable[[], Passphrases],
) -> StoreBackend:
    from awscreds.stores.backends.vault import VaultBackend

    return VaultBackend(state_dir, passphrases())


_OPENERS: dict[str, Opener] = {"keyring": _keyring, "vault": _vault}

NAMES = tuple(_OPENERS)
"""The first of them that is available is the one that new entries go to."""


def open_backend(
    name: str,
    state_dir: StateDir,
    state: State,
    environ: Mapping[str, str],
    passphrases: Callable[[], Passphrases],
) -> StoreBackend:
    """The backend called ``name``; the first of all where the name is not one of ``NAMES``."""
    return _OPENERS.get(name, _OPENERS[NAMES[0]])(state_dir, state, environ, passphrases)

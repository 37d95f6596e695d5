"""The vault's key on macOS: an item of the login keychain, which macOS encrypts.

One item for each state folder: the keyring library, which is used for it, cannot list items.
"""

from __future__ import annotations

import sys
import time

from awscreds.stores.backends.keyring_library import TRUSTED, in_time
from awscreds.stores.backends.unlocked_item import DEADLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

SERVICE = "awscreds unlocked vault"
_LABEL = TRUSTED["keyring.backends.macOS.Keyring"]
_PARTS_OF_SCOPE = 3


class MacosKeychain:
    """The item of each scope (see ``KernelKeyring``): the name of an entry, and its bytes.

    macOS may ask the user before it gives an item to another Python program than the one that made
    it. Nobody may be there to answer: a call ends after DEADLINE seconds.
    """

    where = "the macOS keychain"
    needs = "the macOS login keychain, unlocked"

    def load(self, name: str) -> bytes | None:
        found, _, sealed = (self._item(name) or "").partition(" ")
        if found != name:
            return None
        try:
            return bytes.fromhex(sealed)
        except ValueError:
            return b""

    def save(self, name: str, sealed: bytes) -> None:
        text = f"{name} {sealed.hex()}"
        _ask(lambda api: api.set_generic_password(None, SERVICE, _account(name), text))

    def remove(self, name: str) -> None:
        if self._item(name) is not None:
            _ask(lambda api: api.delete_generic_password(None, SERVICE, _account(name)))

    def names(self, prefix: str) -> list[str]:
        name = (self._item(prefix) or "").partition(" ")[0]
        return [name] if name.startswith(prefix) else []

    def seal(self, plain: bytes, name: str) -> bytes:  # noqa: ARG002 - the item has its name
        return plain

    def unseal(self, sealed: bytes, name: str) -> bytes | None:  # noqa: ARG002 - the item has it
        return sealed

    def session(self) -> bytes:
        """Unknown: the keychain itself is locked when the user logs out."""
        return b""

    def uptime(self) -> float:
        if sys.platform == "win32":  # it has no keychain
            return 0.0
        # On macOS this clock goes on while the machine sleeps.
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def _item(self, name: str) -> str | None:
        account = _account(name)
        found: str | None = _ask(
            lambda api: api.find_generic_password(None, SERVICE, account, not_found_ok=True)
        )
        return found


def _account(name: str) -> str:
    return ":".join(name.split(":")[:_PARTS_OF_SCOPE])


def _ask(work: Callable[[Any], T]) -> T:
    """The result of ``work`` with the keyring library's calls of macOS. Raises SecretStoreError."""

    def call() -> T:
        from importlib import import_module

        return work(import_module("keyring.backends.macOS.api"))

    return in_time(_LABEL, DEADLINE, call)

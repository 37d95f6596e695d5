"""Stand-ins for what the secret stores and the caches work with. mypy checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awscreds.errors import InputNeeded
from awscreds.stores.kernel_keyring import KernelKeyring
from awscreds.stores.state import VERSION, State

if TYPE_CHECKING:
    from collections.abc import Callable


class MemoryState(State):
    """What a state folder would remember, for as long as one test."""

    def __init__(self) -> None:
        self._document = {"version": VERSION}

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        change(self._read())

    def _announce(self, backend: str | None) -> None:
        """Tell no other state folder: there is none."""


class MemoryKernel(KernelKeyring):
    """A kernel keyring in memory: what is put there stays until ``now`` is past its end."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.held: dict[str, tuple[bytes, float]] = {}

    def put(self, name: str, payload: bytes, seconds: int) -> bool:
        if seconds < 1:
            return False
        self.held[name] = (payload, self.now + seconds)
        return True

    def get(self, name: str) -> bytes | None:
        payload, end = self.held.get(name, (None, 0.0))
        return payload if self.now < end else None

    def names(self, prefix: str) -> list[str]:
        return [name for name in self.held if name.startswith(prefix)]

    def seconds_left(self, prefix: str) -> int:
        ends = [end for name, (_, end) in self.held.items() if name.startswith(prefix)]
        return int(min(ends) - self.now) if ends else 0

    def drop(self, name: str) -> None:
        self.held.pop(name, None)

    def drop_all(self, prefix: str) -> None:
        for name in self.names(prefix):
            del self.held[name]


class MemoryKeychain:
    """The calls of ``keyring.backends.macOS.api`` over items in memory."""

    class NotFound(Exception):
        pass

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None

    def find_generic_password(
        self, kc_name: None, service: str, username: str, not_found_ok: bool = False
    ) -> str | None:
        self._fail()
        if not not_found_ok and (service, username) not in self.items:
            raise self.NotFound
        return self.items.get((service, username))

    def set_generic_password(self, name: None, service: str, username: str, password: str) -> None:
        self._fail()
        self.items[service, username] = password

    def delete_generic_password(self, name: None, service: str, username: str) -> None:
        self._fail()
        if self.items.pop((service, username), None) is None:
            raise self.NotFound

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


class KnownPassphrase:
    """Knows one passphrase, and counts how often it was asked for it."""

    def __init__(self, passphrase: str, new: str | None = None) -> None:
        self.passphrase = passphrase
        self.next = new
        self.asked: list[str] = []

    def existing(self) -> str:
        self.asked.append("existing")
        return self.passphrase

    def again(self, reason: str) -> bool:
        return False

    def new(self) -> str:
        self.asked.append("new")
        return self.next or self.passphrase


class Nobody:
    """No terminal, no variable, no file."""

    def existing(self) -> str:
        raise InputNeeded("the vault's passphrase is needed")

    new = existing

    def again(self, reason: str) -> bool:
        return False

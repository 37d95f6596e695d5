"""The vault's key between two commands, where no kernel ends its time: on Windows and macOS.

The system keeps an entry (``Shelf``), and encrypts it. When it ends is our own rule: the entry says
when it was made, by two clocks, and in which login session. Whoever reads it removes it after that.

This is a cache, with the methods of ``KernelKeyring``. Whatever goes wrong means that no key is
held. Only a key that cannot be removed is a failure.
"""

from __future__ import annotations

import contextlib
import struct
import time

from awscreds.errors import SecretStoreError, StoreUnavailable
from awscreds.stores.kernel_keyring import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Shelf(Protocol):
        """Where entries are kept: ``windows_login`` or ``macos_keychain``.

        Its methods raise OSError or SecretStoreError, and never wait forever.
        """

        where: str
        needs: str

        def load(self, name: str) -> bytes | None:
            """The entry ``name``; None if there is none."""

        def save(self, name: str, sealed: bytes) -> None:
            """Keep an entry, and replace what is there."""

        def remove(self, name: str) -> None:
            """Remove an entry, if there is one."""

        def names(self, prefix: str) -> list[str]:
            """The names of the entries that begin with ``prefix``."""

        def seal(self, plain: bytes, name: str) -> bytes:
            """``plain``, encrypted for this user and bound to ``name``."""

        def unseal(self, sealed: bytes, name: str) -> bytes | None:
            """What was sealed for this user and ``name``; None if nothing was."""

        def session(self) -> bytes:
            """What identifies the login session, in 16 bytes at most; empty if unknown."""

        def uptime(self) -> float:
            """Seconds since the system started, including those it slept. Nobody can set it."""


_VERSION = 1
_RECORD = struct.Struct(">B16sddQ")
"""Before a key: the version, the login session, the time of day and the uptime at which it was
kept (both in seconds), and for how many seconds."""

_DRIFT = 60.0
"""Seconds by which the two clocks may differ since. More means that the clock was set, or that the
system was restarted."""


class HeldKeys:
    """Keys by name, each until its time is over. The names are those of ``KernelKeyring``.

    A key is not given after its time, by either clock: to set the clock back does not lengthen it.
    """

    def __init__(self, shelf: Shelf, *, clock: Callable[[], float] = time.time) -> None:
        self._shelf = shelf
        self._clock = clock

    @property
    def where(self) -> str:
        """What keeps the keys, for people."""
        return self._shelf.where

    @property
    def needs(self) -> str:
        """What the system must have for that, for people."""
        return self._shelf.needs

    def scope(self, state_path: str) -> str:
        """What the name of every entry of this user and this ``AWSCREDS_HOME`` begins with."""
        return kernel.scope(state_path)

    def put(self, name: str, payload: bytes, seconds: int) -> bool:
        """Keep ``payload`` under ``name`` for ``seconds``; True if it is kept.

        It replaces what ``name`` held. If it cannot be kept, nothing is left under ``name``.
        """
        if seconds >= 1 and payload:
            with contextlib.suppress(OSError, SecretStoreError):
                made = (self._shelf.session(), self._clock(), self._shelf.uptime())
                plain = _RECORD.pack(_VERSION, *made, seconds) + payload
                self._shelf.save(name, self._shelf.seal(plain, name))
                return True
        self.drop(name)
        return False

    def get(self, name: str) -> bytes | None:
        """What is kept under ``name``; None if there is nothing, or its time is over."""
        entry = self._entry(name)
        return None if entry is None else entry[0]

    def names(self, prefix: str) -> list[str]:
        """The names of all entries that begin with ``prefix``."""
        with contextlib.suppress(OSError, SecretStoreError):
            return self._shelf.names(prefix)
        return []

    def seconds_left(self, prefix: str) -> int:
        """Seconds left, at least, to the first of those with ``prefix`` to end; 0 if none is."""
        entries = filter(None, map(self._entry, self.names(prefix)))
        return min((left for _, left in entries), default=0)

    def drop(self, name: str) -> None:
        """Forget what is kept under ``name``."""
        with contextlib.suppress(OSError, SecretStoreError):
            self._shelf.remove(name)

    def drop_all(self, prefix: str) -> None:
        """Forget everything whose name begins with ``prefix``.

        Raises StoreUnavailable if that fails: the key could still be used.
        """
        try:
            for name in self._shelf.names(prefix):
                self._shelf.remove(name)
        except (OSError, SecretStoreError) as error:
            reason = error.strerror if isinstance(error, OSError) else error.message
            raise StoreUnavailable(
                f"cannot remove the vault's key from {self.where}: {reason}",
                code="cannot-lock",
                hint="run `awscreds lock` again; log out to be sure that the vault is locked",
            ) from None

    def _entry(self, name: str) -> tuple[bytes, int] | None:
        """What is kept under ``name``, and the seconds left. What is of no use is removed.

        An entry of another login session of this user stays there for that one.
        """
        with contextlib.suppress(OSError, SecretStoreError):
            sealed = self._shelf.load(name)
            if sealed is None:
                return None
            plain = self._shelf.unseal(sealed, name)
            if plain is None or len(plain) <= _RECORD.size or plain[0] != _VERSION:
                self.drop(name)
                return None
            _, session, *made, seconds = _RECORD.unpack_from(plain)
            if session.rstrip(b"\0") != self._shelf.session().rstrip(b"\0"):
                return None
            left = seconds - self._age(*made)
            if left > 0:
                return plain[_RECORD.size :], int(left)
            self.drop(name)
        return None

    def _age(self, clock: float, uptime: float) -> float:
        """Seconds since both clocks were these; infinite if that cannot be known."""
        by_clock, by_uptime = self._clock() - clock, self._shelf.uptime() - uptime
        if by_uptime < 0 or not abs(by_clock - by_uptime) <= _DRIFT:
            return float("inf")
        return max(by_clock, by_uptime)

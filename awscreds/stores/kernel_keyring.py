"""Short-lived secrets in the Linux kernel's keyring: only in memory, gone when their time is up.

An entry is a key of type ``user``, linked into the user keyring of the effective user, that only
its owner may use. Possession grants nothing: a shell reached by ``su`` without ``-`` (which keeps
the caller's session keyring) cannot read it, and it makes no difference whether a session keyring
links the user keyring.

This is a cache. Whatever goes wrong (no Linux, no such system call, a container that forbids it,
a full quota) means that nothing is cached. It is never a failure.
"""

from __future__ import annotations

import os
import sys

from awscreds import warm
from awscreds.stores.locations import real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    SystemCall = Callable[..., int]

_PROCESS_KEYRING = -2

# keyctl operations, from <linux/keyctl.h>
_SETPERM = 5
_LINK = 8
_UNLINK = 9
_SET_TIMEOUT = 15
_INVALIDATE = 21


def _system_call(name: str, *arguments: object) -> int:
    """What the kernel answers to ``add_key`` or ``keyctl``; negative if it cannot be asked."""
    if sys.platform != "linux":
        return -1
    try:
        from awscreds.libc import key_call
    except ImportError:
        return -1
    return key_call(name, *arguments)


class KernelKeyring:
    """Payloads by name in the kernel's keyring. It has no state of its own.

    ``system_call`` is only passed by tests.
    """

    where = "the memory of the Linux kernel"
    """What holds the entries, for people."""
    needs = "the key store of the Linux kernel (a container can block it)"
    """What the system must have for that, for people."""
    BUDGET = 8192
    """Bytes that all our entries may take, of the 20,000 the kernel grants a user in all."""
    SESSION = "session:"
    """How the names of sessions begin, after the scope."""

    def __init__(self, system_call: SystemCall = _system_call) -> None:
        self._system_call = system_call

    def scope(self, state_path: str) -> str:
        """What the name of every entry of this user and this ``AWSCREDS_HOME`` begins with."""
        uid = 0
        if sys.platform != "win32":
            uid = os.geteuid()
        return warm.scope_of(uid, os.fsencode(real_path(state_path)))

    def put(self, name: str, payload: bytes, seconds: int) -> bool:
        """Keep ``payload`` under ``name`` for ``seconds``; True if it is kept.

        It replaces what ``name`` held. If it cannot be kept, nothing is left under ``name``.
        """
        self._forget_ended()
        held = warm.until(max(seconds, 0)) + payload
        if seconds < 1 or not payload or self._taken(name) + len(held) > self.BUDGET:
            self.drop(name)
            return False
        # Until the last step only the process keyring links the key, so it dies with a process that
        # is killed: no key outlives us without a time-out, or with the default permissions. A key
        # of that name is never updated in place (that would clear its time-out): the link
        # displaces it.
        key = self._system_call(
            "add_key", b"user", os.fsencode(name), held, len(held), _PROCESS_KEYRING
        )
        kept = (
            key > 0
            and self._system_call("keyctl", _SET_TIMEOUT, key, seconds) == 0
            and self._system_call("keyctl", _SETPERM, key, warm.OWNER_ONLY) == 0
            and self._system_call("keyctl", _LINK, key, warm.USER_KEYRING) == 0
        )
        if key > 0:
            self._system_call("keyctl", _UNLINK, key, _PROCESS_KEYRING)
        if not kept:
            self.drop(name)
        return kept

    def get(self, name: str) -> bytes | None:
        """What we keep under ``name``, readable only by us; None if there is nothing."""
        if sys.platform == "win32":
            return None
        return warm.entry(self._system_call, os.fsencode(name), os.geteuid())

    def number(self, name: str) -> int:
        """The kernel's number of the entry ``name``: another entry of that name has another one.

        0 if there is none.
        """
        return warm.number(self._system_call, os.fsencode(name))

    def names(self, prefix: str) -> list[str]:
        """The names of all entries that begin with ``prefix``."""
        return [name for _, name in self._entries() if name.startswith(prefix)]

    def seconds_left(self, prefix: str) -> int:
        """Seconds left, at least, to the first of those with ``prefix`` to end; 0 if none is."""
        found = [self._read(key) for key, name in self._entries() if name.startswith(prefix)]
        left = [warm.time_left(held) for held in found if warm.lasting(held)]
        return min(left, default=0) // 1_000_000_000

    def drop(self, name: str) -> None:
        """Forget what is kept under ``name``."""
        for key, found in self._entries():
            if found == name:
                self._forget(key)

    def drop_all(self, prefix: str) -> None:
        """Forget everything whose name begins with ``prefix``."""
        for key, found in self._entries():
            if found.startswith(prefix):
                self._forget(key)

    def _forget(self, key: int) -> None:
        """Make a key unusable at once, wherever else it may be linked, and give back its quota."""
        self._system_call("keyctl", _INVALIDATE, key)
        self._system_call("keyctl", _UNLINK, key, warm.USER_KEYRING)

    def _forget_ended(self) -> None:
        """Forget what the kernel would keep for longer, because the clock was set back."""
        for key, name in [*self._entries()]:
            held = self._read(key) if name.startswith(warm.OWN) else None
            if held and not warm.lasting(held):
                self._forget(key)

    def _read(self, key: int) -> bytes:
        return warm.fetched(self._system_call, warm.READ, key) or b""

    def _taken(self, replaced: str) -> int:
        """The bytes that our entries take, without the one that is about to be replaced."""
        return sum(
            max(0, self._system_call("keyctl", warm.READ, key, None, 0))
            for key, name in self._entries()
            if name.startswith(warm.OWN) and name != replaced
        )

    def _entries(self) -> Iterator[tuple[int, str]]:
        """The key and the name of everything of type ``user`` in the user keyring."""
        keys = warm.fetched(self._system_call, warm.READ, warm.USER_KEYRING) or b""
        for start in range(0, len(keys), 4):
            key = int.from_bytes(keys[start : start + 4], sys.byteorder)
            described = warm.described(self._system_call, key)
            if described:
                yield key, os.fsdecode(described[2])


kernel = KernelKeyring()
"""The one that the program uses."""

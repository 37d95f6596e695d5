"""The part of the kernel keyring that sessions and responses share.

Together they take less than we may take in all, so that there is always room for the vault's key.
What ends first makes room for what comes. But no session makes room for a response: that one costs
only time to make again, and a session may cost a question.
"""

from __future__ import annotations

from awscreds import warm
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.warm import ANSWER, END_BYTES

SHARE = 6144
"""Bytes of the kernel keyring that sessions and responses may take together."""


class KernelBudget:
    """The payloads of one state folder, each with its end. Nothing here fails: it is a cache."""

    def __init__(self, state_path: str, kernel: KernelKeyring = kernel) -> None:
        self._kernel = kernel
        self._scope = kernel.scope(state_path)

    def put(self, name: str, payload: bytes, *, end: float, seconds: float) -> None:
        """Keep ``payload``, good until ``end``, for ``seconds`` at most."""
        full = self._scope + name
        room = SHARE - END_BYTES - len(payload)
        if room < 0 or seconds < 1:
            self._kernel.drop(full)
            return
        kinds = (ANSWER,) if name.startswith(ANSWER) else (ANSWER, self._kernel.SESSION)
        if not self._shrink(room, kinds, but=full):
            self._kernel.drop(full)
            return
        self._kernel.put(full, int(end).to_bytes(END_BYTES, "big") + payload, int(seconds))
        # Another process may have taken the same room.
        if not self._shrink(room, kinds, but=full):
            self._kernel.drop(full)

    def get(self, name: str) -> bytes | None:
        """The payload kept as ``name``."""
        held = self._kernel.get(self._scope + name)
        return None if held is None else held[END_BYTES:]

    def names(self, kind: str) -> list[str]:
        """The names kept that begin with ``kind``."""
        return [name.removeprefix(self._scope) for name in self._kernel.names(self._scope + kind)]

    def drop(self, name: str) -> None:
        """Forget ``name``."""
        self._kernel.drop(self._scope + name)

    def drop_all(self, kind: str) -> None:
        """Forget all whose name begins with ``kind``."""
        self._kernel.drop_all(self._scope + kind)

    def _shrink(self, room: int, kinds: tuple[str, ...], *, but: str) -> bool:
        """Forget what ends first of ``kinds``, until all but ``but`` takes no more than ``room``.

        False if it takes more all the same. The entries of other state folders count as well: the
        limit is the user's.
        """
        held = [
            (payload[:END_BYTES], len(payload), name)
            for name in self._kernel.names(warm.OWN)
            if name != but
            and name[len(self._scope) :].startswith((self._kernel.SESSION, ANSWER))
            and (payload := self._kernel.get(name))
        ]
        taken = sum(size for _, size, _ in held)
        for _, size, name in sorted(held):
            if taken <= room:
                break
            if name[len(self._scope) :].startswith(kinds):
                self._kernel.drop(name)
                taken -= size
        return taken <= room

"""Responses of ``credential-process``, kept in the Linux kernel keyring to be given again.

``awscreds.warm`` says how they are found, and when they hold: so a changed file, variable or
option, or a logout, leads to no response instead of a stale one.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.locations import file_paths, state_path
from awscreds.warm import CONFIG_VARIABLE, RENEWAL, STATE_VARIABLE, Slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.warm import Request


class ResponseSlot:
    """The place in the kernel keyring for the response to one request."""

    __slots__ = ("_slot", "_state_path")

    def __init__(self, request: Request, environ: Mapping[str, str]) -> None:
        """``environ`` is the environment of the request. Options of the request win over it."""
        given = {CONFIG_VARIABLE: request.config_file, STATE_VARIABLE: request.home}
        variables = {**environ, **{name: value for name, value in given.items() if value}}
        self._state_path = state_path(variables)
        self._slot = Slot(request, file_paths(variables), self._state_path, variables)

    def stamp(self, now: float) -> bytes | None:
        """What identifies both AWS files, and the last clear; None if nothing can."""
        return self._slot.stamp(now)

    def get(self, now: float) -> bytes | None:
        """The response, if one is kept and still good."""
        held = kernel.get(kernel.scope(self._state_path) + self._slot.name)
        return self._slot.output(held, now)

    def put(
        self, output: bytes, before: bytes | None, *, end: float, seconds: float, now: float
    ) -> None:
        """Keep a response that is good until ``end``, for ``seconds`` at most.

        ``before`` is the stamp of the files before they were read for it.
        """
        if before is None or before != self.stamp(now):
            return
        from awscreds.stores.cache.kernel_budget import KernelBudget

        seconds = min(seconds, end - RENEWAL - now)
        budget = KernelBudget(self._state_path)
        budget.put(self._slot.name, before + output, end=end, seconds=seconds)

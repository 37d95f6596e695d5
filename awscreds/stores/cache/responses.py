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

    from awscreds.warm import Lease, Request, Stamps


class ResponseSlot:
    """The place in the kernel keyring for the response to one request."""

    __slots__ = ("_slot", "_state_path")

    def __init__(self, request: Request, environ: Mapping[str, str]) -> None:
        """``environ`` is the environment of the request. Options of the request win over it."""
        given = {CONFIG_VARIABLE: request.config_file, STATE_VARIABLE: request.home}
        variables = {**environ, **{name: value for name, value in given.items() if value}}
        self._state_path = state_path(variables)
        self._slot = Slot(request, file_paths(variables), self._state_path, variables)

    def stamps(self, now: float) -> Stamps:
        """What identifies the files that a response rests on."""
        return self._slot.stamps(now)

    def lease(self, name: str) -> Lease:
        """The lease of what is held as ``name`` now."""
        return name, kernel.number(kernel.scope(self._state_path) + name)

    def get(self, now: float) -> bytes | None:
        """The response, if one is kept and still good."""
        scope = kernel.scope(self._state_path)
        held = kernel.get(scope + self._slot.name)
        return self._slot.output(held, now, lambda name: kernel.number(scope + name))

    def put(
        self,
        output: bytes,
        before: Stamps,
        *,
        end: float,
        seconds: float,
        now: float,
        lease: Lease | None = None,
    ) -> None:
        """Keep a response that is good until ``end``, for ``seconds`` at most.

        ``before`` are the stamps of the files before they were read for it, NO_STAMP for those that
        were not. With a ``lease``, it is given only while that holds.
        """
        seconds = min(seconds, end - RENEWAL - now)
        if seconds < 1:
            kernel.drop(kernel.scope(self._state_path) + self._slot.name)
            return
        if not self._slot.are_good(before, now) or (lease and not lease[1]):
            return
        from awscreds.stores.cache.kernel_budget import KernelBudget

        budget = KernelBudget(self._state_path)
        payload = self._slot.payload(output, before, lease)
        budget.put(self._slot.name, payload, end=end, seconds=seconds)
        # A `lock` that came before this has not seen it.
        if not self._slot.are_good(before, now) or (lease and self.lease(lease[0]) != lease):
            budget.drop(self._slot.name)

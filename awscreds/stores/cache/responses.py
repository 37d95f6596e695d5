"""Responses of ``credential-process``, kept in the Linux kernel keyring to be given again.

The name of a response is a digest of everything it depends on, except the content of the AWS files,
and when the cached sessions were last cleared: of these the response holds a stamp. So a changed
file, variable or option, or a logout, leads to no response instead of a stale one. https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

from awscreds.stores.fingerprints import digest, stamp
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.locations import STATE_VARIABLE, file_paths, state_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.credential_process import Request

RENEWAL = 1200
"""Seconds a response must still be good for. With less left, another one is made."""

CLEARED = "cleared"
"""The file of the state folder that is written when cached sessions are cleared."""

_STAMP_BYTES = 16
_FORMAT = "1"
# Parts of the names of variables with secrets: not even a digest of those is shown.
_SECRETS = ("SECRET", "TOKEN", "PASSPHRASE")


class ResponseSlot:
    """The place in the kernel keyring for the response to one request."""

    __slots__ = ("_name", "_stamped", "_state_path")

    def __init__(self, request: Request, environ: Mapping[str, str]) -> None:
        """``environ`` is the environment of the request. Options of the request win over it."""
        given = {"AWS_CONFIG_FILE": request.config_file, STATE_VARIABLE: request.home}
        variables = {**environ, **{name: value for name, value in given.items() if value}}
        paths = file_paths(variables)
        self._state_path = state_path(variables)
        # A logout also ends the response that another process is about to keep.
        self._stamped = (*paths, f"{self._state_path}/{CLEARED}")
        parts = [_FORMAT, request.profile, *paths, *_relevant_variables(variables)]
        self._name = (
            kernel.ANSWER + digest("\0".join(parts).encode("utf-8", "surrogateescape")).hex()
        )

    def stamp(self, now: float) -> bytes | None:
        """What identifies both AWS files, and the last clear; None if nothing can."""
        return stamp(self._stamped, now)

    def get(self, now: float) -> bytes | None:
        """The response, if one is kept and still good."""
        held = kernel.get(kernel.scope(self._state_path) + self._name)
        if held is None:
            return None
        end, rest = held[: kernel.END_BYTES], held[kernel.END_BYTES :]
        if int.from_bytes(end, "big") - now < RENEWAL or rest[:_STAMP_BYTES] != self.stamp(now):
            return None
        return rest[_STAMP_BYTES:]

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
        KernelBudget(self._state_path).put(self._name, before + output, end=end, seconds=seconds)


def _relevant_variables(variables: Mapping[str, str]) -> list[str]:
    """The variables that may change what a session is, each with its value."""
    return sorted(
        f"{name}={value}"
        for name, value in variables.items()
        if name.startswith("AWS")
        and not name.endswith("PROFILE")
        and (name.endswith("_FILE") or not any(part in name for part in _SECRETS))
    )

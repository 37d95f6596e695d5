"""The removal of an MFA device, in an order that locks nobody out.

AWS first, because only AWS can refuse; then the profiles; the stored seed last. A run that was
killed is finished by the same command: what is gone already is no error.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.workflows.mfa.user_devices import UserDevices


@dataclass(frozen=True, slots=True)
class Removed:
    """What was there: at AWS, in profiles, and in the store ``seed_in``, for people."""

    was_enabled: bool
    was_created: bool
    profiles: list[str]
    seed_in: str | None


def remove(
    serial: str,
    devices: UserDevices,
    *,
    unname: Callable[[], list[str]],
    erase_seed: Callable[[], str | None],
    step: Callable[[str], None],
) -> Removed:
    """Deactivate and delete the device, then forget it here. Raises AwsError, and changes no more.

    ``unname`` removes it from the profiles, and ``erase_seed`` its seed from the store.
    """
    was_enabled = devices.deactivate(serial)
    step("deactivated")
    was_created = devices.delete(serial)
    step("deleted")
    profiles = unname()
    step("unnamed")
    seed_in = erase_seed()
    step("forgotten")
    return Removed(was_enabled, was_created, profiles, seed_in)

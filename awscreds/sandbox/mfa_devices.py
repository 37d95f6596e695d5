"""The MFA devices of the account: what they show, and which of their codes AWS takes.

moto knows the devices and accepts any digits. AWS accepts a code within 30 seconds of its time, and
never twice. Methods raise Refusal.
"""

from __future__ import annotations

import re
from typing import Any

from awscreds.model import totp
from awscreds.sandbox.parameters import refuse, require_digits, wanted
from awscreds.sandbox.permissions import ACCOUNT
from awscreds.sandbox.responses import Refusal, Reply, access_denied, xml_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.state import Caller, Clock


DEVICES_PER_USER = 8
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def device_arn(params: Mapping[str, str]) -> str:
    """The serial of the virtual device that a CreateVirtualMFADevice would make."""
    path, name = params.get("Path", "/"), params.get("VirtualMFADeviceName", "")
    return f"arn:aws:iam::{ACCOUNT}:mfa{path}{name}"


class MfaDevices:
    """The virtual devices in moto's backend, which ``backend`` returns, and the spent codes."""

    def __init__(self, backend: Callable[[], Any], clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._spent: dict[str, int] = {}

    @property
    def _iam(self) -> Any:
        return self._backend()

    def reset(self) -> None:
        """Forget which codes were spent."""
        self._spent.clear()

    def token_code(self, serial: str) -> dict[str, Any]:
        """What the device ``serial`` shows now, whether that was used, and how long it stays."""
        device = self._iam.virtual_mfa_devices.get(serial)
        if device is None:
            raise Refusal("NoSuchEntity", f"there is no virtual MFA device {serial}", status=404)
        now = self._clock.now()
        step = totp.step_at(now)
        return {
            "code": totp.code(device.base32_string_seed, step),
            "spent": self._spent.get(serial, -1) >= step,
            "seconds_left": (step + 1) * totp.STEP - now,
        }

    def check_mfa(self, caller: Caller, params: Mapping[str, str]) -> bool:
        """Whether the call has MFA. If it has, it must be valid."""
        serial, digits = params.get("SerialNumber"), params.get("TokenCode")
        if serial is None and digits is None:
            return False
        if serial is None or digits is None:
            raise access_denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one "
                "time pass code."
            )
        require_digits("tokenCode", digits)
        user = self._iam.users.get(caller.name) if caller.kind == "user" else None
        device = self._iam.virtual_mfa_devices.get(serial)
        if user is None or device is None or serial not in user.mfa_devices:
            raise access_denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify "
                "your MFA serial number is valid and associated with this user."
            )
        now = totp.step_at(self._clock.now())
        earliest = max(now - 1, self._spent.get(serial, -1) + 1)
        step = totp.matching_step(device.base32_string_seed, digits, range(earliest, now + 2))
        if step is None:
            raise access_denied(
                "MultiFactorAuthentication failed with invalid MFA one time pass code. "
            )
        self._spent[serial] = step
        return True

    def check_name(self, params: Mapping[str, str]) -> None:
        """Refuse to create a device with a bad name."""
        name = wanted(params, "VirtualMFADeviceName")
        if not re.fullmatch(r"[\w+=,.@-]+", name, re.ASCII):
            refuse(name, "virtualMFADeviceName", "Member must satisfy regular expression pattern: "
                   r"[\w+=,.@-]+")  # fmt: skip

    def check_is_of_user(self, params: Mapping[str, str]) -> None:
        """Refuse to deactivate what is not a device of this user."""
        serial = wanted(params, "SerialNumber")
        user = self._iam.users.get(wanted(params, "UserName"))
        if user is None or serial not in user.mfa_devices:
            raise Refusal(
                "NoSuchEntity", f"MFA Device with serial number {serial} doesn't exist.", status=404
            )

    def add_fido(self, user_name: str, name: str) -> str:
        """Register a FIDO security key, which only a browser can do."""
        serial = f"arn:aws:iam::{ACCOUNT}:u2f/user/{user_name}/{name}"
        self._iam.enable_mfa_device(user_name, serial, "", "")
        return serial

    def check_is_free(self, params: Mapping[str, str]) -> None:
        """Refuse to delete a device that a user has."""
        serial = params.get("SerialNumber")
        if any(serial in user.mfa_devices for user in self._iam.users.values()):
            raise Refusal(
                "DeleteConflict", "Cannot delete entity, must deactivate it first.", status=409
            )
        self._spent.pop(serial or "", None)

    def check_new(self, params: Mapping[str, str]) -> None:
        """Refuse to enable a device that is in use, or with wrong codes."""
        serial = wanted(params, "SerialNumber")
        holders = [u.name for u in self._iam.users.values() if serial in u.mfa_devices]
        if holders:
            raise Refusal(
                "EntityAlreadyExists",
                "MFADevice entity at the same path and name already exists.",
                status=409,
            )
        user = self._iam.users.get(wanted(params, "UserName"))
        step = self._two_codes(serial, params)
        if user is not None and len(user.mfa_devices) >= DEVICES_PER_USER:
            raise Refusal(
                "LimitExceeded",
                f"Cannot exceed quota for MFADevicesPerUser: {DEVICES_PER_USER}",
                status=409,
            )
        self._spent[serial] = step

    def resync(self, params: Mapping[str, str]) -> Reply:
        """Answer ResyncMFADevice, which moto does not check."""
        serial = wanted(params, "SerialNumber")
        user = self._iam.users.get(wanted(params, "UserName"))
        if user is None or serial not in user.mfa_devices:
            raise _no_device(serial)
        self._spent[serial] = self._two_codes(serial, params)
        return xml_reply("iam", "ResyncMFADevice", None)

    def _two_codes(self, serial: str, params: Mapping[str, str]) -> int:
        """The step of the second of two successive codes. Raises Refusal if they are not."""
        device = self._iam.virtual_mfa_devices.get(serial)
        if device is None:
            raise _no_device(serial)
        first, second = (wanted(params, f"AuthenticationCode{n}") for n in (1, 2))
        require_digits("authenticationCode1", first)
        require_digits("authenticationCode2", second)
        now = totp.step_at(self._clock.now())
        earliest = max(now - 2, self._spent.get(serial, -1) + 1)
        step = totp.matching_step(device.base32_string_seed, first, range(earliest, now + 1))
        if step is None or totp.code(device.base32_string_seed, step + 1) != second:
            raise Refusal(
                "InvalidAuthenticationCode",
                "Authentication code for device is not valid.",
                status=403,
            )
        return step + 1


def _no_device(serial: str) -> Refusal:
    return Refusal(
        "NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.", status=404
    )

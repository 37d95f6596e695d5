"""The MFA devices of the user whom an access key belongs to."""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.iam import user_name_of
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.aws.mfa import CreatedDevice, ListedDevice, MfaDevices
    from awscreds.model.credentials import AccessKey, Session

    Answer = TypeVar("Answer")

_POLICY = (
    "`awscreds policy mfa` prints the policy that allows it, and `awscreds policy mfa --enrol` the "
    "one for a user's first device"
)


class UserDevices:
    """The devices of the IAM user of ``signer``, whose ``identity`` AWS told.

    A call that AWS refuses to the key alone is made again in a session with MFA, from
    ``mfa_session``, which gives None if the user has no device for that. Methods raise AwsError.
    Building it raises ConfigurationError for a key that belongs to no IAM user.
    """

    def __init__(
        self,
        signer: AccessKey,
        identity: Identity,
        *,
        open_devices: Callable[[AccessKey | Session], MfaDevices],
        mfa_session: Callable[[], Session | None],
    ) -> None:
        self.identity = identity
        self.user_name = _user_of(identity)
        self._open = open_devices
        self._mfa_session = mfa_session
        self._has_mfa = False
        self._devices = open_devices(signer)

    def serial_of(self, name: str) -> str:
        """The serial that a virtual device of this name would have."""
        partition = self.identity.arn.split(":")[1]
        return f"arn:{partition}:iam::{self.identity.account}:mfa/{name}"

    def enabled(self) -> list[ListedDevice]:
        """The devices that the user has, the oldest first."""
        return self._ask(lambda devices: devices.of_user(self.user_name))

    def unassigned(self) -> list[str]:
        """The virtual devices of the account that no user has; empty if AWS does not tell."""
        try:
            return self._devices.unassigned()
        except AwsError as error:
            if error.aws_code not in ACCESS_DENIED:
                raise
            return []

    def create(self, name: str) -> CreatedDevice:
        """A new virtual device. Raises AnswerLost if nobody knows whether there is one."""
        return self._ask(lambda devices: devices.create(name))

    def enable(self, serial: str, codes: tuple[str, str]) -> None:
        """Give the device to the user."""
        self._ask(lambda devices: devices.enable(self.user_name, serial, codes))

    def deactivate(self, serial: str) -> bool:
        """Take the device from the user. False if they do not have it."""
        return self._ask(lambda devices: devices.deactivate(self.user_name, serial))

    def delete(self, serial: str, *, may_use_mfa: bool = True) -> bool:
        """Delete a device that no user has. False if it is gone."""
        if not may_use_mfa:
            return self._devices.delete(serial)
        return self._ask(lambda devices: devices.delete(serial))

    def _ask(self, call: Callable[[MfaDevices], Answer]) -> Answer:
        """What ``call`` returns, made with MFA if it is refused without."""
        try:
            return call(self._devices)
        except AwsError as error:
            if error.aws_code not in ACCESS_DENIED:
                raise
            session = None if self._has_mfa else self._mfa_session()
            if session is None:
                raise error.because(hint=_POLICY) from None
        self._has_mfa = True
        self._devices = self._open(session)
        return self._ask(call)


def _user_of(identity: Identity) -> str:
    """The name of the IAM user. Raises ConfigurationError for root, roles and others."""
    name = user_name_of(identity)
    if name is None:
        what = (
            "the account's root user, whose MFA devices are managed only in the AWS console"
            if identity.is_root
            else "not an IAM user, so it has no MFA devices"
        )
        raise ConfigurationError(
            f"{escaped(identity.arn)} is {what}",
            code="not-a-user",
            hint="choose a profile that has a user's key: --profile NAME",
        )
    return name

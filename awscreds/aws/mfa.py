"""MFA devices of IAM users: the calls that ``mfa`` is made of.

CreateVirtualMFADevice is sent once (``once``): only its answer has the seed, and AWS never shows it
again. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
"""

from __future__ import annotations

import re
from functools import cached_property

from awscreds.aws.clients import client_for
from awscreds.aws.errors import asking
from awscreds.aws.once import AnswerLost, ask_iam_once
from awscreds.errors import AwsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.aws.gateway import Aws
    from awscreds.model.credentials import Credentials
    from awscreds.model.service_endpoint import ServiceEndpoint

NO_SUCH_ENTITY = "NoSuchEntity"


class ListedDevice:
    """A device that is enabled for a user. ``enabled`` is in seconds since the epoch."""

    __slots__ = ("enabled", "serial")

    def __init__(self, serial: str, enabled: float) -> None:
        self.serial = serial
        self.enabled = enabled


class CreatedDevice:
    """A new virtual device that no user has yet. ``seed`` is in base32; text forms hide it."""

    __slots__ = ("seed", "serial")

    def __init__(self, serial: str, seed: str) -> None:
        self.serial = serial
        self.seed = seed

    def __repr__(self) -> str:
        return f"CreatedDevice({self.serial!r}, <hidden>)"


class MfaDevices:
    """Calls about MFA devices, signed with one set of credentials. Methods raise AwsError."""

    def __init__(self, credentials: Credentials, endpoint: ServiceEndpoint, *, aws: Aws) -> None:
        self._credentials = credentials
        self._endpoint = endpoint
        self._clock = aws.clock

    def of_user(self, user_name: str) -> list[ListedDevice]:
        """The devices that are enabled for the user, of every kind (ListMFADevices)."""
        with asking("iam", self._endpoint, self._clock):
            found = []
            pages = self._client.get_paginator("list_mfa_devices")
            for page in pages.paginate(UserName=user_name):
                self._clock.note(page)
                found += [
                    ListedDevice(each["SerialNumber"], each["EnableDate"].timestamp())
                    for each in page["MFADevices"]
                ]
        return sorted(found, key=lambda device: (device.enabled, device.serial))

    def unassigned(self) -> list[str]:
        """The virtual devices of the account that no user has (ListVirtualMFADevices)."""
        with asking("iam", self._endpoint, self._clock):
            pages = self._client.get_paginator("list_virtual_mfa_devices")
            return [
                device["SerialNumber"]
                for page in pages.paginate(AssignmentStatus="Unassigned")
                for device in page["VirtualMFADevices"]
            ]

    def create(self, name: str) -> CreatedDevice:
        """A new virtual device (CreateVirtualMFADevice). The request is sent once.

        Raises AnswerLost if there may be a device now, with a seed that nobody will ever know. Any
        other AwsError means that there is none.
        """

        def read(answer: dict[str, Any]) -> CreatedDevice:
            made = answer["VirtualMFADevice"]
            seed = made["Base32StringSeed"].decode("ascii")
            if not re.fullmatch(r"[A-Z2-7]{16,}=*", seed):
                raise ValueError("the seed is not base32")
            return CreatedDevice(made["SerialNumber"], seed)

        return ask_iam_once(
            self._credentials,
            self._endpoint,
            self._clock,
            call=lambda iam: iam.create_virtual_mfa_device(VirtualMFADeviceName=name),
            read=read,
            lost=lambda reason: AnswerLost(
                f"the answer to CreateVirtualMFADevice was lost ({reason})",
                hint="run this again; it deletes the device if AWS has created it",
            ),
        )

    def enable(self, user_name: str, serial: str, codes: tuple[str, str]) -> None:
        """Give the device to the user (EnableMFADevice), by two codes, one after the other."""
        first, second = codes
        with asking("iam", self._endpoint, self._clock):
            answer = self._client.enable_mfa_device(
                UserName=user_name,
                SerialNumber=serial,
                AuthenticationCode1=first,
                AuthenticationCode2=second,
            )
            self._clock.note(answer)

    def deactivate(self, user_name: str, serial: str) -> bool:
        """Take the device from the user (DeactivateMFADevice). False if they do not have it."""
        return self._unless_gone("deactivate_mfa_device", UserName=user_name, SerialNumber=serial)

    def delete(self, serial: str) -> bool:
        """Delete a virtual device that no user has (DeleteVirtualMFADevice). False if it is gone.

        AWS refuses it with DeleteConflict for a device that is enabled.
        """
        return self._unless_gone("delete_virtual_mfa_device", SerialNumber=serial)

    def _unless_gone(self, operation: str, **parameters: str) -> bool:
        try:
            with asking("iam", self._endpoint, self._clock):
                self._clock.note(getattr(self._client, operation)(**parameters))
        except AwsError as error:
            if error.aws_code == NO_SUCH_ENTITY:
                return False
            raise
        return True

    @cached_property
    def _client(self) -> Any:
        return client_for("iam", self._credentials, self._endpoint)

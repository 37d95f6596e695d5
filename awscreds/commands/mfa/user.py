"""The user whose MFA devices a command is about, out of the App."""

from __future__ import annotations

from dataclasses import dataclass

import click

from awscreds.commands.user_key import UserKey
from awscreds.workflows.mfa.user_devices import UserDevices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.aws.mfa import MfaDevices
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.profile import Profile
    from awscreds.workflows.gate import Gate

token_option = click.option("--token", metavar="CODE", help="The MFA code, instead of a prompt.")
endpoint_ok_option = click.option(
    "--endpoint-ok", is_flag=True, help="Trust an endpoint that is not AWS's own."
)


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """The profile, its key, the endpoint gate that it passed, and the devices of its user."""

    profile: Profile
    key: AccessKey
    gate: Gate
    devices: UserDevices


def device_user(
    app: App, token: str | None, *, changes: bool = False, endpoint_ok: bool = False
) -> DeviceUser:
    """The user of the profile asked for. If something ``changes``, it must pass the gate."""
    from awscreds.aws.mfa import MfaDevices

    user = UserKey.of(app, endpoint_ok=endpoint_ok)
    profile, key, gate = user.profile, user.key, user.gate
    if changes:
        gate.require_endpoint(key.id)
    identity = app.aws.caller_identity(key, user.sts)
    if changes:
        gate.require_identity(key.id, identity)

    def open_devices(credentials: AccessKey | Session) -> MfaDevices:
        return MfaDevices(credentials, user.iam, aws=app.aws)

    def mfa_session() -> Session | None:
        serial = profile.of_role("mfa_serial") or user.device(app)
        if serial is None:
            return None
        return app.provider.session(profile, token=token, serial=serial)

    devices = UserDevices(key, identity, open_devices=open_devices, mfa_session=mfa_session)
    return DeviceUser(profile, key, gate, devices)

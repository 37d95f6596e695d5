"""The user whose MFA devices a command is about, out of the App."""

from __future__ import annotations

from dataclasses import dataclass

import click

from awscreds.commands.user_key import device_of, signer_of
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
    from awscreds.model.service_endpoint import resolve_endpoint
    from awscreds.workflows.gate import Gate

    profiles = app.profiles()
    profile = app.profile()
    app.file_warnings.report(profile.name)
    key = signer_of(app, profile)
    iam, sts = (
        resolve_endpoint(service, profile, profiles, app.environ) for service in ("iam", "sts")
    )
    gate = Gate(iam, sts, app.state.entry, endpoint_ok=endpoint_ok)
    if changes:
        gate.require_endpoint(key.id)
    identity = app.aws.caller_identity(key, sts)
    if changes:
        gate.require_identity(key.id, identity)

    def open_devices(credentials: AccessKey | Session) -> MfaDevices:
        return MfaDevices(credentials, iam, aws=app.aws)

    def mfa_session() -> Session | None:
        serial = profile.of_role("mfa_serial") or device_of(app, key, iam, profile)
        if serial is None:
            return None
        return app.provider.session(profile, token=token, serial=serial)

    devices = UserDevices(key, identity, open_devices=open_devices, mfa_session=mfa_session)
    return DeviceUser(profile, key, gate, devices)

"""``awscreds mfa code``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import UsageError
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("code", cls=Command)
@profile_argument
@click.option("--serial", metavar="ARN", help="The MFA device, instead of mfa_serial.")
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, serial: str | None) -> Result:
    """Print one MFA code from a stored seed.

    Each code is given only once. If the present one was given already, this waits for the next one,
    at most half a minute.

    \b
    Examples:
      awscreds mfa code dev
      awscreds mfa code --serial arn:aws:iam::123456789012:mfa/alice
    """
    device = serial or _named_device(app)
    code = app.provider.stored_codes().code_of(device, lambda: _aws_time(app))
    if code is None:
        raise UsageError(
            f"the seed of {escaped(device)} is not stored here",
            code="no-seed",
            hint="`awscreds mfa enable PROFILE --store-seed` adds a device whose seed is stored",
        )
    return Result({"serial": device, "code": code}, values=[code])


def _named_device(app: App) -> str:
    """The device that the profile names, or its source. Raises UsageError if there is none."""
    from awscreds.model.role_chain import resolve_chain

    profile = app.profile()
    app.file_warnings.report(profile.name)
    serial = resolve_chain(app.profiles(), profile.name).mfa_serial
    if serial is None:
        raise UsageError(
            f"the profile {escaped(profile.name)} names no MFA device",
            code="no-device",
            hint="choose one with --serial ARN: `awscreds mfa list --profile "
            f"{quoted(profile.name)}` shows them",
        )
    return serial


def _aws_time(app: App) -> float:
    """AWS's time, as the profile reaches AWS."""
    from awscreds.model.service_endpoint import resolve_endpoint

    profile = app.selection.profile_or_default()
    return app.aws.time_for_codes(
        lambda: resolve_endpoint("sts", profile, app.profiles(), app.environ)
    )

"""``awscreds profile add|wrap|unwrap``: role profiles."""

from __future__ import annotations

import click

from awscreds.calling_shell import line_to_load
from awscreds.commands.common import (
    JSON,
    PROFILE,
    YES,
    common_options,
    profile_argument,
    required_profile,
)
from awscreds.commands.configure.questions import checked_setting
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.keys import checked_mfa_serial
from awscreds.model.problems.problem import ERROR
from awscreds.model.profile import WRAPPED_LOGIN, WRAPPED_SSO
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("add", cls=Command)
@click.argument("name")
@click.option("--role-arn", metavar="ARN", help="The role to assume.")
@click.option(
    "--source",
    metavar="PROFILE",
    help="The profile whose credentials assume the role.",
)
@click.option("--mfa-serial", metavar="ARN", help="The ARN of the user's MFA device.")
@click.option("--external-id", metavar="ID", help="The external ID, if the role requires one.")
@click.option(
    "--duration",
    type=Duration("1h", bare_seconds=True),
    metavar="TIME",
    help="How long the session lasts: 90m, 12h, or seconds.",
)
@click.option("--region", metavar="REGION", help="The region, like eu-central-1.")
@common_options(JSON, YES)
@click.pass_obj
def add(
    app: App,
    name: str,
    *,
    role_arn: str | None,
    source: str | None,
    mfa_serial: str | None,
    external_id: str | None,
    duration: int | None,
    region: str | None,
) -> Result:
    """Create a profile for a role.

    The profile is written only if its source, and the source's own source, have credentials.

    \b
    Examples:
      awscreds profile add admin --role-arn ARN --source dev
      awscreds profile add ops --role-arn ARN --source admin --duration 1h
    """
    from awscreds.workflows import role_profiles as roles

    if not role_arn or not source:
        lacking = "--source PROFILE" if role_arn else "--role-arn ARN"
        raise UsageError(f"a role profile needs {lacking}", hint="awscreds profile add --help")
    request = roles.RoleRequest(
        name,
        roles.checked_role_arn(role_arn),
        source,
        mfa_serial=None if mfa_serial is None else checked_mfa_serial(mfa_serial),
        external_id=None if external_id is None else roles.checked_external_id(external_id),
        duration=None if duration is None else roles.checked_duration(duration),
        region=None if region is None else checked_setting("region", region),
    )
    app.files.require_trusted()
    if not app.profiles().has(name):
        app.selection.agree_to_name(name)
    chain = roles.add_role(app.files, request, in_spite_of_findings=app.options.yes)
    app.file_warnings.report(name)
    path = [chain.source.profile, *(link.profile for link in chain.links)]
    app.done(f"Created the profile {escaped(name)}: {' → '.join(map(escaped, path))}.")
    app.say("Try it:", f"  awscreds whoami --profile {quoted(name)}")
    return Result(
        {
            "profile": name,
            "chain": path,
            "role_arn": request.role_arn,
            "mfa_serial": request.mfa_serial,
            "external_id": request.external_id,
            "duration_seconds": request.duration,
            "region": request.region,
        }
    )


@click.command("wrap", cls=Command)
@profile_argument
@common_options(PROFILE, JSON, YES)
@required_profile
@click.pass_obj
def wrap_role(app: App, name: str) -> Result:
    """Make a role or login use awscreds: one MFA code or login a day.

    The credential settings of the profile (role_arn, mfa_serial, sso_*, login_session, …) are
    renamed to awscreds_*, and SDKs get its credentials from awscreds. `unwrap` renames them back.

    \b
    Examples:
      awscreds profile wrap admin
      awscreds profile wrap admin --json
    """
    from awscreds.model.role_chain import check_length, resolve_chain
    from awscreds.workflows.wrap import wrap

    wrap(name, app.files, app.process_line(name), in_spite_of_findings=app.options.yes)
    is_ready = not any(f.severity == ERROR for f in app.file_warnings.report(name))
    has_source = True
    try:
        paths = (app.files.config_path, app.files.credentials_path)
        check_length(resolve_chain(app.profiles(), name, paths=paths))
    except ConfigurationError as error:
        app.warn(error.whole)
        is_ready = has_source = False
    if is_ready:
        app.done(f"The profile {escaped(name)} now gets its session from awscreds.")
    else:
        app.say(f"The profile {escaped(name)} does not work in every tool: see the warnings above.")
    if app.profiles().find(name).kind in (WRAPPED_SSO, WRAPPED_LOGIN):
        app.say(
            "SDKs cannot log in. If nobody is logged in, do it first:",
            f"  awscreds login --profile {quoted(name)}",
        )
    elif has_source:
        app.say(
            "SDKs cannot ask for an MFA code. If there is no session, make one first:",
            f"  {line_to_load(f'awscreds export --profile {quoted(name)}')}",
        )
    return Result({"profile": name, "wrapped": True})


@click.command("unwrap", cls=Command)
@profile_argument
@common_options(PROFILE, JSON)
@required_profile
@click.pass_obj
def unwrap_role(app: App, name: str) -> Result:
    """Undo wrap: SDKs get the credentials themselves again.

    \b
    Examples:
      awscreds profile unwrap admin
      awscreds profile unwrap admin --quiet
    """
    from awscreds.workflows.wrap import unwrap

    unwrap(name, app.files)
    app.file_warnings.report(name)
    app.done(f"{escaped(name)} is as before: SDKs get the role's credentials themselves.")
    return Result({"profile": name, "wrapped": False})


COMMANDS: dict[str, click.Command] = {"add": add, "wrap": wrap_role, "unwrap": unwrap_role}

"""``awscreds profile wrap|unwrap``."""

from __future__ import annotations

import click

from awscreds.commands.common import (
    JSON,
    PROFILE,
    YES,
    common_options,
    need_subcommand,
    profile_argument,
    required_profile,
)
from awscreds.commands.groups import Group
from awscreds.model.problems.problem import ERROR
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.group("profile", cls=Group, invoke_without_command=True)
@common_options(PROFILE, JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Choose how a profile gets its credentials.

    \b
    Examples:
      awscreds profile wrap admin
      awscreds profile unwrap admin
    """
    need_subcommand(ctx)


@command.command("wrap")
@profile_argument
@common_options(PROFILE, JSON, YES)
@required_profile
@click.pass_obj
def wrap_role(app: App, name: str) -> Result:
    """Make a role use awscreds, so that you need only one MFA code a day.

    The settings role_arn, source_profile and mfa_serial of the profile are renamed to awscreds_*,
    and SDKs get the role's credentials from awscreds. `unwrap` renames them back.

    \b
    Examples:
      awscreds profile wrap admin
      awscreds profile wrap admin --json
    """
    from awscreds.workflows.wrap import wrap

    wrap(name, app.files, app.process_line(name), in_spite_of_findings=app.options.yes)
    is_ready = not any(f.severity == ERROR for f in app.file_warnings.report(name))
    if is_ready:
        app.done(f"The profile {escaped(name)} now gets its session from awscreds.")
    else:
        app.say(f"The profile {escaped(name)} does not work in every tool: see the warnings above.")
    app.say(
        "SDKs cannot ask for an MFA code. If there is no session, make one first:",
        f"  eval $(awscreds export --profile {quoted(name)})",
    )
    return Result({"profile": name, "wrapped": True})


@command.command("unwrap")
@profile_argument
@common_options(PROFILE, JSON)
@required_profile
@click.pass_obj
def unwrap_role(app: App, name: str) -> Result:
    """Undo wrap: SDKs assume the role themselves again.

    \b
    Examples:
      awscreds profile unwrap admin
      awscreds profile unwrap admin --quiet
    """
    from awscreds.workflows.wrap import unwrap

    unwrap(name, app.files)
    app.file_warnings.report(name)
    app.done(f"{escaped(name)} is a normal role profile again: SDKs assume the role themselves.")
    return Result({"profile": name, "wrapped": False})

"""``awscreds mfa-session``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.session_output import output_options, print_session, session_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.commands.session_output import OutputOptions, SessionOptions


@click.command("mfa-session", cls=Command)
@profile_argument
@session_options
@output_options
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, *, session: SessionOptions, output: OutputOptions) -> None:
    """Start an MFA session in this shell.

    The session is cached: you need no new code until it ends. For a role profile, you get a session
    of the role.

    \b
    Examples:
      eval $(awscreds mfa-session dev)
      awscreds mfa-session dev | source                # fish
      awscreds mfa-session dev | Out-String | iex      # PowerShell
    """
    print_session(app, "mfa-session", session=session, output=output)

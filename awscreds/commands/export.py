"""``awscreds export``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.session_output import output_options, print_session, session_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.commands.session_output import OutputOptions, SessionOptions


@click.command("export", cls=Command)
@profile_argument
@click.option("--choose", is_flag=True, help="Choose the profile from a list, if none is named.")
@session_options
@output_options
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, *, choose: bool, session: SessionOptions, output: OutputOptions) -> None:
    """Load a profile's credentials into this shell.

    This works for every profile: users, roles, chains of roles and SSO.

    \b
    Examples:
      eval $(awscreds export admin)
      eval $(awscreds export --choose)
      awscreds export admin --format dotenv > .env
    """
    print_session(app, "export", session=session, output=output, choose=choose)

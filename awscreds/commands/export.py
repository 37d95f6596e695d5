"""``awscreds export``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.session_output import output_options, print_session, session_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.app import App


@click.command("export")
@profile_argument
@session_options
@output_options
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, /, **options: Any) -> None:
    """Bring a session of any profile into this shell: users, roles, chains, SSO.

    \b
    Examples:
      eval $(awscreds export --profile admin)
      awscreds export --profile admin --format dotenv > .env
    """
    print_session(app, "export", **options)

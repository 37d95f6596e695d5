"""``awscreds sso``: what concerns all profiles of an sso-session."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, YES, common_options, need_subcommand
from awscreds.commands.groups import Group
from awscreds.commands.sso import populate


@click.group("sso", cls=Group, invoke_without_command=True)
@common_options(JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Create profiles for your SSO accounts and roles.

    First log in: awscreds login --sso-session NAME

    \b
    Examples:
      awscreds sso populate --dry-run
      awscreds sso populate --only 'prod-*' --prune
    """
    need_subcommand(ctx)


command.add_command(populate.command)

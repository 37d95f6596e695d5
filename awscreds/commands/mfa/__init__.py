"""``awscreds mfa enable|list|remove|code``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options, need_subcommand
from awscreds.commands.groups import Group
from awscreds.commands.mfa import code, enable, listing, remove


@click.group("mfa", cls=Group, invoke_without_command=True)
@common_options(PROFILE, JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Add, list and remove a user's MFA devices.

    The user is the owner of the profile's access key.

    \b
    Examples:
      awscreds mfa enable dev                # with an authenticator app
      awscreds mfa enable dev --store-seed   # and type no codes
      awscreds mfa list
    """
    need_subcommand(ctx)


for _subcommand in (enable.command, listing.command, remove.command, code.command):
    command.add_command(_subcommand)

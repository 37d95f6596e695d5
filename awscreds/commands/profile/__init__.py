"""``awscreds profile``: adds, shows, copies, renames and removes profiles, and wraps roles.

``roles`` has add, wrap and unwrap, ``show`` show, ``moves`` copy and rename, ``removal``
remove.
"""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options, need_subcommand
from awscreds.commands.groups import Group


class ProfileGroup(Group):
    """Loads a subcommand from its module when it is called."""

    _NAMES = ("add", "show", "copy", "rename", "remove", "wrap", "unwrap")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name in ("copy", "rename"):
            from awscreds.commands.profile import moves

            return moves.COMMANDS[cmd_name]
        if cmd_name == "remove":
            from awscreds.commands.profile import removal

            return removal.command
        if cmd_name == "show":
            from awscreds.commands.profile import show

            return show.command
        from awscreds.commands.profile import roles

        return roles.COMMANDS.get(cmd_name)


@click.group("profile", cls=ProfileGroup, invoke_without_command=True)
@common_options(PROFILE, JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Add, show, copy, rename, remove and wrap profiles.

    \b
    Examples:
      awscreds profile add admin --role-arn ARN --source dev
      awscreds profile rename dev production
    """
    need_subcommand(ctx)

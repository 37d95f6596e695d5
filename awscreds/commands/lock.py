"""``awscreds lock``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awscreds.commands.common import JSON, common_options

if TYPE_CHECKING:
    from awscreds.app import App


@click.command("lock")
@common_options(JSON)
@click.pass_obj
def command(app: App) -> None:
    """Forget everything that is held open or cached. Stored secrets stay where they are.

    The OS keyring is not ours to lock: its own settings decide when it does.

    \b
    Examples:
      awscreds lock
      awscreds lock --quiet
    """
    app.forget_cached()
    app.say("Forgotten: the vault's key and everything cached.")
    if app.options.json:
        from awscreds.render import print_json

        print_json({"locked": True})

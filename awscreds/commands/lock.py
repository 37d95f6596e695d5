"""``awscreds lock``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, common_options
from awscreds.commands.groups import Command
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("lock", cls=Command)
@common_options(JSON)
@click.pass_obj
def command(app: App) -> Result:
    """Lock the vault and clear cached sessions.

    Stored secrets are not deleted. This does not lock the OS keyring: its own settings decide when
    it locks.

    \b
    Examples:
      awscreds lock
      awscreds lock --quiet
    """
    try:
        app.stores.lock()
    finally:  # sessions go, too, if a key could not be forgotten
        app.sessions.clear()
    app.done("Cleared the cached sessions. If you use the vault, it is now locked.")
    return Result({"locked": True})

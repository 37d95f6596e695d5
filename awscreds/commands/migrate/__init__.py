"""``awscreds migrate``: plaintext keys into the secret store.

``run`` makes the plan and carries it out, ``preview`` shows it. ``undo`` is the way back.
``guards`` keeps other processes away meanwhile.
"""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILES, YES, common_options
from awscreds.commands.groups import Command
from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.render import Result


@click.command("migrate", cls=Command)
@click.option("--all", "every", is_flag=True, help="Every key that a profile uses.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--no-verify", is_flag=True, help="Store keys without checking them with AWS.")
@click.option("--undo", is_flag=True, help="Write keys back to the AWS files, in plaintext.")
@common_options(PROFILES, JSON, YES)
@click.pass_obj
def command(
    app: App, names: list[str], *, every: bool, dry_run: bool, no_verify: bool, undo: bool
) -> Result:
    """Move plaintext keys to the secret store, and back.

    It first shows what would happen to each profile, and asks. Each key is checked with AWS,
    stored, read back and compared; then its lines leave both AWS files, in one step. SDKs and the
    AWS CLI go on working. What cannot move stays as it is, with the reason. With --undo, the keys
    come back from the store into the files, as the lines were.

    \b
    Examples:
      awscreds migrate --all --dry-run
      awscreds migrate --profile dev --profile ci
      awscreds migrate --undo --all
    """
    from awscreds.commands.migrate.run import MigrateCommand

    if every and names:
        raise UsageError("--all moves every key, but --profile names one: use only one of them")
    wanted = None if every else names or [app.selection.name()]
    if undo:
        from awscreds.commands.migrate.undo import UndoCommand

        if no_verify:
            raise UsageError("--undo asks AWS nothing: use it without --no-verify")
        return UndoCommand(app, wanted).run(dry_run=dry_run)
    return MigrateCommand(app, wanted, verify=not no_verify).run(dry_run=dry_run)

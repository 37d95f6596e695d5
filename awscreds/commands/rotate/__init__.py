"""``awscreds rotate``: the options and the command.

Read on in this order:

- ``run.py``: the rotation of one profile's key, and ``--resume``
- ``batch.py``: ``--all``; ``progress.py`` is its line of progress
- ``consent.py``: what a person is told before, and asked
- ``report.py``: what a person or a program is told after
- ``context.py``: what rotations work with, out of the App
"""

from __future__ import annotations

import click

from awscreds.commands.common import (
    JSON,
    PROFILE,
    YES,
    common_options,
    notice_rotations,
    profile_argument,
)
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.render import Result


@click.command("rotate", cls=Command)
@profile_argument
@click.option("--all", "every", is_flag=True, help="Every key that a profile uses.")
@click.option(
    "--older-than",
    type=Duration("90d"),
    metavar="TIME",
    help="Only keys older than this, like 90d.",
)
@click.option(
    "--grace",
    type=Duration("24h"),
    metavar="TIME",
    help="Keep the old key active for this time, like 24h.",
)
@click.option(
    "--keep-old",
    type=click.Choice(["active", "inactive"]),
    metavar="STATE",
    help="Don't delete the old key; leave it active or inactive.",
)
@click.option("--keep-plaintext", is_flag=True, help="Rotate plaintext keys in place.")
@click.option("--replace-other", is_flag=True, help="Delete the user's other key to make room.")
@click.option("--token", metavar="CODE", help="The MFA code, instead of a prompt.")
@click.option("--endpoint-ok", is_flag=True, help="Trust an endpoint that is not AWS's own.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--resume", is_flag=True, help="Finish or undo an interrupted rotation.")
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(
    app: App,
    *,
    every: bool,
    older_than: int | None,
    grace: int | None,
    keep_old: str | None,
    keep_plaintext: bool,
    replace_other: bool,
    token: str | None,
    endpoint_ok: bool,
    dry_run: bool,
    resume: bool,
) -> Result:
    """Replace a profile's access key with a new one, safely.

    The new key is created, stored, read back and tested before any profile uses it. The old key is
    deactivated first and deleted last. If a rotation is interrupted, there is always a key that
    works, and `awscreds rotate --resume` finishes or undoes it.

    \b
    Examples:
      awscreds rotate dev
      awscreds rotate --all --older-than 90d --yes --no-input --quiet
      awscreds rotate --resume
    """
    from awscreds.commands.rotate.batch import BatchRotation
    from awscreds.commands.rotate.report import result, result_of_all
    from awscreds.commands.rotate.run import RotateCommand
    from awscreds.model.rotation import RotateOptions

    if grace is not None and keep_old:
        raise UsageError("--grace deletes the old key later, and --keep-old never: use only one")
    begins = (every, dry_run, older_than is not None, grace is not None, keep_old)
    if resume and any((*begins, keep_plaintext, endpoint_ok)):
        raise UsageError(
            "--resume continues with the options that the rotation was started with",
            hint="with --resume, use only --token, --replace-other and --yes",
        )
    if app.options.profile is not None and (every or resume):
        one, what = (
            ("--all", "rotates every key") if every else ("--resume", "finishes every rotation")
        )
        raise UsageError(
            f"{one} {what}, but --profile is for one key: use only one of these two options"
        )
    options = RotateOptions(
        older_than=older_than,
        grace=grace or 0,
        keep_old=keep_old,
        keep_plaintext=keep_plaintext,
        replace_other=replace_other,
        token=token,
        endpoint_ok=endpoint_ok,
        dry_run=dry_run,
    )
    run = RotateCommand(app, options)
    interrupted_by = None
    try:
        if every:
            batch = BatchRotation(run)
            reports, interrupted_by = batch.rotate(), batch.interrupted_by
        else:
            reports = run.resume() if resume else run.rotate()
    except KeyboardInterrupt:
        notice_rotations(app)
        raise
    if len(reports) == 1 and not every:
        return result(reports)
    return result_of_all(
        reports, is_quiet=app.options.quiet, now=app.clock(), interrupted_by=interrupted_by
    )

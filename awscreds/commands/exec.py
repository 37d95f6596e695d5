"""``awscreds exec``."""

from __future__ import annotations

import os
import sys

import click

from awscreds.commands.common import common_options
from awscreds.commands.session_output import session_options
from awscreds.errors import AwscredsError
from awscreds.model.instants import format_duration
from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.app import App

SOON = 15 * 60
"""Seconds before the end of a session at which it is said that it ends soon."""


class CannotRun(AwscredsError):
    """The command could not be started; the exit code is the one that shells use."""

    default_code = "cannot-run"

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@click.command("exec")
@click.argument("name", metavar="PROFILE")
@click.argument("arguments", metavar="-- COMMAND…", nargs=-1, required=True, type=click.UNPROCESSED)
@session_options
@common_options
@click.pass_obj
def command(
    app: App,
    *,
    name: str,
    arguments: tuple[str, ...],
    token: str | None,
    duration: int | None,
    serial: str | None,
    refresh: bool,
) -> None:
    """Run COMMAND with a session of PROFILE in its environment, and nothing inherited.

    awscreds becomes the command: signals and the exit code are the command's own.

    \b
    Examples:
      awscreds exec admin -- terraform plan
      awscreds exec dev --duration 1h -- bash
    """
    from awscreds.model.environment import child_environment

    app.options.profile = name
    found = app.profile()
    session = app.obtain_session(
        found,
        token=token,
        duration=duration,
        serial=serial,
        refresh=refresh,
    )
    app.warn_of_old_key(found)
    left = (session.expiration or app.clock() + SOON) - app.clock()
    if left < SOON:
        ends = format_duration(left, parts=1)
        app.warn(f"this session ends in {ends}; --refresh makes a new one")
    environment = child_environment(
        app.environ, session, profile=found.name, region=found.get("region")
    )
    become(arguments, environment)


def become(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Replace this process by the command; on Windows, wait for it and exit as it does."""
    from awscreds.process import soften

    sys.stdout.flush()
    sys.stderr.flush()
    soften()
    try:
        if sys.platform == "win32":
            import subprocess

            sys.exit(subprocess.run(arguments, env=environment, check=False).returncode)
        os.execvpe(arguments[0], list(arguments), environment)  # noqa: S606 - that is its job
    except OSError as error:
        command = visible(arguments[0])
        if isinstance(error, FileNotFoundError) or _is_on_no_path(arguments[0], environment):
            raise CannotRun(f"there is no command {command!r}", 127) from None
        why = error.strerror or type(error).__name__
        raise CannotRun(f"cannot run {command!r}: {why}", 126) from None


def _is_on_no_path(command: str, environment: Mapping[str, str]) -> bool:
    """Whether the system, asked for a bare name, tells of a folder of PATH it cannot look into."""
    from shutil import which

    bare = not os.path.dirname(command)
    return bare and which(command, mode=os.F_OK, path=environment.get("PATH")) is None

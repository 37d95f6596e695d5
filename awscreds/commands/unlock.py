"""``awscreds unlock``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, common_options
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError
from awscreds.model.times import format_duration
from awscreds.render import Result
from awscreds.stores.backends.vault import HOLD_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("unlock", cls=Command)
@click.option(
    "--for",
    "duration",
    type=Duration("8h"),
    metavar="TIME",
    help="How long the vault stays open, like 8h (default "
    f"{format_duration(HOLD_SECONDS, short=True)}).",
)
@common_options(JSON)
@click.pass_obj
def command(app: App, duration: int | None) -> Result:
    """Open the secret store for a while.

    The vault stays open for the time that you set with --for: your system holds its key, and `store
    show` says where. The OS keyring stays open until it locks itself. While the store is locked,
    SDKs get no keys, because they cannot ask for a passphrase.

    \b
    Examples:
      awscreds unlock
      awscreds unlock --for 8h
    """
    name = app.stores.current()
    backend = app.stores.backend(name)
    if not backend.exists():
        raise AwscredsError(
            f"cannot unlock: there is no {backend.name} yet",
            code="no-vault",
            hint="`awscreds configure --profile NAME` creates one when it stores the first key",
        )
    if backend.hold_seconds is None:
        seconds = None
        if duration:
            app.warn(
                "--for has no effect: it is only for the vault; the settings of the OS "
                "keyring decide when it locks"
            )
        backend.unlock()
        app.say(f"{backend.describe()} is open.")
    else:
        seconds = duration or backend.hold_seconds
        backend.unlock(seconds)
        app.say(
            f"The {backend.name} is open for {format_duration(seconds)}; its key is in "
            f"{backend.key_place()}. `awscreds lock` closes it."
        )
    return Result({"backend": name, "seconds": seconds})

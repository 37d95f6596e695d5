"""``awscreds unlock``."""

from __future__ import annotations

import click

from awscreds.app import VAULT, App
from awscreds.commands.common import JSON, common_options
from awscreds.commands.durations import Duration
from awscreds.errors import AwscredsError
from awscreds.model.instants import format_duration

DEFAULT = 900
"""Seconds."""


@click.command("unlock")
@click.option(
    "--for",
    "duration",
    type=Duration("8h"),
    metavar="TIME",
    help="How long the vault stays open: 90m, 8h… (default 15m).",
)
@common_options(JSON)
@click.pass_obj
def command(app: App, duration: int | None) -> None:
    """Open the secret store: the vault for a while, the OS keyring until it locks itself.

    SDKs never ask for a passphrase, so a locked store leaves them without keys.

    \b
    Examples:
      awscreds unlock
      awscreds unlock --for 8h
    """
    seconds = duration or DEFAULT
    backend = app.present_backend()
    if backend == VAULT:
        if not app.vault.exists():
            raise AwscredsError(
                "there is no vault yet, so there is nothing to unlock",
                code="no-vault",
                hint="`awscreds configure` makes one when it stores its first key",
            )
        app.vault.unlock(seconds)
        app.say(f"The vault is open for {format_duration(seconds)}; `awscreds lock` closes it.")
    else:
        if duration:
            app.warn("--for is for the vault; the OS keyring locks itself by its own settings")
        app.keyring.unlock()
        app.say(f"{app.keyring.describe()} is open.")
    if app.options.json:
        from awscreds.render import print_json

        print_json({"backend": backend, "seconds": seconds if backend == VAULT else None})

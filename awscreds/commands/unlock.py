"""``awscreds unlock``."""

from __future__ import annotations

import click

from awscreds.app import VAULT, App
from awscreds.commands.common import common_options
from awscreds.errors import AwscredsError
from awscreds.model.instants import seconds_of

DEFAULT_SPAN = "15m"


@click.command("unlock")
@click.option(
    "--for",
    "span",
    metavar="TIME",
    help=f"How long the vault stays open: 90m, 8h… (default {DEFAULT_SPAN}).",
)
@common_options
@click.pass_obj
def command(app: App, span: str | None) -> None:
    """Open the secret store: the vault for a while, the OS keyring until it locks itself.

    SDKs never ask for a passphrase, so a locked store leaves them without keys.

    \b
    Examples:
      awscreds unlock
      awscreds unlock --for 8h
    """
    seconds = seconds_of(span or DEFAULT_SPAN)
    backend = app.present_backend()
    if backend == VAULT:
        if not app.vault.exists():
            raise AwscredsError(
                "there is no vault yet, so there is nothing to unlock",
                code="no-vault",
                hint="awscreds configure makes one when it stores its first key",
            )
        app.vault.unlock(seconds)
        app.say(f"The vault is open for {span or DEFAULT_SPAN}; `awscreds lock` closes it.")
    else:
        if span:
            app.warn("--for is for the vault; the OS keyring locks itself by its own settings")
        app.keyring.unlock()
        app.say(f"{app.keyring.describe()} is open.")
    if app.options.json:
        from awscreds.render import print_json

        print_json({"backend": backend, "seconds": seconds if backend == VAULT else None})

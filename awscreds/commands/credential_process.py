"""``awscreds credential-process``: with every option; ``hotpath`` reads the lines that SDKs run."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options
from awscreds.commands.groups import Command
from awscreds.errors import UsageError
from awscreds.warm import Request, unhex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("credential-process", cls=Command)
@click.option("--profile-hex", metavar="HEX", help="The name of the profile, hex-encoded.")
@click.option("--config-file", metavar="PATH", help="The config file that contains the profile.")
@click.option("--config-file-hex", metavar="HEX", help="As above, hex-encoded.")
@click.option("--home", metavar="PATH", help="The state folder of awscreds.")
@click.option("--home-hex", metavar="HEX", help="As above, hex-encoded.")
@common_options(PROFILE, JSON)
@click.pass_obj
def command(
    app: App,
    *,
    profile_hex: str | None,
    config_file: str | None,
    config_file_hex: str | None,
    home: str | None,
    home_hex: str | None,
) -> None:
    """Print a profile's credentials for an SDK.

    SDKs run this command: `awscreds configure` writes it to the config file. It never asks
    questions.

    \b
    Examples:
      awscreds credential-process --profile dev
      awscreds credential-process --profile-hex 6465760a
    """
    import sys

    from awscreds.hotpath import respond
    from awscreds.render import print_data

    if sys.stdout.isatty():
        raise UsageError(
            "not printed: this contains a secret, and stdout is a terminal",
            code="reveal-needed",
            hint="`awscreds whoami PROFILE` shows that a profile works",
        )
    name = _decoded(profile_hex, "--profile-hex") or app.selection.name()
    request = Request(
        name,
        _decoded(config_file_hex, "--config-file-hex") or config_file,
        _decoded(home_hex, "--home-hex") or home,
    )
    print_data(respond(request, app.environ))


def _decoded(value: str | None, option: str) -> str | None:
    if value is None:
        return None
    text = unhex(value)
    if not text:
        raise UsageError(f"{option} is not valid hexadecimal text")
    return text

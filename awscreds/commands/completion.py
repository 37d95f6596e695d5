"""``awscreds completion``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, common_options
from awscreds.commands.groups import Command
from awscreds.completion import FILES
from awscreds.errors import UsageError
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.completion.install import Place


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(list(FILES)))
@click.option("--install", "put", is_flag=True, help="Write the script where the shell finds it.")
@click.option("--uninstall", "take", is_flag=True, help="Remove what --install wrote.")
@common_options(JSON)
@click.pass_context
def command(ctx: click.Context, *, shell: str, put: bool, take: bool) -> Result:
    """Print or install TAB completion for your shell.

    It completes commands, options and profiles, and adds `awscreds-use PROFILE`. Without an option,
    the script is printed. After an upgrade of awscreds, run --install again.

    \b
    Examples:
      awscreds completion bash --install
      awscreds completion zsh > ~/.zsh/functions/_awscreds
    """
    from awscreds.completion import script
    from awscreds.completion.install import install, place_of, uninstall

    app: App = ctx.obj
    if put and take:
        raise UsageError("--install and --uninstall cannot both be given")
    if not put and not take:
        text = script(shell, ctx.find_root().command)
        return Result({"shell": shell, "script": text}, data=text)
    place = place_of(shell, app.environ)
    if put:
        changed = install(place, script(shell, ctx.find_root().command))
        _say_installed(app, place, changed=changed)
    else:
        changed = uninstall(place)
        _say_removed(app, place, changed=changed)
    return Result(
        {
            "shell": shell,
            "file": place.script,
            "startup_file": place.startup,
            "line": place.line,
            "changed": changed,
        }
    )


def _say_installed(app: App, place: Place, *, changed: bool) -> None:
    if not changed:
        app.say("Completion was already installed; nothing was changed.")
    app.say(f"The script is {place.script}")
    if place.startup and place.line:
        app.say(f"{place.startup} has this line:")
        app.dialogue.quote(place.line)
    app.say("It works in every new shell.")


def _say_removed(app: App, place: Place, *, changed: bool) -> None:
    if not changed:
        app.say("Completion was not installed; nothing was changed.")
        return
    app.done(f"Removed {place.script}")
    if place.startup:
        app.say(f"and its line in {place.startup}")

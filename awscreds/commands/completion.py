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
    from awscreds.completion.install import InstallTarget


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(list(FILES)))
@click.option(
    "--install",
    "put",
    is_flag=True,
    help="Write the script to the folder where the shell looks for it.",
)
@click.option("--uninstall", "take", is_flag=True, help="Remove what --install wrote.")
@common_options(JSON)
@click.pass_context
def command(ctx: click.Context, *, shell: str, put: bool, take: bool) -> Result:
    """Print or install TAB completion for your shell.

    It completes commands, options and profiles. It also adds the function `awscreds-use PROFILE`,
    which loads a session into this shell. Without an option, this prints the script. After an
    upgrade of awscreds, run --install again.

    \b
    Examples:
      awscreds completion bash --install
      awscreds completion zsh > ~/.zsh/functions/_awscreds
    """
    from awscreds.completion import script
    from awscreds.completion.install import install, target_of, uninstall

    app: App = ctx.obj
    if put and take:
        raise UsageError("--install and --uninstall cannot both be given")
    if not put and not take:
        text = script(shell, ctx.find_root().command)
        return Result({"shell": shell, "script": text}, data=text)
    target = target_of(shell, app.environ)
    if put:
        changed = install(target, script(shell, ctx.find_root().command))
        _say_installed(app, target, changed=changed)
    else:
        changed = uninstall(target)
        _say_removed(app, target, changed=changed)
    return Result(
        {
            "shell": shell,
            "file": target.script,
            "startup_file": target.startup,
            "line": target.line,
            "changed": changed,
        }
    )


def _say_installed(app: App, target: InstallTarget, *, changed: bool) -> None:
    if not changed:
        app.say("Completion was already installed; nothing was changed.")
    app.say(f"The script is {target.script}")
    if target.startup and target.line:
        app.say(f"{target.startup} has this line:")
        app.dialogue.quote(target.line)
    app.say("It works in every new shell.")


def _say_removed(app: App, target: InstallTarget, *, changed: bool) -> None:
    if not changed:
        app.say("Completion was not installed; nothing was changed.")
        return
    app.done(f"Removed {target.script}")
    if target.startup:
        app.say(f"and its line in {target.startup}.")

"""Groups of commands, which answer a mistyped word with the one that was meant."""

from __future__ import annotations

import click

from awscreds.errors import UsageProblem
from awscreds.model.text import nearest, visible

LONGEST_COMMAND = 20


class Group(click.Group):
    """The same answer under every version of click, of which older ones suggest nothing."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            # What is too long for a command may be a secret, pasted a word too early.
            named = (
                f"command {visible(args[0])}" if len(args[0]) <= LONGEST_COMMAND else "such command"
            )
            within = "" if ctx.parent is None else f" in {ctx.command_path}"
            raise UsageProblem(
                f"there is no {named}{within}",
                code="no-such-command",
                hint=meant(args[0], names) or f"{ctx.command_path} --help lists them",
            )
        return super().resolve_command(ctx, args)


def no_such_option(error: click.NoSuchOption) -> UsageProblem:
    """Click's error in our words, with the option that was meant."""
    command = error.ctx.command if error.ctx else None
    parameters = command.get_params(error.ctx) if command and error.ctx else []
    flags = [flag for option in parameters for flag in option.opts if flag.startswith("--")]
    path = error.ctx.command_path if error.ctx else "awscreds"
    return UsageProblem(
        f"there is no option {visible(error.option_name)} of {path}",
        hint=meant(error.option_name, flags) or f"{path} --help",
    )


def meant(word: str, names: list[str]) -> str | None:
    """``did you mean list?``; None where nothing comes near."""
    close = nearest(word, names)
    return f"did you mean {' or '.join(close)}?" if close else None

"""The classes of all commands: how help is laid out, and how an unknown word is answered."""

from __future__ import annotations

import sys

import click

from awscreds.commands.suggestions import suggestion
from awscreds.errors import UsageError
from awscreds.model.text import escaped

LONGEST_COMMAND = 20
LONGEST_SUMMARY = 200
"""Characters, so that click cuts none off: a test holds each to its line."""


class GlobalOption(click.Option):
    """An option that means the same everywhere; help shows these in a section of their own."""


class _ForCaller(click.Command):
    """Shows its examples for the shell that called us: on Windows that is seldom sh."""

    def get_help(self, ctx: click.Context) -> str:
        text = super().get_help(ctx)
        if sys.platform == "win32":
            from awscreds.calling_shell import examples_for_caller

            text = examples_for_caller(text)
        return text


class Command(_ForCaller):
    """A command whose help has its own options first and the global ones last."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_options(self, ctx, formatter, are_global=False)
        _write_options(self, ctx, formatter, are_global=True)


class Group(_ForCaller, click.Group):
    """A group that answers unknown words the same under every version of click."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            raise self.unknown_command(ctx, args)
        return super().resolve_command(ctx, args)

    def unknown_command(self, ctx: click.Context, args: list[str]) -> UsageError:
        """The error for ``args`` if their first word is not a command of the group."""
        # What is too long for a command may be a secret, pasted a word too early.
        named = f" '{escaped(args[0])}'" if len(args[0]) <= LONGEST_COMMAND else ""
        if ctx.parent is None:
            message = f"unknown command{named}"
        else:
            message = f"{ctx.command_path} has no {'command' if named else 'such command'}{named}"
        return UsageError(
            message,
            code="no-such-command",
            hint=self.suggestion(ctx, args) or f"`{ctx.command_path} --help` shows all commands",
        )

    def suggestion(self, ctx: click.Context, args: list[str]) -> str | None:
        """What ``args`` may have meant; None if nothing comes near."""
        word, *rest = args
        if word == "help":
            return f"run: {_help_line(self, ctx, rest)}"
        group = ctx.command_path.partition(" ")[2]
        return suggestion(word, self.list_commands(ctx), group)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_options(self, ctx, formatter, are_global=False)
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter, are_global=True)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(LONGEST_SUMMARY))
                    for name, command in found
                    if command is not None and not command.hidden
                ]
            )


def _write_options(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, *, are_global: bool
) -> None:
    rows = [
        row
        for option in command.get_params(ctx)
        if isinstance(option, click.Option) and _is_global(option) == are_global
        for row in [option.get_help_record(ctx)]
        if row is not None
    ]
    if rows:
        with formatter.section("Global options" if are_global else "Options"):
            formatter.write_dl(rows)


def _is_global(option: click.Option) -> bool:
    return isinstance(option, GlobalOption) or "--help" in option.opts


def _help_line(group: click.Group, ctx: click.Context, words: list[str]) -> str:
    """``awscreds keys list --help`` for what follows ``help``, as far as it is a command."""
    path = ctx.command_path
    for word in words:
        if word not in group.list_commands(ctx):
            break
        path = f"{path} {word}"
        command = group.get_command(ctx, word)
        if not isinstance(command, click.Group):
            break
        group = command
    return f"{path} --help"


def no_such_option(error: click.NoSuchOption) -> UsageError:
    """Click's error in our words, with the option that was meant."""
    command = error.ctx.command if error.ctx else None
    parameters = command.get_params(error.ctx) if command and error.ctx else []
    flags = [flag for option in parameters for flag in option.opts if flag.startswith("--")]
    path = error.ctx.command_path if error.ctx else "awscreds"
    return UsageError(
        f"{path} has no option {escaped(error.option_name)}",
        hint=suggestion(error.option_name, flags) or f"{path} --help",
    )


def unexpected_argument(error: click.UsageError) -> UsageError:
    """Click's error in our words, without the unexpected argument: it may be a secret."""
    ctx = error.ctx
    path = ctx.command_path if ctx else "awscreds"
    parameters = ctx.command.params if ctx else []
    takes_profile = any("--profile" in option.opts for option in parameters)
    has_argument = any(argument.metavar == "[PROFILE]" for argument in parameters)
    meant = "if it is a profile, use --profile NAME; " if takes_profile and not has_argument else ""
    return UsageError(f"unexpected argument for {path}", hint=f"{meant}{path} --help")

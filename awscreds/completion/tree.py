"""The command tree for completion: names, options, and the kind of each value."""

from __future__ import annotations

from dataclasses import dataclass

import click

from awscreds.completion.values import AFTER_DASHES, COMMAND, kind_of

ROOT = ""


@dataclass(frozen=True)
class Option:
    """``--name``; ``kind`` says what its value is (see ``values``), None if it takes none."""

    name: str
    kind: str | None
    text: str
    repeats: bool


@dataclass(frozen=True)
class Argument:
    kind: str
    repeats: bool


@dataclass(frozen=True)
class Command:
    """``path`` is what is typed after ``awscreds``: ``configure set``; the root's is empty."""

    path: str
    text: str
    subcommands: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...]
    runs_command: bool
    """Whether another program's command line may follow ``--``."""


def read(root: click.Command) -> list[Command]:
    """``root`` and every command below it, each group before its commands."""
    context = click.Context(root, info_name="awscreds")
    return list(_read(root, context, ROOT))


def _read(command: click.Command, context: click.Context, path: str) -> list[Command]:
    below: list[tuple[str, click.Command]] = []
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                below.append((name, found))
    parameters = command.get_params(context)
    options = [p for p in parameters if isinstance(p, click.Option) and not p.hidden]
    arguments = [p for p in parameters if isinstance(p, click.Argument)]
    kinds = [kind_of(path, argument) for argument in arguments]
    commands = [
        Command(
            path,
            _first_sentence(command),
            tuple((name, _first_sentence(found)) for name, found in below),
            tuple(_option(path, option) for option in options),
            tuple(
                Argument(kind, argument.nargs == -1)
                for kind, argument in zip(kinds, arguments, strict=True)
                if kind != COMMAND
            ),
            COMMAND in kinds or path in AFTER_DASHES,
        )
    ]
    for name, found in below:
        inner = click.Context(found, info_name=name, parent=context)
        commands += _read(found, inner, f"{path} {name}".strip())
    return commands


def _option(path: str, option: click.Option) -> Option:
    takes_value = not option.is_flag and not option.count
    return Option(
        max(option.opts, key=len),
        kind_of(path, option) if takes_value else None,
        (option.help or "").rstrip("."),
        option.multiple,
    )


def _first_sentence(command: click.Command) -> str:
    return command.get_short_help_str(limit=200).rstrip(".")

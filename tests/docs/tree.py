"""The command tree as the reference and the man page show it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import click

WIDE = 10_000
"""Columns, so that click breaks no line: breaking is up to the page."""


@dataclass(frozen=True)
class Entry:
    """A command: ``path`` is what is typed after ``awscreds``; the root's is empty.

    ``text`` has its paragraphs in order. ``options`` are its own, as pairs of how one is typed and
    its help; ``shared`` are those of many commands, as they are typed.
    """

    path: str
    usage: str
    text: tuple[str, ...]
    examples: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    shared: tuple[str, ...]
    subcommands: tuple[str, ...]

    @property
    def summary(self) -> str:
        return self.text[0]


@dataclass(frozen=True)
class Tree:
    entries: tuple[Entry, ...]
    common_options: tuple[tuple[str, str], ...]
    """What every command takes, in the order of their help."""
    shared_options: tuple[tuple[str, str], ...]
    """What the root takes for those commands that have it: the same words everywhere."""


def read(root: click.Command) -> Tree:
    """Every command below ``root`` that is not hidden, each group before what it holds."""
    context = click.Context(
        root, info_name="awscreds", terminal_width=WIDE, **root.context_settings
    )
    found = list(_walk(root, context, ""))
    options = [_options(command, context) for _, command, context in found]
    common = [option for option in options[0] if all(option in each for each in options)]
    shared = [
        option
        for option in options[0]
        if option not in common and any(option in each for each in options[1:])
    ]
    return Tree(
        tuple(_entry(path, command, context, common, shared) for path, command, context in found),
        tuple(common),
        tuple(shared),
    )


def _walk(command, context, path):
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                inner = click.Context(below, info_name=name, parent=context, terminal_width=WIDE)
                yield from _walk(below, inner, f"{path} {name}".strip())


def _options(command, context):
    """How each option is typed, and its help. Not click's own text, which differs by version."""
    found = []
    for option in command.get_params(context):
        if isinstance(option, click.Option) and not option.hidden:
            value = "" if option.is_flag or option.count else f" {_value(option)}"
            typed = ", ".join(sorted(option.opts, key=len)) + value
            found.append((typed, (option.help or "") + (" Required." if option.required else "")))
    return found


def _stands_alone(context):
    """Whether a group does something without one of its commands."""
    return context.info_name in ("configure", "sandbox")


def _value(parameter):
    if parameter.metavar:
        return parameter.metavar
    if isinstance(parameter.type, click.Choice):
        return "|".join(parameter.type.choices)
    return (parameter.name or "").upper()


def _usage(command, context):
    if type(command).format_usage is not click.Command.format_usage:
        return " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    words = [context.command_path, "[OPTIONS]"]
    if isinstance(command, click.Group):
        words.append("[COMMAND]" if _stands_alone(context) else "COMMAND")
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Argument):
            word = _value(parameter) + (
                "..." if parameter.nargs == -1 and not parameter.metavar else ""
            )
            is_marked = parameter.required or word.startswith("[")
            words.append(word if is_marked else f"[{word}]")
    return " ".join(words)


def _entry(path, command, context, common, shared):
    text, examples = _parted(command.help or "")
    usage = _usage(command, context)
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    options = [option for option in _options(command, context) if option not in common]
    own = tuple(option for option in options if option not in shared)
    obeys = not isinstance(command, click.Group) or _stands_alone(context)
    others = tuple(option[0] for option in options if option in shared and obeys)
    return Entry(path, usage, text, examples, own, others, tuple(below))


def _parted(text):
    """The paragraphs of a help text, each on one line, and its examples."""
    paragraphs, examples = [], ()
    for block in inspect.cleandoc(text).split("\n\n"):
        lines = [line.strip() for line in block.replace("\b", "").splitlines() if line.strip()]
        if lines[:1] == ["Examples:"]:
            examples = tuple(lines[1:])
        elif lines:
            paragraphs.append(" ".join(lines))
    return tuple(paragraphs), examples

"""``docs/reference/commands.md``, made from the command tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.docs.tree import Tree

INTRODUCTION = """\
# Commands

Every command with its options. `awscreds COMMAND --help` prints the same text.
This page is generated from the program: `python -m tests.docs` writes it.
"""


def render(tree: Tree, groups: dict[str, dict[str, str]]) -> str:
    """The page. ``groups`` are the root's commands as its help orders them."""
    parts = [INTRODUCTION]
    for title, commands in groups.items():
        head = (f"**{title}**\n", "| Command | What it does |", "|---|---|")
        rows = [f"| [`{name}`](#{name}) | {escaped(text)} |" for name, text in commands.items()]
        parts.append("\n".join([*head, *rows]) + "\n")
    parts.append("## Options of every command\n\n" + _options(tree.common_options))
    parts.append("Many commands take these too:\n\n" + _options(tree.shared_options))
    parts += [_section(entry) for entry in tree.entries if entry.path]
    return "\n".join(parts)


def _section(entry):
    parts = [f"{'##' if ' ' not in entry.path else '###'} {entry.path}\n", f"    {entry.usage}\n"]
    parts += [f"{escaped(paragraph)}\n" for paragraph in entry.text]
    if entry.examples:
        parts.append("```sh\n" + "\n".join(entry.examples) + "\n```\n")
    if entry.options:
        parts.append(_options(entry.options))
    if entry.shared:
        also = ", ".join(f"`{typed}`" for typed in entry.shared)
        parts.append(f"Also: {also}.\n")
    return "\n".join(parts)


def _options(options):
    return "\n".join(f"- `{typed}`: {escaped(text)}" for typed, text in options) + "\n"


def escaped(text: str) -> str:
    """Text for Markdown: what has a meaning there, outside of `code`, loses it."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<>\[\]|])", r"\\\1", part)
        for part in parts
    )

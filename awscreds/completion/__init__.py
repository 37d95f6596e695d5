"""Completion scripts for four shells, generated from the command tree.

What a script does is written in the language of its shell, in a file of this folder. `tables` fills
in what there is to complete. TAB starts no Python: names come from the AWS files by grep and awk.

Read in this order: ``tree`` (the commands and options), ``values`` (what a value may be),
``tables`` (both in each shell's language), ``install``.
"""

from __future__ import annotations

import os

from awscreds.completion import tables
from awscreds.completion.tree import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import click

FILES = {
    "bash": "awscreds.bash",
    "zsh": "_awscreds",
    "fish": "awscreds.fish",
    "powershell": "awscreds.ps1",
}
"""The script of each shell, by the name that package managers give it."""


def script(shell: str, root: click.Command) -> str:
    """The completion script of the commands below ``root`` for one of the shells in ``FILES``."""
    commands = read(root)
    headers = _part("headers.awk")
    if shell == "bash":
        parts = {
            "TABLE": tables.bash(commands),
            "LISTS": tables.bash_lists(),
            "AWK": _quoted(_part("bash.awk") + headers),
            "USE": _part("use.sh"),
        }
    elif shell == "zsh":
        parts = {
            "TABLE": tables.zsh(commands),
            "LISTS": tables.zsh_lists(),
            "AWK": _quoted("function put(text) { print text }\n" + headers),
            "USE": _part("use.sh"),
        }
    elif shell == "fish":
        parts = {
            "TABLE": tables.fish(commands),
            "LISTS": tables.fish_lists(),
            "AWK": _quoted("function put(text) { print text }\n" + headers, escape="\\"),
        }
    else:
        parts = {"TABLE": tables.powershell(commands), "LISTS": tables.powershell_lists()}
    text = _part(f"{shell}.{tables.SUFFIXES[shell]}")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part.rstrip("\n"))
    if shell == "powershell":  # Windows PowerShell does not read it as UTF-8
        text = text.replace("…", "...")
    return text


def _part(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def _quoted(program: str, *, escape: str = "") -> str:
    """An awk program in single quotes, without its comments. It has no single quotes itself."""
    lines = [line for line in program.splitlines() if not line.startswith("#")]
    text = "\n".join(lines)
    if escape:  # fish knows an escape between single quotes too
        text = text.replace(escape, escape * 2)
    return f"'\n{text}\n'"

"""The command tree in the language of each shell.

All texts come from our own source. They are quoted anyway: help has apostrophes.
"""

from __future__ import annotations

from awscreds.completion.tree import Argument, Command, Option
from awscreds.completion.values import LISTS, PROFILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = {"bash": "sh", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}

USE = Command(
    "awscreds-use",
    "Load a profile's credentials into this shell",
    (),
    (Option("--off", None, "Remove the session from this shell", repeats=False),),
    (Argument(PROFILE, repeats=False),),
    runs_command=False,
)
"""The function in the same scripts."""


def bash(commands: Sequence[Command]) -> str:
    shared = _shared(commands)
    lines = [f"    local common='{' '.join(map(_spec, shared))}'", "    case $1 in"]
    for command in (*commands, USE):
        own, common = _own(command, shared)
        values = {
            "subcommands": [name for name, _ in command.subcommands],
            "options": [*map(_spec, own), *(["$common"] if common else [])],
            "arguments": [_starred(argument.kind, argument) for argument in command.arguments],
            "runs": ["1"] if command.runs_command else [],
        }
        lines.append(f"    '{command.path}')")
        for name, words in values.items():
            if words:
                quote = '"' if "$common" in words else "'"
                lines.append(f"        {name}={quote}{' '.join(words)}{quote}")
        lines.append("        ;;")
    return "\n".join([*lines, "    esac"])


def bash_lists() -> str:
    return "\n".join(
        f'    {kind}) _awscreds_offer "$2" {_blanks(LISTS[kind])} ;;' for kind in LISTS
    )


def _blanks(kind: str) -> str:
    return kind.replace(",", " ")


def _spec(option: Option) -> str:
    """``--json``, ``--profile=@profile``, ``--to=keyring,vault``; a star if it may repeat."""
    name = option.name if option.kind is None else f"{option.name}={option.kind}"
    return _starred(name, option)


def _starred(text: str, parameter: Option | Argument) -> str:
    return f"{text}*" if parameter.repeats else text


def _shared(commands: Sequence[Command]) -> list[Option]:
    """The options that every command has: they are written once."""
    return [o for o in commands[0].options if all(o in c.options for c in commands)]


def _own(command: Command, shared: Sequence[Option]) -> tuple[list[Option], bool]:
    """A command's options without the shared ones, if it has all of these, and whether it has."""
    if all(option in command.options for option in shared):
        return [option for option in command.options if option not in shared], True
    return list(command.options), False


def zsh(commands: Sequence[Command]) -> str:
    shared = _shared(commands)
    lines = ["    local -a common=(", *_zsh_options(shared, " " * 8), "    )", "    case $1 in"]
    for command in (*commands, USE):
        own, common = _own(command, shared)
        lines.append(f"    '{command.path}')")
        if command.subcommands:
            lines.append("        subcommands=(")
            lines += [
                f"            {_zsh_quoted(f'{name}:{text}')}" for name, text in command.subcommands
            ]
            lines.append("        )")
        lines += ["        opts=(", *_zsh_options(own, " " * 12)]
        lines += ["            $common"] if common else []
        lines.append("        )")
        if command.arguments:
            kinds = " ".join(f"'{_starred(a.kind, a)}'" for a in command.arguments)
            lines.append(f"        arguments=({kinds})")
        if command.runs_command:
            lines.append("        runs=1")
        lines.append("        ;;")
    return "\n".join([*lines, "    esac"])


def zsh_lists() -> str:
    return "\n".join(f"        {kind}) values=({_blanks(LISTS[kind])}) ;;" for kind in LISTS)


def _zsh_options(options: Sequence[Option], indent: str) -> list[str]:
    return [f"{indent}{_zsh_quoted(f'{_spec(option)}:{option.text}')}" for option in options]


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def fish(commands: Sequence[Command]) -> str:
    shared = _shared(commands)
    lines = ["    set -l common \\", *_fish_options(shared, " " * 8)]
    lines[-1] = lines[-1].removesuffix(" \\")
    lines.append("    switch $argv[1]")
    for command in (*commands, USE):
        own, common = _own(command, shared)
        lines.append(f"        case '{command.path}'")
        values = {
            "subcommands": [_fish_quoted(f"{n}:{text}") for n, text in command.subcommands],
            "options": [_fish_quoted(f"{_spec(option)}:{option.text}") for option in own],
            "arguments": [f"'{_starred(a.kind, a)}'" for a in command.arguments],
            "runs": ["1"] if command.runs_command else [],
        }
        values["options"] += ["$common"] if common else []
        for name, words in values.items():
            if words:
                joined = " \\\n                ".join(words)
                lines.append(f"            set {name} {joined}")
    return "\n".join([*lines, "    end"])


def fish_lists() -> str:
    return "\n".join(
        f"        case {kind}\n            printf '%s\\n' $argv[2]{{{LISTS[kind]}}}"
        for kind in LISTS
    )


def _fish_options(options: Sequence[Option], indent: str) -> list[str]:
    return [f"{indent}{_fish_quoted(f'{_spec(option)}:{option.text}')} \\" for option in options]


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell(commands: Sequence[Command]) -> str:
    shared = _shared(commands)
    lines = ["    $common = @(", *_powershell_options(shared, " " * 8), "    )"]
    lines.append("    switch -CaseSensitive ($Path) {")
    for command in (*commands, USE):
        own, common = _own(command, shared)
        lines.append(f"        '{command.path}' {{")
        if command.subcommands:
            lines.append("            $found.Subcommands = @(")
            lines += [
                f"                {_powershell_quoted(f'{name}:{text}')}"
                for name, text in command.subcommands
            ]
            lines.append("            )")
        lines += ["            $found.Options = @(", *_powershell_options(own, " " * 16)]
        lines.append("            ) + $common" if common else "            )")
        if command.arguments:
            kinds = ", ".join(f"'{_starred(a.kind, a)}'" for a in command.arguments)
            lines.append(f"            $found.Arguments = @({kinds})")
        if command.runs_command:
            lines.append("            $found.Runs = $true")
        lines.append("        }")
    return "\n".join([*lines, "    }"])


def powershell_lists() -> str:
    return "\n".join(f"        '{kind}' {{ '{LISTS[kind]}' -split ',' }}" for kind in LISTS)


def _powershell_options(options: Sequence[Option], indent: str) -> list[str]:
    return [f"{indent}{_powershell_quoted(f'{_spec(o)}:{o.text}')}" for o in options]


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\u2019", "\u2019\u2019") + "'"

r"""Variables as text that a shell or a program reads.

``eval $(awscreds mfa-session)`` has no quotes, so the shell itself rewrites our text before
``eval`` sees it: it splits it at blanks and line breaks, treats each word as a file-name pattern,
in some shells expands braces, and ``eval`` joins the rest with single blanks. So, for sh:

- Values are between single quotes, and have only characters that none of these steps changes, not
  even with zsh's GLOB_SUBST. Runs of blanks and line breaks are not among them.
- Any other character is written in octal for ``printf %b``: splitting, patterns and back quotes do
  not change a backslash before a digit, and dash has no ``$'…'``. The double quotes around it
  prevent that the result is split (IFS may be anything) or its tilde expanded (GLOB_SUBST).
- There may be any number of blanks or line breaks between words and statements.

sh, fish, PowerShell and cmd get plain ASCII, which is right in any locale and code page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from awscreds.errors import AwscredsError
from awscreds.model.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=-]*(?: [A-Za-z0-9][A-Za-z0-9_./:@%+=-]*)*")
"""Values that need no escapes for sh: keys, tokens, times, most names."""

_CMD_LINE = 8191
"""The longest line of cmd.exe.
https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation
"""


def statements(
    format: str,  # noqa: A002 - the name of the option
    *,
    assign: Mapping[str, str],
    remove: Sequence[str] = (),
) -> str:
    """The text that sets the variables ``assign`` and removes those named in ``remove``.

    - ``sh``: for ``eval $(…)``, with or without quotes, in bash, zsh, dash, ksh93 and mksh.
    - ``fish``: for ``… | source``; ``powershell``: for ``… | Out-String | iex``.
    - ``cmd``: lines ``set "K=v"``, for a batch file or ``for /f "delims=" %i in (…) do @%i``.
    - ``json``: one object of the variables in ``assign``.
    - ``dotenv``: the same as lines ``K=v``, unquoted, for ``docker --env-file``.

    The last two are data and cannot remove a variable. A shell that has nothing to do gets a
    comment, because PowerShell's ``iex`` refuses an empty text. Values may hold surrogate escapes
    (bytes of the environment that are not text); sh and fish restore those bytes.
    Raises AwscredsError, without the value, if the format cannot express a value.
    """
    rules = FORMATS[format]
    if rules.assign is None:
        return json.dumps(dict(assign), indent=2) + "\n"
    lines = []
    for name, value in assign.items():
        try:
            lines.append(rules.assign(name, value))
        except _CannotCarry as reason:
            raise AwscredsError(
                f"{name} cannot be printed in the format {format}: its value {reason}",
                code="format-cannot-carry",
                hint="use another --format, or run the command with `awscreds exec PROFILE -- …`",
            ) from None
    if remove and rules.remove:
        lines.append(rules.remove(remove))
    if not lines and rules.remove:
        lines.append(f"{rules.comment} awscreds: nothing to change")
    return "".join(f"{line}\n" for line in lines)


def failure(format: str, exit_code: int) -> str:  # noqa: A002 - the name of the option
    """What to print when a command fails with ``exit_code``: a statement that fails.

    ``eval $(…)`` ends with the status of what was printed, not of what printed it. ``format`` may
    be unknown: that is then why the command failed.
    """
    rules = FORMATS.get(format)
    return (rules.failure if rules else Format.failure).format(exit_code=exit_code)


class _CannotCarry(Exception):
    """What a value has that a format cannot express."""


def _bytes(value: str) -> bytes:
    try:
        encoded = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise _CannotCarry("is not text") from None
    if b"\0" in encoded:
        raise _CannotCarry("has a NUL character, which is not allowed in an environment variable")
    return encoded


def _text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise _CannotCarry("is not text")
    if "\0" in value:
        raise _CannotCarry("has a NUL character, which is not allowed in an environment variable")
    return value


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """The pieces of ``text``, each with whether it is printable ASCII."""
    for piece in re.findall(r"[ -~]+|[^ -~]+", text):
        yield " " <= piece[0] <= "~", piece


def _sh(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"export {name}='{value}';"
    guard, unguard = "", ""
    if value.endswith("\n"):  # which `…` would remove
        guard, unguard = ".", f' {name}="${{{name}%.}}";'
    spelled = "".join(
        char if _PLAIN.fullmatch(char) else f"\\0{ord(char):03o}"
        for char in _bytes(value + guard).decode("latin-1")
    )
    # A separate assignment, because `export` would hide that printf failed.
    return f"{name}=\"`printf %b '{spelled}'`\";{unguard} export {name};"


def _sh_remove(names: Sequence[str]) -> str:
    # -v, because bash would remove a function of that name if there is no variable.
    return f"unset -v {' '.join(names)};"


def _fish(name: str, value: str) -> str:
    r"""Printable ASCII between single quotes, where only ``\`` and ``'`` are special; else escapes.

    ``eval (…)`` splits at line breaks, so a line break between quotes would be lost.
    https://fishshell.com/docs/current/language.html#quotes
    """
    pieces = [
        "'" + piece.replace("\\", "\\\\").replace("'", "\\'") + "'"
        if printable
        else "".join(f"\\X{ord(char):02x}" for char in piece)
        for printable, piece in _runs(_bytes(value).decode("latin-1"))
    ]
    return f"set -gx {name} {''.join(pieces) or _EMPTY};"


def _fish_remove(names: Sequence[str]) -> str:
    # A universal variable belongs to every fish of the user, now and later: do not erase it.
    # An `if` that does not apply leaves the status 0, so `… | source; and next` goes on.
    return (
        f"begin; set -l name; for name in {' '.join(names)};"
        " if set -qg $name; set -eg $name; end;"
        " if set -qU $name;"
        " echo awscreds: $name is a universal variable and stays. set -eU $name removes it. >&2;"
        " end; end; end;"
    )


def _powershell(name: str, value: str) -> str:
    """Printable ASCII between single quotes, the rest as UTF-16 units.

    PowerShell decodes our output by the console's code page, treats U+2018 to U+201B like ``'``,
    and ``iex`` without ``Out-String`` runs every line on its own.
    https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    """
    terms = []
    for printable, piece in _runs(_text(value)):
        if printable:
            terms.append("'" + piece.replace("'", "''") + "'")
        else:
            units = piece.encode("utf-16-be").hex(" ", 2).split()
            terms += [f"[char]0x{unit}" for unit in units]
    if not terms or not terms[0].startswith("'"):
        terms.insert(0, _EMPTY)  # the first term makes + join texts, not add numbers
    return f"$Env:{name} = {' + '.join(terms)};"


def _powershell_remove(names: Sequence[str]) -> str:
    return " ".join(f"$Env:{name} = $null;" for name in names)


def _cmd(name: str, value: str) -> str:
    """Within double quotes, only a few characters are special for cmd.exe.

    Their escapes differ between a batch file (``%%``), ``for /f`` (``%``) and delayed expansion
    (``^!``), and a quote has no escape. What is not ASCII depends on the code page.
    https://learn.microsoft.com/windows-server/administration/windows-commands/set_1
    """
    for char in value:
        if char in '"%!':
            raise _CannotCarry(f"has a {char}, which cmd.exe cannot quote reliably")
        if not " " <= char <= "~":
            raise _CannotCarry("has a character that is not printable ASCII")
    line = f'set "{name}={value}"'
    if len(line) > _CMD_LINE:
        raise _CannotCarry(f"is too long for cmd.exe (at most {_CMD_LINE} characters in a line)")
    return line


def _cmd_remove(names: Sequence[str]) -> str:
    return "\n".join(f'set "{name}="' for name in names)


def _dotenv(name: str, value: str) -> str:
    """As Docker reads it: everything after ``=`` to the end of the line, in UTF-8.

    https://docs.docker.com/reference/cli/docker/container/run/#env
    """
    if "\n" in value or value.endswith("\r"):
        raise _CannotCarry("has a line break, and the format has no quotes")
    return f"{name}={_text(value)}"


_EMPTY = "''"


@dataclass(frozen=True)
class Format:
    """How variables are written for one shell or for programs. A new format is one more of these.

    ``title`` is what help calls it, and ``programs`` are the shells that it is chosen for. ``load``
    is what a person types to run ``command`` and load what it prints.
    """

    title: str
    assign: Callable[[str, str], str] | None
    """The statement for a name and its value; None: all variables are one JSON object."""
    remove: Callable[[Sequence[str]], str] | None = None
    """The statement that removes names; None: the format is data, and cannot remove any."""
    comment: str = "#"
    failure: str = "false"
    load: str = "{command} --reveal"
    programs: tuple[str, ...] = ()

    @property
    def is_data(self) -> bool:
        return self.remove is None


FORMATS = {
    "sh": Format(
        "sh (bash, zsh, dash, ksh)",
        _sh,
        _sh_remove,
        load="eval $({command})",
        programs=("sh", "bash", "zsh", "dash", "ash", "ksh", "ksh93", "mksh", "busybox"),
    ),
    "fish": Format("fish", _fish, _fish_remove, load="{command} | source", programs=("fish",)),
    "powershell": Format(
        "powershell",
        _powershell,
        _powershell_remove,
        failure="throw 'awscreds failed (exit {exit_code})';",
        load="{command} | Out-String | iex",
        programs=("pwsh", "powershell"),
    ),
    "cmd": Format(
        "cmd",
        _cmd,
        _cmd_remove,
        comment="rem",
        load="for /f \"delims=\" %i in ('{command}') do @%i",
        programs=("cmd",),
    ),
    "json": Format("json", None),
    "dotenv": Format("dotenv", _dotenv),
}
"""By the name that ``--format`` takes."""


def format_of(program: str) -> str | None:
    """The format for the shell ``program``; None if it is not a shell that we know."""
    return next((name for name, rules in FORMATS.items() if program in rules.programs), None)


def with_variable(format: str, name: str, value: str, command: str) -> str:  # noqa: A002 - as above
    """What a person types in a shell to run ``command`` with a variable.

    In PowerShell and cmd.exe the variable stays. Where ``format`` cannot express the value, the
    command has a placeholder for it.
    """
    if format in ("powershell", "cmd"):
        try:
            assignment = FORMATS[format].assign(name, value)  # type: ignore[misc]  # both have one
        except _CannotCarry:
            assignment = f'set "{name}=PATH"'
        return f"{assignment} {'' if format == 'powershell' else '& '}{command}"
    return f"{name}={quoted(value)} {command}"

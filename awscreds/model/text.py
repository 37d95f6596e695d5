"""Text from files, AWS and child processes, made safe to show to a person."""

from __future__ import annotations

import sys

_INVISIBLE = (
    (0x34F, 0x34F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2800, 0x2800),  # the Braille pattern without a dot
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),
    (0x13441, 0x13442),  # Egyptian blanks
    (0x16FE4, 0x16FE4),
    (0x1D159, 0x1D159),  # a note without a head
    (0xE0100, 0xE01EF),
)
"""Characters that are printable for Python but invisible, so that two names look the same: those of
Unicode's Default_Ignorable_Code_Point for which ``str.isprintable`` is true, and blanks that are
letters, marks or symbols. Controls, bidi and zero-width characters and other spaces are not
printable.

https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
"""


def escaped(text: str) -> str:
    """``text`` on one line, with control, bidi and invisible characters and stray bytes escaped.

    Escaped text stays the same. The writers of messages, prompts and tables call it. Others call it
    only if they need the length of what will be shown, or a word for a shell.
    """
    if text.isascii() and text.isprintable():
        return text
    shown, is_after_letter = [], False
    for char in text:
        is_plain = _is_plain(char) and (is_after_letter or not _combines(char))
        shown.append(char if is_plain else _escape(char))
        is_after_letter = is_plain and (char.isalnum() or _combines(char))
    return "".join(shown)


def quoted(name: str) -> str:
    """``name`` as one word of a command to copy into a shell. It is never code there."""
    if sys.platform == "win32":
        return quoted_on_windows(escaped(name))
    from shlex import quote

    return quote(escaped(name))


def quoted_on_windows(word: str) -> str:
    """``word`` for PowerShell, cmd.exe and the bash of Git for Windows.

    They share double quotes, and no way to write what at least one of them obeys in these: any
    double quotation mark of Unicode, ``$`` and back quotes are escaped, so that the word is code
    nowhere, and nobody's name any more. The program takes a backslash before a quote for its own.
    https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    """
    import re

    if re.fullmatch(r"[A-Za-z0-9_./:\\+=-][A-Za-z0-9_./:\\+=@-]*", word):
        return word
    word = re.sub('["$`\u201c-\u201e]', lambda found: _escape(found[0]), word)
    return '"' + re.sub(r"(\\+)\Z", r"\1\1", word) + '"'


def columns(text: str) -> int:
    """The columns that ``text`` takes in a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


COMMANDS = (
    *("configure", "list", "profile", "mfa-session", "export", "exec", "sessions", "whoami"),
    *("credential-process", "rotate", "keys", "policy", "store", "unlock", "lock", "completion"),
    *("sandbox", "doctor", "status", "mfa", "migrate", "import", "login", "logout"),
    *("sso", "console"),
)
"""The words that may follow ``awscreds`` in a command. With other words it is a sentence."""
_OTHERS = "attrib|aws|chmod|curl|del|eval|for /f|icacls|ls|mv|ren|rm|sudo"
_COMMAND = rf"(?:awscreds (?:{'|'.join(COMMANDS)})|{_OTHERS})\b"
_UNIT = (
    rf"(?:\A|(?<=: )|(?<=then )){_COMMAND}.*?(?:;(?= )|,(?= or )|\.(?= )|$)"
    r"|(?:[^\s`]*`[^`]*`)+\S*|--[a-z-]+ [A-Z]+\b\S*|\S+"
)
"""What is never broken: commands, also in backticks, options with their values, and words."""


def wrapped(line: str, width: int, *, used: int = 0) -> list[str]:
    """``line`` broken into lines of at most ``width`` columns, but never inside a word or command.

    ``used`` columns of the first line are taken. A command at the end gets its own line. The
    terminal wraps what is wider than a line, and joins it again when it is copied.
    """
    import re

    if used + columns(line) <= width:
        return [line]
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    units = re.findall(_UNIT, text)
    command = units.pop() if len(units) > 1 and re.match(_COMMAND, units[-1]) else None
    hanging = indent or " " * used
    lines, current, room = [], "", width - used
    for unit in units:
        joined = f"{current} {unit}" if current else f"{indent}{unit}"
        if current and columns(joined) > room:
            lines.append(current)
            joined, room = f"{hanging}{unit}", width
        current = joined
    lines.append(current)
    return [*lines, f"{hanging}  {command}"] if command else lines


def _is_plain(char: str) -> bool:
    code = ord(char)
    return char.isprintable() and not any(first <= code <= last for first, last in _INVISIBLE)


def _combines(char: str) -> bool:
    """Whether ``char`` is drawn on the character before it, like an accent."""
    if char.isascii():
        return False
    from unicodedata import category

    return category(char) in ("Mn", "Me", "Mc")


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, from surrogateescape
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def nearest(name: str, names: list[str], limit: int = 3) -> list[str]:
    """The names that ``name`` may mean, best first: those that begin with it, then similar ones."""
    import difflib

    folded: dict[str, str] = {}
    for candidate in names:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = name.casefold()
    begun = sorted((each for each in folded if wanted and each.startswith(wanted)), key=len)
    alike = difflib.get_close_matches(wanted, list(folded), n=limit, cutoff=0.6)
    return [folded[match] for match in dict.fromkeys([*begun, *alike])][:limit]

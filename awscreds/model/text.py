"""Text from files, AWS and children, made safe to show to a person."""

from __future__ import annotations

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
"""What is printable to Python and shows nothing, so that two names look alike: of Unicode's
Default_Ignorable_Code_Point those that ``str.isprintable`` lets pass, and blanks that are letters,
marks or symbols. Controls, bidi and zero-width characters and other spaces are not printable.

https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
"""


def escaped(text: str) -> str:
    """``text`` on one line, with control, bidi and invisible characters and stray bytes escaped.

    What has been through it passes unchanged. The writers of messages, prompts and tables call it;
    others only where they need the length of what will be shown, or a word for a shell.
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
    """``name`` as one word of a command to copy into a shell, where it is never code."""
    from shlex import quote

    return quote(escaped(name))


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


COMMANDS = (
    *("configure", "list", "profile", "mfa-session", "export", "exec", "sessions", "whoami"),
    *("credential-process", "rotate", "keys", "policy", "store", "unlock", "lock", "completion"),
    "sandbox",
)
"""What follows ``awscreds`` in a command: other words make a sentence of it."""
_COMMAND = rf"(?:awscreds (?:{'|'.join(COMMANDS)})|aws|chmod|curl|eval|ls|mv|rm|sudo)\b"
_UNIT = (
    rf"(?:\A|(?<=: )|(?<=then )){_COMMAND}.*?(?:;(?= )|,(?= or )|\.(?= )|$)"
    r"|(?:[^\s`]*`[^`]*`)+\S*|--[a-z-]+ [A-Z]+\b\S*|\S+"
)
"""What is never broken: commands, those in backticks too, options with their value, words."""


def wrapped(line: str, width: int, *, used: int = 0) -> list[str]:
    """``line`` broken into lines of at most ``width`` columns, but never in a word or command.

    ``used`` columns of the first line are taken. A command at the end has a line of its own. What
    is wider than a line is left to the terminal, which joins it again when it is copied.
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
    """Whether ``char`` is drawn on the one before it: a quote, say, or a blank."""
    if char.isascii():
        return False
    from unicodedata import category

    return category(char) in ("Mn", "Me", "Mc")


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def nearest(name: str, names: list[str], limit: int = 3) -> list[str]:
    """The names that ``name`` may have meant, best first: those that begin with it, then alike."""
    import difflib

    folded: dict[str, str] = {}
    for candidate in names:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = name.casefold()
    begun = sorted((each for each in folded if wanted and each.startswith(wanted)), key=len)
    alike = difflib.get_close_matches(wanted, list(folded), n=limit, cutoff=0.6)
    return [folded[match] for match in dict.fromkeys([*begun, *alike])][:limit]

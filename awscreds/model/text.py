"""Text from files, AWS and children, made safe to show to a person."""

from __future__ import annotations

# Bidirectional controls (Unicode TR9) and the zero-width characters: they reorder or hide what
# stands around them, so that a name can look like another.
_DECEPTIVE = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def visible(text: str) -> str:
    """``text`` with control, bidi and invisible characters, and stray bytes, written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_plain(char) else _escape(char) for char in text)


def word(name: str) -> str:
    """``name`` as one word of a command to copy into a shell, where it is never code."""
    from shlex import quote

    return quote(visible(name))


def _is_plain(char: str) -> bool:
    return char not in _DECEPTIVE and (char.isprintable() or char == " ")


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def nearest(name: str, names: list[str], limit: int = 3) -> list[str]:
    """The names that ``name`` may have meant, best first."""
    import difflib

    folded: dict[str, str] = {}
    for candidate in names:
        folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), list(folded), n=limit, cutoff=0.6)
    return [folded[match] for match in found]

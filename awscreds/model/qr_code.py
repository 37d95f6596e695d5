"""The QR code by which an authenticator app takes a TOTP seed, for a terminal.

The key URI is Google's, which all apps read:
https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

from __future__ import annotations

from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ISSUER = "AWS"

QUIET = 2
"""Modules of white around the code. The standard wants 4, but only to tell it from its
surroundings, and a terminal's other text is further away."""

BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
"""Colours of the fixed part of the palette of 256: no theme changes them, and a code in a theme's
colours would be inverted on a dark terminal."""
PLAIN = "\x1b[0m"

_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def key_uris(seed: str, user_name: str, account: str) -> list[tuple[str, ...]]:
    """The URI of a seed in parts, the most telling one first, then shorter ones.

    The seed is a part of its own: it needs fewer modules as upper-case letters.
    """
    whole, short = f"{user_name}@{account}", user_name[:24]
    variants = ((whole, f"&issuer={ISSUER}"), (whole, ""), (short, ""))
    return [
        (f"otpauth://totp/{ISSUER}:{quote(label, safe='@')}?secret=", seed.rstrip("="), *end)
        for label, issuer in variants
        for end in [(issuer,) if issuer else ()]
    ]


def drawn(seed: str, user_name: str, account: str, *, columns: int, rows: int) -> list[str] | None:
    """The QR code in lines with their colours; None if a terminal of this size has no room."""
    for parts in key_uris(seed, user_name, account):
        lines = _half_blocks(_matrix(parts))
        if len(lines) <= rows and len(lines[0]) <= columns:
            return [f"{BLACK_ON_WHITE}{line}{PLAIN}" for line in lines]
    return None


def _matrix(parts: tuple[str, ...]) -> list[list[bool]]:
    """The modules with the white around them; True is black."""
    import segno

    # Its stubs know only texts; its documentation has sequences of segments, too.
    content: Any = parts
    code = segno.make(content, error="L", boost_error=False, micro=False)
    side = [False] * QUIET
    rows = [[*side, *(module & 1 == 1 for module in row), *side] for row in code.matrix]
    blank = [[False] * len(rows[0])] * QUIET
    return [*blank, *rows, *blank]


def _half_blocks(matrix: list[list[bool]]) -> list[str]:
    """Two rows of modules in a line: a character is twice as high as wide."""
    pairs = [*matrix, [False] * len(matrix[0])] if len(matrix) % 2 else matrix
    return [
        "".join(_HALVES[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(pairs[::2], pairs[1::2], strict=True)
    ]

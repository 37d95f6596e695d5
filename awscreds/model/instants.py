"""Points in time and spans of it, as text."""

from __future__ import annotations

import time

from awscreds.errors import UsageProblem

_LONGEST = 12
"""Characters that say any span anyone can mean; a longer text is a mistake."""

DAY = 86_400
"""Seconds."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def iso(seconds: float) -> str:
    """``seconds`` since the epoch as ISO 8601 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def epoch(text: str) -> float | None:
    """The seconds since the epoch that ISO 8601 text stands for; None for anything else."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def seconds_of(text: str) -> int:
    """The seconds that ``3600``, ``90m``, ``12h``, ``7d`` or ``1h30m`` stand for.

    Raises UsageProblem for anything else, and for none.
    """
    total, digits = 0, ""
    if len(text) > _LONGEST:
        raise _not_a_span("that")
    for char in text.strip().lower():
        if char.isascii() and char.isdigit():
            digits += char
        elif char in _UNITS and digits:
            total += int(digits) * _UNITS[char]
            digits = ""
        else:
            raise _not_a_span(text)
    if digits:
        if total:
            raise _not_a_span(text)
        total = int(digits)
    if not total:
        raise _not_a_span(text)
    return total


def _not_a_span(text: str) -> UsageProblem:
    return UsageProblem(
        f"{text} is no span of time", code="bad-duration", hint="like 3600, 90m, 12h or 7d"
    )

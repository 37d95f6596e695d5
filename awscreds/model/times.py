"""Points in time and durations, as text."""

from __future__ import annotations

import time

from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400
"""Seconds."""

LONGEST = 3650 * DAY
"""The longest duration that is accepted, in seconds: a longer one is a typing error."""

_UNITS = (("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1))
_SIZES = {
    spelling: size
    for name, size in _UNITS
    for spelling in (name[0], name, f"{name}s", *((name[:3],) if size < 3600 else ()))
}
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_QUOTABLE = 12
"""A longer text is not quoted in a message: it may be a secret, pasted in the wrong place."""


def format_iso(seconds: float) -> str:
    """``seconds`` since the epoch as ISO 8601 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_iso(text: str) -> float | None:
    """The seconds since the epoch of a time in ISO 8601; None for anything else."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def parse_duration(text: str, *, bare_seconds: bool = False, example: str = "90d") -> int:
    """The seconds of ``90m``, ``12h``, ``1h30m``, ``7 days``: what ``format_duration`` prints too.

    The units are days, hours, minutes and seconds, each once, the largest first. A number without
    a unit is seconds with ``bare_seconds``, else it is refused. Raises UsageError for anything
    else, for an empty text and for more than ten years.
    """
    lowered = text.strip().lower()
    digits, rest = _take(lowered, _DIGITS)
    if digits and not rest and not _is_zero(digits) and len(digits) <= _QUOTABLE:
        if not bare_seconds:
            raise _bad_duration(
                f"{text.strip()} needs a unit, like {example}", "the units are d, h, m and s"
            )
        lowered += "s"
    total, last = 0, LONGEST
    for count, unit in _parts(lowered):
        size = _SIZES.get(unit, LONGEST)
        if not count or size >= last or len(count) > _QUOTABLE:
            raise _not_a_duration(text)
        total, last = total + int(count) * size, size
    if not total:
        raise _not_a_duration(text)
    if total > LONGEST:
        raise _bad_duration(
            f"{format_duration(total)} is too long",
            f"use at most ten years, like {LONGEST // DAY}d",
        )
    return total


def format_duration(seconds: float, *, short: bool = False, parts: int = 4) -> str:
    """``1 hour 30 minutes``, or ``1h 30m`` if ``short``: only the largest ``parts`` units.

    ``parse_duration`` reads it back.
    """
    left = max(0, int(seconds))
    shown = []
    for name, size in _UNITS:
        if size == DAY and left < 2 * DAY:
            continue  # AWS and people say 36 hours
        count, left = divmod(left, size)
        if count:
            plural = "" if count == 1 else "s"
            shown.append(f"{count}{name[0]}" if short else f"{count} {name}{plural}")
    return " ".join(shown[:parts]) or ("0s" if short else "0 seconds")


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each number with its unit, as they were typed; blanks around either do not matter."""
    while text:
        count, text = _take(text, _DIGITS)
        unit, text = _take(text.lstrip(" "), _LETTERS)
        yield count, unit
        if not (count and unit):
            return
        text = text.lstrip(" ")


def _take(text: str, allowed: str) -> tuple[str, str]:
    """The longest beginning of ``text`` in ``allowed`` characters, and the rest."""
    rest = text.lstrip(allowed)
    return text[: len(text) - len(rest)], rest


def _is_zero(digits: str) -> bool:
    return not digits.strip("0")


def _not_a_duration(text: str) -> UsageError:
    what = repr(text.strip()) if len(text) <= _QUOTABLE else "that"
    return _bad_duration(f"{what} is not a duration", "use a duration like 90m, 12h or 7d")


def _bad_duration(message: str, hint: str) -> UsageError:
    return UsageError(message, code="bad-duration", hint=hint)

"""What an answer of AWS may hold. A proxy or a login page may answer in its place.

Raise LookupError for anything else; `awscreds.aws.errors.unusable_answer` turns it into our error.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LAST_SECOND = 253402300799
"""The end of the year 9999: no answer of AWS has more seconds."""
_LONGEST = 366 * 24 * 3600
"""Seconds that nothing AWS gives is valid for."""


def text(answer: Mapping[str, Any], name: str) -> str:
    """A text, which is not empty."""
    value = answer[name]
    if not isinstance(value, str) or not value:
        raise LookupError(name)
    return value


def lifetime(answer: Mapping[str, Any], name: str) -> int:
    """How many seconds something is valid."""
    return _whole(answer, name, _LONGEST)


def instant(answer: Mapping[str, Any], name: str) -> int:
    """A time in seconds UTC."""
    return _whole(answer, name, _LAST_SECOND)


def instant_in_milliseconds(answer: Mapping[str, Any], name: str) -> float:
    """A time that AWS gives in milliseconds, in seconds UTC."""
    return _whole(answer, name, _LAST_SECOND * 1000) / 1000


def _whole(answer: Mapping[str, Any], name: str, most: int) -> int:
    value = answer[name]
    if type(value) is not int or not 0 < value <= most:
        raise LookupError(name)
    return value

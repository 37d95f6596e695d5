"""Time-based one-time passwords as AWS's virtual MFA devices make them.

RFC 6238 with its defaults: HMAC-SHA-1, 30-second steps from the epoch, six digits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

STEP = 30
"""Seconds for which a code is shown."""

DIGITS = 6


def step_at(seconds: float) -> int:
    """The number of the step that ``seconds`` since the epoch falls in."""
    return int(seconds // STEP)


def code(seed: str, step: int) -> str:
    """The six digits of a step. ``seed`` is base32, as AWS hands it out (RFC 4226, section 5.3)."""
    key = base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(seed: str, digits: str, candidates: range) -> int | None:
    """The earliest of the steps ``candidates`` with the code ``digits``."""
    for step in candidates:
        if hmac.compare_digest(code(seed, step).encode(), digits.encode()):
            return step
    return None

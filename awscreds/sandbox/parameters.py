"""The parameters of a call, read as AWS reads them, and refused in its words."""

from __future__ import annotations

import re
from typing import NoReturn

from awscreds.sandbox.responses import Refusal, validation_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_SESSION = 900
"""Seconds."""

LONGEST_POLICY = 2048
"""Characters."""


def wanted(params: Mapping[str, str], name: str) -> str:
    """The required parameter ``name``."""
    if not params.get(name):
        member = name[0].lower() + name[1:]
        raise validation_error(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            "Member must not be null"
        )
    return params[name]


def duration(params: Mapping[str, str], default: int, longest: int) -> int:
    """DurationSeconds, from SHORTEST_SESSION to ``longest``."""
    text = params.get("DurationSeconds", str(default))
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Refusal("MalformedInput", "Invalid Argument")
    if int(text) < SHORTEST_SESSION:
        refuse(text, "durationSeconds", f"Member must have value greater than or equal to "
                    f"{SHORTEST_SESSION}")  # fmt: skip
    if int(text) > longest:
        refuse(text, "durationSeconds", f"Member must have value less than or equal to "
                    f"{longest}")  # fmt: skip
    return int(text)


def federation_name(params: Mapping[str, str]) -> str:
    """The name that GetFederationToken gives; its policy is checked, too."""
    name, policy = wanted(params, "Name"), params.get("Policy", "")
    if not re.fullmatch(r"[\w+=,.@-]{2,32}", name, re.ASCII):
        refuse(name, "name", r"Member must satisfy regular expression pattern: [\w+=,.@-]*")
    if len(policy) > LONGEST_POLICY:
        rule = f"Member must have length less than or equal to {LONGEST_POLICY}"
        refuse("****", "policy", rule)
    return name


def require_digits(name: str, value: str) -> None:
    """Refuse a ``value`` that cannot be an MFA code."""
    if not re.fullmatch(r"\d{6}", value, re.ASCII):
        refuse("****", name, "Member must be six digits")


def refuse(value: str, name: str, rule: str) -> NoReturn:
    """Refuse the ``value`` of the parameter ``name``, with the ``rule`` that it breaks."""
    raise validation_error(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"{rule}"
    )

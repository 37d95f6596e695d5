"""IAM policies, evaluated as far as the sandbox needs them.

Effect, Action, Resource, Principal and Condition as in the IAM User Guide's "Policy evaluation
logic": an explicit deny wins, then an allow, else nothing is allowed. A condition operator that is
not known here raises NotImplementedError: a policy that is only half understood proves nothing.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Decision(Enum):
    """What the policies decide about a call."""

    ALLOW = "allow"
    DENY = "explicit deny"
    SILENT = "implicit deny"


@dataclass(frozen=True)
class Call:
    """An action (``iam:ListUsers``) on a resource, with the condition keys that are present."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys, lower-cased: they are case-insensitive."""


def decide(
    documents: Iterable[Mapping[str, Any]], call: Call, *, principals: Iterable[str] = ()
) -> Decision:
    """What ``documents`` decide about ``call``.

    ``principals`` are the names of the caller. Statements with a Principal (trust policies) apply
    only to those.
    """
    names = set(principals)
    decision = Decision.SILENT
    for document in documents:
        for statement in _listed(document.get("Statement")):
            if not _applies(statement, call, names):
                continue
            if statement.get("Effect") == "Deny":
                return Decision.DENY
            decision = Decision.ALLOW
    return decision


def _applies(statement: Mapping[str, Any], call: Call, principals: set[str]) -> bool:
    if "Principal" in statement and not _names(statement["Principal"], principals):
        return False
    if "Action" in statement and not _any_like(
        statement["Action"], call.action.lower(), lower=True
    ):
        return False
    if "NotAction" in statement and _any_like(
        statement["NotAction"], call.action.lower(), lower=True
    ):
        return False
    resources = statement.get("Resource")
    if resources is not None and not _any_like(_filled(resources, call), call.resource):
        return False
    return all(
        _holds(operator, key, _filled(wanted, call), call.context.get(key.lower()))
        for operator, block in statement.get("Condition", {}).items()
        for key, wanted in block.items()
    )


def _names(principal: Any, names: set[str]) -> bool:
    if principal == "*":
        return True
    return any(name == "*" or name in names for name in _listed(principal.get("AWS")))


def _holds(operator: str, key: str, wanted: list[str], present: str | None) -> bool:
    if operator == "Null":
        return (present is None) == (wanted[0].lower() == "true")
    plain = operator.removesuffix("IfExists")
    negated = "Not" in plain
    if present is None:
        return negated or plain != operator
    match = _OPERATORS.get(plain.replace("Not", ""))
    if match is None:
        raise NotImplementedError(f"the sandbox does not know the condition {operator} of {key}")
    return any(match(present, each) for each in wanted) != negated


def _like(present: str, pattern: str) -> bool:
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), present) is not None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda present, wanted: present.lower() == wanted.lower(),
    "StringEquals": lambda present, wanted: present == wanted,
    "StringEqualsIgnoreCase": lambda present, wanted: present.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "NumericLessThan": lambda present, wanted: float(present) < float(wanted),
    "NumericLessThanEquals": lambda present, wanted: float(present) <= float(wanted),
    "NumericGreaterThan": lambda present, wanted: float(present) > float(wanted),
    "NumericGreaterThanEquals": lambda present, wanted: float(present) >= float(wanted),
    "DateLessThan": lambda present, wanted: _moment(present) < _moment(wanted),
    "DateLessThanEquals": lambda present, wanted: _moment(present) <= _moment(wanted),
    "DateGreaterThan": lambda present, wanted: _moment(present) > _moment(wanted),
    "DateGreaterThanEquals": lambda present, wanted: _moment(present) >= _moment(wanted),
}


def _any_like(patterns: Any, text: str, *, lower: bool = False) -> bool:
    return any(_like(text, each.lower() if lower else each) for each in _listed(patterns))


def _filled(values: Any, call: Call) -> list[str]:
    """``values`` with policy variables (``${aws:username}``) replaced."""
    return [
        re.sub(r"\$\{([^}]+)\}", lambda m: call.context.get(m[1].lower(), m[0]), _text(each))
        for each in _listed(values)
    ]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

"""Every error ``code`` in the source, and ``docs/reference/errors.md`` with a line for each.

The page is where the meanings are written; which codes there are and how each ends is read from the
source.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

import awscreds
from awscreds import errors
from awscreds.aws.once import AnswerLost
from awscreds.commands.exec import CannotRun
from tests.docs.pages import code, rows

PACKAGE = Path(awscreds.__file__).parent
MISSING = "?"
"""What stands for a meaning that nobody has written yet."""

NOT_ERRORS = {f"sandbox/{name}.py" for name in ("refusal", "server", "state", "strict")}
"""Where ``code`` is an MFA code, or that of AWS's own errors, which the sandbox plays."""

PASSED_ON = {
    "code",
    "error.code",
    "problem.code",
    "code or self.default_code",
    "code or self.code",
    "INTERRUPTED",
    "AnswerLost.default_code",
    "self._devices[serial].code",
}
"""Expressions that hand on a code which is written elsewhere, or an MFA code."""

ENDS = {
    # Exit codes that the call does not show.
    "cannot-run": {"126", "127"},
    "interrupted": {"130"},
    "token-code-needed": {"6"},
    "vault-locked": {"6"},
}


@dataclass
class KeyUse:
    """One code: the exit codes of the errors that carry it."""

    exits: set[str] = field(default_factory=set)


CLASSES = {
    name: kind
    for name, kind in {**vars(errors), "AnswerLost": AnswerLost, "CannotRun": CannotRun}.items()
    if isinstance(kind, type) and issubclass(kind, errors.AwscredsError)
}


@functools.cache
def in_source() -> dict[str, KeyUse]:
    """Every code, by name."""
    found: dict[str, KeyUse] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name not in NOT_ERRORS:
            _read(ast.parse(file.read_text(encoding="utf-8")), name, found)
    for each in CLASSES.values():
        found[each.default_code].exits.add(str(each.exit_code))
    for each, exits in ENDS.items():
        found[each].exits = exits
    return dict(sorted(found.items()))


def _read(tree: ast.Module, name: str, found: dict[str, KeyUse]) -> None:
    constants = _constants(tree)
    in_variable: set[str] = set()  # what ``code = …`` sets, for the ``code=code`` of a call
    exits: set[str] = set()
    for node in ast.walk(tree):
        kind = None
        if isinstance(node, ast.Call):
            kind = CLASSES.get(ast.unparse(node.func).rpartition(".")[2])
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            if kind and "code" in map(ast.unparse, given):
                exits.add(str(kind.exit_code))
            codes = [each for value in given for each in _codes(value, constants, name)]
        elif isinstance(node, ast.Assign) and re.fullmatch(
            r"default_code|.*\.code", ast.unparse(node.targets[0])
        ):
            codes = _codes(node.value, constants, name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            codes = _texts(node.value, constants)
            in_variable |= set(codes)
        else:
            continue
        for each in codes:
            use = found.setdefault(each, KeyUse())
            if kind:
                use.exits.add(str(kind.exit_code))
    for each in in_variable:
        found[each].exits |= exits


def _constants(tree: ast.Module) -> dict[str, list[str]]:
    """The texts of the module's own constants: what ``INTERRUPTED`` or a table may stand for."""
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and value is not None:
            values = value.values if isinstance(value, ast.Dict) else [value]
            texts = [v.value for v in values if isinstance(v, ast.Constant)]
            found[target.id] = [text for text in texts if isinstance(text, str)]
    return found


def _codes(value: ast.expr, constants: dict[str, list[str]], where: str) -> list[str]:
    """The codes that an expression may be; those it hands on are found where they are written."""
    found = _texts(value, constants)
    if found or ast.unparse(value) in PASSED_ON:
        return found
    raise AssertionError(f"{where}:{value.lineno}: no error code is seen in {ast.unparse(value)}")


def _texts(value: ast.expr, constants: dict[str, list[str]]) -> list[str]:
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) else []
    if isinstance(value, ast.IfExp):
        return [*_texts(value.body, constants), *_texts(value.orelse, constants)]
    named = [constants.get(n.id, []) for n in ast.walk(value) if isinstance(n, ast.Name)]
    return [text for texts in named for text in texts]


def meanings(page: str) -> dict[str, str]:
    """What the page says of each code."""
    return {code(row[0])[0]: row[2] for row in rows(page) if len(row) == 3}


def render(page: str) -> str:
    """``page`` with its table as the source has it; a new code waits for its meaning."""
    known = meanings(page)
    lines = ["| Code | Exit | Meaning |", "|---|---|---|"]
    for name, use in in_source().items():
        exits = ", ".join(sorted(use.exits, key=int))
        lines.append(f"| `{name}` | {exits} | {known.get(name, MISSING)} |")
    before = page.partition("| Code |")[0]
    after = page.rpartition("\n|")[2].partition("\n")[2] if "| Code |" in page else ""
    return before + "\n".join(lines) + "\n" + after

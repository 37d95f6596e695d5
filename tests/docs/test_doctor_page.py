"""Every finding in the source has a line in the reference, and the reverse."""

import ast
from pathlib import Path

import awscreds
from tests.docs.pages import REFERENCE, code, rows

PACKAGE = Path(awscreds.__file__).parent
VALUES = {"Finding", "BadValue", "Problem"}
FILES = [
    *PACKAGE.glob("workflows/checks/*.py"),
    *PACKAGE.glob("model/problems/*.py"),
    PACKAGE / "commands/doctor/online.py",
    PACKAGE / "stores/exposure.py",
]
HANDED_ON = {"error.code", "problem.code"}
FROM_ERRORS = {
    *("unsafe-state", "unsafe-installation", "ephemeral-installation"),
    *("state-damaged", "state-version", "journal-damaged"),
}
"""Errors that a command would fail with, which doctor reports as they are."""


def in_source():
    found = set()
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in VALUES:
                at = 1 if ast.unparse(node.func) == "Problem" else 0
                found |= texts(node.args[at], tree)
    return found


def texts(value, tree):
    """The texts that an expression may be, also by a name that the module gives one."""
    if isinstance(value, ast.Constant):
        return {value.value}
    if isinstance(value, ast.IfExp):
        return texts(value.body, tree) | texts(value.orelse, tree)
    if ast.unparse(value) in HANDED_ON:
        return set()
    assert isinstance(value, ast.Name), ast.unparse(value)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            found |= assigned(node.targets[0], node.value, value.id)
        elif isinstance(node, ast.ImportFrom) and value.id in {n.name for n in node.names}:
            module = PACKAGE.parent.joinpath(*node.module.split(".")).with_suffix(".py")
            found |= texts(value, ast.parse(module.read_text(encoding="utf-8")))
        elif isinstance(node, ast.For) and value.id in ast.unparse(node.target):
            at = [ast.unparse(each) for each in node.target.elts].index(value.id)
            for each in ast.walk(tree):
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == ast.unparse(
                    node.iter
                ):
                    rows_of = [row.elts[at] for row in each.value.elts]
                    found |= {one.value for one in rows_of if isinstance(one, ast.Constant)}
    assert found, value.id
    return found


def assigned(target, value, name):
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return set().union(*(assigned(each, one, name) for each, one in pairs))
    is_it = isinstance(target, ast.Name) and target.id == name
    return {value.value} if is_it and isinstance(value, ast.Constant) and value.value else set()


def test_the_page_has_every_finding():
    page = (REFERENCE / "doctor.md").read_text(encoding="utf-8")
    described = [code(row[0])[0] for row in rows(page) if len(row) == 3]
    assert sorted(described) == sorted(in_source() | FROM_ERRORS)

"""Changes one place of the code at a time, and sees whether a test fails: ours, small and quick.

    python -m tests.abuse.mutation                 so many mutants of each part, picked by --day
    python -m tests.abuse.mutation --known         four places where a change once went unnoticed
    python -m tests.abuse.mutation --all           every mutant of every part: hours
    python -m tests.abuse.mutation --only REGEX    those whose name (as it is printed) has it

A mutant is made in a fork of a process that has collected the tests: the code of one function is
exchanged, so that no file changes and nothing is loaded again. Programs that tests start run the
unchanged code. It prints how many tests reach a survivor, and how a mutant was noticed if not by a
test that reaches it. Survivors are compared with tests/abuse/survivors.txt, which says why each may
survive; it ends with 1 if there is another one.
"""

import argparse
import ast
import datetime as dt
import importlib
import os
import random
import re
import sys
import time
import types
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import awscreds
from tests.abuse.mutant_runs import with_session

PACKAGE = Path(awscreds.__file__).parent
SURVIVORS = Path(__file__).with_name("survivors.txt")
NOTICED, EXPLAINED, SURVIVED = "noticed", "explained", "SURVIVED"

PARTS = {
    "rotation": (
        ("workflows/rotation/*.py", "aws/iam.py"),
        (
            *("tests/workflows/rotation/test_preflight.py", "tests/workflows/rotation/test_run.py"),
            *(
                "tests/workflows/rotation/test_service.py",
                "tests/workflows/rotation/test_repoint.py",
            ),
            "tests/workflows/rotation/test_adversity.py",
        ),
    ),
    "document": (
        ("model/ini/*.py",),
        ("tests/model/ini", "tests/model/problems", "tests/model/test_pairs.py"),
    ),
    "short way": (
        ("stores/backends/dbus_wire.py", "stores/backends/unlocked_item.py"),
        ("tests/stores/backends/test_dbus_wire.py", "tests/stores/backends/test_unlocked_item.py"),
    ),
    "shells": (
        ("model/shells.py", "model/export_formats.py"),
        ("tests/model/test_shells.py", "tests/model/test_export_formats.py"),
    ),
    "stores": (
        (
            *("stores/journal.py", "stores/state.py", "stores/state_dir.py", "stores/pointers.py"),
            *("stores/recent.py", "stores/secret_store.py", "stores/mfa_devices.py"),
            *("stores/totp_seeds.py",),
            *("stores/backends/vault_format.py", "stores/cache/session_format.py"),
        ),
        (
            *("tests/stores/test_journal.py", "tests/stores/test_no_rotation.py"),
            *("tests/stores/test_state.py", "tests/stores/test_state_dir.py"),
            *("tests/stores/test_state_dir_open.py", "tests/stores/test_pointers.py"),
            *("tests/stores/test_recent.py", "tests/stores/test_secret_store.py"),
            *("tests/stores/test_mfa_devices.py", "tests/stores/backends/test_vault.py"),
            *("tests/stores/test_layouts.py", "tests/stores/test_totp_seeds.py"),
            "tests/stores/cache",
        ),
    ),
    "warm": (
        ("warm.py", "stores/cache/responses.py"),
        (
            *("tests/test_warm.py", "tests/stores/test_stamps.py"),
            *("tests/stores/cache/test_responses.py", "tests/stores/test_kernel_keyring.py"),
        ),
    ),
    "cache": (
        ("stores/cache/sessions.py", "stores/cache/kernel_budget.py", "stores/aes_gcm.py"),
        (
            *("tests/stores/cache/test_sessions.py", "tests/stores/cache/test_responses.py"),
            *("tests/stores/cache/test_sessions_waiting.py", "tests/stores/test_aes_gcm.py"),
        ),
    ),
    "listing": (
        ("quick/*.py", "model/plain_files.py"),
        ("tests/model/test_plain_files.py", "tests/test_quick.py"),
    ),
    "crew": (("workflows/crew.py",), ("tests/workflows/test_crew.py",)),
}
"""The files of each part, and the tests that must notice a change in them."""

KNOWN = (
    r"rotation/signer.py .*_require_owner: raise",
    r"rotation/preflight.py .*check_replaceable",
    r"aws/iam.py last_used_if_allowed: .*ACCESS_DENIED",
    r"rotation/run.py .*_look: call .*forget_sessions",
)

ON_WINDOWS = "sys.platform == 'win32'"
"""What is below this is left out: the mutants run elsewhere."""

OPPOSITE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@dataclass(frozen=True)
class Mutant:
    """Number ``number`` of the changes that can be made in a file."""

    part: str
    path: str
    function: str
    number: int
    what: str
    lines: range

    def __str__(self):
        return f"{self.path} {self.function}: {self.what}"


# -- making them ---------------------------------------------------------------------------------


class Change(ast.NodeTransformer):
    """Goes through a file, counts the places where something can be changed, and changes one."""

    def __init__(self, wanted=None):
        self.wanted, self.count = wanted, 0
        self.names, self.found = [], []

    def _place(self, what, node):
        """Whether this place is the one. ``what`` says what is changed there."""
        if not self.names:
            return False  # what runs at import has run
        lines = range(node.lineno, node.end_lineno + 1)
        self.found.append(
            (".".join(self.names), f"{what} {ast.unparse(node).splitlines()[0]}", lines)
        )
        self.count += 1
        return self.count - 1 == self.wanted

    def visit_FunctionDef(self, node):
        self.names.append(node.name)
        node.body = [each for child in node.body for each in _listed(self.visit(child))]
        self.names.pop()
        return node

    def visit_ClassDef(self, node):
        if self.names:
            return node
        self.names.append(node.name)
        node.body = [
            self.visit(each) if isinstance(each, ast.FunctionDef) else each for each in node.body
        ]
        self.names.pop()
        return node

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call) and self._place("call", node):
            return _unreached(node)
        return self.generic_visit(node)

    def visit_Raise(self, node):
        return _unreached(node) if self._place("raise", node) else node

    def visit_If(self, node):
        if ast.unparse(node.test) == ON_WINDOWS:
            node.orelse = [each for child in node.orelse for each in _listed(self.visit(child))]
            return node
        if self._place("not if", node.test):
            node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        return self.generic_visit(node)

    def visit_Compare(self, node):
        if type(node.ops[0]) in OPPOSITE and self._place("other comparison", node):
            node.ops[0] = OPPOSITE[type(node.ops[0])]()
        return self.generic_visit(node)

    def visit_BoolOp(self, node):
        if self._place("and, or", node):
            node.op = OPPOSITE[type(node.op)]()
        return self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) in OPPOSITE and self._place("plus, minus", node):
            node.op = OPPOSITE[type(node.op)]()
        return self.generic_visit(node)

    def visit_Return(self, node):
        is_changed = node.value is not None and not isinstance(node.value, ast.Constant)
        if is_changed and self._place("return None for", node.value):
            return [_unreached(node), ast.copy_location(ast.Return(), node)]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            node.value = self.visit(node.value)
        return node


def _unreached(node):
    """What stays in the code, with the names that it needs: else the code fits no ``super()``."""
    return ast.copy_location(ast.If(ast.Constant(value=False), [node], []), node)


def _listed(node):
    return node if isinstance(node, list) else [node]


def mutants(part):
    patterns, _ = PARTS[part]
    for pattern in patterns:
        for file in sorted(PACKAGE.glob(pattern)):
            path = str(file.relative_to(PACKAGE))
            change = Change()
            change.visit(ast.parse(file.read_text(encoding="utf-8")))
            for number, found in enumerate(change.found):
                function, what, lines = found
                yield Mutant(part, path, function, number, what, lines)


def apply(mutant):
    """Exchange the code of its function in this process."""
    name = "awscreds." + mutant.path.removesuffix(".py").replace("/", ".")
    module = importlib.import_module(name.removesuffix(".__init__"))
    source = (PACKAGE / mutant.path).read_text(encoding="utf-8")
    tree = Change(mutant.number).visit(ast.parse(source))
    code = compile(ast.fix_missing_locations(tree), str(PACKAGE / mutant.path), "exec")
    outer = mutant.function.split(".")
    # A function in a function is a constant of the code of the outer one.
    while outer:
        found, new = _function(module, outer), _code(code, outer)
        if found is not None and new is not None:
            found.__code__ = new
            return
        outer.pop()
    raise LookupError(mutant)


def _function(module, names):
    found = module
    for name in names:
        found = vars(found).get(name) if hasattr(found, "__dict__") else None
    for attribute in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, attribute, found)
    return found if isinstance(found, types.FunctionType) else None


def _code(code, names):
    for name in names:
        code = next(
            (
                each
                for each in code.co_consts
                if isinstance(each, types.CodeType) and each.co_name == name
            ),
            None,
        )
        if code is None:
            return None
    return code


# -- running them --------------------------------------------------------------------------------


def chosen(options):
    """Some mutants: those of the day, of a pattern, or all."""
    for part in PARTS if options.part is None else [options.part]:
        found = list(mutants(part))
        patterns = KNOWN if options.known else [options.only] if options.only else None
        if patterns:
            found = [each for each in found if any(re.search(p, str(each)) for p in patterns)]
        elif not options.all:
            chance = random.Random(f"{part}/{options.day}")
            found = chance.sample(found, min(options.count, len(found)))
        yield part, found


def explained():
    """The survivors that are known, each as it is printed."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith((" ", "#"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--known", action="store_true")
    parser.add_argument("--only", metavar="REGEX")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--count", type=int, default=40, help="mutants of each part")
    parser.add_argument("--day", type=int, default=dt.datetime.now(dt.UTC).toordinal())
    options = parser.parse_args()
    unexplained, known = 0, explained()
    for part, found in chosen(options):
        if not found:
            continue
        # Each part has a process of its own, which has imported its tests.
        pid = os.fork()
        if pid == 0:
            os._exit(_run_part(part, found, known))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        unexplained += code != 0
    print(f"--day {options.day}", flush=True)
    return 1 if unexplained else 0


def _run_part(part, found, known):
    started, counts, out = time.monotonic(), Counter(), sys.stdout

    def work(session):
        for mutant in found:
            run = session.run(str(PACKAGE / mutant.path), mutant.lines, partial(apply, mutant))
            name, more = _outcome(run, is_known=str(mutant) in known)
            counts[name] += 1
            if name != NOTICED or more or len(found) < 10:
                print(f"{name}{more}: {mutant}", file=out, flush=True)

    patterns, tests = PARTS[part]
    files = [file for pattern in patterns for file in PACKAGE.glob(pattern)]
    with_session(files, tests, work)
    print(f"{part}: {dict(counts)} in {time.monotonic() - started:.0f} s", flush=True)
    return counts[SURVIVED] and 1


def _outcome(run, *, is_known):
    """A word for a Run, and what is worth to be known of it."""
    if run.test is None:
        name = EXPLAINED if is_known else SURVIVED
        return name, f" ({run.reached_by} tests reach it)"
    if run.has_hung:
        return NOTICED, f" (hangs in {run.test})"
    return NOTICED, "" if run.is_reached else f" ({run.test}, which does not reach it)"


if __name__ == "__main__":
    sys.exit(main())

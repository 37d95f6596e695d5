"""What is generated of the documentation, and the tables that must agree with the program."""

import ast
import re
import shutil
import subprocess
import tomllib

import pytest

from awscreds import errors
from awscreds.cli import INTERRUPTED, root
from awscreds.model.environment import IDENTITY_VARIABLES
from awscreds.model.rotation import FORWARD, GO_BACK, STOP
from awscreds.model.settings import SETTINGS
from tests.docs import error_codes
from tests.docs.__main__ import FILES, generated
from tests.docs.commands_page import escaped
from tests.docs.pages import MAN_PAGE, REFERENCE, ROOT, code, rows
from tests.docs.tree import read
from tests.helpers import missing_tool

TREE = read(root)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_committed_file_is_what_the_program_gives_now(path):
    wanted = generated()[path]
    assert path.read_text(encoding="utf-8") == wanted, "write it again: python -m tests.docs"


def test_every_command_and_option_is_on_the_page_and_in_the_manual():
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    manual = MAN_PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    for entry in TREE.entries[1:]:
        assert f"## {entry.path}\n" in page
        assert f'.SS "{entry.path}"' in manual
        for typed, text in entry.options:
            assert f"- `{typed}`: {escaped(text)}" in page
            assert f".B {typed.partition(' ')[0]}" in manual


def test_every_error_code_has_one_line_of_meaning():
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    meanings = error_codes.meanings(page)
    assert set(meanings) == set(error_codes.in_source())
    for name, meaning in meanings.items():
        assert meaning.endswith("."), f"{name}: write its meaning into docs/reference/errors.md"
    for name, use in error_codes.in_source().items():
        assert use.exits, f"no exit code is seen for {name}: name it in ENDS"


def test_the_exit_codes_are_those_of_the_errors():
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    of_errors = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.AwscredsError)
    }
    assert {int(row[0]) for row in rows(page)} == of_errors | {0, INTERRUPTED}


def test_the_stages_of_a_rotation_are_those_of_its_table():
    page = (ROOT / "docs" / "explanation" / "rotation.md").read_text(encoding="utf-8")
    words = {GO_BACK: "undo", STOP: "stop"}
    assert [(row[0], row[2]) for row in rows(page)] == [
        (stage.name, words[stage.on_failure]) for stage in FORWARD
    ]


VARIABLE = re.compile(r"(AWS|AWSCREDS|XDG|DBUS|PYTHON)_[A-Z_]+|NO_COLOR|ZDOTDIR")


def test_every_variable_that_the_program_names_is_on_the_page():
    page = (REFERENCE / "environment.md").read_text(encoding="utf-8")
    named = {
        node.value
        for file in error_codes.PACKAGE.rglob("*.py")
        if "sandbox" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }
    assert len(named) > 20
    assert {name for name in named if name not in page} == set()


def test_every_setting_of_ours_is_on_the_page():
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    named = {name.partition(" ")[0] for name in code(page)}
    assert set(SETTINGS) <= named


def test_what_a_session_sets_and_removes_is_the_programs_own_table():
    page = (REFERENCE / "environment.md").read_text(encoding="utf-8")
    named = set(code(page.partition("## What a session sets")[2]))
    assert {name for name in IDENTITY_VARIABLES if name not in named} == set()


def test_the_shells_page_has_every_format():
    from awscreds.model.shells import FORMATS

    page = (REFERENCE / "shells.md").read_text(encoding="utf-8")
    assert tuple(code(row[0])[0] for row in rows(page)) == tuple(FORMATS)


def test_mandoc_finds_no_fault_in_the_manual():
    if not shutil.which("mandoc"):
        missing_tool("mandoc is not installed")
    done = subprocess.run(
        ["mandoc", "-T", "lint", MAN_PAGE], capture_output=True, text=True, check=False, timeout=30
    )
    # Generated text has no date of its own.
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


def test_the_manual_goes_into_the_wheel_where_man_looks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared["man/awscreds.1"] == "share/man/man1/awscreds.1"

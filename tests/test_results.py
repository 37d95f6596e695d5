"""What a command returns is printed in one place, as people see it or as the document of --json."""

import ast
import io
import json
import os
import sys
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import awscreds
from awscreds.app import App
from awscreds.cli import run
from awscreds.model.text import columns
from awscreds.render import (
    Fact,
    Listing,
    ReportRow,
    Result,
    Table,
    print_facts,
    print_listing,
    print_report,
    show,
)
from tests.test_cli_help import ALL, IDS

PACKAGE = Path(awscreds.__file__).parent

OWN_DOCUMENT = {
    "export": "--json is one of its formats: the document that a credential_process prints",
    "mfa-session": "the same",
    "credential-process": "the same, and --json changes nothing",
    "policy rotate": "a policy is a document, for people as well",
    "policy mfa": "the same",
    "policy revoke-sessions": "the same",
}
"""Commands whose document is not that of a Result, and why."""

ASK_FOR_JSON = {
    "app/choosing.py": "a program that reads JSON chooses from no list",
    "commands/configure/settings.py": "under --json a secret is said to be there, not shown",
    "commands/migrate/preview.py": "people see the plan before they are asked, programs in the end",
    "commands/session_output.py": OWN_DOCUMENT["export"],
    "render.py": "the one place",
}
"""Modules that look at the option, and why."""

REPORT = Result(
    {"key": "value"},
    done="It is done.",
    said=["first"],
    data="as\tis\n",
    values=["one"],
    lines=["a\tline"],
    table=Table(["NAME"], [["dev"]], whole=["NAME"]),
    said_after=["last"],
)


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_that_takes_json_returns_its_document(path, command):
    taken = {flag for option in command.params for flag in option.opts}
    returned = command.callback.__annotations__["return"]
    if isinstance(command, click.Group):
        assert returned in ("None", "Result | None")
    elif "--json" in taken and " ".join(path) not in OWN_DOCUMENT:
        assert returned == "Result"
    else:
        assert returned in ("None", "int")


def test_nobody_else_asks_whether_json_is_wanted():
    asking = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "json"
        and ast.unparse(node).endswith("options.json")
    }
    assert asking == set(ASK_FOR_JSON)


def test_people_see_all_of_it_in_order(capsys):
    app = App({})
    show(REPORT, app.options, app.dialogue)
    told = capsys.readouterr()
    lines = [line.rstrip() for line in told.out.split("\n")]
    assert lines == ["as\tis", "one", "a\\x09line", "NAME", "dev", ""]
    assert told.err == "It is done.\nfirst\nlast\n"


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True

    def fileno(self):
        return 1


LONG = f"awscreds configure set region x --profile {'long' * 15}"
FOUND = [
    ReportRow("error", f"/home/alice/.aws/config:{n}", f"\x1b is {'wrong ' * n}", fix, "x")
    for n, fix in ((3, LONG), (40, ""))
]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_report_fits_its_terminal_and_breaks_no_command(width, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((width, 24)))
    out = Screen()
    monkeypatch.setattr(sys, "stdout", out)
    print_report(FOUND, color=False)
    lines = out.getvalue().splitlines()
    assert FOUND[0].fix in out.getvalue()
    assert all(len(line) <= width for line in lines if FOUND[0].fix not in line)
    assert "\x1b" not in out.getvalue()
    assert sum(line.startswith("error") for line in lines) == len(FOUND)
    home = "/home/alice" if sys.platform == "win32" else "~"  # which its shells do not expand
    assert (f"{home}/.aws/config:3   " in lines[0]) == (width >= 100)


SHOWN = {
    "report": lambda: print_report(FOUND, color=False),
    "facts": lambda: print_facts([Fact("Next", "word " * 40)], color=False),
    "listing": lambda: print_listing(
        Listing(("A", "B", "C"), [["a" * 20, "b" * 20, "c" * 20]], "A", ["B"], [None]), color=False
    ),
}


@pytest.mark.parametrize("what", SHOWN)
@pytest.mark.parametrize(("columns", "width"), [("", 80), ("0", 80), ("²", 80), ("60", 60)])
def test_a_terminal_without_a_size_has_80_columns(what, columns, width, monkeypatch):
    def shown_in(width, columns=""):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((width, 24)))
        monkeypatch.setattr(sys, "stdout", Screen())
        SHOWN[what]()
        return sys.stdout.getvalue()

    assert shown_in(0, columns) == shown_in(width)
    assert shown_in(60) != shown_in(80)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.text("ab← ü日", max_size=26), min_size=4, max_size=4), min_size=1),
    st.integers(-3, 30),
)
@example([["dev", "b" * 26, "b" * 26, "b"]], 0)
def test_each_row_of_a_listing_fits_its_terminal(monkeypatch, rows, missing):
    """One word of at most 26 columns is left beside the name, so that all else can be left out."""
    rows = [[name or "dev", *rest] for name, *rest in rows]
    natural = sum(max(map(columns, column)) for column in zip("NBCD", *rows, strict=True)) + 6
    width = max(60, natural - missing)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys, "stdout", Screen())
    listing = Listing(("N", "B", "C", "D"), rows, "N", ("B", "C"), [None] * len(rows))
    print_listing(listing, color=False)
    lines = sys.stdout.getvalue().splitlines()
    assert len(lines) == len(rows) + 1
    assert max(map(columns, lines)) <= width


def test_the_severity_of_a_report_has_a_colour_unless_none_is_wanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    for color, expected in ((None, True), (False, False)):
        out = Screen()
        monkeypatch.setattr(sys, "stdout", out)
        print_report(FOUND, color=color)
        assert out.getvalue().startswith("\x1b[1;31merror\x1b[0m  ") == expected


def test_a_report_in_a_pipe_has_a_line_for_each_row_with_all_of_it(capsys):
    print_report(FOUND)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        [r.severity, r.code, r.place] for r in FOUND
    ]
    assert lines[0].endswith(f"\t{FOUND[0].fix}")


def test_a_program_reads_one_document_and_nothing_else(capsys):
    app = App({})
    app.options.json = True
    show(REPORT, app.options, app.dialogue)
    told = capsys.readouterr()
    assert json.loads(told.out) == {"version": 1, "key": "value"}
    assert told.err == ""


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_exit_code_of_a_result_is_that_of_the_program(words, home, capsys):
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text("[profile dev]\nregion = eu-west-1\n")
    ask = ["configure", "get", "--profile", "dev", *words]
    assert run([*ask, "region"]) == 0
    assert run([*ask, "output"]) == 1
    said = capsys.readouterr().out
    assert ("null" in said) == bool(words)

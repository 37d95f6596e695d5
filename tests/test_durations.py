"""Durations mean one thing: one type for every option, one parser, one printer."""

import ast
from pathlib import Path

import click
import pytest

import awscreds
from awscreds.cli import run
from awscreds.commands.durations import Duration
from tests.model.test_times import NONSENSE
from tests.test_cli_help import ALL

PACKAGE = Path(awscreds.__file__).parent
OPTIONS = [
    pytest.param(path, option, id=f"{' '.join(path)} {option.opts[0]}")
    for path, command in ALL
    for option in command.params
    if isinstance(option, click.Option)
    and (isinstance(option.type, Duration) or option.metavar == "TIME")
]


def answer(path, option, text, capsys):
    code = run([*path, f"{option.opts[0]}={text}"])
    return code, capsys.readouterr().err


def test_there_are_such_options():
    assert {param.id.rpartition(" ")[2] for param in OPTIONS} >= {
        "--duration",
        "--older-than",
        "--grace",
        "--for",
    }


@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_an_option_with_a_time_is_of_the_one_type(path, option):
    assert isinstance(option.type, Duration)
    assert option.metavar == "TIME"


@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_nonsense_is_refused_and_the_option_named(path, option, capsys):
    for text in (*NONSENSE, "3651d"):
        code, said = answer(path, option, text, capsys)
        assert (code, f"{option.opts[0]}: " in said, " like " in said) == (2, True, True), text


@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_a_bare_number_is_refused_or_means_what_the_help_says(path, option, capsys):
    says_seconds = "seconds" in option.help
    assert option.type.bare_seconds is says_seconds
    if not says_seconds:
        code, said = answer(path, option, "90", capsys)
        assert code == 2
        assert f"{option.opts[0]}: 90 needs a unit, like {option.type.example}" in said


@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_the_example_of_an_option_can_be_typed(path, option):
    assert option.type.convert(option.type.example, None, None) > 0


def test_a_session_of_no_length_that_aws_gives_is_refused_as_it_was_understood(capsys, home):
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text("[profile dev]\nregion = eu-central-1\n")
    credentials = home / ".aws" / "credentials"
    credentials.write_text(
        "[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = s3cr3ts3cr3ts3cr3t\n"
    )
    for typed, understood in (("8", "8 seconds"), ("37h", "37 hours"), ("14m", "14 minutes")):
        code = run(["mfa-session", "--profile", "dev", "--duration", typed, "--token", "123456"])
        said = capsys.readouterr().err
        assert code == 2
        assert f"--duration must be between 15m and 36h (got {understood})" in said


def test_nobody_parses_a_duration_but_the_type_and_the_readers_of_settings():
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "parse_duration"
    }
    assert found <= {"commands/durations.py", "model/settings.py"}

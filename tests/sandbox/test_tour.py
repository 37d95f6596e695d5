"""The tour passes where all is well, and cannot pass where it is not."""

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

from awscreds.commands.sandbox import greeting
from awscreds.sandbox import tour
from awscreds.sandbox.tour import run_tour
from awscreds.sandbox.tour.step import Outcome, Step, prints, says
from awscreds.stores.installer import to_add_extra


@pytest.fixture
def world(sandbox):
    environment = sandbox.environment
    return SimpleNamespace(home=sandbox.home, facts=sandbox.facts, environment=environment)


def shown(world, *steps, color=False):
    """Whether a tour of ``steps`` was good, and what it showed."""
    out = io.StringIO()
    good = run_tour(world, steps=steps, out=out, color=color)
    return good, out.getvalue()


def test_the_greeting_has_a_line_that_loads_the_session(monkeypatch):
    monkeypatch.setattr("awscreds.calling_shell.calling_shell", lambda _: "fish")
    [line] = [line for line in greeting() if "mfa-session" in line]
    assert line == (
        "  awscreds mfa-session --profile alice --token $(awscreds sandbox code) | source"
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_tour_of_the_installed_program_succeeds_within_80_columns():
    done = subprocess.run(
        [sys.executable, "-m", "awscreds", "sandbox", "tour"],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == f"All {len(tour.STEPS)} steps passed."
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b" not in done.stdout


def test_a_step_shows_what_is_typed_and_what_it_printed(world):
    step = Step("Say hello.", says("hello"), ("sh", "-c", "echo hello to {user}"))
    good, text = shown(world, step)
    assert good
    assert text == (
        "\n1. Say hello.\n   $ sh -c 'echo hello to alice'\n     hello to alice\n"
        "\nAll 1 steps passed.\n"
    )


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (Step("x", says(), ("sh", "-c", "exit 3")), "exit code 0 was expected, and it was 3"),
        (Step("x", says("abc"), ("echo", "ab")), "expected in what it printed: abc"),
        (Step("x", prints("a"), ("echo", "ab")), "expected, and nothing else: a"),
        (Step("x", says(), ("no-such-program",)), "127"),
    ],
)
def test_a_step_that_is_not_as_expected_ends_the_tour(world, step, complaint):
    good, text = shown(world, step, Step("never", says(), ("echo", "never")))
    assert not good
    assert "FAILED at step 1 of 2" in text
    assert complaint in text
    assert "never" not in text


def test_without_the_aws_cli_the_step_fails_and_says_how_to_install_it(world):
    world.environment["PATH"] = "/nowhere"
    (step,) = (s for s in tour.STEPS if s.argv[:1] == ("aws",) and "--query" not in s.argv)
    good, text = shown(world, step)
    assert not good
    hint = f"aws is not installed; install it: {to_add_extra('sandbox')}"
    assert "".join(hint.split()) in "".join(text.split())  # wherever its lines end


def test_a_command_that_prints_the_secret_fails_the_tour(world):
    leak = Step("x", says(), ("cat",), secret_on_stdin=True)
    good, text = shown(world, leak)
    assert not good
    assert "it printed the secret" in text
    assert world.facts["secret_access_key"] not in text


def test_a_file_with_the_secret_fails_the_search(world):
    (world.home / ".cache").mkdir()
    (world.home / ".cache" / "x").write_text(world.facts["secret_access_key"])
    steps = [s for s in tour.STEPS if s.act is not None][1:]
    good, text = shown(world, *steps)
    assert not good
    assert "~/.cache/x" in text


def test_control_characters_and_long_output_are_tamed(world):
    step = Step(
        "x", says(), act=lambda _: Outcome(0, "\x1b[31mred\n" + "line\n" * 30 + "w" * 200 + "\n")
    )
    _, text = shown(world, step)
    assert "\\x1b[31mred" in text
    assert "(and 18 more lines)" in text
    assert "w" not in text


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environ", "color", "expected"),
    [
        ({}, None, True),
        ({"NO_COLOR": "1"}, None, False),
        ({"NO_COLOR": ""}, None, True),
        ({"TERM": "dumb"}, None, False),
        ({}, False, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(world, monkeypatch, environ, color, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", **environ}.items():
        monkeypatch.setenv(name, value)
    out = Terminal()
    run_tour(world, steps=(Step("x", says(), ("true",)),), out=out, color=color)
    assert ("\x1b[" in out.getvalue()) is expected

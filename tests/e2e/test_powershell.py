"""What PowerShell is given runs there, and a failure stops what comes after it."""

import re
import shutil
from pathlib import Path

import pytest

from tests.completion.__main__ import FOLDER
from tests.e2e.terminal import terminal
from tests.helpers import missing_tool

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "how-to" / "sessions.md")
SHOW = '"<$Env:AWS_ACCESS_KEY_ID|$Env:AWSCREDS_PROFILE>"'


def has_session(user):
    """A profile of her own name, with a session in the cache."""
    user.configure("alice", "--no-verify")
    user.awscreds("mfa-session", "--profile", "alice", "--token", user.code(), "--format", "sh")


@pytest.fixture
def pwsh(alice):
    """Runs lines in PowerShell as alice; the exit code is not judged."""
    program = shutil.which("pwsh")
    if program is None:
        missing_tool("pwsh is not installed")
    has_session(alice)

    def run(*lines, **environment):
        words = ("-NoProfile", "-NonInteractive", "-Command", "\n".join(lines))
        return alice.run(program, *words, rc=None, **environment)

    return run


def documented_line(page=PAGES[0]):
    """The line for PowerShell, as the page shows it."""
    found = re.search(r"^ *(awscreds .+\| iex)", page.read_text("utf-8"), re.MULTILINE)
    return found[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_documented_line_stops_a_script_when_it_fails(pwsh, page):
    done = pwsh(documented_line(page).replace("dev", "nobody"), "'went on'")
    assert done.returncode == 1
    assert "went on" not in done.stdout
    assert "awscreds failed (exit 3)" in done.stderr


def test_the_documented_line_brings_a_session_and_unset_takes_it_back_twice(pwsh):
    line = documented_line().replace("dev", "alice")
    back = "awscreds mfa-session --unset | Out-String | iex"
    done = pwsh(line, SHOW, back, SHOW, back, SHOW)
    assert done.returncode == 0, done.stderr
    shown, *after = done.stdout.splitlines()
    assert re.fullmatch(r"<ASIA\w+\|alice>", shown)
    assert after == ["<|>", "<|>"]


@pytest.mark.parametrize("outer", ["pwsh", "fish"])
def test_sh_inside_another_shell_gets_its_own_lines(alice, outer):
    if not shutil.which(outer):
        missing_tool(f"{outer} is not installed")
    has_session(alice)
    words = ["-NoProfile", "-Command"] if outer == "pwsh" else ["--no-config", "-c"]
    inner = 'eval "$(awscreds export --profile alice)"; echo "<$AWSCREDS_PROFILE>"'
    assert alice.run(outer, *words, f"sh -c '{inner}'").stdout == "<alice>\n"


def test_fish_is_given_its_own_lines_without_being_named(alice):
    has_session(alice)
    line = 'awscreds export --profile alice | source; and echo "<$AWSCREDS_PROFILE>"'
    assert alice.run("fish", "--no-config", "-c", line).stdout == "<alice>\n"


@pytest.mark.parametrize(
    ("shell", "shown"),
    [
        ("sh", "eval $(awscreds export --profile alice)"),
        ("fish", "awscreds export --profile alice | source"),
        ("pwsh", "awscreds export --profile alice | Out-String | iex"),
    ],
)
def test_the_hint_on_a_terminal_is_the_line_for_the_shell_that_called(alice, shell, shown):
    if not shutil.which(shell):
        missing_tool(f"{shell} is not installed")
    has_session(alice)
    word = "-Command" if shell == "pwsh" else "-c"
    with terminal(alice, shell, word, "awscreds export --profile alice; echo done") as screen:
        screen.expect(shown)
        screen.end()


USE = f". '{FOLDER / 'awscreds.ps1'}'"


def test_use_brings_a_session_and_off_can_be_said_twice(pwsh):
    done = pwsh(
        USE,
        "awscreds-use alice",
        f'"$? $LASTEXITCODE"; {SHOW}',
        "awscreds-use alice",
        '"$? $LASTEXITCODE"',
        *["awscreds-use --off", f'"$? $LASTEXITCODE"; {SHOW}'] * 2,
    )
    assert done.stderr == ""
    shown = done.stdout.splitlines()
    assert re.fullmatch(r"<ASIA\w+\|alice>", shown.pop(1))
    assert shown == ["True 0", "True 0", "True 0", "<|>", "True 0", "<|>"]


@pytest.mark.parametrize(("words", "rc"), [("nobody", 3), ("", 2), ("a b", 2)])
def test_use_tells_the_truth_of_a_failure_and_changes_nothing(pwsh, words, rc):
    done = pwsh(USE, f"awscreds-use {words}", f'"$? $LASTEXITCODE"; {SHOW}')
    assert done.stdout.splitlines() == [f"False {rc}", "<|>"]
    assert done.returncode == 0


@pytest.mark.parametrize("native", ["$false", "$true"])
def test_use_stops_a_script_that_stops_at_errors(pwsh, native):
    done = pwsh(
        "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'",
        f"$PSNativeCommandUseErrorActionPreference = {native}",
        USE,
        "awscreds-use alice",
        SHOW,
        "awscreds-use nobody",
        "'went on'",
    )
    assert done.returncode == 1
    assert "|alice>" in done.stdout
    assert "went on" not in done.stdout
    assert "exit 3" in done.stderr


HOSTILE = (
    "o'q $(touch PWN) \u00fc",
    "tick`touch PWN`",
    'say "hi"; touch PWN',
    "a | b & c",
    "\u2018curly\u2019 $PWD",
    "-dash",
)


@pytest.mark.daily(1)
@pytest.mark.parametrize(
    "strict", ["", "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"]
)
def test_a_name_that_looks_like_code_is_a_name(pwsh, alice, strict):
    keys = (
        "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s$(touch PWN)\n"
        "aws_session_token = `touch PWN`'t\"\n"
    )
    alice.credentials.write_text("".join(f"[{name}]\n{keys}" for name in HOSTILE))
    lines = [USE, strict]
    for name in HOSTILE:
        word = "'" + re.sub("(['\u2018\u2019])", r"\1\1", name) + "'"
        lines += [
            f"awscreds export --profile={word} | Out-String | iex",
            f"$Env:AWSCREDS_PROFILE -ceq {word}; $Env:AWS_SECRET_ACCESS_KEY",
            "awscreds-use --off",
            f"awscreds-use {word}",
            f"$Env:AWSCREDS_PROFILE -ceq {word}; $Env:AWS_SESSION_TOKEN",
            "awscreds-use --off",
        ]
    done = pwsh(*lines, LC_ALL="C.UTF-8")
    expected = ["True", "s$(touch PWN)", "True", "`touch PWN`'t\""]
    assert done.stdout.splitlines() == expected * len(HOSTILE), done.stderr
    assert not (alice.folder / "PWN").exists()

"""`awscreds-use PROFILE`: a session in the very shell it is typed in."""

import os
import subprocess
import time
from datetime import datetime

import pytest

from awscreds.model.shells import failure, statements
from awscreds.model.times import format_iso
from tests.completion.shells import SHELLS, family, program, script

FORMATS = {"bash": "sh", "zsh": "sh", "fish": "fish"}
SHOW = 'echo "[$AWS_SECRET_ACCESS_KEY|$AWSCREDS_PROFILE]"'
STATUS = {"bash": "$?", "zsh": "$?", "fish": "$status"}
ONE_SHELL_EACH = [shell for shell in SHELLS if shell != "bash with bash-completion"]


@pytest.fixture(params=ONE_SHELL_EACH)
def shell(request):
    return request.param


@pytest.fixture
def use(shell, home, folder):
    """Runs lines in a shell whose `awscreds` answers with a session, and notes how it was asked."""
    log = folder / "asked"
    answer = folder / "answer"
    stub = folder / "awscreds"
    stub.write_text(
        f"#!/bin/sh\nprintf '%s|' \"$@\" >>'{log}'; echo >>'{log}'\n"
        f"cat '{answer}'\n[ ! -e '{folder}/fails' ]\n"
    )
    stub.chmod(0o755)

    def run(*lines, minutes=60, secret="SECRET", fails=False, rc=0, **environment):
        session = {
            "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": "TOKEN",
            "AWS_CREDENTIAL_EXPIRATION": format_iso(time.time() + 60 * minutes),
            "AWSCREDS_PROFILE": "a b'$(touch x)",
        }
        form = FORMATS[family(shell)]
        answer.write_text(failure(form, 5) if fails else statements(form, assign=session))
        if fails:
            (folder / "fails").touch()
        options = ["--no-config"] if shell == "fish" else ["-f"] if shell == "zsh" else ["--norc"]
        source = f". {script(shell)}"
        if shell == "zsh":  # where compinit is no part of the matter
            source = f"compdef() {{ :; }}; {source}"
        done = subprocess.run(
            [program(shell), *options, "-c", "\n".join([source, *lines])],
            env={"HOME": str(home), "PATH": f"{folder}:{os.environ['PATH']}", **environment},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == rc, done.stderr
        run.asked = log.read_text().splitlines() if log.exists() else []
        run.stderr = done.stderr
        return done.stdout

    return run


NAME = '''"a b'\\$(touch x)"'''


def test_the_shell_has_the_session_of_the_profile_whatever_its_name(use, folder):
    shown = use(f"awscreds-use {NAME}", SHOW)
    assert shown == "[SECRET|a b'$(touch x)]\n"
    assert len(use.asked) == 1
    assert "--profile=a b'$(touch x)|" in use.asked[0]
    assert not (folder / "x").exists()


def test_it_is_in_the_environment_of_what_is_started(use):
    assert "SECRET" in use(f"awscreds-use {NAME}", "sh -c 'echo $AWS_SECRET_ACCESS_KEY'")


def test_a_session_that_lasts_is_kept_without_asking_anybody(use):
    shown = use(f"awscreds-use {NAME}", f"awscreds-use {NAME}", SHOW, minutes=6)
    assert "SECRET" in shown
    assert len(use.asked) == 1


@pytest.mark.parametrize("minutes", [4, -3])
def test_one_with_less_than_five_minutes_is_made_anew(use, minutes):
    use(f"awscreds-use {NAME}", f"awscreds-use {NAME}", minutes=minutes)
    assert len(use.asked) == 2


@pytest.mark.parametrize(
    "end", ["2024-02-29T08:09:09Z", "2099-12-31T23:59:59+00:00", "a[$(touch x)]", "soon", ""]
)
def test_an_end_that_is_past_or_no_time_is_no_reason_to_keep_a_session(use, folder, end):
    use(
        f"awscreds-use {NAME}",
        AWSCREDS_PROFILE="a b'$(touch x)",
        AWS_SESSION_TOKEN="T",
        AWS_CREDENTIAL_EXPIRATION=end,
    )
    assert len(use.asked) == 1
    assert not (folder / "x").exists()


@pytest.mark.parametrize("end", ["2096-02-29T23:59:59Z", "2100-03-01T00:00:00Z"])
def test_one_that_ends_in_the_far_future_is_kept(use, end):
    use(
        f"awscreds-use {NAME}",
        AWSCREDS_PROFILE="a b'$(touch x)",
        AWS_SESSION_TOKEN="T",
        AWS_CREDENTIAL_EXPIRATION=end,
    )
    assert use.asked == []


def test_the_end_of_a_session_is_reckoned_as_the_calendar_has_it(use, shell):
    """For days all over the years, leap days among them: what ends in 299 or 301 seconds."""
    fake = "_awscreds_now() { now=$clock; }"
    if shell == "fish":
        fake = "function __awscreds_now; echo $clock; end"
    lines = [fake]
    expected = []
    holds = "__awscreds_holds" if shell == "fish" else "_awscreds_holds"
    for year in (2024, 2026, 2028, 2100):
        for month, day in ((1, 1), (2, 28), (2, 29), (3, 1), (8, 9), (12, 31)):
            if day == 29 and year not in (2024, 2028):
                continue
            end = f"{year}-{month:02}-{day:02}T08:09:09Z"
            seconds = int(datetime.fromisoformat(end).timestamp())
            for left, kept in ((300, "yes"), (299, "no")):
                assign = "set -gx {} {}" if shell == "fish" else "export {}={}"
                lines.append(assign.format("AWS_CREDENTIAL_EXPIRATION", end))
                lines.append(assign.format("clock", seconds - left))
                lines.append(f"{holds} p && echo yes || echo no")
                expected.append(kept)
    shown = use(*lines, AWSCREDS_PROFILE="p", AWS_SESSION_TOKEN="T")
    assert shown.split() == expected


def test_another_profile_is_another_session(use):
    use(f"awscreds-use {NAME}", "awscreds-use other")
    assert len(use.asked) == 2


def test_a_failure_leaves_the_variables_as_they_were(use, shell):
    shown = use(
        "awscreds-use other",
        f"echo status {STATUS[family(shell)]}",
        SHOW,
        fails=True,
        AWS_SECRET_ACCESS_KEY="before",
        AWSCREDS_PROFILE="p",
    )
    assert shown == "status 1\n[before|p]\n"


def test_a_missing_program_leaves_them_too(use, shell, folder):
    shown = use(
        f"rm {folder}/awscreds",
        "awscreds-use other",
        f"echo status {STATUS[family(shell)]}",
        SHOW,
        AWS_SECRET_ACCESS_KEY="before",
    )
    assert shown == "status 127\n[before|]\n"


def test_off_takes_it_back(use):
    use("awscreds-use --off")
    assert use.asked == [line for line in use.asked if line.endswith("--unset|")]
    assert len(use.asked) == 1


@pytest.mark.parametrize("words", ["", "one two", "--help", "''"])
def test_anything_else_is_a_usage_error(use, words, shell):
    shown = use(f"awscreds-use {words}", f"echo status {STATUS[family(shell)]}")
    assert shown == "status 2\n"
    assert "usage: awscreds-use [PROFILE] | - | --off" in use.stderr
    assert use.asked == []


TRACES = {
    "bash": {
        "xtrace": "set -x",
        "verbose": "set -v",
        "functrace": 'set -T; trap \'printf "%s\\n" "traced $BASH_COMMAND" >&2\' DEBUG',
        "a trap that prints to stdout": "set -T; trap 'echo \"traced $BASH_COMMAND\"' DEBUG",
        "extdebug": "shopt -s extdebug; trap 'echo \"traced $BASH_COMMAND\" >&2' DEBUG",
        "a function that is traced": (
            "declare -ft awscreds-use; trap 'echo \"traced $BASH_COMMAND\" >&2' DEBUG"
        ),
        "all at once": "set -xvTE; trap 'echo \"traced $BASH_COMMAND\" >&2' DEBUG ERR RETURN",
    },
    "zsh": {
        "xtrace": "set -x",
        "verbose": "set -v",
        "a trap": "trap 'echo \"traced $ZSH_DEBUG_CMD\" >&2' DEBUG",
        "a trap function": 'TRAPDEBUG() { echo "traced $ZSH_DEBUG_CMD" >&2; }',
        "a function that is traced": "functions -t awscreds-use",
        "all at once": "setopt xtrace verbose; trap 'echo \"traced $ZSH_DEBUG_CMD\" >&2' DEBUG",
    },
    "fish": {"fish_trace": "set fish_trace 1", "exported": "set -gx fish_trace all"},
}


def traces(*kinds):
    """Each shell with each of its kinds of traces, or with those of ``kinds``."""
    every = [(s, kind) for s in ONE_SHELL_EACH for kind in TRACES[family(s)]]
    chosen = [(s, kind) for s, kind in every if not kinds or kind in kinds]
    return pytest.mark.parametrize(("shell", "kind"), chosen, indirect=["shell"])


@traces()
def test_no_trace_and_no_trap_shows_a_secret(use, shell, kind):
    trace = TRACES[family(shell)][kind]
    shown = use(trace, f"awscreds-use {NAME}", f"awscreds-use {NAME}", "awscreds-use --off")
    assert "SECRET" not in use.stderr
    assert "SECRET" not in shown
    assert "TOKEN" not in use.stderr.replace("AWS_SESSION_TOKEN", "") + shown


@traces("xtrace", "functrace", "a trap", "a trap function", "fish_trace")
def test_a_trace_goes_on_afterwards(use, shell, kind):
    trace = TRACES[family(shell)][kind]
    lines = ["again() { true traced-again; }", "again"]
    if shell == "fish":
        lines = ["true traced-again"]
    use(trace, f"awscreds-use {NAME}", *lines)
    assert "traced-again" in use.stderr


def test_strict_settings_break_nothing(use, shell):
    strict = ["set IFS AS"] if shell == "fish" else ["set -eu", "IFS=AS:="]
    assert "SECRET" in use(*strict, f"awscreds-use {NAME}", SHOW)

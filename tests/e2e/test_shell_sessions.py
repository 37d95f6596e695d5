"""``mfa-session`` as it is used: from within a real shell, at a real terminal, then the AWS CLI."""

import json
import os
import shlex

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal
from tests.e2e.test_shells import SHELLS, installed

NASTY = 'it\'s  a  `touch hacked` $(touch hacked) *?[a{a,b},~# "zoë" ;touch hacked;'
DISPLACED = "what was  before *"

HOSTILE = {
    "bash": "set -euo pipefail; shopt -s nullglob extglob",
    "zsh": "set -euo pipefail; setopt extended_glob null_glob glob_subst sh_word_split",
    "dash": "set -eu",
    "ksh93": "set -euo pipefail; set -o globstar -o braceexpand",
    "mksh": "set -euo pipefail; set -o braceexpand",
}

SCRIPT = """
{setting}
env -0 >"$OUT/before"
eval $(awscreds mfa-session --profile "$PROFILE" --token "$CODE")
{look} unquoted
eval $(awscreds mfa-session --unset)
env -0 >"$OUT/between"
IFS='AS0'
eval "$(awscreds mfa-session --profile "$PROFILE")"
{look} quoted
eval "$(awscreds mfa-session --unset)"
env -0 >"$OUT/after"
"""
FISH = """
env -0 >$OUT/before
awscreds mfa-session --format fish --profile $PROFILE --token $CODE | source; or exit 9
{look} unquoted
awscreds mfa-session --format fish --unset | source; or exit 9
env -0 >$OUT/between
eval (awscreds mfa-session --format fish --profile $PROFILE); or exit 9
{look} quoted
eval (awscreds mfa-session --format fish --unset); or exit 9
env -0 >$OUT/after
"""
LOOK = """#!/bin/sh
env -0 >"$OUT/$1"
aws iam list-access-keys --user-name alice >"$OUT/$1-keys"
"""


@pytest.fixture
def user(alice, sandbox):
    """Alice, whose policy demands MFA, in a folder full of files that are named like code."""
    settings = ("--mfa-serial", sandbox.facts["mfa_serial"], "--region", "eu-west-1")
    # By hand, as awscreds makes no profile that is called so, but uses one that is there.
    alice.config.parent.mkdir(exist_ok=True)
    alice.config.write_text(f"[profile {shlex.quote(NASTY)}]\n", encoding="utf-8")
    alice.configure(NASTY, *settings, "--no-verify")
    sandbox.control.require_mfa("alice")
    for name in ("export", "unset", "a", "b", ";touch hacked;", "touch hacked", "$(touch hacked)"):
        (alice.folder / name).touch()
    alice.environment |= {
        "PROFILE": NASTY,
        "AWS_PROFILE": DISPLACED,
        "AWS_SECURITY_TOKEN": "left over",
        "OUT": str(alice.folder.parent),
    }
    return alice


def variables(folder, name):
    """The variables of AWS and of awscreds in what `env -0` wrote."""
    found = dict(line.split("=", 1) for line in (folder / name).read_text().split("\0") if line)
    return {name: value for name, value in found.items() if name.startswith(("AWS_", "AWSCREDS_"))}


@pytest.mark.slow
@pytest.mark.daily(4)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_aws_cli_does_what_needs_mfa_and_then_all_is_as_before(user, sandbox, shell):
    files = sorted(os.listdir(user.folder))
    out = user.folder.parent
    look = out / "look"
    look.write_text(LOOK)
    look.chmod(0o755)
    script = FISH if shell == "fish" else SCRIPT
    script = script.format(setting=HOSTILE.get(shell), look=look)
    user.run(*installed(shell), "-c", script, CODE=sandbox.token_code())
    assert sorted(os.listdir(user.folder)) == files

    before = variables(out, "before")
    assert before["AWS_PROFILE"] == DISPLACED
    for how in ("unquoted", "quoted"):
        during = variables(out, how)
        assert during["AWSCREDS_PROFILE"] == NASTY
        assert during["AWS_ACCESS_KEY_ID"].startswith("ASIA")
        assert during["AWS_REGION"] == during["AWS_DEFAULT_REGION"] == "eu-west-1"
        assert not during.keys() & {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"}
        keys = json.loads((out / f"{how}-keys").read_text())["AccessKeyMetadata"]
        assert [key["AccessKeyId"] for key in keys] == [user.key_id]
    assert variables(out, "between") == variables(out, "after") == before
    assert len(sandbox.control.log("GetSessionToken")) == 1


@pytest.mark.parametrize(
    ("arguments", "rc"),
    [
        (["mfa-session", "--profile", "nobody"], 3),
        (["mfa-session", "--bogus"], 2),
        (["mfa-session", "--format", "bogus"], 2),
        (["--profile", "nobody", "export"], 3),
        (["export", "--profile", "nobody", "--format", "fish"], 3),
        (["export", "too", "many"], 2),
    ],
)
def test_every_failure_prints_exactly_false(alice, arguments, rc):
    done = alice.awscreds(*arguments, rc=rc)
    assert done.stdout == "false"
    assert done.stderr


@pytest.mark.parametrize(
    ("option", "rc"), [("--no-input", 6), ("--duration=soon", 2), ("--token=000000", 5)]
)
def test_every_failure_on_the_way_to_a_session_prints_exactly_false(user, option, rc):
    done = user.awscreds("mfa-session", "--profile", NASTY, option, rc=rc)
    assert done.stdout == "false"
    assert done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_after_a_failure_nothing_more_is_run_and_nothing_is_changed(alice, shell):
    line = "eval $(awscreds mfa-session --bogus 2>/dev/null) && echo next"
    if shell == "fish":
        line = "awscreds mfa-session --format fish --bogus 2>/dev/null | source; and echo next"
    line += '\necho "<$AWS_ACCESS_KEY_ID>"'
    done = alice.run(*installed(shell), "-c", line, AWS_ACCESS_KEY_ID="mine")
    assert done.stdout == "<mine>\n"


QUESTION = "MFA code of "


# The trap keeps the shell itself, which Ctrl-C reaches too, so that it can tell what it has.
AT_THE_TERMINAL = """
trap : INT
out=$(awscreds mfa-session --profile "$PROFILE")
echo "<$out><$AWS_ACCESS_KEY_ID>"
eval $out && echo went on
eval $(awscreds mfa-session --profile "$PROFILE") && echo "<$AWS_ACCESS_KEY_ID>"
"""
FISH_AT_THE_TERMINAL = """
trap : INT
set out (awscreds mfa-session --format fish --profile $PROFILE)
echo "<$out><$AWS_ACCESS_KEY_ID>"
echo $out | source; and echo went on
awscreds mfa-session --format fish --profile $PROFILE | source; and echo "<$AWS_ACCESS_KEY_ID>"
"""


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_the_code_is_asked_for_at_the_terminal_and_ctrl_c_there_prints_exactly_false(
    user, sandbox, shell
):
    line = FISH_AT_THE_TERMINAL if shell == "fish" else AT_THE_TERMINAL
    with terminal(user, *installed(shell), "-c", line, AWS_ACCESS_KEY_ID="mine") as screen:
        screen.interrupt(QUESTION)
        screen.expect("<false><mine>")
        screen.answer(QUESTION, sandbox.token_code(), exactly=False)
        screen.expect("<ASIA")
        screen.end()
    assert "went on" not in screen.text


@pytest.mark.parametrize(
    ("more", "typed"),
    [
        ("", "eval $(awscreds mfa-session --profile 'it'"),
        ("--format cmd", 'for /f "delims=" %i in (\'awscreds mfa-session --profile "it\'s'),
    ],
)
def test_a_terminal_shows_nothing_of_a_session_but_the_line_to_type(user, sandbox, more, typed):
    line = f'"{PROGRAM}" mfa-session --profile "$PROFILE" --token {sandbox.token_code()} {more}'
    with terminal(user, "sh", "-c", f"{line} 2>err") as screen:
        assert screen.end() == 2
    assert screen.text == ""
    assert typed in (user.folder / "err").read_text()


def test_the_form_that_survives_a_missing_program_does(user):
    line = 'out=$(no-such-awscreds mfa-session) && eval "$out" && echo next; echo "<$AWS_REGION>"'
    assert user.run("sh", "-c", line, AWS_REGION="mine").stdout == "<mine>\n"

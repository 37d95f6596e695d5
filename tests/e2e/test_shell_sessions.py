"""``mfa-session`` as it is used: from within a real shell, at a real terminal, then the AWS CLI."""

import json
import os

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal
from tests.e2e.test_shells import SHELLS, installed

POSIX = [name for name in SHELLS if name != "fish"]
NASTY = 'it\'s  a  `touch hacked` $(touch hacked) *?[a{a,b},~# "zoë" ;touch hacked;'

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
{evaluate} mfa-session --profile {profile} --token "$CODE"{end}
printf '%s\\0' "$AWSCREDS_PROFILE" "$AWS_ACCESS_KEY_ID" "$AWS_REGION" >"$OUT/session"
aws iam list-access-keys --user-name alice >"$OUT/keys"
env -0 >"$OUT/during"
{evaluate} mfa-session --unset{end}
env -0 >"$OUT/after"
"""
FISH = """
env -0 >$OUT/before
awscreds mfa-session --format fish --profile $PROFILE --token $CODE | source; or exit 9
printf '%s\\0' $AWSCREDS_PROFILE $AWS_ACCESS_KEY_ID $AWS_REGION >$OUT/session
aws iam list-access-keys --user-name alice >$OUT/keys
env -0 >$OUT/during
awscreds mfa-session --format fish --unset | source; or exit 9
env -0 >$OUT/after
"""


@pytest.fixture
def user(alice, sandbox):
    """Alice, whose policy demands MFA, in a folder full of files that are named like code."""
    alice.configure(NASTY, "--mfa-serial", sandbox.facts["mfa_serial"], "--region", "eu-west-1")
    sandbox.control.require_mfa("alice")
    for name in ("export", "unset", "a", "b", ";touch hacked;", "touch hacked", "$(touch hacked)"):
        (alice.folder / name).touch()
    alice.environment |= {
        "PROFILE": NASTY,
        "AWS_PROFILE": "what was  before *",
        "AWS_SECURITY_TOKEN": "left over",
        "OUT": str(alice.folder.parent),
    }
    return alice


def variables(folder, name):
    """The AWS variables of an `env -0`."""
    lines = (folder / name).read_bytes().split(b"\0")
    return {line for line in lines if line.startswith((b"AWS_", b"AWSCREDS_"))}


def script(shell, quoting):
    if shell == "fish":
        return FISH
    start, end = ('eval "$(awscreds', ')"') if quoting == "quoted" else ("eval $(awscreds", ")")
    return SCRIPT.format(setting=HOSTILE[shell], evaluate=start, end=end, profile='"$PROFILE"')


@pytest.mark.parametrize(
    ("shell", "quoting"),
    [*((shell, how) for shell in POSIX for how in ("unquoted", "quoted")), ("fish", "source")],
)
def test_the_aws_cli_does_what_needs_mfa_and_then_all_is_as_before(user, sandbox, shell, quoting):
    files = sorted(os.listdir(user.folder))
    out = user.folder.parent
    user.run(*installed(shell), "-c", script(shell, quoting), CODE=sandbox.token_code())
    assert sorted(os.listdir(user.folder)) == files

    profile, key_id, region, _ = (out / "session").read_bytes().split(b"\0")
    assert profile.decode() == NASTY
    assert region == b"eu-west-1"
    assert key_id.startswith(b"ASIA")
    keys = json.loads((out / "keys").read_text())
    assert [key["AccessKeyId"] for key in keys["AccessKeyMetadata"]] == [user.key_id]

    during = variables(out, "during")
    assert not any(line.startswith((b"AWS_PROFILE=", b"AWS_SECURITY_TOKEN=")) for line in during)
    assert variables(out, "after") == variables(out, "before")


@pytest.mark.parametrize(
    ("arguments", "rc"),
    [
        (["mfa-session", "--profile", "nobody"], 3),
        (["mfa-session", "--bogus"], 2),
        (["mfa-session", "--duration", "soon", "--profile", NASTY], 2),
        (["mfa-session", "--profile", NASTY], 6),
        (["--profile", "nobody", "mfa-session"], 3),
        (["export", "--profile", "nobody", "--format", "fish"], 3),
        (["export", "too", "many"], 2),
    ],
)
def test_every_failure_prints_exactly_false(user, arguments, rc):
    done = user.awscreds(*arguments, rc=rc)
    assert done.stdout == "false"
    assert done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_after_a_failure_nothing_more_is_run_and_nothing_is_changed(user, shell):
    mark = {"AWS_ACCESS_KEY_ID": "mine", "AWS_PROFILE": None}
    if shell == "fish":
        line = "awscreds mfa-session --format fish --bogus 2>/dev/null | source; and echo next\n"
        line += 'echo "<$AWS_ACCESS_KEY_ID>"'
    else:
        line = "eval $(awscreds mfa-session --bogus 2>/dev/null) && echo next\n"
        line += 'echo "<$AWS_ACCESS_KEY_ID>"'
    assert user.run(*installed(shell), "-c", line, **mark).stdout == "<mine>\n"


QUESTION = "Token code of "


@pytest.mark.parametrize("shell", SHELLS)
def test_a_token_code_is_asked_for_at_the_terminal_while_the_shell_takes_stdout(
    user, sandbox, shell
):
    evaluate = {
        "fish": "awscreds mfa-session --format fish --profile $PROFILE | source; and echo"
    }.get(shell, 'eval $(awscreds mfa-session --profile "$PROFILE") && echo')
    with terminal(user, *installed(shell), "-c", f'{evaluate} "<$AWS_ACCESS_KEY_ID>"') as screen:
        screen.answer(QUESTION, sandbox.token_code(), exactly=False)
        assert screen.end() == 0
    assert "<ASIA" in screen.text


@pytest.mark.parametrize("shell", SHELLS)
def test_ctrl_c_at_the_question_prints_exactly_false_and_leaves_the_variables_alone(user, shell):
    # The trap keeps the shell itself, which gets the signal too, to tell what it is left with.
    if shell == "fish":
        line = (
            "trap : INT; set out (awscreds mfa-session --format fish --profile $PROFILE);"
            ' echo "<$out><$AWS_ACCESS_KEY_ID>"; echo $out | source; and echo next'
        )
    else:
        line = (
            'trap : INT; out=$(awscreds mfa-session --profile "$PROFILE");'
            ' echo "<$out><$AWS_ACCESS_KEY_ID>"; eval $out && echo next'
        )
    with terminal(user, *installed(shell), "-c", line, AWS_ACCESS_KEY_ID="mine") as screen:
        screen.interrupt(QUESTION)
        screen.expect("<false><mine>")
        screen.end()
    assert "next" not in screen.text


def test_a_terminal_shows_nothing_of_a_session_but_the_line_to_type(user, sandbox):
    line = f'"{PROGRAM}" mfa-session --profile "$PROFILE" --token {sandbox.token_code()} 2>err'
    with terminal(user, "sh", "-c", line) as screen:
        assert screen.end() == 2
    assert screen.text == ""
    assert "eval $(awscreds mfa-session --profile 'it'" in (user.folder / "err").read_text()


def test_the_form_that_survives_a_missing_program_does(user):
    line = 'out=$(no-such-awscreds mfa-session) && eval "$out" && echo next; echo "<$AWS_REGION>"'
    assert user.run("sh", "-c", line, AWS_REGION="mine").stdout == "<mine>\n"

"""Sessions on Windows: in cmd.exe, in programs of ``exec``, and shared by processes at once."""

import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

ROLE = "arn:aws:iam::123456789012:role/admin"
SET = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWSCREDS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)
SHOW = "import json, os, sys; print(json.dumps([dict(os.environ), *sys.argv[1:]]))"
INTO_CMD = 'for /f "tokens=1,*" %%i in (\'awscreds {}\') do @if "%%i" == "set" set %%j'
"""As docs/reference/shells.md tells, but for ``do @%i``: Wine's cmd.exe runs no command whose word
comes out of a variable."""
LIKE_CODE = "a & calc | b ^^ (c) <d> 'e' $f `g` ~*?\\"
"""A profile's name with all that cmd.exe heeds and that we print for it."""


@pytest.fixture
def show(alice):
    """A program that prints its environment and its arguments."""
    script = alice.folder / "show.py"
    script.write_text(SHOW)
    return (sys.executable, str(script))


def configured(user):
    words = ("--region", "eu-central-1", "--mfa-serial", user.mfa_serial)
    user.configure("alice", *words)


def session(user, *words, **options):
    return json.loads(user.awscreds(*words, "--format", "json", **options).stdout)


def calls(user, action):
    return len(user.sandbox.control.log(action))


def batch(user, *lines, rc=0, **environment):
    """What the last command of a batch file prints, which cmd.exe runs. awscreds is on the PATH."""
    script = user.folder / "script.cmd"
    script.write_text("".join(f"{line}\n" for line in ("@echo off", *lines)))
    return user.run("cmd", "/d", "/c", script, rc=rc, **environment).stdout


def environment_of(text):
    return json.loads(text)[0]


def test_one_code_serves_the_user_and_every_role_of_theirs(user):
    configured(user)
    user.sandbox.control.require_mfa("alice")

    first = session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    again = session(user, "mfa-session", "--profile", "alice")
    role = session(user, "export", "--profile", "admin")

    assert first == again
    assert role["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    assert calls(user, "GetSessionToken") == 1
    listed = json.loads(user.awscreds("sessions", "list", "--json").stdout)["sessions"]
    assert {row["role"] for row in listed} == {None, ROLE}
    for secret in (first["AWS_SECRET_ACCESS_KEY"], first["AWS_SESSION_TOKEN"]):
        assert [path for path, data in user.files().items() if secret.encode() in data] == []
    user.awscreds("lock")
    user.awscreds("mfa-session", "--profile", "alice", "--no-input", rc=6)


def test_twenty_processes_at_once_make_one_call_and_get_equal_answers(alice):
    configured(alice)
    alice.awscreds("profile", "wrap", "admin")
    session(alice, "mfa-session", "--profile", "alice", "--token", alice.code())

    with ThreadPoolExecutor(20) as pool:
        words = ("credential-process", "--profile", "admin")
        answers = set(pool.map(lambda _: alice.awscreds(*words).stdout, range(20)))

    assert len(answers) == 1
    assert calls(alice, "AssumeRole") == 1


def test_cmd_sets_the_variables_of_a_session_and_puts_back_what_was_there(alice, show):
    alice.config.write_text(f"[profile {shlex.quote(LIKE_CODE)}]\nregion = eu-central-1\n")
    alice.configure(LIKE_CODE, "--yes", "--mfa-serial", alice.mfa_serial)
    before = {
        "AWS_PROFILE": LIKE_CODE,
        "AWS_REGION": "eu-west-8",
        "AWS_DEFAULT_REGION": "eu-west-9",
    }
    ask = '"{}" "{}"'.format(*show)

    expected = session(alice, "mfa-session", "--token", alice.code(), **before)
    # The format is that of the calling shell, which is cmd.exe.
    with_session, without, in_file = map(
        environment_of,
        batch(
            alice,
            *(INTO_CMD.format("mfa-session"), ask),
            *(INTO_CMD.format("mfa-session --unset"), ask),
            *("awscreds mfa-session >given.cmd", "call given.cmd", ask),
            **before,
        ).splitlines(),
    )

    given = {name: expected[name] for name in SET}
    assert given["AWSCREDS_PROFILE"] == LIKE_CODE
    assert {name: with_session[name] for name in SET} == given
    assert {name: in_file[name] for name in SET} == given
    assert "AWS_PROFILE" not in with_session
    assert {name: without.get(name) for name in (*SET, *before)} == dict.fromkeys(SET) | before
    assert not [name for name in without if name.startswith("AWSCREDS_SAVED")]


def test_a_failure_sets_nothing_in_cmd(alice, show):
    ask = '"{}" "{}"'.format(*show)
    shown = batch(alice, INTO_CMD.format("mfa-session --profile nope"), ask)

    assert not [name for name in SET if name in environment_of(shown) and "REGION" not in name]


def test_exec_gives_the_session_the_arguments_and_the_exit_code(alice, show):
    configured(alice)
    session(alice, "mfa-session", "--profile", "alice", "--token", alice.code())
    inherited = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_PROFILE": "x", "KEPT": "yes"}
    words = ["a b", 'a"b', "a&b", "100%", "%PATH%", "^", "grün", "a\\", ""]

    shown, *given = json.loads(alice.awscreds("exec", "alice", *show, *words, **inherited).stdout)

    assert given == words
    assert shown["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert shown["KEPT"] == "yes"
    assert "AWS_PROFILE" not in shown
    assert not [name for name in shown if name.startswith("AWSCREDS_PASSPHRASE")]
    words = ("exec", "alice", "--", "cmd", "/d", "/c")
    alice.awscreds(*words, "echo %AWS_ACCESS_KEY_ID% & exit 7", rc=7)
    alice.awscreds("exec", "alice", "--", "no-such-command", rc=127)


def test_a_batch_file_on_the_path_is_a_command_as_any_other(alice):
    configured(alice)
    session(alice, "mfa-session", "--profile", "alice", "--token", alice.code())
    tool = alice.folder / "tool & co" / "mytool.cmd"
    tool.parent.mkdir()
    tool.write_text("@echo %AWSCREDS_PROFILE% %*\n@exit /b 9\n")
    path = f"{tool.parent};{alice.environment['PATH']}"

    done = alice.awscreds("exec", "alice", "mytool", "a b", "&calc", rc=9, PATH=path)

    assert done.stdout.strip() == 'alice "a b" "&calc"'

"""The standard streams, whatever the caller made of them, and what must never be on them."""

import json
import sys

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

COMMANDS = (
    "whoami --profile alice",
    "configure list-profiles --json",
    "credential-process --profile alice",
    "whoami --profile nope --json",
)


@pytest.fixture
def user(alice):
    alice.configure()
    return alice


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("stdout", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_a_plain_failure(user, words, stdout):
    done = user.run("sh", "-c", f"{PROGRAM} {words} {stdout}", rc=None)
    assert done.returncode == (3 if "nope" in words else 1)
    assert "awscreds: " in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "awscreds has a bug" not in done.stderr


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_a_stderr_that_takes_nothing_changes_no_outcome(user, stderr):
    def rc(words):
        return user.run("sh", "-c", f"{PROGRAM} {words} {stderr}", rc=None).returncode

    assert rc("lock") == 0
    assert rc("whoami --profile nope") == 3
    assert rc("credential-process --profile nope") == 3


def test_a_closed_stdin_is_nobody_to_ask(alice):
    assert (
        "standard input is empty" in alice.run("sh", "-c", f"{PROGRAM} configure <&-", rc=6).stderr
    )


def test_names_no_encoding_has_are_printed_all_the_same(alice):
    alice.config.write_bytes("[profile \u65e5]\n".encode() + b"[profile \xff]\n")
    done = alice.awscreds("configure", "list-profiles", PYTHONIOENCODING="latin-1")
    assert done.stdout.splitlines() == ["\\u65e5", "\\udcff"]
    utf8 = alice.run("sh", "-c", f"{PROGRAM} configure list-profiles | od -An -tx1")
    assert utf8.stdout.split() == ["e6", "97", "a5", "0a", "ff", "0a"]


@pytest.mark.parametrize("words", [("store", "--json", "show"), ("--json", "store", "show")])
def test_the_common_flags_stand_anywhere(alice, words):
    assert json.loads(alice.awscreds(*words).stdout)["backend"] == "vault"


def test_an_empty_profile_name_is_not_the_default_profile(alice):
    alice.configure("default")
    assert "--profile" in alice.awscreds("whoami", "--profile", "", rc=2).stderr


def test_a_secret_among_the_words_by_mistake_is_not_repeated(alice):
    for words in ((alice.secret,), ("configure", alice.secret), ("lock", alice.secret)):
        for flags in ((), ("--json",)):
            done = alice.awscreds(*flags, *words, rc=2)
            assert alice.secret not in done.stdout + done.stderr


def test_a_secret_asked_from_a_stdin_that_is_a_terminal_is_typed_unseen(alice):
    words = ("configure", "--access-key-id", alice.key_id, "--secret-stdin")
    with terminal(alice, PROGRAM, *words) as screen:
        screen.answer("AWS Secret Access Key", alice.secret, exactly=False)
        assert screen.end() == 0
    with terminal(alice, PROGRAM, "configure", "set", "aws_secret_access_key", "-") as screen:
        screen.answer("aws_secret_access_key: ", alice.secret)
        assert screen.end() == 0
    assert alice.secret not in screen.text


def test_ctrl_d_at_a_question_is_no_answer(alice):
    with terminal(alice, PROGRAM, "configure") as screen:
        screen.expect("AWS Access Key ID [None]: ")
        screen._child.sendeof()
        screen.expect("no answer to")
        assert screen.end() == 6


@pytest.mark.parametrize(
    ("ends", "code"), [("raise KeyboardInterrupt", 130), ("os._exit = late; return 0", 0)]
)
def test_ctrl_c_while_an_error_is_shown_or_at_the_very_end_prints_no_traceback(alice, ends, code):
    script = (
        "import os, signal, sys; import awscreds.cli; leave = os._exit\n"
        "def late(code): signal.raise_signal(signal.SIGINT); leave(code)\n"
        f"def run(arguments): {ends}\n"
        "awscreds.cli.run, sys.argv = run, ['awscreds', 'lock']\n"
        "from awscreds.__main__ import main; main()\n"
    )
    done = alice.run(sys.executable, "-c", script, rc=None)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_verbose_says_what_is_asked_of_whom_and_no_secret(user):
    done = user.awscreds("--verbose", "whoami", "--profile", "alice")
    assert f"looking for {user.key_id} in the vault" in done.stderr
    assert "with STS" in done.stderr
    assert user.secret not in done.stderr
    assert user.awscreds("whoami", "--profile", "alice").stderr == ""


@pytest.mark.parametrize("group", ["store", "profile", "sessions"])
def test_a_group_alone_says_which_commands_it_has(alice, group):
    done = alice.awscreds(group, rc=2)
    assert f"`awscreds {group}` needs one of its commands: " in done.stderr
    assert done.stderr.count("\n") == 2


def test_a_missing_value_is_a_document_too(alice):
    done = alice.awscreds("configure", "get", "nothing", "--json", rc=1)
    assert json.loads(done.stdout) == {"version": 1, "key": "nothing", "value": None}


def test_spans_of_any_length_are_refused_in_words(alice):
    assert "not a duration" in alice.awscreds("unlock", "--for", "9" * 5000, rc=2).stderr


def test_half_a_key_in_the_environment_is_refused_as_sdks_do(user):
    done = user.awscreds("whoami", AWS_ACCESS_KEY_ID=user.key_id, rc=3)
    assert "AWS_SECRET_ACCESS_KEY" in done.stderr


def test_keys_in_the_environment_do_not_hide_a_profile_that_does_not_exist(user):
    keys = {"AWS_ACCESS_KEY_ID": user.key_id, "AWS_SECRET_ACCESS_KEY": user.secret}
    user.awscreds("whoami", AWS_PROFILE="nope", rc=3, **keys)

"""Whether a question can be asked."""

import json
import subprocess
import sys

import pytest

ASK = """
import sys
from awscreds.__main__ import main
sys.argv = ["awscreds", *sys.argv[1:]]
main()
"""


def awscreds(*arguments, **options):
    """The command, as something starts it that is not a terminal."""
    return subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize("flag", ["DETACHED_PROCESS", "CREATE_NO_WINDOW"])
def test_without_a_window_no_question_is_asked(home, flag):
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        "[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/a\n"
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
    )

    done = awscreds("mfa-session", "dev", creationflags=getattr(subprocess, flag))

    assert done.returncode == 6, done.stderr
    assert "there is no terminal to ask on" in done.stderr


# Every command, with the questions for an MFA code, a passphrase, consent and a secret.

EVERY = """
import contextlib, io, json, os, sys
import click
from awscreds.app import App
from awscreds.cli import run
from tests.test_cli_help import ALL

ARGUMENTS = {"KEY": "region", "ROLE": "role", "SHELL": "powershell"}

def words_of(path, command):
    words = list(path)
    for param in command.params:
        if isinstance(param, click.Argument) and param.required:
            words.append(ARGUMENTS.get(param.human_readable_name, "dev"))
        elif getattr(param, "required", False):
            words += [param.opts[0], "x"]
    return words

def done(words, **environ):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            code = run(words, App({**os.environ, **environ}, stderr=said))
    except SystemExit as end:  # `exec` has run the shell
        code = end.code
    return code, said.getvalue()

keep = ["configure", "--profile", "kept", "--access-key-id", "AKIAIOSFODNN7KEPTKEY",
        "--secret-stdin", "--no-verify", "--region", "eu-central-1"]
sys.stdin = io.StringIO("secret" * 6 + "kept")
code, said = done(keep, AWSCREDS_PASSPHRASE="correct horse battery")
assert code == 0, said
sys.stdin = open(os.devnull)
found = {}
for profile in ("dev", "kept"):
    for path, command in ALL:
        if isinstance(command, click.Group) or path[0] == "sandbox":  # which starts a server
            continue
        found[f"{' '.join(path)} of {profile}"] = done(words_of(path, command), AWS_PROFILE=profile)
print(json.dumps(found))
"""


def test_no_command_waits_for_an_answer_without_a_console(home, monkeypatch):
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        "[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/a\n"
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = dev\n"
    )
    monkeypatch.setenv("AWSCREDS_BACKEND", "vault")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    done = subprocess.run(
        [sys.executable, "-c", EVERY],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
        creationflags=subprocess.DETACHED_PROCESS,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    unexpected = {each: said for each, (code, said) in found.items() if code not in range(8)}
    assert unexpected == {}
    asking = {each for each, (code, _) in found.items() if code == 6}
    assert asking >= {"mfa-session of dev", "unlock of kept"}, found
    assert len(asking) > 8, found

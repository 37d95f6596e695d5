"""`awscreds-use` with the installed program: the AWS CLI in the same shell has the session."""

import os

import pytest

from tests.completion.shells import program, script
from tests.e2e.conftest import PROGRAM

ASK = "aws sts get-caller-identity --query Arn --output text"


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_session_comes_into_the_shell_and_goes_again(alice, shell):
    serial = alice.sandbox.facts["mfa_serial"]
    alice.configure("alice", "--mfa-serial", serial)
    alice.awscreds("mfa-session", "--profile", "alice", "--token", alice.code())
    lines = [
        "compdef() { :; }" if shell == "zsh" else "true",
        f". {script(shell)}",
        "awscreds-use alice",
        'test -n "$AWS_SESSION_TOKEN" && echo has a session',
        ASK,
        "awscreds-use --off",
        'test -z "$AWS_SESSION_TOKEN" && echo has none',
    ]
    options = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[shell]
    path = f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"
    done = alice.run(program(shell), options, "-c", "\n".join(lines), PATH=path)
    assert done.stderr == "", done.stdout
    first, arn, last = done.stdout.splitlines()
    assert (first, last) == ("has a session", "has none")
    assert arn.endswith(":user/alice")
    assert alice.secret not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_off_leaves_the_environment_as_it_was_after_any_number_of_sessions(alice, shell):
    alice.configure("alice", "--mfa-serial", alice.sandbox.facts["mfa_serial"])
    before = {
        "AWS_PROFILE": "a b'$(touch x)",
        "AWS_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "before",
        "AWSUME_PROFILE": "mine",
        "AWS_SESSION_TOKEN": "",
    }
    alice.awscreds(
        "mfa-session", "--profile", "alice", "--token", alice.code(), AWS_REGION="eu-west-3"
    )
    lines = [
        "compdef() { :; }" if shell == "zsh" else "true",
        f". {script(shell)}",
        "env | grep ^AWS | sort",
        "echo",
        "awscreds-use alice",
        "awscreds-use no-such-profile",
        "set -e AWS_CREDENTIAL_EXPIRATION"
        if shell == "fish"
        else "unset AWS_CREDENTIAL_EXPIRATION",
        "awscreds-use alice",
        "awscreds-use --off",
        "awscreds-use --off",
        "env | grep ^AWS | sort",
    ]
    options = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[shell]
    path = f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"
    done = alice.run(program(shell), options, "-c", "\n".join(lines), PATH=path, **before)
    first, _, last = done.stdout.partition("\n\n")
    assert "AWS_SECRET_ACCESS_KEY=before" in first
    assert last.rstrip("\n") == first, done.stderr
    assert "no profile 'no-such-profile'" in done.stderr

"""`awscreds-use` with the installed program: the AWS CLI in the same shell has the session."""

import os

import pytest

from tests.completion.shells import program, script
from tests.e2e.conftest import PROGRAM

ASK = "aws sts get-caller-identity --query Arn --output text"


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

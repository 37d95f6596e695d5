"""botocore with awscrt, which reads ``login_session`` by itself: beside us, with one shared login.

The JavaScript SDK, which needs no awscrt, does the same.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import builds
from tests.e2e.conftest import PROGRAM, alice
from tests.e2e.test_aws_login import shift
from tests.e2e.visitor import ALICE, Visitor
from tests.sandbox.fixtures import sandbox

__all__ = ["alice", "sandbox"]


class Client:
    """Asks who the profile ``web`` is."""

    def __init__(self, alice, argv, **variables):
        self.alice, self.argv, self.variables = alice, argv, variables

    def __call__(self):
        done = self.alice.run(*self.argv, "web", **self.variables)
        return done.stdout.partition("\t")[2].strip()


def botocore(alice):
    return Client(alice, builds.python(), PYTHONPATH=str(builds.awscrt()))


def javascript(alice):
    return Client(alice, builds.javascript_3())


@pytest.fixture
def visitor(alice):
    return Visitor(alice)


@pytest.fixture(params=[botocore, javascript], ids=["botocore", "javascript"])
def client(request, alice):
    return request.param(alice)


def has_connected(process):
    """Whether a program has begun to ask AWS."""
    with contextlib.suppress(FileNotFoundError):
        folder = Path("/proc", str(process.pid), "fd")
        return any("socket:" in os.readlink(each) for each in folder.iterdir())
    return False


def tokens(visitor):
    document = json.loads(visitor.shared().read_bytes())
    return document["refreshToken"], document["accessToken"]["accessKeyId"]


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_each_uses_what_the_other_renewed_in_either_order(visitor, client, first):
    visitor.log_in("--share")
    for turn in range(2):
        before = tokens(visitor)
        shift(visitor.shared(), 60, mine=turn)
        ask = visitor.arn if (first == "ours") == (turn % 2 == 0) else client
        assert ask() == ALICE
        after = tokens(visitor)
        assert not set(after) & set(before)
        assert client() == visitor.arn() == ALICE
        assert tokens(visitor) == after  # it was renewed once
        assert json.loads(visitor.shared().read_bytes())["mine"] == turn
    assert visitor.count() == 3


def test_a_wrapped_login_is_read_from_us_with_and_without_awscrt(visitor, alice):
    visitor.log_in()
    visitor("profile", "wrap", "web")
    assert botocore(alice)() == Client(alice, builds.python())() == ALICE
    assert not visitor.shared().exists()


@pytest.mark.parametrize("left", [60, -60], ids=["at its end", "after its end"])
@pytest.mark.parametrize("winner", ["ours", "theirs"])
def test_no_login_is_lost_if_both_renew_it_at_once_whoever_wins(visitor, alice, left, winner):
    """AWS takes a refresh token once. It is not known to end a login for a second use."""
    client = botocore(alice)
    visitor.control.arrange_sign_in(reuse_ends=False)
    visitor.log_in("--share")
    shift(visitor.shared(), left)
    visitor.control.hang("CreateOAuth2Token", count=1)
    words, variables = ([PROGRAM, "whoami", "--profile", "web"], {})
    if winner == "ours":
        words, variables = client.argv, client.variables
        words = [*words, "web"]
    environment = {**alice.environment, **variables}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as loser:
        while not has_connected(loser):
            assert loser.poll() is None
        assert (visitor.arn if winner == "ours" else client)() == ALICE
        visitor.control.release()
        said = loser.communicate()[0]
    if winner == "theirs":  # botocore fails if it loses after the end
        assert ALICE in said
    for ask in (visitor.arn, client):
        shift(visitor.shared(), 60)
        assert ask() == ALICE  # the tokens in the file are those that AWS takes


def test_the_python_of_the_tests_has_no_awscrt():
    code = "import botocore.compat; print(botocore.compat.HAS_CRT)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"

"""Files that only some tools read: what each command says of them, and what it refuses."""

import os
import sys

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

AWS = os.path.join(os.path.dirname(sys.executable), "aws")

DUPLICATE = "[profile test]\nregion = eu-central-1\n\n[profile test]\nregion = eu-west-1\n"
KEYLESS = "[default]\nregion\n[profile b]\nregion =\n"


def write(user, name, text):
    path = user.aws / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)


def pair(key):
    return f"aws_access_key_id = {key[0]}\naws_secret_access_key = {key[1]}\n"


@pytest.mark.parametrize("where", [("[DEFAULT]\n{bob}[dev]\nregion = us-east-1\n", 1)])
def test_keys_in_default_of_another_user_stop_configure_before_anything_is_changed(alice, where):
    text, line = where
    write(alice, "credentials", text.format(bob=pair(alice.sandbox.root_key)))
    before = alice.files()
    alice.sandbox.control.log()
    done = alice.configure("dev", rc=3)
    assert (
        f"~/.aws/credentials:{line}: for the profile dev, the AWS CLI and boto3 use the access"
        in (done.stderr)
    )
    assert alice.sandbox.root_key[0] in done.stderr
    assert "--yes" in done.stderr
    assert alice.files() == before

    agreed = alice.configure("dev", "--yes")
    assert "the AWS CLI and boto3 use the access key" in agreed.stderr
    assert "is ready" not in agreed.stderr
    assert "see the warnings above" in agreed.stderr
    # And so it is: this is what the finding was about.
    told = alice.run(AWS, "sts", "get-caller-identity", "--profile", "dev").stdout
    assert alice.key_id not in told
    assert "user/alice" not in told


@pytest.mark.parametrize(("text", "line"), [(DUPLICATE, 4), (KEYLESS, 2)])
def test_configure_refuses_what_the_cli_and_boto3_refuse_and_says_the_line(alice, text, line):
    write(alice, "config", text)
    before = alice.files()
    done = alice.configure("dev", rc=3)
    assert f"~/.aws/config:{line}: " in done.stderr
    assert "the AWS CLI" in done.stderr
    assert "boto3" in done.stderr
    assert alice.files() == before
    agreed = alice.configure("dev", "--yes")
    assert f"~/.aws/config:{line}: " in agreed.stderr
    assert "is ready" not in agreed.stderr


def test_configure_refuses_before_it_asks_anything(alice):
    write(alice, "config", DUPLICATE)
    with terminal(alice, PROGRAM, "configure", "--profile", "dev") as screen:
        assert screen.end() == 3
    assert "Access Key ID" not in screen.text


# Names


def test_a_person_is_asked_about_a_name_that_some_sdks_cannot_see(alice):
    words = ("configure", "set", "region", "x", "--profile", "my team")
    with terminal(alice, PROGRAM, *words) as screen:
        screen.answer("Create the profile anyway? [y/N]", "n")
        assert screen.end() == 2
    with terminal(alice, PROGRAM, *words) as screen:
        screen.answer("Create the profile anyway? [y/N]", "y")
        assert screen.end() == 0
    assert "[profile 'my team']" in alice.config.read_text()


def test_a_profile_that_has_such_a_name_already_goes_on_working(alice):
    write(alice, "config", "[profile #h]\nregion = x\n[profile 'my team']\nregion = x\n")
    for name in ("#h", "my team"):
        done = alice.awscreds("configure", "set", "region", "eu-west-1", "--profile", name)
        assert "Java" in done.stderr
        assert alice.awscreds("configure", "get", "region", "--profile", name).stdout == (
            "eu-west-1\n"
        )
        alice.configure(name)
        assert "user/alice" in alice.awscreds("whoami", "--profile", name).stdout

"""The vault stays open on Windows between programs, for a time, and is closed by `lock`."""

import json

import pytest

from tests.windows.test_main_job import ARN, boto3


@pytest.fixture
def store():
    return "vault"


NOBODY = {"AWSCREDS_PASSPHRASE": None, "AWSCREDS_PASSPHRASE_FILE": None}


def serve(user, **options):
    return user.awscreds("credential-process", "--profile", "alice", **NOBODY, **options)


def test_after_unlock_sdks_get_keys_until_lock(user):
    user.configure("alice", "--region", "eu-central-1")
    user.awscreds("lock")
    assert "the awscreds vault is locked" in serve(user, rc=4).stderr

    told = user.awscreds("unlock", "--for", "1h").stderr

    assert "open for 1 hour; its key is in the memory of your Windows login" in told
    assert json.loads(serve(user).stdout)["SecretAccessKey"] == user.secret
    assert boto3(user, "alice", **NOBODY) == [ARN]
    shown = user.awscreds("store", "show", **NOBODY).stdout
    assert "(open)" in shown
    assert "Its key is in the memory of your Windows login for at least 59 minutes" in shown

    user.awscreds("lock", **NOBODY)

    assert "the awscreds vault is locked" in serve(user, rc=4).stderr
    assert user.awscreds("whoami", "--profile", "alice", rc=6, **NOBODY).stdout == ""
    assert "(locked)" in user.awscreds("store", "show", **NOBODY).stdout


def test_the_key_of_an_open_vault_is_in_no_file(user):
    user.configure("alice")
    before = set(user.files())
    user.awscreds("unlock", "--for", "1h")
    assert set(user.files()) == before


def test_a_time_that_is_over_closes_it(user):
    user.configure("alice")
    user.awscreds("unlock", "--for", "1s")
    give_up = 30
    while serve(user, rc=None).returncode == 0:
        give_up -= 1
        assert give_up
    assert (
        "the awscreds vault is locked"
        in user.awscreds("credential-process", "--profile", "alice", rc=4, **NOBODY).stderr
    )

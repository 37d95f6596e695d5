"""Two config files, one store (F4 of the first review): whatever erases looks at both."""

import json

import pytest

from tests.e2e.test_gate import KEY_OF_DAVE

NOTHING = "[profile x]\nregion = us-east-1\n"


@pytest.fixture
def other(alice):
    """The environment of a second config file, in which prod uses the same stored key as dev."""
    path = alice.home / "other"
    alice.configure("dev")
    alice.configure("prod", AWS_CONFIG_FILE=str(path))
    return {"AWS_CONFIG_FILE": str(path)}


def serves(alice, profile, **environment):
    done = alice.awscreds("credential-process", "--profile", profile, **environment)
    return json.loads(done.stdout)["AccessKeyId"]


def test_store_forget_keeps_what_the_other_file_uses(alice, other):
    alice.config.write_text(NOTHING)  # dev is gone; the store is asked from here
    done = alice.awscreds("store", "forget", alice.key_id, "--yes", "--json", rc=3)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "key-in-use"
    assert f"prod ({other['AWS_CONFIG_FILE']}:" in error["message"]
    assert serves(alice, "prod", **other) == alice.key_id
    (entry,) = (
        entry
        for entry in json.loads(alice.awscreds("store", "show", "--json").stdout)["entries"]
        if entry["id"] == alice.key_id
    )
    assert entry["profiles"] == ["prod"]
    assert [use["file"] for use in entry["used_by"]] == [other["AWS_CONFIG_FILE"]]
    assert f"prod ({other['AWS_CONFIG_FILE']}" in alice.awscreds("store", "show").stdout


def test_store_forget_waits_for_a_file_that_is_away_until_it_is_released(alice, other):
    alice.config.write_text(NOTHING)
    folder = alice.home / "disk"
    folder.mkdir()
    path = folder / "config"
    alice.configure("prod", AWS_CONFIG_FILE=str(path))
    (alice.home / "other").unlink()
    path.unlink()
    folder.rmdir()
    done = alice.awscreds("store", "forget", alice.key_id, "--yes", rc=3)
    assert "awscreds store release ~/disk/config" in done.stderr
    alice.awscreds("store", "release", path)
    alice.awscreds("store", "forget", alice.key_id, "--yes")


def test_keys_delete_spares_an_active_key_and_keeps_the_secret_of_another(alice, other):
    alice.config.write_text(NOTHING)
    spare = alice.sandbox.client("iam").create_access_key()["AccessKey"]
    alice.awscreds(
        *("configure", "--profile", "dev", "--access-key-id", spare["AccessKeyId"]),
        "--secret-stdin",
        stdin=spare["SecretAccessKey"],
    )
    words = ("keys", "delete", alice.key_id, "--profile", "dev", "--yes", "--json")
    done = alice.awscreds(*words, rc=3)
    assert f"prod ({other['AWS_CONFIG_FILE']}:" in json.loads(done.stdout)["error"]["message"]
    deactivated = ("keys", "deactivate", alice.key_id, "--profile", "dev", "--yes", "--json")
    assert "prod" in str(json.loads(alice.awscreds(*deactivated).stdout)["profiles"])
    done = alice.awscreds(*words)
    assert json.loads(done.stdout)["secret_forgotten"] is False
    assert "its stored secret was not" in done.stderr
    assert serves(alice, "prod", **other) == alice.key_id


@pytest.mark.slow
def test_a_rotation_lets_the_other_file_use_the_new_key(alice, other):
    done = alice.awscreds("rotate", "--profile", "dev", "--yes")
    assert "prod (~/other:" in done.stderr
    new = serves(alice, "dev")
    assert new != alice.key_id
    assert serves(alice, "prod", **other) == new
    alice.awscreds("store", "forget", new, "--yes", rc=3)


def test_a_failed_configure_takes_back_nothing_that_the_other_file_uses(alice):
    path = str(alice.home / "other")
    text = f"[profile prod]\nawscreds_access_key_id = {KEY_OF_DAVE[0]}\n"
    (alice.home / "other").write_text(text)
    alice.config.parent.mkdir(exist_ok=True)
    for environment in ({}, {"AWS_CONFIG_FILE": path}):
        alice.awscreds(
            *("configure", "--profile", "x", "--access-key-id", KEY_OF_DAVE[0]),
            *("--secret-stdin", "--no-verify"),
            stdin=KEY_OF_DAVE[1],
            **environment,
        )
    shown = json.loads(alice.awscreds("store", "show", "--json").stdout)["entries"]
    (uses,) = (entry["used_by"] for entry in shown if entry["id"] == KEY_OF_DAVE[0])
    assert {use["profile"] for use in uses} == {"prod", "x"}


def test_credential_process_writes_no_note(alice, other):
    state = alice.aws / "awscreds" / "state.json"
    third = alice.home / "third"
    third.write_text((alice.home / "other").read_text())
    before = state.read_text()
    assert serves(alice, "prod", AWS_CONFIG_FILE=str(third)) == alice.key_id
    assert state.read_text() == before
    assert str(alice.home / "other") in before

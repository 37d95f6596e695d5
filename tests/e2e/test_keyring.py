"""Alice on a desktop: her secret is in the OS keyring, and what happens when that fails her."""

import json
import os
import sys
import time

import pytest

from tests.stores.backends import secret_service

ARN = "arn:aws:iam::123456789012:user/alice"
AWS = os.path.join(os.path.dirname(sys.executable), "aws")


def test_the_secret_is_in_the_keyring_and_the_aws_cli_signs_with_it(keyring_user):
    keyring_user.configure("alice", "--region", "eu-central-1")
    got = keyring_user.run(AWS, "sts", "get-caller-identity", "--profile", "alice")
    assert json.loads(got.stdout)["Arn"] == ARN
    assert not (keyring_user.aws / "awscreds" / "vault").exists()
    entry = {"service": f"awscreds:{keyring_user.key_id}", "username": keyring_user.key_id}
    assert len(secret_service.items(keyring_user.environment, entry)) == 1
    secret = keyring_user.secret.encode()
    assert [path for path, data in keyring_user.files().items() if secret in data] == []


def test_a_secret_that_another_state_folder_uses_outlives_the_profile(keyring_user):
    work = {
        "AWS_CONFIG_FILE": str(keyring_user.home / "work-config"),
        "AWSCREDS_HOME": str(keyring_user.home / "work-state"),
    }
    get = ("configure", "get", "aws_secret_access_key", "--profile", "alice")
    for mine, others in (({}, work), (work, {})):
        keyring_user.configure(**work)
        keyring_user.configure()
        done = keyring_user.awscreds("profile", "remove", "alice", "--yes", "--json", **mine)
        assert json.loads(done.stdout)["secrets_forgotten"] == []
        assert keyring_user.awscreds(*get, **others).stdout.strip() == keyring_user.secret
    done = keyring_user.awscreds("profile", "remove", "alice", "--yes", "--json")
    assert json.loads(done.stdout)["secrets_forgotten"] == [keyring_user.key_id]


@pytest.mark.slow
def test_a_rotation_reaches_the_config_file_of_another_state_folder(keyring_user):
    work = {
        "AWS_CONFIG_FILE": str(keyring_user.home / "work-config"),
        "AWSCREDS_HOME": str(keyring_user.home / "work-state"),
    }
    keyring_user.configure(**work)
    keyring_user.configure()
    keyring_user.awscreds("rotate", "--profile", "alice", "--yes")
    for home in ({}, work):
        got = keyring_user.run(AWS, "sts", "get-caller-identity", "--profile", "alice", **home)
        assert json.loads(got.stdout)["Arn"] == ARN


def one_line(done, code):
    assert done.returncode == code
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("awscreds: ")
    return line


def serve(user, **options):
    started = time.monotonic()
    done = user.awscreds("credential-process", "--profile", "alice", rc=None, **options)
    assert time.monotonic() - started < 30  # a hang, not a speed, is what this finds
    return done


def test_a_missing_entry_is_named_with_the_command_that_mends_it(keyring_user):
    keyring_user.configure()
    key_id = keyring_user.key_id
    keyring_user.run(sys.executable, "-m", "keyring", "del", f"awscreds:{key_id}", key_id)
    line = one_line(serve(keyring_user), 4)
    assert keyring_user.key_id in line
    assert "awscreds configure" in line


def test_a_locked_keyring_says_so_at_once(keyring_user, tmp_path_factory):
    with secret_service.gnome_keyring(tmp_path_factory.mktemp("own") / "session") as own:
        keyring_user.environment["DBUS_SESSION_BUS_ADDRESS"] = own["DBUS_SESSION_BUS_ADDRESS"]
        keyring_user.configure()
        secret_service.lock(own)
        assert "locked" in one_line(serve(keyring_user), 4)
        assert "(locked)" in keyring_user.awscreds("store", "show").stdout


@pytest.mark.slow
def test_no_bus_and_a_service_that_never_answers_end_within_the_deadline(alice, tmp_path_factory):
    folder = tmp_path_factory.mktemp("silent")
    del alice.environment["AWSCREDS_BACKEND"]
    del alice.environment["AWSCREDS_PASSPHRASE"]
    with secret_service.gnome_keyring(folder / "good") as good:
        alice.environment["DBUS_SESSION_BUS_ADDRESS"] = good["DBUS_SESSION_BUS_ADDRESS"]
        alice.configure()
    one_line(serve(alice), 4)  # the bus is gone
    with (
        secret_service.session_bus(folder / "bad") as bad,
        secret_service.fake_service(bad, silent=["OpenSession", "SearchItems", "Get"]),
    ):
        address = bad["DBUS_SESSION_BUS_ADDRESS"]
        line = one_line(serve(alice, DBUS_SESSION_BUS_ADDRESS=address), 4)
    assert "seconds" in line or "answer" in line


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ("", 3),
        ("[profile alice]\nregion = x\n", 3),
        ("garbage\n[profile\n", 3),
        ("[profile alic]\n", 3),
        ("\0\xff\n[profile alice]\nawscreds_access_key_id=\n", 3),
    ],
)
def test_a_broken_config_is_one_helpful_line(alice, config, code):
    alice.config.write_text(config)
    assert "alice" in one_line(serve(alice), code)


def test_an_unreadable_config_is_one_helpful_line(alice):
    alice.config.unlink()
    alice.config.mkdir()
    assert "~/.aws/config" in one_line(serve(alice), 3)


def test_what_an_sdk_shows_its_user_is_our_line(alice):
    alice.configure()
    line = next(x for x in alice.config.read_text().splitlines() if x.startswith("credential_"))
    text = alice.config.read_text().replace("awscreds_access_key_id", "# awscreds_access_key_id")
    alice.config.write_text(text)
    assert "credential-process" in line
    done = alice.run(AWS, "sts", "get-caller-identity", "--profile", "alice", rc=None)
    assert done.returncode != 0
    assert "awscreds configure --profile alice" in done.stderr


def test_entries_move_between_the_keyring_and_the_vault_and_back(keyring_user, tmp_path_factory):
    with secret_service.gnome_keyring(tmp_path_factory.mktemp("own") / "session") as fresh:
        keyring_user.environment["DBUS_SESSION_BUS_ADDRESS"] = fresh["DBUS_SESSION_BUS_ADDRESS"]
        keyring_user.environment["AWSCREDS_PASSPHRASE"] = "correct horse"
        keyring_user.configure()
        entry = {"service": f"awscreds:{keyring_user.key_id}"}
        keyring_user.awscreds("store", "move", "--to", "vault")
        assert secret_service.items(fresh, entry) == []
        assert ARN in keyring_user.awscreds("whoami", "--profile", "alice").stdout
        report = json.loads(keyring_user.awscreds("list", "--json").stdout)
        assert {row["secret"] for row in report["profiles"]} == {"vault", None}
        keyring_user.awscreds("store", "move", "--to", "keyring")
        assert len(secret_service.items(fresh, entry)) == 1
        assert ARN in keyring_user.awscreds("whoami", "--profile", "alice").stdout
        again = keyring_user.awscreds("store", "move", "--to", "keyring", "--json")
        assert json.loads(again.stdout)["moved"] == []


def test_an_unavailable_keyring_is_never_replaced_by_the_vault_in_silence(alice, desktop):
    del alice.environment["AWSCREDS_BACKEND"]
    alice.configure("alice", DBUS_SESSION_BUS_ADDRESS=desktop["DBUS_SESSION_BUS_ADDRESS"])
    done = alice.configure("other", rc=4)
    assert "AWSCREDS_BACKEND" in done.stderr or "vault" in done.stderr
    assert not (alice.aws / "awscreds" / "vault").exists()

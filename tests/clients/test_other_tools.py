"""`awscreds import` reads what aws-vault itself has written, and the library of granted.

And ``tests/other_tools.py``, by which all other tests write entries, writes the same.
"""

import json
import os
import subprocess

import pytest

from awscreds.stores.other_tools import jwe
from tests import other_tools as tools
from tests.clients import builds
from tests.e2e.conftest import alice, desktop, keyring_user
from tests.sandbox.fixtures import sandbox
from tests.stores.other_tools.collections import Collection

__all__ = ["alice", "desktop", "keyring_user", "sandbox"]

PASSPHRASE = "of the files"
NAMES = ["dev", "a b", "50%", "team/dev", "über", "@+=-.", "a<b>&c"]


@pytest.fixture(scope="module")
def writer():
    return builds.keyring()


def write(writer, tool, backend, name, *, folder="", key=("AKIAIOSFODNN7EXAMPLE", "s" * 40), **env):
    variables = {"PASSPHRASE": PASSPHRASE, "KEY_ID": key[0], "SECRET": key[1]}
    done = subprocess.run(
        [writer, tool, backend, str(folder), name],
        env={**os.environ, **variables, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_our_own_writer_of_files_writes_what_the_library_does(writer, tmp_path, name):
    write(writer, "aws-vault", "file", name, folder=tmp_path / "theirs")
    data = tools.credentials("AKIAIOSFODNN7EXAMPLE", "s" * 40)
    ours = tools.write_file(tmp_path / "ours", name, data, PASSPHRASE)
    [theirs] = (tmp_path / "theirs").iterdir()
    assert theirs.name == ours.name
    assert theirs.stat().st_mode == ours.stat().st_mode
    tokens = [jwe.parse(path.read_bytes()) for path in (theirs, ours)]
    heads = [json.loads(jwe._decoded(token.header)) for token in tokens]
    assert list(heads[0]) == list(heads[1])
    assert len({(head["alg"], head["enc"], head["p2c"], len(head["p2s"])) for head in heads}) == 1
    assert jwe.decrypt(tokens[0], PASSPHRASE) == jwe.decrypt(tokens[1], PASSPHRASE)
    assert "=" not in theirs.read_text()


def test_what_aws_vault_and_granted_write_to_files_is_imported(writer, alice):
    key = (alice.key_id, alice.secret)
    folder = alice.home / ".granted" / "secure-storage-aws-iam-credentials"
    write(writer, "aws-vault", "file", "one", folder=alice.home / ".awsvault" / "keys", key=key)
    write(writer, "granted", "file", "two", folder=folder, key=key)
    variables = {"AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE, "CF_KEYRING_FILE_PASSWORD": PASSPHRASE}
    alice.awscreds("import", "--from", "all", "--yes", **variables)
    for name in ("one", "two"):
        shown = json.loads(alice.awscreds("whoami", "--profile", name, "--json").stdout)
        assert shown["arn"] == alice.sandbox.facts["user_arn"]


@pytest.mark.parametrize(
    ("tool", "collection"),
    [("aws-vault", "awsvault"), ("granted", "granted-aws-iam-credentials")],
)
def test_what_they_write_to_the_keyring_is_imported_and_deleted(
    writer, keyring_user, desktop, tool, collection
):
    alice = keyring_user
    # It is there already, because gnome-keyring asks for the password of a new one in a window.
    there = Collection(desktop, collection)
    bus = {"DBUS_SESSION_BUS_ADDRESS": desktop["DBUS_SESSION_BUS_ADDRESS"]}
    try:
        write(writer, tool, "secret-service", "dev", key=(alice.key_id, alice.secret), **bus)
        assert there.keys() == ["dev"]
        done = alice.awscreds("import", "--from", tool, "--yes", "--delete-source")
        assert there.keys() == []
    finally:
        there.delete()
    assert f"Imported {alice.key_id}" in done.stderr
    assert json.loads(alice.awscreds("whoami", "--profile", "dev", "--json").stdout)


@pytest.fixture(scope="module")
def aws_vault():
    return builds.aws_vault()


class Vault:
    """aws-vault in a person's home."""

    def __init__(self, program, person, backend, **variables):
        self.program, self.person, self.backend = program, person, backend
        self.environment = {
            "HOME": str(person.home),
            "PATH": os.defpath,
            "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE,
            **variables,
        }

    def __call__(self, *words, **variables):
        return subprocess.run(
            [self.program, f"--backend={self.backend}", *words],
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    def add(self, name):
        person = self.person
        key = {"AWS_ACCESS_KEY_ID": person.key_id, "AWS_SECRET_ACCESS_KEY": person.secret}
        assert "Added credentials" in self("add", name, "--env", "--no-add-config", **key)

    def gives(self, name):
        """The secret that it gives for a profile."""
        text = self("export", "--format=json", "--no-session", name)
        return json.loads(text)["SecretAccessKey"]


def test_what_aws_vault_itself_keeps_in_files_is_imported_and_its_line_becomes_ours(
    aws_vault, alice
):
    vault = Vault(aws_vault, alice, "file")
    line = f"credential_process = {aws_vault} export --format=json --no-session dev"
    config = alice.aws / "config"
    config.write_text(f"# mine\n[profile dev]\nregion = eu-west-1\n{line}\n# the end\n")
    vault.add("dev")
    alice.awscreds(
        *("import", "--from", "aws-vault", "--yes"), AWS_VAULT_FILE_PASSPHRASE=PASSPHRASE
    )
    text = config.read_text()
    assert text.startswith("# mine\n[profile dev]\nregion = eu-west-1\n")
    assert text.endswith("# the end\n")
    assert "--format=json" not in text
    shown = json.loads(alice.awscreds("whoami", "--profile", "dev", "--json").stdout)
    assert shown["arn"] == alice.sandbox.facts["user_arn"]
    assert vault.gives("dev") == alice.secret  # what it has stays


def test_what_aws_vault_itself_keeps_in_the_keyring_is_imported(aws_vault, keyring_user, desktop):
    there = Collection(desktop, "awsvault")
    bus = {"DBUS_SESSION_BUS_ADDRESS": desktop["DBUS_SESSION_BUS_ADDRESS"]}
    vault = Vault(aws_vault, keyring_user, "secret-service", **bus)
    try:
        vault.add("dev")
        keyring_user.awscreds("import", "--from", "aws-vault", "--yes")
        assert vault.gives("dev") == keyring_user.secret
        keyring_user.awscreds("import", "--from", "aws-vault", "--yes", "--delete-source")
        assert there.keys() == []
    finally:
        there.delete()
    shown = json.loads(keyring_user.awscreds("whoami", "--profile", "dev", "--json").stdout)
    assert shown["arn"] == keyring_user.sandbox.facts["user_arn"]

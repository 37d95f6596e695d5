"""`awscreds import`: what other credential managers wrote comes into our store, and works."""

import json

import pytest

from tests import other_tools as tools

PASSPHRASE = "of aws-vault"
OTHER_ID, OTHER_SECRET = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"


@pytest.fixture
def vault(alice):
    """The folder of aws-vault's file backend."""
    alice.environment["AWS_VAULT_FILE_PASSPHRASE"] = PASSPHRASE
    return alice.home / ".awsvault" / "keys"


def own(alice):
    return tools.credentials(alice.key_id, alice.secret)


def imported(alice, *words, **options):
    return alice.awscreds("import", "--from", "aws-vault", *words, "--yes", **options)


def test_a_key_of_the_file_backend_becomes_ours_with_its_line(alice, vault):
    path = tools.write_file(vault, "dev", own(alice), PASSPHRASE)
    config = (
        "# mine\n[profile dev]\nregion = eu-central-1\n"
        f"mfa_serial = {alice.mfa_serial}\n"
        "credential_process = aws-vault exec --no-session --json dev  \n# after\n"
    )
    alice.aws.mkdir(exist_ok=True)
    alice.config.write_text(config)
    before = path.read_bytes()

    dry = alice.awscreds("import", "--from", "aws-vault", "--dry-run")
    assert alice.key_id in dry.stdout
    assert alice.config.read_text() == config

    done = imported(alice)
    assert f"Imported {alice.key_id}" in done.stderr
    assert alice.mfa_serial in done.stderr
    text = alice.config.read_text()
    assert "aws-vault" not in text
    assert f"awscreds_mfa_serial = {alice.mfa_serial}" in text
    assert text.startswith("# mine\n[profile dev]\nregion = eu-central-1\n")
    assert path.read_bytes() == before
    shown = json.loads(alice.run("aws", "sts", "get-caller-identity", "--profile", "dev").stdout)
    assert shown["Arn"] == alice.sandbox.facts["user_arn"]

    again = imported(alice, "--json", "--delete-source")
    document = json.loads(again.stdout)
    assert [each["state"] for each in document["found"]] == ["already"]
    assert not path.exists()
    assert "Found no access keys" in imported(alice).stderr

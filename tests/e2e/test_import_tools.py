"""`awscreds import`: what other credential managers wrote comes into our store, and works."""

import json

import pytest

from tests import other_tools as tools

PASSPHRASE = "OpensAVault1 that is another program's"
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


def test_a_key_that_aws_refuses_is_left_and_the_others_are_imported(alice, vault):
    tools.write_file(vault, "dev", own(alice), PASSPHRASE)
    path = tools.write_file(vault, "gone", tools.credentials(OTHER_ID, OTHER_SECRET), PASSPHRASE)
    done = imported(alice, "--delete-source", rc=5)
    assert f"Imported {alice.key_id}" in done.stderr
    assert "gone was not imported: AWS rejected this access key" in done.stderr
    assert "[profile gone]" not in alice.config.read_text()
    assert path.exists()
    assert [each.name for each in vault.iterdir()] == ["gone"]


def test_the_age_of_a_key_counts_from_its_creation_and_a_root_key_is_warned_of(alice, vault):
    tools.write_file(vault, "dev", own(alice), PASSPHRASE)
    tools.write_file(vault, "root", tools.credentials(*alice.sandbox.root_key), PASSPHRASE)
    done = imported(alice)
    assert "root has a key of the ROOT user" in done.stderr
    state = json.loads((alice.aws / "awscreds" / "state.json").read_text())
    assert state["entries"][alice.key_id]["created_at"]


def test_if_aws_cannot_be_reached_nothing_is_stored(alice, vault):
    for name in "abc":
        tools.write_file(vault, name, own(alice), PASSPHRASE)
    before = alice.files()
    done = imported(alice, rc=5, AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert done.stderr.count("was not imported") == 3
    assert {path: data for path, data in alice.files().items() if path in before} == before
    assert not (alice.aws / "awscreds" / "vault").exists()


@pytest.fixture
def collection(keyring_user, desktop):
    """aws-vault's collection of a real gnome-keyring."""
    from tests.stores.other_tools.collections import Collection

    found = Collection(desktop, "awsvault")
    yield found
    found.delete()


@pytest.mark.posix("there is no Secret Service")
class TestSecretService:
    def test_the_items_of_a_collection_become_ours(self, keyring_user, collection):
        alice = keyring_user
        item = tools.item("dev", own(alice), "aws-vault (dev)")
        collection.add("dev", item)
        session = "sts.GetSessionToken,ZGV2,YXJu,1795000000"
        collection.add(session, b"whatever")
        collection.add("broken", b"\xff")
        collection.add("moved", item)
        done = imported(alice, "--json", rc=4)
        document = json.loads(done.stdout)
        assert [(each["profile"], each["state"]) for each in document["found"]] == [
            ("dev", "imported")
        ]
        places = [each["place"] for each in document["unreadable"]]
        assert [place.rpartition(" ")[2] for place in sorted(places)] == ["broken", "moved"]
        assert alice.secret not in done.stdout + done.stderr
        assert json.loads(alice.awscreds("whoami", "--profile", "dev", "--json").stdout)
        imported(alice, "--delete-source", rc=4)
        assert collection.keys() == sorted(["broken", "moved", session])
        assert json.loads(alice.awscreds("whoami", "--profile", "dev", "--json").stdout)

    def test_a_locked_collection_is_told_and_does_not_stop_the_others(
        self, keyring_user, collection
    ):
        alice = keyring_user
        collection.add("dev", tools.item("dev", own(alice)))
        collection.lock()
        alice.environment["AWS_VAULT_FILE_PASSPHRASE"] = PASSPHRASE
        folder = alice.home / ".awsvault" / "keys"
        tools.write_file(folder, "other", own(alice), PASSPHRASE)
        done = imported(alice, rc=4)
        assert "the collection awsvault of the OS keyring: it is locked" in done.stderr
        assert "unlock it" in done.stderr
        assert "[profile other]" in alice.config.read_text()
        assert "[profile dev]" not in alice.config.read_text()

    def test_the_collection_that_a_variable_names_is_used(self, keyring_user, collection):
        name = {"AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME": "another"}
        collection.add("dev", tools.item("dev", own(keyring_user)))
        assert "Found no access keys" in imported(keyring_user, **name).stderr

    def test_granteds_collection_has_dashes_in_its_name(self, keyring_user, desktop):
        from tests.stores.other_tools.collections import Collection

        collection = Collection(desktop, "granted-aws-iam-credentials")
        try:
            collection.add("dev", tools.item("dev", own(keyring_user)))
            done = keyring_user.awscreds("import", "--from", "granted", "--yes")
        finally:
            collection.delete()
        assert f"Imported {keyring_user.key_id}" in done.stderr

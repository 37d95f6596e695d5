"""The Windows Credential Manager: what every store must do, and its limits."""

import tempfile

import pytest

from awscreds.errors import SecretStoreError
from awscreds.stores.backends.keyring import KeyringBackend
from awscreds.stores.files import FileLock
from awscreds.stores.secret_store import LIMIT, SecretStore
from tests.stores.backends.contract import (
    FORGETFUL_INDEX,
    KEY,
    OTHER,
    SECRET,
    SecretStoreContract,
    everything_said,
    run_together,
)
from tests.stores.fakes import MemoryState
from tests.windows import credentials

CLASS = "keyring.backends.Windows.WinVaultKeyring"
BLOB = 5 * 512
"""CRED_MAX_CREDENTIAL_BLOB_SIZE, in bytes."""
OPENING = f"""
from awscreds.stores.backends.keyring import KeyringBackend
from awscreds.stores.secret_store import SecretStore
{FORGETFUL_INDEX}
store = SecretStore(KeyringBackend({CLASS!r}), Index())
"""


@pytest.fixture(autouse=True)
def alone():
    """What a test adds is removed after it. One test at a time: there is one manager for all."""
    with FileLock("credential manager", folder=tempfile.gettempdir(), deadline=500):
        credentials.forget([KEY.id, OTHER.id])
        before = credentials.targets()
        yield
        credentials.remove(credentials.targets() - before)


@pytest.fixture
def store():
    return SecretStore(KeyringBackend(CLASS), MemoryState())


class TestCredentialManager(SecretStoreContract):
    @pytest.fixture
    def store(self, store):
        return store

    @pytest.fixture
    def opening(self):
        return OPENING


def test_the_longest_entry_fits_into_a_credential(store):
    store.write("totp-seed", "totp:alice", {"seed": ""})
    room = LIMIT - 1 - len(store.backend.read("totp:alice"))
    before = credentials.targets()
    store.write("totp-seed", "TOTP:LONG", {"seed": "x" * (room + len("totp:alice") - 9)})
    (target,) = credentials.targets() - before
    assert len(credentials.credential(target)["CredentialBlob"]) == BLOB - 2


@pytest.mark.parametrize("text", ["🔑" * 700, "x" * 2000, "é" * 1281])
def test_a_text_that_does_not_fit_is_refused_and_the_present_one_stays(store, text):
    store.backend.write("AKIA1", "present")
    with pytest.raises(SecretStoreError) as caught:
        store.backend.write("AKIA1", text)
    assert caught.value.code == "entry-too-long"
    assert text[:100] not in everything_said(caught.value)
    assert store.backend.read("AKIA1") == "present"


def test_ids_that_differ_only_in_case_are_kept_apart(store):
    ids = ["totp:alice", "totp:Alice", "TOTP:ALICE", "totp:aLICE"]
    for entry_id in ids * 2:
        store.write("totp-seed", entry_id, {"seed": entry_id})
    assert [store.read("totp-seed", entry_id)["seed"] for entry_id in ids] == ids
    assert store.erase(ids[0])
    assert [store.backend.read(entry_id) is None for entry_id in ids] == [True, False, False, False]


def test_an_entry_stays_on_this_computer(store):
    before = credentials.targets()
    store.keep_access_key(KEY)
    (target,) = credentials.targets() - before
    local_machine = 2
    assert credentials.credential(target)["Persist"] == local_machine


def test_an_erased_entry_leaves_no_copy(store):
    """The library keeps what it overwrites, under a second name."""
    before = credentials.targets()
    for secret in ("first", "second", SECRET):
        store.write("totp-seed", "TOTP:A", {"seed": secret})
    assert store.erase("TOTP:A")
    assert credentials.targets() == before


def test_processes_that_write_one_entry_at_once_leave_one_of_their_texts(store):
    texts = [str(number).zfill(2) * 500 for number in range(20)]
    run_together(f"{OPENING}\ngo()\nstore.backend.write('TOTP:ONE', {text!r})" for text in texts)
    assert store.backend.read("TOTP:ONE") in texts
    assert store.backend.erase("TOTP:ONE") is True
    assert store.backend.read("TOTP:ONE") is None

"""The key that seals cached sessions: made once, by one, and never replaced."""

import json

import pytest

from awscreds.errors import SecretStoreError, StoreLocked
from awscreds.stores.cache.session_format import SESSION_CACHE_KEY, sealing_key
from awscreds.stores.secret_store import SecretStore
from awscreds.stores.state_dir import StateDir
from tests.stores.fakes import MemoryState
from tests.stores.test_secret_store import Memory


@pytest.fixture
def backend():
    return Memory()


@pytest.fixture
def store(backend):
    return SecretStore(backend, MemoryState())


@pytest.fixture
def state_dir(tmp_path):
    return StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))


def test_it_is_made_once_of_32_bytes_and_then_read(store, state_dir, backend):
    made = sealing_key(store, state_dir)

    assert len(made) == 32
    assert sealing_key(store, state_dir) == made
    assert store.read(SESSION_CACHE_KEY, SESSION_CACHE_KEY) == {"key": made.hex()}
    assert sealing_key(store, state_dir, "another") != made
    assert list(backend.texts) == [SESSION_CACHE_KEY, "another"]


def test_one_that_another_process_makes_meanwhile_is_taken(store, state_dir, monkeypatch):
    lock = state_dir.lock

    def late(name):
        assert name == SESSION_CACHE_KEY
        store.write(name, name, {"key": "07" * 32})
        return lock(name)

    monkeypatch.setattr(state_dir, "lock", late)

    assert sealing_key(store, state_dir) == bytes([7]) * 32


@pytest.mark.parametrize("text", ["", "x", "07" * 31, "07" * 33])
def test_one_that_is_none_is_reported_and_not_replaced(store, state_dir, backend, text):
    store.write(SESSION_CACHE_KEY, SESSION_CACHE_KEY, {"key": text})

    with pytest.raises(SecretStoreError, match="is damaged") as caught:
        sealing_key(store, state_dir)

    assert caught.value.code == "entry-broken"
    assert json.loads(backend.texts[SESSION_CACHE_KEY])["key"] == text


def test_one_that_cannot_be_read_is_not_replaced(store, state_dir, backend, monkeypatch):
    def locked(_):
        raise StoreLocked("the keyring is locked")

    made = sealing_key(store, state_dir)
    with monkeypatch.context() as for_now:
        for_now.setattr(backend, "read", locked)
        with pytest.raises(StoreLocked):
            sealing_key(store, state_dir)

    assert sealing_key(store, state_dir) == made

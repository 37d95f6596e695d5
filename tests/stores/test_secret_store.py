"""The secret store over backends that misbehave; the contract suite has those that do not."""

import json

import pytest

from awscreds.errors import EntryMissing, SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.model.credentials import AccessKey
from awscreds.stores.secret_store import LEFT_IN, LIMIT, SecretStore
from tests.stores.backends.contract import KEY, everything_said
from tests.stores.fakes import MemoryState


class Memory:
    """A backend that does what it is asked, unless a test replaces a method."""

    name = "keyring"

    def __init__(self):
        self.texts = {}

    def describe(self):
        return "the keyring of this test"

    def read(self, entry_id):
        return self.texts.get(entry_id)

    def write(self, entry_id, text):
        self.texts[entry_id] = text

    def erase(self, entry_id):
        return self.texts.pop(entry_id, None) is not None

    def check(self):
        pass


@pytest.fixture
def backend():
    return Memory()


@pytest.fixture
def index():
    return MemoryState()


@pytest.fixture
def store(backend, index):
    return SecretStore(backend, index)


def test_an_entry_is_a_json_document_of_its_kind_and_id(store, backend):
    store.keep_access_key(KEY)
    assert json.loads(backend.texts[KEY.id]) == {
        "kind": "access-key",
        "id": KEY.id,
        "secret_access_key": KEY.secret,
    }


def test_an_entry_is_plain_ascii_so_that_its_length_is_the_same_in_every_keyring(store, backend):
    store.write("totp-seed", "totp:ключ", {"seed": "🔑"})
    assert backend.texts["totp:ключ"].isascii()


@pytest.mark.parametrize(
    "keeps", [lambda text: None, lambda text: text[:-1], lambda text: text.replace("K", "k")]
)
def test_a_write_that_is_not_given_back_is_a_failure(store, backend, monkeypatch, keeps):
    """The null backend of `keyring` takes everything and keeps nothing."""
    monkeypatch.setattr(backend, "read", lambda i: keeps(backend.texts[i]))
    with pytest.raises(SecretStoreError, match="correctly: it cannot be read back") as caught:
        store.keep_access_key(KEY)
    assert caught.value.code == "read-back"
    assert caught.value.exit_code == 4
    assert KEY.secret not in everything_said(caught.value)


def test_an_erasure_that_does_not_last_is_a_failure(store, backend, index, monkeypatch):
    store.keep_access_key(KEY)
    monkeypatch.setattr(backend, "erase", lambda _: True)
    with pytest.raises(SecretStoreError, match="did not delete the entry") as caught:
        store.erase(KEY.id)
    assert KEY.secret not in everything_said(caught.value)
    assert list(index.ids()) == [KEY.id]


def test_an_id_is_remembered_before_its_secret_is_written(store, backend, index, monkeypatch):
    """A process that dies in between leaves an id without a secret, never one nobody knows of."""
    seen = []
    monkeypatch.setattr(backend, "write", lambda *_: seen.append(list(index.ids("access-key"))))
    with pytest.raises(SecretStoreError):
        store.keep_access_key(KEY)
    assert seen == [[KEY.id]]


def test_an_id_is_forgotten_after_its_secret_is_gone(store, index):
    store.keep_access_key(KEY)
    store.erase(KEY.id)
    assert list(index.ids()) == []


def test_an_entry_too_long_is_not_remembered_either(store, backend, index):
    with pytest.raises(SecretStoreError) as caught:
        store.write("totp-seed", "totp:x", {"seed": "x" * LIMIT})
    assert caught.value.code == "entry-too-long"
    assert backend.texts == {}
    assert list(index.ids()) == []


@pytest.mark.parametrize("length", [LIMIT - 1, LIMIT])
def test_the_limit_is_fewer_characters_than_windows_holds(store, backend, length):
    store.write("totp-seed", "totp:x", {"seed": ""})
    seed = "x" * (length - len(backend.texts["totp:x"]))
    if length < LIMIT:
        store.write("totp-seed", "totp:x", {"seed": seed})
        assert len(backend.texts["totp:x"]) == length
    else:
        with pytest.raises(SecretStoreError):
            store.write("totp-seed", "totp:x", {"seed": seed})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("totp-seed", {"kind": "access-key"}),
        ("totp-seed", {"id": "another", "seed": "x"}),
        ("access-key", {}),
        ("access-key", {"secret_access_key": ""}),
        ("totp-seed", {"kind": "x", "id": "y"}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(store, backend, kind, fields):
    store.keep_access_key(KEY)
    before = dict(backend.texts)
    with pytest.raises(ValueError, match=KEY.id):
        store.write(kind, KEY.id, fields)
    assert backend.texts == before


@pytest.mark.parametrize("key_id", ["", "not an ID", KEY.secret])
def test_a_key_whose_id_has_not_the_form_of_one_is_not_written(store, backend, key_id):
    with pytest.raises(ValueError, match="wrong fields") as caught:
        store.keep_access_key(AccessKey(key_id, KEY.secret))
    assert backend.texts == {}
    assert KEY.secret not in str(caught.value)


def test_a_failure_of_the_backend_comes_through_as_it_is(store, backend, monkeypatch):
    def locked(*_):
        raise StoreLocked("the keyring is locked", hint="unlock it")

    for method in ("read", "write", "erase"):
        monkeypatch.setattr(backend, method, locked)
    for attempt in (
        lambda: store.access_key(KEY.id),
        lambda: store.keep_access_key(KEY),
        lambda: store.erase(KEY.id),
    ):
        with pytest.raises(StoreLocked, match="locked"):
            attempt()


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, "", "NaN", '{"kind":"access-key"}']
)
def test_hostile_text_ends_in_a_plain_error(store, backend, text):
    backend.texts[KEY.id] = text
    with pytest.raises(
        SecretStoreError, match="was not written by awscreds, or is damaged"
    ) as caught:
        store.access_key(KEY.id)
    assert caught.value.__context__ is None
    assert caught.value.hint


def test_an_empty_entry_is_there_and_broken_not_missing(store, backend):
    backend.texts[KEY.id] = ""
    with pytest.raises(SecretStoreError) as caught:
        store.access_key(KEY.id)
    assert not isinstance(caught.value, EntryMissing)


def test_what_is_read_is_the_key_that_was_asked_for(store):
    store.keep_access_key(KEY)
    assert store.access_key(KEY.id) == AccessKey(KEY.id, KEY.secret)
    assert store.read("access-key", KEY.id) == {"secret_access_key": KEY.secret}


def test_a_key_that_is_not_stored_is_none_for_who_only_asks(store):
    assert store.find_access_key(KEY.id) is None
    with pytest.raises(EntryMissing, match=KEY.id):
        store.access_key(KEY.id)
    store.keep_access_key(KEY)
    assert store.find_access_key(KEY.id) == AccessKey(KEY.id, KEY.secret)


def test_an_entry_that_another_store_holds_is_not_missing(backend, index):
    store = SecretStore(backend, index, elsewhere="vault")
    with pytest.raises(SecretStoreError, match=r"is in the vault") as caught:
        store.find_access_key(KEY.id)
    assert caught.value.code == "entry-elsewhere"
    assert caught.value.hint == "unset AWSCREDS_BACKEND"


def test_an_entry_that_two_stores_hold_is_read(backend, index):
    SecretStore(backend, index).keep_access_key(KEY)
    assert SecretStore(backend, index, elsewhere="vault").access_key(KEY.id) == KEY


@pytest.mark.parametrize("kind", [StoreLocked, StoreUnavailable])
def test_a_store_that_does_not_answer_names_the_one_that_holds_the_entry(
    backend, index, monkeypatch, kind
):
    def refuse(_):
        raise kind("the keyring is locked", hint="unlock it")

    monkeypatch.setattr(backend, "read", refuse)
    for elsewhere, hint in (
        (None, "unlock it"),
        ("vault", f"unset AWSCREDS_BACKEND (now keyring), because {KEY.id} is in the vault"),
    ):
        with pytest.raises(kind, match="is locked") as caught:
            SecretStore(backend, index, elsewhere=elsewhere).access_key(KEY.id)
        assert caught.value.hint == hint


class TestCopyOfAKilledMove:
    @pytest.fixture
    def other(self):
        return Memory()

    @pytest.fixture
    def store(self, backend, index, other):
        def opened(name):
            assert name == "vault"
            return other

        store = SecretStore(backend, index, open_backend=opened)
        store.keep_access_key(KEY)
        other.texts = dict(backend.texts)
        return store

    def test_goes_with_the_entry(self, store, index, backend, other):
        index.note(KEY.id, **{LEFT_IN: "vault"})

        assert store.erase(KEY.id) is True

        assert (backend.texts, other.texts, index.ids()) == ({}, {}, [])

    def test_keeps_the_entry_known_if_its_store_does_not_answer(
        self, store, index, backend, other, monkeypatch
    ):
        def refuse(_):
            raise StoreLocked("the vault is locked")

        index.note(KEY.id, **{LEFT_IN: "vault"})
        monkeypatch.setattr(other, "erase", refuse)

        with pytest.raises(StoreLocked):
            store.erase(KEY.id)

        assert (list(backend.texts), index.ids()) == ([KEY.id], [KEY.id])

    @pytest.mark.parametrize("left_in", [None, "", "keyring", 5])
    def test_is_looked_for_only_in_another_store(self, store, index, other, left_in):
        index.note(KEY.id, **{LEFT_IN: left_in})

        assert store.erase(KEY.id) is True

        assert (list(other.texts), index.ids()) == ([KEY.id], [])


def test_an_entry_of_another_key_of_another_kind_or_with_no_texts_is_not_believed(store, backend):
    right = {"kind": "access-key", "id": KEY.id, "secret_access_key": KEY.secret}
    for wrong in (
        {"kind": "totp-seed"},
        {"id": "AKIAI44QH8DHBEXAMPLE"},
        {"secret_access_key": ""},
        {"secret_access_key": 5},
        {"more": None},
    ):
        backend.texts[KEY.id] = json.dumps({**right, **wrong})
        with pytest.raises(SecretStoreError) as caught:
            store.access_key(KEY.id)
        assert caught.value.code == "entry-broken"
        assert KEY.secret not in everything_said(caught.value)


def test_an_entry_is_looked_for_in_its_old_place_until_it_is_really_in_the_new(
    store, backend, index, monkeypatch
):
    index.add(KEY.id, "access-key", "vault")
    seen = []
    monkeypatch.setattr(index, "add", lambda *_: seen.append(KEY.id in backend.texts))
    store.keep_access_key(KEY)
    assert seen == [True]


def test_the_record_is_written_again_around_each_change_of_a_stored_key(
    store, backend, index, monkeypatch
):
    """Answers for SDKs rest on it: those made before and during the change are given no more."""
    done, keep, drop = [], backend.write, backend.erase
    monkeypatch.setattr(index, "_change", lambda _change: done.append("record"))
    monkeypatch.setattr(backend, "write", lambda *given: done.append("write") or keep(*given))
    monkeypatch.setattr(backend, "erase", lambda *given: done.append("erase") or drop(*given))
    index._read()["entries"] = {KEY.id: {"kind": "access-key", "backend": "keyring"}}
    store.keep_access_key(KEY)
    assert done == ["record", "write", "record"]
    done.clear()
    store.erase(KEY.id)
    assert done == ["record", "erase", "record"]


def test_the_record_is_not_written_again_for_a_new_key_or_what_no_answer_rests_on(
    store, backend, index, monkeypatch
):
    done, change, keep = [], index._change, backend.write
    monkeypatch.setattr(index, "_change", lambda what: done.append("record") or change(what))
    monkeypatch.setattr(backend, "write", lambda *given: done.append("write") or keep(*given))
    store.keep_access_key(KEY)
    assert done == ["record", "write"]
    store.write("totp-seed", "totp:x", {"seed": "x"})
    done.clear()
    store.write("totp-seed", "totp:x", {"seed": "y"})
    assert done == ["write"]

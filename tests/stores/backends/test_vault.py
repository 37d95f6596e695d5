"""The vault file: what it keeps, what it refuses, and who is asked for its passphrase."""

import json
import os
import stat
import unicodedata
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.errors import (
    AwscredsError,
    ConfigurationError,
    InputNeeded,
    SecretStoreError,
    StoreUnavailable,
    WrongPassphrase,
)
from awscreds.stores.backends.vault import VaultBackend
from awscreds.stores.backends.vault_format import Kdf, preferred_kdf
from awscreds.stores.files import FileLock
from awscreds.stores.fingerprints import digest
from awscreds.stores.secret_store import SecretStore
from awscreds.stores.state_dir import StateDir
from tests.helpers import LITTLE_WORK
from tests.stores.backends.contract import (
    FORGETFUL_INDEX,
    KEY,
    SecretStoreContract,
    everything_said,
)
from tests.stores.fakes import KnownPassphrase, MemoryKernel, MemoryState, Nobody

PASSPHRASE = "correct horse battery staple"

OPENING = f"""
from awscreds.stores.state_dir import StateDir
from awscreds.stores.secret_store import SecretStore
from awscreds.stores.backends.vault import VaultBackend
from awscreds.stores.backends.vault_format import Kdf
{FORGETFUL_INDEX}
class Passphrases:
    def existing(self): return {PASSPHRASE!r}
    def again(self, reason): return False
    new = existing
fast = Kdf({LITTLE_WORK.name!r}, **{LITTLE_WORK.parameters!r})
"""


class Passphrases(KnownPassphrase):
    def __init__(self, passphrase=PASSPHRASE, new=None):
        super().__init__(passphrase, new)


@pytest.fixture
def state(home):
    return StateDir(str(home / "state"))


@pytest.fixture
def holder():
    return MemoryKernel()


@pytest.fixture
def vault(state, holder):
    """Opens the vault as a new process would: with nothing in memory but what the holder has."""

    def open_vault(passphrases=None, **options):
        options = {"keeper": holder, "kdf": LITTLE_WORK} | options
        return VaultBackend(state, passphrases or Passphrases(), **options)

    return open_vault


def content(state):
    return state.read("vault")


def sealed(body):
    """A vault file with a digest that fits: what somebody who tampers would write."""
    return body + digest(body, size=32)


def with_header(state, **changes):
    """The present file with other words in its header, and a digest that fits."""
    magic, header, rest = content(state)[:-32].split(b"\n", 2)
    header = json.dumps(json.loads(header) | changes).encode()
    return sealed(b"\n".join([magic, header, rest]))


class TestVaultContract(SecretStoreContract):
    @pytest.fixture
    def store(self, state):
        return SecretStore(
            VaultBackend(state, Passphrases(), keeper=None, kdf=LITTLE_WORK), MemoryState()
        )

    @pytest.fixture
    def opening(self, state):
        return OPENING + (
            f"state_dir = StateDir({state.path!r})\n"
            "backend = VaultBackend(state_dir, Passphrases(), keeper=None, kdf=fast)\n"
            "store = SecretStore(backend, Index())\n"
        )


# The file


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["write", "erase", "reopen"]), st.sampled_from("abcd"), st.text())
    )
)
@settings(max_examples=40, deadline=None)
def test_a_vault_is_a_dictionary_that_lasts(steps):
    model = {}
    with TemporaryDirectory() as folder, patch("os.fsync"):
        state, holder = StateDir(os.path.join(folder, "state")), MemoryKernel()

        def open_vault():
            return VaultBackend(state, Passphrases(), keeper=holder, kdf=LITTLE_WORK)

        backend = open_vault()
        for step, entry_id, text in steps:
            if step == "write":
                backend.write(entry_id, text)
                model[entry_id] = text
            elif step == "erase":
                assert backend.erase(entry_id) is (model.pop(entry_id, None) is not None)
            else:
                backend = open_vault()
            assert backend.ids() == sorted(model)
            assert [backend.read(i) for i in "abcd"] == [model.get(i) for i in "abcd"]


def test_no_secret_and_no_entry_s_id_can_be_read_in_the_file(vault, state):
    SecretStore(vault(), MemoryState()).keep_access_key(KEY)
    assert KEY.secret.encode() not in content(state)
    assert KEY.id.encode() not in content(state)
    assert PASSPHRASE.encode() not in content(state)


@pytest.mark.posix("it has no modes")
def test_the_file_is_for_its_owner_alone_under_any_umask(vault, state):
    before = os.umask(0)
    try:
        vault().write("a", "1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(state.file("vault")).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(state.path).st_mode) == 0o700


def test_every_write_has_a_nonce_of_its_own(vault, state):
    nonces = set()
    for _ in range(5):
        vault().write("a", "the same")
        nonces.add(content(state).split(b"\n", 2)[2][:12])
    assert len(nonces) == 5


def test_the_header_says_how_the_key_is_derived_and_nothing_more(vault, state):
    vault().write("a", "1")
    magic, header, _ = content(state).split(b"\n", 2)
    document = json.loads(header)
    assert magic == b"awscreds vault"
    assert set(document) == {"version", "kdf", "parameters", "salt", "check"}
    assert document["parameters"] == {"iterations": 1, "memory_kib": 19456, "lanes": 1}


def test_two_vaults_of_one_passphrase_share_no_key(vault, state, holder):
    vault().write("a", "1")
    first = content(state)
    state.remove("vault")
    vault().write("a", "1")
    keys = {payload for payload, _ in holder.held.values()}
    assert len(keys) == 2
    assert (
        json.loads(first.split(b"\n")[1])["salt"]
        != json.loads(content(state).split(b"\n")[1])["salt"]
    )


def test_new_vaults_get_the_parameters_of_rfc_9106():
    kdf = preferred_kdf()
    assert kdf.name == "argon2id"
    assert kdf.parameters == {"iterations": 3, "memory_kib": 65536, "lanes": 4}


def test_a_vault_lists_its_entries(vault):
    vault().write("b", "1")
    vault().write("a", "2")
    assert vault().ids() == ["a", "b"]


def test_erasing_what_is_not_there_writes_nothing(vault, state):
    vault().write("a", "1")
    before = content(state)
    assert vault().erase("b") is False
    assert content(state) == before


# Without argon2


@pytest.fixture
def no_argon2(monkeypatch):
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf import argon2

    def refuse(**_):
        raise UnsupportedAlgorithm("argon2id is not supported by this version of OpenSSL")

    monkeypatch.setattr(argon2, "Argon2id", refuse)


def test_scrypt_stands_in_where_openssl_lacks_argon2(vault, no_argon2):
    kdf = preferred_kdf()
    assert kdf.name == "scrypt"
    assert kdf.parameters == {"n": 2**17, "r": 8, "p": 1}


def test_a_vault_by_scrypt_opens_with_its_passphrase_only(vault, state):
    scrypt = Kdf("scrypt", n=2**15, r=8, p=1)
    vault(kdf=scrypt).write("a", "1")
    assert json.loads(content(state).split(b"\n")[1])["kdf"] == "scrypt"
    assert vault(keeper=None).read("a") == "1"
    with pytest.raises(WrongPassphrase):
        vault(Passphrases("other"), keeper=None).read("a")


def test_a_vault_by_argon2_says_what_is_missing_where_openssl_lacks_it(vault, state, request):
    vault().write("a", "1")
    request.getfixturevalue("no_argon2")
    with pytest.raises(StoreUnavailable, match="argon2id") as caught:
        vault(keeper=None).read("a")
    assert caught.value.exit_code == 4
    assert "cryptography" in caught.value.hint


# Who is asked, and when


def test_where_there_is_no_vault_nobody_is_asked(vault, state):
    backend = vault(Nobody())
    assert backend.read("a") is None
    assert backend.erase("a") is False
    assert backend.ids() == []
    assert backend.exists() is False
    assert backend.is_open() is False
    backend.lock()
    assert content(state) is None


def test_the_first_write_asks_for_a_new_passphrase_once(vault):
    passphrases = Passphrases()
    backend = vault(passphrases, keeper=None)
    backend.check()
    backend.write("a", "1")
    backend.write("b", "2")
    assert backend.read("a") == "1"
    assert passphrases.asked == ["new"]


def test_one_command_asks_once_where_nothing_holds_the_key(vault):
    vault().write("a", "1")
    passphrases = Passphrases()
    backend = vault(passphrases, keeper=None)
    backend.check()
    assert backend.read("a") == "1"
    backend.write("b", "2")
    backend.erase("a")
    assert passphrases.asked == ["existing"]


def test_where_nobody_can_be_asked_the_vault_stays_shut(vault, state, holder):
    vault().write("a", "1")
    holder.drop_all("")
    before = content(state)
    for attempt in (
        lambda b: b.read("a"),
        lambda b: b.write("a", "2"),
        lambda b: b.erase("a"),
        lambda b: b.check(),
        lambda b: b.unlock(60),
        lambda b: b.change_passphrase(),
        lambda b: b.ids(),
    ):
        with pytest.raises(InputNeeded):
            attempt(vault(Nobody()))
    assert content(state) == before


def test_where_nobody_can_be_asked_no_vault_is_made(vault, state):
    with pytest.raises(InputNeeded):
        vault(Nobody()).check()
    with pytest.raises(InputNeeded):
        vault(Nobody()).write("a", "1")
    assert content(state) is None


def test_a_check_leaves_nothing_behind(vault, state):
    vault().check()
    assert os.listdir(state.path) == []
    vault().write("a", "1")
    before = content(state)
    vault().check()
    assert content(state) == before
    assert os.listdir(state.path) == ["vault"]


def test_a_check_finds_a_file_that_cannot_be_replaced(vault, state, monkeypatch):
    """A bind-mounted file lets itself be written and not be renamed over."""
    vault().write("a", "1")

    def busy(source, target):
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(ConfigurationError, match="busy"):
        vault().check()


# The passphrase


def test_a_wrong_passphrase_is_named_as_one(vault, state, holder):
    vault().write("a", "1")
    holder.drop_all("")
    before = content(state)
    wrong = "Tr0ub4dor&3"
    for attempt in (
        lambda b: b.read("a"),
        lambda b: b.write("a", "2"),
        lambda b: b.erase("a"),
        lambda b: b.check(),
        lambda b: b.unlock(60),
        lambda b: b.change_passphrase(),
    ):
        with pytest.raises(WrongPassphrase, match="wrong passphrase for the vault file") as caught:
            attempt(vault(Passphrases(wrong)))
        assert caught.value.exit_code == 4
        assert caught.value.hint
        assert wrong not in everything_said(caught.value)
    assert content(state) == before
    assert holder.held == {}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_is_the_same_however_it_was_typed(vault, form):
    vault(Passphrases(unicodedata.normalize("NFC", "Zoë né à Škofja Loka"))).write("a", "1")
    other = Passphrases(unicodedata.normalize(form, "Zoë né à Škofja Loka"))
    assert vault(other, keeper=None).read("a") == "1"


def test_a_passphrase_in_another_encoding_works_too(vault):
    passphrase = b"pass\xe9".decode("utf-8", "surrogateescape")
    vault(Passphrases(passphrase)).write("a", "1")
    assert vault(Passphrases(passphrase), keeper=None).read("a") == "1"


def test_an_empty_passphrase_is_refused(vault, state):
    with pytest.raises(SecretStoreError, match="empty"):
        vault(Passphrases("")).write("a", "1")
    assert content(state) is None
    vault().write("a", "1")
    with pytest.raises(SecretStoreError, match="empty"):
        vault(Passphrases(""), keeper=None).read("a")


def test_a_new_passphrase_replaces_the_old_one(vault, state, holder):
    vault().write("a", "1")
    salt = json.loads(content(state).split(b"\n")[1])["salt"]
    vault(Passphrases(PASSPHRASE, new="another one")).change_passphrase()
    assert json.loads(content(state).split(b"\n")[1])["salt"] != salt
    assert vault(Passphrases("another one"), keeper=None).read("a") == "1"
    with pytest.raises(WrongPassphrase):
        vault(Passphrases(PASSPHRASE), keeper=None).read("a")


def test_changing_the_passphrase_asks_for_the_old_one_though_the_key_is_held(vault, state):
    vault().write("a", "1")
    before = content(state)
    with pytest.raises(WrongPassphrase):
        vault(Passphrases("wrong", new="mine now")).change_passphrase()
    assert content(state) == before


def test_a_change_of_passphrase_leaves_only_the_new_key_held(vault, holder):
    vault().write("a", "1")
    old = set(holder.held)
    vault(Passphrases(PASSPHRASE, new="another one")).change_passphrase()
    assert len(holder.held) == 1
    assert not old & set(holder.held)
    assert vault(Nobody()).read("a") == "1"


def test_there_is_no_passphrase_to_change_without_a_vault(vault):
    for attempt in (lambda b: b.change_passphrase(), lambda b: b.unlock(60)):
        with pytest.raises(SecretStoreError, match="no vault yet") as caught:
            attempt(vault())
        assert caught.value.exit_code == 4


# The held key


def test_the_key_is_held_and_the_passphrase_never(vault, holder):
    vault().write("a", "1")
    [(name, (payload, _))] = holder.held.items()
    assert len(payload) == 32
    assert PASSPHRASE.encode() not in payload
    assert PASSPHRASE not in name


def test_while_the_key_is_held_nobody_is_asked(vault):
    vault().write("a", "1")
    backend = vault(Nobody())
    assert backend.is_open()
    assert backend.read("a") == "1"
    backend.write("b", "2")
    assert vault(Nobody()).read("b") == "2"


def test_the_key_is_held_for_a_quarter_of_an_hour_however_often_it_is_used(vault, holder):
    vault().write("a", "1")
    for _ in range(3):
        holder.now += 299
        assert vault(Nobody()).read("a") == "1"
        vault(Nobody()).write("a", "1")
    holder.now += 4
    assert not vault(Nobody()).is_open()
    with pytest.raises(InputNeeded):
        vault(Nobody()).read("a")


def test_unlock_holds_the_key_as_long_as_was_asked(vault, holder):
    vault().write("a", "1")
    vault().unlock(8 * 3600)
    holder.now += 8 * 3600 - 1
    assert vault(Nobody()).read("a") == "1"
    holder.now += 2
    assert not vault(Nobody()).is_open()


def test_it_says_how_it_is_and_how_long_it_stays_open(vault, holder):
    assert (vault(Nobody()).status(), vault(Nobody()).seconds_open()) == ("not made yet", 0)
    vault().write("a", "1")
    assert (vault(Nobody()).status(), vault(Nobody()).seconds_open()) == ("open", 900)
    holder.now += 600
    assert vault(Nobody()).seconds_open() == 300
    vault().unlock()
    assert vault(Nobody()).seconds_open() == 900
    vault().lock()
    assert (vault(Nobody()).status(), vault(Nobody()).seconds_open()) == ("locked", 0)
    assert vault(keeper=None).seconds_open() == 0


def test_its_passphrase_is_asked_early_where_it_is_there_and_no_key_is_held(vault):
    vault(Nobody()).open_early()
    vault().write("a", "1")
    vault(Nobody()).open_early()
    vault().lock()
    with pytest.raises(InputNeeded):
        vault(Nobody()).open_early()


def test_unlock_wants_the_passphrase_though_the_key_is_held(vault):
    vault().write("a", "1")
    with pytest.raises(WrongPassphrase):
        vault(Passphrases("wrong")).unlock(60)


def test_unlock_says_so_where_nothing_can_hold_a_key(vault):
    vault().write("a", "1")
    with pytest.raises(StoreUnavailable, match="cannot keep the vault open") as caught:
        vault(keeper=None).unlock(60)
    assert caught.value.exit_code == 4
    assert "AWSCREDS_PASSPHRASE_FILE" in caught.value.hint


def test_lock_forgets_the_key_here_and_elsewhere(vault, holder):
    backend = vault()
    backend.write("a", "1")
    holder.put("another program", b"x", 60)
    backend.lock()
    assert list(holder.held) == ["another program"]
    assert not backend.is_open()
    passphrases = Passphrases("wrong")
    with pytest.raises(WrongPassphrase):
        vault(passphrases).read("a")
    assert backend.read("a") == "1"
    assert backend._passphrases.asked == ["new", "existing"]


def test_nothing_is_held_where_the_time_is_nought(vault, holder):
    vault(hold_seconds=0).write("a", "1")
    assert holder.held == {}


def test_a_held_key_that_does_not_open_the_file_is_dropped_and_the_passphrase_asked(vault, holder):
    vault().write("a", "1")
    [name] = holder.held
    for unfit in (bytes(32), b"short", b""):
        holder.put(name, unfit, 60)
        passphrases = Passphrases()
        assert not vault(Nobody()).is_open()
        assert vault(passphrases).read("a") == "1"
        assert passphrases.asked == ["existing"]
        assert vault(Nobody()).read("a") == "1"


def test_a_held_key_that_does_not_open_the_file_is_not_kept(vault, holder):
    vault().write("a", "1")
    [name] = holder.held
    holder.put(name, bytes(32), 60)
    with pytest.raises(InputNeeded):
        vault(Nobody()).read("a")
    assert holder.held == {}


def test_a_vault_put_back_from_a_backup_asks_for_its_own_passphrase(vault, state):
    vault().write("a", "old")
    backup = content(state)
    vault(Passphrases(PASSPHRASE, new="another one")).change_passphrase()
    backend = vault(Passphrases("another one"))
    backend.write("a", "new")
    state.write("vault", backup)
    with pytest.raises(WrongPassphrase):
        backend.read("a")
    assert vault(Passphrases(PASSPHRASE)).read("a") == "old"


# Damage


@pytest.fixture
def small(vault, state):
    """A vault of one entry, its key held: the case where least is asked and checked."""
    vault().write("a", "1")
    return content(state)


def attempts(backend):
    yield lambda: backend.read("a")
    yield lambda: backend.write("b", "2")
    yield lambda: backend.erase("a")


def test_every_flipped_bit_is_noticed_and_the_file_left_alone(vault, state, small):
    for position in range(len(small)):
        damaged = bytearray(small)
        damaged[position] ^= 1 << (position % 8)
        write_raw(state, damaged)
        for attempt in attempts(vault(Nobody())):
            with pytest.raises(SecretStoreError) as caught:
                attempt()
            assert caught.value.code == "vault-damaged", position
            assert state.file("vault") in caught.value.message
            assert caught.value.hint
        assert content(state) == damaged


def test_every_truncation_is_noticed_and_the_file_left_alone(vault, state, small):
    for length in range(len(small)):
        write_raw(state, small[:length])
        for attempt in attempts(vault(Nobody())):
            with pytest.raises(SecretStoreError) as caught:
                attempt()
            assert caught.value.code == "vault-damaged", length
        assert content(state) == small[:length]


def test_bytes_added_at_the_end_are_noticed(vault, state, small):
    write_raw(state, small + b"\n")
    with pytest.raises(SecretStoreError, match="damaged"):
        vault(Nobody()).read("a")


def test_every_byte_changed_on_purpose_is_noticed_though_the_digest_fits(
    vault, state, holder, small
):
    """Whoever can write the file can make the digest fit; the key's holder still finds out."""
    body, held = small[:-32], dict(holder.held)
    for position in range(len(body)):
        changed = bytearray(body)
        changed[position] ^= 1
        write_raw(state, sealed(bytes(changed)))
        for attempt in attempts(vault(Nobody())):
            with pytest.raises(AwscredsError):
                attempt()
        assert content(state) == sealed(bytes(changed))
        holder.held = dict(held)
    write_raw(state, small)
    assert vault(Nobody()).read("a") == "1"


@pytest.mark.parametrize("field", ["salt", "check"])
def test_a_changed_salt_or_check_value_looks_like_a_wrong_passphrase(vault, state, small, field):
    value = json.loads(small.split(b"\n")[1])[field]
    crafted = with_header(state, **{field: value[::-1]})
    write_raw(state, crafted)
    for attempt in attempts(vault(keeper=None)):
        with pytest.raises(WrongPassphrase):
            attempt()
    assert content(state) == crafted


def test_content_changed_on_purpose_is_no_wrong_passphrase(vault, state, small):
    body = bytearray(small[:-32])
    body[-1] ^= 1
    write_raw(state, sealed(bytes(body)))
    for attempt in attempts(vault(keeper=None)):
        with pytest.raises(SecretStoreError, match="content is damaged or was changed") as caught:
            attempt()
        assert caught.value.code == "vault-damaged"
    assert content(state) == sealed(bytes(body))


def test_a_header_taken_from_elsewhere_does_not_fit_the_content(vault, state, small):
    """The same key, other words around it: the header is authenticated."""
    magic, header, rest = small[:-32].split(b"\n", 2)
    write_raw(state, sealed(b"\n".join([magic, header + b" ", rest])))
    with pytest.raises(SecretStoreError, match="content is damaged or was changed"):
        vault(keeper=None).read("a")


@pytest.fixture
def no_derivation(monkeypatch):
    monkeypatch.setattr(Kdf, "derive", lambda *_: pytest.fail("derived"))


@pytest.mark.usefixtures("small", "no_derivation")
@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"parameters": {"iterations": 1, "memory_kib": 19 * 1024 - 1, "lanes": 1}}, "memory_kib"),
        ({"parameters": {"iterations": 1, "memory_kib": 2**18 + 1, "lanes": 1}}, "memory_kib"),
        ({"parameters": {"iterations": 0, "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": 11, "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": 10**30, "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": 1, "memory_kib": 2**16, "lanes": 9}}, "lanes"),
        ({"parameters": {"iterations": True, "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": 1.0, "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": "1", "memory_kib": 2**16, "lanes": 1}}, "iterations"),
        ({"parameters": {"iterations": 1, "memory_kib": 2**16}}, "argon2id takes"),
        ({"parameters": {"iterations": 1, "memory_kib": 2**16, "lanes": 1, "x": 1}}, "takes"),
        ({"parameters": {"self": 1, "name": "x"}}, "missing"),
        ({"parameters": [1]}, "missing"),
        ({"kdf": "scrypt", "parameters": {"n": 2**14, "r": 8, "p": 1}}, "n of scrypt"),
        ({"kdf": "scrypt", "parameters": {"n": 2**19, "r": 8, "p": 1}}, "n of scrypt"),
        ({"kdf": "scrypt", "parameters": {"n": 2**16 + 1, "r": 8, "p": 1}}, "power of two"),
        ({"kdf": "scrypt", "parameters": {"n": 2**16, "r": 64, "p": 1}}, "r of scrypt"),
        ({"kdf": "scrypt", "parameters": {"n": 2**16, "r": 8, "p": 9}}, "p of scrypt"),
        ({"kdf": "md5"}, "unknown way"),
        ({"kdf": ["argon2id"]}, "missing"),
        ({"salt": "00"}, "salt"),
        ({"salt": "no hex"}, "salt"),
        ({"salt": 5}, "missing"),
        ({"check": "0" * 63}, "check"),
    ],
    ids=str,
)
def test_a_header_out_of_bounds_is_refused_before_anything_is_asked_or_derived(
    vault, state, changes, what
):
    crafted = with_header(state, **changes)
    write_raw(state, crafted)
    for attempt in attempts(vault(Nobody())):
        with pytest.raises(SecretStoreError, match=what) as caught:
            attempt()
        assert caught.value.code == "vault-parameters"
        assert state.file("vault") in caught.value.message
    assert content(state) == crafted


def test_a_newer_format_is_named_as_one(vault, state, small):
    write_raw(state, with_header(state, version=2, kdf="of 2040"))
    with pytest.raises(SecretStoreError, match="format 2") as caught:
        vault(Nobody()).read("a")
    assert caught.value.code == "vault-version"


@pytest.mark.parametrize(
    "header", [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"\xff\n", b"[" * 100_000 + b"\n"], ids=len
)
def test_a_header_that_makes_no_sense_is_damage(vault, state, header):
    write_raw(state, sealed(b"awscreds vault\n" + header + bytes(40)))
    with pytest.raises(SecretStoreError, match="damaged"):
        vault(Nobody()).read("a")


def test_a_foreign_file_in_the_vault_s_place_is_left_alone(vault, state):
    write_raw(state, b"a diary\n")
    for attempt in attempts(vault(Nobody())):
        with pytest.raises(SecretStoreError, match="does not begin like a vault file"):
            attempt()
    assert content(state) == b"a diary\n"


def write_raw(state, data):
    """Without fsync: hundreds of these would wait for the disk."""
    os.makedirs(state.path, mode=0o700, exist_ok=True)
    with open(
        os.open(state.file("vault"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
    ) as f:
        f.write(data)


# Limits of the machine


def test_a_lock_that_nobody_lets_go_of_is_a_failure_of_the_store(vault, state, monkeypatch):
    vault().write("a", "1")
    clock = iter(range(0, 10_000, 20))
    impatient = StateDir(state.path)
    monkeypatch.setattr(
        impatient,
        "lock",
        lambda name: FileLock(
            state.file(name), monotonic=lambda: next(clock), sleep=lambda _: None
        ),
    )
    with state.lock("vault"), pytest.raises(StoreUnavailable, match="lock") as caught:
        VaultBackend(impatient, Passphrases(), keeper=None).write("a", "2")
    assert caught.value.exit_code == 4
    assert vault().read("a") == "1"


def test_too_little_memory_to_derive_is_a_plain_sentence(vault, monkeypatch):
    from cryptography.hazmat.primitives.kdf import argon2

    def starve(**_):
        raise MemoryError

    vault().write("a", "1")
    monkeypatch.setattr(argon2, "Argon2id", starve)
    with pytest.raises(StoreUnavailable, match="memory"):
        vault(keeper=None).read("a")


def test_a_write_that_fails_leaves_the_vault_as_it_was(vault, state, monkeypatch):
    vault().write("a", "1")
    before = content(state)

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        vault().write("a", "2")
    assert content(state) == before
    assert os.listdir(state.path) == ["vault"]

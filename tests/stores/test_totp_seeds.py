"""A stored TOTP seed may be the only one: it is read from where it was put, in every version."""

import json

import pytest

from awscreds.errors import EntryMissing
from awscreds.stores.secret_store import SecretStore
from awscreds.stores.totp_seeds import TotpSeeds, entry_id, serial_in
from tests.stores.fakes import MemoryState
from tests.stores.test_secret_store import Memory

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238's


class Stores:
    """Two backends, of which the keyring is for new entries."""

    def __init__(self, state):
        self.state = state
        self.backends = {name: Memory() for name in ("keyring", "vault")}
        for name, backend in self.backends.items():
            backend.name = name

    def current(self):
        return "keyring"

    def named(self, name):
        return SecretStore(self.backends[name], self.state)


@pytest.fixture
def stores():
    return Stores(MemoryState())


@pytest.fixture
def seeds(stores):
    return TotpSeeds(stores.state, stores)


def test_a_seed_is_an_entry_of_this_form(seeds, stores):
    seeds.keep(SERIAL, SEED, stores.named("keyring"))

    name = f"totp-seed:{SERIAL}"
    [(entry, text)] = stores.backends["keyring"].texts.items()
    assert (entry, json.loads(text)) == (name, {"kind": "totp-seed", "id": name, "seed": SEED})


@pytest.mark.parametrize("place", ["keyring", "vault"])
def test_a_seed_is_read_and_erased_where_it_was_put(seeds, stores, place):
    seeds.keep(SERIAL, SEED, stores.named(place))

    assert (seeds.place(SERIAL), seeds.read(SERIAL)) == (place, SEED)
    assert seeds.erase(SERIAL) == "the keyring of this test"
    assert seeds.place(SERIAL) is None
    assert stores.backends[place].texts == {}


def test_a_seed_that_nothing_is_recorded_of_is_looked_for_in_the_present_store(seeds, stores):
    other = MemoryState()
    SecretStore(stores.backends["keyring"], other).write(
        "totp-seed", entry_id(SERIAL), {"seed": SEED}
    )

    assert (seeds.place(SERIAL), seeds.read(SERIAL)) == (None, SEED)
    assert seeds.erase(SERIAL) is None
    assert len(stores.backends["keyring"].texts) == 1


def test_each_device_has_its_own(seeds, stores):
    seeds.keep(SERIAL, SEED, stores.named("keyring"))
    with pytest.raises(EntryMissing):
        seeds.read(f"{SERIAL}-2")


def test_the_device_is_in_the_name_of_the_entry_and_in_no_other():
    assert serial_in(entry_id(SERIAL)) == SERIAL
    assert serial_in("AKIAIOSFODNN7EXAMPLE") is None
    assert serial_in("session-cache-key") is None

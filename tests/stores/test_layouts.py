"""Files that a later version must read have the layout that is promised, whoever opens them.

Each is opened here without our code; and a fixed one, of the first version, with it. A change that
writes and reads in another way would lose what people have stored.
"""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from awscreds.model.credentials import Session
from awscreds.stores.backends.vault import VaultBackend
from awscreds.stores.backends.vault_format import Kdf
from awscreds.stores.cache.session_format import SessionKey, SessionScope, StsParameters
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.journal import DONE, INTENT, Journal
from awscreds.stores.state_dir import StateDir
from tests.helpers import LITTLE_WORK
from tests.stores.fakes import KnownPassphrase

PASSPHRASE = "correct horse battery staple"
SCRYPT = Kdf("scrypt", n=2**15, r=8, p=1)
OLD = "AKIAIOSFODNN7EXAMPLE"
SEALING_KEY = bytes(range(32))
NOW = 1_800_000_000.0

FIRST_VAULTS = {
    "argon2id": (
        "YXdzY3JlZHMgdmF1bHQKeyJ2ZXJzaW9uIjogMSwgImtkZiI6ICJhcmdvbjJpZCIsICJwYXJhbWV0ZXJzIjog"
        "eyJpdGVyYXRpb25zIjogMSwgIm1lbW9yeV9raWIiOiAxOTQ1NiwgImxhbmVzIjogMX0sICJzYWx0IjogImUw"
        "ODhlOTYzNjZlZDc5OTE5YjA0NjYxMjA1YjkyMTFhIiwgImNoZWNrIjogIjdkMmRhZjllYTQ1MWE3MDAzODFl"
        "OTdmZjI1YjRkYTE5NjA0N2U1MjQxNTAxOWM3ZjhlZDEwNmU0NzZmYzdkMTgifQqMdAbMimhGjGgevzDZmqOv"
        "EtnH3unLK6CXECPrrhIMGU9luYbSVGvEyxrOzAbteIMUwad5CFO3nTy8tEsCikiycckQ5gmckuS/2g=="
    ),
    "scrypt": (
        "YXdzY3JlZHMgdmF1bHQKeyJ2ZXJzaW9uIjogMSwgImtkZiI6ICJzY3J5cHQiLCAicGFyYW1ldGVycyI6IHsi"
        "biI6IDMyNzY4LCAiciI6IDgsICJwIjogMX0sICJzYWx0IjogIjhkYWEyYTc0YTY0N2M3MTI1YTBjNTViMmY5"
        "YTc4NjY4IiwgImNoZWNrIjogImIxOTBjZWQwMDIxMzg1ZjBmYjJmN2ZmODAxNzBlMTJhNDUwOTQyNDBlMTQ0"
        "OTdhNTAxNWJlMWNhOTVhZDczNTQifQocaWCcCYm4/lVs5lMDSJUI1y8Wj0PS6kbKKsc8Dj3HFvaZnhzcQFjl"
        "AgN7SYEEZBeTcAXa3a55LGIw+5jfEVKVwWhps37uKyJ9xA=="
    ),
}
"""Base64 of a vault with that passphrase and the entry x, "a text"."""
FIRST_SESSION = (
    "YXdzY3JlZHMgc2Vzc2lvbgp7InZlcnNpb24iOiAxLCAiZGlnZXN0IjogImRkZDM5NTdhOTc1ZTAwNWI2ZDcw"
    "YjllZmNiZmQxZjVjIiwgInByb2ZpbGUiOiAiZGV2IiwgImFjY2Vzc19rZXlfaWQiOiAiQUtJQUlPU0ZPRE5O"
    "N0VYQU1QTEUiLCAicm9sZSI6ICJyIiwgInNlcmlhbCI6ICJzIiwgIm1hZGUiOiAxODAwMDAwMDAwLjAsICJl"
    "eHBpcmF0aW9uIjogMTgwMDAwMzYwMC4wfQqWPETwD8I401XSuzKZcdbhOzP8OqRxGG1WoihOKyMExs1VviaV"
    "OoudoubzX4v/1VcVDKUR6KjAcyJB5Wb1JMA6iSlEJWMC6jjG9UBslT8THJlLjd/Y3t/NdZe89wWEcgY="
)
"""Base64 of a session's file, sealed with SEALING_KEY."""
FIRST_DIGEST = "ddd3957a975e005b6d70b9efcbfd1f5c"


@pytest.fixture
def state(tmp_path):
    return StateDir(str(tmp_path / "state"))


def vault(state, kdf):
    return VaultBackend(state, KnownPassphrase(PASSPHRASE), keeper=None, kdf=kdf)


def derived(kdf, salt, parameters):
    """64 bytes: the key, and of what the check value is made."""
    if kdf == "scrypt":
        return hashlib.scrypt(PASSPHRASE.encode(), salt=salt, dklen=64, maxmem=2**27, **parameters)
    argon2 = pytest.importorskip(
        "cryptography.hazmat.primitives.kdf.argon2", reason="this cryptography has no argon2id"
    )
    return argon2.Argon2id(
        salt=salt,
        length=64,
        iterations=parameters["iterations"],
        memory_cost=parameters["memory_kib"],
        lanes=parameters["lanes"],
    ).derive(PASSPHRASE.encode())


@pytest.mark.parametrize("kdf", [LITTLE_WORK, SCRYPT], ids=lambda kdf: kdf.name)
def test_a_vault_can_be_opened_by_what_its_layout_says(state, kdf):
    vault(state, kdf).write("x", "a text")

    data = state.read("vault")
    body, ending = data[:-32], data[-32:]
    magic, line, sealed = body.split(b"\n", 2)
    header = json.loads(line)
    assert magic == b"awscreds vault"
    assert ending == hashlib.blake2s(body).digest()
    assert (header["version"], header["kdf"]) == (1, kdf.name)
    made = derived(header["kdf"], bytes.fromhex(header["salt"]), header["parameters"])
    check = hmac.new(made[32:], b"awscreds vault\n", hashlib.sha256).hexdigest()
    assert header["check"] == check
    lines = magic + b"\n" + line + b"\n"
    plain = AESGCM(made[:32]).decrypt(sealed[:12], sealed[12:], lines)
    assert json.loads(plain) == {"x": "a text"}


@pytest.mark.parametrize("kdf", FIRST_VAULTS)
def test_a_vault_of_the_first_version_is_read(state, kdf):
    state.write("vault", base64.b64decode(FIRST_VAULTS[kdf]))

    assert vault(state, LITTLE_WORK).read("x") == "a text"


def session_key():
    source = SessionKey(profile="base", access_key_id=OLD)
    return SessionKey(
        profile="dev",
        access_key_id=OLD,
        identity="i",
        parameters=StsParameters(
            serial="s", role="r", external_id="e", session_name="n", duration=900
        ),
        scope=SessionScope(
            partition="aws", endpoint="u", files=("/c", "/d"), state_path="/s", backend="vault"
        ),
        source=source,
    )


def session_cache(state):
    return SessionCache(
        state, lambda: SEALING_KEY, note=pytest.fail, clock=lambda: NOW, kernel=None
    )


def blake2s_16(data):
    return hashlib.blake2s(data, digest_size=16)


def test_a_session_is_known_by_a_digest_that_stays():
    def digest_of(*shape):
        return blake2s_16(json.dumps(shape).encode()).hexdigest()

    nothing = [None] * 9
    base = digest_of(OLD, *nothing, [], "", None, None)
    asked = (OLD, "s", "r", "e", "n", 900, None, "i", "aws", "u", ["/c", "/d"], "/s", "vault", base)
    assert session_key().digest == digest_of(*asked) == FIRST_DIGEST


def test_a_session_s_file_can_be_opened_by_what_its_layout_says(state):
    session = Session("ASIAIOSFODNN7EXAMPLE", "secret", "token", NOW + 3600)
    session_cache(state).fetch(session_key(), lambda: session)

    [name] = state.names("session-")
    magic, line, sealed = state.read(name).split(b"\n", 2)
    lines = magic + b"\n" + line + b"\n"
    assert magic == b"awscreds session"
    assert json.loads(line) == {
        "version": 1,
        "digest": session_key().digest,
        "profile": "dev",
        "access_key_id": OLD,
        "role": "r",
        "serial": "s",
        "made": NOW,
        "expiration": NOW + 3600,
    }
    plain = AESGCM(SEALING_KEY).decrypt(sealed[:12], sealed[12:], lines)
    assert json.loads(plain) == {
        "id": "ASIAIOSFODNN7EXAMPLE",
        "secret": "secret",
        "token": "token",
    }


@pytest.mark.parametrize("renamed", [b"", b'awscreds profile "new"\n'])
def test_a_session_of_the_first_version_is_read(state, renamed):
    state.write(f"session-{FIRST_DIGEST}", renamed + base64.b64decode(FIRST_SESSION))

    found = session_cache(state).get(session_key())

    assert (found.id, found.secret, found.token) == ("ASIAIOSFODNN7EXAMPLE", "secret", "token")
    [entry] = session_cache(state).entries()
    assert entry.profile == ("new" if renamed else "dev")


FIRST_JOURNAL = (
    b'{"version": 1, "time": "2027-01-15T08:00:00Z", "stage": "begin", "event": "intent", '
    b'"old": "AKIAIOSFODNN7EXAMPLE", "detail": {"grace": 0}, '
    b'"check": "20e1fe949990b75a54612d5c5dfe2dd7"}\n'
    b'{"version": 1, "time": "2027-01-15T08:00:00Z", "stage": "create", "event": "done", '
    b'"old": "AKIAIOSFODNN7EXAMPLE", "detail": {}, '
    b'"check": "3a5d1743e41d5beddd2ba7fd04d04848"}\n'
)


def test_each_line_of_a_journal_has_the_digest_of_itself_after_the_one_before(state):
    journal = Journal(state, OLD, clock=lambda: NOW)
    journal.write("begin", INTENT, grace=0)
    journal.write("create", DONE)

    with open(journal.path, "rb") as file:
        data = file.read()
    before = b""
    for line in data.splitlines():
        body, _, check = line.rpartition(b', "check": "')
        before = blake2s_16(before + body + b"}").digest()
        assert check == before.hex().encode() + b'"}'
    assert data == FIRST_JOURNAL


def test_a_journal_of_the_first_version_is_read(state):
    state.write(f"rotation-{OLD}.jsonl", FIRST_JOURNAL)

    journal = Journal(state, OLD, clock=lambda: NOW)

    assert [(line["stage"], line["event"]) for line in journal.entries] == [
        ("begin", INTENT),
        ("create", DONE),
    ]
    assert journal.facts == {"old": OLD}

"""Logins in sealed files: only what was written is read, and only with the right key."""

import json
import os
import random
from pathlib import Path

import pytest

from awscreds.errors import StoreLocked
from awscreds.stores.sealed_logins import LoginLabel, SealedLogins
from awscreds.stores.state_dir import StateDir

START = "https://example.awsapps.com/start"
DOCUMENT = {
    "accessToken": "token-a",
    "refreshToken": "token-r",
    "expiresAt": "2030-01-01T00:00:00Z",
}


def label(session="corp", start_url=START, login_id="1"):
    return LoginLabel.of(
        login_id, session=session, start_url=start_url, region="eu-central-1", ends=2e9
    )


@pytest.fixture
def state_dir(tmp_path):
    return StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path))


@pytest.fixture
def logins(state_dir):
    key = os.urandom(32)
    return SealedLogins(state_dir, lambda: key)


def files(state_dir):
    return [state_dir.file(name) for name in state_dir.names("login-")]


def test_the_key_is_asked_for_once_so_that_a_store_locked_meanwhile_loses_nothing(state_dir):
    keys = [os.urandom(32)]
    logins = SealedLogins(state_dir, keys.pop)
    logins.require_key()
    logins.write(label(), DOCUMENT)
    assert logins.read("corp", START) == DOCUMENT
    assert keys == []


def test_a_login_is_found_by_its_session_else_by_its_start_url(logins):
    logins.write(label(), DOCUMENT)
    logins.write(label(session=""), {**DOCUMENT, "accessToken": "legacy"})
    assert logins.read("corp", "https://elsewhere") == DOCUMENT
    assert logins.read(None, START)["accessToken"] == "legacy"
    assert logins.read("other", START) is None
    assert logins.read(None, "corp") is None
    assert {one.name for one in logins.labels()} == {"corp", START}


def test_it_is_known_without_the_key_and_read_only_with_it(state_dir, logins):
    logins.write(label(login_id="mine"), DOCUMENT)

    def locked():
        raise StoreLocked("the store is locked")

    closed = SealedLogins(state_dir, locked)
    assert closed.label("corp", START).login_id == "mine"
    with pytest.raises(StoreLocked):
        closed.read("corp", START)
    assert SealedLogins(state_dir, lambda: os.urandom(32)).read("corp", START) is None


def test_no_token_is_in_the_file_and_it_is_private(state_dir, logins):
    logins.write(label(), DOCUMENT)
    (path,) = files(state_dir)
    data = Path(path).read_bytes()
    assert b"token-" not in data
    assert os.name == "nt" or os.stat(path).st_mode & 0o777 == 0o600


def test_a_removed_login_is_gone(state_dir, logins):
    logins.write(label(), DOCUMENT)
    assert logins.remove("corp", START)
    assert not logins.remove("corp", START)
    assert logins.read("corp", START) is None
    assert files(state_dir) == []


def test_a_file_in_the_place_of_another_is_not_believed(state_dir, logins):
    logins.write(label(), DOCUMENT)
    logins.write(label(session="other"), {**DOCUMENT, "accessToken": "other"})
    one, two = files(state_dir)
    os.replace(one, two)
    assert [logins.read(name, START) for name in ("corp", "other")].count(None) == 2


@pytest.mark.parametrize("seed", range(20))
def test_a_changed_file_counts_as_none_and_never_as_another_login(state_dir, logins, seed):
    chance = random.Random(seed)
    logins.write(label(), DOCUMENT)
    (path,) = files(state_dir)
    whole = Path(path).read_bytes()
    for _ in range(50):
        data = bytearray(whole)
        at = chance.randrange(len(data))
        kind = chance.choice(("flip", "cut", "add"))
        if kind == "flip":
            data[at] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del data[at:]
        else:
            data[at:at] = os.urandom(3)
        Path(path).write_bytes(data)
        assert logins.read("corp", START) is None


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"awscreds login\n",
        b"awscreds login\n[]\n",
        b"awscreds login\n{}\n",
        b"awscreds login\n" + json.dumps({"version": 2}).encode() + b"\n",
        b"awscreds login\n" + b"[" * 100_000 + b"\n",
        b'awscreds login\n{"version": 1, "id": 1, "session": "", "start_url": "", "region": ""}\n',
        b"awscreds login\n\xff\n",
    ],
)
def test_garbage_is_no_label(header):
    assert LoginLabel.parse(header) is None

"""``mfa enable --yubikey``, with a program that behaves as Yubico's ``ykman``."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e import ykman
from tests.e2e.mfa import NEW, OLD, Mfa
from tests.helpers import need_posix

pytestmark = pytest.mark.slow

YUBIKEY = ("mfa", "enable", "--yubikey")
ACCOUNT = "AWS:alice-2@123456789012"


class YubiKey(Mfa):
    """Alice with a YubiKey, and no terminal."""

    def __init__(self, user, capsys, folder, monkeypatch):
        super().__init__(user, capsys)
        self.folder = folder
        self.terminal.is_there = False
        program = folder / "ykman"
        program.write_text(f"#!{sys.executable}\n" + Path(ykman.__file__).read_text())
        program.chmod(0o755)
        root = str(Path(ykman.__file__).parents[2])
        user.environment |= {
            "FAKE_YUBIKEY": str(folder),
            "PYTHONPATH": root,
            "PATH": f"{folder}:{user.environment['PATH']}",
        }

    @property
    def accounts(self):
        path = self.folder / "accounts"
        return json.loads(path.read_text()) if path.exists() else {}

    def advance(self, seconds):
        self.control.advance(seconds)
        clock = self.folder / "clock"
        clock.write_text(str(seconds + (float(clock.read_text()) if clock.exists() else 0)))


@pytest.fixture
def key(alice, capsys, monkeypatch, tmp_path):
    need_posix("the program is a script with a #! line")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, alice.environment[name])
    alice.configure("alice", "--region", "us-east-1")
    folder = tmp_path / "yubi key"
    folder.mkdir()
    return YubiKey(alice, capsys, folder, monkeypatch)


def test_the_seed_goes_to_the_yubikey_and_the_profile_asks_it_for_codes(key):
    document = key.json(*YUBIKEY)
    assert document["codes_from"] == "yubikey"
    assert list(key.accounts) == [ACCOUNT]
    [seed] = key.accounts.values()
    assert seed not in (key.folder / "arguments").read_text()
    for path, data in key.user.files().items():
        assert seed.encode() not in data, path
    assert key.seeds() == []
    assert (key.enabled(), key.named()) == ([OLD, NEW], NEW)
    assert "--single AWS:alice-2@123456789012" in key("configure", "get", "mfa_process").out
    key.advance(30)
    assert "ASIA" in key("mfa-session", "--format", "json").out


def test_a_code_of_the_enrolment_is_used_up(key):
    key(*YUBIKEY)
    assert "used up" in key.err


def test_without_the_program_or_the_key_nothing_is_created(key):
    (key.folder / "unplugged").touch()
    key(*YUBIKEY, rc=1)
    assert "Failed connecting" in key.err
    (key.folder / "ykman").unlink()
    if shutil.which("ykman") is None:
        key(*YUBIKEY, rc=1)
        assert "there is no program ykman" in key.err
    assert key.control.log("CreateVirtualMFADevice") == []


def test_an_account_that_is_there_is_never_overwritten_or_deleted(key):
    (key.folder / "accounts").write_text(json.dumps({ACCOUNT: "A" * 32}))
    key(*YUBIKEY, rc=1)
    assert f"already has an account {ACCOUNT}" in key.err
    assert key.accounts == {ACCOUNT: "A" * 32}
    assert key.control.log("CreateVirtualMFADevice") == []
    key(*YUBIKEY, "--name", "other")
    assert key.accounts[ACCOUNT] == "A" * 32


def test_a_failure_takes_device_and_account_away_and_no_other(key):
    other = f"x{ACCOUNT}y"
    (key.folder / "accounts").write_text(json.dumps({other: "A" * 32}))
    key.control.fail("EnableMFADevice", "ServiceFailure", count=9)
    key(*YUBIKEY, rc=5)
    assert (key.enabled(), key.unassigned(), list(key.accounts)) == ([OLD], [], [other])
    key.control.clear_faults()
    (key.folder / "full").touch()
    key(*YUBIKEY, rc=1)
    assert "No space left" in key.err
    assert (key.enabled(), key.unassigned(), list(key.accounts)) == ([OLD], [], [other])


@pytest.mark.parametrize("at", ["created", "kept", "enabled"])
def test_a_killed_enrolment_is_finished_by_the_next_one(key, at):
    key.killed(*YUBIKEY, at=at)
    key(*YUBIKEY)
    assert (key.enabled(), key.named(), list(key.accounts)) == ([OLD, NEW], NEW, [ACCOUNT])
    key.advance(60)
    key("mfa-session", "--format", "json")


def test_a_removal_takes_the_line_away_too(key):
    key(*YUBIKEY)
    key.advance(30)
    key("mfa", "remove", "--yes")
    assert "mfa_process" not in key.user.config.read_text()
    assert "ykman oath accounts delete" in key.err

"""The vault's key in the memory of the Windows login."""

import winreg

import pytest

from awscreds.stores.backends.held_keys import HeldKeys
from awscreds.stores.backends.windows_login import WindowsLogin
from awscreds.stores.fingerprints import digest
from tests.stores.backends.keeper_contract import KEY, KeyKeeperContract


class TestWindowsLogin(KeyKeeperContract):
    @pytest.fixture
    def keeper(self):
        return HeldKeys(WindowsLogin())


def test_what_windows_keeps_is_encrypted_and_bound_to_the_vault(tmp_path):
    shelf = WindowsLogin()
    keeper = HeldKeys(shelf)
    name = keeper.scope(str(tmp_path)) + "vault:01"
    keeper.put(name, KEY, 60)
    kept = shelf.load(name)
    assert KEY[:8] not in kept
    for at in (0, len(kept) - 1, len(kept) // 2):
        changed = kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :]
        for damaged in (changed, digest(changed[16:]) + changed[16:])[: 1 + (at > 0)]:
            shelf.save(name, damaged)
            assert keeper.get(name) is None
            assert shelf.load(name) is None
    shelf.save(name + "2", kept)
    assert keeper.get(name + "2") is None
    shelf.save(name, kept)
    assert keeper.get(name) == KEY
    keeper.drop_all(name)


def test_a_value_of_another_kind_is_as_none_and_removed(tmp_path):
    shelf = WindowsLogin()
    keeper = HeldKeys(shelf)
    name = keeper.scope(str(tmp_path)) + "vault:01"
    keeper.put(name, KEY, 60)
    with winreg.OpenKey(
        winreg.HKEY_CURRENT_USER, r"Software\awscreds-unlocked", 0, winreg.KEY_SET_VALUE
    ) as key:
        winreg.SetValueEx(key, name, 0, winreg.REG_SZ, "x")
    assert keeper.get(name) is None
    assert shelf.load(name) is None


def test_windows_tells_the_login_session():
    """Wine tells the same one, of zeros, for all."""
    assert len(WindowsLogin().session()) == 8
    assert WindowsLogin().session() == WindowsLogin().session()

"""What holds the vault's key: the kernel, the Windows login or the macOS keychain."""

import sys
import threading

import pytest

from awscreds.errors import StoreUnavailable
from awscreds.stores.backends import macos_keychain
from awscreds.stores.backends.held_keys import HeldKeys
from awscreds.stores.backends.macos_keychain import MacosKeychain
from awscreds.stores.kernel_keyring import kernel
from tests.helpers import missing_tool
from tests.stores.backends.keeper_contract import KEY, KeyKeeperContract
from tests.stores.fakes import MemoryKeychain

SHELVES = ["keychain", "login"] if sys.platform == "win32" else ["keychain"]
HOUR = 3600


def windows_login():
    from awscreds.stores.backends.windows_login import WindowsLogin

    return WindowsLogin()


@pytest.fixture
def keychain(monkeypatch):
    """The items of a keychain that the product sees as that of macOS."""
    api = MemoryKeychain()
    monkeypatch.setitem(sys.modules, "keyring.backends.macOS.api", api)
    if sys.platform == "win32":
        monkeypatch.setattr(MacosKeychain, "uptime", lambda _: windows_login().uptime())
    return api


@pytest.mark.posix("the key store of the Linux kernel")
class TestKernel(KeyKeeperContract):
    @pytest.fixture
    def keeper(self, tmp_path):
        probe = kernel.scope(str(tmp_path)) + "probe"
        if not kernel.put(probe, b"1", 60):
            missing_tool("this kernel, or its container, refuses the key store")
        kernel.drop(probe)
        return kernel


class TestMacosKeychain(KeyKeeperContract):
    opening = None

    @pytest.fixture
    def keeper(self, keychain):
        return HeldKeys(MacosKeychain())


# What the kernel does by itself, and we do on the others


class World:
    """A shelf with clocks and a login session that the test sets."""

    def __init__(self, shelf):
        self.shelf = shelf
        self.now, self.up = 1_000_000.0, 500.0
        shelf.uptime = lambda: self.up
        shelf.session = lambda: self.login
        self.login = b"\x01\0\x03"
        self.keeper = HeldKeys(shelf, clock=lambda: self.now)

    def pass_(self, seconds):
        self.now += seconds
        self.up += seconds


@pytest.fixture(params=SHELVES)
def world(request, keychain):
    return World(MacosKeychain() if request.param == "keychain" else windows_login())


@pytest.fixture
def name(world, tmp_path):
    scope = world.keeper.scope(str(tmp_path))
    yield scope + "vault:01"
    world.keeper.drop_all(scope)


def test_its_time_is_absolute(world, name):
    world.keeper.put(name, KEY, 900)
    for _ in range(2):
        world.pass_(449)
        assert world.keeper.get(name) == KEY
    assert world.keeper.seconds_left(name) == 2
    world.pass_(2)
    assert world.keeper.get(name) is None
    assert world.shelf.load(name) is None, "what is over is removed"


@pytest.mark.parametrize("back", [-30, -600, -HOUR, -(10**9)])
def test_a_clock_set_back_does_not_lengthen_it(world, name, back):
    world.keeper.put(name, KEY, 900)
    world.now += back
    world.pass_(900)
    assert world.keeper.get(name) is None
    assert world.shelf.load(name) is None


def test_a_clock_set_back_after_each_use_does_not_lengthen_it(world, name):
    world.keeper.put(name, KEY, 900)
    for _ in range(15):
        world.keeper.get(name)
        world.pass_(60)
        world.now -= 60
    assert world.keeper.get(name) is None


def test_a_clock_that_is_corrected_a_little_locks_nothing(world, name):
    world.keeper.put(name, KEY, 900)
    world.now -= 5
    assert world.keeper.get(name) == KEY
    assert world.keeper.seconds_left(name) <= 900


@pytest.mark.parametrize("up", [0.0, 499.0, 700.0])
def test_a_system_that_was_restarted_has_no_key(world, name, up):
    """Also where it has run for longer by now than when the key was put."""
    world.keeper.put(name, KEY, HOUR)
    world.now += 800
    world.up = up
    assert world.keeper.get(name) is None
    assert world.shelf.load(name) is None


def test_sleep_counts(world, name):
    world.keeper.put(name, KEY, 900)
    world.pass_(8 * HOUR)
    assert world.keeper.get(name) is None


def test_another_login_session_has_no_key_and_takes_none(world, name):
    world.keeper.put(name, KEY, 900)
    world.login = b"\x02"
    assert world.keeper.get(name) is None
    assert world.keeper.seconds_left(name) == 0
    world.login = b"\x01\0\x03"
    assert world.keeper.get(name) == KEY
    world.login = b"\x02"
    world.keeper.drop_all(name)
    world.login = b"\x01\0\x03"
    assert world.keeper.get(name) is None, "lock is for all sessions"


SESSION = b"\x01\0\x03".ljust(16, b"\0")
DAMAGED = [b"", b"\x01", b"\0" * 100, b"\xff" * 100, b"\x01" + SESSION + bytes(24)]
NO_NUMBERS = b"\x01" + SESSION + b"\xff" * 16 + bytes(7) + b"\xff" + KEY


@pytest.mark.parametrize("entry", [*DAMAGED, NO_NUMBERS], ids=len)
def test_a_damaged_entry_is_as_none_and_removed(world, name, entry):
    sealed = world.shelf.seal(entry, name) if entry == NO_NUMBERS else entry
    world.shelf.save(name, sealed)
    assert world.keeper.get(name) is None
    assert world.keeper.names(name) == []
    assert world.keeper.put(name, KEY, 60)
    assert world.keeper.get(name) == KEY


# Failing


@pytest.mark.parametrize("step", ["session", "seal", "save"])
def test_a_step_that_fails_leaves_neither_the_new_nor_the_old(world, name, step, monkeypatch):
    world.keeper.put(name, b"old", 60)

    def fail(*_):
        raise OSError(5, "no")

    with monkeypatch.context() as patched:
        patched.setattr(world.shelf, step, fail)
        assert world.keeper.put(name, KEY, 60) is False
    assert world.keeper.get(name) is None


@pytest.mark.parametrize("step", ["load", "unseal", "session", "uptime"])
def test_what_cannot_be_read_is_not_there(world, name, step, monkeypatch):
    world.keeper.put(name, KEY, 60)

    def fail(*_):
        raise OSError(5, "no")

    with monkeypatch.context() as patched:
        patched.setattr(world.shelf, step, fail)
        assert world.keeper.get(name) is None
        assert world.keeper.seconds_left(name) == 0


@pytest.mark.parametrize("step", ["names", "remove"])
def test_a_key_that_cannot_be_removed_is_told(world, name, step, monkeypatch):
    world.keeper.put(name, KEY, 60)

    def fail(*_):
        raise PermissionError(13, "access denied")

    with monkeypatch.context() as patched:
        patched.setattr(world.shelf, step, fail)
        world.keeper.drop(name)
        with pytest.raises(StoreUnavailable, match="cannot remove the vault's key") as caught:
            world.keeper.drop_all(name)
    assert caught.value.code == "cannot-lock"
    assert "access denied" in caught.value.message
    world.keeper.drop_all(name)
    assert world.keeper.get(name) is None


class Secret(Exception):
    pass


def test_an_error_of_the_keychain_is_ours_and_shows_nothing(keychain, tmp_path):
    keeper = HeldKeys(MacosKeychain())
    name = keeper.scope(str(tmp_path)) + "vault:01"
    keeper.put(name, KEY, 60)
    keychain.failure = Secret(KEY.hex())
    assert keeper.get(name) is None
    assert keeper.put(name, KEY, 60) is False
    with pytest.raises(StoreUnavailable) as caught:
        keeper.drop_all(name)
    assert KEY.hex() not in f"{caught.value} {caught.value!r}"


def test_a_keychain_that_asks_a_person_is_not_waited_for(keychain, tmp_path, monkeypatch):
    monkeypatch.setattr(macos_keychain, "DEADLINE", 0.2)
    keeper = HeldKeys(MacosKeychain())
    name = keeper.scope(str(tmp_path)) + "vault:01"
    keeper.put(name, KEY, 60)
    answered = threading.Event()
    monkeypatch.setattr(keychain, "find_generic_password", lambda *_, **__: answered.wait(30))
    try:
        assert keeper.get(name) is None
    finally:
        answered.set()


@pytest.mark.parametrize(
    ("system", "module"), [("win32", "windows_login"), ("darwin", "macos_keychain")]
)
def test_linux_loads_nothing_of_the_other_systems(system, module):
    from tests.stores.backends.test_vault_processes import python

    loaded = python(
        "import sys\nfrom awscreds.stores.backends.vault import key_keeper\nkey_keeper()\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if 'awscreds' in name))"
    ).split()
    assert (module in loaded) is (sys.platform == system)
    assert ("held_keys" in loaded) is (sys.platform != "linux")

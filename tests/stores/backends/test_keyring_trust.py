"""Which backend of the keyring library is trusted, and what becomes of its calls."""

import importlib
import subprocess
import sys
import threading

import keyring.backend
import keyring.errors
import pytest

from awscreds.errors import SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.stores.backends import dbus_wire
from awscreds.stores.backends.keyring import DIRECT, KeyringBackend
from awscreds.stores.backends.keyring_library import (
    CHAINER,
    TRUSTED,
    class_name,
    find,
    why_untrusted,
)
from tests.stores.backends.contract import KEY, SECRET, everything_said
from tests.stores.backends.secret_service import fake_service, session_bus

DEADLINE = 20
HINT = "AWSCREDS_BACKEND=vault"
OURS = "thirdparty.Vault"


@pytest.fixture(autouse=True)
def no_bus_but_the_test_s(tmp_path, monkeypatch):
    monkeypatch.setattr(dbus_wire, "RUNTIME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def bus(tmp_path):
    with session_bus(tmp_path / "session") as environment:
        yield environment


@pytest.fixture
def installed(monkeypatch):
    """Set which backends keyring finds; in its order, which is by priority."""

    def install(*names):
        members = [backend_class(name)() for name in names]
        for number, member in enumerate(reversed(members), 1):
            type(member).priority = number
        monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: members)

    install()
    return install


@pytest.fixture
def third_party(monkeypatch):
    """Make ``thirdparty.Vault`` a class with these methods; gives its entries."""
    entries = {}

    class Vault:
        priority = 1

        def get_password(self, service, username):
            return entries.get((service, username))

        def set_password(self, service, username, password):
            entries[service, username] = password

        def delete_password(self, service, username):
            del entries[service, username]

    def define(**methods):
        module = type(sys)("thirdparty")
        module.Vault = type("Vault", (Vault,), {"__module__": "thirdparty"} | methods)
        monkeypatch.setitem(sys.modules, "thirdparty", module)
        return entries

    return define


def backend_class(name, *bases):
    module, _, attribute = name.rpartition(".")
    return type(attribute, bases, {"__module__": module})


def raises(error):
    def method(self, *arguments):
        raise error

    return method


def third_party_backend(**options):
    options = {"deadline": DEADLINE, "prompt_deadline": DEADLINE} | options
    return KeyringBackend(OURS, environ={}, **options)


class TestJudgement:
    @pytest.mark.filterwarnings("ignore")  # what the libraries behind a backend warn of
    @pytest.mark.parametrize("name", TRUSTED)
    def test_a_trusted_name_is_a_class_of_the_installed_keyring(self, name):
        module, _, attribute = name.rpartition(".")
        backend = getattr(importlib.import_module(module), attribute)
        assert class_name(backend) == name
        assert why_untrusted(backend) is None

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("keyring.backends.null.Keyring", "does not store secrets"),
            ("keyring.backends.fail.Keyring", "no keyring"),
            (CHAINER, "any of them"),
            ("keyrings.alt.file.PlaintextKeyring", "in plaintext"),
            ("keyrings.alt.file.EncryptedKeyring", "two programs write at the same time"),
            ("keyrings.alt.Windows.RegistryKeyring", "in files"),
            ("keyrings.cryptfile.cryptfile.CryptFileKeyring", "in files"),
            ("somebody.PlainTextKeyring", "does not encrypt"),
            ("somebody.null.Keyring", "does not encrypt"),
        ],
    )
    def test_one_that_keeps_no_secret_is_refused_even_when_chosen(self, name, reason):
        for chosen in (False, True):
            assert reason in why_untrusted(backend_class(name), chosen=chosen)

    def test_a_child_of_a_refused_class_is_refused_under_any_name(self):
        parent = backend_class("keyrings.alt.file_base.Keyring")
        assert "in files" in why_untrusted(backend_class("somebody.Keyring", parent), chosen=True)

    def test_a_child_of_a_trusted_class_is_not_trusted_for_that(self):
        parent = backend_class(DIRECT)
        assert why_untrusted(backend_class("somebody.Keyring", parent)) is not None

    def test_an_unknown_class_is_taken_only_when_chosen(self):
        backend = backend_class("somebody.Keyring")
        assert "PYTHON_KEYRING_BACKEND=somebody.Keyring" in why_untrusted(backend)
        assert why_untrusted(backend, chosen=True) is None


class TestSearch:
    @pytest.mark.parametrize("wish", [None, CHAINER])
    def test_the_first_trustworthy_member_is_taken(self, installed, wish):
        kwallet = "keyring.backends.kwallet.DBusKeyring"
        installed(
            "artifacts.Keyring",
            "keyrings.alt.file.PlaintextKeyring",
            "keyring.backends.null.Keyring",
            kwallet,
            "keyring.backends.libsecret.Keyring",
        )
        assert find(wish, deadline=DEADLINE) == kwallet

    @pytest.mark.parametrize("wish", [None, CHAINER])
    def test_with_no_trustworthy_member_each_refusal_is_told(self, installed, wish):
        installed("artifacts.Keyring", "keyrings.alt.file.PlaintextKeyring")
        with pytest.raises(StoreUnavailable) as caught:
            find(wish, deadline=DEADLINE)
        assert "artifacts.Keyring is refused" in caught.value.message
        assert "keyrings.alt.file.PlaintextKeyring is refused" in caught.value.message
        assert HINT in caught.value.hint

    def test_with_nothing_installed_nothing_is_found(self, installed):
        assert find(None, deadline=DEADLINE) is None

    def test_a_search_that_hangs_ends_at_its_deadline(self, monkeypatch):
        forever = threading.Event()
        monkeypatch.setattr(keyring.backend, "get_all_keyring", forever.wait)
        try:
            with pytest.raises(StoreUnavailable, match="did not answer within"):
                find(None, deadline=0.2)
        finally:
            forever.set()

    def test_a_plaintext_backend_is_never_fallen_back_to(self, installed, bus):
        installed("keyrings.alt.file.PlaintextKeyring")
        remembered = []
        keyring = KeyringBackend(None, environ=bus, remember=remembered.append)
        with pytest.raises(StoreUnavailable, match="PlaintextKeyring is refused"):
            keyring.check()
        assert remembered == []

    def test_a_service_that_is_there_and_silent_is_no_reason_to_look_further(self, installed, bus):
        installed("keyring.backends.kwallet.DBusKeyring")
        with fake_service(bus, silent=["OpenSession"]):
            keyring = KeyringBackend(None, environ=bus, deadline=0.3)
            with pytest.raises(StoreUnavailable, match="Secret Service keyring did not answer"):
                keyring.check()


class TestKeyringsOwnConfiguration:
    @pytest.fixture
    def write_configuration(self, tmp_path):
        def write(text):
            folder = tmp_path / "config" / "python_keyring"
            folder.mkdir(parents=True)
            (folder / "keyringrc.cfg").write_text(text)

        return write

    def name(self, write_configuration, environment, way, name):
        """Have the user name a backend to keyring."""
        if way == "variable":
            return environment | {"PYTHON_KEYRING_BACKEND": name}
        write_configuration(f"[backend]\ndefault-keyring = {name}\n")
        return environment

    @pytest.mark.parametrize("way", ["variable", "file"])
    def test_an_unknown_class_named_there_is_used_and_remembered(
        self, write_configuration, third_party, bus, way
    ):
        entries = third_party()
        remembered = []
        environment = self.name(write_configuration, bus, way, OURS)
        with fake_service(bus):
            keyring = KeyringBackend(None, environ=environment, remember=remembered.append)
            keyring.write(KEY.id, "x")
        assert entries == {(f"awscreds:{KEY.id}", KEY.id): "x"}
        assert remembered == [OURS]
        assert keyring.describe() == f"the keyring {OURS}"

    @pytest.mark.parametrize("way", ["variable", "file"])
    def test_null_named_there_is_refused_and_nothing_else_taken(
        self, write_configuration, bus, way
    ):
        name = "keyring.backends.null.Keyring"
        environment = self.name(write_configuration, bus, way, name)
        remembered = []
        with fake_service(bus):
            keyring = KeyringBackend(None, environ=environment, remember=remembered.append)
            with pytest.raises(StoreUnavailable, match=r"null\.Keyring is refused") as caught:
                keyring.write(KEY.id, "x")
        assert HINT in caught.value.hint
        assert remembered == []

    @pytest.mark.parametrize("name", [DIRECT, CHAINER])
    def test_the_secret_service_named_there_is_spoken_to_directly(self, bus, name):
        remembered = []
        with fake_service(bus) as calls:
            environment = bus | {"PYTHON_KEYRING_BACKEND": name}
            KeyringBackend(None, environ=environment, remember=remembered.append).check()
            assert calls()
        assert remembered == [DIRECT]

    def test_the_secret_service_named_there_and_absent_is_not_remembered(self, bus):
        remembered = []
        environment = bus | {"PYTHON_KEYRING_BACKEND": DIRECT}
        with pytest.raises(StoreUnavailable, match="no program on the session bus"):
            KeyringBackend(None, environ=environment, remember=remembered.append).check()
        assert remembered == []

    def test_what_is_remembered_counts_more(self, bus):
        environment = bus | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        with fake_service(bus):
            keyring = KeyringBackend(DIRECT, environ=environment)
            keyring.write(KEY.id, "x")
            assert keyring.read(KEY.id) == "x"

    @pytest.mark.parametrize("text", ["no section\n", "[backend\n", "[backend]\n[backend]\n"])
    def test_a_file_that_cannot_be_read_is_named(self, write_configuration, tmp_path, text):
        write_configuration(text)
        with pytest.raises(StoreUnavailable, match=r"keyringrc\.cfg") as caught:
            KeyringBackend(None, environ={}).check()
        assert HINT in caught.value.hint

    @pytest.mark.parametrize("text", ["", "[backend]\n", "[backend]\ndefault-keyring=\n"])
    def test_a_file_that_names_nothing_changes_nothing(self, write_configuration, bus, text):
        write_configuration(text)
        with fake_service(bus):
            KeyringBackend(None, environ=bus).check()

    def test_its_path_is_not_put_before_our_imports(self, write_configuration, bus):
        write_configuration("[backend]\nkeyring-path = /nonexistent\n")
        with fake_service(bus):
            KeyringBackend(None, environ=bus).check()
        assert "/nonexistent" not in sys.path


class TestRemembered:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("keyring.backends.null.Keyring", "does not store secrets"),
            ("keyring.backends.fail.Keyring", "no keyring"),
            (CHAINER, "any of them"),
            ("no.such.Keyring", "ModuleNotFoundError"),
            ("keyring.backends.null.Nothing", "AttributeError"),
            ("keyring.core.get_keyring", "TypeError"),
            ("nodots", "ValueError"),
        ],
    )
    def test_a_class_that_cannot_be_used_is_an_error_with_a_remedy(self, name, said):
        with pytest.raises(StoreUnavailable, match=said) as caught:
            KeyringBackend(name, environ={}, deadline=DEADLINE).read(KEY.id)
        assert HINT in caught.value.hint

    @pytest.mark.skipif(sys.platform == "darwin", reason="it works there")
    def test_a_class_of_another_system_says_what_it_wants(self):
        with pytest.raises(StoreUnavailable, match="macOS required"):
            KeyringBackend("keyring.backends.macOS.Keyring", environ={}).check()

    def test_plaintext_is_refused_also_from_memory(self, monkeypatch):
        module = type(sys)("keyrings.alt.file")
        module.PlaintextKeyring = backend_class("keyrings.alt.file.PlaintextKeyring")
        monkeypatch.setitem(sys.modules, "keyrings.alt.file", module)
        for package in ("keyrings", "keyrings.alt"):
            monkeypatch.setitem(sys.modules, package, type(sys)(package))
        with pytest.raises(StoreUnavailable, match="in plaintext"):
            KeyringBackend("keyrings.alt.file.PlaintextKeyring", environ={}).read(KEY.id)

    def test_a_library_backend_is_loaded_without_a_search(self, tmp_path):
        """The search imports every backend, and runs a compiler on Linux."""
        (tmp_path / "thirdparty.py").write_text(
            "class Vault:\n"
            "    priority = 1\n"
            "    def get_password(self, service, username):\n"
            "        return 'found'\n"
        )
        program = (
            "import sys\n"
            f"sys.path[:0] = {[str(tmp_path), *filter(None, sys.path)]!r}\n"
            "from awscreds.stores.backends.keyring import KeyringBackend\n"
            f"print(KeyringBackend({OURS!r}).read('x'))\n"
            "print('keyring.backends.macOS' in sys.modules, 'jeepney' in sys.modules)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
        )
        assert ran.stdout == "found\nFalse False\n"


class TestCallsOfALibraryBackend:
    def test_read_write_and_erase(self, third_party):
        third_party()
        keyring = third_party_backend()
        assert keyring.read(KEY.id) is None
        assert keyring.erase(KEY.id) is False
        keyring.write(KEY.id, "text")
        assert keyring.read(KEY.id) == "text"
        assert keyring.erase(KEY.id) is True
        assert keyring.read(KEY.id) is None

    def test_it_is_never_known_to_be_locked_and_unlocks_by_being_used(self, third_party):
        asked = []
        third_party(get_password=lambda self, *names: asked.append(names))
        keyring = third_party_backend()
        assert keyring.is_locked() is False
        keyring.check()
        assert asked == []
        keyring.unlock()
        assert len(asked) == 1

    @pytest.mark.parametrize("method", ["get_password", "set_password", "delete_password"])
    def test_one_that_hangs_ends_at_the_deadline(self, third_party, method):
        forever = threading.Event()
        entries = third_party(**{method: lambda self, *arguments: forever.wait()})
        entries[f"awscreds:{KEY.id}", KEY.id] = "x"
        keyring = third_party_backend(prompt_deadline=0.2)
        operation = {
            "get_password": lambda: keyring.read(KEY.id),
            "set_password": lambda: keyring.write(KEY.id, SECRET),
            "delete_password": lambda: keyring.erase(KEY.id),
        }[method]
        try:
            with pytest.raises(StoreUnavailable, match=r"did not answer within 0\.2") as caught:
                operation()
        finally:
            forever.set()
        assert HINT in caught.value.hint

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (keyring.errors.KeyringLocked(SECRET), StoreLocked),
            (keyring.errors.InitError(SECRET), StoreUnavailable),
            (keyring.errors.NoKeyringError(SECRET), StoreUnavailable),
            (keyring.errors.PasswordSetError(SECRET), StoreUnavailable),
            (keyring.errors.PasswordDeleteError(SECRET), StoreUnavailable),
            (OSError(5, SECRET), StoreUnavailable),
            (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET), StoreUnavailable),
            (TimeoutError(SECRET), StoreUnavailable),
            (KeyError(SECRET), StoreUnavailable),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
    )
    def test_any_error_becomes_ours_and_quotes_nothing(self, third_party, error, kind):
        third_party(
            get_password=raises(error), set_password=raises(error), delete_password=raises(error)
        )
        keyring = third_party_backend()
        for operation in (keyring.read, keyring.erase, lambda i: keyring.write(i, SECRET)):
            with pytest.raises(SecretStoreError) as caught:
                operation(KEY.id)
            assert type(caught.value) is kind
            assert HINT in caught.value.hint
            assert SECRET not in everything_said(caught.value)

    def test_a_backend_that_asks_in_its_constructor_for_ever_is_given_up(self, third_party):
        forever = threading.Event()
        third_party(__init__=lambda self: forever.wait() and None)
        try:
            with pytest.raises(StoreUnavailable, match="did not answer"):
                third_party_backend(deadline=0.2).read(KEY.id)
        finally:
            forever.set()

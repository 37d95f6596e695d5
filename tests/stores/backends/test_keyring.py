"""The Secret Service: a real gnome-keyring on a bus of its own, and services that misbehave."""

import contextlib
import os
import shlex
import socket
import subprocess
import sys

import pytest

from awscreds.errors import SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.stores.backends import dbus_wire
from awscreds.stores.backends.dbus import NoSecretService
from awscreds.stores.backends.keyring import DIRECT, KeyringBackend
from awscreds.stores.backends.keyring_library import LibraryKeyring
from awscreds.stores.secret_store import SecretStore
from tests.helpers import missing_tool
from tests.stores.backends.contract import (
    FORGETFUL_INDEX,
    KEY,
    SECRET,
    SecretStoreContract,
    everything_said,
)
from tests.stores.backends.secret_service import (
    PATIENCE,
    call,
    connected,
    create_item,
    fake_service,
    fake_service_command,
    gnome_keyring,
    is_offered,
    items,
    lock,
    run_user,
    session_bus,
)
from tests.stores.fakes import MemoryState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")

SHORT = 0.3
"""Seconds for a service that is not going to answer; a person in ``hesitates`` takes longer."""
SERVICE = f"awscreds:{KEY.id}"
ATTRIBUTES = {"service": SERVICE, "username": KEY.id}
HINT = "AWSCREDS_BACKEND=vault"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Gives the environment of one session for all, or of another where its keyring crashed."""
    with contextlib.ExitStack() as stack:
        present = []

        def session():
            if not (present and is_offered(present[-1])):
                folder = tmp_path_factory.mktemp("session")
                present.append(stack.enter_context(gnome_keyring(folder)))
            return present[-1]

        yield session


@pytest.fixture
def unlocked(session):
    """A session whose keyring is unlocked and empty."""
    environment = session()
    with connected(environment) as bus:
        found, _ = call(bus, "/org/freedesktop/secrets", "Service", "SearchItems", "a{ss}", {})
        for item in found:
            call(bus, item, "Item", "Delete")
    return environment


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A session whose keyring holds an entry and is locked."""
    with gnome_keyring(tmp_path_factory.mktemp("locked")) as environment:
        backend(environment).write(KEY.id, "kept")
        lock(environment)
        yield environment


@pytest.fixture
def bus(tmp_path):
    """A session with a bus, and no Secret Service."""
    with session_bus(tmp_path / "session") as environment:
        yield environment


def backend(environment, class_name=DIRECT, **options):
    return KeyringBackend(class_name, environ=environment, **{"deadline": PATIENCE} | options)


def store_over(keyring):
    return SecretStore(keyring, MemoryState())


def opening(environment):
    address = environment["DBUS_SESSION_BUS_ADDRESS"]
    return (
        "from awscreds.stores.backends.keyring import KeyringBackend\n"
        "from awscreds.stores.secret_store import SecretStore\n"
        f"{FORGETFUL_INDEX}"
        f"environ = {{'DBUS_SESSION_BUS_ADDRESS': {address!r}}}\n"
        f"store = SecretStore(KeyringBackend({DIRECT!r}, environ=environ), Index())\n"
    )


def keyring_command(environment, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "keyring", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


class TestGnomeKeyring(SecretStoreContract):
    @pytest.fixture
    def store(self, unlocked):
        return store_over(backend(unlocked))

    @pytest.fixture
    def opening(self, unlocked):
        return opening(unlocked)


class TestGnomeKeyringThroughTheLibrary(SecretStoreContract):
    """The library's own road, as macOS and Windows take it; other processes go the direct one."""

    writers = 5

    @pytest.fixture
    def store(self, unlocked, monkeypatch):
        for name, value in unlocked.items():
            monkeypatch.setenv(name, value)
        keyring = backend(unlocked)
        keyring._opened = LibraryKeyring(DIRECT, deadline=PATIENCE, prompt_deadline=PATIENCE)
        return store_over(keyring)

    @pytest.fixture
    def opening(self, unlocked):
        return opening(unlocked)


class TestWithTheKeyringCommand:
    def test_it_finds_what_we_wrote(self, unlocked):
        backend(unlocked).write(KEY.id, "ours")
        assert keyring_command(unlocked, "get", SERVICE, KEY.id).stdout == "ours\n"

    def test_we_find_what_it_wrote(self, unlocked):
        keyring_command(unlocked, "set", SERVICE, KEY.id, input="its own")
        assert backend(unlocked).read(KEY.id) == "its own"

    def test_each_replaces_the_other_s_item(self, unlocked):
        keyring_command(unlocked, "set", SERVICE, KEY.id, input="its own")
        backend(unlocked).write(KEY.id, "ours")
        assert len(items(unlocked, ATTRIBUTES)) == 1
        keyring_command(unlocked, "set", SERVICE, KEY.id, input="its own again")
        assert backend(unlocked).read(KEY.id) == "its own again"
        assert len(items(unlocked, ATTRIBUTES)) == 1

    def test_what_it_deleted_is_gone(self, unlocked):
        backend(unlocked).write(KEY.id, "ours")
        keyring_command(unlocked, "del", SERVICE, KEY.id)
        assert backend(unlocked).read(KEY.id) is None


class TestDuplicates:
    @pytest.fixture
    def twins(self, unlocked):
        """Two items of the same service and user name, told apart by others' attributes."""
        with connected(unlocked) as bus:
            for program in ("one", "other"):
                create_item(bus, ATTRIBUTES | {"application": program}, program.encode())
        assert len(items(unlocked, ATTRIBUTES)) == 2
        return unlocked

    def test_a_write_leaves_one(self, twins):
        backend(twins).write(KEY.id, "ours")
        assert len(items(twins, ATTRIBUTES)) == 1
        assert backend(twins).read(KEY.id) == "ours"

    def test_erasing_leaves_none(self, twins):
        assert backend(twins).erase(KEY.id) is True
        assert items(twins, ATTRIBUTES) == []

    def test_items_of_others_stay(self, unlocked):
        with connected(unlocked) as bus:
            create_item(bus, {"service": SERVICE, "username": "other"}, b"x")
            create_item(bus, {"service": "other", "username": KEY.id}, b"x")
        backend(unlocked).write(KEY.id, "ours")
        backend(unlocked).erase(KEY.id)
        assert len(items(unlocked, {})) == 2


class TestLocked:
    """Whatever is asked of a locked keyring fails at once: the deadline here is long."""

    @pytest.mark.parametrize(
        "operation",
        [
            lambda keyring: keyring.read(KEY.id),
            lambda keyring: keyring.write(KEY.id, SECRET),
            lambda keyring: keyring.erase(KEY.id),
            lambda keyring: keyring.check(),
        ],
        ids=["read", "write", "erase", "check"],
    )
    def test_is_said_with_a_remedy(self, locked, operation):
        keyring = backend(locked, deadline=1000, prompt_deadline=1000)
        with pytest.raises(StoreLocked, match="locked") as caught:
            operation(keyring)
        assert "awscreds unlock" in caught.value.hint
        assert caught.value.exit_code == 4

    def test_can_be_asked_for(self, locked, unlocked):
        assert backend(locked).is_locked() is True
        assert backend(unlocked).is_locked() is False

    def test_without_anybody_to_show_a_prompt_it_stays_locked(self, locked):
        with pytest.raises(StoreLocked):
            backend(locked).unlock()
        assert backend(locked).is_locked() is True

    def test_is_found_and_remembered_all_the_same(self, locked):
        remembered = []
        keyring = backend(locked, None, remember=remembered.append)
        with pytest.raises(StoreLocked):
            keyring.read(KEY.id)
        assert remembered == [DIRECT]

    def test_no_call_that_could_prompt_is_made(self, bus):
        with fake_service(bus, locked=True) as calls:
            for operation in ("read", "erase"):
                with pytest.raises(StoreLocked):
                    getattr(backend(bus), operation)(KEY.id)
            assert set(calls()) == {"OpenSession", "Get"}


class TestAnObjectLostFromSight:
    """gnome-keyring loses one for an instant, now and then, while many processes write."""

    STEPS = (("read", "SearchItems"), ("write", "CreateItem"), ("erase", "SearchItems"))

    @pytest.mark.parametrize(("operation", "step"), STEPS)
    def test_is_asked_for_once_more(self, bus, operation, step):
        arguments = [KEY.id, "new"] if operation == "write" else [KEY.id]
        with fake_service(bus, holds=[ATTRIBUTES], loses=[step]) as calls:
            result = getattr(backend(bus), operation)(*arguments)
            assert result == {"read": "held", "write": None, "erase": True}[operation]
            assert calls().count(step) >= 2
            assert backend(bus).read(KEY.id) == {"erase": None, "write": "new"}.get(
                operation, "held"
            )

    @pytest.mark.parametrize(("operation", "step"), STEPS)
    def test_is_an_error_the_second_time(self, bus, operation, step):
        arguments = [KEY.id, SECRET] if operation == "write" else [KEY.id]
        with fake_service(bus, holds=[ATTRIBUTES], loses=[step, step]) as calls:
            with pytest.raises(StoreUnavailable, match="UnknownMethod") as caught:
                getattr(backend(bus), operation)(*arguments)
            assert calls().count(step) == 2
        assert SECRET not in everything_said(caught.value)


class TestUnlock:
    def test_of_an_unlocked_keyring_asks_nobody(self, bus):
        with fake_service(bus) as calls:
            backend(bus).unlock()
            assert "Unlock" not in calls()

    @pytest.mark.parametrize("asks", [[], ["Unlock"]], ids=["without prompt", "with prompt"])
    def test_unlocks(self, bus, asks):
        with fake_service(bus, locked=True, asks=asks) as calls:
            backend(bus).unlock()
            assert backend(bus).is_locked() is False
            assert ("Prompt" in calls()) == bool(asks)

    def test_a_dismissed_prompt_is_an_error(self, bus):
        with (
            fake_service(bus, locked=True, asks=["Unlock"], prompt="dismisses"),
            pytest.raises(StoreLocked, match="nobody answered"),
        ):
            backend(bus).unlock()

    def test_a_prompt_nobody_answers_is_taken_away_after_its_deadline(self, bus):
        with fake_service(bus, locked=True, asks=["Unlock"], prompt="ignores") as calls:
            with pytest.raises(StoreLocked, match="nobody answered") as caught:
                backend(bus, deadline=SHORT, prompt_deadline=SHORT).unlock()
            assert HINT in caught.value.hint
            assert calls()[-2:] == ["Prompt", "Dismiss"]

    def test_a_person_has_more_time_than_a_service(self, bus):
        with fake_service(bus, locked=True, asks=["Unlock"], prompt="hesitates"):
            backend(bus, deadline=SHORT, prompt_deadline=PATIENCE).unlock()
            assert backend(bus).is_locked() is False

    def test_a_service_may_ask_before_it_writes_or_deletes(self, bus):
        with fake_service(bus, asks=["CreateItem", "Delete"]):
            store = store_over(backend(bus))
            store.keep_access_key(KEY)
            assert store.access_key(KEY.id) == KEY
            assert store.erase(KEY.id) is True


class TestAbsent:
    @pytest.mark.parametrize("class_name", [None, DIRECT], ids=["not found yet", "remembered"])
    def test_no_bus(self, class_name, monkeypatch, tmp_path):
        monkeypatch.setattr(dbus_wire, "RUNTIME", str(tmp_path))
        with pytest.raises(NoSecretService, match="no session bus") as caught:
            backend({}, class_name).read(KEY.id)
        assert HINT in caught.value.hint

    @pytest.mark.parametrize("class_name", [None, DIRECT], ids=["not found yet", "remembered"])
    def test_no_service_on_the_bus(self, class_name, bus, monkeypatch):
        remembered = []
        keyring = backend(bus, class_name, remember=remembered.append)
        with pytest.raises(NoSecretService, match="no program on the session bus") as caught:
            keyring.check()
        assert HINT in caught.value.hint
        assert remembered == []

    @pytest.mark.parametrize(
        "address",
        ["nonsense", "tcp:host=localhost,port=1", "unix:path=/nonexistent", "unix:", ";", "unix:x"],
    )
    def test_an_address_that_leads_nowhere_is_named(self, address):
        with pytest.raises(NoSecretService) as caught:
            backend({"DBUS_SESSION_BUS_ADDRESS": address}).read(KEY.id)
        assert address in caught.value.message

    def test_the_second_address_is_tried(self, unlocked):
        address = unlocked["DBUS_SESSION_BUS_ADDRESS"]
        both = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path=/nonexistent;{address}"}
        assert backend(both).read(KEY.id) is None

    def test_no_default_keyring(self, tmp_path):
        with gnome_keyring(tmp_path / "session", password=None) as environment:
            keyring = backend(environment)
            for operation in (keyring.check, keyring.unlock, lambda: keyring.read(KEY.id)):
                with pytest.raises(StoreUnavailable, match="no default keyring") as caught:
                    operation()
                assert HINT in caught.value.hint

    def test_a_service_that_the_bus_can_start_is_started(self, tmp_path):
        program = tmp_path / "service"
        program.write_text(f"#!/bin/sh\nexec {shlex.join(fake_service_command(log=os.devnull))}\n")
        program.chmod(0o700)
        with session_bus(tmp_path / "session", activation=str(program)) as environment:
            assert backend(environment).read(KEY.id) is None

    def test_a_service_that_does_not_come_up_is_given_up(self, tmp_path):
        with session_bus(tmp_path / "session", activation="/bin/sleep 1000") as environment:
            with pytest.raises(StoreUnavailable, match="did not answer") as caught:
                backend(environment, deadline=SHORT).read(KEY.id)
            assert HINT in caught.value.hint

    def test_a_service_that_fails_to_start_is_an_error(self, tmp_path):
        with (
            session_bus(tmp_path / "session", activation="/bin/false") as environment,
            pytest.raises(StoreUnavailable, match="could not be started"),
        ):
            backend(environment).read(KEY.id)


class TestTheUsersOwnBus:
    """Without DBUS_SESSION_BUS_ADDRESS, ``/run/user/UID/bus``."""

    @pytest.fixture
    def runtime(self, tmp_path, monkeypatch):
        folder = tmp_path / "user" / str(os.geteuid())
        folder.mkdir(parents=True)
        monkeypatch.setattr(dbus_wire, "RUNTIME", str(tmp_path / "user"))
        return folder

    def test_is_used(self, unlocked, monkeypatch):
        monkeypatch.setattr(dbus_wire, "RUNTIME", run_user(unlocked))
        backend(unlocked).write(KEY.id, "ours")
        assert backend({}).read(KEY.id) == "ours"

    def test_is_not_used_where_it_is_no_socket(self, runtime, unlocked):
        (runtime / "bus").symlink_to(os.path.join(run_user(unlocked), str(os.geteuid()), "bus"))
        with pytest.raises(NoSecretService, match="no session bus"):
            backend({}).read(KEY.id)

    def test_is_not_used_where_another_owns_it(self, runtime, monkeypatch):
        path = runtime / "bus"
        with socket.socket(socket.AF_UNIX) as listener:
            monkeypatch.chdir(runtime)  # its whole path can be too long for a socket's name
            listener.bind("bus")
            try:
                os.chown(path, os.geteuid() + 1, -1)
            except PermissionError:
                missing_tool("giving a file away needs root")
            with pytest.raises(NoSecretService, match="no session bus"):
                backend({}).read(KEY.id)


def test_a_bus_that_another_user_runs_gets_nothing(tmp_path, monkeypatch):
    """DBUS_SESSION_BUS_ADDRESS outlives ``su``: root's keys are not for alice's keyring."""
    monkeypatch.chdir(tmp_path)  # its whole path can be too long for a socket's name
    path = "bus"
    program = (
        "import os, socket, sys\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        f"listener.bind({path!r})\n"
        "os.setuid(65534)\n"
        "listener.listen()\n"
        "print('ready', flush=True)\n"
        "print(listener.accept()[0].recv(100), flush=True)\n"
    )
    if os.geteuid() != 0:
        missing_tool("becoming another user needs root")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        with pytest.raises(NoSecretService, match="belongs to another user"):
            backend({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}).read(KEY.id)
        assert other.stdout.readline() == b"b''\n"


STEPS = [
    *(("read", step) for step in ("OpenSession", "Get", "SearchItems", "GetSecret")),
    *(("write", step) for step in ("OpenSession", "Get", "CreateItem", "SearchItems", "Delete")),
    *(("erase", step) for step in ("OpenSession", "Get", "SearchItems", "Delete")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "step"), STEPS)
class TestAServiceThatFailsAtAnyStep:
    def failure(self, environment, operation, step, how, deadline=PATIENCE):
        """What comes of ``operation`` when the service, which holds an entry, fails at ``step``."""
        holds = [ATTRIBUTES | {"application": "another"}]
        with fake_service(environment, holds=holds, **{how: [step]}) as calls:
            keyring = backend(environment, deadline=deadline)
            arguments = [KEY.id, SECRET] if operation == "write" else [KEY.id]
            with pytest.raises(SecretStoreError) as caught:
                getattr(keyring, operation)(*arguments)
            assert calls()[-1] == step
        assert SECRET not in everything_said(caught.value)
        assert HINT in caught.value.hint
        return caught.value

    def test_silence_ends_at_the_deadline(self, bus, operation, step):
        error = self.failure(bus, operation, step, "silent", SHORT)
        assert isinstance(error, StoreUnavailable)
        assert f"did not answer within {SHORT} seconds" in error.message

    def test_a_death_is_noticed(self, bus, operation, step):
        error = self.failure(bus, operation, step, "dies")
        assert "stopped while" in error.message

    def test_the_bus_s_death_is_noticed(self, bus, operation, step):
        error = self.failure(bus, operation, step, "kills_bus")
        assert "broke" in error.message

    def test_an_answer_of_another_shape_is_refused(self, bus, operation, step):
        error = self.failure(bus, operation, step, "garbage")
        assert "an invalid answer" in error.message

    def test_a_refusal_is_named_without_the_service_s_words(self, bus, operation, step):
        error = self.failure(bus, operation, step, "refuses")
        assert "org.example.Error.No" in error.message


def test_a_silent_bus_ends_at_the_deadline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # its whole path can be too long for a socket's name
    path = "bus"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with pytest.raises(StoreUnavailable, match="did not answer"):
            backend({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}, deadline=SHORT).check()


def test_a_dropped_write_is_noticed(bus):
    with fake_service(bus, drops_writes=True):
        store = store_over(backend(bus))
        with pytest.raises(SecretStoreError) as caught:
            store.keep_access_key(KEY)
    assert caught.value.code == "read-back"
    assert KEY.secret not in everything_said(caught.value)


def test_a_secret_that_is_no_text_is_refused_and_not_shown(bus):
    with (
        fake_service(bus, holds=[ATTRIBUTES], secret_is_no_text=True),
        pytest.raises(SecretStoreError) as caught,
    ):
        backend(bus).read(KEY.id)
    assert caught.value.code == "entry-broken"
    assert SECRET not in everything_said(caught.value)


def test_a_search_finds_the_service_and_remembers_it(unlocked):
    remembered = []
    keyring = backend(unlocked, None, remember=remembered.append)
    assert keyring.describe() == "the OS keyring"
    assert remembered == []
    keyring.write(KEY.id, "ours")
    assert keyring.read(KEY.id) == "ours"
    assert remembered == [DIRECT]
    assert keyring.describe() == "the Secret Service keyring"


@pytest.mark.parametrize("operation", ["read(ID)", "write(ID, 'x')", "erase(ID)", "check()"])
def test_a_remembered_secret_service_is_reached_without_the_library(unlocked, operation):
    """The library costs 200 ms; ``dataclasses`` and ``inspect`` stand for what is slow besides."""
    program = (
        "import sys\n"
        f"sys.path[:0] = {[*filter(None, sys.path)]!r}\n"
        "from awscreds.stores.backends.keyring import KeyringBackend\n"
        f"ID = {KEY.id!r}\n"
        f"KeyringBackend({DIRECT!r}).{operation}\n"
        "slow = {'keyring', 'cryptography', 'secretstorage', 'importlib.metadata', 'jeepney.io',\n"
        "        'dataclasses', 'inspect', 'logging', 'subprocess', 'pathlib', 'asyncio', 'ssl'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program],
        env=unlocked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"

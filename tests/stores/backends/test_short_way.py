"""The short way at real sockets and services: what SDKs get is what the commands get."""

import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.errors import AwscredsError, StoreUnavailable
from awscreds.stores.backends import dbus_wire, keyring, unlocked_item
from awscreds.stores.backends.dbus_wire import LIMIT
from awscreds.stores.backends.keyring import DIRECT, KeyringBackend
from awscreds.stores.backends.secret_service import SecretService
from tests.helpers import missing_tool
from tests.stores.backends.contract import FORGETFUL_INDEX, KEY, SecretStoreContract
from tests.stores.backends.said import GREETING, NAMES, SECRET, answers, signal, stream
from tests.stores.backends.secret_service import (
    PATIENCE,
    connected,
    create_item,
    fake_service,
    fake_service_command,
    lock,
    run_user,
    session_bus,
    unlock,
)
from tests.stores.backends.test_keyring import (
    ATTRIBUTES,
    SHORT,
    bus,
    session,
    store_over,
    unlocked,
)

__all__ = ["bus", "session", "unlocked"]  # fixtures

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")


def short(environment, deadline=PATIENCE):
    return unlocked_item.read(environment, *NAMES, deadline)


def both(environment, deadline=PATIENCE):
    """What an SDK gets, and what the commands get, which must be the same: a text or an error."""

    def outcome(for_sdk):
        backend = KeyringBackend(DIRECT, environ=environment, deadline=deadline, for_sdk=for_sdk)
        try:
            return backend.read(KEY.id)
        except AwscredsError as error:
            return error.document

    found = outcome(for_sdk=True)
    assert found == outcome(for_sdk=False)
    return found


class TestDeadline:
    """At a real socket, on which somebody says so much and nothing more."""

    @pytest.fixture
    def saying(self):
        """Gives a function: the environment of a bus that says the given pieces, and waits."""
        with (
            tempfile.TemporaryDirectory(prefix="bus-") as place,
            socket.socket(socket.AF_UNIX) as listener,
        ):
            path = os.path.join(place, "bus")
            listener.bind(path)
            listener.listen()

            def serve(pieces):
                with listener.accept()[0] as connection:
                    try:
                        for piece in pieces:
                            connection.sendall(piece)
                        while connection.recv(4096):
                            pass
                    except OSError:
                        pass

            threads = []

            def saying(pieces):
                threads.append(threading.Thread(target=serve, args=(pieces,)))
                threads[-1].start()
                return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}

            yield saying
            for thread in threads:
                thread.join()

    def test_what_comes_in_time_is_taken(self, saying):
        assert short(saying([stream(answers())])) == SECRET

    @pytest.mark.parametrize("part", [0, 1, 40, 100, 300, 600, -1])
    def test_a_silence_ends(self, saying, part):
        assert short(saying([stream(answers())[:part]]), SHORT) is None

    def test_words_without_end_end(self, saying):
        def babble():
            yield GREETING
            while True:
                yield signal()

        assert short(saying(babble()), SHORT) is None

    def test_bytes_that_drip_end(self, saying):
        def drops():
            waiting = threading.Event()
            for byte in GREETING + signal() * 1000:
                waiting.wait(SHORT / 20)
                yield bytes((byte,))

        assert short(saying(drops()), SHORT) is None

    def test_without_any_time_nobody_is_asked(self, unlocked):
        KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE).write(KEY.id, "kept")
        assert short(unlocked, 0) is None
        assert short(unlocked) == "kept"


class TestAtGnomeKeyring:
    @settings(max_examples=25, deadline=None)
    @given(text=st.text(max_size=1280))
    def test_any_text_is_read(self, session, text):
        environment = session()
        KeyringBackend(DIRECT, environ=environment, deadline=PATIENCE).write(KEY.id, text)
        assert short(environment) == text == both(environment)

    def test_an_entry_that_is_not_there_is_not_found(self, unlocked):
        assert short(unlocked) is None
        assert both(unlocked) is None

    def test_one_that_is_too_long_takes_the_other_way(self, unlocked):
        with connected(unlocked) as observer:
            create_item(observer, ATTRIBUTES, b"x" * LIMIT)
        assert short(unlocked) is None
        assert both(unlocked) == "x" * LIMIT

    def test_one_that_is_no_text_takes_the_other_way(self, unlocked):
        with connected(unlocked) as observer:
            create_item(observer, ATTRIBUTES, b"HUSH\xff")
        assert short(unlocked) is None
        assert both(unlocked)["code"] == "entry-broken"

    def test_one_of_two_takes_the_other_way(self, unlocked):
        with connected(unlocked) as observer:
            for program in ("one", "other"):
                create_item(observer, ATTRIBUTES | {"application": program}, program.encode())
        assert short(unlocked) is None
        assert both(unlocked) in ("one", "other")

    def test_the_entry_of_another_name_is_not_taken(self, unlocked):
        with connected(unlocked) as observer:
            create_item(observer, {"service": NAMES[0], "username": "other"}, b"x")
            create_item(observer, {"service": "other", "username": NAMES[1]}, b"x")
            create_item(observer, {"username": NAMES[1]}, b"x")
        assert short(unlocked) is None
        assert both(unlocked) is None

    def test_a_locked_one_takes_the_other_way(self, unlocked):
        KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE).write(KEY.id, "kept")
        lock(unlocked)
        try:
            assert short(unlocked) is None
            assert both(unlocked)["message"] == "the keyring is locked"
        finally:
            unlock(unlocked)
        assert short(unlocked) == "kept"

    def test_the_address_may_have_other_forms(self, unlocked):
        KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE).write(KEY.id, "kept")
        address = unlocked["DBUS_SESSION_BUS_ADDRESS"]
        path = address.removeprefix("unix:path=").partition(",")[0]
        escaped = "".join(f"%{ord(letter):02x}" for letter in path)
        for other in (
            f"unix:path=/nonexistent;{address}",
            f"unix:path={escaped}",
            f"unix:guid=00,path={path}",
            f"unix:abstract=nonexistent;unix:path={path}",
        ):
            assert short({"DBUS_SESSION_BUS_ADDRESS": other}) == "kept"
        for other in ("tcp:host=localhost,port=1;" + address, "", ";" + address):
            assert short({"DBUS_SESSION_BUS_ADDRESS": other}) is None

    def test_without_an_address_the_user_s_own_bus_is_asked(self, unlocked, monkeypatch, tmp_path):
        KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE).write(KEY.id, "kept")
        monkeypatch.setattr(dbus_wire, "RUNTIME", run_user(unlocked))
        assert short({}) == "kept"
        there = tmp_path / str(os.geteuid())
        there.mkdir()
        (there / "bus").symlink_to(os.path.join(run_user(unlocked), there.name, "bus"))
        monkeypatch.setattr(dbus_wire, "RUNTIME", str(tmp_path))
        assert short({}) is None


class TestStoreForSdks(SecretStoreContract):
    """All that a store must do, read by the short way."""

    @pytest.fixture
    def store(self, unlocked):
        return store_over(KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE, for_sdk=True))

    @pytest.fixture
    def opening(self, unlocked):
        address = unlocked["DBUS_SESSION_BUS_ADDRESS"]
        return (
            "from awscreds.stores.backends.keyring import KeyringBackend\n"
            "from awscreds.stores.secret_store import SecretStore\n"
            f"{FORGETFUL_INDEX}"
            f"environ = {{'DBUS_SESSION_BUS_ADDRESS': {address!r}}}\n"
            f"keyring = KeyringBackend({DIRECT!r}, environ=environ, for_sdk=True)\n"
            "store = SecretStore(keyring, Index())\n"
        )


STEPS = ("OpenSession", "Get", "SearchItems", "GetSecret")


class TestAtAServiceThatMisbehaves:
    """On a real bus, it is the complete client that says what is wrong."""

    def test_a_good_one_is_asked_once(self, bus):
        with fake_service(bus, holds=[ATTRIBUTES]) as calls:
            backend = KeyringBackend(DIRECT, environ=bus, deadline=PATIENCE, for_sdk=True)
            assert backend.read(KEY.id) == "held"
            assert calls() == list(STEPS)

    @pytest.mark.parametrize("how", ["garbage", "refuses"])
    @pytest.mark.parametrize("step", STEPS)
    def test_what_it_says_is_judged_there(self, bus, how, step):
        with fake_service(bus, holds=[ATTRIBUTES], **{how: [step]}):
            assert short(bus) is None
            assert both(bus)["code"]

    @pytest.mark.parametrize("how", ["big_endian", "signals"])
    @pytest.mark.parametrize("step", STEPS)
    def test_what_is_right_is_found_whoever_reads_it(self, bus, how, step):
        with fake_service(bus, holds=[ATTRIBUTES], **{how: [step]}):
            assert short(bus) == (None if how == "big_endian" else "held")
            assert both(bus) == "held"

    @pytest.mark.parametrize("step", STEPS)
    def test_its_silence_ends_at_the_same_deadline(self, bus, step):
        with fake_service(bus, holds=[ATTRIBUTES], silent=[step]):
            assert f"did not answer within {SHORT} seconds" in both(bus, SHORT)["message"]

    def test_the_complete_client_has_what_the_short_way_left_of_the_time(self, bus, monkeypatch):
        with fake_service(bus, holds=[ATTRIBUTES], refuses=["OpenSession"]):
            backend = KeyringBackend(DIRECT, environ=bus, deadline=PATIENCE, for_sdk=True)
            times = iter([100.0, 103.0])
            monkeypatch.setattr(keyring, "monotonic", lambda: next(times))
            with pytest.raises(StoreUnavailable):
                backend.read(KEY.id)
            assert backend._opened._spent == 3
        with fake_service(bus, holds=[ATTRIBUTES]):
            assert SecretService(bus, deadline=PATIENCE, spent=1).read(*NAMES) == "held"
            with pytest.raises(StoreUnavailable, match=f"within {PATIENCE} seconds"):
                SecretService(bus, deadline=PATIENCE, spent=PATIENCE).read(*NAMES)

    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("how", ["dies", "kills_bus"])
    def test_its_death_is_noticed(self, tmp_path, step, how):
        with (
            session_bus(tmp_path / "session") as environment,
            fake_service(environment, holds=[ATTRIBUTES], **{how: [step]}),
        ):
            assert short(environment) is None

    @pytest.mark.parametrize("step", STEPS)
    def test_an_object_lost_from_sight_is_asked_for_again(self, bus, step):
        with fake_service(bus, holds=[ATTRIBUTES], loses=[step]):
            backend = KeyringBackend(DIRECT, environ=bus, deadline=PATIENCE, for_sdk=True)
            assert backend.read(KEY.id) == "held"

    def test_no_call_that_could_prompt_is_made_while_it_is_locked(self, bus):
        with fake_service(bus, locked=True) as calls:
            assert short(bus) is None
            assert calls() == ["OpenSession", "Get"]

    def test_one_that_does_not_run_is_started_by_the_complete_client(self, tmp_path):
        program = tmp_path / "service"
        told = {"log": os.devnull, "holds": [ATTRIBUTES]}
        program.write_text(f"#!/bin/sh\nexec {shlex.join(fake_service_command(**told))}\n")
        program.chmod(0o700)
        with session_bus(tmp_path / "session", activation=str(program)) as environment:
            assert short(environment) is None
            backend = KeyringBackend(DIRECT, environ=environment, for_sdk=True, deadline=PATIENCE)
            assert backend.read(KEY.id) == "held"
            assert short(environment) == "held"


def test_a_bus_that_another_user_runs_gets_nothing():
    if os.geteuid() != 0:
        missing_tool("becoming another user needs root")
    name = f"awscreds-test-{os.getpid()}"
    program = (
        "import os, socket\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        f"listener.bind({chr(0) + name!r})\n"
        "os.setuid(65534)\n"
        "listener.listen()\n"
        "print('ready', flush=True)\n"
        "print(listener.accept()[0].recv(100), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        assert short({"DBUS_SESSION_BUS_ADDRESS": f"unix:abstract={name}"}) is None
        assert other.stdout.readline() == b"b''\n"


def test_another_keyring_is_not_read_by_the_short_way(unlocked, monkeypatch):
    monkeypatch.setattr(unlocked_item, "read", lambda *_: pytest.fail("it was"))
    for class_name in (None, "keyring.backends.null.Keyring"):
        backend = KeyringBackend(class_name, environ=unlocked, for_sdk=True)
        assert backend._read_shortly(KEY.id) is None
    assert KeyringBackend(DIRECT, environ=unlocked)._read_shortly(KEY.id) is None


def test_nothing_but_compiled_parts_is_loaded(unlocked):
    KeyringBackend(DIRECT, environ=unlocked, deadline=PATIENCE).write(KEY.id, "kept")
    root = os.path.dirname(os.path.dirname(os.path.abspath(unlocked_item.__file__)))
    program = (
        "import sys\n"
        f"sys.path.append({os.path.dirname(os.path.dirname(root))!r})\n"
        "from awscreds.stores.backends.keyring import KeyringBackend\n"
        f"print(KeyringBackend({DIRECT!r}, for_sdk=True).read({KEY.id!r}))\n"
        "slow = {'socket', 'struct', 'jeepney', 're', 'enum', 'typing', 'json', 'selectors'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    ran = subprocess.run(command, env=unlocked, capture_output=True, text=True, check=True)
    assert ran.stdout == "kept\n[]\n"

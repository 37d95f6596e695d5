"""A D-Bus session and a gnome-keyring of a test's own, and services that misbehave.

Everything lives below one folder and ends with its ``with``: ``gnome_keyring(folder)`` gives the
environment a program needs to find a real, unlocked Secret Service.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings

from jeepney import DBusAddress, DBusErrorResponse, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, prep_socket
from jeepney.wrappers import unwrap_msg

from tests.helpers import missing_tool
from tests.stores.backends import fake_secret_service

SECRETS = "org.freedesktop.secrets"
DEFAULT = "/org/freedesktop/secrets/aliases/default"
PATIENCE = 20
"""Seconds a daemon may take to be there, on a busy machine."""

_BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@contextlib.contextmanager
def session_bus(folder, *, activation=None):
    """The environment of a private session bus with nothing on it, and a home of its own.

    ``activation`` is the command line the bus runs when the Secret Service is to be started.
    """
    if not shutil.which("dbus-daemon"):
        missing_tool("dbus-daemon is not installed (Debian: dbus)")
    services = folder / "services"
    services.mkdir(parents=True)
    if activation:
        (services / "secrets.service").write_text(
            f"[D-BUS Service]\nName={SECRETS}\nExec={activation}\n"
        )
    environment = _environment(folder)
    # pytest's folders can be too long for a socket's name.
    with tempfile.TemporaryDirectory(prefix="bus-") as place:
        socket = os.path.join(place, str(os.geteuid()), "bus")  # as below /run/user
        os.mkdir(os.path.dirname(socket), 0o700)
        configuration = folder / "bus.conf"
        configuration.write_text(_BUS_CONFIGURATION.format(socket=socket, services=services))
        command = ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with _running(command, environment, **pipes) as daemon:
            address = daemon.stdout.readline().decode().strip()
            assert address, "dbus-daemon did not start"
            yield environment | {"DBUS_SESSION_BUS_ADDRESS": address}


@contextlib.contextmanager
def gnome_keyring(folder, *, password="correct horse"):
    """The environment of a session with a real gnome-keyring, unlocked, its login keyring empty.

    With ``password=None`` it has no keyring at all, and so no default one.
    """
    if not shutil.which("gnome-keyring-daemon"):
        missing_tool("gnome-keyring-daemon is not installed (Debian: gnome-keyring)")
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
    with contextlib.ExitStack() as stack:
        environment = stack.enter_context(session_bus(folder))
        if password is None:
            pipe = {"stdin": subprocess.DEVNULL}
        else:
            command.insert(2, "--unlock")
            pipe = {"stdin": subprocess.PIPE}
        log = stack.enter_context((folder / "gnome-keyring.log").open("w+"))
        pipe |= {"stdout": subprocess.DEVNULL, "stderr": log}
        with _running(command, environment, **pipe) as daemon:
            if password is not None:
                daemon.stdin.write(password.encode())
                daemon.stdin.close()
            with connected(environment) as bus:
                wait_for_owner(bus, daemon)
                if password is not None:
                    # That it runs is no proof that it unlocked; that it takes an item is.
                    _until(lambda: _takes_an_item(bus), "gnome-keyring did not unlock")
            yield environment
            if daemon.poll() is not None:
                log.seek(0)
                warnings.warn(f"gnome-keyring died by itself: {log.read()[-2000:]}", stacklevel=1)


def is_offered(environment):
    """Whether there is a Secret Service on this bus: gnome-keyring crashes now and then."""
    with connected(environment) as bus:
        return _has_owner(bus)


@contextlib.contextmanager
def fake_service(environment, **told):
    """Have ``fake_secret_service`` offer the Secret Service on this bus, behaving as ``told``.

    Gives a function that lists the calls it has had.
    """
    with tempfile.NamedTemporaryFile("w+", prefix="calls-") as log:
        command = fake_service_command(log=log.name, **told)
        with _running(command, environment) as service, connected(environment) as bus:
            wait_for_owner(bus, service)
            yield lambda: pathlib.Path(log.name).read_text().split()


def fake_service_command(**told):
    """The command line of a fake service."""
    return [sys.executable, fake_secret_service.__file__, json.dumps(told)]


@contextlib.contextmanager
def connected(environment):
    """A plain connection to the bus, as an observer independent of the code under test."""
    with DBusConnection(prep_socket(_socket_path(environment))) as bus:
        yield bus


def run_user(environment):
    """What stands in for ``/run/user``: the bus is at UID/bus below it."""
    return os.path.dirname(os.path.dirname(_socket_path(environment)))


def _socket_path(environment):
    return environment["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=").partition(",")[0]


def call(bus, path, interface, member, signature=None, *body):
    """Call a method of the Secret Service; raises DBusErrorResponse."""
    address = DBusAddress(path, SECRETS, f"org.freedesktop.Secret.{interface}")
    message = new_method_call(address, member, signature, body)
    return unwrap_msg(bus.send_and_get_reply(message, timeout=PATIENCE))


def lock(environment):
    """Lock the default collection."""
    with connected(environment) as bus:
        call(bus, "/org/freedesktop/secrets", "Service", "Lock", "ao", [DEFAULT])


def unlock(environment, *, password="correct horse"):
    """Unlock the default collection, as the prompter would with what the user types."""
    internal = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
    root = "/org/freedesktop/secrets"
    with connected(environment) as bus:
        _, session = call(bus, root, "Service", "OpenSession", "sv", "plain", ("s", ""))
        address = DBusAddress(root, SECRETS, internal)
        secret = (session, b"", password.encode(), "text/plain")
        message = new_method_call(
            address, "UnlockWithMasterPassword", "o(oayays)", (DEFAULT, secret)
        )
        unwrap_msg(bus.send_and_get_reply(message, timeout=PATIENCE))


def items(environment, attributes):
    """The attributes of each item that has these ``attributes``, in any collection."""
    with connected(environment) as bus:
        root = "/org/freedesktop/secrets"
        unlocked, locked = call(bus, root, "Service", "SearchItems", "a{ss}", attributes)
        return [_property(bus, path, "Item", "Attributes") for path in unlocked + locked]


def create_item(bus, attributes, secret, *, replace=False):
    """Write an item with ``attributes`` as some other program would."""
    root = "/org/freedesktop/secrets"
    _, session = call(bus, root, "Service", "OpenSession", "sv", "plain", ("s", ""))
    properties = {
        "org.freedesktop.Secret.Item.Label": ("s", "test"),
        "org.freedesktop.Secret.Item.Attributes": ("a{ss}", attributes),
    }
    return call(
        bus,
        DEFAULT,
        "Collection",
        "CreateItem",
        "a{sv}(oayays)b",
        properties,
        (session, b"", secret, "text/plain"),
        replace,
    )[0]


def wait_for_owner(bus, process):
    """Wait until ``process`` offers the Secret Service."""

    def owned():
        assert process.poll() is None, f"it ended with {process.returncode}"
        return _has_owner(bus)

    _until(owned, "no Secret Service came up")


def _has_owner(bus):
    message = message_bus.NameHasOwner(SECRETS)
    return unwrap_msg(bus.send_and_get_reply(message, timeout=PATIENCE))[0]


def _property(bus, path, interface, name):
    address = DBusAddress(path, SECRETS, "org.freedesktop.DBus.Properties")
    message = new_method_call(address, "Get", "ss", (f"org.freedesktop.Secret.{interface}", name))
    return unwrap_msg(bus.send_and_get_reply(message, timeout=PATIENCE))[0][1]


def _takes_an_item(bus):
    try:
        item = create_item(bus, {"probe": "probe"}, b"probe")
    except DBusErrorResponse:
        return False
    if item == "/":
        return False
    call(bus, item, "Item", "Delete")
    return True


def _environment(folder):
    home = folder / "home"
    home.mkdir(mode=0o700)
    environment = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ
    }
    for name in ("CACHE", "CONFIG", "DATA", "RUNTIME", "STATE"):
        suffix = "DIR" if name == "RUNTIME" else "HOME"
        place = folder / name.lower()
        place.mkdir(mode=0o700)
        environment[f"XDG_{name}_{suffix}"] = str(place)
    return environment | {"HOME": str(home)}


@contextlib.contextmanager
def _running(command, environment, **pipes):
    """A process with a group of its own, which what it starts belongs to and ends with."""
    with subprocess.Popen(command, env=environment, start_new_session=True, **pipes) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):  # it crashed, and that was noticed
                os.killpg(process.pid, signal.SIGKILL)


def _until(true, otherwise):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)

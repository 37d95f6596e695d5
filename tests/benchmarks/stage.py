"""What all rows share: the programs, the endpoint, a desktop with a keyring, homes."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from tests.benchmarks.endpoint import endpoint
from tests.benchmarks.homes import PASSPHRASE, Managed


class Stage:
    """Use it with ``with``; everything is removed at its end, last made, first removed."""

    def __init__(self, peers, *, quick=False):
        self.peers = peers
        self.awscreds = peers.awscreds
        self.quick = quick
        self.notes = []
        self._homes, self._counters = {}, []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._stack = stack
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.endpoint = stack.enter_context(endpoint())
            self.bus = self._desktop()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def enter(self, context):
        return self._stack.enter_context(context)

    def at_end(self, function):
        self._stack.callback(function)

    def note(self, text):
        """Say on the page what could not be measured."""
        self.notes.append(text)

    def count_calls(self, counted):
        """Count what ``counted`` gives among the calls of AWS, too."""
        self._counters.append(counted)

    def calls(self):
        """How many calls of AWS there were so far."""
        return self.endpoint.calls + sum(counted() for counted in self._counters)

    def folder(self, name):
        """A folder of this name, new at the first call."""
        path = self._folder / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def _desktop(self):
        if not (shutil.which("dbus-daemon") and shutil.which("gnome-keyring-daemon")):
            self.note("gnome-keyring: it is not installed (Debian: dbus, gnome-keyring)")
            return {}
        from tests.stores.backends.secret_service import gnome_keyring

        environment = self.enter(gnome_keyring(self._folder / "desktop"))
        name = "DBUS_SESSION_BUS_ADDRESS"
        return {name: environment[name]}

    def managed(self, count, name="vault"):
        """The home of somebody with a vault, whose key the kernel holds; one for each ``name``."""
        more = {"AWSCREDS_BACKEND": "vault", "AWSCREDS_PASSPHRASE": PASSPHRASE}
        return self._managed(f"{name}-{count}", count, **more)

    def on_desktop(self, count, name="desktop"):
        """The home of somebody with an unlocked gnome-keyring."""
        return self._managed(f"{name}-{count}", count, AWSCREDS_BACKEND="keyring", **self.bus)

    def _managed(self, name, count, **more):
        if name not in self._homes:
            home = Managed(
                self.awscreds, self.folder(name), count, AWS_ENDPOINT_URL=self.endpoint.url, **more
            )
            self.at_end(home.lock)
            self._homes[name] = home
        return self._homes[name]

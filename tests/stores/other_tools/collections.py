"""Collections of a real Secret Service, with items as 99designs/keyring writes them."""

from jeepney import DBusAddress, new_method_call
from jeepney.wrappers import unwrap_msg

from tests.stores.backends.secret_service import connected

SECRETS = "org.freedesktop.secrets"
PATH = "/org/freedesktop/secrets"


class Collection:
    """A collection of a real Secret Service, with items as go-libsecret writes them."""

    def __init__(self, environment, name):
        self._environment = environment
        with connected(environment) as bus:
            session = self._session(bus)
            self.path = _call(
                bus,
                PATH,
                # Without a prompt, which nobody would answer here.
                "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
                "CreateWithMasterPassword",
                "a{sv}(oayays)",
                {"org.freedesktop.Secret.Collection.Label": ("s", name)},
                (session, b"", b"password", "text/plain"),
            )[0]

    def _session(self, bus):
        _, session = _call(
            bus, PATH, "org.freedesktop.Secret.Service", "OpenSession", "sv", "plain", ("s", "")
        )
        return session

    def add(self, key, secret, **attributes):
        """Write an item, with this secret; its path."""
        interface = "org.freedesktop.Secret.Item"
        with connected(self._environment) as bus:
            path, _ = _call(
                bus,
                self.path,
                "org.freedesktop.Secret.Collection",
                "CreateItem",
                "a{sv}(oayays)b",
                {
                    f"{interface}.Label": ("s", key),
                    f"{interface}.Attributes": ("a{ss}", {"profile": key, **attributes}),
                },
                (self._session(bus), b"", secret, "application/json"),
                True,
            )
        return path

    def keys(self):
        with connected(self._environment) as bus:
            return sorted(
                _get(bus, path, "org.freedesktop.Secret.Item", "Label")
                for path in _get(bus, self.path, "org.freedesktop.Secret.Collection", "Items")
            )

    def lock(self):
        with connected(self._environment) as bus:
            _call(bus, PATH, "org.freedesktop.Secret.Service", "Lock", "ao", [self.path])

    def delete(self):
        with connected(self._environment) as bus:
            _call(bus, self.path, "org.freedesktop.Secret.Collection", "Delete", None)


def _get(bus, path, interface, name):
    return _call(bus, path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name)[0][1]


def _call(bus, path, interface, method, signature, *body):
    message = new_method_call(DBusAddress(path, SECRETS, interface), method, signature, body)
    return unwrap_msg(bus.send_and_get_reply(message, timeout=20))

"""The Secret Service (gnome-keyring, KWallet, KeePassXC) over D-Bus, without the keyring library.

The items are the ones that library reads and writes: the default collection, the attributes
``service`` and ``username``. Going there directly costs a fresh process a fifth of what the library
costs, and every step has a deadline: the library waits for ever on a service that is silent, or on
a prompt that nobody sees.

Secrets cross in the "plain" session of the specification, in the clear over the bus's socket. Who
could listen there (the same user) can ask the service for the secret just as well.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import time

from awscreds.errors import SecretStoreError, StoreLocked, StoreUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

DEADLINE = 10.0
"""Seconds a service has for one whole operation, being started included."""
PROMPT_DEADLINE = 60.0
"""Seconds a person has to answer a prompt."""

USE_THE_VAULT = "or keep secrets in the vault file: AWSCREDS_BACKEND=vault"

_RUNTIME = "/run/user"
_BUS = "org.freedesktop.DBus"
_BUS_PATH = "/org/freedesktop/DBus"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SECRETS = "org.freedesktop.secrets"
_PATH = "/org/freedesktop/secrets"
_DEFAULT = "/org/freedesktop/secrets/aliases/default"
_SERVICE = "org.freedesktop.Secret.Service"
_COLLECTION = "org.freedesktop.Secret.Collection"
_ITEM = "org.freedesktop.Secret.Item"
_PROMPT = "org.freedesktop.Secret.Prompt"
_NOTHING = "/"
"""The object path that stands for none."""

_NOT_RUNNING = frozenset((f"{_BUS}.Error.ServiceUnknown", f"{_BUS}.Error.NameHasNoOwner"))
_DIED = f"{_BUS}.Error.NoReply"
_NO_SUCH_OBJECT = frozenset(
    (
        "org.freedesktop.Secret.Error.NoSuchObject",
        f"{_BUS}.Error.UnknownMethod",
        f"{_BUS}.Error.UnknownObject",
        f"{_BUS}.Error.UnknownInterface",
    )
)
_IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked"


class NoSecretService(StoreUnavailable):
    """There is no session bus, or nothing on it that offers a Secret Service."""


class SecretService:
    """Texts in the default collection, by the names the keyring library uses.

    Each method is one conversation on a connection of its own, over within ``deadline`` seconds
    (``prompt_deadline`` where a person is asked). Raises StoreLocked at once where the collection
    is locked, NoSecretService where there is none, StoreUnavailable where it does not answer.
    """

    label = "the Secret Service keyring"

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        deadline: float = DEADLINE,
        prompt_deadline: float = PROMPT_DEADLINE,
    ) -> None:
        self._environ = environ
        self._deadline = deadline
        self._prompt_deadline = prompt_deadline

    def read(self, service: str, username: str) -> str | None:
        with self._conversation() as talk:
            talk.require_unlocked()
            for item in talk.search(service, username):
                return talk.secret(item)
        return None

    def write(self, service: str, username: str, text: str) -> None:
        with self._conversation() as talk:
            talk.require_unlocked()
            written = talk.create(service, username, text)
            found = talk.search(service, username)
            # Other attributes of older items make the service see two where we want one. Nothing
            # goes unless what was just written is among them.
            if written in found:
                for item in found:
                    if item != written:
                        talk.delete(item)

    def erase(self, service: str, username: str) -> bool:
        with self._conversation() as talk:
            talk.require_unlocked()
            found = talk.search(service, username)
            for item in found:
                talk.delete(item)
        return bool(found)

    def check(self) -> None:
        with self._conversation() as talk:
            talk.require_unlocked()

    def is_locked(self) -> bool:
        with self._conversation() as talk:
            return talk.is_locked()

    def unlock(self) -> None:
        with self._conversation() as talk:
            if talk.is_locked():
                talk.unlock()
                talk.require_unlocked()

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[_Conversation]:
        try:
            with contextlib.closing(_Bus(self._environ, self._deadline)) as bus:
                yield _Conversation(bus, self._prompt_deadline)
        except _BusError as error:
            raise _refusal(error.name) from None
        except TimeoutError:
            raise StoreUnavailable(
                f"{self.label} did not answer within {self._deadline:g} seconds",
                hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
            ) from None
        except OSError as error:
            raise StoreUnavailable(
                f"the connection to {self.label} broke: {error.strerror or type(error).__name__}",
                hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
            ) from None
        except (ValueError, TypeError, LookupError, AssertionError, struct.error):
            # What jeepney raises over a message that is none, and we over one of another shape.
            raise StoreUnavailable(
                f"{self.label} gave an answer that makes no sense",
                hint=f"see which program offers {_SECRETS} on the session bus, {USE_THE_VAULT}",
            ) from None


def _refusal(name: str) -> SecretStoreError:
    # Only the name of a D-Bus error is shown: its text is the service's own.
    if name == _IS_LOCKED:
        return _locked()
    if name == _DIED or name in _NOT_RUNNING:
        return StoreUnavailable(
            "the Secret Service went away while it was asked",
            hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
        )
    return StoreUnavailable(
        f"the Secret Service refused: {name}",
        hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
    )


def _locked() -> StoreLocked:
    return StoreLocked(
        "the keyring is locked",
        hint=f"unlock it with awscreds unlock, or by logging in again, {USE_THE_VAULT}",
    )


class _Conversation:
    """A session with the service, which is started where the bus knows how."""

    def __init__(self, bus: _Bus, prompt_deadline: float) -> None:
        self._bus = bus
        self._prompt_deadline = prompt_deadline
        try:
            self._session = self._open_session()
        except _BusError as error:
            if error.name not in _NOT_RUNNING:
                raise
            self._start()
            self._session = self._open_session()

    def _call(
        self, path: str, interface: str, method: str, *body: object, takes: str = "", gives: str
    ) -> tuple[Any, ...]:
        return self._bus.call(_SECRETS, path, interface, method, *body, takes=takes, gives=gives)

    def _open_session(self) -> str:
        _, path = self._call(
            _PATH, _SERVICE, "OpenSession", "plain", ("s", ""), takes="sv", gives="vo"
        )
        return str(path)

    def _start(self) -> None:
        (names,) = self._bus.ask("ListActivatableNames", gives="as")
        if _SECRETS not in names:
            raise NoSecretService(
                "no program on the session bus offers a keyring (Secret Service)",
                hint=f"start one (gnome-keyring, KWallet, KeePassXC), {USE_THE_VAULT}",
            )
        try:
            self._bus.ask("StartServiceByName", _SECRETS, 0, takes="su", gives="u")
        except _BusError as error:
            raise StoreUnavailable(
                f"the keyring service could not be started: {error.name}",
                hint=f"start it by hand to see why, {USE_THE_VAULT}",
            ) from None

    def is_locked(self) -> bool:
        try:
            ((_, locked),) = self._call(
                _DEFAULT, _PROPERTIES, "Get", _COLLECTION, "Locked", takes="ss", gives="v"
            )
        except _BusError as error:
            if error.name not in _NO_SUCH_OBJECT:
                raise
            raise StoreUnavailable(
                "the Secret Service has no default keyring to keep secrets in",
                hint="create one (Passwords and Keys: New > Password keyring, set as default), "
                + USE_THE_VAULT,
            ) from None
        return bool(locked)

    def require_unlocked(self) -> None:
        """Asked before anything else: with a locked collection, some calls put up a prompt."""
        if self.is_locked():
            raise _locked()

    def search(self, service: str, username: str) -> list[str]:
        wanted = {"service": service, "username": username}
        (found,) = self._call(
            _DEFAULT, _COLLECTION, "SearchItems", wanted, takes="a{ss}", gives="ao"
        )
        return list(found)

    def secret(self, item: str) -> str | None:
        try:
            ((_, _, value, _),) = self._call(
                item, _ITEM, "GetSecret", self._session, takes="o", gives="(oayays)"
            )
        except _BusError as error:
            if error.name in _NO_SUCH_OBJECT:  # erased since it was found
                return None
            raise
        text = None
        with contextlib.suppress(UnicodeDecodeError):  # it quotes the secret, so it ends here
            text = bytes(value).decode("utf-8", "surrogatepass")
        if text is None:
            raise SecretStoreError(
                "the entry in the Secret Service keyring is not text", code="entry-broken"
            )
        return text

    def create(self, service: str, username: str, text: str) -> str:
        """Write an item as the keyring library would; return its path."""
        properties = {
            f"{_ITEM}.Label": ("s", f"Password for '{username}' on '{service}'"),
            f"{_ITEM}.Attributes": (
                "a{ss}",
                {
                    "application": "Python keyring library",
                    "service": service,
                    "username": username,
                },
            ),
        }
        # An encoding error would quote the secret, so there is none.
        secret = (self._session, b"", text.encode("utf-8", "surrogatepass"), "text/plain")
        item, prompt = self._call(
            _DEFAULT,
            _COLLECTION,
            "CreateItem",
            properties,
            secret,
            True,
            takes="a{sv}(oayays)b",
            gives="oo",
        )
        if item == _NOTHING:
            item = self._answer(prompt)
        return str(item)

    def delete(self, item: str) -> None:
        try:
            (prompt,) = self._call(item, _ITEM, "Delete", gives="o")
        except _BusError as error:
            if error.name in _NO_SUCH_OBJECT:  # somebody else was quicker
                return
            raise
        self._answer(prompt)

    def unlock(self) -> None:
        _, prompt = self._call(_PATH, _SERVICE, "Unlock", [_DEFAULT], takes="ao", gives="aoo")
        self._answer(prompt)

    def _answer(self, prompt: str) -> Any:
        """Have the service ask its question, if it has one; return the value it ended in."""
        if prompt == _NOTHING:
            return None
        # Some services send the answer to everybody instead of to us.
        rule = f"type='signal',interface='{_PROMPT}',member='Completed',path='{prompt}'"
        self._bus.ask("AddMatch", rule, takes="s")
        self._bus.extend(self._prompt_deadline)
        try:
            self._call(prompt, _PROMPT, "Prompt", "", takes="s", gives="")
            dismissed, (_, value) = self._bus.signal(prompt, "Completed")
        except TimeoutError:
            self._bus.extend(1)  # to take the window away again
            with contextlib.suppress(_BusError, OSError):
                self._call(prompt, _PROMPT, "Dismiss", gives="")
            dismissed, value = True, None
        if dismissed:
            raise StoreLocked(
                "the keyring asked for its password and got no answer",
                hint=f"answer its prompt on your desktop, {USE_THE_VAULT}",
            )
        return value


class _BusError(Exception):
    """An error reply. Its name is told, its text is not: that is the service's own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Bus:
    """A connection to the session bus on which nothing outlasts the deadline.

    jeepney does the protocol. Its own connections wait without end for the answer to ``Hello``.
    """

    def __init__(self, environ: Mapping[str, str], deadline: float) -> None:
        from jeepney import Parser

        self._end = time.monotonic() + deadline
        self._parser = Parser()
        self._serial = 0
        self._signals: list[Any] = []
        self._socket = self._connect(environ)
        try:
            self._authenticate()
            self.ask("Hello", gives="s")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def extend(self, seconds: float) -> None:
        """Wait for what comes next until ``seconds`` from now, at least."""
        self._end = max(self._end, time.monotonic() + seconds)

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        method: str,
        *body: object,
        takes: str,
        gives: str,
    ) -> tuple[Any, ...]:
        """Call a method and return what it answers, of the D-Bus signature ``gives``.

        Never starts a service by the way.
        """
        from jeepney import DBusAddress, HeaderFields, MessageFlag, MessageType, new_method_call

        message = new_method_call(
            DBusAddress(path, destination, interface), method, takes or None, body
        )
        message.header.flags |= MessageFlag.no_auto_start
        self._serial += 1
        self._send(message.serialise(self._serial))
        while True:
            answer = self._receive()
            kind, fields = answer.header.message_type, answer.header.fields
            if fields.get(HeaderFields.reply_serial) == self._serial:
                if kind is MessageType.error:
                    raise _BusError(str(fields.get(HeaderFields.error_name)))
                if fields.get(HeaderFields.signature, "") != gives:
                    raise ValueError(method)
                return tuple(answer.body)
            if kind is MessageType.signal:
                self._signals.append(answer)

    def ask(self, method: str, *body: object, takes: str = "", gives: str = "") -> tuple[Any, ...]:
        """Call a method of the bus itself."""
        return self.call(_BUS, _BUS_PATH, _BUS, method, *body, takes=takes, gives=gives)

    def signal(self, path: str, member: str) -> tuple[Any, ...]:
        """Wait for a signal, which may have come already."""
        from jeepney import HeaderFields

        while True:
            for message in self._signals:
                fields = message.header.fields
                if (fields.get(HeaderFields.path), fields.get(HeaderFields.member)) == (
                    path,
                    member,
                ):
                    return tuple(message.body)
            self._signals = [self._receive()]

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(self._left())
        self._socket.sendall(data)

    def _receive(self) -> Any:
        while (message := self._parser.get_next_message()) is None:
            self._parser.add_data(self._read())
        return message

    def _read(self) -> bytes:
        self._socket.settimeout(self._left())
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError
        return data

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _connect(self, environ: Mapping[str, str]) -> socket.socket:
        address = environ.get("DBUS_SESSION_BUS_ADDRESS") or _user_bus()
        if address is None:
            raise NoSecretService(
                "there is no session bus (D-Bus), and so no keyring",
                hint=f"log in to a desktop session, set DBUS_SESSION_BUS_ADDRESS, {USE_THE_VAULT}",
            )
        failure = "none of its transports is a Unix socket"
        for name in _socket_names(address):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._left())
                connection.connect(name)
                if _peer(connection) == os.geteuid():
                    return connection
                # DBUS_SESSION_BUS_ADDRESS outlives `su` and `sudo -E`.
                failure = "it belongs to another user"
            except TimeoutError:
                connection.close()
                raise
            except OSError as error:
                failure = error.strerror or type(error).__name__
            connection.close()
        raise NoSecretService(
            f"the session bus at {address} cannot be used: {failure}",
            hint=f"log in again, correct DBUS_SESSION_BUS_ADDRESS, {USE_THE_VAULT}",
        )

    def _authenticate(self) -> None:
        from jeepney.auth import BEGIN, AuthenticationError, Authenticator

        authenticator = Authenticator()
        try:
            for line in authenticator:
                self._send(line)
                authenticator.feed(self._read())
        except AuthenticationError:
            raise NoSecretService(
                "the session bus did not let this user in",
                hint=f"log in again, correct DBUS_SESSION_BUS_ADDRESS, {USE_THE_VAULT}",
            ) from None
        self._send(BEGIN)


def _socket_names(address: str) -> list[str]:
    from jeepney.bus import get_connectable_addresses

    try:
        return list(get_connectable_addresses(address))
    except (ValueError, RuntimeError):  # not an address; no Unix socket in it
        return []


def _user_bus() -> str | None:
    """Where systemd puts the session bus, for a cron job or an ssh session that was not told."""
    path = f"{_RUNTIME}/{os.geteuid()}/bus"
    try:
        status = os.lstat(path)
    except OSError:
        return None
    ours = stat.S_ISSOCK(status.st_mode) and status.st_uid == os.geteuid()
    return f"unix:path={path}" if ours else None


def _peer(connection: socket.socket) -> int:
    """The user at the other end, as the kernel knows it."""
    ucred = struct.Struct("3i")
    _, uid, _ = ucred.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, ucred.size)
    )
    return int(uid)

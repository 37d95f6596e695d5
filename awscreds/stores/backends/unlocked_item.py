"""One secret of the Secret Service for an SDK that waits, without the complete client.

Python's ``socket`` and jeepney take longer to load than all else that a cold answer needs. The
conversation itself takes only milliseconds. This module can have it if all is usual: a service that
runs and answers, its default collection unlocked, exactly one item. If anything is different, it
returns None, and ``secret_service`` begins again. It asks the same in the same order, so it finds
the same item, and never makes the service show a prompt.

The kernel says who is at the other end of the socket before anything is sent, and nothing that is
sent is a secret.
"""

from __future__ import annotations

import sys
from time import monotonic

from awscreds.stores.backends.dbus_wire import (
    BUS,
    BUS_PATH,
    FIXED,
    LIMIT,
    RETURN,
    SIGNAL,
    VARIABLE,
    Message,
    Unusual,
    call,
    dictionary,
    padded,
    peer,
    size_of,
    socket_names,
    texts,
    user_bus,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Mapping

    from awscreds.stores.backends.dbus_wire import Values

LABEL = "the Secret Service keyring"
DEADLINE = 10.0
"""Seconds a service has for one whole operation, being started included."""
PROMPT_DEADLINE = 60.0
"""Seconds a person has to answer a prompt."""

PROPERTIES = "org.freedesktop.DBus.Properties"
SECRETS = "org.freedesktop.secrets"
SERVICE_PATH = "/org/freedesktop/secrets"
DEFAULT = "/org/freedesktop/secrets/aliases/default"
SERVICE = "org.freedesktop.Secret.Service"
COLLECTION = "org.freedesktop.Secret.Collection"
ITEM = "org.freedesktop.Secret.Item"

_LINE = 512
"""Bytes that the line before the messages may have."""
_HELLO, _SESSION, _LOCKED, _SEARCH, _SECRET, _USER = range(1, 7)
"""The serials of our calls; but for the last they are those of the complete client."""


def read(environ: Mapping[str, str], service: str, username: str, deadline: float) -> str | None:
    """The text of the only item with these attributes. None: ask the complete client.

    It takes ``deadline`` seconds at most.
    """
    if sys.platform != "linux":  # nothing else would tell us whose bus it is
        return None
    end = monotonic() + deadline
    try:
        connection = _connected(environ, end)
        try:
            return _Conversation(connection, end).text_of(service, username)
        finally:
            connection.close()
    except Exception:  # noqa: BLE001 - the complete client finds the same, and reports it
        return None


def _connected(environ: Mapping[str, str], end: float) -> socket:
    """A connection to the session bus of this user. Raises Unusual, OSError."""
    if sys.platform != "linux":
        raise Unusual
    import _socket
    import posix

    address = environ.get(VARIABLE) or user_bus()
    for name in socket_names(address) if address else ():
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(end))
            connection.connect(name)
            if peer(connection) == posix.geteuid():
                return connection
        except OSError:
            pass
        connection.close()
    raise Unusual


def _left(end: float) -> float:
    left = end - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Conversation:
    """All methods raise Unusual for an answer that is not the usual one, and OSError."""

    def __init__(self, connection: socket, end: float) -> None:
        self._connection = connection
        self._end = end
        self._received = b""
        self._service = ""

    def text_of(self, service: str, username: str) -> str:
        # The service gets one call at a time: of two, gnome-keyring sometimes refuses the second,
        # and sometimes it crashes.
        self._begin()
        session = self._open_session()
        self._require_unlocked()
        self._send(
            call(_SEARCH, SECRETS, DEFAULT, COLLECTION, "SearchItems", "a{ss}",
                 dictionary({"service": service, "username": username}))
        )  # fmt: skip
        found = self._answer(_SEARCH, "ao")
        items = found.paths()
        found.end()
        if len(items) != 1:
            raise Unusual
        (item,) = items
        self._send(call(_SECRET, SECRETS, item, ITEM, "GetSecret", "o", texts(session)))
        answer = self._answer(_SECRET, "(oayays)")
        if answer.path() != session or answer.octets():
            raise Unusual
        secret = answer.octets()
        answer.text()
        answer.end()
        try:
            return secret.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # it holds the secret, so it ends here
            pass
        raise Unusual

    def _begin(self) -> None:
        """Become known to the bus, and see that the service is a program of this user.

        All at once: nothing of it depends on an answer.
        """
        if sys.platform == "win32":
            raise Unusual
        import posix

        user = posix.geteuid()
        self._send(
            b"\0AUTH EXTERNAL " + str(user).encode().hex().encode() + b"\r\nBEGIN\r\n"
            + call(_HELLO, BUS, BUS_PATH, BUS, "Hello")
            + call(_USER, BUS, BUS_PATH, BUS, "GetConnectionUnixUser", "s", texts(SECRETS))
        )  # fmt: skip
        if not self._line().startswith(b"OK "):
            raise Unusual
        greeted = self._answer(_HELLO, "s", BUS)
        greeted.text()
        greeted.end()
        owner = self._answer(_USER, "u", BUS)
        if owner.number() != user:
            raise Unusual
        owner.end()

    def _open_session(self) -> str:
        """The path of a session in which secrets are not encrypted."""
        plain = padded(texts("plain") + b"\1s\0", 4) + texts("")
        self._send(call(_SESSION, SECRETS, SERVICE_PATH, SERVICE, "OpenSession", "sv", plain))
        opened = self._answer(_SESSION, "vo")
        if opened.signature() != "s" or opened.text():
            raise Unusual
        session = opened.path()
        opened.end()
        return session

    def _require_unlocked(self) -> None:
        """Nothing else may be asked before: it could show a prompt."""
        locked = texts(COLLECTION, "Locked")
        self._send(call(_LOCKED, SECRETS, DEFAULT, PROPERTIES, "Get", "ss", locked))
        is_locked = self._answer(_LOCKED, "v")
        if is_locked.signature() != "b" or is_locked.boolean():
            raise Unusual
        is_locked.end()

    def _answer(self, serial: int, signature: str, sender: str | None = None) -> Values:
        """The values in the answer to the call ``serial``, which comes next but for signals.

        All answers but those of the bus, the ``sender``, must come from one program.
        """
        while (message := self._message()).kind == SIGNAL:
            pass
        if sender is None:
            sender = self._service = self._service or message.sender
        if (message.kind, message.reply_to, message.signature, message.sender) != (
            RETURN,
            serial,
            signature,
            sender,
        ):
            raise Unusual
        return message.body

    def _message(self) -> Message:
        self._receive(FIXED)
        size = size_of(self._received[:FIXED])
        self._receive(size)
        message, self._received = Message(self._received[:size]), self._received[size:]
        return message

    def _line(self) -> bytes:
        while b"\r\n" not in self._received:
            if len(self._received) > _LINE:
                raise Unusual
            self._receive(len(self._received) + 1)
        line, _, self._received = self._received.partition(b"\r\n")
        return line

    def _receive(self, size: int) -> None:
        """Have ``size`` bytes at least."""
        while len(self._received) < size:
            self._connection.settimeout(_left(self._end))
            data = self._connection.recv(LIMIT)
            if not data:
                raise Unusual
            self._received += data

    def _send(self, data: bytes) -> None:
        self._connection.settimeout(_left(self._end))
        self._connection.sendall(data)

"""The session bus without jeepney, which takes long to load: where it is, and a few messages.

``unlocked_item`` needs nothing else to talk to the bus. This module knows only what is usual:
little-endian, short messages, and the types that are read here. For all else it raises ``Unusual``,
and the complete client (``dbus``) decides, which shares only the part about where the bus is. Each
length is checked before so many bytes are taken.

https://dbus.freedesktop.org/doc/dbus-specification.html
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from typing import Any

BUS = "org.freedesktop.DBus"
"""The name of the bus itself and of its interface, and the beginning of its errors' names."""
BUS_PATH = "/org/freedesktop/DBus"
VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
RUNTIME = "/run/user"

LIMIT = 16384
"""Bytes that a message may have: an entry of ours has less than a tenth."""
FIXED = 16
"""Bytes before the header's fields, the length of these included."""
RETURN, SIGNAL = 2, 4
"""Kinds of messages."""

_CALL = 1
_NO_AUTO_START = 2
_VERSION = 1
_PATH_OF, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_TO, _DESTINATION, _SENDER, _SIGNATURE = range(
    1, 9
)
"""The header's fields. The ninth counts file descriptors: nobody sends us any."""
_TYPES = {
    _PATH_OF: "o",
    _INTERFACE: "s",
    _MEMBER: "s",
    _ERROR_NAME: "s",
    _REPLY_TO: "u",
    _DESTINATION: "s",
    _SENDER: "s",
    _SIGNATURE: "g",
}
_OF_PATHS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/")
_HEX = frozenset("0123456789abcdefABCDEF")


class Unusual(Exception):
    """Something that only the complete client may judge. It never says what: it may be a secret."""


# Where the bus is


def user_bus() -> str | None:
    """Where systemd puts the session bus, for cron jobs and ssh sessions without the variable."""
    if sys.platform == "win32":
        return None
    import posix

    path = f"{RUNTIME}/{posix.geteuid()}/bus"
    try:
        status = posix.lstat(path)
    except OSError:
        return None
    is_socket = status.st_mode & 0o170000 == 0o140000
    return f"unix:path={path}" if is_socket and status.st_uid == posix.geteuid() else None


def socket_names(address: str) -> list[str]:
    """The names of the Unix sockets that the ``address`` lists. Raises Unusual."""
    return [_socket_name(one) for one in address.split(";")]


def _socket_name(address: str) -> str:
    transport, colon, words = address.partition(":")
    if not colon or transport != "unix":
        raise Unusual
    values: dict[str, str] = {}
    for word in words.split(","):
        key, equals, value = word.partition("=")
        if not (equals and value) or key in values or key not in ("path", "abstract", "guid"):
            raise Unusual
        values[key] = _unescaped(value)
    values.pop("guid", None)
    if len(values) != 1:
        raise Unusual
    ((key, value),) = values.items()
    return "\0" + value if key == "abstract" else value


def _unescaped(value: str) -> str:
    plain, *escapes = value.split("%")
    for part in escapes:
        code = part[:2]
        # Bytes that are no ASCII are parts of characters.
        if len(code) != 2 or not _HEX.issuperset(code) or code[0] not in "234567":
            raise Unusual
        plain += chr(int(code, 16)) + part[2:]
    return plain


def peer(connection: socket) -> int:
    """The user at the other end, as the kernel reports it; -1 if it does not (not Linux)."""
    user = -1
    if sys.platform == "linux":
        from _socket import SO_PEERCRED, SOL_SOCKET

        # A struct of three numbers: the process, the user, the group.
        found = connection.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)
        user = int.from_bytes(found[4:8], sys.byteorder)
    return user


# To the bus


def texts(*values: str) -> bytes:
    """Strings or object paths, one after the other. Raises Unusual for what none can have."""
    data = b""
    for value in values:
        try:
            encoded = value.encode()
        except UnicodeEncodeError:
            raise Unusual from None
        if b"\0" in encoded:
            raise Unusual
        data = padded(data, 4) + _number(len(encoded)) + encoded + b"\0"
    return data


def padded(data: bytes, boundary: int) -> bytes:
    return data + bytes(-len(data) % boundary)


def dictionary(values: dict[str, str]) -> bytes:
    """An ``a{ss}`` at the beginning of a body."""
    entries = b""
    for pair in values.items():
        entries = padded(entries, 8) + texts(*pair)
    return padded(_number(len(entries)), 8) + entries


def call(  # noqa: PLR0917 - the parts of a call, in the order in which all of D-Bus has them
    serial: int,
    destination: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: bytes = b"",
) -> bytes:
    """A method call that starts no service."""
    fields = b""
    for code, value in (
        (_PATH_OF, path),
        (_INTERFACE, interface),
        (_MEMBER, member),
        (_DESTINATION, destination),
    ):
        fields = padded(fields, 8) + _field(code) + texts(value)
    if signature:
        fields = padded(fields, 8) + _field(_SIGNATURE) + _signature(signature)
    start = b"l" + bytes((_CALL, _NO_AUTO_START, _VERSION))
    numbers = _number(len(body)) + _number(serial) + _number(len(fields))
    return padded(start + numbers + fields, 8) + body


def _field(code: int) -> bytes:
    return bytes((code,)) + _signature(_TYPES[code])


def _signature(text: str) -> bytes:
    return bytes((len(text),)) + text.encode() + b"\0"


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")


# From the bus


def size_of(start: bytes) -> int:
    """The bytes of the whole message that begins with these, ``FIXED`` of them. Raises Unusual."""
    if start[0:1] != b"l" or start[3] != _VERSION:
        raise Unusual
    body, _, fields = (int.from_bytes(start[at : at + 4], "little") for at in (4, 8, 12))
    size = FIXED + fields + -fields % 8 + body
    if size > LIMIT:
        raise Unusual
    return size


class Message:
    """What the bus sent. ``reply_to`` is the serial of the call that it answers, or 0."""

    __slots__ = ("body", "kind", "reply_to", "sender", "signature")

    reply_to: int
    sender: str
    signature: str

    def __init__(self, data: bytes) -> None:
        """``data``: the whole message. Raises Unusual."""
        if len(data) < FIXED or len(data) != size_of(data):
            raise Unusual
        body = len(data) - int.from_bytes(data[4:8], "little")
        fields = _fields(Values(data[:body]), int.from_bytes(data[12:16], "little"))
        self.kind = data[1]
        self.reply_to = fields.get(_REPLY_TO, 0)
        self.sender = fields.get(_SENDER, "")
        self.signature = fields.get(_SIGNATURE, "")
        self.body = Values(data[body:])


def _fields(header: Values, size: int) -> dict[int, Any]:
    header.skip(FIXED)
    found: dict[int, Any] = {}
    while header.at < FIXED + size:
        header.align(8)
        code = header.byte()
        if code in found or _TYPES.get(code) != header.signature():
            raise Unusual
        if code == _REPLY_TO:
            found[code] = header.number()
        elif code == _SIGNATURE:
            found[code] = header.signature()
        else:
            found[code] = header.text()
    if header.at != FIXED + size:
        raise Unusual
    header.align(8)
    header.end()
    return found


class Values:
    """Values in the bytes of a header or a body, read one after the other.

    Everything raises Unusual for bytes that are not what they should be.
    """

    __slots__ = ("_data", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def skip(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        start, self.at = self.at, self.at + size
        if self.at > len(self._data):
            raise Unusual
        return self._data[start : self.at]

    def align(self, boundary: int) -> None:
        if self.skip(-self.at % boundary).strip(b"\0"):
            raise Unusual

    def end(self) -> None:
        """Nothing may follow."""
        if self.at != len(self._data):
            raise Unusual

    def byte(self) -> int:
        return self.skip(1)[0]

    def number(self) -> int:
        self.align(4)
        return int.from_bytes(self.skip(4), "little")

    def boolean(self) -> bool:
        number = self.number()
        if number > 1:
            raise Unusual
        return number == 1

    def text(self) -> str:
        return self._text(self.number())

    def signature(self) -> str:
        return self._text(self.byte())

    def path(self) -> str:
        path = self.text()
        if path[:1] != "/" or not _OF_PATHS.issuperset(path):
            raise Unusual
        return path

    def paths(self) -> list[str]:
        end = self.number() + self.at
        found = []
        while self.at < end:
            found.append(self.path())
        if self.at != end:
            raise Unusual
        return found

    def octets(self) -> bytes:
        return self.skip(self.number())

    def _text(self, size: int) -> str:
        data = self.skip(size)
        if self.skip(1) != b"\0" or b"\0" in data:
            raise Unusual
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Unusual from None

"""What a session bus and a Secret Service say to who asks for one secret, as jeepney writes it.

The calls are known, and so are their serials: each answer can be there before it is asked for. The
same answers suit the short way and the complete client.
"""

import os
from time import monotonic
from unittest import mock

from jeepney import HeaderFields, MessageType
from jeepney.low_level import Endianness, Header, Message

from awscreds.errors import SecretStoreError
from awscreds.stores.backends import secret_service, unlocked_item
from awscreds.stores.backends.dbus import Bus
from awscreds.stores.backends.dbus_wire import Unusual

NAMES = ("awscreds:AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE")
PATIENCE = 20
BUS = "org.freedesktop.DBus"
SERVICE = ":1.7"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION = "/org/freedesktop/secrets/session/s1"
ITEM = "/org/freedesktop/secrets/collection/login/1"
GREETING = b"OK 0123456789abcdef0123456789abcdef\r\n"


def message(  # noqa: PLR0917 - a reply in the order of its parts
    serial=0,
    signature="",
    body=(),
    sender=SERVICE,
    kind=MessageType.method_return,
    endianness=Endianness.little,
    **more,
):
    """A message of the bus; the answer to ``serial`` unless that is 0."""
    fields = {HeaderFields.sender: sender, HeaderFields.destination: ":1.9"}
    if serial:
        fields[HeaderFields.reply_serial] = serial
    if signature:
        fields[HeaderFields.signature] = signature
    fields |= {HeaderFields[name]: value for name, value in more.items()}
    header = Header(endianness, kind, 0, 1, -1, 99, fields)
    return Message(header, body).serialise()


def signal(name="NameAcquired", sender=BUS, signature="s", body=(":1.9",)):
    names = {"path": "/", "interface": sender if sender == BUS else "org.example.X", "member": name}
    return message(0, signature, body, sender, MessageType.signal, **names)


def answers(secret=SECRET, **changes):
    """The answers by the names of the calls, in the order of these.

    ``changes``: what to give ``message`` instead for some of them.
    """
    value = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogatepass")
    usual = {
        "Hello": {"signature": "s", "body": (":1.9",), "sender": BUS},
        "GetConnectionUnixUser": {"signature": "u", "body": (os.geteuid(),), "sender": BUS},
        "OpenSession": {"signature": "vo", "body": (("s", ""), SESSION)},
        "Get": {"signature": "v", "body": (("b", False),)},
        "SearchItems": {"signature": "ao", "body": ([ITEM],)},
        "GetSecret": {
            "signature": "(oayays)",
            "body": ((SESSION, b"", value, "text/plain"),),
        },
    }
    serials = dict(zip(usual, (1, 6, 2, 3, 4, 5), strict=True))
    return {
        name: message(**{"serial": serials[name]} | parts | changes.get(name, {}))
        for name, parts in usual.items()
    }


def stream(answers):
    """All of it, from the first line on."""
    return GREETING + b"".join(answers.values())


class Said:
    """A socket at which everything has been said already, in pieces; ``end`` is raised at its end.

    ``sent`` is what was sent to it.
    """

    def __init__(self, data, piece=None, end=None):
        self.data = data
        self.piece = piece or len(data) or 1
        self.end = end
        self.sent = b""

    def settimeout(self, seconds):
        assert seconds > 0

    def sendall(self, data):
        self.sent += data

    def recv(self, room):
        if not self.data and self.end:
            raise self.end
        size = min(self.piece, room)
        data, self.data = self.data[:size], self.data[size:]
        return data

    def close(self):
        self.data = b""


class _Polite(Said):
    """It says its first line and waits for an answer, as a bus does to who sends no more."""

    def recv(self, room):
        self.piece = self.data.find(b"\n") + 1 if self.data.startswith(b"OK ") else len(self.data)
        return super().recv(room)


class _SaidBus(Bus):
    said = b""

    def _connect(self, environ):
        return _Polite(self.said)


def text_of(data, piece=None, end=None):
    """What the short way finds in what was said. Raises Unusual."""
    conversation = unlocked_item._Conversation(Said(data, piece, end), monotonic() + PATIENCE)
    return conversation.text_of(*NAMES)


def judged(data):
    """What the complete client finds in the same; None if it is an error, or nothing."""
    with (
        mock.patch.object(secret_service, "Bus", _SaidBus),
        mock.patch.object(_SaidBus, "said", data),
    ):
        try:
            return secret_service.SecretService({}, deadline=PATIENCE).read(*NAMES)
        except SecretStoreError:
            return None


def law(data, refusals=()):
    """The short way says what the complete client says, or nothing at all.

    ``refusals`` has None if the complete client may find fault with what the short way skips.
    """
    try:
        found = text_of(data)
    except Unusual:
        return
    assert judged(data) in (found, *refusals)

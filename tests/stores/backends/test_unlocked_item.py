"""The short way to one secret: it says what the complete client would say, or nothing."""

import os
import sys
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import MessageType
from jeepney.low_level import Endianness, Parser

from awscreds.stores.backends import unlocked_item
from awscreds.stores.backends.dbus_wire import LIMIT, Unusual
from tests.stores.backends.said import (
    GREETING,
    ITEM,
    NAMES,
    PATIENCE,
    SECRET,
    SESSION,
    Said,
    answers,
    judged,
    law,
    signal,
    stream,
    text_of,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")


class TestWhatIsUsual:
    def test_gives_the_secret(self):
        assert text_of(stream(answers())) == SECRET

    @given(st.text(max_size=1280))
    def test_gives_any_text(self, text):
        encoded = text.encode("utf-8", "surrogatepass")
        assert text_of(stream(answers(secret=encoded))) == text

    def test_gives_a_text_that_is_not_unicode(self):
        assert text_of(stream(answers(secret="\ud800"))) == "\ud800"

    @pytest.mark.parametrize("piece", [1, 2, 3, 7, 16, 17, 1000])
    def test_may_come_in_pieces(self, piece):
        assert text_of(stream(answers()), piece) == SECRET

    @given(st.lists(st.integers(0, 6), max_size=12), st.integers(1, 400))
    def test_has_signals_between_the_answers(self, places, piece):
        said = [GREETING, *answers().values()]
        for place in sorted(places, reverse=True):
            said.insert(place + 1, signal(sender=f":1.{place}", signature="a{sv}", body=({},)))
        assert text_of(b"".join(said), piece) == SECRET

    @given(
        st.from_regex(r"/[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*", fullmatch=True),
        st.from_regex(r"/[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*", fullmatch=True),
        st.from_regex(r":[0-9]+\.[0-9]+", fullmatch=True),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
    )
    def test_has_any_paths_and_names(self, item, opened, sender, content_type):
        said = answers(
            OpenSession={"body": (("s", ""), opened), "sender": sender},
            Get={"sender": sender},
            SearchItems={"body": ([item],), "sender": sender},
            GetSecret={"body": ((opened, b"", b"x", content_type),), "sender": sender},
        )
        connection = Said(stream(said))
        conversation = unlocked_item._Conversation(connection, monotonic() + PATIENCE)
        assert conversation.text_of(*NAMES) == "x"
        assert [fields["path"] for fields in sent(connection)][-1] == item

    def test_asks_what_the_complete_client_asks(self):
        connection = Said(stream(answers()))
        unlocked_item._Conversation(connection, monotonic() + PATIENCE).text_of(*NAMES)
        start, begin, _ = connection.sent.partition(b"BEGIN\r\n")
        user = str(os.geteuid()).encode().hex().encode()
        assert (start, begin) == (b"\0AUTH EXTERNAL " + user + b"\r\n", b"BEGIN\r\n")
        calls = sent(connection)
        assert [(call["member"], call["body"]) for call in calls] == [
            ("Hello", ()),
            ("GetConnectionUnixUser", ("org.freedesktop.secrets",)),
            ("OpenSession", ("plain", ("s", ""))),
            ("Get", ("org.freedesktop.Secret.Collection", "Locked")),
            ("SearchItems", ({"service": NAMES[0], "username": NAMES[1]},)),
            ("GetSecret", (SESSION,)),
        ]
        assert {call["flags"] for call in calls} == {2}  # it starts no service
        assert calls[-1]["path"] == ITEM


def sent(connection):
    """The calls that were sent, as jeepney reads them."""
    found = Parser().feed(connection.sent.partition(b"BEGIN\r\n")[2])
    return [
        {field.name: value for field, value in each.header.fields.items()}
        | {"body": each.body, "flags": each.header.flags, "serial": each.header.serial}
        for each in found
    ]


def with_change(name, **change):
    return stream(answers(**{name: change}))


def with_bytes(name, old, new):
    said = answers()
    assert said[name].count(old) == 1
    return stream({**said, name: said[name].replace(old, new)})


def without(name):
    return stream({key: each for key, each in answers().items() if key != name})


LOCKED = answers()["Get"]
UNUSUAL = {
    "another greeting": stream(answers()).replace(b"OK ", b"REJECTED EXTERNAL "),
    "a greeting without an end": b"OK " + b"0" * 100_000,
    "nothing": b"",
    "a service of another user": with_change("GetConnectionUnixUser", body=(os.geteuid() + 1,)),
    "no such service": with_change(
        "OpenSession", kind=MessageType.error, error_name="x.y", signature="s", body=("HUSH",)
    ),
    "an encrypted session": with_change("OpenSession", body=(("ay", b"key"), SESSION)),
    "a session with a word": with_change("OpenSession", body=(("s", "x"), SESSION)),
    "a locked collection": with_change("Get", body=(("b", True),)),
    "a lock that is a number": with_change("Get", body=(("u", 0),)),
    "a lock that is 2": stream({**answers(), "Get": LOCKED[:-4] + b"\2\0\0\0"}),
    "no item": with_change("SearchItems", body=([],)),
    "two items": with_change("SearchItems", body=([ITEM, ITEM + "1"],)),
    "a locked item": with_change(
        "GetSecret",
        kind=MessageType.error,
        error_name="org.freedesktop.Secret.Error.IsLocked",
        signature="",
        body=(),
    ),
    "a secret of another session": with_change("GetSecret", body=(("/x", b"", b"s", ""),)),
    "an encrypted secret": with_change("GetSecret", body=((SESSION, b"iv", b"s", ""),)),
    "a secret that is no text": stream(answers(secret=b"HUSH\xff")),
    "a secret that is too long": stream(answers(secret="x" * LIMIT)),
    "another shape": with_change("GetSecret", signature="s", body=("HUSH",)),
    "another serial": with_change("Get", serial=9),
    "no serial": with_change("Get", serial=0),
    "the serial of before": with_change("Get", serial=2),
    "answers in another order": stream(dict(sorted(answers().items()))),
    "an answer that is missing": without("OpenSession"),
    "an answer of somebody else": with_change("Get", sender=":1.8"),
    "an answer of the bus from elsewhere": with_change("Hello", sender=":1.8"),
    "a secret from somebody else": with_change("GetSecret", sender=":1.8"),
    "a call": with_change("Get", kind=MessageType.method_call, path="/", member="Ping"),
    "the order of bytes of other machines": with_change("Get", endianness=Endianness.big),
    "another version": stream(
        {**answers(), "Get": LOCKED[:3] + b"\2" + LOCKED[4:]},
    ),
    "a path that is none": with_bytes(
        "SearchItems", ITEM.encode(), ITEM.replace("/", ".").encode()
    ),
    "a path with another letter": with_bytes(
        "SearchItems", ITEM.encode(), ITEM.replace("login", "log\nn").encode()
    ),
    "padding that is not empty": with_bytes("Get", b"v\0\0", b"v\0x"),
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_is_unusual_is_left_to_the_complete_client(kind):
    with pytest.raises(Unusual) as caught:
        text_of(UNUSUAL[kind])
    assert caught.value.args == ()
    assert caught.value.__context__ is None or "HUSH" not in repr(caught.value.__context__)


@pytest.mark.parametrize("name", list(answers()))
def test_an_error_is_left_to_the_complete_client(name):
    with pytest.raises(Unusual):
        text_of(with_change(name, kind=MessageType.error, error_name="x.y"))


@pytest.mark.parametrize("name", list(answers()))
def test_bytes_after_the_values_are_left_to_the_complete_client(name):
    usual = answers()[name]
    size = int.from_bytes(usual[4:8], "little")
    longer = usual[:4] + (size + 8).to_bytes(4, "little") + usual[8:] + bytes(8)
    with pytest.raises(Unusual):
        text_of(stream({**answers(), name: longer}))


def test_the_same_answers_suit_the_complete_client():
    assert judged(stream(answers())) == SECRET


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80, 0xFF])
def test_with_any_byte_changed_it_says_what_the_complete_client_says_or_nothing(change):
    whole = stream(answers())
    for at, byte in enumerate(whole):
        law(whole[:at] + bytes((byte ^ change,)) + whole[at + 1 :])


@pytest.mark.parametrize("piece", [1, None])
def test_an_end_at_any_byte_is_noticed(piece):
    whole = stream(answers())
    for size in range(len(whole)):
        with pytest.raises(Unusual):
            text_of(whole[:size], piece)


def test_a_silence_at_any_byte_ends_at_the_deadline():
    whole = stream(answers())
    for size in range(len(whole)):
        with pytest.raises(TimeoutError):
            text_of(whole[:size], end=TimeoutError())

"""Our few bytes of D-Bus beside jeepney, which knows all of it."""

import os
import socket
import string
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jeepney import HeaderFields, MessageFlag, MessageType
from jeepney.bus import get_connectable_addresses
from jeepney.low_level import Endianness, Parser

from awscreds.stores.backends import dbus_wire
from awscreds.stores.backends.dbus_wire import (
    FIXED,
    LIMIT,
    Message,
    Unusual,
    Values,
    call,
    dictionary,
    padded,
    peer,
    size_of,
    socket_names,
    texts,
)
from tests.stores.backends.said import message, signal

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
OBJECT = st.from_regex(r"/|(/[A-Za-z0-9_]+)+", fullmatch=True)
NUMBER = st.integers(0, 2**32 - 1)


class TestToTheBus:
    @given(st.integers(1, 2**32 - 1), TEXT, OBJECT, TEXT, TEXT)
    def test_a_call_is_what_jeepney_reads(self, serial, destination, path, interface, member):
        (read,) = Parser().feed(call(serial, destination, path, interface, member))
        assert read.header.message_type is MessageType.method_call
        assert read.header.flags == MessageFlag.no_auto_start
        assert read.header.serial == serial
        assert read.header.fields == {
            HeaderFields.path: path,
            HeaderFields.interface: interface,
            HeaderFields.member: member,
            HeaderFields.destination: destination,
        }
        assert read.body == ()

    @pytest.mark.parametrize("signature", ["", "s", "ss", "sss"])
    @given(st.data())
    def test_strings_are_what_jeepney_reads(self, signature, data):
        values = tuple(data.draw(TEXT) for _ in signature)
        (read,) = Parser().feed(call(1, "a", "/", "b", "c", signature, texts(*values)))
        assert read.body == values
        assert read.header.fields.get(HeaderFields.signature, "") == signature

    @given(st.dictionaries(TEXT, TEXT, max_size=5))
    def test_a_dictionary_is_what_jeepney_reads(self, values):
        (read,) = Parser().feed(call(1, "a", "/", "b", "c", "a{ss}", dictionary(values)))
        assert read.body == (values,)

    @pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800"])
    def test_what_no_string_can_have_is_refused(self, text):
        with pytest.raises(Unusual):
            texts(text)

    @given(st.binary(max_size=40), st.sampled_from([1, 2, 4, 8]))
    def test_padding_ends_at_a_boundary_and_is_empty(self, data, boundary):
        wider = padded(data, boundary)
        assert len(wider) % boundary == 0
        assert len(wider) - len(data) < boundary
        assert wider == data + bytes(len(wider) - len(data))


READERS = {
    "s": (TEXT, Values.text),
    "o": (OBJECT, Values.path),
    "g": (st.sampled_from(["", "s", "a{sv}", "(oayays)"]), Values.signature),
    "u": (NUMBER, Values.number),
    "y": (st.integers(0, 255), Values.byte),
    "b": (st.booleans(), Values.boolean),
    "ay": (st.binary(max_size=60), Values.octets),
    "ao": (st.lists(OBJECT, max_size=5), Values.paths),
}


class TestFromTheBus:
    @given(st.lists(st.sampled_from(sorted(READERS)), max_size=6), st.data())
    def test_values_of_any_types_are_what_jeepney_wrote(self, types, data):
        values = tuple(data.draw(READERS[each][0]) for each in types)
        read = Message(message(1, "".join(types), values))
        assert read.signature == "".join(types)
        assert tuple(READERS[each][1](read.body) for each in types) == values
        read.body.end()

    @given(st.integers(1, 2**32 - 1), TEXT)
    def test_a_header_is_what_jeepney_wrote(self, serial, sender):
        read = Message(message(serial, sender=sender))
        assert (read.kind, read.reply_to) == (dbus_wire.RETURN, serial)
        assert (read.sender, read.signature) == (sender, "")

    def test_a_signal_answers_nothing(self):
        read = Message(signal())
        assert (read.kind, read.reply_to) == (dbus_wire.SIGNAL, 0)

    @given(st.lists(st.sampled_from(sorted(READERS)), min_size=1, max_size=4), st.data())
    def test_half_a_body_is_refused(self, types, data):
        """No more is taken than there is, whatever a length says."""
        values = tuple(data.draw(READERS[each][0]) for each in types)
        whole = Message(message(1, "".join(types), values)).body._data
        body = Values(whole[: data.draw(st.integers(0, len(whole) - 1))])
        with pytest.raises(Unusual):
            [READERS[each][1](body) for each in types]

    @pytest.mark.parametrize(
        ("read", "data"),
        [
            (Values.text, b"\1\0\0\0ab"),
            (Values.text, b"\1\0\0\0\0\0"),
            (Values.text, b"\1\0\0\0\xff\0"),
            (Values.text, b"\xff\xff\xff\xffa\0"),
            (Values.octets, b"\xff\xff\xff\x7fa"),
            (Values.paths, b"\xff\xff\xff\x7fa"),
            (Values.paths, b"\5\0\0\0\1\0\0\0/\0"),
            (Values.path, b"\1\0\0\0a\0"),
            (Values.path, b"\0\0\0\0\0"),
            (Values.path, b"\2\0\0\0/-\0"),
            (Values.boolean, b"\2\0\0\0"),
            (Values.signature, b"\2s\0"),
            (lambda values: (values.byte(), values.number()), b"\0\1\0\0\0\0\0\0"),
            (Values.end, b"\0"),
        ],
    )
    def test_what_is_no_value_is_refused(self, read, data):
        with pytest.raises(Unusual):
            read(Values(data))

    def test_a_text_that_is_not_one_leaves_no_trace(self):
        with pytest.raises(Unusual) as caught:
            Values(b"\5\0\0\0HUSH\xff\0").text()
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize("size", [LIMIT - 100, LIMIT, 2**20])
    def test_a_long_message_is_refused_by_its_beginning(self, size):
        whole = message(1, "ay", (bytes(size),))
        if len(whole) <= LIMIT:
            assert size_of(whole[:FIXED]) == len(whole)
            return
        with pytest.raises(Unusual):
            size_of(whole[:FIXED])

    def test_a_length_that_no_machine_has_is_refused(self):
        whole = message(1)
        for at in (4, 12):
            with pytest.raises(Unusual):
                size_of(whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 : FIXED])

    def test_the_order_of_bytes_of_other_machines_is_refused(self):
        with pytest.raises(Unusual):
            size_of(message(1, endianness=Endianness.big)[:FIXED])

    def test_half_a_message_is_refused(self):
        whole = message(1, "s", ("x",))
        for size in range(len(whole)):
            with pytest.raises(Unusual):
                Message(whole[:size])
        with pytest.raises(Unusual):
            Message(whole + b"\0")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"\5\1u\0", b"\5\1s\0"),  # a serial that is a string
            (b"\7\1s\0", b"\x09\1s\0"),  # file descriptors
            (b"\7\1s\0", b"\x2a\1s\0"),  # a field of the future
            (b"\6\1s\0", b"\7\1s\0"),  # two senders
            (b"\7\1s\0", b"\7\1x\0"),
        ],
    )
    def test_another_header_is_refused(self, old, new):
        whole = message(1)
        assert whole.count(old) == 1
        with pytest.raises(Unusual):
            Message(whole.replace(old, new))

    def test_fields_that_end_within_one_are_refused(self):
        whole = message(1)
        size = int.from_bytes(whole[12:16], "little")
        for shorter in range(1, 8):
            wrong = whole[:12] + (size - shorter).to_bytes(4, "little") + whole[FIXED:]
            with pytest.raises(Unusual):
                Message(wrong)


PLAIN = string.ascii_letters + string.digits + "-_/.*\\"


class TestAddresses:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["path", "abstract"]),
                st.text("".join(chr(code) for code in range(1, 128)), min_size=1, max_size=20),
                st.sampled_from(["", "0123456789abcdef"]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def test_what_is_escaped_as_the_specification_says_is_found(self, places):
        def escaped(text):
            return "".join(each if each in PLAIN else f"%{ord(each):02x}" for each in text)

        address = ";".join(
            f"unix:{key}={escaped(value)}" + (f",guid={guid}" if guid else "")
            for key, value, guid in places
        )
        wanted = [("\0" if key == "abstract" else "") + value for key, value, _ in places]
        if any(ord(letter) < 0x20 for _, value, _ in places for letter in value):
            with pytest.raises(Unusual):
                socket_names(address)
        else:
            assert socket_names(address) == wanted == list(get_connectable_addresses(address))

    @given(st.text("unix:=,;%path/abstrcguid09afAF ", max_size=60))
    @example("unix:path=/a,guid=0")
    @example("unix:guid=0,path=/a;unix:abstract=b")
    def test_it_is_what_jeepney_finds_or_nothing(self, address):
        try:
            found = socket_names(address)
        except Unusual:
            return
        assert found == list(get_connectable_addresses(address))

    @pytest.mark.parametrize(
        "address",
        [
            *("", ";", "unix", "unix:", "unix:path", "unix:path=", "unix:guid=0", "tcp:host=a"),
            *("unix:path=/a,path=/b", "unix:path=/a,abstract=b", "unix:path=/a,", "unix:dir=/a"),
            *("unix:path=/a%", "unix:path=/a%4", "unix:path=/a%4x", "unix:path=/a%c3%a9"),
            *("unix:path=/a%00b", "unix:path=/a;", "unix:path=/a;autolaunch:", "UNIX:path=/a"),
        ],
    )
    def test_another_form_is_left_to_the_complete_client(self, address):
        with pytest.raises(Unusual):
            socket_names(address)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is at the other end")
def test_the_kernel_says_who_is_at_the_other_end():
    one, other = socket.socketpair()
    with one, other:
        assert peer(one) == os.geteuid()

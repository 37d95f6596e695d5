"""A Secret Service in memory that misbehaves as told. Run as a program by ``fake_service``.

Its argument is a JSON object: ``log``, a file that gets the name of each call; ``holds``, the
attributes of items it starts with; ``silent``, ``dies``, ``kills_bus``, ``garbage``, ``refuses``,
``asks`` (puts up a prompt), ``big_endian``, ``signals`` (says something else before it answers),
each a list of calls; ``loses``, calls whose object is not known, each
as often as it stands there; ``locked``, ``drops_writes``,
``secret_is_no_text``; ``prompt``: "accepts", "hesitates", "dismisses" or "ignores".
"""

import json
import os
import signal
import socket
import struct
import sys
import time

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import Endianness

ITEM = "/org/freedesktop/secrets/collection/fake/{}"
PROMPT = "/org/freedesktop/secrets/prompt/1"


class Fake:
    def __init__(self, bus, told):
        self.bus = bus
        self.told = told
        self.losses = list(told.get("loses", ()))
        self.locked = told.get("locked", False)
        self.items = {
            ITEM.format(f"held{n}"): (has, b"held") for n, has in enumerate(told.get("holds", ()))
        }
        self.number = 0
        self.after_prompt = None

    def serve(self):
        while True:
            message = self.bus.receive()
            if message.header.message_type is MessageType.method_call:
                self.take(message)

    def take(self, message):
        member = message.header.fields[HeaderFields.member]
        with open(self.told["log"], "a") as log:
            log.write(member + "\n")
        if member in self.told.get("dies", ()):
            os._exit(1)
        if member in self.told.get("kills_bus", ()):
            self.kill_bus()
        elif member in self.told.get("silent", ()):
            pass
        elif member in self.told.get("garbage", ()):
            self.bus.send(new_method_return(message, "s", ("nonsense",)))
        elif member in self.losses:
            self.losses.remove(member)
            self.bus.send(
                new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", ("",))
            )
        elif member in self.told.get("refuses", ()):
            text = "the service's own words: HUSH"
            self.bus.send(new_error(message, "org.example.Error.No", "s", (text,)))
        else:
            signature, *body = getattr(self, member)(message, *message.body)
            answer = new_method_return(message, signature or None, tuple(body))
            if member in self.told.get("big_endian", ()):
                answer.header.endianness = Endianness.big
            if member in self.told.get("signals", ()):
                self.signal(message.header.fields[HeaderFields.sender])
            self.bus.send(answer)
            if member == "Prompt":
                self.complete()

    def signal(self, destination):
        address = DBusAddress("/org/freedesktop/secrets", interface="org.example.Weather")
        change = new_signal(address, "Changed", "a{sv}", ({"rain": ("b", True)},))
        change.header.fields[HeaderFields.destination] = destination
        self.bus.send(change)

    def kill_bus(self):
        size = struct.calcsize("3i")
        ucred = self.bus.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        os.kill(struct.unpack("3i", ucred)[0], signal.SIGKILL)

    def ask(self, member, result, then):
        """Do ``then`` and be done, or do it after a prompt."""
        if member not in self.told.get("asks", ()):
            then()
            return result[1], "/"
        self.after_prompt = result, then
        return "/" if isinstance(result[1], str) else [], PROMPT

    def complete(self):
        how = self.told.get("prompt", "accepts")
        if how == "ignores":
            return
        result, then = self.after_prompt
        if how == "hesitates":
            time.sleep(0.8)
        if how != "dismisses":
            then()
        address = DBusAddress(PROMPT, interface="org.freedesktop.Secret.Prompt")
        # Without a destination: the specification lets a service tell everybody.
        body = (how == "dismisses", result)
        self.bus.send(new_signal(address, "Completed", "bv", body))

    def OpenSession(self, message, algorithm, value):
        return "vo", ("s", ""), "/org/freedesktop/secrets/session/1"

    def Get(self, message, interface, name):
        return "v", ("b", self.locked)

    def SearchItems(self, message, wanted):
        return "ao", [
            path for path, (has, _) in self.items.items() if wanted.items() <= has.items()
        ]

    def CreateItem(self, message, properties, secret, replace):
        self.number += 1
        path = ITEM.format(self.number)
        attributes = properties["org.freedesktop.Secret.Item.Attributes"][1]

        def keep():
            if not self.told.get("drops_writes"):
                self.items[path] = attributes, secret[2]

        return "oo", *self.ask("CreateItem", ("o", path), keep)

    def GetSecret(self, message, session):
        _, value = self.items[message.header.fields[HeaderFields.path]]
        if self.told.get("secret_is_no_text"):
            value = b"HUSH\xff"
        return "(oayays)", (session, b"", value, "text/plain")

    def Delete(self, message):
        path = message.header.fields[HeaderFields.path]
        _, prompt = self.ask("Delete", ("s", ""), lambda: self.items.pop(path))
        return "o", prompt

    def Unlock(self, message, paths):
        def unlock():
            self.locked = False

        return "aoo", *self.ask("Unlock", ("ao", paths), unlock)

    def Prompt(self, message, window):
        return ("",)

    def Dismiss(self, message):
        return ("",)


if __name__ == "__main__":
    connection = open_dbus_connection()
    connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.secrets"))
    Fake(connection, json.loads(sys.argv[1])).serve()

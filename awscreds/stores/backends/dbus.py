"""A connection to the D-Bus session bus on which nothing waits forever.

jeepney does the protocol. Its own connections wait forever for the answer to ``Hello``.
"""

from __future__ import annotations

import os
import socket
import sys
import time

from awscreds.errors import StoreUnavailable
from awscreds.stores.backends.dbus_wire import BUS, BUS_PATH, VARIABLE, peer, user_bus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

USE_THE_VAULT = "or keep secrets in the vault file: AWSCREDS_BACKEND=vault"


class NoSecretService(StoreUnavailable):
    """There is no session bus, or no Secret Service on it."""


class BusError(Exception):
    """An error reply. Only its name is kept: the text may hold anything."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Bus:
    """A connection that ends after ``deadline`` seconds unless ``extend`` gives it more.

    Raises NoSecretService if there is no bus of this user, TimeoutError at the deadline, OSError
    if the connection breaks, and what jeepney raises for an invalid message.
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
        """Wait for the next messages until ``seconds`` from now, at least."""
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
        """Call a method and return its answer, which has the D-Bus signature ``gives``.

        Never starts a service.
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
                    raise BusError(str(fields.get(HeaderFields.error_name)))
                if fields.get(HeaderFields.signature, "") != gives:
                    raise ValueError(method)
                return tuple(answer.body)
            if kind is MessageType.signal:
                self._signals.append(answer)

    def ask(self, method: str, *body: object, takes: str = "", gives: str = "") -> tuple[Any, ...]:
        """Call a method of the bus itself."""
        return self.call(BUS, BUS_PATH, BUS, method, *body, takes=takes, gives=gives)

    def signal(self, path: str, member: str) -> tuple[Any, ...]:
        """Wait for a signal, which may have arrived already."""
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
        if sys.platform != "linux":  # nothing else would tell us whose bus it is
            raise NoSecretService(
                "only Linux has a Secret Service", hint=USE_THE_VAULT.removeprefix("or ")
            )
        address = environ.get(VARIABLE) or user_bus()
        if address is None:
            raise NoSecretService(
                "there is no keyring, because there is no session bus (D-Bus)",
                hint=f"log in to a desktop session, set {VARIABLE}, {USE_THE_VAULT}",
            )
        failure = "it has no Unix socket"
        for name in _socket_names(address):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._left())
                connection.connect(name)
                if peer(connection) == os.geteuid():
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
            hint=f"log in again, correct {VARIABLE}, {USE_THE_VAULT}",
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
                "the session bus refused this user",
                hint=f"log in again, correct {VARIABLE}, {USE_THE_VAULT}",
            ) from None
        self._send(BEGIN)


def _socket_names(address: str) -> list[str]:
    from jeepney.bus import get_connectable_addresses

    try:
        return list(get_connectable_addresses(address))
    except (ValueError, RuntimeError):  # not an address; no Unix socket in it
        return []

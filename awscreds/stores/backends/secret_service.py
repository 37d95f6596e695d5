"""The Secret Service (gnome-keyring, KWallet, KeePassXC) over D-Bus, without the keyring library.

The items are the same that the library reads and writes: the default collection, the attributes
``service`` and ``username``. Going there directly costs a fresh process a fifth of what the library
costs, and every step has a deadline. The library waits forever for a silent service, or for a
prompt that nobody sees.

Secrets travel in the "plain" session of the specification, unencrypted, over the bus's socket. Only
the same user could listen there, who can also ask the service for the secret.
"""

from __future__ import annotations

import contextlib
import struct

from awscreds.errors import SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.stores.backends.dbus import USE_THE_VAULT, Bus, BusError, NoSecretService
from awscreds.stores.backends.dbus_wire import BUS
from awscreds.stores.backends.unlocked_item import (
    COLLECTION,
    DEADLINE,
    DEFAULT,
    ITEM,
    LABEL,
    PROMPT_DEADLINE,
    PROPERTIES,
    SECRETS,
    SERVICE,
    SERVICE_PATH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

_PROMPT = "org.freedesktop.Secret.Prompt"
_NOTHING = "/"
"""The object path that means "none"."""

_NOT_RUNNING = frozenset((f"{BUS}.Error.ServiceUnknown", f"{BUS}.Error.NameHasNoOwner"))
_DIED = f"{BUS}.Error.NoReply"
_NO_SUCH_OBJECT = frozenset(
    (
        "org.freedesktop.Secret.Error.NoSuchObject",
        f"{BUS}.Error.UnknownMethod",
        f"{BUS}.Error.UnknownObject",
        f"{BUS}.Error.UnknownInterface",
    )
)
_IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked"


class SecretService:
    """Texts in the default collection, by the names that the keyring library uses.

    Each method is one conversation on its own connection, and ends within ``deadline`` seconds
    (``prompt_deadline`` if a person is asked). Of those, ``spent`` are over already. Raises
    StoreLocked at once if the collection is locked, NoSecretService if there is no service,
    StoreUnavailable if it does not answer.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        deadline: float = DEADLINE,
        prompt_deadline: float = PROMPT_DEADLINE,
        spent: float = 0,
    ) -> None:
        self._environ = environ
        self._deadline = deadline
        self._spent = spent
        self._prompt_deadline = prompt_deadline

    def read(self, service: str, username: str) -> str | None:
        def read(talk: Conversation) -> str | None:
            talk.require_unlocked()
            for item in talk.search(service, username):
                return talk.secret(item)
            return None

        return self.converse(read)

    def write(self, service: str, username: str, text: str) -> None:
        def write(talk: Conversation) -> None:
            talk.require_unlocked()
            written = talk.create(service, username, text)
            found = talk.search(service, username)
            # Older items with other attributes may also be found. We delete them only if the new
            # item is among the results.
            if written in found:
                for item in found:
                    if item != written:
                        talk.delete(item)

        self.converse(write)

    def erase(self, service: str, username: str) -> bool:
        def erase(talk: Conversation) -> bool:
            talk.require_unlocked()
            found = talk.search(service, username)
            for item in found:
                talk.delete(item)
            return bool(found)

        return self.converse(erase)

    def check(self) -> None:
        self.converse(lambda talk: talk.require_unlocked())

    def is_locked(self) -> bool:
        return self.converse(lambda talk: talk.is_locked())

    def unlock(self) -> None:
        with self._conversation() as talk:
            if talk.is_locked():
                talk.unlock()
                talk.require_unlocked()

    def converse(self, about: Callable[[Conversation], T]) -> T:
        """The result of a conversation, or of a second one if the service lost an object.

        gnome-keyring does so for an instant, rarely, while many processes write. What is done in
        a conversation can be done again.
        """
        try:
            with self._conversation() as talk:
                return about(talk)
        except _ObjectLost:
            with self._conversation() as talk:
                return about(talk)

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[Conversation]:
        try:
            with contextlib.closing(Bus(self._environ, self._deadline - self._spent)) as bus:
                yield Conversation(bus, self._prompt_deadline)
        except BusError as error:
            raise _refusal(error.name) from None
        except TimeoutError:
            raise StoreUnavailable(
                f"{LABEL} did not answer within {self._deadline:g} seconds",
                hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
            ) from None
        except OSError as error:
            raise StoreUnavailable(
                f"the connection to {LABEL} broke: {error.strerror or type(error).__name__}",
                hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
            ) from None
        except (ValueError, TypeError, LookupError, AssertionError, struct.error):
            # What jeepney raises for an invalid message, and we for an unexpected one.
            raise StoreUnavailable(
                f"{LABEL} gave an invalid answer",
                hint=f"check which program offers {SECRETS} on the session bus, {USE_THE_VAULT}",
            ) from None


class _ObjectLost(StoreUnavailable):
    """The service does not know an object that it named, or that must exist."""


def _refusal(name: str) -> SecretStoreError:
    # Only the name of a D-Bus error is shown: the service may put anything into the text.
    if name == _IS_LOCKED:
        return _locked()
    if name == _DIED or name in _NOT_RUNNING:
        return StoreUnavailable(
            "the Secret Service stopped while awscreds was using it",
            hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
        )
    kind = _ObjectLost if name in _NO_SUCH_OBJECT else StoreUnavailable
    return kind(
        f"the Secret Service refused: {name}",
        hint=f"log in again or restart the keyring service, {USE_THE_VAULT}",
    )


def _locked() -> StoreLocked:
    return StoreLocked(
        "the keyring is locked",
        hint=f"run `awscreds unlock`, log in again, {USE_THE_VAULT}",
    )


class Conversation:
    """A session with the service, which is started if the bus knows how."""

    def __init__(self, bus: Bus, prompt_deadline: float) -> None:
        self._bus = bus
        self._prompt_deadline = prompt_deadline
        try:
            self._session = self._open_session()
        except BusError as error:
            if error.name not in _NOT_RUNNING:
                raise
            self._start()
            self._session = self._open_session()

    def _call(
        self, path: str, interface: str, method: str, *body: object, takes: str = "", gives: str
    ) -> tuple[Any, ...]:
        return self._bus.call(SECRETS, path, interface, method, *body, takes=takes, gives=gives)

    def _open_session(self) -> str:
        _, path = self._call(
            SERVICE_PATH, SERVICE, "OpenSession", "plain", ("s", ""), takes="sv", gives="vo"
        )
        return str(path)

    def _start(self) -> None:
        (names,) = self._bus.ask("ListActivatableNames", gives="as")
        if SECRETS not in names:
            raise NoSecretService(
                "no program on the session bus offers a keyring (Secret Service)",
                hint=f"start one (gnome-keyring, KWallet, KeePassXC), {USE_THE_VAULT}",
            )
        try:
            self._bus.ask("StartServiceByName", SECRETS, 0, takes="su", gives="u")
        except BusError as error:
            raise StoreUnavailable(
                f"the keyring service could not be started: {error.name}",
                hint=f"start it manually to see why, {USE_THE_VAULT}",
            ) from None

    def value_of(self, path: str, interface: str, name: str) -> Any:
        """A property of an object."""
        ((_, value),) = self._call(path, PROPERTIES, "Get", interface, name, takes="ss", gives="v")
        return value

    def collections(self) -> list[str]:
        """The paths of all collections."""
        return [str(path) for path in self.value_of(SERVICE_PATH, SERVICE, "Collections")]

    def items(self, collection: str) -> list[tuple[str, dict[str, str]]]:
        """The path and the attributes of each item. Raises StoreLocked."""
        if self.value_of(collection, COLLECTION, "Locked"):
            raise _locked()
        return [
            (str(path), dict(self.value_of(path, ITEM, "Attributes")))
            for path in self.value_of(collection, COLLECTION, "Items")
        ]

    def is_locked(self) -> bool:
        try:
            ((_, locked),) = self._call(
                DEFAULT, PROPERTIES, "Get", COLLECTION, "Locked", takes="ss", gives="v"
            )
        except BusError as error:
            if error.name not in _NO_SUCH_OBJECT:
                raise
            raise StoreUnavailable(
                "the Secret Service has no default keyring",
                hint="create one (Passwords and Keys: New > Password keyring, set as default), "
                + USE_THE_VAULT,
            ) from None
        return bool(locked)

    def require_unlocked(self) -> None:
        """Call it before anything else: if the collection is locked, some calls show a prompt."""
        if self.is_locked():
            raise _locked()

    def search(self, service: str, username: str) -> list[str]:
        wanted = {"service": service, "username": username}
        (found,) = self._call(DEFAULT, COLLECTION, "SearchItems", wanted, takes="a{ss}", gives="ao")
        return list(found)

    def secret(self, item: str) -> str | None:
        value = self.secret_bytes(item)
        if value is None:
            return None
        text = None
        with contextlib.suppress(UnicodeDecodeError):  # the error holds the secret, so it ends here
            text = value.decode("utf-8", "surrogatepass")
        if text is None:
            raise SecretStoreError(
                "the entry in the Secret Service keyring is not text", code="entry-broken"
            )
        return text

    def secret_bytes(self, item: str) -> bytes | None:
        """The secret of an item; None if it is gone."""
        try:
            ((_, _, value, _),) = self._call(
                item, ITEM, "GetSecret", self._session, takes="o", gives="(oayays)"
            )
        except BusError as error:
            if error.name in _NO_SUCH_OBJECT:  # erased since it was found
                return None
            raise
        return bytes(value)

    def create(self, service: str, username: str, text: str) -> str:
        """Write an item as the keyring library would; return its path."""
        properties = {
            f"{ITEM}.Label": ("s", f"Password for '{username}' on '{service}'"),
            f"{ITEM}.Attributes": (
                "a{ss}",
                {
                    "application": "Python keyring library",
                    "service": service,
                    "username": username,
                },
            ),
        }
        # An encoding error would hold the secret. This encoding cannot fail.
        secret = (self._session, b"", text.encode("utf-8", "surrogatepass"), "text/plain")
        item, prompt = self._call(
            DEFAULT,
            COLLECTION,
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
            (prompt,) = self._call(item, ITEM, "Delete", gives="o")
        except BusError as error:
            if error.name in _NO_SUCH_OBJECT:  # somebody else was faster
                return
            raise
        self._answer(prompt)

    def unlock(self) -> None:
        _, prompt = self._call(SERVICE_PATH, SERVICE, "Unlock", [DEFAULT], takes="ao", gives="aoo")
        self._answer(prompt)

    def _answer(self, prompt: str) -> Any:
        """Let the service ask its question, if it has one. Returns its result."""
        if prompt == _NOTHING:
            return None
        # Some services send the answer to everybody instead of only to us.
        rule = f"type='signal',interface='{_PROMPT}',member='Completed',path='{prompt}'"
        self._bus.ask("AddMatch", rule, takes="s")
        self._bus.extend(self._prompt_deadline)
        try:
            self._call(prompt, _PROMPT, "Prompt", "", takes="s", gives="")
            dismissed, (_, value) = self._bus.signal(prompt, "Completed")
        except TimeoutError:
            self._bus.extend(1)  # to close the window again
            with contextlib.suppress(BusError, OSError):
                self._call(prompt, _PROMPT, "Dismiss", gives="")
            dismissed, value = True, None
        if dismissed:
            raise StoreLocked(
                "the keyring asked for its password, but nobody answered",
                hint=f"answer its prompt on your desktop, {USE_THE_VAULT}",
            )
        return value

"""The OS keyring as a backend of the secret store: found once, checked by class, then remembered.

The next process loads only the remembered class. It talks to the Secret Service without the keyring
library (``secret_service``; for an SDK first by ``unlocked_item``), and to everything else through
the library (``keyring_library``).
"""

from __future__ import annotations

import os
import sys
from time import monotonic

from awscreds.errors import SecretStoreError, StoreUnavailable
from awscreds.stores.backends.unlocked_item import DEADLINE, LABEL, PROMPT_DEADLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    class KeyringClient(Protocol):
        """Texts by service and user name, as the keyring library names them."""

        def read(self, service: str, username: str) -> str | None: ...
        def write(self, service: str, username: str, text: str) -> None: ...
        def erase(self, service: str, username: str) -> bool: ...
        def check(self) -> None: ...
        def is_locked(self) -> bool: ...
        def unlock(self) -> None: ...


DIRECT = "keyring.backends.SecretService.Keyring"
"""The backend class of the Secret Service, to which we talk directly on Linux."""
_SHORT_WAY = 0.5
"""The part of the deadline after which the short way gives up, and the complete client begins.

A service that asks a person would then ask again, so it is not a small one."""


class KeyringBackend:
    """The OS keyring. The entry ID is the item of service ``awscreds:ID`` and user name ``ID``.

    ``class_name`` is the remembered backend class of the keyring library. None: the first use looks
    for one, and passes its name to ``remember``. A remembered class wins over keyring's own
    configuration (PYTHON_KEYRING_BACKEND, keyringrc.cfg): SDKs start us in all kinds of
    environments, and all must find the same entries.

    ``deadline`` is in seconds, for a service to answer, and ``prompt_deadline`` for a person. The
    library may ask at any call, so its calls have the second one. On Windows and macOS a backend
    talks to nobody while it is loaded: that takes only as long as the machine is busy.

    ``for_sdk``: an SDK waits for this process, so reads try the short way to the Secret Service.
    Nothing else differs.
    """

    name = "keyring"
    hold_seconds = None
    """Its own settings say when it locks."""
    keep_seconds = 60.0
    """Nobody tells us when it is locked, or when another program changes an entry."""

    def __init__(
        self,
        class_name: str | None,
        *,
        remember: Callable[[str], None] | None = None,
        environ: Mapping[str, str] = os.environ,
        deadline: float = DEADLINE,
        prompt_deadline: float = PROMPT_DEADLINE,
        for_sdk: bool = False,
    ) -> None:
        self._class_name = class_name
        self._remember = remember
        self._environ = environ
        self._deadline = deadline
        self._load_deadline = prompt_deadline if sys.platform in ("win32", "darwin") else deadline
        self._prompt_deadline = prompt_deadline
        self._for_sdk = for_sdk
        self._spent = 0.0
        self._opened: KeyringClient | None = None

    def describe(self) -> str:
        """What it is, for people. Does not access it."""
        if self._class_name is None:
            return "the OS keyring"
        if self._class_name == DIRECT:
            return LABEL
        from awscreds.stores.backends.keyring_library import label

        return label(self._class_name)

    def read(self, entry_id: str) -> str | None:
        text = self._read_shortly(entry_id)
        return self._client().read(*_names(entry_id)) if text is None else text

    def write(self, entry_id: str, text: str) -> None:
        self._client().write(*_names(entry_id), text)

    def erase(self, entry_id: str) -> bool:
        return self._client().erase(*_names(entry_id))

    def check(self) -> None:
        self._client().check()

    def exists(self) -> bool:
        """Whether it exists. Without access to it, the answer is always yes."""
        return True

    def is_available(self) -> bool:
        """Whether there is one to trust. A locked keyring counts."""
        try:
            self.check()
        except StoreUnavailable:
            return False
        return True

    def why_chosen(self) -> None:
        """Nothing: it is what people expect."""

    def status(self) -> str:
        """``open`` or ``locked``, else why that is unknown."""
        try:
            return "locked" if self.is_locked() else "open"
        except SecretStoreError as error:
            return error.message

    def is_locked(self) -> bool:
        """Whether it must be unlocked first. Shows no prompt.

        Only the Secret Service can tell. False for the others.
        """
        return self._client().is_locked()

    def open_early(self) -> None:
        """Nothing: it asks by itself, on the desktop."""

    def unlock(self, seconds: int | None = None) -> None:  # noqa: ARG002 - it has no hold_seconds
        """Unlock it, with a prompt on the desktop if needed; StoreLocked if it stays locked."""
        self._client().unlock()

    def lock(self) -> None:
        """Nothing: locking it is not up to us."""

    def listed(self) -> None:
        """No keyring lists its entries without being asked for one of them."""

    def key_place(self) -> None:
        """None: that is its own matter."""

    def lease(self) -> None:
        """Nothing of ours keeps it open."""

    def seconds_open(self) -> float:
        """Infinite: closing it is not up to us."""
        return float("inf")

    def _read_shortly(self, entry_id: str) -> str | None:
        """The text of ``entry_id`` by the short way; None if only the complete client can say."""
        if not self._for_sdk or self._opened or self._class_name != DIRECT:
            return None
        from awscreds.stores.backends import unlocked_item

        start = monotonic()
        text = unlocked_item.read(self._environ, *_names(entry_id), self._deadline * _SHORT_WAY)
        self._spent = 0 if text is not None else monotonic() - start
        return text

    def _client(self) -> KeyringClient:
        if self._opened is None:
            if self._class_name is None:
                self._opened = self._look()
            else:
                self._opened = self._open(self._class_name)
        return self._opened

    def _look(self) -> KeyringClient:
        from awscreds.process import complete_search_path
        from awscreds.stores.backends.keyring_library import CHAINER, configured, find

        complete_search_path()  # the library looks for backends in all of it
        wish = configured(self._environ)
        if wish in (None, CHAINER) and self._has_secret_service():
            found = DIRECT
        else:
            # If there is nothing at all, the error of the Secret Service explains it best.
            found = find(wish, deadline=self._load_deadline) or DIRECT
        client = self._open(found)
        client.is_locked()  # do not remember one that does not even answer this
        self._class_name = found
        if self._remember:
            self._remember(found)
        return client

    def _has_secret_service(self) -> bool:
        """Whether the session has one: then there is no need to search through all backends.

        If it is there and does not work, that is an error, and not a reason to use a weaker one.
        """
        if sys.platform != "linux":
            return False
        from awscreds.stores.backends.dbus import NoSecretService

        try:
            self._open(DIRECT).is_locked()
        except NoSecretService:
            return False
        return True

    def _open(self, class_name: str) -> KeyringClient:
        if class_name == DIRECT and sys.platform == "linux":
            from awscreds.stores.backends.secret_service import SecretService

            return SecretService(
                self._environ,
                deadline=self._deadline,
                prompt_deadline=self._prompt_deadline,
                spent=self._spent,
            )
        from awscreds.process import complete_search_path
        from awscreds.stores.backends.keyring_library import LibraryKeyring

        complete_search_path()
        return LibraryKeyring(
            class_name, deadline=self._load_deadline, prompt_deadline=self._prompt_deadline
        )


def _names(entry_id: str) -> tuple[str, str]:
    return f"awscreds:{entry_id}", entry_id

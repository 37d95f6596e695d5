"""The OS keyring as a backend of the secret store: found once, judged by class, then remembered.

The next process loads the remembered class alone, and speaks to the Secret Service without the
keyring library at all: ``secret_service``. All else goes through the library: ``keyring_library``.
"""

from __future__ import annotations

import os
import sys

from awscreds.errors import SecretStoreError, StoreUnavailable
from awscreds.stores.backends.dbus import NoSecretService
from awscreds.stores.backends.secret_service import DEADLINE, PROMPT_DEADLINE, SecretService

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
"""The backend class whose service is spoken to directly on Linux, by the library elsewhere."""


class KeyringBackend:
    """The OS keyring. The entry ID is the item of service ``awscreds:ID`` and user name ``ID``.

    ``class_name`` is the remembered backend class of the keyring library; None looks for one at
    the first use and gives the name of what was found to ``remember``. What is remembered counts
    more than keyring's own configuration (PYTHON_KEYRING_BACKEND, keyringrc.cfg): SDKs start us in
    environments of every kind, and all must find the same entries.

    ``deadline`` is in seconds, for a service to answer; ``prompt_deadline`` for a person to. The
    library may ask by itself at any call, so the latter holds for its calls.
    """

    name = "keyring"
    hold_seconds = None
    """When it is locked is for its own settings to say."""

    def __init__(
        self,
        class_name: str | None,
        *,
        remember: Callable[[str], None] | None = None,
        environ: Mapping[str, str] = os.environ,
        deadline: float = DEADLINE,
        prompt_deadline: float = PROMPT_DEADLINE,
    ) -> None:
        self._class_name = class_name
        self._remember = remember
        self._environ = environ
        self._deadline = deadline
        self._prompt_deadline = prompt_deadline
        self._opened: KeyringClient | None = None

    def describe(self) -> str:
        """What it is, for people. Looks for nothing and asks nobody."""
        if self._class_name is None:
            return "the OS keyring"
        if self._class_name == DIRECT:
            return SecretService.label
        from awscreds.stores.backends.keyring_library import label

        return label(self._class_name)

    def read(self, entry_id: str) -> str | None:
        return self._keeper().read(*_names(entry_id))

    def write(self, entry_id: str, text: str) -> None:
        self._keeper().write(*_names(entry_id), text)

    def erase(self, entry_id: str) -> bool:
        return self._keeper().erase(*_names(entry_id))

    def check(self) -> None:
        self._keeper().check()

    def exists(self) -> bool:
        """Whether it is there: always, as far as can be told without asking it."""
        return True

    def is_available(self) -> bool:
        """Whether one can be trusted here. A locked keyring is one."""
        try:
            self.check()
        except StoreUnavailable:
            return False
        return True

    def why_chosen(self) -> None:
        """Nothing: it is what people expect."""

    def status(self) -> str:
        """``open`` or ``locked``, else why it does not say."""
        try:
            return "locked" if self.is_locked() else "open"
        except SecretStoreError as error:
            return error.message

    def is_locked(self) -> bool:
        """Whether it has to be unlocked first. Puts up no prompt.

        Only the Secret Service can tell; False for the others.
        """
        return self._keeper().is_locked()

    def open_early(self) -> None:
        """Nothing: it asks by itself, on the desktop."""

    def unlock(self, seconds: int | None = None) -> None:  # noqa: ARG002 - it has no hold_seconds
        """Unlock it, with a prompt on the desktop if need be; StoreLocked where it stays so."""
        self._keeper().unlock()

    def lock(self) -> None:
        """Nothing: it is not ours to lock."""

    def seconds_open(self) -> float:
        """Infinite: it is not ours to end."""
        return float("inf")

    def _keeper(self) -> KeyringClient:
        if self._opened is None:
            if self._class_name is None:
                self._opened = self._look()
            else:
                self._opened = self._open(self._class_name)
        return self._opened

    def _look(self) -> KeyringClient:
        from awscreds.stores.backends.keyring_library import CHAINER, configured, find

        wish = configured(self._environ)
        if wish in (None, CHAINER) and self._has_secret_service():
            found = DIRECT
        else:
            # Where there is nothing at all, the Secret Service's own error says best why.
            found = find(wish, deadline=self._deadline) or DIRECT
        keeper = self._open(found)
        keeper.is_locked()  # what does not even answer that is not worth remembering
        self._class_name = found
        if self._remember:
            self._remember(found)
        return keeper

    def _has_secret_service(self) -> bool:
        """Whether the session offers one: then there is no need to search through every backend.

        One that is there and does not work is an error, no reason to look for something weaker.
        """
        if sys.platform != "linux":
            return False
        try:
            self._open(DIRECT).is_locked()
        except NoSecretService:
            return False
        return True

    def _open(self, class_name: str) -> KeyringClient:
        if class_name == DIRECT and sys.platform == "linux":
            return SecretService(
                self._environ, deadline=self._deadline, prompt_deadline=self._prompt_deadline
            )
        from awscreds.stores.backends.keyring_library import LibraryKeyring

        return LibraryKeyring(
            class_name, deadline=self._deadline, prompt_deadline=self._prompt_deadline
        )


def _names(entry_id: str) -> tuple[str, str]:
    return f"awscreds:{entry_id}", entry_id

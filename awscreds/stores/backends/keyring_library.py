"""Backends of the ``keyring`` library: which of them we trust, and calls that end in time.

Among all installed backends, keyring picks the one that claims the highest priority. Some throw a
secret away, store it in plaintext, or pass it on to one that does. So we check the concrete class.
Its calls have no deadline and may raise anything, so each runs in a thread that we can abandon.
"""

from __future__ import annotations

import os

from awscreds import process
from awscreds.errors import SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.model.keys import shown_entry
from awscreds.stores.backends.dbus import USE_THE_VAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

WINDOWS = "keyring.backends.Windows.WinVaultKeyring"
WINDOWS_BLOB = 5 * 512
"""Bytes that a credential of Windows can have: CRED_MAX_CREDENTIAL_BLOB_SIZE."""
CHAINER = "keyring.backends.chainer.ChainerBackend"

TRUSTED = {
    "keyring.backends.SecretService.Keyring": "the Secret Service keyring",
    "keyring.backends.libsecret.Keyring": "the libsecret keyring",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet 4",
    "keyring.backends.macOS.Keyring": "the macOS keychain",
    WINDOWS: "the Windows Credential Manager",
}
"""The classes that encrypt with the user's login: their names in keyring 25, and labels."""

_IN_FILES = (
    "it stores secrets in files, some of them in plaintext, and can lose data "
    "if two programs write at the same time"
)
REFUSED = {
    "keyring.backends.null.": "it does not store secrets",
    "keyring.backends.fail.": "it is only used if there is no keyring",
    "keyring.backends.chainer.": "it is a chain of keyrings, and could use any of them",
    "keyrings.alt.": _IN_FILES,
    "keyrings.cryptfile.": _IN_FILES,
}
"""The modules from which no class, and no base class, may come, and why."""

_TELLTALE = ("plaintext", "null", "uncrypted", "unencrypted")


def why_untrusted(backend: type, *, chosen: bool = False) -> str | None:
    """The reason not to trust a backend class with a secret; None if it can be trusted.

    ``chosen`` means that the user configured exactly this class in keyring. An unknown class is
    accepted only then. To install a package with a backend (as tools for private package indexes
    do, with priorities above the OS keyring) is not a decision to trust it with AWS keys. A class
    that is known to store secrets badly is never accepted.
    """
    name = class_name(backend)
    if name in TRUSTED:
        return None
    for ancestor in map(class_name, backend.__mro__):
        for origin, reason in REFUSED.items():
            if ancestor.startswith(origin):
                return reason
    if any(word in name.lower() for word in _TELLTALE):
        return "its name says that it does not encrypt"
    if not chosen:
        return (
            "awscreds does not know this keyring; to use it anyway, set "
            f"PYTHON_KEYRING_BACKEND={name}"
        )
    return None


def class_name(backend: type) -> str:
    """The name that keyring loads a class by."""
    return f"{backend.__module__}.{backend.__qualname__}"


def label(name: str) -> str:
    """What people call the backend class ``name``."""
    return TRUSTED.get(name, f"the keyring {name}")


def configured(environ: Mapping[str, str]) -> str | None:
    """The class that the user configured in keyring: PYTHON_KEYRING_BACKEND or keyringrc.cfg.

    The file's ``keyring-path`` is ignored: it would put a folder before every later import.
    """
    import configparser

    from keyring.util.platform_ import config_root

    if name := environ.get("PYTHON_KEYRING_BACKEND"):
        return name
    path = os.path.join(config_root(), "keyringrc.cfg")
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        named: str = parser.get("backend", "default-keyring", fallback="")
    except (OSError, ValueError, configparser.Error):
        raise StoreUnavailable(
            f"the configuration of the Python keyring library, {path}, cannot be read",
            hint=f"correct or remove it, {USE_THE_VAULT}",
        ) from None
    return named.strip() or None


def find(wish: str | None, *, deadline: float) -> str | None:
    """The name of the first backend class that we trust, in keyring's own order.

    ``wish`` is the class that the user configured, if any. Then it is the only candidate, or its
    members are if it is the chainer. None if there are no candidates. StoreUnavailable, with the
    reason for each, if all are refused.
    """
    return in_time("the OS keyring", deadline, lambda: _find(wish))


def _find(wish: str | None) -> str | None:
    # Without a wish, keyring chains what it finds. The members, by priority, are the candidates.
    backend = _class(wish or CHAINER)
    if CHAINER in map(class_name, backend.__mro__):
        candidates, chosen = [type(member) for member in backend.backends], False
    else:
        candidates, chosen = [backend], True
    refusals = []
    for candidate in candidates:
        reason = why_untrusted(candidate, chosen=chosen)
        if reason is None:
            return class_name(candidate)
        refusals.append(f"{class_name(candidate)} is refused: {reason}")
    if not refusals:
        return None
    raise StoreUnavailable(
        "; ".join(refusals), hint=f"install a keyring for your desktop, {USE_THE_VAULT}"
    )


class LibraryKeyring:
    """One backend of the library, loaded by the name of its class.

    Raises StoreUnavailable if the class does not exist, is not trusted, or does not work here.
    """

    def __init__(self, name: str, *, deadline: float, prompt_deadline: float) -> None:
        self._label = label(name)
        self._is_windows = name == WINDOWS
        self._deadline = prompt_deadline
        self._backend = in_time(self._label, deadline, lambda: _load(name))
        if self._is_windows:
            # Else Windows gives the entries to the user's other computers (roaming profiles).
            self._backend.persist = "local machine"

    def read(self, service: str, username: str) -> str | None:
        target = self._target(service)
        text: str | None = self._ask(lambda: self._backend.get_password(target, username))
        return text

    def write(self, service: str, username: str, text: str) -> None:
        if self._is_windows:
            _refuse_long(self._label, username, text)
        target = self._target(service)
        self._ask(lambda: self._backend.set_password(target, username, text))

    def erase(self, service: str, username: str) -> bool:
        target = self._target(service)

        def erase() -> bool:
            # A missing entry and one that cannot be deleted raise the same error.
            if self._backend.get_password(target, username) is None:
                return False
            self._backend.delete_password(target, username)
            return True

        return self._ask(erase)

    def check(self) -> None:
        """Nothing: it was loaded, and more cannot be checked without a prompt."""

    def is_locked(self) -> bool:
        return False

    def unlock(self) -> None:
        self.read("awscreds", "unlock")  # any call makes the system ask

    def _target(self, service: str) -> str:
        return _without_case(service) if self._is_windows else service

    def _ask(self, work: Callable[[], T]) -> T:
        return in_time(self._label, self._deadline, work)


def _without_case(service: str) -> str:
    """A name that no other service has if case is ignored, as the Credential Manager does.

    The library keeps two entries of one such name apart, by their user names. A third one would
    replace the first. The names of access keys are upper case, and stay as they are.
    https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw (TargetName)
    """
    from awscreds.stores.fingerprints import digest

    entry_id = service.partition(":")[2]
    if entry_id.isascii() and entry_id == entry_id.upper():
        return service
    return f"{service}:{digest(service.encode('utf-8', 'surrogatepass'), size=8).hex()}"


def _refuse_long(label: str, entry_id: str, text: str) -> None:
    """Raise SecretStoreError for a text that is too long for the Credential Manager."""
    size = len(text.encode("utf-16-le", "surrogatepass"))
    if size > WINDOWS_BLOB:
        raise SecretStoreError(
            f"the entry {shown_entry(entry_id)} is too long for {label}: it has {size} bytes, and "
            f"can have {WINDOWS_BLOB}",
            code="entry-too-long",
            hint=USE_THE_VAULT.removeprefix("or "),
        )


def _load(name: str) -> Any:
    backend = _class(name)
    # The user or an earlier search has chosen this name.
    if reason := why_untrusted(backend, chosen=True):
        raise StoreUnavailable(
            f"{name} is refused: {reason}", hint=f"choose another keyring, {USE_THE_VAULT}"
        )
    try:
        backend.priority  # noqa: B018 - it raises RuntimeError to say why it cannot work here
    except RuntimeError as error:
        raise StoreUnavailable(
            f"{label(name)} cannot be used here: {error}",
            hint=f"run python -m keyring diagnose, {USE_THE_VAULT}",
        ) from None
    return backend()


def _class(name: str) -> Any:
    import importlib

    module, _, attribute = name.rpartition(".")
    backend = getattr(importlib.import_module(module), attribute)
    if not isinstance(backend, type):
        raise TypeError(name)
    return backend


def in_time(label: str, seconds: float, work: Callable[[], T]) -> T:
    """The result of ``work``, or an error of ours, also if it takes longer than ``seconds``.

    A foreign error may hold the secret, in its text or its attributes. So our error has only the
    name of its type, and is raised where the foreign one is no longer its context.
    """

    def attempt() -> Callable[[], T]:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            failure = _to_store_error(label, error)
            return lambda: _throw(failure)
        return lambda: result

    try:
        outcome = process.in_time(attempt, seconds)
    except TimeoutError:
        raise StoreUnavailable(
            f"{label} did not answer within {seconds:g} seconds",
            hint=f"look for its prompt on your desktop, {USE_THE_VAULT}",
        ) from None
    return outcome()


def _throw(error: SecretStoreError) -> Any:
    raise error


def _to_store_error(label: str, error: Exception) -> SecretStoreError:
    from keyring.errors import KeyringLocked

    if isinstance(error, SecretStoreError):
        return error
    if isinstance(error, KeyringLocked):
        return StoreLocked(f"{label} is locked", hint=f"unlock it and try again, {USE_THE_VAULT}")
    return StoreUnavailable(
        f"{label} cannot be used: {type(error).__name__}",
        hint=f"run python -m keyring diagnose, {USE_THE_VAULT}",
    )

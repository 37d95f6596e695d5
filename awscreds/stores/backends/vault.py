"""Our own encrypted file, for a machine without an OS keyring. ``vault_format`` defines its bytes.

A key encrypts only what it has just decrypted under the same lock, so we never overwrite a vault
that we cannot read.
"""

from __future__ import annotations

import os
import sys

from awscreds.errors import (
    AwscredsError,
    ConfigurationError,
    SecretStoreError,
    StoreUnavailable,
    WrongPassphrase,
)
from awscreds.stores.backends.vault_format import (
    KEY_BYTES,
    SALT_BYTES,
    Header,
    Vault,
    damaged,
    preferred_kdf,
)
from awscreds.stores.fingerprints import digest
from awscreds.stores.kernel_keyring import kernel
from awscreds.warm import HELD, VAULT_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from typing import Protocol, TypeVar

    from awscreds.stores.backends.vault_format import Kdf
    from awscreds.stores.state_dir import StateDir

    Opened = TypeVar("Opened")

    class KeyKeeper(Protocol):
        """It holds keys by name between processes: ``KernelKeyring`` or ``HeldKeys``.

        Each has a time, which is absolute. Only ``drop_all`` can raise, a StoreUnavailable.
        """

        @property
        def where(self) -> str: ...
        @property
        def needs(self) -> str: ...
        def scope(self, state_path: str) -> str: ...
        def put(self, name: str, payload: bytes, seconds: int) -> bool: ...
        def get(self, name: str) -> bytes | None: ...
        def names(self, prefix: str) -> list[str]: ...
        def seconds_left(self, prefix: str) -> int: ...
        def drop(self, name: str) -> None: ...
        def drop_all(self, prefix: str) -> None: ...

    class Passphrases(Protocol):
        """Where a passphrase comes from: ``app.passphrases``, a layer that is not imported here."""

        def existing(self) -> str:
            """The passphrase of the existing vault. Raises InputNeeded if nobody can be asked."""

        def again(self, reason: str) -> bool:
            """Whether to ask for ``existing`` again, after a wrong one."""

        def new(self) -> str:
            """A new passphrase, asked for twice on a terminal. Raises InputNeeded, too."""


HOLD_SECONDS = 900
"""Seconds that the key is held after the passphrase was given."""


def key_keeper() -> KeyKeeper:
    """What holds the vault's key between processes on this system."""
    if sys.platform == "win32":
        from awscreds.stores.backends.held_keys import HeldKeys
        from awscreds.stores.backends.windows_login import WindowsLogin

        return HeldKeys(WindowsLogin())
    if sys.platform == "darwin":
        from awscreds.stores.backends.held_keys import HeldKeys
        from awscreds.stores.backends.macos_keychain import MacosKeychain

        return HeldKeys(MacosKeychain())
    return kernel


class VaultBackend:
    """The vault as a backend of the secret store.

    ``kdf`` is for new vaults. ``keeper`` holds the key between processes (None: nothing does), for
    ``hold_seconds`` after the passphrase was given, no matter how often the key is used.
    """

    name = "vault"
    keep_seconds = float("inf")
    """A response is kept as long as the key is: whoever can get the one can get the other."""

    def __init__(
        self,
        state_dir: StateDir,
        passphrases: Passphrases,
        *,
        keeper: KeyKeeper | None,
        hold_seconds: int = HOLD_SECONDS,
        kdf: Kdf | None = None,
    ) -> None:
        self._state_dir = state_dir
        self._passphrases = passphrases
        self.hold_seconds = hold_seconds
        self._keeper = keeper
        self._kdf = kdf
        # The key by the salt of its vault, and the header of a vault that is not written yet: so
        # that one command asks only once, even if the keeper holds nothing.
        self._keys: dict[bytes, bytes] = {}
        self._prepared: Header | None = None
        self._opened_salt: bytes | None = None

    def describe(self) -> str:
        """``the vault file PATH``."""
        return f"the vault file {self._path}"

    def read(self, entry_id: str) -> str | None:
        """The text of an entry. If there is no vault, nobody is asked for a passphrase."""
        vault = self._load()
        return None if vault is None else self._opened(vault)[1].get(entry_id)

    def ids(self) -> list[str]:
        """The ids of all entries."""
        vault = self._load()
        return [] if vault is None else sorted(self._opened(vault)[1])

    def write(self, entry_id: str, text: str) -> None:
        """Store an entry. The first one creates the vault, and asks for a new passphrase."""

        def put(entries: dict[str, str]) -> bool:
            entries[entry_id] = text
            return True

        self._change(put)

    def erase(self, entry_id: str) -> bool:
        """Remove an entry; False if there was none."""
        if not self.exists():
            return False
        return self._change(lambda entries: entries.pop(entry_id, None) is not None)

    def check(self) -> None:
        """Do what a write does: ask for the passphrase, open the vault, write its bytes again.

        If there is no vault, its key is prepared, and another file is written beside it.
        """
        vault = self._load()
        self._key_for(vault)
        with self._locked(VAULT_FILE):
            data = self._state_dir.read(VAULT_FILE)
            if data is not None:
                self._state_dir.write(VAULT_FILE, data)
            else:
                self._state_dir.write("vault.check", bytes(4096))
                self._state_dir.remove("vault.check")

    def exists(self) -> bool:
        """Whether there is a vault file, readable or not."""
        return self._state_dir.read(VAULT_FILE) is not None

    def is_available(self) -> bool:
        """Always: it needs only the state folder."""
        return True

    def why_chosen(self) -> str:
        """That there is no keyring, and how keys are stored instead."""
        return (
            f"There is no OS keyring here, so secrets are stored in {self.describe()}, encrypted "
            "with a passphrase."
        )

    def status(self) -> str:
        """``open``, ``locked`` or ``not made yet``."""
        if not self.exists():
            return "not made yet"
        return "open" if self.is_open() else "locked"

    def is_open(self) -> bool:
        """Whether a key is held that opens the vault."""
        vault = self._load()
        key = None if vault is None else self._held(vault.header.salt)
        return vault is not None and key is not None and vault.open(key) is not None

    def listed(self) -> list[str] | None:
        """The names of its entries if the kernel holds a key that opens it."""
        vault = self._load()
        opened = None if vault is None else self._opened_by_held_key(vault)
        return None if opened is None else list(opened[1])

    def open_early(self) -> None:
        """If there is a vault, ask for its passphrase, unless its key is held."""
        if self.exists():
            self.ids()

    def unlock(self, seconds: int | None = None) -> None:
        """Ask for the passphrase, and hold the key for ``seconds`` from now."""
        vault = self._present()
        key = self._key_from_passphrase(vault)
        if not self._hold(vault.header.salt, key, seconds or self.hold_seconds):
            raise StoreUnavailable(
                f"cannot keep the vault open on this system: this needs {self._needs()}",
                code="cannot-hold",
                hint="set AWSCREDS_PASSPHRASE_FILE to a file that only you can read",
            )

    def lock(self) -> None:
        """Forget the key, here and between processes. Raises StoreUnavailable."""
        self._keys.clear()
        self._prepared = None
        if self._keeper is not None:
            self._keeper.drop_all(self._held_name())

    def seconds_open(self) -> float:
        """Seconds that a key is still held, at least; 0 if none is."""
        return 0 if self._keeper is None else self._keeper.seconds_left(self._held_name())

    def lease(self) -> str | None:
        """The name, without its scope, of the held key that opened the vault last."""
        return None if self._opened_salt is None else f"{HELD}{digest(self._opened_salt).hex()}"

    def key_place(self) -> str | None:
        """What holds the key while it is open, for people; None if nothing can."""
        return None if self._keeper is None else self._keeper.where

    def change_passphrase(self) -> None:
        """Encrypt the vault again, with a new passphrase and a new salt."""
        vault = self._present()
        old_key = self._key_from_passphrase(vault)
        header, key = self._new_key()
        with self._locked(VAULT_FILE):
            present = self._load()
            if present is None or present.header.salt != vault.header.salt:
                raise SecretStoreError(
                    f"another process changed the passphrase of {self.describe()} at the same "
                    "time; nothing was changed here",
                    code="vault-changed",
                    hint="run `awscreds store passwd` again",
                )
            self._state_dir.write(VAULT_FILE, header.seal(key, self._decrypted(present, old_key)))
        self.lock()
        self._remember(header.salt, key)

    # The file

    @property
    def _path(self) -> str:
        return self._state_dir.file(VAULT_FILE)

    def _load(self) -> Vault | None:
        data = self._state_dir.read(VAULT_FILE)
        return None if data is None else Vault.parse(data, self._path)

    def _present(self) -> Vault:
        vault = self._load()
        if vault is None:
            raise SecretStoreError(
                f"there is no vault yet: {self._path} does not exist",
                code="no-vault",
                hint="`awscreds configure --profile NAME` creates one when it stores the first key",
            )
        return vault

    def _change(self, edit: Callable[[dict[str, str]], bool]) -> bool:
        """Edit the entries, and write them if ``edit`` returns that it changed something.

        We get the key before we take the lock, because a person may be typing a passphrase. If the
        vault was created, or its passphrase changed, in between, we get its new key.
        """
        while True:
            before = self._load()
            header, key = self._key_for(before)
            with self._locked(VAULT_FILE):
                present = self._load()
                if _salt(present) != _salt(before):
                    continue
                entries = {} if present is None else self._decrypted(present, key)
                changed = edit(entries)
                if changed:
                    self._state_dir.write(VAULT_FILE, header.seal(key, entries))
            self._prepared = None
            if present is None:
                self._remember(header.salt, key)
            return changed

    def _decrypted(self, vault: Vault, key: bytes) -> dict[str, str]:
        entries = vault.open(key)
        if entries is None:
            raise damaged(
                self._path, "the passphrase is correct, but the content is damaged or was changed"
            )
        return entries

    # The key

    def _key_for(self, vault: Vault | None) -> tuple[Header, bytes]:
        """The header and the key to encrypt the vault's next content with."""
        if vault is not None:
            return vault.header, self._opened(vault)[0]
        if self._prepared is None:
            header, key = self._new_key()
            self._prepared, self._keys = header, {header.salt: key}
        return self._prepared, self._keys[self._prepared.salt]

    def _opened(self, vault: Vault) -> tuple[bytes, dict[str, str]]:
        """The key and the entries. Asks for the passphrase if no key is held."""
        self._opened_salt = vault.header.salt
        opened = self._opened_by_held_key(vault)
        if opened is not None:
            return opened

        def open_by(passphrase: str) -> tuple[bytes, dict[str, str]]:
            with self._locked("vault-kdf"):
                # The process before us may have stored the key.
                opened = self._opened_by_held_key(vault)
                if opened is not None:
                    return opened
                key = self._derived(vault, passphrase)
                entries = self._decrypted(vault, key)
                self._remember(vault.header.salt, key)
            return key, entries

        return self._with_passphrase(open_by)

    def _opened_by_held_key(self, vault: Vault) -> tuple[bytes, dict[str, str]] | None:
        salt = vault.header.salt
        key = self._keys.get(salt) or self._held(salt)
        if key is None:
            return None
        entries = vault.open(key)
        if entries is None:
            self._keys.pop(salt, None)
            if self._keeper is not None:
                self._keeper.drop(self._held_name(salt))
            return None
        return key, entries

    def _key_from_passphrase(self, vault: Vault) -> bytes:
        """The key from the passphrase, even if a key is held."""

        def derive(passphrase: str) -> bytes:
            with self._locked("vault-kdf"):
                return self._derived(vault, passphrase)

        key = self._with_passphrase(derive)
        self._decrypted(vault, key)
        return key

    def _with_passphrase(self, use: Callable[[str], Opened]) -> Opened:
        """What ``use`` returns for the passphrase. A person who mistypes it is asked again."""
        while True:
            try:
                return use(self._passphrases.existing())
            except WrongPassphrase as error:
                if not self._passphrases.again(error.message):
                    raise

    def _derived(self, vault: Vault, passphrase: str) -> bytes:
        import hmac

        header = vault.header
        key, check = header.kdf.derive(_encoded(passphrase), header.salt)
        if not hmac.compare_digest(check, header.check):
            raise WrongPassphrase(
                f"wrong passphrase for {self.describe()}",
                hint="try again. If you lost the passphrase, the keys in the vault are lost, "
                "too: create new keys in the AWS console, rename the vault file, then run "
                "`awscreds configure --profile NAME` for each profile",
            )
        return key

    def _new_key(self) -> tuple[Header, bytes]:
        passphrase = _encoded(self._passphrases.new())
        kdf = self._kdf or preferred_kdf()
        salt = os.urandom(SALT_BYTES)
        with self._locked("vault-kdf"):
            key, check = kdf.derive(passphrase, salt)
        return Header.make(kdf, salt, check), key

    def _remember(self, salt: bytes, key: bytes) -> None:
        self._keys = {salt: key}
        self._hold(salt, key, self.hold_seconds)

    def _hold(self, salt: bytes, key: bytes, seconds: int) -> bool:
        return self._keeper is not None and self._keeper.put(self._held_name(salt), key, seconds)

    def _held(self, salt: bytes) -> bytes | None:
        key = None if self._keeper is None else self._keeper.get(self._held_name(salt))
        return key if key is not None and len(key) == KEY_BYTES else None

    def _held_name(self, salt: bytes | None = None) -> str:
        """The name of the held key for a salt, or the beginning of all these names."""
        begin = "" if self._keeper is None else self._keeper.scope(self._state_dir.path)
        return f"{begin}{HELD}{'' if salt is None else digest(salt).hex()}"

    def _needs(self) -> str:
        return "a place for its key" if self._keeper is None else self._keeper.needs

    # Failures

    def _locked(self, name: str) -> ExitStack[None]:
        """Hold the lock of ``name``. If it does not become free, that is a failure of the store."""
        from contextlib import ExitStack

        with ExitStack[None]() as held:
            try:
                held.enter_context(self._state_dir.lock(name))
            except ConfigurationError:
                raise
            except AwscredsError as error:
                raise StoreUnavailable(error.message, code=error.code, hint=error.hint) from None
            return held.pop_all()


def _salt(vault: Vault | None) -> bytes | None:
    return None if vault is None else vault.header.salt


def _encoded(passphrase: str) -> bytes:
    """The same bytes for the same passphrase, no matter how a keyboard composes accents."""
    from unicodedata import normalize

    if not passphrase:
        raise SecretStoreError("the passphrase of a vault cannot be empty", code="empty-passphrase")
    return normalize("NFC", passphrase).encode("utf-8", "surrogatepass")

r"""Our own encrypted file, for a machine that has no OS keyring.

The file ``vault`` in the folder of our state holds, one after the other::

    awscreds vault\n
    {"version": 1, "kdf": "argon2id", "parameters": {…}, "salt": "…", "check": "…"}\n
    the nonce (12 bytes), and AES-256-GCM of a JSON object: entry id → text
    BLAKE2s of all the above (32 bytes)

The two lines are authenticated along with the ciphertext. The key comes from a passphrase by
argon2id (RFC 9106), or by scrypt (RFC 7914) where OpenSSL lacks argon2. ``check`` tells a wrong
passphrase from a file that was tampered with; the digest at the end tells an accident (a flipped
bit, a file cut short) before anybody is asked for anything.

A key encrypts only what it decrypted a moment before under the same lock, so nothing of ours ever
overwrites a vault that it cannot read.
"""

from __future__ import annotations

import contextlib
import json
import os

from awscreds.errors import (
    AwscredsError,
    ConfigurationError,
    SecretStoreError,
    StoreUnavailable,
    WrongPassphrase,
)
from awscreds.stores import kernel as kernel_key_store
from awscreds.stores.digest import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from awscreds.stores.home import Home

    class Passphrases(Protocol):
        """Where a passphrase comes from."""

        def existing(self) -> str:
            """The passphrase of the present vault. Raises InputNeeded where nobody can be asked."""

        def new(self) -> str:
            """A passphrase to be, asked for twice on a terminal. Raises InputNeeded likewise."""

    class KeyHolder(Protocol):
        """Keeps the vault's key for a while, as the module ``awscreds.stores.kernel`` does."""

        def scope(self, home_path: str, /) -> str: ...
        def put(self, name: str, payload: bytes, seconds: int, /) -> bool: ...
        def get(self, name: str, /) -> bytes | None: ...
        def drop(self, name: str, /) -> None: ...
        def drop_all(self, prefix: str, /) -> None: ...


FILE = "vault"
HOLD_SECONDS = 900
"""How long the key is held in the kernel's key store after a passphrase was given."""

_MAGIC = b"awscreds vault\n"
_VERSION = 1
_KEY_BYTES = 32
_SALT_BYTES = 16
_CHECK_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_DIGEST_BYTES = 32

# What a file may ask of us. Below, a passphrase would be guessed too easily; above, a crafted file
# would eat the machine.
_BOUNDS = {
    "argon2id": {"iterations": (1, 10), "memory_kib": (19 * 1024, 256 * 1024), "lanes": (1, 8)},
    "scrypt": {"n": (2**15, 2**18), "r": (8, 8), "p": (1, 8)},
}


class Kdf:
    """How a key is derived from a passphrase.

    ``argon2id`` takes ``iterations``, ``memory_kib`` and ``lanes``; ``scrypt`` takes ``n``, ``r``
    and ``p``. Raises ValueError for anything else, and for numbers that are out of bounds.
    """

    __slots__ = ("name", "parameters")

    def __init__(self, name: str, **parameters: int) -> None:
        bounds = _BOUNDS.get(name)
        if bounds is None:
            raise ValueError("an unknown way to derive the key")
        if parameters.keys() != bounds.keys():
            raise ValueError(f"{name} takes {', '.join(bounds)}")
        for parameter, (least, most) in bounds.items():
            value = parameters[parameter]
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"{parameter} of {name} is outside {least} to {most}")
        if name == "scrypt" and parameters["n"].bit_count() != 1:
            raise ValueError("n of scrypt is no power of two")
        self.name = name
        self.parameters = parameters

    def derive(self, passphrase: bytes, salt: bytes) -> tuple[bytes, bytes]:
        """The key, and the check value by which a wrong passphrase is known."""
        import hmac

        derived = self._derive(passphrase, salt, _KEY_BYTES + _CHECK_BYTES)
        return derived[:_KEY_BYTES], hmac.digest(derived[_KEY_BYTES:], _MAGIC, "sha256")

    def _derive(self, passphrase: bytes, salt: bytes, length: int) -> bytes:
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            if self.name == "scrypt":
                from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

                return Scrypt(salt=salt, length=length, **self.parameters).derive(passphrase)
            from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

            return Argon2id(
                salt=salt,
                length=length,
                iterations=self.parameters["iterations"],
                memory_cost=self.parameters["memory_kib"],
                lanes=self.parameters["lanes"],
            ).derive(passphrase)
        except UnsupportedAlgorithm:
            raise StoreUnavailable(
                f"the vault's key is derived by {self.name}, which this Python's OpenSSL lacks",
                code="vault-kdf",
                hint="install a current 'cryptography' package (pip install -U cryptography)",
            ) from None
        except MemoryError:
            raise StoreUnavailable(
                "there is too little free memory to derive the vault's key", code="vault-memory"
            ) from None


def preferred_kdf() -> Kdf:
    """Argon2id as RFC 9106 recommends it for little memory; scrypt where OpenSSL lacks it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with contextlib.suppress(UnsupportedAlgorithm):
        Argon2id(salt=bytes(_SALT_BYTES), length=4, iterations=1, memory_cost=8, lanes=1)
        return Kdf("argon2id", iterations=3, memory_kib=64 * 1024, lanes=4)
    return Kdf("scrypt", n=2**17, r=8, p=1)


class _Header:
    """The lines of a vault that anybody can read. ``raw`` is what the file holds, byte for byte."""

    __slots__ = ("check", "kdf", "raw", "salt")

    def __init__(self, raw: bytes, kdf: Kdf, salt: bytes, check: bytes) -> None:
        self.raw = raw
        self.kdf = kdf
        self.salt = salt
        self.check = check

    @classmethod
    def make(cls, kdf: Kdf, salt: bytes, check: bytes) -> _Header:
        document = {
            "version": _VERSION,
            "kdf": kdf.name,
            "parameters": kdf.parameters,
            "salt": salt.hex(),
            "check": check.hex(),
        }
        return cls(_MAGIC + json.dumps(document).encode("ascii") + b"\n", kdf, salt, check)

    def seal(self, key: bytes, entries: dict[str, str]) -> bytes:
        """The file that holds ``entries``."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps(entries, separators=(",", ":")).encode("ascii")
        content = self.raw + nonce + AESGCM(key).encrypt(nonce, plain, self.raw)
        return content + digest(content, size=_DIGEST_BYTES)


class _Vault:
    """One state of the file."""

    __slots__ = ("_sealed", "header")

    def __init__(self, header: _Header, sealed: bytes) -> None:
        self.header = header
        self._sealed = sealed

    def open(self, key: bytes) -> dict[str, str] | None:
        """The entries; None where ``key`` does not open it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, ciphertext = self._sealed[:_NONCE_BYTES], self._sealed[_NONCE_BYTES:]
        try:
            entries: dict[str, str] = json.loads(
                AESGCM(key).decrypt(nonce, ciphertext, self.header.raw)
            )
        except InvalidTag:
            return None
        return entries


class VaultBackend:
    """The vault as a backend of the secret store.

    ``kdf`` is for vaults yet to be made, ``kernel`` holds the key between processes (None: nothing
    does), for ``hold_seconds`` from when the passphrase was given, however often it is used.
    """

    name = "vault"

    def __init__(
        self,
        home: Home,
        passphrases: Passphrases,
        *,
        hold_seconds: int = HOLD_SECONDS,
        kernel: KeyHolder | None = kernel_key_store,
        kdf: Kdf | None = None,
    ) -> None:
        self._home = home
        self._passphrases = passphrases
        self._hold_seconds = hold_seconds
        self._kernel = kernel
        self._kdf = kdf
        # The key by the salt of its vault, and the header of a vault yet to be written: so that one
        # command asks once, where the kernel holds nothing.
        self._keys: dict[bytes, bytes] = {}
        self._prepared: _Header | None = None

    def describe(self) -> str:
        """``the vault file PATH``."""
        return f"the vault file {self._path}"

    def read(self, entry_id: str) -> str | None:
        """The text of an entry. Where there is no vault, nobody is asked for its passphrase."""
        vault = self._load()
        return None if vault is None else self._opened(vault)[1].get(entry_id)

    def ids(self) -> list[str]:
        """The ids of all entries."""
        vault = self._load()
        return [] if vault is None else sorted(self._opened(vault)[1])

    def write(self, entry_id: str, text: str) -> None:
        """Keep an entry. The first one makes the vault, and asks for a new passphrase."""

        def put(entries: dict[str, str]) -> bool:
            entries[entry_id] = text
            return True

        self._change(put)

    def erase(self, entry_id: str) -> bool:
        """Drop an entry; False where there was none."""
        if not self.exists():
            return False
        return self._change(lambda entries: entries.pop(entry_id, None) is not None)

    def check(self) -> None:
        """Do all that a write does: ask for the passphrase, open the vault, write its bytes again.

        Where there is no vault, its key is prepared, and a file is written beside its place.
        """
        vault = self._load()
        self._key_for(vault)
        with self._locked(FILE):
            data = self._home.read(FILE)
            if data is not None:
                self._home.write(FILE, data)
            else:
                self._home.write("vault.check", bytes(4096))
                self._home.remove("vault.check")

    def exists(self) -> bool:
        """Whether there is a vault file, readable or not."""
        return self._home.read(FILE) is not None

    def is_open(self) -> bool:
        """Whether a key that the kernel holds opens the present vault."""
        vault = self._load()
        key = None if vault is None else self._held(vault.header.salt)
        return vault is not None and key is not None and vault.open(key) is not None

    def unlock(self, seconds: int) -> None:
        """Ask for the passphrase and have the key held for ``seconds`` from now."""
        vault = self._present()
        key = self._key_from_passphrase(vault)
        if not self._hold(vault.header.salt, key, seconds):
            raise StoreUnavailable(
                "nothing on this system can hold the vault's key: it takes Linux and its kernel "
                "key store, which a container may forbid",
                code="cannot-hold",
                hint="set AWSCREDS_PASSPHRASE_FILE to a file that only you can read",
            )

    def lock(self) -> None:
        """Forget the key, here and in the kernel."""
        self._keys.clear()
        self._prepared = None
        if self._kernel is not None:
            self._kernel.drop_all(self._held_name())

    def change_passphrase(self) -> None:
        """Encrypt the vault anew, under a new passphrase and a new salt."""
        vault = self._present()
        old_key = self._key_from_passphrase(vault)
        header, key = self._new_key()
        with self._locked(FILE):
            present = self._load()
            if present is None or present.header.salt != vault.header.salt:
                raise SecretStoreError(
                    f"another process changed the passphrase of {self.describe()} meanwhile",
                    code="vault-changed",
                    hint="run awscreds store passwd again",
                )
            self._home.write(FILE, header.seal(key, self._decrypted(present, old_key)))
        self.lock()
        self._remember(header.salt, key)

    # The file

    @property
    def _path(self) -> str:
        return self._home.file(FILE)

    def _load(self) -> _Vault | None:
        data = self._home.read(FILE)
        if data is None:
            return None
        if not data.startswith(_MAGIC):
            raise self._damaged("it does not begin as one")
        content, ending = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if digest(content, size=_DIGEST_BYTES) != ending:
            raise self._damaged("its content and its checksum differ")
        end = content.find(b"\n", len(_MAGIC)) + 1
        header, sealed = self._header(content[:end]), content[end:]
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise self._damaged("it is too short")
        return _Vault(header, sealed)

    def _header(self, raw: bytes) -> _Header:
        try:
            document = json.loads(raw[len(_MAGIC) :])
            version = document["version"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._damaged("its header makes no sense") from None
        if version != _VERSION:
            raise SecretStoreError(
                f"the vault file {self._path} has format {version!r}; this awscreds knows "
                f"format {_VERSION}",
                code="vault-version",
                hint="install the awscreds that wrote it, or a newer one",
            )
        try:
            kdf = Kdf(document["kdf"], **document["parameters"])
            salt = _from_hex(document["salt"], _SALT_BYTES)
            check = _from_hex(document["check"], _CHECK_BYTES)
        except (ValueError, TypeError, KeyError) as error:
            reason = error.args[0] if type(error) is ValueError else "a part is missing"
            raise SecretStoreError(
                f"the header of the vault file {self._path} is refused: {reason}",
                code="vault-parameters",
                hint="awscreds never writes this: restore the file from a backup",
            ) from None
        return _Header(raw, kdf, salt, check)

    def _present(self) -> _Vault:
        vault = self._load()
        if vault is None:
            raise SecretStoreError(
                f"there is no vault yet: {self._path} does not exist",
                code="no-vault",
                hint="awscreds configure makes one when it stores the first key",
            )
        return vault

    def _change(self, edit: Callable[[dict[str, str]], bool]) -> bool:
        """Edit the entries, and write them where ``edit`` says that it changed something.

        The key is found before the lock is taken: a person may be typing a passphrase. Where the
        vault was made, or its passphrase changed, in between, its new key is looked for.
        """
        while True:
            before = self._load()
            header, key = self._key_for(before)
            with self._locked(FILE):
                present = self._load()
                if _salt(present) != _salt(before):
                    continue
                entries = {} if present is None else self._decrypted(present, key)
                changed = edit(entries)
                if changed:
                    self._home.write(FILE, header.seal(key, entries))
            self._prepared = None
            if present is None:
                self._remember(header.salt, key)
            return changed

    def _decrypted(self, vault: _Vault, key: bytes) -> dict[str, str]:
        entries = vault.open(key)
        if entries is None:
            raise self._damaged("the passphrase is right, but the content was changed")
        return entries

    # The key

    def _key_for(self, vault: _Vault | None) -> tuple[_Header, bytes]:
        """What the next state of the vault is to be encrypted with."""
        if vault is not None:
            return vault.header, self._opened(vault)[0]
        if self._prepared is None:
            header, key = self._new_key()
            self._prepared, self._keys = header, {header.salt: key}
        return self._prepared, self._keys[self._prepared.salt]

    def _opened(self, vault: _Vault) -> tuple[bytes, dict[str, str]]:
        """The key and the entries, asking for the passphrase where no key is held."""
        opened = self._opened_by_held_key(vault)
        if opened is not None:
            return opened
        passphrase = self._passphrases.existing()
        with self._locked("vault-kdf"):
            # Whoever had its turn before us may have left the key held.
            opened = self._opened_by_held_key(vault)
            if opened is not None:
                return opened
            key = self._derived(vault, passphrase)
            entries = self._decrypted(vault, key)
            self._remember(vault.header.salt, key)
        return key, entries

    def _opened_by_held_key(self, vault: _Vault) -> tuple[bytes, dict[str, str]] | None:
        salt = vault.header.salt
        key = self._keys.get(salt) or self._held(salt)
        if key is None:
            return None
        entries = vault.open(key)
        if entries is None:
            self._keys.pop(salt, None)
            if self._kernel is not None:
                self._kernel.drop(self._held_name(salt))
            return None
        return key, entries

    def _key_from_passphrase(self, vault: _Vault) -> bytes:
        """The key, by the passphrase, whatever is held."""
        passphrase = self._passphrases.existing()
        with self._locked("vault-kdf"):
            key = self._derived(vault, passphrase)
        self._decrypted(vault, key)
        return key

    def _derived(self, vault: _Vault, passphrase: str) -> bytes:
        import hmac

        header = vault.header
        key, check = header.kdf.derive(_encoded(passphrase), header.salt)
        if not hmac.compare_digest(check, header.check):
            raise WrongPassphrase(
                f"this is not the passphrase of {self.describe()}",
                hint="try again; without it the keys in it are lost: make new ones in the AWS "
                "console, move the file away and run awscreds configure",
            )
        return key

    def _new_key(self) -> tuple[_Header, bytes]:
        passphrase = _encoded(self._passphrases.new())
        kdf = self._kdf or preferred_kdf()
        salt = os.urandom(_SALT_BYTES)
        with self._locked("vault-kdf"):
            key, check = kdf.derive(passphrase, salt)
        return _Header.make(kdf, salt, check), key

    def _remember(self, salt: bytes, key: bytes) -> None:
        self._keys = {salt: key}
        self._hold(salt, key, self._hold_seconds)

    def _hold(self, salt: bytes, key: bytes, seconds: int) -> bool:
        return self._kernel is not None and self._kernel.put(self._held_name(salt), key, seconds)

    def _held(self, salt: bytes) -> bytes | None:
        key = None if self._kernel is None else self._kernel.get(self._held_name(salt))
        return key if key is not None and len(key) == _KEY_BYTES else None

    def _held_name(self, salt: bytes | None = None) -> str:
        """The name of the held key of one state of the vault, or what all of them begin with."""
        begin = "" if self._kernel is None else self._kernel.scope(self._home.path)
        return f"{begin}vault:{'' if salt is None else digest(salt).hex()}"

    # Failures

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Hold the lock of ``name``; one that nobody lets go of is a failure of the store."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._home.lock(name))
            except ConfigurationError:
                raise
            except AwscredsError as error:
                raise StoreUnavailable(error.message, code=error.code, hint=error.hint) from None
            yield

    def _damaged(self, how: str) -> SecretStoreError:
        return SecretStoreError(
            f"the vault file {self._path} is damaged: {how}",
            code="vault-damaged",
            hint="restore it from a backup, or move it away and store the keys again with "
            "awscreds configure; awscreds leaves it as it is",
        )


def _salt(vault: _Vault | None) -> bytes | None:
    return None if vault is None else vault.header.salt


def _from_hex(text: str, length: int) -> bytes:
    with contextlib.suppress(ValueError):
        value = bytes.fromhex(text)
        if len(value) == length:
            return value
    raise ValueError("its salt or its check value is malformed")


def _encoded(passphrase: str) -> bytes:
    """The same bytes for the same passphrase, however a keyboard composes its accents."""
    from unicodedata import normalize

    if not passphrase:
        raise SecretStoreError("the passphrase of a vault cannot be empty", code="empty-passphrase")
    return normalize("NFC", passphrase).encode("utf-8", "surrogatepass")

r"""The bytes of the vault file: their layout, sealing and opening, and how the key is derived.

The file ``vault`` in the state folder holds, one after the other::

    awscreds vault\n
    {"version": 1, "kdf": "argon2id", "parameters": {…}, "salt": "…", "check": "…"}\n
    the nonce (12 bytes), and AES-256-GCM of a JSON object: entry id → text
    BLAKE2s of everything above (32 bytes)

The two lines are authenticated together with the ciphertext. The key comes from a passphrase by
argon2id (RFC 9106), or by scrypt (RFC 7914) if OpenSSL lacks argon2. ``check`` distinguishes a
wrong passphrase from a manipulated file. The digest at the end reveals an accident (a flipped bit,
a file cut short) before anybody is asked for anything.
"""

from __future__ import annotations

import os

from awscreds.errors import SecretStoreError, StoreUnavailable
from awscreds.light import loads, suppress
from awscreds.stores.aes_gcm import aes_gcm, decrypted
from awscreds.stores.fingerprints import digest

_MAGIC = b"awscreds vault\n"
_VERSION = 1
KEY_BYTES = 32
SALT_BYTES = 16
_CHECK_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_DIGEST_BYTES = 32

# The parameters that a file may have. Below, a passphrase would be too easy to guess. Above, a
# crafted file would exhaust the machine.
_BOUNDS = {
    "argon2id": {"iterations": (1, 10), "memory_kib": (19 * 1024, 256 * 1024), "lanes": (1, 8)},
    "scrypt": {"n": (2**15, 2**18), "r": (8, 8), "p": (1, 8)},
}


class Kdf:
    """How a key is derived from a passphrase.

    ``argon2id`` takes ``iterations``, ``memory_kib`` and ``lanes``. ``scrypt`` takes ``n``, ``r``
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
            raise ValueError("n of scrypt is not a power of two")
        self.name = name
        self.parameters = parameters

    def derive(self, passphrase: bytes, salt: bytes) -> tuple[bytes, bytes]:
        """The key, and the check value that reveals a wrong passphrase."""
        import hmac

        derived = self._derive(passphrase, salt, KEY_BYTES + _CHECK_BYTES)
        return derived[:KEY_BYTES], hmac.digest(derived[KEY_BYTES:], _MAGIC, "sha256")

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
            from awscreds.stores.installer import to_add

            raise StoreUnavailable(
                "cannot open the vault: the OpenSSL library of this Python does not have "
                f"{self.name}",
                code="vault-kdf",
                hint=f"install a current cryptography package: {to_add(['cryptography>=44'])}",
            ) from None
        except MemoryError:
            raise StoreUnavailable(
                "there is not enough free memory to open the vault", code="vault-memory"
            ) from None


def preferred_kdf() -> Kdf:
    """Argon2id as RFC 9106 recommends it for little memory; scrypt if OpenSSL lacks it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with suppress(UnsupportedAlgorithm):
        Argon2id(salt=bytes(SALT_BYTES), length=4, iterations=1, memory_cost=8, lanes=1)
        return Kdf("argon2id", iterations=3, memory_kib=64 * 1024, lanes=4)
    return Kdf("scrypt", n=2**17, r=8, p=1)


class Header:
    """The lines of a vault that anybody can read. ``raw`` are their bytes in the file."""

    __slots__ = ("check", "kdf", "raw", "salt")

    def __init__(self, raw: bytes, kdf: Kdf, salt: bytes, check: bytes) -> None:
        self.raw = raw
        self.kdf = kdf
        self.salt = salt
        self.check = check

    @classmethod
    def make(cls, kdf: Kdf, salt: bytes, check: bytes) -> Header:
        """The header of a vault whose key comes from a passphrase by ``kdf`` and ``salt``."""
        import json

        document = {
            "version": _VERSION,
            "kdf": kdf.name,
            "parameters": kdf.parameters,
            "salt": salt.hex(),
            "check": check.hex(),
        }
        return cls(_MAGIC + json.dumps(document).encode("ascii") + b"\n", kdf, salt, check)

    @classmethod
    def parse(cls, raw: bytes, path: str) -> Header:
        """The header in the first lines of the file at ``path``. Raises SecretStoreError."""
        try:
            document = loads(raw[len(_MAGIC) :])
            version = document["version"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise damaged(path, "its header is invalid") from None
        if version != _VERSION:
            raise SecretStoreError(
                f"the vault file {path} has format {version!r}; this awscreds knows format "
                f"{_VERSION}",
                code="vault-version",
                hint="install the version of awscreds that wrote it, or a newer version",
            )
        try:
            kdf = Kdf(document["kdf"], **document["parameters"])
            salt = _from_hex(document["salt"], SALT_BYTES)
            check = _from_hex(document["check"], _CHECK_BYTES)
        except (ValueError, TypeError, KeyError) as error:
            reason = error.args[0] if type(error) is ValueError else "a part is missing"
            raise SecretStoreError(
                f"the header of the vault file {path} is refused: {reason}",
                code="vault-parameters",
                hint="restore the file from a backup (awscreds never writes such values)",
            ) from None
        return cls(raw, kdf, salt, check)

    def seal(self, key: bytes, entries: dict[str, str]) -> bytes:
        """The file that holds ``entries``."""
        import json

        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps(entries, separators=(",", ":")).encode("ascii")
        content = self.raw + nonce + aes_gcm(key).encrypt(nonce, plain, self.raw)
        return content + digest(content, size=_DIGEST_BYTES)


class Vault:
    """The content of the file."""

    __slots__ = ("_sealed", "header")

    def __init__(self, header: Header, sealed: bytes) -> None:
        self.header = header
        self._sealed = sealed

    @classmethod
    def parse(cls, data: bytes, path: str) -> Vault:
        """The content of the file at ``path``. Raises SecretStoreError if it is not a vault."""
        if not data.startswith(_MAGIC):
            raise damaged(path, "it does not begin like a vault file")
        content, ending = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if digest(content, size=_DIGEST_BYTES) != ending:
            raise damaged(path, "its checksum is wrong")
        end = content.find(b"\n", len(_MAGIC)) + 1
        header, sealed = Header.parse(content[:end], path), content[end:]
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise damaged(path, "it is too short")
        return cls(header, sealed)

    def open(self, key: bytes) -> dict[str, str] | None:
        """The entries; None if ``key`` does not open it."""
        nonce, ciphertext = self._sealed[:_NONCE_BYTES], self._sealed[_NONCE_BYTES:]
        plain = decrypted(key, nonce, ciphertext, self.header.raw)
        if plain is None:
            return None
        entries: dict[str, str] = loads(plain)
        return entries


def damaged(path: str, how: str) -> SecretStoreError:
    """The error for a vault file that is not as we wrote it."""
    return SecretStoreError(
        f"the vault file {path} is damaged: {how}",
        code="vault-damaged",
        hint="restore it from a backup; or rename it and store the keys again with "
        "`awscreds configure --profile NAME`. awscreds did not change the file",
    )


def _from_hex(text: str, length: int) -> bytes:
    with suppress(ValueError):
        value = bytes.fromhex(text)
        if len(value) == length:
            return value
    raise ValueError("its salt or its check value is malformed")

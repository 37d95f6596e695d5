"""The encrypted files of 99designs/keyring: one JWE token each, encrypted with a passphrase.

RFC 7516 in its compact form, with ``PBES2-HS256+A128KW`` (RFC 7518, 4.8) and ``A256GCM``, as
dvsekhvalnov/jose2go writes it. The header is not trusted: it says how much work the passphrase is.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from dataclasses import dataclass

from awscreds.errors import SecretStoreError, WrongPassphrase

MOST_ITERATIONS = 1_300_000
"""As jose2go itself, which writes 8,192."""

_ALG = "PBES2-HS256+A128KW"
_ENC = "A256GCM"
_WRAPPED, _NONCE, _TAG = 40, 12, 16
"""Bytes of the wrapped key, the nonce and the tag."""
_LONGEST_SALT = 1024


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of a token. ``header`` is the text that the tag covers, too."""

    header: bytes
    salt: bytes
    iterations: int
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


def parse(data: bytes) -> Token:
    """The token in a file. Raises SecretStoreError for anything else."""
    parts = data.strip().split(b".")
    if len(parts) != 5:
        raise _broken()
    raw = [_decoded(part) for part in parts]
    header = None
    with contextlib.suppress(ValueError, RecursionError):
        header = json.loads(raw[0])
    if not isinstance(header, dict) or header.get("alg") != _ALG or header.get("enc") != _ENC:
        raise _broken()
    if "zip" in header or "crit" in header:
        raise _broken()
    iterations, salt = header.get("p2c"), header.get("p2s")
    if type(iterations) is not int or not 0 < iterations <= MOST_ITERATIONS:
        raise SecretStoreError(
            f"it needs more than {MOST_ITERATIONS:,} rounds of hashing, or it does not say how "
            "many",
            code="entry-broken",
        )
    if not isinstance(salt, str) or len(salt) > _LONGEST_SALT:
        raise _broken()
    wrapped_key, nonce, tag = raw[1], raw[2], raw[4]
    if (len(wrapped_key), len(nonce), len(tag)) != (_WRAPPED, _NONCE, _TAG):
        raise _broken()
    decoded_salt = _decoded(salt.encode(errors="replace"))
    return Token(parts[0], decoded_salt, iterations, wrapped_key, nonce, raw[3] + tag)


def decrypt(token: Token, passphrase: str) -> bytes:
    """The content. Raises WrongPassphrase, and SecretStoreError if it was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    salt = _ALG.encode() + b"\0" + token.salt
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=16, salt=salt, iterations=token.iterations)
    wrapping_key = kdf.derive(passphrase.encode("utf-8", "surrogateescape"))
    key = plain = None
    with contextlib.suppress(InvalidUnwrap):
        key = aes_key_unwrap(wrapping_key, token.wrapped_key)
    if key is None:
        raise WrongPassphrase("this passphrase does not open it")
    with contextlib.suppress(InvalidTag):
        plain = AESGCM(key).decrypt(token.nonce, token.ciphertext, token.header)
    if plain is None:
        raise SecretStoreError("it was changed or is damaged", code="entry-broken")
    return plain


def _decoded(part: bytes) -> bytes:
    """base64url without padding."""
    with contextlib.suppress(binascii.Error, ValueError):
        return base64.b64decode(part + b"=" * (-len(part) % 4), b"-_", validate=True)
    raise _broken()


def _broken() -> SecretStoreError:
    return SecretStoreError(
        "it is not a file of that program, or it is damaged", code="entry-broken"
    )

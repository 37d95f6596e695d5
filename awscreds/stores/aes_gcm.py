"""AES-256-GCM, without the rest of the cryptography package: that takes twice a bare start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def aes_gcm(key: bytes) -> AESGCM:
    """The cipher with ``key``, which has 32 bytes."""
    try:
        # This very class is what `cryptography.hazmat.primitives.ciphers.aead` gives a name to. The
        # place is private, so it may change.
        from cryptography.hazmat.bindings._rust import openssl

        cipher = openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        cipher = AESGCM
    return cipher(key)


def decrypted(key: bytes, nonce: bytes, ciphertext: bytes, authenticated: bytes) -> bytes | None:
    """The plaintext; None if any of these is not what it was. ValueError: a nonce cut short."""
    try:
        return aes_gcm(key).decrypt(nonce, ciphertext, authenticated)
    except Exception as error:
        from cryptography.exceptions import InvalidTag

        if isinstance(error, InvalidTag):
            return None
        raise

"""A digest that names and compares things, at no cost to start-up."""

from __future__ import annotations

from awscreds.model.keys import has_id_form


def key_name(key_id: str) -> str:
    """What a file of ours calls an access key: its id; a digest where that may be a secret."""
    return (
        key_id
        if has_id_form(key_id)
        else f"#{digest(key_id.encode(errors='surrogateescape')).hex()}"
    )


def digest(data: bytes, *, size: int = 16) -> bytes:
    """BLAKE2s (RFC 7693) of ``data``, ``size`` bytes of it, at most 32."""
    try:
        # hashlib loads OpenSSL: 4 ms that every start of credential-process would pay.
        from _blake2 import blake2s
    except ImportError:
        from hashlib import blake2s
    return blake2s(data, digest_size=size).digest()

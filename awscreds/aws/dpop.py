"""Proofs of possession (DPoP): who refreshes a login shows that they have its key.

https://www.rfc-editor.org/rfc/rfc9449. AWS takes ES256, with a signature of r and s (RFC 7518,
3.4), and the key lies as SEC1 PEM in the file of the AWS CLI.
"""

from __future__ import annotations

import base64
import json
import secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_COORDINATE = 32


def new_key() -> str:
    """A new key, as SEC1 PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode("ascii")


def is_key(text: object) -> bool:
    """Whether ``text`` is the PEM of a key that can make proofs."""
    return isinstance(text, str) and _loaded(text) is not None


def proof(pem: str, *, method: str, url: str, now: float) -> str:
    """A proof for one request, at ``now`` in seconds UTC. ``pem`` is a key."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _loaded(pem)
    if key is None:
        raise ValueError("not a key")
    point = key.public_key().public_numbers()
    x, y = (_encoded(number.to_bytes(_COORDINATE, "big")) for number in (point.x, point.y))
    jwk = {"kty": "EC", "x": x, "y": y, "crv": "P-256"}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    claims = {"htm": method, "htu": url, "iat": int(now), "jti": secrets.token_hex(16)}
    signed = ".".join(
        _encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )
    halves = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = b"".join(half.to_bytes(_COORDINATE, "big") for half in halves)
    return f"{signed}.{_encoded(signature)}"


def _loaded(pem: str) -> EllipticCurvePrivateKey | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    return None


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")

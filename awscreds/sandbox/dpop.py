"""Proofs of possession (DPoP) as AWS's sign-in wants them: RFC 9449 with ES256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.sandbox.state import Clock

WINDOW = 300
"""Seconds that the clock of a proof may be off."""

_COORDINATE = 32
_MEMBERS = frozenset({"kty", "crv", "x", "y"})


class BadProof(Exception):
    """A proof that is not one; its text says why."""


class Proofs:
    """Checks proofs, each of which works once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: set[str] = set()

    def reset(self) -> None:
        """Forget which proofs there were."""
        self._seen.clear()

    def thumbprint(self, proof: str, *, method: str, url: str) -> str:
        """The thumbprint (RFC 7638) of the key that ``proof`` proves. Raises BadProof."""
        parts = proof.split(".")
        if len(parts) != 3:
            raise BadProof("it is not a JWT")
        header, payload = (_object(part) for part in parts[:2])
        key = header.get("jwk")
        if (header.get("typ"), header.get("alg")) != ("dpop+jwt", "ES256"):
            raise BadProof("typ or alg")
        if not isinstance(key, dict) or set(key) != _MEMBERS:
            raise BadProof("jwk")
        _verify(key, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
        self._check_claims(payload, method, url)
        canonical = json.dumps(key, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _check_claims(self, payload: Mapping[str, Any], method: str, url: str) -> None:
        if (payload.get("htm"), payload.get("htu")) != (method, url):
            raise BadProof("htm or htu")
        issued, name = payload.get("iat"), payload.get("jti")
        if type(issued) is not int or abs(issued - self._clock.now()) > WINDOW:
            raise BadProof("iat")
        if not isinstance(name, str) or not name or name in self._seen:
            raise BadProof("jti")
        self._seen.add(name)


def _verify(key: Mapping[str, Any], signed: bytes, signature: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    x, y = (_bytes(str(key[name])) for name in ("x", "y"))
    if (key["kty"], key["crv"]) != ("EC", "P-256") or {len(x), len(y)} != {_COORDINATE}:
        raise BadProof("jwk")
    if len(signature) != 2 * _COORDINATE:
        raise BadProof("the signature is not r and s, of 32 bytes each")
    halves = signature[:_COORDINATE], signature[_COORDINATE:]
    r, s = (int.from_bytes(half, "big") for half in halves)
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
    )
    try:
        numbers.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise BadProof("the signature") from None


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadProof("it is not a JWT")
    return found


def _bytes(part: str) -> bytes:
    if "=" in part:
        raise BadProof("padding")
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadProof("it is not base64url") from None

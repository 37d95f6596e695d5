"""Entries as other credential managers write them, made without awscreds.

The layouts are those of 99designs/keyring 1.2.2 and dvsekhvalnov/jose2go.
"""

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

ALG = "PBES2-HS256+A128KW"


def go_json(document):
    """As Go's encoding/json writes it."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    for char in "&<>":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode("utf-8", "surrogatepass")


def credentials(key_id, secret, token=""):
    """``aws.Credentials`` of the AWS SDK for Go v2."""
    return go_json(
        {
            "AccessKeyID": key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Source": "",
            "CanExpire": bool(token),
            "Expires": "0001-01-01T00:00:00Z",
            "AccountID": "",
        }
    )


def item(key, data, label=""):
    """``keyring.Item``."""
    return go_json(
        {
            "Key": key,
            "Data": base64.b64encode(data).decode(),
            "Label": label,
            "Description": "",
            "KeychainNotTrustApplication": True,
            "KeychainNotSynchronizable": False,
        }
    )


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jwe(payload, passphrase, *, iterations=8192, **header):
    """A token as jose2go makes it; ``header`` replaces what it says."""
    salt, key, nonce = os.urandom(12), os.urandom(32), os.urandom(12)
    kdf = PBKDF2HMAC(SHA256(), 16, ALG.encode() + b"\0" + salt, min(iterations, 10_000_000))
    wrapped = aes_key_wrap(kdf.derive(passphrase.encode()), key)
    said = {
        "alg": ALG,
        "created": "2026-11-27 03:00:00.123456789 +0000 UTC m=+0.012345678",
        "enc": "A256GCM",
        "p2c": iterations,
        "p2s": encoded(salt).decode(),
    }
    head = encoded(go_json(said | header))
    sealed = AESGCM(key).encrypt(nonce, payload, head)
    return b".".join((head, *map(encoded, (wrapped, nonce, sealed[:-16], sealed[-16:]))))


def write_file(folder, name, data, passphrase, **header):
    """An entry of the file backend."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name.replace("%", "%25").replace("/", "%2F")
    path.write_bytes(jwe(item(name, data, f"aws-vault ({name})"), passphrase, **header))
    path.chmod(0o600)
    return path

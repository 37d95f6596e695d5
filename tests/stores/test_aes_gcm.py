"""The short way to AES-GCM is the public one, and the public one serves if it is gone."""

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from awscreds.stores.aes_gcm import aes_gcm, decrypted

KEY, NONCE = bytes(range(32)), bytes(12)


def test_it_is_the_public_class():
    assert type(aes_gcm(KEY)) is AESGCM


@pytest.mark.parametrize("missing", ["cryptography.hazmat.bindings._rust", None])
def test_where_the_private_place_is_gone_the_public_one_serves(monkeypatch, missing):
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    else:
        from cryptography.hazmat.bindings import _rust

        monkeypatch.delattr(_rust, "openssl")
    assert type(aes_gcm(KEY)) is AESGCM


def test_what_was_changed_is_none_and_not_an_error():
    sealed = aes_gcm(KEY).encrypt(NONCE, b"plain", b"label")
    assert decrypted(KEY, NONCE, sealed, b"label") == b"plain"
    for changed in (
        (bytes(32), NONCE, sealed, b"label"),
        (KEY, bytes(11) + b"x", sealed, b"label"),
        (KEY, NONCE, b"x" + sealed[1:], b"label"),
        (KEY, NONCE, sealed, b"labels"),
        (KEY, NONCE, b"", b"label"),
    ):
        assert decrypted(*changed) is None
    with pytest.raises(ValueError, match=r"[Nn]once"):
        decrypted(KEY, b"", sealed, b"label")


def test_it_loads_only_the_compiled_part():
    code = (
        "import sys\nfrom awscreds.stores.aes_gcm import aes_gcm, decrypted\n"
        "sealed = aes_gcm(bytes(32)).encrypt(bytes(12), b'x', b'')\n"
        "assert decrypted(bytes(32), bytes(12), sealed, b'') == b'x'\n"
        "print({'cryptography.exceptions', 'cryptography.hazmat.primitives', 'typing'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

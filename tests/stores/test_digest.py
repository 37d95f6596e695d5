"""The digest is BLAKE2s, wherever Python keeps it."""

import sys

import pytest

from awscreds.stores.fingerprints import digest

# RFC 7693, appendix B
ABC = bytes.fromhex("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982")


@pytest.mark.parametrize("hidden", [False, True])
def test_is_blake2s_with_and_without_python_s_inner_module(monkeypatch, hidden):
    if hidden:
        monkeypatch.setitem(sys.modules, "_blake2", None)
    assert digest(b"abc", size=32) == ABC


def test_is_as_long_as_was_asked():
    assert len(digest(b"abc")) == 16
    assert len(digest(b"abc", size=12)) == 12

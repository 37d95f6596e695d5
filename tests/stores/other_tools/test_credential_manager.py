"""The Windows Credential Manager, with entries as danieljoos/wincred writes them."""

import sys

import pytest

if sys.platform != "win32":
    pytest.skip("only Windows has it", allow_module_level=True)

import ctypes
from ctypes import wintypes

from awscreds.errors import ConfigurationError
from awscreds.model.credentials import AccessKey
from awscreds.stores.other_tools.credential_manager import CredentialManager
from awscreds.stores.other_tools.entry import Entry, Unreadable
from tests import other_tools as tools

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PREFIX = "aws-vault:aws-vault:"
ADVAPI32 = ctypes.WinDLL("advapi32", use_last_error=True)


class Credential(ctypes.Structure):
    _fields_ = (
        ("Flags", wintypes.DWORD),
        ("Type", wintypes.DWORD),
        ("TargetName", wintypes.LPWSTR),
        ("Comment", wintypes.LPWSTR),
        ("LastWritten", wintypes.FILETIME),
        ("CredentialBlobSize", wintypes.DWORD),
        ("CredentialBlob", ctypes.c_char_p),
        ("Persist", wintypes.DWORD),
        ("AttributeCount", wintypes.DWORD),
        ("Attributes", ctypes.c_void_p),
        ("TargetAlias", wintypes.LPWSTR),
        ("UserName", wintypes.LPWSTR),
    )


@pytest.fixture
def write():
    """Writes a credential, by its target; all are gone after the test."""
    written = []

    def credential(target, blob):
        local_machine = 2
        one = Credential(
            Type=1,
            TargetName=target,
            CredentialBlobSize=len(blob),
            CredentialBlob=blob,
            Persist=local_machine,
        )
        assert ADVAPI32.CredWriteW(ctypes.byref(one), 0), ctypes.get_last_error()
        written.append(target)

    yield credential
    for target in written:
        ADVAPI32.CredDeleteW(target, 1, 0)


def read():
    return list(CredentialManager("aws-vault", PREFIX).entries())


def test_the_entries_of_a_tool_are_read_and_no_others(write):
    assert read() == []
    data = tools.credentials(KEY.id, KEY.secret)
    write(f"{PREFIX}dev", data)
    write(f"{PREFIX}sts.GetSessionToken,ZGV2,YXJu,1795000000", data)
    write("aws-vault:other:x", data)
    write("something", data)
    [found] = read()
    assert (found.name, found.key, found.backend) == ("dev", KEY, "wincred")
    assert KEY.secret not in repr(found)


@pytest.mark.parametrize("blob", [b"", b"\xff", b"{}", b"[" * 2000])
def test_garbage_is_named_and_does_not_stop_the_others(write, blob):
    write(f"{PREFIX}bad", blob)
    write(f"{PREFIX}dev", tools.credentials(KEY.id, KEY.secret))
    assert sorted(type(each).__name__ for each in read()) == ["Entry", "Unreadable"]
    [bad] = [each for each in read() if isinstance(each, Unreadable)]
    assert bad.place.endswith(f"{PREFIX}bad")


def test_what_was_read_can_be_deleted_unless_it_has_changed(write):
    write(f"{PREFIX}dev", tools.credentials(KEY.id, KEY.secret))
    [first] = read()
    write(f"{PREFIX}dev", tools.credentials("AKIAI44QH8DHBEXAMPLE", KEY.secret))
    with pytest.raises(ConfigurationError, match="has changed"):
        first.remove()
    [second] = read()
    assert isinstance(second, Entry)
    second.remove()
    assert read() == []

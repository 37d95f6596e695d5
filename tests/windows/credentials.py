"""The Windows Credential Manager, seen without the code of the product."""

import contextlib
import json
import re
import sys


def _manager():
    from keyring.backends.Windows import WinVaultKeyring

    return WinVaultKeyring()


def texts(key_ids):
    """The entries of those of the access keys ``key_ids`` that it has."""
    manager = _manager()
    found = {key_id: manager.get_password(f"awscreds:{key_id}", key_id) for key_id in key_ids}
    return {key_id: text for key_id, text in found.items() if text}


def stored(key_ids):
    """Their secrets."""
    return {key: json.loads(text)["secret_access_key"] for key, text in texts(key_ids).items()}


def forget(key_ids):
    """Remove what a test has left: it belongs to the user, and would outlive the test."""
    if sys.platform != "win32":
        return
    from keyring.errors import PasswordDeleteError

    for key_id in key_ids:
        with contextlib.suppress(PasswordDeleteError):
            _manager().delete_password(f"awscreds:{key_id}", key_id)


_OF_SANDBOX = re.compile(r"AKIA(?!\w*EXAMPLE)[A-Z0-9]{16}")
"""The key of a user of the sandbox, which another test may have at the same time."""


def targets():
    """The names of all credentials, but of keys of the sandbox."""
    from win32ctypes.pywin32 import pywintypes, win32cred

    try:
        names = {found["TargetName"] for found in win32cred.CredEnumerate(None, 0)}
    except pywintypes.error:  # there are none
        return set()
    return {name for name in names if not _OF_SANDBOX.search(name)}


def credential(target):
    """What Windows has of one: its CredentialBlob (bytes), its Persist, and more."""
    from win32ctypes.pywin32 import win32cred

    return win32cred.CredRead(TargetName=target, Type=win32cred.CRED_TYPE_GENERIC)


def remove(names):
    """Remove credentials."""
    from win32ctypes.pywin32 import win32cred

    for target in names:
        win32cred.CredDelete(TargetName=target, Type=win32cred.CRED_TYPE_GENERIC)

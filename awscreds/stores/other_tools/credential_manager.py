"""The Windows Credential Manager, in which 99designs/keyring keeps the data of each entry.

The target's name is ``PREFIX:SERVICE:KEY``; the blob is the data itself, without an item around it.
https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    from awscreds.errors import ConfigurationError, SecretStoreError
    from awscreds.model.other_tools import LARGEST, is_session
    from awscreds.stores.other_tools.entry import (
        MOST_ENTRIES,
        WINCRED,
        Entry,
        Raw,
        Unreadable,
        entry_of,
    )

    TYPE_CHECKING = False
    if TYPE_CHECKING:
        from collections.abc import Iterator

    _GENERIC = 1
    _NOT_FOUND = 1168
    _NO_SUCH_LOGON_SESSION = 1312

    class _Credential(ctypes.Structure):
        """CREDENTIALW of the Windows API."""

        _fields_ = (
            ("flags", wintypes.DWORD),
            ("type", wintypes.DWORD),
            ("target", wintypes.LPWSTR),
            ("comment", wintypes.LPWSTR),
            ("written", wintypes.FILETIME),
            ("size", wintypes.DWORD),
            ("blob", ctypes.c_void_p),
            ("persist", wintypes.DWORD),
            ("attribute_count", wintypes.DWORD),
            ("attributes", ctypes.c_void_p),
            ("alias", wintypes.LPWSTR),
            ("user", wintypes.LPWSTR),
        )

    class CredentialManager:
        """The entries of ``tool`` whose targets begin with ``prefix``, which ends with a colon."""

        def __init__(self, tool: str, prefix: str) -> None:
            self.tool = tool
            self._prefix = prefix

        def entries(self) -> Iterator[Entry | Unreadable]:
            """The keys, and what cannot be read."""
            try:
                found = _blobs(self._prefix)
            except OSError as error:
                yield Unreadable(self.tool, _PLACE, _refused(error))
                return
            for target, blob in found[:MOST_ENTRIES]:
                name = target.removeprefix(self._prefix)
                if not is_session(name):
                    entry = self._entry(target, name, blob)
                    if entry:
                        yield entry

        def _entry(self, target: str, name: str, blob: bytes) -> Entry | Unreadable | None:
            place = f"{_PLACE}, {target}"
            raw = Raw(name, blob[:LARGEST], is_item=False, remove=lambda: _remove(target, blob))
            return entry_of(self.tool, place, WINCRED, raw)

    _PLACE = "the Windows Credential Manager"

    def _refused(error: OSError) -> SecretStoreError:
        return SecretStoreError(
            f"{_PLACE} refused: {error.strerror or type(error).__name__}", code="unreadable"
        )

    def _blobs(prefix: str) -> list[tuple[str, bytes]]:
        """The target and the blob of each generic credential. Raises OSError."""
        advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
        count, found = wintypes.DWORD(), ctypes.POINTER(ctypes.POINTER(_Credential))()
        if not advapi32.CredEnumerateW(
            ctypes.c_wchar_p(f"{prefix}*"), 0, ctypes.byref(count), ctypes.byref(found)
        ):
            code = ctypes.get_last_error()
            if code in (_NOT_FOUND, _NO_SUCH_LOGON_SESSION):
                return []
            raise ctypes.WinError(code)
        try:
            each = [found[at].contents for at in range(count.value)]
            return [
                (one.target, ctypes.string_at(one.blob, one.size) if one.size else b"")
                for one in each
                if one.type == _GENERIC and one.target and one.target.startswith(prefix)
            ]
        finally:
            advapi32.CredFree(found)

    def _remove(target: str, blob: bytes) -> None:
        """Delete the credential, if it still is what was read. Raises AwscredsError."""
        try:
            if dict(_blobs(target)).get(target) != blob:
                raise ConfigurationError(
                    f"{target} has changed since it was read", code="entry-changed"
                )
            advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
            if not advapi32.CredDeleteW(ctypes.c_wchar_p(target), _GENERIC, 0):
                raise ctypes.WinError(ctypes.get_last_error())
        except OSError as error:
            raise _refused(error) from None

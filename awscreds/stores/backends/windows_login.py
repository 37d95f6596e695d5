"""The vault's key on Windows: in the registry's memory, encrypted for the user by Windows (DPAPI).

The registry key is volatile: Windows never writes it to the disk, and it is gone when the user logs
off. A file would stay, also in backups, and whoever has the user's password could decrypt it there.
https://learn.microsoft.com/windows/win32/api/winreg/nf-winreg-regcreatekeyexw
https://learn.microsoft.com/windows/win32/api/dpapi/nf-dpapi-cryptprotectdata
"""

from __future__ import annotations

import sys

from awscreds.stores.fingerprints import digest

if sys.platform == "win32":
    import contextlib
    import ctypes
    import winreg
    from ctypes import wintypes

    _PATH = r"Software\awscreds-unlocked"
    _VOLATILE = 1
    _FORBID_UI = 1
    _DIGEST_BYTES = 16
    _TOKEN_QUERY, _TOKEN_STATISTICS = 8, 10
    _STATISTICS_BYTES = 56
    _LOGON_ID = slice(8, 16)
    """The AuthenticationId in TOKEN_STATISTICS."""

    class _Blob(ctypes.Structure):
        """DATA_BLOB of the Windows API."""

        _fields_ = (("size", wintypes.DWORD), ("data", ctypes.c_void_p))

    class WindowsLogin:
        """Entries by name, in a volatile key of the user's registry.

        Programs that run as administrator have a login session of their own, and do not share them.
        """

        where = "the memory of your Windows login"
        needs = "the registry and the encryption (DPAPI) of your Windows login"

        def load(self, name: str) -> bytes | None:
            with contextlib.suppress(FileNotFoundError), _opened(winreg.KEY_READ) as key:
                value, kind = winreg.QueryValueEx(key, name)
                # winreg gives None for an empty one.
                return (value or b"") if kind == winreg.REG_BINARY else b""
            return None

        def save(self, name: str, sealed: bytes) -> None:
            _make()
            with _opened(winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, name, 0, winreg.REG_BINARY, sealed)

        def remove(self, name: str) -> None:
            with contextlib.suppress(FileNotFoundError), _opened(winreg.KEY_SET_VALUE) as key:
                winreg.DeleteValue(key, name)

        def names(self, prefix: str) -> list[str]:
            try:
                with _opened(winreg.KEY_READ) as key:
                    count = winreg.QueryInfoKey(key)[1]
                    found = [winreg.EnumValue(key, number)[0] for number in range(count)]
            except FileNotFoundError:
                return []
            return [name for name in found if name.startswith(prefix)]

        def seal(self, plain: bytes, name: str) -> bytes:
            data = _crypt("CryptProtectData", plain, name)
            return digest(data) + data

        def unseal(self, sealed: bytes, name: str) -> bytes | None:
            check, data = sealed[:_DIGEST_BYTES], sealed[_DIGEST_BYTES:]
            # What is damaged must not come to Windows: Wine reads beyond its end.
            if check == digest(data):
                with contextlib.suppress(OSError):
                    return _crypt("CryptUnprotectData", data, name)
            return None

        def session(self) -> bytes:
            kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
            advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
            kernel32.GetCurrentProcess.restype = wintypes.HANDLE
            token = wintypes.HANDLE()
            process = wintypes.HANDLE(kernel32.GetCurrentProcess())
            if not advapi32.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
                return b""
            found = ctypes.create_string_buffer(_STATISTICS_BYTES)
            size = wintypes.DWORD()
            told = advapi32.GetTokenInformation(
                token, _TOKEN_STATISTICS, found, _STATISTICS_BYTES, ctypes.byref(size)
            )
            kernel32.CloseHandle(token)
            return found.raw[_LOGON_ID] if told else b""

        def uptime(self) -> float:
            ticks = ctypes.WinDLL("kernel32").GetTickCount64
            ticks.restype = ctypes.c_uint64
            return float(ticks()) / 1000

    def _opened(access: int) -> winreg.HKEYType:
        return winreg.OpenKey(winreg.HKEY_CURRENT_USER, _PATH, 0, access)

    def _make() -> None:
        """Make the key, if it is not there. Raises OSError."""
        advapi32 = ctypes.WinDLL("advapi32")
        key = wintypes.HKEY()
        failed = advapi32.RegCreateKeyExW(
            wintypes.HKEY(winreg.HKEY_CURRENT_USER),
            _PATH,
            0,
            None,
            _VOLATILE,
            winreg.KEY_WRITE,
            None,
            ctypes.byref(key),
            None,
        )
        if failed:
            raise ctypes.WinError(failed)
        advapi32.RegCloseKey(key)

    def _crypt(function: str, data: bytes, name: str) -> bytes:
        """What CryptProtectData or CryptUnprotectData makes of ``data``. Raises OSError."""
        crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
        result = _Blob()
        identity = name.encode("utf-8", "surrogatepass")
        given, bound_to = _blob(data), _blob(identity)
        if not getattr(crypt32, function)(
            ctypes.byref(given),
            None,
            ctypes.byref(bound_to),
            None,
            None,
            _FORBID_UI,
            ctypes.byref(result),
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return ctypes.string_at(result.data, result.size)
        finally:
            ctypes.memset(result.data, 0, result.size)
            ctypes.WinDLL("kernel32").LocalFree(ctypes.c_void_p(result.data))

    def _blob(data: bytes) -> _Blob:
        # It points into ``data``, and is used only while the caller has that.
        return _Blob(len(data), ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p))

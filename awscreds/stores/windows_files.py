"""What only Windows' own functions tell about files. Nobody imports this elsewhere."""

from __future__ import annotations

import _winapi
import ctypes
import errno
import os
import sys

assert sys.platform == "win32"  # noqa: S101 - tells the type checker, too

_EXISTING = 3
_SHARE_ALL = 0x7
_READ, _DELETE, _READ_ATTRIBUTES = 0x80000000, 0x10000, 0x80
_ALSO_FOLDERS = 0x02000000
_SHARING_VIOLATION, _LOCK_VIOLATION = 32, 33
_EPOCH = 116_444_736_000_000_000
"""1970, in the 100 ns since 1601 in which Windows counts."""


class _BasicInfo(ctypes.Structure):
    """FILE_BASIC_INFO. Times are in 100 ns since 1601."""

    _fields_ = (
        ("created", ctypes.c_int64),
        ("read", ctypes.c_int64),
        ("written", ctypes.c_int64),
        ("changed", ctypes.c_int64),
        ("attributes", ctypes.c_uint32),
    )


def is_shared(path: str) -> bool:
    """Whether no program that has the file open keeps others from reading and removing it."""
    try:
        _winapi.CloseHandle(
            _winapi.CreateFile(path, _READ | _DELETE, _SHARE_ALL, 0, _EXISTING, 0, 0)
        )
    except OSError as error:
        return error.winerror not in (_SHARING_VIOLATION, _LOCK_VIOLATION)
    return True


def changed_ns(path: str) -> int:
    """When the file's content, name or attributes last changed, in ns since 1970.

    This is what ``st_ctime`` is elsewhere: no program sets it back with the other times. On Windows
    ``st_ctime`` is when the file was made. Raises OSError.
    https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_basic_info
    """
    handle = _winapi.CreateFile(path, _READ_ATTRIBUTES, _SHARE_ALL, 0, _EXISTING, _ALSO_FOLDERS, 0)
    try:
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        info, basic = _BasicInfo(), 0
        if not kernel32.GetFileInformationByHandleEx(
            ctypes.c_void_p(handle), basic, ctypes.byref(info), ctypes.sizeof(info)
        ):
            raise ctypes.WinError(ctypes.get_last_error())
    finally:
        _winapi.CloseHandle(handle)
    return (int(info.changed) - _EPOCH) * 100


def refuse_below_a_file(path: str) -> None:
    """Raise NotADirectoryError if a file is where a folder of ``path`` should be.

    Windows says of such a path only that it does not exist.
    """
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    if os.path.isfile(folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)

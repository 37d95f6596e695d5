"""What only Windows' own functions tell about files. Nobody imports this elsewhere."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import stat
import sys

assert sys.platform == "win32"  # noqa: S101 - tells the type checker, too

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_EXISTING = 3
_SHARE_READ, _SHARE_ALL = 0x1, 0x7
_NO_HANDLE = ctypes.c_void_p(-1).value
_READ, _DELETE, _READ_ATTRIBUTES = 0x80000000, 0x10000, 0x80
ALSO_FOLDERS = 0x02000000
_SHARING_VIOLATION, _LOCK_VIOLATION = 32, 33
_IS_ANOTHER_NAME = 0x20000000
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


@functools.cache
def _kernel32() -> ctypes.WinDLL:
    return ctypes.WinDLL("kernel32", use_last_error=True)


def may_be_link(path: str) -> bool:
    """Whether ``is_link`` may hold of what is at ``path``: a fast look, without opening it."""
    attributes = _kernel32().GetFileAttributesW(ctypes.c_wchar_p(path))
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)  # also if there is nothing: -1


def is_link(found: os.stat_result) -> bool:
    """Whether it stands for another file or folder: a symbolic link, a junction, a mount.

    https://learn.microsoft.com/windows/win32/fileio/reparse-point-tags
    """
    is_reparse_point = found.st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT
    return bool(is_reparse_point and found.st_reparse_tag & _IS_ANOTHER_NAME)


@contextlib.contextmanager
def handle_of(
    path: str, access: int, *, share: int = _SHARE_ALL, flags: int = 0
) -> Iterator[ctypes.c_void_p]:
    """The file, opened as CreateFileW does. Raises OSError.

    ``_winapi.CreateFile`` takes only names that are in the ANSI code page.
    """
    create = _kernel32().CreateFileW
    create.restype = ctypes.c_void_p
    found = create(ctypes.c_wchar_p(path), access, share, None, _EXISTING, flags, None)
    if found == _NO_HANDLE:
        raise ctypes.WinError(ctypes.get_last_error())
    handle = ctypes.c_void_p(found)
    try:
        yield handle
    finally:
        _kernel32().CloseHandle(handle)


def is_shared(path: str, access: int = _READ | _DELETE, share: int = _SHARE_ALL) -> bool:
    """Whether no program that has the file open keeps others from reading and removing it.

    Or from ``access``, and sharing it only as in ``share``. Raises OSError if that is not known.
    """
    try:
        with handle_of(path, access, share=share):
            return True
    except OSError as error:
        if error.winerror in (_SHARING_VIOLATION, _LOCK_VIOLATION):
            return False
        raise


def is_written(path: str) -> bool | None:
    """Whether a program has the file open for writing; None if the system does not tell."""
    try:
        return not is_shared(path, _READ, _SHARE_READ)
    except OSError:
        return None


def changed_ns(path: str) -> int:
    """When the file's content, name or attributes last changed, in ns since 1970.

    This is what ``st_ctime`` is elsewhere: no program sets it back with the other times. On Windows
    ``st_ctime`` is when the file was made. Raises OSError.
    https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_basic_info
    """
    with handle_of(path, _READ_ATTRIBUTES, flags=ALSO_FOLDERS) as handle:
        info, basic = _BasicInfo(), 0
        if not _kernel32().GetFileInformationByHandleEx(
            handle, basic, ctypes.byref(info), ctypes.sizeof(info)
        ):
            raise ctypes.WinError(ctypes.get_last_error())
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

"""Owners and access control lists of files on Windows. Nobody imports this elsewhere.

Who counts as somebody else is judged in ``access_lists``.
"""

from __future__ import annotations

import _winapi
import contextlib
import ctypes
import functools
import msvcrt
import os
import sys

from awscreds.stores.access_lists import (
    ADMINISTRATORS,
    READ,
    REPLACE,
    SYSTEM,
    WRITE,
    Access,
    others,
    parse_list,
    parse_sid,
    to_list,
)

assert sys.platform == "win32"  # noqa: S101 - tells the type checker, too

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE_OBJECT = 1
_OWNER, _LIST = 1, 4
_READ_CONTROL, _QUERY_TOKEN, _TOKEN_USER = 0x20000, 0x8, 1
_LINK_ITSELF = 0x00200000
_KEEPS_LISTS = 0x8
_ANYTHING = 0xFFFFFFFF
_MOST_LINKS = 63
"""The links that Windows follows in one path."""


class _Attributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("descriptor", ctypes.c_void_p),
        ("inherit", ctypes.c_int),
    )


@functools.cache
def _advapi32() -> ctypes.WinDLL:
    return ctypes.WinDLL("advapi32", use_last_error=True)


@functools.cache
def _kernel32() -> ctypes.WinDLL:
    return ctypes.WinDLL("kernel32", use_last_error=True)


def _free(pointer: ctypes.c_void_p) -> None:
    _kernel32().LocalFree(pointer)


# -- who it is -----------------------------------------------------------------------------------


@functools.cache
def me() -> str:
    """The SID of the user that runs this process. Raises OSError."""
    token, length = ctypes.c_void_p(), ctypes.c_uint32()
    process = ctypes.c_void_p(_winapi.GetCurrentProcess())
    if not _advapi32().OpenProcessToken(process, _QUERY_TOKEN, ctypes.byref(token)):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        buffer = ctypes.create_string_buffer(256)  # a SID has 68 bytes at most
        if not _advapi32().GetTokenInformation(
            token, _TOKEN_USER, buffer, len(buffer), ctypes.byref(length)
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        return _sid(ctypes.c_void_p.from_buffer(buffer))
    finally:
        _kernel32().CloseHandle(token)


def _sid(pointer: ctypes.c_void_p) -> str:
    length = _advapi32().GetLengthSid(pointer)
    return parse_sid(ctypes.string_at(pointer.value or 0, length))


def name_of(sid: str) -> str:
    r"""``BUILTIN\\Users``, or the SID itself if it has no name here."""
    pointer = ctypes.c_void_p()
    if not _advapi32().ConvertStringSidToSidW(ctypes.c_wchar_p(sid), ctypes.byref(pointer)):
        return sid
    try:
        name, domain = ctypes.create_unicode_buffer(256), ctypes.create_unicode_buffer(256)
        lengths, kind = (ctypes.c_uint32(256), ctypes.c_uint32(256)), ctypes.c_uint32()
        if not _advapi32().LookupAccountSidW(
            None,
            pointer,
            name,
            ctypes.byref(lengths[0]),
            domain,
            ctypes.byref(lengths[1]),
            ctypes.byref(kind),
        ):
            return sid
    finally:
        _free(pointer)
    return f"{domain.value}\\{name.value}" if domain.value else name.value


# -- what others may do --------------------------------------------------------------------------


def access_to(file: str | int) -> Access:
    """The owner and list of a path (of a link itself) or of an open file. Raises OSError."""
    if isinstance(file, int):
        return _access(ctypes.c_void_p(msvcrt.get_osfhandle(file)))
    from awscreds.stores.windows_files import ALSO_FOLDERS, handle_of

    with handle_of(file, _READ_CONTROL, flags=ALSO_FOLDERS | _LINK_ITSELF) as handle:
        return _access(handle)


def _access(handle: ctypes.c_void_p) -> Access:
    owner, entries, descriptor = (ctypes.c_void_p() for _ in range(3))
    code = _advapi32().GetSecurityInfo(
        handle,
        _FILE_OBJECT,
        _OWNER | _LIST,
        ctypes.byref(owner),
        None,
        ctypes.byref(entries),
        None,
        ctypes.byref(descriptor),
    )
    if code:
        raise ctypes.WinError(code)
    try:
        if not entries.value:
            return Access(_sid(owner), None)
        size = int.from_bytes(ctypes.string_at(entries.value + 2, 2), "little")
        return Access(_sid(owner), parse_list(ctypes.string_at(entries.value, size)))
    finally:
        _free(descriptor)


def why_others(file: str | int, permissions: int) -> str | None:
    """What lets somebody else do that with a path or an open file; None if nothing does.

    Raises OSError if the system does not tell.
    """
    access = access_to(file)
    found = others(access, me(), permissions)
    if not found:
        return None
    if isinstance(file, str) and not keeps_lists(file):
        return "its file system keeps no access control lists"
    if access.entries is None:
        return "it has no access control list"
    if found[0] == access.owner:
        return f"it belongs to {name_of(found[0])}"
    return f"by its access control list, for {' and '.join(map(name_of, found))}"


def why_others_use(file: str | int) -> str | None:
    """Why somebody else can read or write what should be private; None if nobody can."""
    return why_others(file, READ | WRITE)


def why_others_read(path: str) -> str | None:
    """Why somebody else can read the file; None if nobody can, or the system does not tell."""
    with contextlib.suppress(OSError):
        return why_others(path, READ)
    return None


def weak_step(path: str, known_safe: set[str] | None = None) -> tuple[str, str] | None:
    """The first step on the way to ``path`` that somebody else can replace, and why; else None.

    The last one must not be writable either. ``known_safe`` are folders on the way to others, which
    are not asked again; those that are found now are added.
    """
    known_safe = set() if known_safe is None else known_safe
    path = os.path.abspath(path)
    is_known = os.path.dirname(path) in known_safe and link_target(path) is None
    for step, is_last in [(path, True)] if is_known else _steps(path):
        try:
            why = why_others(step, WRITE if is_last else REPLACE)
        except FileNotFoundError:
            return None
        except OSError:  # a folder above, of which we may not even ask
            continue
        if why:
            return step, why
        if not is_last:
            known_safe.add(step)
    return None


def _steps(path: str) -> Iterator[tuple[str, bool]]:
    """Everything that Windows passes on the way to ``path``, and whether it is the last of it."""
    drive, rest = os.path.splitdrive(path)
    at, ahead, links = drive + os.sep, [name for name in rest.split(os.sep) if name], 0
    yield at, not ahead
    while ahead:
        step = os.path.join(at, ahead.pop(0))
        target = link_target(step) if links < _MOST_LINKS else None
        yield step, not ahead and target is None
        if target is None:
            at = step
            continue
        links += 1
        drive, rest = os.path.splitdrive(os.path.normpath(os.path.join(at, target)))
        at, ahead = drive + os.sep, [*(name for name in rest.split(os.sep) if name), *ahead]


def link_target(path: str) -> str | None:
    """Where a symbolic link or a junction leads; None for anything else."""
    from awscreds.stores.windows_files import is_link, may_be_link

    if not may_be_link(path):
        return None
    try:
        found = os.lstat(path)
        return os.readlink(path).removeprefix("\\\\?\\") if is_link(found) else None
    except (OSError, ValueError):  # a link of a kind that Python does not know
        return None


def keeps_lists(path: str) -> bool:
    """Whether the file system of ``path`` has access control lists. FAT and exFAT have none."""
    root = ctypes.create_unicode_buffer(1024)
    flags = ctypes.c_uint32()
    name = ctypes.c_wchar_p(os.path.abspath(path))
    if not _kernel32().GetVolumePathNameW(name, root, len(root)):
        return True
    told = _kernel32().GetVolumeInformationW(
        root, None, 0, None, None, ctypes.byref(flags), None, 0
    )
    return not told or bool(flags.value & _KEEPS_LISTS)


# -- making it private ---------------------------------------------------------------------------


@contextlib.contextmanager
def _descriptor(sddl: str) -> Iterator[ctypes.c_void_p]:
    found, revision = ctypes.c_void_p(), 1
    if not _advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(
        ctypes.c_wchar_p(sddl), revision, ctypes.byref(found), None
    ):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        yield found
    finally:
        _free(found)


def make_private_folder(path: str) -> None:
    """Make the folder ``path``, which nobody else may use. Raises FileExistsError or OSError."""
    with _descriptor(to_list(me(), is_folder=True)) as descriptor:
        attributes = _Attributes(ctypes.sizeof(_Attributes), descriptor.value, 0)
        if not _kernel32().CreateDirectoryW(ctypes.c_wchar_p(path), ctypes.byref(attributes)):
            raise ctypes.WinError(ctypes.get_last_error())


def make_private(path: str) -> None:
    """Let nobody else use a file of ours, if its list lets them. Raises OSError."""
    if why_others_use(path) is None:
        return
    with _descriptor(to_list(me(), is_folder=False)) as descriptor:
        if not _advapi32().SetFileSecurityW(ctypes.c_wchar_p(path), _LIST, descriptor):
            raise ctypes.WinError(ctypes.get_last_error())


def copy_list(source: str, target: str) -> None:
    """Give ``target`` the list of ``source``. Raises OSError."""
    needed = ctypes.c_uint32()
    ask = _advapi32().GetFileSecurityW
    ask(ctypes.c_wchar_p(source), _LIST, None, 0, ctypes.byref(needed))
    buffer = ctypes.create_string_buffer(needed.value)
    got = ask(ctypes.c_wchar_p(source), _LIST, buffer, len(buffer), ctypes.byref(needed))
    if not got or not _advapi32().SetFileSecurityW(ctypes.c_wchar_p(target), _LIST, buffer):
        raise ctypes.WinError(ctypes.get_last_error())


# -- the commands for it -------------------------------------------------------------------------


def to_close(path: str) -> str | None:
    """The arguments of icacls after which nobody else can use a path of ours; None if not ours."""
    access = _ours(path)
    if access is None:
        return None
    full = ":(OI)(CI)F" if os.path.isdir(path) else ":F"
    kept = [f'"*{sid}{full}"' for sid in (me(), SYSTEM, ADMINISTRATORS)]
    own = Access(access.owner, [each for each in access.entries or [] if not each.is_inherited])
    strangers = [f"*{sid}" for sid in others(own, me(), _ANYTHING)]
    removed = ["/remove:g", *strangers] if strangers else []
    return " ".join(["/inheritance:r", "/grant:r", *kept, *removed])


def to_shut(path: str) -> str | None:
    """The arguments after which others can only read a path of ours; None if it is not ours."""
    access = _ours(path)
    if access is None:
        return None
    rest = ":(OI)(CI)RX" if os.path.isdir(path) else ":RX"
    strangers = others(access, me(), WRITE)
    return " ".join(["/inheritance:d", "/grant:r", *(f'"*{sid}{rest}"' for sid in strangers)])


def _ours(path: str) -> Access | None:
    """The access to a path of our own with a list that can be changed; else None.

    Not to a drive: others need that one.
    """
    with contextlib.suppress(OSError):
        access = access_to(path)
        is_drive = os.path.dirname(os.path.abspath(path)) == os.path.abspath(path)
        if access.owner in (me(), ADMINISTRATORS) and keeps_lists(path) and not is_drive:
            return access
    return None

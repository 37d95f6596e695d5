"""Who may use a file, from its owner and access control list on Windows: only the judgement.

``windows_acl`` reads them. Lists have the form that Windows keeps them in:
https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/20233ed8-a6c6-4097-aafa-dd545ed24428
"""

from __future__ import annotations

import struct

_GENERIC_ALL, _GENERIC_WRITE, _GENERIC_READ = 0x10000000, 0x40000000, 0x80000000
_DELETE, _WRITE_LIST, _WRITE_OWNER = 0x10000, 0x40000, 0x80000
_READ_DATA, _WRITE_DATA, _APPEND_DATA, _DELETE_CHILD = 0x1, 0x2, 0x4, 0x40

READ = _READ_DATA | _GENERIC_READ | _GENERIC_ALL
"""Permissions to see what is in a file or folder."""

REPLACE = _DELETE_CHILD | _DELETE | _WRITE_LIST | _WRITE_OWNER | _GENERIC_ALL
"""Permissions to put something else where an existing entry of a folder is, or the folder itself.

Who may only add to a folder, as all users may in ``C:\\``, does not reach what is in it.
"""

WRITE = REPLACE | _WRITE_DATA | _APPEND_DATA | _GENERIC_WRITE
"""Permissions to change a file, or what is in a folder."""

EVERYBODY = "S-1-1-0"
SYSTEM, ADMINISTRATORS = "S-1-5-18", "S-1-5-32-544"
_TRUSTED = frozenset(
    (
        SYSTEM,
        ADMINISTRATORS,
        # The service that installs Windows: it owns C:\ and what Windows brings.
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
        "S-1-3-4",  # the owner, whoever that is: judged by itself
    )
)
_LOCAL_ADMINISTRATOR, _DOMAIN_ADMINS = "500", "512"

_ALLOWED, _ALLOWED_OBJECT, _ALLOWED_CALLBACK, _ALLOWED_CALLBACK_OBJECT = 0x00, 0x05, 0x09, 0x0B
_WITH_OBJECT = (_ALLOWED_OBJECT, _ALLOWED_CALLBACK_OBJECT)
_ALLOWS = (_ALLOWED, _ALLOWED_CALLBACK, *_WITH_OBJECT)
_ONLY_FOR_CHILDREN = 0x08
_INHERITED = 0x10
_HEADER, _ENTRY = 8, 8
_GUID = 16


class Entry:
    """It allows ``mask`` to ``sid``. ``is_inherited``: it comes from the folder above."""

    __slots__ = ("is_inherited", "mask", "sid")

    def __init__(self, mask: int, sid: str, *, is_inherited: bool = False) -> None:
        self.mask = mask
        self.sid = sid
        self.is_inherited = is_inherited


class Access:
    """The owner of a file, and what its list allows; ``entries`` is None if it has no list.

    Without a list, everybody may do everything.
    """

    __slots__ = ("entries", "owner")

    def __init__(self, owner: str, entries: list[Entry] | None) -> None:
        self.owner = owner
        self.entries = entries


def others(access: Access, me: str, permissions: int) -> list[str]:
    """The SIDs of those who have one of the ``permissions``, or own the file: the owner first.

    The user ``me``, SYSTEM and administrators do not count: those can become any user. Entries
    that deny something are not counted either. So nobody is missed who is in a list twice.
    """
    entries = [Entry(permissions, EVERYBODY)] if access.entries is None else access.entries
    found = [access.owner, *(entry.sid for entry in entries if entry.mask & permissions)]
    return [sid for sid in dict.fromkeys(found) if not _is_trusted(sid, me)]


def _is_trusted(sid: str, me: str) -> bool:
    if sid in _TRUSTED or sid == me:
        return True
    # The administrators of this computer or of my domain, by its own number.
    domain, _, number = sid.rpartition("-")
    return number in (_LOCAL_ADMINISTRATOR, _DOMAIN_ADMINS) and domain == me.rpartition("-")[0]


def parse_list(data: bytes) -> list[Entry]:
    """What a list (ACL) allows on the file itself. ValueError if it is not one."""
    found, at = [], _HEADER
    try:
        (count,) = struct.unpack_from("<H", data, 4)
        for _ in range(count):
            kind, flags, size, mask = struct.unpack_from("<BBHI", data, at)
            if kind in _ALLOWS and not flags & _ONLY_FOR_CHILDREN:
                start = at + _ENTRY
                if kind in _WITH_OBJECT:
                    (guids,) = struct.unpack_from("<I", data, start)
                    start += 4 + _GUID * (guids & 3).bit_count()
                sid = parse_sid(data[start : at + size])
                found.append(Entry(mask, sid, is_inherited=bool(flags & _INHERITED)))
            at += max(size, _ENTRY)
    except struct.error:
        raise ValueError("it is not an access control list") from None
    return found


def parse_sid(data: bytes) -> str:
    """The text of an identifier of a user or group. ValueError if it is not one."""
    try:
        revision, count = struct.unpack_from("<BB", data)
        authority = int.from_bytes(data[2:8], "big")
        numbers = struct.unpack_from(f"<{count}I", data, 8)
    except struct.error:
        raise ValueError("it is not a SID") from None
    return "-".join(map(str, ("S", revision, authority, *numbers)))


def to_list(me: str, *, is_folder: bool) -> str:
    """The list of what only ``me``, SYSTEM and administrators may use, in SDDL.

    ``P``: it takes nothing from the folder above. What is made in a folder gets the same list.
    """
    flags = "OICI" if is_folder else ""
    return "D:P" + "".join(f"(A;{flags};FA;;;{sid})" for sid in (me, SYSTEM, ADMINISTRATORS))

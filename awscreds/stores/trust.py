"""Whether other users can write, or read, what our secrets depend on.

A line in the AWS files is a program that starts as the user. So whoever can write those files, a
folder of their path, or the program itself has the keys. All of them are checked here, by the same
rules. On Windows, ``windows_acl`` reads owners and access control lists.
"""

from __future__ import annotations

import os
import stat
import sys

from awscreds.stores.files import group_name, user_name
from awscreds.stores.locations import real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINKS = 40
"""The links that Linux follows in one path."""

_FIRST_PERSON = 1000
"""The lowest uid of a person. Lower ones are system accounts, like ``sync`` in group 0."""

_MODELESS = frozenset(
    ("cifs", "drvfs", "exfat", "fuse.vmhgfs-fuse", "fuseblk", "msdos", "ntfs", "ntfs3", "prl_fs")
) | {"smb3", "vboxsf", "vfat"}
"""File systems that, with their usual mount options, give all files one mode, despite chmod."""

_ACL = "system.posix_acl_access"
_ACL_USER, _ACL_OWN_GROUP, _ACL_GROUP, _ACL_MASK = 0x02, 0x04, 0x08, 0x10
"""Tags of its entries (linux/posix_acl.h)."""

_READ, _WRITE = 4, 2
_OTHERS = 0o077

_OF_CONTAINERS = ("/run/secrets/", "/var/run/secrets/")
"""Where container runtimes mount root's secrets, readable by everybody in the container."""


class Weakness:
    """A step of a path that others can write: ``path``, and ``why``, as in "mode 0777"."""

    __slots__ = ("path", "why")

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path} can be written by other users ({self.why})"


def writable_by_others(path: str, known_safe: set[str] | None = None) -> Weakness | None:
    """The first step on the way to ``path`` that another user can write, or owns; else None.

    Each folder and the target of each link is checked, up to the first that does not exist. Root
    does not count as another user. ``known_safe`` are folders that nobody else can write; what is
    found now is added. The way to what is in them is not checked again.
    """
    if sys.platform == "win32":
        from awscreds.stores.windows_acl import weak_step

        found = weak_step(path, known_safe)
        return Weakness(*found) if found else None
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    is_known = known_safe is not None and folder in known_safe and not os.path.islink(path)
    for step in (path,) if is_known else steps(path):
        try:
            why = why_others_write(step, os.lstat(step))
        except OSError:  # the path ends here; whoever needs the file reports it
            return None
        if why:
            return Weakness(step, why)
    if known_safe is not None:
        known_safe.add(folder)
    return None


def why_others_write(path: str, found: os.stat_result) -> str | None:
    """Why another user can write ``path`` itself; None if nobody can. Not for Windows."""
    if sys.platform == "win32":
        return None
    if found.st_uid not in (0, os.geteuid()):
        return f"it belongs to {user_name(found.st_uid)}"
    is_folder = stat.S_ISDIR(found.st_mode)
    # The mode of a link means nothing: its folder was checked, and its target is next. A device,
    # such as /dev/null, has no content. In a sticky folder (/tmp) only the owner of an entry can
    # replace it.
    if not (stat.S_ISREG(found.st_mode) or is_folder) or (
        is_folder and found.st_mode & stat.S_ISVTX
    ):
        return None
    return _why_allowed(path, found, _WRITE)


def why_others_read(path: str, found: os.stat_result) -> str | None:
    """Why another user can read a file; None if nobody can, or it is a container's secret."""
    if not stat.S_ISREG(found.st_mode):
        return None
    if sys.platform == "win32":
        from awscreds.stores import windows_acl

        return windows_acl.why_others_read(path)
    if found.st_uid == 0 and real_path(path).startswith(_OF_CONTAINERS):
        return None
    return _why_allowed(path, found, _READ)


def _why_allowed(path: str, found: os.stat_result, permission: int) -> str | None:
    """What lets another user do that: the mode or the access control list; None if nothing does."""
    if sys.platform == "win32" or not found.st_mode & (permission | permission << 3):
        return None
    mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
    if found.st_mode & _OTHERS and is_on_windows_drive(found):
        return None
    if found.st_mode & permission:
        system = modeless(found)
        return (
            f"{mode}; its file system, {system}, gives this mode to all files" if system else mode
        )
    entries = _acl(path)
    if entries is None:
        group = found.st_gid
        return None if _is_ours_alone(group) else f"{mode}, for the group {group_name(group)}"
    # The group bits of the mode are the mask of the list (acl(5)): only its entries count.
    mask = next((allowed for tag, allowed, _ in entries if tag == _ACL_MASK), permission)
    for tag, allowed, who in entries:
        name = ""
        if tag == _ACL_USER and who not in (0, os.geteuid()):
            name = user_name(who)
        elif tag in (_ACL_OWN_GROUP, _ACL_GROUP):
            group = found.st_gid if tag == _ACL_OWN_GROUP else who
            name = "" if _is_ours_alone(group) else f"the group {group_name(group)}"
        if name and allowed & mask & permission:
            return f"by its access control list, for {name}"
    return None


def modeless(found: os.stat_result) -> str | None:
    """The type of the file system, if it gives all its files one mode, so that chmod does nothing.

    For example Windows drives in WSL, unless they are mounted with ``metadata``, and USB sticks.
    """
    kind, source, options = _file_system(found)
    if kind in _MODELESS or _is_drvfs(kind, source, options):
        return None if "metadata" in options else kind
    return None


def is_on_windows_drive(found: os.stat_result) -> bool:
    """Whether it is on a Windows drive in WSL that keeps no modes: those it shows say nothing.

    There Windows decides who else can read and write. Within WSL nobody is kept out anyway: every
    Linux user of a distribution can start programs as the Windows user, also ``wsl.exe -u root``.
    Only root can mount such a drive. https://wsl.dev/technical-documentation/drvfs
    """
    kind, source, options = _file_system(found)
    return _is_drvfs(kind, source, options) and "metadata" not in options


def _is_drvfs(kind: str, source: str, options: str) -> bool:
    """Whether a file system is a Windows drive in WSL: of WSL 1, by 9p, or by virtiofs."""
    return (
        kind == "drvfs"
        or (kind == "9p" and "aname=drvfs" in options)
        or (kind == "virtiofs" and source.startswith("drvfs"))
    )


def _file_system(found: os.stat_result) -> tuple[str, str, str]:
    """The type, the source and the options of the file system of a file; empty if unknown."""
    if sys.platform == "win32":
        return "", "", ""
    device = f"{os.major(found.st_dev)}:{os.minor(found.st_dev)}"
    for line in _mounts():
        # 36 35 98:0 /root /mount/point options [optional…] - type source options (proc(5))
        where, _, what = line.partition(" - ")
        if where.split()[2:3] == [device] and len(what.split()) > 1:
            kind, source, *options = what.split()
            return kind, source, "".join(options)
    return "", "", ""


def _mounts() -> list[str]:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except OSError:  # not Linux
        return []


def steps(path: str) -> Iterator[str]:
    """Everything that the system passes on the way to ``path``, including the targets of links."""
    at, ahead, links = "/", path.split("/"), 0
    yield at
    while ahead:
        name = ahead.pop(0)
        if name in ("", "."):
            continue
        if name == "..":
            at = os.path.dirname(at)
            continue
        step = os.path.join(at, name)
        yield step
        if os.path.islink(step) and links < _MOST_LINKS:
            links += 1
            target = os.readlink(step)
            ahead = target.split("/") + ahead
            at = "/" if target.startswith("/") else at
        else:
            at = step


def _acl(path: str) -> list[tuple[int, int, int]] | None:
    """The entries (tag, permissions, id) of a POSIX access control list; None if there is none."""
    if sys.platform != "linux":
        return None
    try:
        # A version, then the entries (linux/posix_acl_xattr.h).
        packed = os.getxattr(path, _ACL)[4:]
    except OSError:  # none, or a file system that has none
        return None
    import struct

    return list(struct.iter_unpack("<HHI", packed))


def _is_ours_alone(gid: int) -> bool:
    """Whether this user is a group's only member: the private group of Debian, Fedora and others.

    On macOS Homebrew's folders belong to ``admin``: its members can become root anyway.
    """
    if sys.platform == "win32":
        return False
    import grp
    import pwd

    if sys.platform == "darwin" and gid == 80:
        return True
    try:
        me = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    if not set(group.gr_mem) <= {me.pw_name, "root"}:
        return False
    # A user with this primary group is in no list of members.
    users = [user for user in pwd.getpwall() if user.pw_gid == gid and user.pw_uid != me.pw_uid]
    if gid == 0:
        return all(user.pw_uid < _FIRST_PERSON for user in users)
    return gid == me.pw_gid and group.gr_name == me.pw_name and not users

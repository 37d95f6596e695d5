"""Who else can write, or read, what our secrets depend on.

A line in the AWS files is a program that starts as the user; whoever can write those files, a
folder on their path, or the program itself has the keys. The same judge looks at all of them.
Windows has no modes; there nothing is judged yet.
"""

from __future__ import annotations

import os
import stat
import sys

from awscreds.stores.files import user_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINKS = 40
"""Links Linux follows in one path."""

_FIRST_PERSON = 1000
"""The lowest uid of a person; accounts below are the system's, as ``sync`` in group 0."""

_OF_CONTAINERS = ("/run/secrets/", "/var/run/secrets/")
"""Where container runtimes mount secrets of the root user, readable by all in the container."""


class Weakness:
    """A step of a path that others can write: ``path``, and ``why``, as in "mode 0777"."""

    __slots__ = ("path", "why")

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path} can be written by other users ({self.why})"


def writable_by_others(path: str) -> Weakness | None:
    """The first step on the way to ``path`` that another user can write, or owns; else None.

    Each folder and each link's target is looked at, as far as they exist. Root is no other user.
    """
    if sys.platform == "win32":
        return None
    for step in steps(os.path.abspath(path)):
        try:
            why = why_others_write(step, os.lstat(step))
        except FileNotFoundError:
            return None
        if why:
            return Weakness(step, why)
    return None


def why_others_write(path: str, found: os.stat_result) -> str | None:
    """Why another user can write ``path`` itself; None if nobody can. Not for Windows."""
    if found.st_uid not in (0, os.geteuid()):
        return f"it belongs to {user_name(found.st_uid)}"
    is_folder = stat.S_ISDIR(found.st_mode)
    # The mode of a link says nothing; its folder was looked at, and its target is next. A device,
    # such as /dev/null, holds nothing. In a sticky folder (/tmp) only the owner of an entry can
    # replace it.
    if not (stat.S_ISREG(found.st_mode) or is_folder) or (
        is_folder and found.st_mode & stat.S_ISVTX
    ):
        return None
    mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
    if found.st_mode & stat.S_IWOTH:
        return mode
    if found.st_mode & stat.S_IWGRP and _has_acl(path):
        return f"an access control list, {mode}"
    if found.st_mode & stat.S_IWGRP and not _is_ours_alone(found.st_gid):
        return f"{mode}, for its group"
    return None


def why_others_read(path: str, found: os.stat_result) -> str | None:
    """Why another user can read a file; None if nobody can, or it is a container's secret."""
    if sys.platform == "win32" or not stat.S_ISREG(found.st_mode):
        return None
    if found.st_uid == 0 and os.path.realpath(path).startswith(_OF_CONTAINERS):
        return None
    mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
    if found.st_mode & stat.S_IROTH:
        return mode
    if found.st_mode & stat.S_IRGRP and (_has_acl(path) or not _is_ours_alone(found.st_gid)):
        return mode
    return None


def steps(path: str) -> Iterator[str]:
    """Everything the system passes on its way to ``path``, each symbolic link's target included."""
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


def _has_acl(path: str) -> bool:
    """Whether a POSIX ACL may let others in: the group's bits are then its mask (acl(5))."""
    if sys.platform != "linux":
        return False
    try:
        return "system.posix_acl_access" in os.listxattr(path)
    except OSError:  # a file system without any
        return False


def _is_ours_alone(gid: int) -> bool:
    """Whether a group has no member but this user: the private group of Debian, Fedora and others.

    On macOS Homebrew's folders belong to ``admin``, whose members can become root anyway.
    """
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
    # Who has it as primary group is in no list of members.
    users = [user for user in pwd.getpwall() if user.pw_gid == gid and user.pw_uid != me.pw_uid]
    if gid == 0:
        return all(user.pw_uid < _FIRST_PERSON for user in users)
    return gid == me.pw_gid and group.gr_name == me.pw_name and not users

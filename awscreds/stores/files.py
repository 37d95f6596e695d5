"""Replacing whole files of one user, under a lock.

A file is never written in place. A temporary file in the same folder is written, synced and renamed
over the target, and the folder is synced. So a reader (or a power cut) sees the old content or the
new one, and never half of either.

The lock is a separate file that is never unlinked, named by the hash of the target's real path.
A lock on the file itself, which is renamed, would lose updates, and so would an unlinked lock file.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.light import suppress
from awscreds.stores.locations import at_home, real_path
from awscreds.stores.open_files import discard, move_over, remove
from awscreds.stores.processes import is_gone
from awscreds.stores.temporary_names import (
    is_of_another,
    leftovers,
    set_aside_if_possible,
    temporary_name,
    writer_of,
)

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

LOCK_DEADLINE = 30.0
"""Seconds to wait for a lock."""

_NEW = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_LOCK = (_NEW & ~(os.O_WRONLY | os.O_EXCL)) | os.O_RDWR
_ACL = "system.posix_acl_access"


def default_lock_folder() -> str:
    """The per-user folder of lock files. It does not move with ``AWSCREDS_HOME``."""
    return os.path.join(at_home("~"), ".aws", "awscreds", "locks")


def is_foreign(found: os.stat_result) -> bool:
    """Whether the file belongs to a user other than the effective one. Never on Windows."""
    return sys.platform != "win32" and found.st_uid != os.geteuid()


def user_name(uid: int) -> str:
    """``alice (uid 1000)``, or ``uid 1000`` if no user has it."""
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):
            return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    return f"uid {uid}"


def group_name(gid: int) -> str:
    """``staff``, or ``gid 50`` if no group has it."""
    if sys.platform != "win32":
        import grp

        with suppress(KeyError):
            return grp.getgrgid(gid).gr_name
    return f"gid {gid}"


def make_private_folder(path: str) -> None:
    """Make ``path`` and the missing folders above it, each with mode 0700 despite the umask.

    Raises OSError, also if that would make a folder in another user's folder: root with the HOME of
    somebody else would leave things there that the owner cannot use. A folder of root (``/tmp``) is
    allowed: there the kernel decides.
    """
    missing = []
    path = os.path.abspath(path)
    if sys.platform == "win32":
        from awscreds.stores.windows_files import refuse_below_a_file

        refuse_below_a_file(path)
    while not os.path.isdir(path):
        missing.append(path)
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    if missing:
        found = os.stat(path)
        if is_foreign(found) and found.st_uid != 0:
            reason = f"{path} belongs to {user_name(found.st_uid)}"
            raise PermissionError(errno.EPERM, reason, missing[0])
    for folder in reversed(missing):
        with suppress(FileExistsError):
            _make_private(folder)
            fsync_folder(os.path.dirname(folder))


def _make_private(folder: str) -> None:
    if sys.platform == "win32":
        from awscreds.stores.windows_acl import make_private_folder

        make_private_folder(folder)
    else:
        os.mkdir(folder, 0o700)
        os.chmod(folder, 0o700)


def fsync_folder(path: str) -> None:
    """Make a rename in the folder ``path`` durable. Windows and some network mounts cannot.

    Raises OSError only if the disk itself fails.
    """
    if sys.platform != "win32":
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError:  # a folder that we can write and search, but not list
            return
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
                raise
        finally:
            os.close(fd)


def replace_file(
    path: str, data: bytes, *, mode: int = 0o600, step: Callable[[str], None] = lambda _: None
) -> None:
    """Replace the file ``path`` by ``data``, completely or not at all.

    ``path`` is used as it is: resolve symlinks before. Raises OSError, with nothing changed (unless
    the disk fails when the folder is synced, after the rename). ``step`` is called between the
    steps, for tests that simulate failures there.
    """
    temporary, _ = stage_file(path, data, step=step)
    try:
        if sys.platform != "win32":
            os.chmod(temporary, mode)
        step("staged")
        move_over(temporary, path)
    except BaseException:
        discard(temporary)
        raise
    step("replaced")
    fsync_folder(os.path.dirname(path) or ".")


def stage_file(
    path: str,
    data: bytes,
    *,
    like: str | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[str, int]:
    """Write and sync ``data`` to a new file beside ``path``, ready to be renamed over it.

    Returns its name, and the mode to set right before the rename. Until then the mode is 0600, so
    that nobody else can read what a killed writer leaves. The file gets the group, the extended
    attributes and the ACL of the file ``like``. If the group or the ACL cannot be set, the returned
    mode gives the group nothing, since its bits were meant for others. Raises OSError, with
    nothing left.
    """
    temporary = temporary_name(path)
    fd = os.open(temporary, _NEW, 0o600)
    try:
        try:
            mode = 0o600 if like is None else _take_after(fd, like)
            if sys.platform == "win32":
                from awscreds.stores import windows_acl

                if like is None:
                    windows_acl.make_private(temporary)
                else:
                    windows_acl.copy_list(like, temporary)
            else:
                os.fchmod(fd, 0o600)
            step("created")
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            step("written")
            os.fsync(fd)
        finally:
            os.close(fd)
    except BaseException:
        discard(temporary)
        raise
    return temporary, mode


def _take_after(fd: int, like: str) -> int:
    """Give a new, empty file the group and attributes of ``like``. Returns its later mode."""
    model = os.stat(like)
    mode = stat.S_IMODE(model.st_mode)
    if sys.platform != "win32" and os.fstat(fd).st_gid != model.st_gid:
        try:
            os.fchown(fd, -1, model.st_gid)
        except PermissionError:
            mode &= ~0o070
    if sys.platform == "linux" and not _copy_attributes(like, fd):
        mode &= ~0o070
    return mode


if sys.platform == "linux":

    def _copy_attributes(source: str, fd: int) -> bool:
        """Copy extended attributes as far as the system lets us; False if the ACL was lost."""
        try:
            names = set(os.listxattr(source))
            inherited = _ACL in os.listxattr(fd)
        except OSError:  # a file system that has none
            return True
        if inherited and _ACL not in names:  # the folder's default, which the old file did not have
            os.removexattr(fd, _ACL)
        for name in names:
            if name.startswith("user.") or name in (_ACL, "security.selinux"):
                try:
                    os.setxattr(fd, name, os.getxattr(source, name))
                except OSError as error:
                    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                        raise
                    if name == _ACL:
                        return False
        return True


def _changed(path: str, found: os.stat_result) -> float:
    """When the file changed: a second name has its other times, only this is that of the link."""
    if sys.platform == "win32":
        from awscreds.stores.windows_files import changed_ns

        return changed_ns(path) / 1e9
    return found.st_ctime


def remove_leftovers(
    path: str,
    *,
    clock: Callable[[], float] = time.time,
    saved: Callable[[str], None] = lambda _: None,
) -> tuple[list[str], list[str]]:
    """Remove the temporary files that killed writers of ``path`` left. Hold its lock meanwhile.

    Ours are recognised by name and owner, a killed writer because its process is gone. Returns
    those that were removed, and those that could not be removed. What another program put there,
    a link or the file of another user included, is set aside, and ``saved`` gets its name.
    """
    removed: list[str] = []
    stuck: list[str] = []
    aside = set()
    for left in leftovers(path):
        with suppress(OSError, ValueError):
            found = os.lstat(left)
            is_theirs = is_of_another(left)
            if not is_theirs and (not stat.S_ISREG(found.st_mode) or is_foreign(found)):
                continue
            if not is_gone(writer_of(left), _changed(left, found), clock=clock):
                continue
            if is_theirs and found.st_ino not in aside:
                aside.add(found.st_ino)
                saved(set_aside_if_possible(left))
                continue
            try:
                remove(left)
                removed.append(left)
            except FileNotFoundError:
                pass
            except OSError:
                stuck.append(left)
    return removed, stuck


class FileLock:
    """An exclusive lock between processes for the file ``target``, held inside ``with``.

    Raises AwscredsError if it is not free within ``deadline`` seconds.
    """

    def __init__(
        self,
        target: str,
        *,
        folder: str | None = None,
        deadline: float = LOCK_DEADLINE,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._folder = folder or default_lock_folder()
        self._deadline = deadline
        self._monotonic = monotonic
        self._sleep = sleep
        self._fd = -1

    @property
    def path(self) -> str:
        """The lock file of this target."""
        import hashlib

        real = os.path.normcase(real_path(self._target))
        return os.path.join(self._folder, hashlib.sha256(os.fsencode(real)).hexdigest()[:32])

    def __enter__(self) -> Self:
        try:
            make_private_folder(self._folder)
            fd = self._open()
        except OSError as error:
            raise ConfigurationError(
                f"cannot open a lock file in {self._folder}: {error.strerror}",
                code="lock",
                hint=f"make {self._folder} a folder that you own and can write; if you used "
                "sudo, run awscreds without it",
            ) from None
        try:
            self._acquire(fd)
        except OSError as error:
            os.close(fd)
            raise ConfigurationError(
                f"cannot lock {self.path}: {error.strerror}",
                code="lock",
                hint="move your home directory to a file system that supports locks",
            ) from None
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def _open(self) -> int:
        # A lock file that root made in another user's folder would lock its owner out forever.
        folder = os.stat(self._folder)
        if is_foreign(folder):
            raise PermissionError(errno.EPERM, f"it belongs to {user_name(folder.st_uid)}")
        fd = os.open(self.path, _LOCK, 0o600)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, f"{self.path} is not a regular file")
            if sys.platform != "win32" and stat.S_IMODE(found.st_mode) != 0o600:
                os.fchmod(fd, 0o600)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _acquire(self, fd: int) -> None:
        end = self._monotonic() + self._deadline
        pause = 0.002
        while not _try_lock(fd):
            if self._monotonic() >= end:
                raise AwscredsError(
                    f"another process still uses {self._target} (waited {self._deadline:.0f} "
                    "seconds for its lock)",
                    code="locked",
                    hint="wait until the other awscreds process ends, then run this again",
                )
            self._sleep(pause)
            pause = min(pause * 1.5, 0.05)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)


if sys.platform == "win32":

    def _try_lock(fd: int) -> bool:
        """Lock the first byte of the file. False if another process has locked it.

        Not by ``msvcrt.locking``, whose error does not say reliably which of the two it is.
        https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfile
        """
        import ctypes

        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        if kernel32.LockFile(ctypes.c_void_p(msvcrt.get_osfhandle(fd)), 0, 0, 1, 0):
            return True
        lock_violation, code = 33, ctypes.get_last_error()
        if code == lock_violation:
            return False
        raise ctypes.WinError(code)

else:

    def _try_lock(fd: int) -> bool:
        """Lock the file. False if another process has locked it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                return False
            raise
        return True

"""The folder of our own state: ``AWSCREDS_HOME``, else ``~/.aws/awscreds``.

We read from it only what the effective user wrote and nobody else can read: the folder has mode
0700, each file 0600, and nothing is a symlink. Files are opened with O_NOFOLLOW and checked with
fstat, so that we read exactly what we checked.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

from awscreds.errors import ConfigurationError
from awscreds.model.keys import has_id_form
from awscreds.stores.files import (
    LOCK_DEADLINE,
    FileLock,
    fsync_folder,
    is_foreign,
    make_private_folder,
    remove_leftovers,
    replace_file,
    stage_file,
    user_name,
)
from awscreds.stores.fingerprints import digest
from awscreds.stores.open_files import discard, open_file, remove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

_APPEND = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


JOURNALS = "rotation-"
"""The beginning of the names of files that say how far a rotation is (``stores/journal.py``)."""


def key_name(key_id: str) -> str:
    """What our files call an access key: its ID, or a digest if that may be a secret."""
    if has_id_form(key_id):
        return key_id
    return f"#{digest(key_id.encode(errors='surrogateescape')).hex()}"


class StateDir:
    """Our own files, by name. Every method raises ConfigurationError for an unsafe folder."""

    def __init__(self, path: str, *, lock_folder: str | None = None) -> None:
        self.path = os.path.abspath(path)
        self._lock_folder = lock_folder

    def read(self, name: str) -> bytes | None:
        """The content of the file ``name``; None if there is none."""
        path = self.file(name)
        if not self.exists():
            return None
        try:
            fd = self._open(path, _READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(path, error) from None
        try:
            self._check_private(path, os.fstat(fd), fd=fd)
            with open(fd, "rb", closefd=False) as file:
                return file.read()
        except OSError as error:
            raise self._unusable(path, error) from None
        finally:
            os.close(fd)

    def write(self, name: str, data: bytes) -> None:
        """Write ``data`` to the file ``name``, all or nothing. Makes the folder if needed."""
        path = self.file(name)
        try:
            make_private_folder(self.path)
            self.exists()
            remove_leftovers(path)
            replace_file(path, data)
        except OSError as error:
            raise self._unusable(path, error) from None

    def require_room(self, name: str, size: int) -> None:
        """Raise ConfigurationError unless ``size`` bytes could be written to the file ``name``."""
        path = self.file(name)
        try:
            make_private_folder(self.path)
            self.exists()
            discard(stage_file(path, bytes(size))[0])
        except OSError as error:
            raise self._unusable(path, error) from None

    def append(self, name: str, data: bytes, *, after: int) -> None:
        """Write ``data`` after the first ``after`` bytes of the file ``name``, and sync it.

        What is there (the incomplete line of a killed writer) is cut off. Makes file and folder if
        needed. Raises ConfigurationError, with the file as it was before.
        """
        path = self.file(name)
        try:
            make_private_folder(self.path)
            is_new = not (self.exists() and os.path.lexists(path))
            fd = self._open(path, _APPEND)
            try:
                if is_new:
                    self._make_private(path, fd)
                self._check_private(path, os.fstat(fd), fd=fd)
                os.ftruncate(fd, after)
                try:
                    view = memoryview(data)
                    while view:
                        view = view[os.write(fd, view) :]
                    os.fsync(fd)
                except OSError:
                    os.ftruncate(fd, after)
                    raise
            finally:
                os.close(fd)
            if is_new:
                fsync_folder(self.path)
        except OSError as error:
            raise self._unusable(path, error) from None

    def remove(self, name: str) -> bool:
        """Remove the file ``name``; False if there was none."""
        path = self.file(name)
        if not self.exists():
            return False
        try:
            remove(path)
            fsync_folder(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unusable(path, error) from None
        return True

    def names(self, prefix: str) -> list[str]:
        """The names of the files that begin with ``prefix``, in order."""
        if not self.exists():
            return []
        try:
            return sorted(name for name in os.listdir(self.path) if name.startswith(prefix))
        except OSError as error:
            raise self._unusable(self.path, error) from None

    def problems(self) -> list[tuple[ConfigurationError, str]]:
        """Why the folder, or a file in it, would be refused: each error with its path."""
        try:
            names = self.names("")
        except ConfigurationError as error:
            return [(error, self.path)]
        found = []
        for path in map(self.file, names):
            try:
                status = os.lstat(path)
                if not stat.S_ISDIR(status.st_mode):  # a folder in it is not ours
                    self._check_private(path, status)
            except OSError:  # it is gone
                continue
            except ConfigurationError as error:
                found.append((error, path))
        return found

    def lock(
        self,
        name: str,
        *,
        deadline: float = LOCK_DEADLINE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> FileLock:
        """The lock to hold while ``name`` is read, changed and written."""
        path = self.file(name)
        return FileLock(path, folder=self._lock_folder, deadline=deadline, sleep=sleep)

    def file(self, name: str) -> str:
        """The path of the file ``name``. ValueError for a name that leads to another folder."""
        if name in ("", ".", "..") or os.path.basename(name) != name:
            raise ValueError(f"{name!r} is not a plain file name")
        return os.path.join(self.path, name)

    def _open(self, path: str, flags: int) -> int:
        """Open a file that is no link. Windows has no O_NOFOLLOW, and no name for a folder."""
        if hasattr(os, "O_NOFOLLOW") or not os.path.lexists(path):
            return open_file(path, flags)
        before = os.lstat(path)
        self._check_kind(path, before)
        fd = open_file(path, flags)
        if not os.path.samestat(before, os.fstat(fd)):
            os.close(fd)
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        return fd

    def exists(self) -> bool:
        """Whether there is such a folder. Raises ConfigurationError for an unsafe one."""
        try:
            found = os.lstat(self.path)
        except FileNotFoundError as error:
            if sys.platform == "win32":
                from awscreds.stores.windows_files import refuse_below_a_file

                try:
                    refuse_below_a_file(self.path)
                except NotADirectoryError as below:
                    raise self._unusable(self.path, below) from error
            return False
        except OSError as error:
            raise self._unusable(self.path, error) from None
        try:
            self._check_private(self.path, found)
        except OSError as error:  # Windows does not tell whose it is
            raise self._unusable(self.path, error) from None
        return True

    def _check_private(self, path: str, found: os.stat_result, fd: int | None = None) -> None:
        """Refuse what is not a file of ours, or not our folder, or is not only ours.

        ``fd`` is the open file: on Windows, its own access control list counts.
        """
        self._check_kind(path, found)
        if is_foreign(found):
            raise ConfigurationError(
                f"{path} belongs to {user_name(found.st_uid)}, but another user runs awscreds",
                code="unsafe-state",
                hint="run awscreds as the owner of this folder, without sudo; or set "
                "AWSCREDS_HOME to your own folder",
            )
        why = self._why_open(path if fd is None else fd, found)
        if why:
            from awscreds.stores.remedies import to_close
            from awscreds.stores.trust import is_on_windows_drive

            if is_on_windows_drive(found):
                return

            mode = 0o700 if path == self.path else 0o600
            another = "set AWSCREDS_HOME to a folder of your own"
            raise ConfigurationError(
                f"{path} can be read or written by others ({why})",
                code="unsafe-state",
                hint="check that nobody else changed it, then run: "
                f"{to_close(path, mode, another)}",
            )

    def _check_kind(self, path: str, found: os.stat_result) -> None:
        is_folder, is_link = path == self.path, stat.S_ISLNK(found.st_mode)
        if sys.platform == "win32":
            from awscreds.stores.windows_files import is_link as is_link_of_windows

            is_link = is_link_of_windows(found)  # a junction is a folder, too
        if not is_link and (stat.S_ISDIR if is_folder else stat.S_ISREG)(found.st_mode):
            return
        from awscreds.stores.remedies import to_see

        kind = "a folder" if is_folder else "a regular file"
        what = f"not {kind}"
        if is_link:
            what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "a junction"
        raise ConfigurationError(
            f"{path} is {what}; awscreds keeps its state only in {kind}",
            code="unsafe-state",
            hint=f"set AWSCREDS_HOME to your own folder, or check what this is: {to_see(path)}",
        )

    @staticmethod
    def _make_private(path: str, fd: int) -> None:
        if sys.platform == "win32":
            from awscreds.stores.windows_acl import make_private

            make_private(path)
        else:
            os.fchmod(fd, 0o600)

    @staticmethod
    def _why_open(file: str | int, found: os.stat_result) -> str | None:
        """What lets others read or write it; None if nothing does. Raises OSError on Windows."""
        if sys.platform == "win32":
            from awscreds.stores.windows_acl import why_others_use

            return why_others_use(file)
        return f"mode {stat.S_IMODE(found.st_mode):04o}" if found.st_mode & 0o077 else None

    def _unusable(self, path: str, error: OSError) -> ConfigurationError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return ConfigurationError(
                f"cannot write {path}: {error.strerror}",
                code="disk-full",
                hint=f"make room on the disk of {self.path}, then run this again",
            )
        from awscreds.stores.remedies import windows_refusal

        if refusal := windows_refusal(error, f"cannot use {path}: {error.strerror}", path):
            return refusal
        if error.errno == errno.ELOOP:
            reason = "it is a symbolic link"
        else:
            reason = error.strerror or type(error).__name__
        return ConfigurationError(
            f"cannot use {path}: {reason}",
            code="unsafe-state",
            hint=f"make sure that you own the folder {self.path}, or set AWSCREDS_HOME to one",
        )

"""One of the AWS files in the middle of an edit: what it was, what it becomes, the moves between.

The edit itself, over both files and under their locks, is in ``awsfiles``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from awscreds.errors import ConfigurationError
from awscreds.stores.files import (
    discard,
    fsync_folder,
    is_foreign,
    make_private_folder,
    stage_file,
    temporary_name,
    user_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READ = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

_VARIABLES = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}


class Overtaken(Exception):
    """Another program has changed a file since we read it: the sign to start over."""


class Snapshot:
    """What a file was when it was read. The stamp is empty where there was no file."""

    __slots__ = ("data", "links", "mode", "stamp")

    def __init__(self, data: bytes = b"", found: os.stat_result | None = None) -> None:
        self.data = data
        self.stamp = _stamp(found) if found else ()
        self.mode = stat.S_IMODE(found.st_mode) if found else 0
        self.links = found.st_nlink if found else 0

    def is_same_file_as(self, other: Snapshot) -> bool:
        return self.stamp[:2] == other.stamp[:2]


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class EditedFile:
    """One of the two files in one edit: what it was, what it becomes, and the moves between."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.real = os.path.realpath(path)
        self.folder = os.path.dirname(self.real)
        self.before = Snapshot()
        self.after = b""
        self._staged = ""
        self._mode = 0o600
        self._kept = ""
        self._new = Snapshot()
        self._placing = False

    # -- what stands against an edit -------------------------------------------------------

    def judge(self) -> None:
        """Raise the ConfigurationError that this file, or the folder it is in, calls for."""
        with self._explained():
            self._judge_folders()
            with contextlib.suppress(FileNotFoundError):
                self._judge_file(os.lstat(self.real))

    def _judge_folders(self) -> None:
        # A link laid by somebody else would lead us (as root: anywhere) to what they choose.
        named = _nearest(os.path.dirname(self.path))
        found = os.lstat(named)
        if found.st_uid != 0:
            _refuse_foreign(named, found)
        folder = _nearest(self.folder)
        found = os.stat(folder)
        # A shared folder of root's, such as /tmp, is no place for the file, but for a new folder.
        if folder == self.folder or found.st_uid != 0:
            _refuse_foreign(folder, found)

    def _judge_file(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise ConfigurationError(
                f"cannot edit {self.path}: it is not a regular file",
                code="not-a-file",
                hint=f"let {_VARIABLES[self.name]} name a file",
            )
        _refuse_foreign(self.real, found)
        if _is_mounted(self.real):
            raise self._is_a_mount()

    def is_same_as(self, other: EditedFile) -> bool:
        if self.real == other.real:
            return True
        try:
            return os.path.samefile(self.real, other.real)
        except OSError:
            return False

    # -- the moves -------------------------------------------------------------------------

    def read(self) -> None:
        self.before = read_or_explain(self.real)

    def is_overtaken(self) -> bool:
        """Whether another program has changed the file, or where its link leads, since read."""
        if os.path.realpath(self.path) != self.real:
            return True
        now = read_or_explain(self.real)
        return now.stamp != self.before.stamp or now.data != self.before.data

    def refuse_if_overtaken(self) -> None:
        if self.is_overtaken():
            raise Overtaken

    def rehearse(self) -> None:
        """Do what an edit would do, up to the rename, and undo it."""
        with self._explained():
            folder = _nearest(self.folder)
            if folder == self.folder:
                discard(self._write_beside(self.before.data, lambda _: None)[0])
            elif not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, f"{folder} is not writable")

    def stage(self, step: Callable[[str], None]) -> None:
        """Have the new content on disk, under another name."""
        with self._explained():
            make_private_folder(self.folder)
            self._staged, self._mode = self._write_beside(self.after, step)
            self._new = Snapshot(self.after, os.stat(self._staged))
            step(f"staged {self.name}")

    def keep(self, step: Callable[[str], None]) -> None:
        """Give what is there a second name, by which it can be put back."""
        if not self.before.stamp:
            return
        with self._explained():
            self._kept = temporary_name(self.real)
            try:
                os.link(self.real, self._kept)
            except OSError:  # a file system without hard links
                self._kept, mode = self._write_beside(self.before.data, lambda _: None)
                os.chmod(self._kept, mode)
            # The link has changed the ctime. The content is compared once more all the same.
            self.before.stamp = _stamp(os.stat(self.real))
            step(f"kept {self.name}")

    def place(self, step: Callable[[str], None]) -> None:
        """Rename the new content over the old, unless that has changed."""
        with self._explained():
            if sys.platform != "win32":
                os.chmod(self._staged, self._mode)
            step(f"ready {self.name}")
            self.refuse_if_overtaken()
            step(f"checked {self.name}")
            self._placing = True
            os.replace(self._staged, self.real)
            step(f"replaced {self.name}")
            fsync_folder(self.folder)

    def refuse_if_written_since(self) -> None:
        """Look at the replaced file once more: a program may have had it open for writing."""
        if self._kept and read_or_explain(self._kept).data != self.before.data:
            raise Overtaken

    def settle(self) -> None:
        """Let go of the old content."""
        if self._kept:
            discard(self._kept)

    def take_back(self) -> str | None:
        """Undo the moves made so far. Returns what could not be undone, in words."""
        try:
            problem = self._put_back() if self._placing else None
        except OSError as error:
            left = f"; its former content is in {self._kept}" if self._kept else ""
            return f"{self.path} was replaced and could not be put back: {error.strerror}{left}"
        discard(self._staged)
        discard(self._kept)
        return problem

    def _put_back(self) -> str | None:
        now = _read(self.real)
        if now.is_same_file_as(self._new) and now.data == self.after:
            if self._kept:
                os.replace(self._kept, self.real)
            else:
                os.unlink(self.real)
            fsync_folder(self.folder)
        elif not now.is_same_file_as(self.before):
            return (
                f"{self.path} was replaced and then changed by another program, so it was left "
                "as that made it"
            )
        return None

    def _write_beside(self, data: bytes, step: Callable[[str], None]) -> tuple[str, int]:
        like = self.real if self.before.stamp else None
        return stage_file(self.real, data, like=like, step=lambda name: step(f"{name} {self.name}"))

    # -- words -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:  # what was there a moment ago is not
            raise Overtaken from None
        except OSError as error:
            raise self._explain(error) from None

    def _explain(self, error: OSError) -> ConfigurationError:
        if error.errno == errno.EBUSY:
            return self._is_a_mount()
        code = "unwritable"
        hint = f"see to it that {self.folder} is a folder you own and can write"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            code = "disk-full"
            hint = f"make room on the disk of {self.folder}, then run this again"
        elif error.errno == errno.EROFS:
            hint = f"{self.folder} is mounted read-only; run this where it is writable"
        return ConfigurationError(
            f"cannot write {self.path}: {error.strerror or type(error).__name__}",
            code=code,
            hint=hint,
        )

    def _is_a_mount(self) -> ConfigurationError:
        return ConfigurationError(
            f"cannot replace {self.path}: it is mounted as a single file",
            code="mounted-file",
            hint=f"mount the folder {os.path.dirname(self.path)} instead of the file, or run this "
            "where it is not mounted",
        )


def _refuse_foreign(path: str, found: os.stat_result) -> None:
    if is_foreign(found):
        from shlex import quote

        raise ConfigurationError(
            f"{path} belongs to {user_name(found.st_uid)}, and awscreds edits only what belongs "
            "to the user it runs as",
            code="foreign-owner",
            hint="run it as that user, without sudo; or, if it should be yours: "
            f'sudo chown "$(id -un)" {quote(path)}',
        )


def _nearest(folder: str) -> str:
    """``folder``, or what there is above it where it is yet to be made."""
    while not os.path.exists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder


def _is_mounted(path: str) -> bool:
    """Whether a single file is a mount of its own (``docker run -v FILE:FILE``).

    Such a file cannot be renamed over. Only Linux has them; where /proc does not tell, the rename
    itself will (EBUSY).
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return _mount_id(path) != _mount_id(os.path.dirname(path))
    return False


if sys.platform == "linux":

    def _mount_id(path: str) -> bytes:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            with open(f"/proc/self/fdinfo/{fd}", "rb") as lines:
                return next((line for line in lines if line.startswith(b"mnt_id:")), b"")
        finally:
            os.close(fd)


def _read(path: str) -> Snapshot:
    try:
        fd = os.open(path, _READ)
    except FileNotFoundError:
        return Snapshot()
    try:
        # Before the content: what is written while we read makes the stamp an old one.
        found = os.fstat(fd)
        if stat.S_ISCHR(found.st_mode):  # /dev/null, the usual way to say "none"
            return Snapshot()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise OSError(errno.EINVAL, f"it is {kind}")
        with open(fd, "rb", closefd=False) as file:
            return Snapshot(file.read(), found)
    finally:
        os.close(fd)


def read_or_explain(path: str) -> Snapshot:
    """What the file is now; an absent one, or /dev/null, is empty. Raises ConfigurationError."""
    try:
        return _read(path)
    except OSError as error:
        from shlex import quote

        hint = f"ls -ld {quote(path)} shows what is there; make it a file that you can read"
        if error.errno == errno.EACCES:
            hint = (
                "make it readable by you, and by nobody else: "
                f'sudo chown "$(id -un)" {quote(path)} && chmod 600 {quote(path)}'
            )
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror or type(error).__name__}",
            code="unreadable",
            hint=hint,
        ) from None

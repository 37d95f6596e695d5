"""The AWS config and credentials files, loaded and edited as one.

An edit holds the locks of both files, reads them again inside, and puts new content in place by
rename only. New content of both is on disk before either moves, so a full disk is met while
nothing has changed; what was there keeps a second name until all is well, and goes back when it is
not. The AWS CLI takes no lock and writes in place: whatever it wrote since we read is noticed, and
the edit is done again on top of it.

Symlinks are followed, also one to a file that is yet to be made. Hard links are not: the other
names of a file keep its old content (a backup made of links stays a backup), and that is said.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from awscreds.errors import ConfigurationError
from awscreds.model.ini import Document
from awscreds.stores.files import (
    FileLock,
    discard,
    fsync_folder,
    is_foreign,
    make_private_folder,
    remove_leftovers,
    stage_file,
    temporary_name,
    user_name,
)
from awscreds.stores.stamps import file_paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeVar

    T = TypeVar("T")

ATTEMPTS = 20
"""How often an edit is tried while other programs keep changing the files under it."""

_READ = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class AwsDocuments:
    """Both files as documents, and where they are, in the words of the user."""

    __slots__ = ("config", "config_path", "credentials", "credentials_path")

    def __init__(
        self, config: Document, credentials: Document, config_path: str, credentials_path: str
    ) -> None:
        self.config = config
        self.credentials = credentials
        self.config_path = config_path
        self.credentials_path = credentials_path


class AwsFiles:
    """The two files of one user. Nothing is read before it is asked for.

    ``warn`` is told what is amiss but stops nothing, each thing once. ``step`` is called with the
    name of each move of an edit before the next is made, for tests that stage failures there.
    """

    def __init__(
        self,
        config_path: str,
        credentials_path: str,
        *,
        lock_folder: str | None = None,
        warn: Callable[[str], None] | None = None,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.config_path = os.path.abspath(config_path)
        self.credentials_path = os.path.abspath(credentials_path)
        self._lock_folder = lock_folder
        self._tell = warn
        self._told: set[str] = set()
        self._step = step

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, warn: Callable[[str], None] | None = None
    ) -> AwsFiles:
        """The files that the variables name, else those in ``~/.aws``."""
        config, credentials = file_paths(environ)
        return cls(config, credentials, warn=warn)

    def load(self) -> AwsDocuments:
        """Both files as they are now; an absent one, or /dev/null, is an empty document.

        Raises ConfigurationError where one cannot be read.
        """
        config = _read_or_explain(self.config_path)
        credentials = _read_or_explain(self.credentials_path)
        return self._documents(config, credentials)

    def read_config(self) -> bytes:
        """The config file's bytes alone, for who looks up one profile in them."""
        return _read_or_explain(self.config_path).data

    def read_credentials(self) -> bytes:
        """The credentials file's bytes alone, likewise."""
        return _read_or_explain(self.credentials_path).data

    def edit(self, change: Callable[[AwsDocuments], T], *, credentials_first: bool = False) -> T:
        """Apply ``change`` to both files, and return what it returned.

        It may be called again, on newer content, so it must do nothing but change the documents
        it is given. A file it leaves as it was is not written, and may be anybody's. The config
        file is replaced first: a pointer to a stored secret is there before the plaintext goes.
        ``credentials_first`` is for the way back. A killed process leaves each file wholly old or
        wholly new.

        Raises what ``change`` raises, or ConfigurationError; then both files are as before, or the
        message says which is not.
        """
        for _ in range(ATTEMPTS):
            config, credentials = self._locate()
            with contextlib.suppress(_Overtaken), self._locked(config, credentials):
                return self._attempt(config, credentials, change, credentials_first)
        raise ConfigurationError(
            f"{self.config_path} or {self.credentials_path} is being changed by another program "
            f"again and again; awscreds tried {ATTEMPTS} times and changed nothing",
            code="files-busy",
            hint="find the program that rewrites them, then run this again",
        )

    def check_replaceable(self) -> None:
        """Raise the ConfigurationError that an edit would meet now. Both files stay as they are.

        New files of the present size are written beside them and removed again.
        """
        config, credentials = self._locate()
        # A file that changes meanwhile is no obstacle: an edit would start over.
        with contextlib.suppress(_Overtaken), self._locked(config, credentials):
            for file in (config, credentials):
                file.read()
                file.judge()
                file.rehearse()

    def _locate(self) -> tuple[_File, _File]:
        config = _File("config", self.config_path)
        credentials = _File("credentials", self.credentials_path)
        if config.is_same_as(credentials):
            raise ConfigurationError(
                f"{self.config_path} and {self.credentials_path} are one and the same file; "
                "awscreds does not edit it, since profiles are named differently in the two",
                code="same-file",
                hint="let AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name two files",
            )
        return config, credentials

    @contextlib.contextmanager
    def _locked(self, *files: _File) -> Iterator[None]:
        # Always in the same order, so that two edits never wait for each other.
        locks = [FileLock(file.real, folder=self._lock_folder) for file in files]
        with contextlib.ExitStack() as stack:
            for lock in sorted(locks, key=lambda lock: lock.path):
                stack.enter_context(lock)
            self._step("locked")
            yield

    def _attempt(
        self,
        config: _File,
        credentials: _File,
        change: Callable[[AwsDocuments], T],
        credentials_first: bool,  # noqa: FBT001 - handed on as it came
    ) -> T:
        files = (credentials, config) if credentials_first else (config, credentials)
        for file in files:
            remove_leftovers(file.real)
            file.read()
        self._step("read")
        documents = self._documents(config.before, credentials.before)
        try:
            result = change(documents)
        except Exception:
            # It may have been shown a file that the AWS CLI had truncated and not yet written.
            if any(file.is_overtaken() for file in files):
                raise _Overtaken from None
            raise
        self._step("changed")
        for file, document in ((config, documents.config), (credentials, documents.credentials)):
            file.after = document.render()
        self._replace(files)
        return result

    def _replace(self, files: tuple[_File, _File]) -> None:
        """Put the new content of all files that have one in place, or of none."""
        changed = [file for file in files if file.after != file.before.data]
        if not changed:
            return
        for file in changed:
            file.judge()
        try:
            self._move(files, changed)
        except BaseException as error:
            problems = [problem for file in reversed(changed) if (problem := file.take_back())]
            if isinstance(error, ConfigurationError):
                outcome = problems or ["both files are as they were"]
                raise ConfigurationError(
                    "; ".join([error.message, *outcome]), code=error.code, hint=error.hint
                ) from None
            for problem in problems:
                self._warn(problem)
            raise
        self._step("placed")
        for file in changed:
            file.settle()
            if file.before.links > 1:
                self._warn(
                    f"{file.path} had other names (hard links); they keep the content of before"
                )

    def _move(self, files: tuple[_File, _File], changed: list[_File]) -> None:
        for file in changed:
            file.stage(self._step)
        for file in files:
            file.refuse_if_overtaken()
        for file in changed:
            file.keep(self._step)
        for file in changed:
            file.place(self._step)
        for file in changed:
            file.refuse_if_written_since()

    def _documents(self, config: _Snapshot, credentials: _Snapshot) -> AwsDocuments:
        if sys.platform != "win32" and credentials.mode & 0o077:
            from shlex import quote

            self._warn(
                f"{self.credentials_path} is open to others (mode {credentials.mode:04o}); "
                f"close it with: chmod 600 {quote(self.credentials_path)}"
            )
        return AwsDocuments(
            Document.parse(config.data),
            Document.parse(credentials.data, credentials=True),
            self.config_path,
            self.credentials_path,
        )

    def _warn(self, text: str) -> None:
        if self._tell and text not in self._told:
            self._told.add(text)
            self._tell(text)


class _Overtaken(Exception):
    """Another program has changed a file since we read it: the sign to start over."""


class _Snapshot:
    """What a file was when it was read. The stamp is empty where there was no file."""

    __slots__ = ("data", "links", "mode", "stamp")

    def __init__(self, data: bytes = b"", found: os.stat_result | None = None) -> None:
        self.data = data
        self.stamp = _stamp(found) if found else ()
        self.mode = stat.S_IMODE(found.st_mode) if found else 0
        self.links = found.st_nlink if found else 0

    def is_same_file_as(self, other: _Snapshot) -> bool:
        return self.stamp[:2] == other.stamp[:2]


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class _File:
    """One of the two files in one edit: what it was, what it becomes, and the moves between."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.real = os.path.realpath(path)
        self.folder = os.path.dirname(self.real)
        self.before = _Snapshot()
        self.after = b""
        self._staged = ""
        self._mode = 0o600
        self._kept = ""
        self._new = _Snapshot()
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

    def is_same_as(self, other: _File) -> bool:
        if self.real == other.real:
            return True
        try:
            return os.path.samefile(self.real, other.real)
        except OSError:
            return False

    # -- the moves -------------------------------------------------------------------------

    def read(self) -> None:
        self.before = _read_or_explain(self.real)

    def is_overtaken(self) -> bool:
        """Whether another program has changed the file, or where its link leads, since read."""
        if os.path.realpath(self.path) != self.real:
            return True
        now = _read_or_explain(self.real)
        return now.stamp != self.before.stamp or now.data != self.before.data

    def refuse_if_overtaken(self) -> None:
        if self.is_overtaken():
            raise _Overtaken

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
            self._new = _Snapshot(self.after, os.stat(self._staged))
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
        if self._kept and _read_or_explain(self._kept).data != self.before.data:
            raise _Overtaken

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
            raise _Overtaken from None
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


_VARIABLES = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}


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


def _read(path: str) -> _Snapshot:
    try:
        fd = os.open(path, _READ)
    except FileNotFoundError:
        return _Snapshot()
    try:
        # Before the content: what is written while we read makes the stamp an old one.
        found = os.fstat(fd)
        if stat.S_ISCHR(found.st_mode):  # /dev/null, the usual way to say "none"
            return _Snapshot()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise OSError(errno.EINVAL, f"it is {kind}")
        with open(fd, "rb", closefd=False) as file:
            return _Snapshot(file.read(), found)
    finally:
        os.close(fd)


def _read_or_explain(path: str) -> _Snapshot:
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

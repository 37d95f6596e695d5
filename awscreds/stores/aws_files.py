"""The AWS config and credentials files, loaded and edited as one.

An edit holds the locks of both files, reads them again under these locks, and replaces them only by
renaming. The new content of both is on disk before the first rename, so that a full disk is noticed
before anything changes. The old files keep a second name until the edit succeeds, and are put back
if it fails. The AWS CLI takes no lock and writes in place. So an edit waits while the CLI writes,
notices whatever it wrote since we read, and starts again from that (``other_writers``).

Symlinks are followed, also to a file that does not exist yet. Hard links are not: the other names
of a file keep its old content (a backup made of links stays a backup), and the user is told.
"""

from __future__ import annotations

import os
import sys

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.light import suppress
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.blocks import wide_encoding
from awscreds.model.ini.document import Document
from awscreds.stores.files import FileLock, remove_leftovers
from awscreds.stores.locations import file_paths, real_path
from awscreds.stores.other_writers import (
    EDIT_PATIENCE,
    READ_PATIENCE,
    Overtaken,
    Time,
    Waiting,
)
from awscreds.stores.remedies import to_shut
from awscreds.stores.snapshot import Snapshot, read_or_explain
from awscreds.stores.temporary_names import is_of_another, leftovers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import ExitStack
    from typing import TypeVar

    from awscreds.stores.edited_file import EditedFile
    from awscreds.stores.trust import Weakness

    T = TypeVar("T")

ATTEMPTS = 20
"""How often an edit is tried while other programs keep changing the files under it."""


class AwsFiles:
    """The two files of one user. Nothing is read until it is needed.

    ``warn`` is called once for each thing that is wrong but stops nothing. ``step`` is called with
    the name of each step of an edit, for tests that simulate failures there. ``time`` has the
    clocks for waiting for other programs that write the files.
    """

    def __init__(
        self,
        config_path: str,
        credentials_path: str,
        *,
        lock_folder: str | None = None,
        warn: Callable[[str], None] | None = None,
        step: Callable[[str], None] = lambda _: None,
        time: Time | None = None,
    ) -> None:
        self.config_path = os.path.abspath(config_path)
        self.credentials_path = os.path.abspath(credentials_path)
        self._lock_folder = lock_folder
        self._tell = warn
        self._is_silent = False
        self._told: set[str] = set()
        self._step = step
        self._time = time or Time()
        self._ours: set[tuple[int, ...]] = set()

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, warn: Callable[[str], None] | None = None
    ) -> AwsFiles:
        """The files that the variables name, else those in ``~/.aws``."""
        config, credentials = file_paths(environ)
        return cls(config, credentials, warn=warn)

    def load(self) -> AwsDocuments:
        """Both files as they are now. An absent one, or /dev/null, is an empty document.

        Raises ConfigurationError if one cannot be read, or is empty and open in a program that
        does not write it in time.
        """
        return self._documents(self._read(self.config_path), self._read(self.credentials_path))

    def read_both(self) -> tuple[bytes, bytes]:
        """The bytes of both files, with the warnings and the errors of `load`."""
        config, credentials = self._read(self.config_path), self._read(self.credentials_path)
        self._warn_if_open(credentials)
        return (
            _readable(config.data, self.config_path),
            _readable(credentials.data, self.credentials_path),
        )

    def read_config(self) -> bytes:
        """Only the config file's bytes, to look up one profile in them."""
        return _readable(self._read(self.config_path).data, self.config_path)

    def read_credentials(self) -> bytes:
        """Only the credentials file's bytes, to look up one profile in them."""
        return _readable(self._read(self.credentials_path).data, self.credentials_path)

    def _read(self, path: str) -> Snapshot:
        name = "config" if path == self.config_path else "credentials"
        return self._waiting(READ_PATIENCE).for_rest(name, path, read_or_explain, lenient=True)

    def _waiting(self, patience: float) -> Waiting:
        return Waiting(patience, ours=self._ours, time=self._time, step=self._step, tell=self._warn)

    def edit(
        self,
        change: Callable[[AwsDocuments], T],
        *,
        credentials_first: bool = False,
        settled: Collection[str] = (),
    ) -> T:
        """Apply ``change`` to both files, and return what it returned.

        ``change`` may be called again, on newer content, so it must only change the documents it
        gets. A file that it does not change is not written, and may belong to anybody. The config
        file is replaced first: the pointer to a stored secret is there before the plaintext goes.
        ``credentials_first`` is for the reverse. A killed process leaves each file completely old
        or completely new.

        The edit stops if the content that is really replaced loses a key pair, unless its secret
        is in ``settled``: secrets that the caller has read back from the secret store, or that
        somebody agreed to lose (``workflows.pairs``).

        Raises what ``change`` raises, or ConfigurationError. Then both files are as before, or the
        message says which one is not.
        """
        waiting = self._waiting(EDIT_PATIENCE)
        for _ in range(ATTEMPTS):
            config, credentials = self._locate(waiting)
            with suppress(Overtaken), self._locked(config, credentials):
                return self._attempt(config, credentials, change, credentials_first, settled)
            waiting.for_lull(config.look, credentials.look)
        raise ConfigurationError(
            f"nothing was changed: another program changes {self.config_path} or "
            f"{self.credentials_path} again and again (awscreds tried {ATTEMPTS} "
            "times)",
            code="files-busy",
            hint="stop the program that writes these files, then run this again",
        )

    def weakness(self) -> Weakness | None:
        """A step of either path that another user can write or owns; None if all are safe."""
        from awscreds.stores.trust import writable_by_others

        paths = (self.config_path, self.credentials_path)
        return next(filter(None, map(writable_by_others, paths)), None)

    def require_trusted(self) -> None:
        """Raise ConfigurationError if others can write the files: they could take the keys."""
        weak = self.weakness()
        if weak:
            from awscreds.stores.exposure import ELSEWHERE

            raise ConfigurationError(
                f"nothing was changed: {weak}, so they could make your profiles start any program",
                code="unsafe-files",
                hint=to_shut(weak.path, ELSEWHERE),
            )

    def check_replaceable(self) -> None:
        """Raise the ConfigurationError that an edit would raise now. Both files stay as they are.

        New files of the present size are written beside them and removed again.
        """
        config, credentials = self._locate(self._waiting(EDIT_PATIENCE))
        # A file that changes meanwhile is not a problem: an edit would start again.
        with suppress(Overtaken), self._locked(config, credentials):
            for file in (config, credentials):
                file.read()
                file.check_replaceable()
                file.dry_run_write()

    def has_leftovers(self) -> bool:
        """Whether there is something beside the files that `remove_leftovers` looks at."""
        return any(leftovers(real_path(path)) for path in (self.config_path, self.credentials_path))

    def remove_leftovers(self) -> tuple[list[str], list[str]]:
        """Remove what a killed edit left beside the files: copies of them, secrets included.

        Returns the paths of what was removed, and of what could not be removed. Lists each folder
        if there is nothing. The files of an edit that is still running stay.
        """
        removed: list[str] = []
        stuck: list[str] = []
        for path in (self.config_path, self.credentials_path):
            real = real_path(path)
            found = leftovers(real)
            if not found:
                continue
            try:
                with FileLock(real, folder=self._lock_folder, deadline=0):
                    gone, left = self._remove_leftovers(path, real)
            except ConfigurationError:  # no lock is possible here
                gone, left = [], [each for each in found if not self._is_to_stay(path, each)]
            except AwscredsError:  # an edit is running
                continue
            removed += gone
            stuck += left
        return removed, stuck

    def _is_to_stay(self, path: str, left: str) -> bool:
        """Whether another program wrote this: then it is told of. Also if it is gone by now."""
        with suppress(FileNotFoundError):
            if not is_of_another(left):
                return False
            self._warn(_two_texts(path, left))
        return True

    def _remove_leftovers(self, path: str, real: str) -> tuple[list[str], list[str]]:
        return remove_leftovers(
            real, clock=self._time.clock, saved=lambda saved: self._warn(_two_texts(path, saved))
        )

    def _locate(self, waiting: Waiting) -> tuple[EditedFile, EditedFile]:
        from awscreds.stores.edited_file import EditedFile

        config = EditedFile("config", self.config_path, waiting)
        credentials = EditedFile("credentials", self.credentials_path, waiting)
        if config.is_same_as(credentials):
            raise ConfigurationError(
                f"{self.config_path} and {self.credentials_path} are the same file; "
                "awscreds does not edit it, because the two files must write the names of "
                "profiles in different ways",
                code="same-file",
                hint="set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to two different files",
            )
        return config, credentials

    def _locked(self, *files: EditedFile) -> ExitStack[None]:
        from contextlib import ExitStack

        # Always in the same order, so that two edits never wait for each other.
        locks = [FileLock(file.real, folder=self._lock_folder) for file in files]
        with ExitStack[None]() as stack:
            for lock in sorted(locks, key=lambda lock: lock.path):
                stack.enter_context(lock)
            self._step("locked")
            return stack.pop_all()

    def _attempt(
        self,
        config: EditedFile,
        credentials: EditedFile,
        change: Callable[[AwsDocuments], T],
        credentials_first: bool,  # noqa: FBT001 - handed on as it came
        settled: Collection[str],
    ) -> T:
        from awscreds.model.pairs import refuse_losses

        files = (credentials, config) if credentials_first else (config, credentials)
        for file in files:
            self._remove_leftovers(file.path, file.real)
            file.read()
        self._step("read")
        documents = self._documents(config.before, credentials.before)
        before = documents.clone()
        try:
            result = change(documents)
            refuse_losses(before, documents, settled)
        except Exception:
            # It may have seen a file that the AWS CLI had truncated and not yet written.
            if any(file.is_overtaken() for file in files):
                raise Overtaken from None
            raise
        self._step("changed")
        for file, document in ((config, documents.config), (credentials, documents.credentials)):
            file.after = _with_line_ends(document.render(), file.before)
        self._replace(files)
        return result

    def _replace(self, files: tuple[EditedFile, EditedFile]) -> None:
        """Replace all files that have new content, or none of them."""
        changed = [file for file in files if file.after != file.before.data]
        if not changed:
            return
        for file in changed:
            file.check_replaceable()
        try:
            self._move(files, changed)
        except BaseException as error:
            self._roll_back(changed, error)
            raise
        self._step("placed")
        for file in changed:
            self._ours.add(file.discard_old())
            self._warn_of_copy(file)
            self._warn_of_misreading(file)
            if file.before.links > 1:
                self._warn(
                    f"{file.path} had other names (hard links); these still have the old content"
                )

    def _roll_back(self, changed: list[EditedFile], error: BaseException) -> None:
        """Undo an edit that ended with ``error``. Raises that with what could not be undone."""
        problems = [(file, said) for file in reversed(changed) if (said := file.roll_back())]
        for file in changed:
            for saved in file.saved:
                self._warn(_two_texts(file.path, saved))
        if isinstance(error, ConfigurationError):
            outcome = [said for _, said in problems] or ["neither file was changed"]
            raise ConfigurationError(
                "; ".join([error.message, *outcome]), code=error.code, hint=error.hint
            ) from None
        # What overtook us is edited again, so that what it left there is not a problem.
        for file, said in problems:
            if file.is_unrestored or not isinstance(error, Overtaken):
                self._warn(said)

    def _move(self, files: tuple[EditedFile, EditedFile], changed: list[EditedFile]) -> None:
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
        for file in changed:
            file.refuse_if_undone()

    def _documents(self, config: Snapshot, credentials: Snapshot) -> AwsDocuments:
        self._warn_if_open(credentials)
        return AwsDocuments(
            Document.parse(_readable(config.data, self.config_path)),
            Document.parse(_readable(credentials.data, self.credentials_path), credentials=True),
            self.config_path,
            self.credentials_path,
        )

    def _warn_if_open(self, credentials: Snapshot) -> None:
        why = self._why_credentials_are_open(credentials)
        if why:
            from awscreds.stores.exposure import readable

            self._warn(str(readable(self.credentials_path, why, has_secrets=False)))

    def silently(self) -> ExitStack[None]:
        """Warn of nothing meanwhile: whoever reads the files reports what is wrong with them."""
        from contextlib import ExitStack

        self._is_silent = True
        stack = ExitStack[None]()
        stack.callback(setattr, self, "_is_silent", False)
        return stack

    def _warn_of_copy(self, file: EditedFile) -> None:
        for left in file.left:
            from awscreds.stores.remedies import to_remove

            self._warn(
                f"cannot remove {left}, which has the former content of {file.path} and may "
                f"contain secrets in plaintext. Remove it: {to_remove(left)}"
            )

    def _warn_of_misreading(self, file: EditedFile) -> None:
        if file.after.isascii():
            return
        from awscreds.stores import code_page

        page = code_page.ansi_code_page()
        warning = code_page.misreading(file.path, file.before.data, file.after, page)
        if warning:
            self._warn(warning)

    def _why_credentials_are_open(self, found: Snapshot) -> str | None:
        if sys.platform == "win32":
            from awscreds.stores.windows_acl import why_others_read

            return why_others_read(self.credentials_path) if found.stamp else None
        if found.mode & 0o077:
            from awscreds.stores.exposure import shown_mode
            from awscreds.stores.trust import is_on_windows_drive

            with suppress(OSError):  # it is gone since it was read
                if not is_on_windows_drive(os.stat(self.credentials_path)):
                    return shown_mode(found.mode)
        return None

    def _warn(self, text: str) -> None:
        if self._tell and not self._is_silent and text not in self._told:
            self._told.add(text)
            self._tell(text)


def _two_texts(path: str, saved: str) -> str:
    return (
        f"two programs wrote {path} at the same time; awscreds saved the text of one of them in "
        f"{saved}"
    )


def _with_line_ends(data: bytes, before: Snapshot) -> bytes:
    """``data``, with the line ends of this system if the file is a new one or was empty.

    Otherwise each file keeps its own, which the document knows.
    """
    is_new = sys.platform == "win32" and not before.data and b"\r" not in data
    return data.replace(b"\n", b"\r\n") if is_new else data


def _readable(data: bytes, path: str) -> bytes:
    """``data``. Raises ConfigurationError for UTF-16 or UTF-32: no profile would be found."""
    if wide := wide_encoding(data):
        raise ConfigurationError(
            f"{path} is {wide}, but AWS tools cannot read {wide}",
            code="utf-16",
            hint="save it as UTF-8, without a byte order mark",
        )
    return data

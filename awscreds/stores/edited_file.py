"""One of the AWS files during an edit: what it was, what it becomes, and the steps in between.

The edit of both files, under their locks, is in ``aws_files``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from awscreds.errors import ConfigurationError
from awscreds.stores import snapshot
from awscreds.stores.exchange import Shut, give_new_name, is_at, put_back, replace
from awscreds.stores.files import (
    fsync_folder,
    is_foreign,
    make_private_folder,
    stage_file,
    user_name,
)
from awscreds.stores.leases import hold, is_wanted
from awscreds.stores.locations import real_path
from awscreds.stores.mounts import is_mounted
from awscreds.stores.open_files import check_replaceable, discard, move_over, open_file, remove
from awscreds.stores.other_writers import Overtaken, undoes
from awscreds.stores.remedies import generator_of, to_own, windows_refusal
from awscreds.stores.snapshot import Snapshot, read_or_explain, stamp_of
from awscreds.stores.temporary_names import (
    is_of_another,
    set_aside,
    set_aside_if_possible,
    temporary_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.stores.other_writers import Waiting

_VARIABLES = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}


class EditedFile:
    """One of the two files in one edit."""

    def __init__(self, name: str, path: str, waiting: Waiting) -> None:
        self.name = name
        self.waiting = waiting
        self.path = path
        self.real = real_path(path)
        self.folder = os.path.dirname(self.real)
        self.before = Snapshot()
        self.after = b""
        self._staged = ""
        self._mode = 0o600
        self._kept = ""
        self._kept_mode: int | None = None
        self._new = Snapshot()
        self._placing = False
        self.saved: list[str] = []
        """Where the texts are that others wrote at the same time, if not under the file's name."""
        self.is_unrestored = False
        """Whether an error has kept the old content from getting its name back."""
        self.left: list[str] = []
        """Where the former file is, if it could not be removed after the edit."""

    # -- what forbids an edit --------------------------------------------------------------

    def check_replaceable(self) -> None:
        """Raise ConfigurationError if this file, or its folder, must not or cannot be replaced."""
        with self._explained():
            # Its kind before its folder: nobody must be advised to take over /dev.
            self._check_kind()
            self._check_folders()
            with contextlib.suppress(FileNotFoundError):
                self._check_file(os.lstat(self.real))

    def _check_kind(self) -> None:
        tool = generator_of(self.real)
        if tool:
            raise ConfigurationError(
                f"cannot edit {self.path}: it points to {self.real}, and {tool} "
                "generates this file",
                code="generated-file",
                hint=f"change the {tool} source of this file, or set "
                f"{_VARIABLES[self.name]} to your own file",
            )
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if not stat.S_ISREG(os.lstat(self.real).st_mode):
                raise ConfigurationError(
                    f"cannot edit {self.path}: it is not a regular file",
                    code="not-a-file",
                    hint=f"set {_VARIABLES[self.name]} to a regular file",
                )

    def _check_folders(self) -> None:
        # Somebody else's link would lead us to a file that they choose (as root: any file).
        named = _nearest(os.path.dirname(self.path))
        found = os.lstat(named)
        if found.st_uid != 0:
            _refuse_foreign(named, found)
        folder = _nearest(self.folder)
        found = os.stat(folder)
        # A shared folder of root, such as /tmp, may hold a new folder, but not the file itself.
        if folder == self.folder or found.st_uid != 0:
            _refuse_foreign(folder, found)

    def _check_file(self, found: os.stat_result) -> None:
        _refuse_foreign(self.real, found)
        check_replaceable(self.real)
        if is_mounted(self.real):
            raise self._is_a_mount()

    def is_same_as(self, other: EditedFile) -> bool:
        if self.real == other.real:
            return True
        try:
            return os.path.samefile(self.real, other.real)
        except OSError:
            return False

    # -- the steps -------------------------------------------------------------------------

    def read(self) -> None:
        """Read the content. Raises ConfigurationError if another program keeps writing."""
        self.before = self.waiting.for_rest(self.name, self.real, read_or_explain)

    def look(self) -> object:
        """Something that differs once the file has been changed."""
        with contextlib.suppress(OSError):
            return stamp_of(os.stat(self.real))
        return None

    def is_overtaken(self) -> bool:
        """Whether another program has changed the file, or the target of its link, since ``read``.

        Also if a program has it open for writing: it is about to change the file.
        """
        if real_path(self.path) != self.real:
            return True
        now = read_or_explain(self.real)
        is_same = now.stamp == self.before.stamp and now.data == self.before.data
        return now.free is False or not is_same

    def refuse_if_overtaken(self) -> None:
        if self.is_overtaken():
            raise Overtaken

    def dry_run_write(self) -> None:
        """Do what an edit does before the rename, and undo it."""
        with self._explained():
            folder = _nearest(self.folder)
            if folder == self.folder:
                # As long as the file, but with other bytes: if we are killed here, no secret is
                # left. And random ones, which a file system cannot compress.
                stand_in = os.urandom(len(self.before.data))
                discard(self._write_beside(stand_in, lambda _: None)[0])
            elif not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, f"{folder} is not writable")

    def stage(self, step: Callable[[str], None]) -> None:
        """Write the new content to disk, under another name."""
        with self._explained():
            make_private_folder(self.folder)
            self._staged, self._mode = self._write_beside(self.after, step)
            self._new = Snapshot(self.after, os.stat(self._staged))
            step(f"staged {self.name}")

    def keep(self, step: Callable[[str], None]) -> None:
        """Give the present file a second name, from which it can be put back."""
        if not self.before.stamp:
            return
        with self._explained():
            self._kept = temporary_name(self.real)
            try:
                os.link(self.real, self._kept)
            except OSError:  # a file system without hard links
                self._kept, self._kept_mode = self._write_beside(self.before.data, lambda _: None)
            if sys.platform != "win32":
                # Each of these may have a temporary name if we are killed: nobody else needs it.
                # In an overlay, the file has a number of its own only since the link.
                known = [stamp_of(os.stat(path)) for path in (self._kept, self.real)]
                self._kept = self._renamed(self._kept, self._new.stamp, *known)
                self._staged = self._renamed(self._staged, self._new.stamp, *known)
            # The names have changed the ctime. The content is compared again anyway.
            self.before.stamp = stamp_of(os.stat(self.real))
            step(f"kept {self.name}")

    def _renamed(self, temporary: str, *known: tuple[int, ...]) -> str:
        named = temporary_name(self.real, *known)
        os.rename(temporary, named)
        return named

    def place(self, step: Callable[[str], None]) -> None:
        """Rename the new content over the old, unless that has changed."""
        with self._explained():
            with Shut(self._staged) as new:
                if sys.platform != "win32":
                    os.chmod(self._staged, self._mode)
                step(f"ready {self.name}")
                self.refuse_if_overtaken()
                step(f"checked {self.name}")
                self._placing = True
                if self.before.stamp:
                    self._swap(self._staged, self.before, self._kept, new)
                else:
                    self._appear()
            step(f"replaced {self.name}")
            self._close_kept()
            fsync_folder(self.folder)

    def _swap(
        self, source: str, expected: Snapshot, way_back: str, new: Shut | None = None
    ) -> None:
        """Let ``source`` replace the file if that is as ``expected`` and nobody writes to it.

        A program that opens it for writing while we hold the lease gets the old file, and waits.
        So the old file is put back before that program goes on: from ``source``, or, where names
        cannot be exchanged, from its other name, ``way_back``. What somebody has renamed over the
        file since we looked is put back, too; ``new`` is the source if nobody may see it before
        that is certain. Raises Overtaken.
        """
        if sys.platform == "win32":  # a file that we have open cannot be replaced there
            move_over(source, self.real)
            return
        fd = open_file(self.real, snapshot.READ)
        try:
            held = hold(fd)
            if held is False or not expected.is_content_of(fd):
                raise Overtaken
            ours = os.lstat(source)
            if new:
                new.shut()
            if replace(source, self.real):
                if is_at(source, os.fstat(fd)) and not (held and is_wanted(fd)):
                    if new:
                        new.reopen()
                    discard(source)
                    return
                if put_back(source, self.real, ours) and new:
                    self._refill(new)
                raise Overtaken
            if held and way_back and is_wanted(fd):
                os.replace(way_back, self.real)
                raise Overtaken
        finally:
            os.close(fd)

    def _refill(self, new: Shut) -> None:
        """Who opened ours in that instant, and waits, shall read what has the name again."""
        with contextlib.suppress(OSError):
            content = snapshot.read(self.real).data
            # What it will hold is nobody's only text, until somebody writes to it.
            *file, _, changed, _ = ours = self._new.stamp
            self._staged = self._renamed(self._staged, ours, (*file, len(content), changed))
            if new.refill(content, changed):
                self.saved.append(set_aside(self._staged))

    def _appear(self) -> None:
        """Give the new content its name, unless somebody else has made a file of that name."""
        try:
            give_new_name(self._staged, self.real)
        except FileExistsError:
            raise Overtaken from None

    def _disappear(self) -> bool:
        """Undo `_appear`. False if what has the name is another program's by now: it keeps it."""
        if sys.platform == "win32":
            remove(self.real)
            return True
        taken = temporary_name(self.real, self._new.stamp)
        os.rename(self.real, taken)
        if is_of_another(taken):
            try:
                give_new_name(taken, self.real)
            except FileExistsError:
                self.saved.append(set_aside(taken))
            return False
        discard(taken)
        fsync_folder(self.folder)
        return True

    def _close_kept(self) -> None:
        """Let nobody else read the old file, in case we are killed before we remove it.

        Not if it has other names: those are the user's, and share its mode.
        """
        if (
            self._kept
            and self.before.links == 1
            and self._kept_mode is None
            and sys.platform != "win32"
        ):
            with contextlib.suppress(OSError):
                os.chmod(self._kept, 0o600)
                self._kept_mode = self.before.mode

    def refuse_if_written_since(self) -> None:
        """Raise Overtaken if a program had the replaced file open, and wrote to it."""
        if self._kept and self._is_written_since():
            raise Overtaken

    def _is_written_since(self) -> bool:
        now = read_or_explain(self._kept)
        return now.free is False or now.data != self.before.data

    def refuse_if_undone(self) -> None:
        """Watch for a program that read the file before the rename and writes it after.

        It writes a version of the old content. Raises Overtaken, so that this is edited again, and
        ConfigurationError if a program keeps writing.
        """
        for _ in self.waiting.watch():
            now = self.waiting.for_rest(self.name, self.real, read_or_explain)
            if now.data == self.after:
                continue
            if undoes(self.before.data, self.after, now.data):
                raise Overtaken
            return  # whoever wrote that had read ours

    def discard_old(self) -> tuple[int, ...]:
        """Remove the old content. Returns the stamp of the new one; empty if it has changed."""
        if self._kept:
            discard(self._kept)
            self.left = [*filter(os.path.lexists, (self._kept, self._staged))]
        with contextlib.suppress(OSError):
            stamp = stamp_of(os.stat(self.real))
            if stamp[:4] == self._new.stamp[:4]:
                return stamp
        return ()

    def roll_back(self) -> str | None:
        """Undo what was done so far. Returns a sentence about what could not be undone."""
        try:
            problem = self._restore() if self._placing else None
        except OSError as error:
            self.is_unrestored = True
            self._release()
            left = ""
            if self._kept:
                left = f"; the old content is in {set_aside_if_possible(self._kept)}"
            return (
                f"{self.path} was replaced, and awscreds could not restore the old "
                f"content: {error.strerror}{left}"
            )
        self._release()
        if problem and os.path.lexists(self._kept) and self._is_written_since():
            self.saved.append(set_aside(self._kept))
        discard(self._kept)
        return problem

    def _release(self) -> None:
        """Remove what has the name of the new content, unless another program needs it."""
        with contextlib.suppress(OSError):
            if is_of_another(self._staged):
                theirs, now = snapshot.read(self._staged), snapshot.read(self.real)
                if undoes(self.before.data, theirs.data, now.data):
                    self.saved.append(set_aside(self._staged))
            discard(self._staged)

    def _restore(self) -> str | None:
        left = (
            f"{self.path} was replaced by awscreds and then changed by another "
            "program, so awscreds did not restore the old content"
        )
        now = snapshot.read(self.real)
        if now.is_same_file_as(self._new) and now.data == self.after:
            if not self._kept:
                return None if self._disappear() else left
            if self._kept_mode is not None:
                os.chmod(self._kept, self._kept_mode)
            spare = temporary_name(self.real)
            try:
                with contextlib.suppress(OSError):
                    os.link(self.real, spare)
                    now.stamp = stamp_of(os.stat(self.real))
                self._swap(self._kept, now, spare if os.path.lexists(spare) else "")
            except Overtaken:
                return left
            finally:
                discard(spare)
            fsync_folder(self.folder)
        elif not now.is_same_file_as(self.before):
            return left
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
        message = f"cannot write {self.path}: {error.strerror or type(error).__name__}"
        if refusal := windows_refusal(error, message, self.real):
            return refusal
        code = "unwritable"
        hint = f"make sure that {self.folder} is a folder that you own and can write"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            code = "disk-full"
            hint = f"make room on the disk of {self.folder}, then run this again"
        elif error.errno == errno.EROFS:
            hint = f"{self.folder} is mounted read-only; run this where you can write to it"
        return ConfigurationError(message, code=code, hint=hint)

    def _is_a_mount(self) -> ConfigurationError:
        return ConfigurationError(
            f"cannot replace {self.path}: it is mounted as a single file",
            code="mounted-file",
            hint=f"mount the folder {os.path.dirname(self.path)} instead of the file, or "
            "run this where the file is not mounted",
        )


def _refuse_foreign(path: str, found: os.stat_result) -> None:
    if is_foreign(found):
        another = "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to your own files"
        raise ConfigurationError(
            f"{path} belongs to {user_name(found.st_uid)}, and awscreds edits only "
            "files of the user that runs it",
            code="foreign-owner",
            hint=f"run it as that user, without sudo; or {to_own(path, another)}",
        )


def _nearest(folder: str) -> str:
    """``folder``, or the nearest existing folder above it."""
    while not os.path.exists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder

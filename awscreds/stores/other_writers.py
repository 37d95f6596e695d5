"""Other programs that write the AWS files: whether one is at it, and how long to wait for it.

The AWS CLI, editors and ``cmd > file`` take no lock: they truncate the file and write it again, so
for a moment, or as long as they like, it is empty or half there. On Linux a lease tells at once and
exactly (fcntl(2), F_SETLEASE: a read lease is refused while anybody has the file open for writing,
and while it is held whoever opens it for writing waits). On Windows opening the file without
sharing it with writers tells the same. Elsewhere, on file systems without leases (NFS, some of
FUSE) and for a file of another user, a file counts as written until it has been still for a while.
"""

from __future__ import annotations

import errno
import signal
import sys
import time

from awscreds.errors import ConfigurationError
from awscreds.model.times import format_duration

if sys.platform == "win32":
    import _winapi
else:
    import fcntl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.stores.snapshot import Snapshot

EDIT_PATIENCE = 5.0
"""Seconds that an edit waits for a program that has a file open for writing."""

READ_PATIENCE = 1.0
"""The same for who only reads."""

STILL = 0.25
"""Seconds without a change after which a file is taken for finished where no lease can tell."""

EMPTY = (0.5, 2.0)
"""The same for an empty file, where a lease says that nobody writes it, and where none can tell.
Programs that truncate a file, close it and open it again to write it leave such a one."""

FRESH = 0.1
"""Seconds after which a change by somebody else no longer counts as one of a series."""

LULL = 0.02
"""Seconds of stillness that an edit waits for after it was overtaken, at most ``PAUSE``."""

PAUSE = 1.5

NOTICE = 1.0
"""Seconds after which a wait is told of."""

WATCH = (0.03, 0.15)
"""Seconds to watch a file that others change: where one was changed just before, and where one was
changed under us. A program that read the file before our rename may write what it made of that."""


class Time:
    """The clocks, and how to sleep; tests hand in their own."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock
        self.monotonic = monotonic
        self.sleep = sleep


# -- leases ------------------------------------------------------------------------------------

if sys.platform == "linux":

    def hold(fd: int) -> bool | None:
        """Take a lease on a file open for reading; it ends when ``fd`` is closed.

        False where somebody has the file open for writing, None where there is no lease to be had.
        While it is held, keep no step of ours that may write the file: it would wait for itself.
        """
        try:
            # Who wants to write sends this signal, which is ignored by default; SIGIO, the default
            # one, would end the process.
            fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return False if error.errno in (errno.EAGAIN, errno.EBUSY) else None
        return True

    def is_wanted(fd: int) -> bool:
        """Whether somebody waits for the lease held on ``fd`` to end, to write the file."""
        return fcntl.fcntl(fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def is_free(fd: int, _path: str) -> bool | None:
        """Whether nobody has the file open for writing; None where the system does not tell."""
        held = hold(fd)
        if held:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return held

else:

    def hold(_fd: int) -> bool | None:
        """There are no leases here."""
        return None

    def is_wanted(_fd: int) -> bool:
        """Nobody waits for a lease that there is not."""
        return False

    def is_free(_fd: int, path: str) -> bool | None:
        """Whether nobody has the file open for writing; None where the system does not tell."""
        if sys.platform == "win32":
            try:
                share_with_readers, existing = 0x1, 3
                handle = _winapi.CreateFile(
                    path, _winapi.GENERIC_READ, share_with_readers, 0, existing, 0, 0
                )
            except OSError as error:
                sharing_violation = 32
                return False if error.winerror == sharing_violation else None
            _winapi.CloseHandle(handle)
            return True
        return None


# -- waiting -----------------------------------------------------------------------------------


class Waiting:
    """How one edit, or one reader, waits for other writers, ``patience`` seconds for each.

    ``ours`` are stamps of what this process itself put there. ``step`` is told of each wait, and
    ``tell``, in words, of a long one.
    """

    def __init__(
        self,
        patience: float,
        *,
        ours: set[tuple[int, ...]],
        time: Time,
        step: Callable[[str], None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._patience = patience
        self._ours = ours
        self._time = time
        self._step = step
        self._tell = tell
        self._watch = 0.0

    def for_rest(
        self, name: str, path: str, read: Callable[[str], Snapshot], *, lenient: bool = False
    ) -> Snapshot:
        """What the file holds once nobody is writing it.

        Raises ConfigurationError where that takes longer than there is patience. ``lenient`` takes
        content that was there, unchanged, all the while: some programs never close a file.
        """
        now = self._time.monotonic
        found, start = read(path), now()
        since, pause = start, 0.002
        while not self._is_at_rest(found, now() - since):
            self._watch = WATCH[1]
            if now() - start >= self._patience:
                if lenient and found.data and now() - since >= self._patience / 2:
                    return found
                raise being_written(path, self._patience)
            if now() - start >= NOTICE:
                self._tell(f"waiting for another program to finish writing {path}")
            self._step(f"waiting {name}")
            self._time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
            before, found = found, read(path)
            if (found.stamp, found.data) != (before.stamp, before.data):
                since = now()
        if found.stamp and found.stamp not in self._ours and self._age(found) < FRESH:
            self._watch = max(self._watch, WATCH[0])
        return found

    def _is_at_rest(self, found: Snapshot, still: float) -> bool:
        if not found.stamp or found.free is False:
            return not found.stamp
        if found.stamp in self._ours or (found.free and found.data):
            return True
        enough = STILL if found.data else EMPTY[0 if found.free else 1]
        return max(self._age(found), still) >= enough

    def _age(self, found: Snapshot) -> float:
        """Seconds since the last change; none where the file's clock is ahead of ours."""
        return max(0.0, self._time.clock() - found.changed_at)

    def for_lull(self, *looks: Callable[[], object]) -> None:
        """After an edit was overtaken: wait until what these see is still for an instant."""
        self._watch = WATCH[1]
        now = self._time.monotonic
        start = since = now()
        seen = [look() for look in looks]
        while now() - since < LULL:
            self._time.sleep(0.002)
            if (found := [look() for look in looks]) != seen:
                if now() - start >= PAUSE:
                    return  # it never rests: the instant after a change is the best there is
                seen, since = found, now()
            if now() - start >= NOTICE:
                self._tell("waiting for another program that keeps changing the AWS files")

    def watch(self) -> Iterator[None]:
        """Instants to look whether others undo what was just put in place.

        There is one where nobody else has changed the files of late: syncing the folder after the
        rename has taken longer than the AWS CLI has between reading and writing.
        """
        now = self._time.monotonic
        end = now() + self._watch
        yield
        while now() < end:
            self._time.sleep(0.002)
            yield


def being_written(path: str, waited: float) -> ConfigurationError:
    """The error for a file that somebody has had open for writing all the while."""
    from shlex import quote

    return ConfigurationError(
        f"{path} is being written by another program; awscreds waited "
        f"{format_duration(waited)} for it to finish",
        code="files-busy",
        hint=f"close the program that has it open (fuser -v {quote(path)} names it), then run this "
        "again",
    )


# -- what a foreign write did to ours ----------------------------------------------------------


def undoes(before: bytes, after: bytes, now: bytes) -> bool:
    """Whether ``now`` lacks what an edit from ``before`` to ``after`` did.

    So it does if its writer had read the file before that edit. Lines are compared within their
    sections: what the edit added must be there, and what it removed must not be back.
    """
    was, became, found = (_lines(data) for data in (before, after, now))
    return any(
        (count > was.get(line, 0) and found.get(line, 0) < count)
        or (count < was.get(line, 0) and found.get(line, 0) > count)
        for line in was.keys() | became.keys()
        for count in (became.get(line, 0),)
    )


def _lines(data: bytes) -> dict[tuple[bytes, bytes], int]:
    """How often each line is there, by the header above it."""
    lines: dict[tuple[bytes, bytes], int] = {}
    header = b""
    for raw in data.splitlines():
        line = raw.strip()
        if line.startswith(b"["):
            header = line
        if line:
            lines[header, line] = lines.get((header, line), 0) + 1
    return lines

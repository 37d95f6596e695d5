"""Waiting for other programs that write the AWS files.

The AWS CLI, editors and ``cmd > file`` take no lock: they truncate the file and write it again. So
for a moment, or for as long as they like, it is empty or half written. ``leases`` tells whether one
of them has it open. If nothing tells, a file counts as being written until it has not changed for a
while.
"""

from __future__ import annotations

import sys
import time

from awscreds.errors import ConfigurationError
from awscreds.model.text import quoted
from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.stores.snapshot import Snapshot

EDIT_PATIENCE = 5.0
"""Seconds that an edit waits for a program that has a file open for writing."""

READ_PATIENCE = 1.0
"""The same for a program that only reads."""

STILL = 0.25
"""Seconds without a change after which a file counts as finished if no lease can tell."""

EMPTY = (0.5, 2.0)
"""The same for an empty file: if a lease says that nobody writes it, and if none can tell.
Programs that truncate a file, close it and open it again to write it leave it empty."""

FRESH = 0.1
"""Seconds after which a change by somebody else no longer counts as one of a series."""

LULL = 0.02
"""Seconds without a change that an edit waits for after it was overtaken, for ``PAUSE`` at most."""

PAUSE = 1.5

NOTICE = 1.0
"""Seconds after which the user is told about a wait."""

WATCH = (0.03, 0.15)
"""Seconds to watch the files after an edit: if one was changed just before, and if one was changed
during the edit. A program that read a file before our rename may still write it."""


class Overtaken(Exception):
    """Another program has changed a file since we read it, so the edit must start again."""


class Time:
    """The clocks and sleep, which tests replace."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock
        self.monotonic = monotonic
        self.sleep = sleep


# -- waiting -----------------------------------------------------------------------------------


class Waiting:
    """The waits of one edit or one reader for other writers, of ``patience`` seconds each.

    ``ours`` are the stamps of what this process itself wrote. ``step`` is called for each wait, and
    ``tell`` with a sentence for a long one.
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

        Raises ConfigurationError if that takes longer than ``patience``. ``lenient`` accepts
        content that did not change all that time: some programs never close a file.
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
        """Seconds since the last change; 0 if the file's clock is ahead of ours."""
        return max(0.0, self._time.clock() - found.changed_at)

    def for_lull(self, *looks: Callable[[], object]) -> None:
        """After an edit was overtaken: wait until what ``looks`` return stops changing."""
        self._watch = WATCH[1]
        now = self._time.monotonic
        start = since = now()
        seen = [look() for look in looks]
        while now() - since < LULL:
            self._time.sleep(0.002)
            if (found := [look() for look in looks]) != seen:
                if now() - start >= PAUSE:
                    return  # it never stops: just after a change is the best moment
                seen, since = found, now()
            if now() - start >= NOTICE:
                self._tell("waiting, because another program changes the AWS files again and again")

    def watch(self) -> Iterator[None]:
        """Yield each time to look whether others have undone the edit.

        Only once if nobody else has changed the files recently: syncing the folder after the rename
        takes longer than the AWS CLI takes between reading and writing.
        """
        now = self._time.monotonic
        end = now() + self._watch
        yield
        while now() < end:
            self._time.sleep(0.002)
            yield


def being_written(path: str, waited: float) -> ConfigurationError:
    """The error for a file that a program had open for writing all that time."""
    names_it = "" if sys.platform == "win32" else f" (fuser -v {quoted(path)} names it)"
    return ConfigurationError(
        f"another program is still writing {path} (awscreds waited {format_duration(waited)})",
        code="files-busy",
        hint=f"close the program that has it open{names_it}, then run this again",
    )


# -- what another program did to our edit ------------------------------------------------------


def undoes(before: bytes, after: bytes, now: bytes) -> bool:
    """Whether ``now`` lacks what an edit from ``before`` to ``after`` did.

    It does if its writer read the file before that edit. Lines are compared within their sections:
    what the edit added must be there, and what it removed must not be back.
    """
    was, became, found = (_lines(data) for data in (before, after, now))
    return any(
        (count > was.get(line, 0) and found.get(line, 0) < count)
        or (count < was.get(line, 0) and found.get(line, 0) > count)
        for line in was.keys() | became.keys()
        for count in (became.get(line, 0),)
    )


def _lines(data: bytes) -> dict[tuple[bytes, bytes], int]:
    """How often each line occurs below each header."""
    lines: dict[tuple[bytes, bytes], int] = {}
    header = b""
    for raw in data.splitlines():
        line = raw.strip()
        if line.startswith(b"["):
            header = line
        if line:
            lines[header, line] = lines.get((header, line), 0) + 1
    return lines

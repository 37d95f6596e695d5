"""The journal of a rotation: what is about to be done, and what was done, each on disk before more.

One file of JSON lines in the folder of our state for each key that is being rotated, named by its
id. It holds no secret. It is there from the first intent to the end of the rotation, so that its
presence alone says that one is unfinished.
"""

from __future__ import annotations

import contextlib
import json

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.model.instants import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.stores.files import FileLock
    from awscreds.stores.home import Home

INTENT = "intent"
DONE = "done"
GRACE = "grace"
"""The stage of the line that lets the old key live until ``until``, in seconds since the epoch."""

_PREFIX = "rotation-"
_SUFFIX = ".jsonl"
_VERSION = 1


class Journal:
    """The journal of the rotation of the key ``old``.

    ``facts`` are what each line repeats: account, user, endpoint, the real paths of the files, the
    ids of the keys, the profiles. ``step`` is called before and after each write, for tests that
    stage a death there.
    """

    def __init__(
        self,
        home: Home,
        old: str,
        *,
        clock: Callable[[], float],
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._home = home
        self._name = f"{_PREFIX}{old}{_SUFFIX}"
        self._clock = clock
        self._step = step
        self._size = 0
        self.entries: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {"old": old}
        self._load()

    @property
    def path(self) -> str:
        return self._home.file(self._name)

    def write(self, stage: str, event: str, **detail: Any) -> None:
        """Add a line, and return when it is on disk. Raises ConfigurationError; then it is not."""
        self._step(f"before {stage} {event}")
        entry = {
            "version": _VERSION,
            "time": iso(self._clock()),
            "stage": stage,
            "event": event,
            **self.facts,
            "detail": detail,
        }
        line = json.dumps(entry).encode() + b"\n"
        self._home.append(self._name, line, after=self._size)
        self._size += len(line)
        self.entries.append(entry)
        self._step(f"after {stage} {event}")

    def close(self) -> None:
        """The rotation has ended: the journal goes."""
        self._step("before close")
        self._home.remove(self._name)
        self._step("after close")

    def find(self, stage: str, event: str) -> dict[str, Any] | None:
        """The detail of the last line of ``stage`` and ``event``; None where there is none."""
        for entry in reversed(self.entries):
            if (entry["stage"], entry["event"]) == (stage, event):
                detail: dict[str, Any] = entry["detail"]
                return detail
        return None

    @property
    def grace_end(self) -> float | None:
        """When the grace of the old key ends; None where the rotation is not in one."""
        detail = self.find(GRACE, DONE)
        return None if detail is None else float(detail["until"])

    def lock(self) -> FileLock:
        """What whoever goes on with this rotation holds. It waits for nobody."""
        return self._home.lock(self._name, deadline=0)

    def _load(self) -> None:
        data = self._home.read(self._name) or b""
        # What stands behind the last line break was torn off by a crash, and never acted upon.
        whole = data[: data.rfind(b"\n") + 1]
        try:
            entries = [json.loads(line) for line in whole.splitlines()]
            versions = {entry["version"] for entry in entries}
            for entry in entries:
                self._facts_of(entry)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._damaged("it is not what awscreds writes") from None
        if versions - {_VERSION}:
            raise self._damaged("another version of awscreds wrote it")
        self.entries = entries
        self._size = len(whole)
        if entries:
            self.facts = self._facts_of(entries[-1])

    @staticmethod
    def _facts_of(entry: dict[str, Any]) -> dict[str, Any]:
        facts = dict(entry)
        for name in ("version", "time", "stage", "event", "detail"):
            del facts[name]
        return facts

    def _damaged(self, how: str) -> RotationUnfinished:
        return RotationUnfinished(
            f"the journal {self.path} cannot be read: {how}",
            code="journal-damaged",
            hint="awscreds keys list shows what AWS has; with that put right, remove the file",
        )


def unfinished(home: Home) -> list[str]:
    """The ids of the old keys of the rotations that have begun and not ended."""
    names = home.names(_PREFIX)
    return [name[len(_PREFIX) : -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)]


def waiting_for_somebody(home: Home, clock: Callable[[], float]) -> list[str]:
    """Those of ``unfinished`` that nobody is at work on, and whose grace, if any, is over."""
    waiting = []
    for old in unfinished(home):
        with contextlib.suppress(AwscredsError):
            journal = Journal(home, old, clock=clock)
            until = journal.grace_end
            if until is None or clock() >= until:
                with journal.lock():
                    waiting.append(old)
    return waiting

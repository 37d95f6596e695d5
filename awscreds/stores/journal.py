"""The journal of a rotation: what will be done, and what was done. Each line is on disk at once.

One file of JSON lines in our state folder for each key that is being rotated, named by the key's
ID. It holds no secret. It exists from the first intent to the end of the rotation, so its presence
means that the rotation is unfinished.

Each line has a digest of itself and of all lines before, so that damage is noticed. Only the end of
the last line can be missing, after a crash. The first line comes by a rename: it is there
completely, or not at all.
"""

from __future__ import annotations

import contextlib
import json

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.model.keys import has_id_form
from awscreds.model.text import escaped
from awscreds.model.times import format_iso
from awscreds.stores.fingerprints import digest
from awscreds.stores.remedies import to_remove
from awscreds.stores.state_dir import JOURNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any

    from awscreds.stores.state_dir import StateDir

INTENT = "intent"
DONE = "done"
REFUSED = "refused"
"""AWS refused, and nothing was changed."""
GRACE = "grace"
"""The stage of the line that lets the old key live until ``until``, in seconds since the epoch."""

LOCK_DEADLINE = 0.5
"""Seconds for which a command that only reads may hold the lock."""

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
        state_dir: StateDir,
        old: str,
        *,
        clock: Callable[[], float],
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._state_dir = state_dir
        self._old = old
        self._name = f"{JOURNALS}{old}{_SUFFIX}"
        self._clock = clock
        self._step = step
        self._size = 0
        self._check = b""
        self.entries: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self._load()

    @property
    def path(self) -> str:
        return self._state_dir.file(self._name)

    def write(self, stage: str, event: str, **detail: Any) -> None:
        """Add a line, and return when it is on disk. Raises ConfigurationError; then it is not."""
        self._step(f"before {stage} {event}")
        entry = {
            "version": _VERSION,
            "time": format_iso(self._clock()),
            "stage": stage,
            "event": event,
            **self.facts,
            "detail": detail,
        }
        line, check = _sealed(json.dumps(entry).encode(), self._check)
        if self.entries:
            self._state_dir.append(self._name, line, after=self._size)
        else:
            self._state_dir.write(self._name, line)
        self._size, self._check = self._size + len(line), check
        self.entries.append(entry)
        self._step(f"after {stage} {event}")

    def close(self) -> None:
        """The rotation has ended: the journal goes."""
        self._step("before close")
        self._state_dir.remove(self._name)
        self._step("after close")

    def details(self, stage: str, event: str) -> list[dict[str, Any]]:
        """The details of all lines of ``stage`` and ``event``, the first one first."""
        wanted = (stage, event)
        return [line["detail"] for line in self.entries if (line["stage"], line["event"]) == wanted]

    def find(self, stage: str, event: str) -> dict[str, Any] | None:
        """The detail of the last line of ``stage`` and ``event``; None if there is none."""
        found = self.details(stage, event)
        return found[-1] if found else None

    @property
    def grace_end(self) -> float | None:
        """When the grace of the old key ends; None if it is in none."""
        detail = self.find(GRACE, DONE)
        return None if detail is None else float(detail["until"])

    @contextlib.contextmanager
    def lock(self, *, deadline: float = LOCK_DEADLINE) -> Iterator[None]:
        """Held by the process that works on this rotation. The journal is read again inside.

        Raises AwscredsError if another process holds it. That process may work for minutes; the
        ``deadline``, in seconds, is only long enough for one that just reads.
        """
        with self._state_dir.lock(self._name, deadline=deadline):
            self._load()
            yield

    @property
    def is_there(self) -> bool:
        """Whether the file is there: the rotation has begun, and not ended."""
        return self._name in self._state_dir.names(self._name)

    def _load(self) -> None:
        data = self._state_dir.read(self._name)
        if data is None:
            self.entries, self.facts, self._size, self._check = [], {"old": self._old}, 0, b""
            return
        # What follows the last line break is incomplete after a crash; nothing was done after it.
        whole = data[: data.rfind(b"\n") + 1]
        entries: list[dict[str, Any]] = []
        check = b""
        for line in whole.splitlines(keepends=True):
            entry = _entry(line)
            if entry is not None and entry.get("version", _VERSION) != _VERSION:
                raise self._unreadable(
                    "another version of awscreds wrote it",
                    hint="finish the rotation with that version: awscreds rotate --resume",
                )
            sealed, check = _sealed(line[:-_SEAL] + b"}", check)
            if entry is None or sealed != line or not _is_whole(entry):
                raise self._damaged()
            entries.append(entry)
        facts = [_facts_of(entry) for entry in entries]
        if not facts or facts[-1].get("old") != self._old:
            raise self._damaged()
        self.entries, self.facts = entries, facts[-1]
        self._size, self._check = len(whole), check

    def _damaged(self) -> RotationUnfinished:

        return self._unreadable(
            "its content is damaged, or was not written by awscreds",
            hint="compare `awscreds keys list PROFILE` (the keys at AWS) with `awscreds "
            "store show` (the stored keys). When the profile's key works and no other key "
            f"is left, remove the journal: {to_remove(self.path)}",
        )

    def _unreadable(self, why: str, *, hint: str) -> RotationUnfinished:
        return RotationUnfinished(
            f"the journal {self.path} cannot be read: {why}", code="journal-damaged", hint=hint
        )


def _sealed(body: bytes, before: bytes) -> tuple[bytes, bytes]:
    """The line of a JSON object ``body`` after one whose digest was ``before``, and its own."""
    check = digest(before + body)
    return body[:-1] + f', "check": "{check.hex()}"}}\n'.encode(), check


_SEAL = len(_sealed(b"{}", b"")[0]) - 1
"""Bytes that a line has in place of its closing brace."""


def _entry(line: bytes) -> dict[str, Any] | None:
    """What a line says, without its digest; None if it is not a JSON object."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    entry.pop("check", None)
    return entry


def _is_whole(entry: dict[str, Any]) -> bool:
    """Whether a line has what each line has, and the end of a grace period its time."""
    stage, event, detail = (entry.get(name) for name in ("stage", "event", "detail"))
    if not (isinstance(stage, str) and isinstance(event, str) and isinstance(detail, dict)):
        return False
    return (stage, event) != (GRACE, DONE) or isinstance(detail.get("until"), int | float)


def _facts_of(entry: dict[str, Any]) -> dict[str, Any]:
    facts = dict(entry)
    for name in ("version", "time", "stage", "event", "detail"):
        facts.pop(name, None)
    return facts


def unfinished(state_dir: StateDir) -> list[str]:
    """The ids of the old keys of the rotations that have begun and not ended."""
    names = state_dir.names(JOURNALS)
    ids = [name[len(JOURNALS) : -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)]
    # A file with another name is not ours, and its name may be a secret.
    return [key_id for key_id in ids if has_id_form(key_id)]


@contextlib.contextmanager
def no_rotation(
    state_dir: StateDir, profile: str, key_ids: Collection[str], clock: Callable[[], float]
) -> Iterator[None]:
    """Within it, no rotation of the keys of a profile begins.

    Raises RotationUnfinished if one has begun that names the profile or a key, AwscredsError if a
    process works on one.
    """
    with contextlib.ExitStack() as held:
        for key_id in sorted(filter(has_id_form, key_ids)):
            held.enter_context(Journal(state_dir, key_id, clock=clock).lock())
        for old in unfinished(state_dir):
            facts = Journal(state_dir, old, clock=clock).facts
            named = {fact for fact in facts.values() if isinstance(fact, str)}
            if profile in facts.get("profiles", ()) or named & set(key_ids):
                raise RotationUnfinished(
                    f"nothing was changed: the rotation of {old} is unfinished, and it is about "
                    f"the profile {escaped(profile)}",
                    hint="finish it first: awscreds rotate --resume",
                )
        yield


def waiting_for_somebody(state_dir: StateDir, clock: Callable[[], float]) -> list[str]:
    """Those of ``unfinished`` that no process works on, after their grace period if they have one.

    One that cannot be read is among them: ``rotate --resume`` says what to do about it.
    """
    waiting = []
    for old in unfinished(state_dir):
        try:
            journal = Journal(state_dir, old, clock=clock)
            with journal.lock(deadline=0):
                until = journal.grace_end
                if journal.is_there and (until is None or clock() >= until):
                    waiting.append(old)
        except RotationUnfinished:
            waiting.append(old)
        except AwscredsError:
            continue  # somebody has the lock
    return waiting

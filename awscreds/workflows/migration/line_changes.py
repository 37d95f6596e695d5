"""What an edit did to the lines of a file, in a form that holds no secret, and the way back.

The record has the lines that went, with a gap for the ID and for the secret, and the digests of the
lines that came and of those around. So the way back finds the place although other lines of the
file have changed since, and restores each byte. A line with a secret that is not the key's is
never recorded: then there is no exact way back.
"""

from __future__ import annotations

import difflib
import itertools
from dataclasses import asdict, dataclass

from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.keys import SECRET_NAMES, secret_in
from awscreds.model.profile import KEY_ID, SECRET, STATIC
from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from awscreds.model.credentials import AccessKey

    Template = list[str]
    """A line: one text, or the text before the gap, the name of what is in it, and the text after
    it."""

CONTEXT = 3
"""Lines above and below a change by which its place is found again."""
_BEGIN, _END = "^", "$"
_CHANGES_LATER = (POINTER, PROCESS, *STATIC)
"""Settings whose values a rotation, or another installation of ours, changes."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place of a change, at the line number ``at``, from 0.

    ``was`` are the lines that went, ``now`` the digests of those that came, ``above`` and ``below``
    the digests of the lines around.
    """

    at: int
    above: list[str]
    now: list[str]
    below: list[str]
    was: list[Template]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Hunk:
        """From a document. Raises ValueError, TypeError or LookupError if it is none of ours."""
        texts = {name: [str(text) for text in found[name]] for name in ("above", "now", "below")}
        was = [[str(part) for part in line] for line in found["was"]]
        if any(len(line) not in (1, 3) for line in was):
            raise ValueError("not a template")
        return cls(int(found["at"]), texts["above"], texts["now"], texts["below"], was)

    def document(self) -> dict[str, Any]:
        return asdict(self)


def changes(before: bytes, after: bytes, key: AccessKey | None) -> list[Hunk] | None:
    """The changes from ``before`` to ``after``, by which the ``key`` went; None: not recordable."""
    was, now = _lines(_closed(before)), _lines(_closed(after))
    marks = _marks(now)
    hunks = []
    first, last = _ends(was, now)
    matcher = difflib.SequenceMatcher(
        None, was[first : len(was) - last], now[first : len(now) - last], autojunk=True
    )
    for tag, low, high, begin, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        templates = [_template(line, key) for line in was[first + low : first + high]]
        if any(template is None for template in templates):
            return None
        at, to = first + begin, first + end
        hunks.append(
            Hunk(
                at,
                _above(marks, at),
                marks[at:to],
                _below(marks, to),
                [template for template in templates if template],
            )
        )
    return hunks


def _closed(data: bytes) -> bytes:
    """With an ending at the last line: it is the same line if others come below it."""
    if not data or data.endswith((b"\r", b"\n")):
        return data
    first = data.splitlines(keepends=True)[0]
    return data + (first[len(first.rstrip(b"\r\n")) :] or b"\n")


def _ends(was: Sequence[str], now: Sequence[str]) -> tuple[int, int]:
    """How many lines at the beginning and at the end are the same."""
    least = min(len(was), len(now))
    first = next((n for n in range(least) if was[n] != now[n]), least)
    last = next((n for n in range(least - first) if was[-1 - n] != now[-1 - n]), least - first)
    return first, last


def take_back(current: bytes, hunks: Sequence[Hunk], key: AccessKey | None) -> bytes | None:
    """``current`` without the changes, with the ``key`` in the gaps; None: no place was found."""
    lines = _lines(current)
    marks = _marks(lines)
    places = [_place(hunk, marks) for hunk in hunks]
    if any(place is None for place in places):
        return None
    found = sorted(zip([place or 0 for place in places], hunks, strict=True), key=lambda p: p[0])
    for (at, hunk), (following, _) in itertools.pairwise(found):
        if at + len(hunk.now) > following:
            return None
    for at, hunk in reversed(found):
        lines[at : at + len(hunk.now)] = [_filled(line, key) for line in hunk.was]
    return _joined(lines, current)


def _place(hunk: Hunk, marks: Sequence[str]) -> int | None:
    """Where the lines of a hunk are now: where most of the lines around are the same."""
    best, best_score = None, 0 if hunk.now else 1
    size = len(hunk.now)
    for at in range(len(marks) - size + 1):
        if list(marks[at : at + size]) != hunk.now:
            continue
        score = _same(reversed(hunk.above), reversed(_above(marks, at)))
        score += _same(iter(hunk.below), iter(_below(marks, at + size)))
        is_nearer = best is None or abs(at - hunk.at) < abs(best - hunk.at)
        if score > best_score or (score == best_score and is_nearer):
            best, best_score = at, score
    return best


def _same(one: Iterator[str], other: Iterator[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _above(marks: Sequence[str], at: int) -> list[str]:
    return [_BEGIN, *marks][max(0, at + 1 - CONTEXT) : at + 1]


def _below(marks: Sequence[str], at: int) -> list[str]:
    return [*marks, _END][at : at + CONTEXT]


def _lines(data: bytes) -> list[str]:
    # Only bytes are split at CR and LF alone, as the files are.
    return [row.decode(errors="surrogateescape") for row in data.splitlines(keepends=True)]


def _marks(lines: Sequence[str]) -> list[str]:
    return [_mark(line) for line in lines]


def _mark(line: str) -> str:
    """The digest of a line without its ending; of a setting that changes later, without value."""
    text = line.rstrip("\r\n")
    key = _key(text)
    text = key if key in _CHANGES_LATER else text
    return digest(text.encode(errors="surrogateescape")).hex()[:16]


def _key(line: str) -> str:
    return line.replace(":", "=").partition("=")[0].strip().lower()


def _template(line: str, key: AccessKey | None) -> Template | None:
    """A line with gaps; empty if it cannot come back (a token); None if it has another secret."""
    name = _key(line)
    gap = {KEY_ID: key and key.id, SECRET: key and key.secret}.get(name)
    if gap and line.count(gap) == 1:
        above, _, below = line.partition(gap)
        return None if secret_in(above) or secret_in(below) else [above, name, below]
    if name in SECRET_NAMES or name == KEY_ID:
        return None if key and name in (KEY_ID, SECRET) else []
    return None if secret_in(line) else [line]


def _filled(line: Template, key: AccessKey | None) -> str:
    if len(line) == 1:
        return line[0]
    above, name, below = line
    value = "" if key is None else key.id if name == KEY_ID else key.secret
    return above + value + below


def _joined(lines: list[str], before: bytes) -> bytes:
    """The lines as one text. Each has its ending; the last one has one if it had one before."""
    ending = next((line[len(line.rstrip("\r\n")) :] for line in lines if line[-1:] in "\r\n"), "")
    ending = ending or "\n"
    for at, line in enumerate(lines[:-1]):
        if not line.endswith(("\r", "\n")):
            lines[at] = line + ending
    if lines and before:
        is_open = not before.endswith((b"\r", b"\n"))
        if is_open:
            lines[-1] = lines[-1].rstrip("\r\n")
        elif not lines[-1].endswith(("\r", "\n")):
            lines[-1] += ending
    return "".join(lines).encode(errors="surrogateescape")

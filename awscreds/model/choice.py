"""A list to choose one name from: what typing and arrow keys do to it, and how it looks.

Nothing here reads keys or writes to a terminal (`screen` does). A name is shown escaped, so no name
can move the cursor, hide, or look like another line.
"""

from __future__ import annotations

from awscreds.model.text import columns, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST = "up", "down", "page-up", "page-down", "home", "end"
ENTER, LEAVE = "enter", "leave"
ERASE, ERASE_WORD, ERASE_ALL = "erase", "erase-word", "erase-all"

_CURRENT, _OTHER = "> ", "  "
_GAP = "  "
_LEAST_NAME = 16
"""Columns that a name needs. With fewer, details are left out, the first one first."""
_AROUND = 2
"""Lines above and below the names."""


class Choice:
    """The state of a choice among ``names``, which are in the order in which they are offered.

    ``details`` gives the texts to show beside a name; only names on the screen are asked for.
    ``chosen`` is the name once one was chosen, and ``is_over`` is true then, or once it was left.
    """

    def __init__(
        self, title: str, names: Sequence[str], details: Callable[[str], Sequence[str]]
    ) -> None:
        self.title = title
        self._names = names
        self._details = details
        self._folded = [_folded(name) for name in names]
        self._typed = ""
        self._found = list(names)
        self._at = 0
        self._page = 1
        self.chosen: str | None = None
        self.is_over = False

    def press(self, key: str) -> None:
        """Do what ``key`` means: a name of a key above, or the character that it types."""
        moves = {UP: -1, DOWN: 1, PAGE_UP: -self._page, PAGE_DOWN: self._page}
        ends = {FIRST: 0, LAST: len(self._found)}
        if key == LEAVE:
            self.is_over = True
        elif key == ENTER:
            self._choose()
        elif key in moves or key in ends:
            self._move_to(ends[key] if key in ends else self._at + moves[key])
        elif key == ERASE:
            self._narrow(self._typed[:-1])
        elif key == ERASE_WORD:
            self._narrow(self._typed.rstrip().rpartition(" ")[0])
        elif key == ERASE_ALL:
            self._narrow("")
        elif len(key) == 1 and escaped(key) == key:
            self._narrow(self._typed + key)

    def lines(self, width: int, height: int) -> tuple[list[str], int, int]:
        """The lines of a screen, the number of the current one, and the column of the cursor.

        No line is wider than ``width``, and there are at most ``height``.
        """
        room = max(1, height - _AROUND)
        self._page = room
        first = min(max(0, self._at - room // 2), max(0, len(self._found) - room))
        rows = self._rows(self._found[first : first + room], self._at - first, width)
        head = self._head(width)
        every = [head, *rows, self._foot(width)][:height]
        return every, 1 + self._at - first, columns(head)

    def _choose(self) -> None:
        if self._found:
            self.chosen, self.is_over = self._found[self._at], True

    def _move_to(self, at: int) -> None:
        self._at = max(0, min(at, len(self._found) - 1))

    def _narrow(self, typed: str) -> None:
        """Keep the names that contain every word of ``typed``; one that is exactly it comes first.

        Else somebody who types all of a name could get a longer one.
        """
        self._typed, self._at = typed, 0
        words, whole = typed.casefold().split(), typed.strip().casefold()
        found = [
            name
            for name, folded in zip(self._names, self._folded, strict=True)
            if all(word in folded for word in words)
        ]
        self._found = sorted(found, key=lambda name: _rank(name, typed.strip(), whole))

    # -- how it looks ----------------------------------------------------------------------

    def _head(self, width: int) -> str:
        typed = escaped(self._typed)
        while typed and columns(f"{self.title} {typed}") > width - 1:
            typed = typed[1:]
        return shortened(f"{self.title} {typed}", width - 1)

    def _foot(self, width: int) -> str:
        count = f"{len(self._found)} of {len(self._names)}" if self._found else "No name matches"
        for keys in ("Type to narrow. Up, Down. ", "Type to narrow. "):
            line = f"{count}. {keys}Enter: use it. Esc: leave."
            if columns(line) < width:
                return line
        return shortened(count, width - 1)

    def _rows(self, names: Sequence[str], current: int, width: int) -> list[str]:
        details = [[escaped(text) for text in self._details(name)] for name in names]
        widths = [max(map(columns, texts)) for texts in zip(*details, strict=True)]
        shown = [escaped(name) for name in names]
        room = width - 1 - len(_CURRENT)
        while widths and room - sum(widths) - len(_GAP) * len(widths) < _LEAST_NAME:
            del widths[0]
            details = [texts[1:] for texts in details]
        room -= sum(widths) + len(_GAP) * len(widths)
        name_width = min(room, max(map(columns, shown), default=0))
        rows = []
        for at, (name, texts) in enumerate(zip(shown, details, strict=True)):
            cells = [(shortened(name, name_width), name_width), *zip(texts, widths, strict=True)]
            row = _GAP.join(text + " " * (size - columns(text)) for text, size in cells)
            rows.append(((_CURRENT if at == current else _OTHER) + row).rstrip())
        return rows


def shortened(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns: its middle becomes an ellipsis.

    Names of profiles often begin alike, and many end alike.
    """
    if columns(text) <= width:
        return text
    if width < 1:
        return ""
    head = _beginning(text, (width - 1 + 1) // 2)
    tail = _beginning(text[::-1], width - 1 - columns(head))[::-1]
    while tail and not columns(tail[0]):  # it would be drawn on the ellipsis
        tail = tail[1:]
    return f"{head}…{tail}"


def _beginning(text: str, width: int) -> str:
    used = 0
    for at, char in enumerate(text):
        used += columns(char)
        if used > width:
            return text[:at]
    return text


def _folded(name: str) -> str:
    """What words are looked for in: the name, and how it is shown if that is different."""
    shown = escaped(name)
    return name.casefold() if shown == name else f"{name}\n{shown}".casefold()


def _rank(name: str, typed: str, folded: str) -> int:
    if name == typed:
        return 0
    return 1 if name.casefold() == folded else 2

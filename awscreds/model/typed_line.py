"""An answer as it is typed, character by character."""

from __future__ import annotations

from awscreds.model.text import columns, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPE = "\x1b"


class Line:
    """The characters of an answer, as they are typed. ``show`` is called with what is visible."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._chars: list[str] = []
        self._in_sequence = ""

    @property
    def text(self) -> str:
        return "".join(self._chars)

    def type(self, char: str) -> None:
        """Add a character. The sequences of arrow keys and similar ones are ignored."""
        if self._in_sequence or char == _ESCAPE:
            self._in_sequence = self._after(self._in_sequence + char)
            return
        self._chars.append(char)
        self._show(escaped(char))

    def erase(self) -> None:
        """Remove the last character."""
        if self._chars:
            self._show("\b \b" * columns(escaped(self._chars.pop())))

    def erase_word(self) -> None:
        """Remove the last word, and the blanks after it."""
        while self._chars and self._chars[-1] == " ":
            self.erase()
        while self._chars and self._chars[-1] != " ":
            self.erase()

    def erase_all(self) -> None:
        """Remove everything."""
        while self._chars:
            self.erase()

    @staticmethod
    def _after(sequence: str) -> str:
        """The sequence so far; empty at its end (ECMA-48, 5.4: CSI … final byte)."""
        if len(sequence) == 1 or sequence in ("\x1b[", "\x1bO"):
            return sequence
        return sequence if sequence[1] == "[" and not "@" <= sequence[-1] <= "~" else ""

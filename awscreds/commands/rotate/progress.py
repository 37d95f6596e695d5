"""Live progress of many rotations."""

from __future__ import annotations

import os
import sys
import threading
from unicodedata import east_asian_width

from awscreds.model.text import escaped
from awscreds.process import overwrite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

_NARROW = 80
"""Columns of a terminal that does not say how many it has."""


class ProgressLine:
    """How far ``total`` rotations are: a line that changes, on a terminal; a line each, verbosely.

    Threads may use it at once. ``shut`` takes the line away.
    """

    def __init__(self, app: App, total: int) -> None:
        self._app = app
        self._total = total
        self._finished = 0
        self._failed = 0
        self._stopping = ""
        self._alone = threading.RLock()
        self._is_verbose = app.options.verbose
        is_dumb = app.environ.get("TERM") == "dumb"
        self._is_live = sys.stderr.isatty() and not (
            self._is_verbose or app.options.quiet or is_dumb
        )

    def tell(self, name: str, text: str) -> None:
        """One of them has got further."""
        if self._is_verbose:
            self._app.say(f"{name}: {text}")
        with self._alone:
            self._show(f"{name}: {text}")

    def tell_all(self, text: str) -> None:
        """Something is true for all of them."""
        if self._is_verbose:
            self._app.say(text)
        with self._alone:
            self._show(text)

    def finish(self, name: str, status: str, *, is_good: bool) -> None:
        """One of them has come to its end."""
        with self._alone:
            self._finished += 1
            self._failed += not is_good
            self.tell(name, status)

    def stop(self) -> None:
        """All of them have been asked to stop."""
        with self._alone:
            self._stopping = "stopping (Ctrl-C again: stop at once) "
            self._show("waiting until each rotation can be resumed")

    def shut(self) -> None:
        """There is no more to show."""
        with self._alone:
            self._write("")
            self._is_live = False

    def _show(self, text: str) -> None:
        failed = f", {self._failed} failed" if self._failed else ""
        self._write(f"{self._stopping}[{self._finished}/{self._total}{failed}] {text}")

    def _write(self, line: str) -> None:
        if self._is_live:
            overwrite(fitted(escaped(line), _columns() - 1))


def fitted(line: str, width: int) -> str:
    """As much of ``line`` as fits into so many columns of a terminal, and blanks up to there."""
    shown, used = "", 0
    for char in line:
        columns = 2 if east_asian_width(char) in "WF" else 1
        if used + columns > width:
            break
        shown, used = shown + char, used + columns
    return shown + " " * (width - used)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _NARROW
    except OSError:
        return _NARROW

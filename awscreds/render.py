"""What commands put on stdout: text and tables for people, values and documents for programs.

A command returns a ``Result``, and ``show`` prints it: its document under ``--json``, else what
people see. The only user of rich. What is for people is escaped here (``model.text.escaped``), not
by callers.
"""

from __future__ import annotations

import os
import sys

from awscreds.model.records import record
from awscreds.model.text import columns, escaped, wrapped
from awscreds.process import result_lines, with_tilde

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from awscreds.app.dialogue import Dialogue, Options
    from awscreds.errors import AwscredsError

JSON_VERSION = 1
BETWEEN_COLUMNS = 3
WIDE = 100
"""Columns of a terminal from which on a report has a column for its places."""
LONGEST_PLACE = 36
NARROWEST_REPORT = 40
SHORTENED = 24
"""Columns of a terminal to which a name may be shortened before other columns are left out."""
LEGIBLE = 10
"""Characters that a column needs to be readable, if it has words that long."""


@record()
class Table:
    """Rows under the names of their columns. ``whole``: see `print_table`."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    whole: Sequence[str]


@record()
class Listing:
    """A line for each of many things, however narrow the terminal is.

    There the columns in ``unimportant`` are left out, the first of them first, once the column
    ``elastic`` is as short as can be. ``severities`` has one for each row,
    which colours the last cell.
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    elastic: str
    unimportant: Sequence[str]
    severities: Iterable[str | None]


@record()
class ReportRow:
    """Something that was found: how bad, where, what, and what to do; a ``code`` for programs.

    ``label`` is the word before what to do.
    """

    severity: str
    place: str
    text: str
    fix: str
    code: str
    label: str = "Fix"


@record()
class Fact:
    """A title and its text, which is broken at words. A ``severity`` colours the title."""

    title: str
    text: str
    severity: str | None = None


@record()
class Result:
    """What a command has to report. All but the document is for people, and in this order.

    The document can be a function, if it takes long to make and is often not wanted.

    ``done``, ``said``, the ``warnings`` and ``said_after`` go to stderr as messages, the rest to
    stdout: ``data`` as it is, ``values`` one a line for scripts, ``lines``, the ``table``, the
    ``listing``, the ``facts``, the ``report``. An ``error``, which the document holds too, is all
    that people see. If ``is_paged``, a pager shows the values, the table, the listing or the report
    if they are longer than the terminal: so there must be no secret in them.
    """

    document: Mapping[str, object] | Callable[[], Mapping[str, object]]
    done: str | None = None
    said: Sequence[str] = ()
    data: str = ""
    values: Sequence[str] = ()
    lines: Sequence[str] = ()
    warnings: Sequence[Sequence[str]] = ()
    table: Table | None = None
    listing: Listing | None = None
    facts: Sequence[Fact] = ()
    report: Sequence[ReportRow] = ()
    said_after: Sequence[str] = ()
    is_paged: bool = False
    exit_code: int = 0
    error: AwscredsError | None = None


def show(result: Result, options: Options, dialogue: Dialogue) -> None:
    """Print the document of ``result``, or what people see of it. Raises its error, if any."""
    if options.json:
        print_json(result.document() if callable(result.document) else result.document)
    elif result.error:
        raise result.error
    else:
        _show_to_people(result, options, dialogue)


def _show_to_people(result: Result, options: Options, dialogue: Dialogue) -> None:
    if result.done:
        dialogue.done(result.done)
    if result.said:
        dialogue.say(*result.said)
    if result.data:
        print_data(result.data)
    is_paged = result.is_paged and options.pager
    if is_paged:
        dialogue.finish_asking()  # the pager reads keys of the terminal
    if result.values:
        print_values(result.values, is_paged=is_paged)
    if result.lines:
        print_text(*result.lines)
    for warning in result.warnings:
        dialogue.warn(*warning)
    _show_rows(result, options.color, is_paged=is_paged)
    if result.said_after:
        dialogue.say(*result.said_after)


def _show_rows(result: Result, color: bool | None, *, is_paged: bool) -> None:  # noqa: FBT001 - as the options have it
    if result.table:
        print_table(result.table, color=color, is_paged=is_paged)
    if result.listing:
        print_listing(result.listing, color=color, is_paged=is_paged)
    if result.facts:
        print_facts(result.facts, color=color)
    if result.report:
        print_report(result.report, color=color, is_paged=is_paged)


def print_json(document: Mapping[str, object]) -> None:
    """One document on stdout; its ``version`` changes when a key changes its meaning."""
    from awscreds.model.json_text import json_of

    print_data(json_of({"version": JSON_VERSION, **document}) + "\n")


def print_text(*lines: str) -> None:
    """Lines for people on stdout: at a terminal they are broken at words, and the home is ``~``."""
    print_data("".join(f"{part}\n" for line in lines for part in result_lines(line)))


def print_values(values: Sequence[str], *, is_paged: bool = False) -> None:
    """Values that a script reads: as they are in a pipe, escaped on a terminal."""
    if sys.stdout.isatty():
        values = [escaped(value) for value in values]
    _put_rows([f"{value}\n" for value in values], len(values), is_paged=is_paged)


def print_data(text: str) -> None:
    """Exactly ``text``, for a program to read."""
    sys.stdout.write(text)


def _put_rows(pieces: Iterable[str], count: int, *, is_paged: bool) -> None:
    """Print ``count`` lines, in a pager if there should be one."""
    if is_paged and sys.stdout.isatty():
        from awscreds.pager import put

        put(pieces, count)
        return
    for piece in pieces:
        sys.stdout.write(piece)


def print_table(table: Table, *, color: bool | None = None, is_paged: bool = False) -> None:
    """A table on stdout: as wide as its terminal, or as its content in a pipe.

    The columns in ``table.whole`` are never broken: people copy what is in them. If the others get
    too little room, each row is a block of lines.
    """
    from rich.console import Console

    out: TextIO = sys.stdout
    console = Console(
        file=out,
        no_color=True if color is False else None,
        width=None if out.isatty() else 1000,
        highlight=False,
    )
    if not (is_paged and out.isatty()):
        _print_rich(table, console)
        return
    with console.capture() as captured:
        _print_rich(table, console)
    text = captured.get()
    _put_rows([text], text.count("\n"), is_paged=is_paged)


def _print_rich(table: Table, console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    is_for_people = sys.stdout.isatty()
    cells = [[escaped(cell) for cell in row] for row in table.rows]
    if is_for_people and _least_width(table.columns, cells, table.whole) > console.width:
        for row in cells:
            for column, cell in zip(table.columns, row, strict=True):
                console.print(Text(column.ljust(max(map(len, table.columns))) + "  " + cell))
            console.print()
        return
    shown = RichTable(box=SIMPLE_HEAD if is_for_people else None, pad_edge=False, show_edge=False)
    for column in table.columns:
        is_whole = column in table.whole
        shown.add_column(column, overflow="fold", no_wrap=is_whole, header_style="bold")
    for row in cells:
        shown.add_row(*(Text(cell) for cell in row))
    console.print(shown)


def _least_width(
    columns: Sequence[str], cells: Sequence[Sequence[str]], whole: Sequence[str]
) -> int:
    """The width in which a table can be read: whole columns, and a word of each other one."""
    widths = []
    for column, *below in zip(columns, *cells, strict=True):
        texts = [column, *below]
        if column in whole:
            widths.append(max(map(len, texts)))
        else:
            words = [word for text in texts for word in text.split()]
            widths.append(min(LEGIBLE, max(map(len, words), default=0)))
    return sum(widths) + BETWEEN_COLUMNS * (len(widths) - 1)


def print_listing(listing: Listing, *, color: bool | None = None, is_paged: bool = False) -> None:
    """Rows on stdout: at a terminal under their titles, each on one line; in a pipe with tabs.

    At a terminal, columns without any content are left out.
    """
    out: TextIO = sys.stdout
    if not out.isatty():
        print_data(_with_tabs(listing.rows))
        return
    rows = list(listing.rows)
    pieces = _lines_of(listing, rows, is_plain=_is_plain(color))
    _put_rows(pieces, 1 + len(rows), is_paged=is_paged)


def _lines_of(listing: Listing, rows: Sequence[Sequence[str]], *, is_plain: bool) -> Iterator[str]:
    """The titles and the rows, some at a time: the first screen is there before the last row."""
    if not _needs_no_escape("".join(map("".join, rows))):
        rows = [[escaped(cell) for cell in row] for row in rows]
    widths = _widths_in(_terminal_columns(sys.stdout), listing, rows)
    fitted = {at: _Fitted(width) for at, width in widths.items()}
    (titles,) = _listed([listing.columns], fitted)
    yield _styled(titles, _BOLD, is_plain=is_plain) + "\n"
    severities = iter(listing.severities)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        lines = _listed(some, fitted)
        for at, (row, severity) in enumerate(zip(some, severities, strict=False)):
            last = row[max(widths)]
            if severity and last:
                styled = _styled(last, _STYLES[severity], is_plain=is_plain)
                lines[at] = lines[at].removesuffix(last) + styled
        yield "\n".join(lines) + "\n"


def _with_tabs(rows: Iterable[Sequence[str]]) -> str:
    """A line for each row, each cell escaped; nothing for an empty cell is a dash."""
    listed = list(rows)
    text = "\n".join(["\t".join(row) for row in listed])
    tabs = sum(map(len, listed)) - len(listed)
    is_whole = text.count("\t") == tabs and text.count("\n") == len(listed) - 1
    if not is_whole or not _needs_no_escape(text.replace("\t", "").replace("\n", "")):
        lines = ["\t".join(map(escaped, row)) for row in listed]
        text = "\n".join(lines)
    text = f"\n{text}\n"
    for empty in ("\t\t", "\t\t", "\n\t", "\t\n"):
        text = text.replace(empty, f"{empty[0]}{_NOTHING}{empty[1]}")
    return text[1:]


def _needs_no_escape(text: str) -> bool:
    """Whether `escaped` would return ``text``: quick to see for thousands of cells at once."""
    rest = text.replace(ARROW, "")
    return rest.isascii() and rest.isprintable()


ARROW = "←"
"""From a profile to its source. It is never escaped."""

_AT_ONCE = 200
"""Rows that are made at a time."""
_GAP = "  "
_USUAL_COLUMNS = 80
_NOTHING = "-"


def _widths_in(room: int, listing: Listing, rows: Sequence[Sequence[str]]) -> dict[int, int]:
    """The width of each column that is shown, by its number."""
    widths = {}
    for at, (title, *cells) in enumerate(zip(listing.columns, *rows, strict=True)):
        if set(cells) - {"", _NOTHING}:
            widths[at] = max(map(_measure_of(cells), (title, *cells)))
    elastic = listing.columns.index(listing.elastic)
    whole = widths[elastic]
    widths[elastic] = min(whole, SHORTENED)
    for title in listing.unimportant:
        if _line_width(widths) > room:
            widths.pop(listing.columns.index(title), None)
    spare = room - _line_width(widths)
    widths[elastic] = min(whole, max(LEGIBLE, widths[elastic] + spare))
    return widths


def _measure_of(cells: Sequence[str]) -> Callable[[str], int]:
    """What measures these cells: ``len`` if it can, which is ten times faster."""
    return len if "".join(cells).replace(ARROW, "").isascii() else columns


def _terminal_columns(out: TextIO) -> int:
    """As ``shutil`` does it, which loads three compressors. Many a terminal has no size."""
    said = os.environ.get("COLUMNS", "")
    asked = int(said) if said.isdecimal() else 0
    return asked or os.get_terminal_size(out.fileno()).columns or _USUAL_COLUMNS


def _line_width(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _listed(rows: Sequence[Sequence[str]], fitted: Mapping[int, _Fitted]) -> list[str]:
    """The lines of ``rows``, made column by column: most cells of one are the same."""
    cells = [*zip(*rows, strict=True)]
    shown = [map(each.__getitem__, cells[at]) for at, each in fitted.items()]
    return [line.rstrip() for line in map(_GAP.join, zip(*shown, strict=True))]


class _Fitted(dict[str, str]):
    """Texts in exactly so many columns: with an ellipsis if one is longer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width

    def __missing__(self, text: str) -> str:
        self[text] = shown = self._shown(text)
        return shown

    def _shown(self, text: str) -> str:
        width = self._width
        if text.isascii() and len(text) <= width:
            return text.ljust(width)
        taken = columns(text)
        if taken <= width:
            return text + " " * (width - taken)
        while columns(text) >= width:
            text = text[:-1]
        return text + "…" + " " * (width - 1 - columns(text))


def print_facts(facts: Sequence[Fact], *, color: bool | None = None) -> None:
    """Titles and texts on stdout, in a pipe as lines with a tab. No command is ever broken."""
    out: TextIO = sys.stdout
    if not out.isatty():
        print_data("".join(f"{escaped(each.title)}\t{escaped(each.text)}\n" for each in facts))
        return
    is_plain = _is_plain(color)
    first = max(len(each.title) for each in facts) + len(_GAP)
    room = max(_terminal_columns(out), NARROWEST_REPORT) - first
    for each in facts:
        style = _STYLES[each.severity] if each.severity else _BOLD
        title = _styled(each.title, style, is_plain=is_plain) + " " * (first - len(each.title))
        lines = wrapped(with_tilde(escaped(each.text)), room)
        print_data(title + f"\n{' ' * first}".join(lines) + "\n")


_STYLES = {"error": "1;31", "warning": "33", "note": "36"}
_BOLD = "1"


def print_report(
    rows: Sequence[ReportRow], *, color: bool | None = None, is_paged: bool = False
) -> None:
    """A table of findings on stdout, in a pipe as lines with tabs: all of each finding, unbroken.

    On a narrow terminal the place is above the text. A command is never broken: people copy it.
    """
    if not sys.stdout.isatty():
        for row in rows:
            fields = (row.severity, row.code, row.place, row.text, row.fix)
            print_data("\t".join(map(escaped, fields)) + "\n")
        return
    pieces = list(_report_of(rows, is_plain=_is_plain(color)))
    _put_rows(pieces, sum(piece.count("\n") for piece in pieces), is_paged=is_paged)


def _report_of(rows: Sequence[ReportRow], *, is_plain: bool) -> Iterator[str]:
    """Each finding as people see it."""
    width = max(_terminal_columns(sys.stdout), NARROWEST_REPORT)
    places = [with_tilde(escaped(row.place)) for row in rows]
    first = max(map(len, (row.severity for row in rows))) + 2
    second = max(map(columns, places)) + 2
    if width < WIDE or second > LONGEST_PLACE:
        second = 0
    for row, place in zip(rows, places, strict=True):
        room = width - first - second
        body = [
            line
            for text in (row.text, *([f"{row.label}: {row.fix}"] if row.fix else []))
            for line in wrapped(escaped(with_tilde(text)), room)
        ]
        if not second:
            body.insert(0, _styled(place, _BOLD, is_plain=is_plain))
        severity = _styled(row.severity, _STYLES[row.severity], is_plain=is_plain)
        head = severity + " " * (first - len(row.severity))
        if second:
            head += place + " " * (second - columns(place))
        indent = " " * (first + second)
        yield head + f"\n{indent}".join(body) + "\n"


def _is_plain(color: bool | None) -> bool:  # noqa: FBT001 - as the options have it
    return color is False or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def _styled(text: str, style: str, *, is_plain: bool) -> str:
    return text if is_plain else f"\x1b[{style}m{text}\x1b[0m"

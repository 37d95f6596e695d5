"""What people see as tables, and the JSON document beside it. The only user of rich."""

from __future__ import annotations

import json
import sys

from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

JSON_VERSION = 1


def print_json(document: Mapping[str, object]) -> None:
    """One document on stdout; its ``version`` changes when a key changes its meaning."""
    sys.stdout.write(json.dumps({"version": JSON_VERSION, **document}, indent=2) + "\n")


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    color: bool | None = None,
    whole: Sequence[str] = (),
) -> None:
    """A table on stdout: as wide as its terminal, or as its content where it is piped.

    The columns in ``whole`` are never broken: what stands in them is there to be copied.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out: TextIO = sys.stdout
    console = Console(
        file=out,
        no_color=True if color is False else None,
        width=None if out.isatty() else 1000,
        highlight=False,
    )
    table = Table(box=SIMPLE_HEAD if out.isatty() else None, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole, header_style="bold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    console.print(table)

"""The hand-written pages as data: the rows of their tables."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
MAN_PAGE = ROOT / "man" / "awscreds.1"


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, headings left out."""
    found = []
    for line in text.splitlines():
        if re.fullmatch(r"\|[\s:|-]+\|", line):
            found.pop()  # what stands above the rule is the heading
        elif line.startswith("|"):
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def code(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def plain(cell: str) -> str:
    """A cell without Markdown: links keep their words."""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", cell)
    return re.sub(r"\\(.)", r"\1", text.replace("`", "").replace("**", ""))

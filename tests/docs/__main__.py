"""Writes what is generated of the documentation again: ``python -m tests.docs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awscreds.cli import GROUPS, root
from tests.docs import benchmarks_page, commands_page, error_codes, man_page
from tests.docs.pages import MAN_PAGE, REFERENCE, rows
from tests.docs.tree import read

if TYPE_CHECKING:
    from pathlib import Path


COMMANDS, ERRORS = REFERENCE / "commands.md", REFERENCE / "errors.md"
FILES = (COMMANDS, ERRORS, MAN_PAGE)
"""Every generated file."""


def generated() -> dict[Path, str]:
    """Their contents."""
    tree = read(root)
    pages = {
        name: (REFERENCE / f"{name}.md").read_text(encoding="utf-8")
        for name in ("errors", "environment", "exit-codes")
    }
    return {
        COMMANDS: commands_page.render(tree, GROUPS),
        ERRORS: error_codes.render(pages["errors"]),
        MAN_PAGE: man_page.render(
            tree, environment=rows(pages["environment"]), exit_codes=rows(pages["exit-codes"])
        ),
        **benchmarks_page.generated(),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")

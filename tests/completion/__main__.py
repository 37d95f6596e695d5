"""Writes `completions/` anew from the command tree: ``python -m tests.completion``."""

from pathlib import Path

from awscreds.cli import root
from awscreds.completion import FILES, script

FOLDER = Path(__file__).parents[2] / "completions"

if __name__ == "__main__":
    for shell, name in FILES.items():
        (FOLDER / name).write_text(script(shell, root), encoding="utf-8")

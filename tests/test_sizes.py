"""A file is about one thing, and a reader can hold it in mind."""

from pathlib import Path

import awscreds

PACKAGE = Path(awscreds.__file__).parent
MOST_LINES = 450


def test_no_file_of_the_program_is_long():
    sizes = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert len(sizes) > 100
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}

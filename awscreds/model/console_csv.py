"""The CSV in which the IAM console hands out an access key, and lists of several such rows.

The console's own has two columns, ``Access key ID,Secret access key``, and no user; older ones and
those that people make have ``User Name`` as well. Columns may stand in any order and case.
"""

from __future__ import annotations

import csv

from awscreds.errors import UsageProblem
from awscreds.model import keys
from awscreds.model.credentials import AccessKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_USER, _ID, _SECRET = "user name", "access key id", "secret access key"


class Row:
    """One key of the file: its line, and whose it is where the file says so."""

    def __init__(self, line: int, user: str | None, key: AccessKey) -> None:
        self.line = line
        self.user = user
        self.key = key


def read(text: str, source: str) -> Iterator[Row | UsageProblem]:
    """The rows of a file called ``source`` in messages; for a bad one, the error it deserves.

    Raises UsageProblem where it is no such file at all. No message quotes a cell.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    reader = csv.reader(lines, strict=True, skipinitialspace=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if _ID not in header or _SECRET not in header:
            raise UsageProblem(
                f"{source}:1: this is no CSV of access keys: the columns Access key ID and Secret "
                "access key are not both there",
                code="bad-csv",
                hint="download it from the IAM console, or name the columns in the first line",
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(dict(zip(header, cells, strict=False)), reader.line_num, source)
    except csv.Error:
        raise UsageProblem(
            f"{source}:{reader.line_num}: the quotes of this line do not match", code="bad-csv"
        ) from None


def _row(cells: dict[str, str], line: int, source: str) -> Row | UsageProblem:
    try:
        key = AccessKey(
            keys.checked_key_id(cells.get(_ID, "")), keys.checked_secret(cells.get(_SECRET, ""))
        )
    except UsageProblem as problem:
        return UsageProblem(f"{source}:{line}: {problem.message}", code=problem.code)
    return Row(line, cells.get(_USER, "").strip() or None, key)

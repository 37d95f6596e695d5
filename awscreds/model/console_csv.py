"""The CSV with an access key from the IAM console, and lists of several such rows.

The console's file has two columns, ``Access key ID,Secret access key``, and no user. Older files,
and files that people make, also have ``User Name``, and more. Columns may have any order and
spelling (``AccessKeyId``, ``aws_access_key_id``). They are separated by commas, or as spreadsheets
save them: by semicolons or tabs, after a ``sep=`` line, in UTF-8 or UTF-16.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass

from awscreds.errors import UsageError
from awscreds.model import keys, names
from awscreds.model.credentials import AccessKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_USER, _ID, _SECRET = "username", "accesskeyid", "secretaccesskey"
_AWS = "aws"
_DELIMITERS = ",;\t|"
_ROOT = "awssecretkey"
_SEPARATOR_LINE = "sep="
_SAMPLE = 400
"""The bytes that show whether a text without a mark is UTF-16: every other byte of ASCII is 0."""


@dataclass(frozen=True, slots=True)
class Row:
    """One key of the file: its line, and whose it is if the file says so."""

    line: int
    user: str | None
    key: AccessKey


def read(content: str | bytes, source: str) -> list[Row | UsageError]:
    """The rows of a file, called ``source`` in messages. A bad row is an error in its place.

    Raises UsageError if it is not such a file at all. No message quotes a cell.
    """
    text = (_decoded(content) if isinstance(content, bytes) else content).removeprefix("\ufeff")
    lines = io.StringIO(text, newline="").readlines()
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    _refuse_root_file(lines[start:], source, start + 1)
    delimiter = None
    if lines and lines[start].strip().strip('"').lower().startswith(_SEPARATOR_LINE):
        named = lines[start].strip().strip('"')[len(_SEPARATOR_LINE) :][:1] or "\t"
        start += 1
        # Some programs that save the file again keep that line, but use another delimiter.
        delimiter = named if any(named in line for line in lines[start : start + 1]) else None
    try:
        return _read(lines[start:], source, start, delimiter)
    except _Unreadable as problem:
        line, what = problem.args
    # Not inside the except clause: the CSV reader's error would be its context.
    raise UsageError(
        f"{source}:{line}: {what}",
        code="bad-csv",
        hint="download it from the IAM console, or name the columns Access key ID and Secret "
        "access key in the first line",
    )


class _Unreadable(Exception):
    """A line, and what is wrong with it."""


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16, or any 8-bit code page with ASCII in it."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    beginning = data[:_SAMPLE]
    high, low = beginning[::2].count(0), beginning[1::2].count(0)
    if high + low > len(beginning) // 4:
        return data.decode("utf-16-be" if high > low else "utf-16-le", errors="replace")
    # Keys are ASCII. A name that is not is refused, in any code page.
    return data.decode(errors="replace")


def _refuse_root_file(lines: list[str], source: str, first: int) -> None:
    words = "".join("," if c in _DELIMITERS + "=" else c for c in ",".join(lines[:2])).split(",")
    if _ROOT in (word.strip(' \r\n"').lower() for word in words):
        raise UsageError(
            f"{source}:{first}: nothing was imported: this file (rootkey.csv) has {keys.ROOT_KEY}",
            code="root-key-file",
            hint=f"{keys.NO_ROOT_KEY}; to store it anyway: awscreds configure --profile NAME",
        )


def _read(
    lines: list[str], source: str, before: int, delimiter: str | None
) -> list[Row | UsageError]:
    numbered = list(_records(lines, before, delimiter or _delimiter_of(lines)))
    line, header = numbered[0] if numbered else (before + 1, [])
    names = [_folded(cell) for cell in header]
    if _ID not in names or _SECRET not in names:
        raise _Unreadable(
            line,
            "this is not a CSV file of access keys: it needs the columns Access key ID and "
            "Secret access key",
        )
    if any(names.count(name) > 1 for name in (_USER, _ID, _SECRET)):
        raise _Unreadable(line, "one of its columns is there twice")
    return [
        _row(dict(zip(names, cells, strict=False)), number, source)
        for number, cells in numbered[1:]
    ]


def _folded(cell: str) -> str:
    """The name of a column without case, blanks, marks, and the prefix AWS."""
    return "".join(filter(str.isalnum, cell.lower())).removeprefix(_AWS)


def _delimiter_of(lines: list[str]) -> str:
    """The delimiter of the header's columns; a comma if there is none."""
    header = next((line for line in lines if line.strip()), "").lower()
    return max(_DELIMITERS, key=header.count)


def _records(lines: list[str], before: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, each with its first line."""
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    except (TypeError, ValueError):
        raise _Unreadable(before, "there is no delimiter after sep=") from None
    begin = before + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = before + reader.line_num + 1
    except csv.Error:
        raise _Unreadable(begin, "the quotes of this line do not match") from None


def _row(cells: dict[str, str], line: int, source: str) -> Row | UsageError:
    user = cells.get(_USER, "").strip()
    try:
        key = AccessKey(
            keys.checked_key_id(cells.get(_ID, "")), keys.checked_secret(cells.get(_SECRET, ""))
        )
        if user:
            names.checked(user)
    except UsageError as problem:
        return UsageError(f"{source}:{line}: {problem.message}", code=problem.code)
    if key.id.startswith(keys.TEMPORARY_PREFIX):
        return UsageError(
            f"{source}:{line}: this key is temporary and expires, so it cannot be stored",
            code="temporary-credentials",
        )
    if keys.may_be_secret(user) or not user.isascii():
        return UsageError(f"{source}:{line}: the user name is not valid", code="bad-profile-name")
    return Row(line, user or None, key)

"""The text that an edit of an AWS file writes, line by line, and what it refuses to write.

An edited line keeps its indentation, the spelling of its key, the spacing around its delimiter and
its line ending. Rows are lines with their endings; the last row of a block always has one.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini.blocks import KINDS, PROFILE, section_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from awscreds.model.ini.blocks import Block, Entry, SectionKey

NESTED_INDENT = "    "
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""The characters at which ``str.splitlines``, and so botocore, ends a nested line. A line of the
file ends in CR or LF."""


# What can be written


def check_encoding(undecodable: tuple[int, str] | None) -> None:
    """Raise UsageError for a document in UTF-16 or UTF-32. Other bytes are kept."""
    if undecodable and undecodable[1].startswith("UTF"):
        raise UsageError(
            f"the file is {undecodable[1]}, but AWS tools cannot read {undecodable[1]}",
            hint="save it as UTF-8, without BOM",
        )


def check_key(key: str) -> None:
    """Raise UsageError unless ``key`` reads back as itself, plain or nested."""
    if not key or key != key.strip() or _has_controls(key):
        raise UsageError(
            "the name of a setting must not have line breaks, control characters, or "
            "spaces at its beginning or end"
        )
    if key[0] in "#;[" or "=" in key or ":" in key:
        raise UsageError(
            f"{key!r} cannot be the name of a setting: a name must not contain `=` or "
            "`:`, or begin with `#`, `;` or `[`"
        )


def check_value(key: str, value: str) -> None:
    """Raise UsageError, which does not quote it, unless ``value`` reads back as itself."""
    if value != value.strip():
        raise UsageError(
            f"the value for {key} begins or ends with a space, and the space would be lost",
            hint="remove the spaces at its beginning and end",
        )
    if _has_controls(value):
        raise UsageError(
            f"the value for {key} has a line break, a control character, or bytes that "
            "are not UTF-8; the AWS files cannot contain these"
        )


def header_text(section: SectionKey, *, credentials: bool) -> str:
    """What to write between the brackets, so that botocore reads ``section``.

    Raises UsageError if no text does. A name with blanks is put in single quotes, as the AWS CLI
    writes it and looks for it.
    """
    kind, name = section
    if credentials:
        text = name if kind == PROFILE else ""
    elif section == (PROFILE, "default"):
        text = name
    elif kind in KINDS:
        text = f"{kind} {_quoted(name)}"
    else:
        text = kind
    if (
        not text
        or "]" in text
        or _has_controls(text)
        or text != text.strip()
        or name != name.strip()
        or text == "DEFAULT"  # botocore would copy its keys into every section
        or section_key(text, credentials=credentials) != section
    ):
        raise UsageError(
            f"{show(section)} cannot be the header of a section",
            hint="choose a name of letters, digits and _ . @ + / -",
        )
    return text


def show(section: SectionKey) -> str:
    """A section as text for a message."""
    return repr(" ".join(part for part in section if part))


def _quoted(name: str) -> str:
    if not any(char.isspace() or char in "'\"\\" for char in name):
        return name
    if "'" not in name:
        return f"'{name}'"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _has_controls(text: str) -> bool:
    """Whether there is a control character other than tab, a line break, or an undecoded byte."""
    if text.isprintable():
        return False
    return any(
        (char < " " and char != "\t")
        or "\x7f" <= char <= "\x9f"
        or char in "\u2028\u2029"
        or "\ud800" <= char <= "\udfff"
        for char in text
    )


# Keys. Each function returns the new text of a block.


def with_new_key(block: Block, key: str, value: str, sub: str | None, *, next_indent: str) -> str:
    """Put a new key after the last one, in its style."""
    entries, _ = block.read()
    rows = block.rows
    at = _last_content(block)
    model = rows[entries[-1].first] if entries else ""
    # As deep as the last key, it is not part of that key's value. After a line without a key, or if
    # there is none, it must only not swallow the next header.
    indent = _indent(model) if entries and at == entries[-1].last else next_indent
    ending = _ending(rows[at])
    if sub is None:
        new = [_line(indent, key, value, model) + ending]
    else:
        new = [
            _line(indent, key, "", model) + ending,
            _line(indent + NESTED_INDENT, sub, value, "") + ending,
        ]
    rows[at + 1 : at + 1] = new
    return _joined(rows)


def with_text(block: Block, entry: Entry, value: str) -> str:
    """Replace the value of a key, nested or not, by a text."""
    rows = block.rows
    rows[entry.first : entry.last + 1] = [_with_value(rows[entry.first], value)]
    return _joined(rows)


def with_nested(block: Block, entry: Entry, sub: str, value: str) -> str:
    """Set a key in a nested block, which is created if it does not exist."""
    rows = block.rows
    first, last = entry.first, entry.last
    if entry.text and not isinstance(entry.value, dict):
        rows[first : last + 1] = [_with_value(rows[first], "")]
        last = first
    model = ""
    for at in range(last, first, -1):
        segments = _segments(rows[at])
        for number in range(len(segments) - 1, -1, -1):
            name = _nested_key(segments[number])
            if name == sub:
                segments[number] = _with_value(segments[number], value, colon=False)
                rows[at] = "".join(segments)
                return _joined(rows)
            if name is not None:
                model = model or rows[at]
    indent = _indent(model) if model else _indent(rows[first]) + NESTED_INDENT
    ending = _ending(rows[first])
    rows.insert(last + 1, _line(indent, sub, value, model, colon=False) + ending)
    return _joined(rows)


def with_renamed_key(block: Block, key: str, respelled: Callable[[str], str]) -> str:
    """Rename every definition of ``key``. Spacing and value stay."""
    rows = block.rows
    for entry in block.read()[0]:
        if entry.key == key:
            row = rows[entry.first]
            spelled = _parted(row)[0].strip()
            new = respelled(spelled)
            check_key(new)
            rows[entry.first] = row.replace(spelled, new, 1)
    return _joined(rows)


def with_substitutes(
    block: Block, keys: Collection[str], change: Callable[[SectionKey, str, str], str | None]
) -> str:
    """Replace the values of ``keys`` for which ``change`` returns a text."""
    rows = block.rows
    for entry in block.read()[0]:
        if entry.key in keys and entry.first == entry.last:
            value = change(block.key, entry.key, entry.text)
            if value is not None:
                check_value(entry.key, value)
                rows[entry.first] = _with_value(rows[entry.first], value)
    return _joined(rows)


def body(block: Block) -> str:
    """The lines of a block after its header, up to the last one that is not blank or a comment."""
    return _joined(block.rows[1 : _last_content(block) + 1])


def without_key(block: Block, key: str, sub: str | None) -> str:
    """Remove every definition of ``key``, or of ``sub`` in its nested blocks."""
    rows = block.rows
    for entry in block.read()[0]:
        if entry.key == key:
            if sub is None:
                _clear(rows, entry)
            elif isinstance(entry.value, dict):
                _drop_nested(rows, entry, sub)
    return _joined(rows)


def _drop_nested(rows: list[str], entry: Entry, sub: str) -> None:
    lines = range(entry.first + 1, entry.last + 1)
    found = False
    for at in lines:
        row = rows[at]
        segments = _segments(row)
        kept = [segment for segment in segments if _nested_key(segment) != sub]
        if len(kept) < len(segments):
            found = True
            rest = "".join(kept).strip()
            rows[at] = _indent(row) + rest + _ending(row) if rest else ""
    if found and all(_is_blank(rows[at]) or is_comment(rows[at]) for at in lines):
        _clear(rows, entry)


def _clear(rows: list[str], entry: Entry) -> None:
    rows[entry.first : entry.last + 1] = [""] * (entry.last + 1 - entry.first)


# Sections


def without_sections(
    blocks: list[Block], removed: Collection[SectionKey], *, with_comments: bool = False
) -> dict[Block, Block | None]:
    """The blocks that change when sections are removed, each with its new block or None.

    The blank lines and comments before the next section stay. Of two gaps, one stays. With
    ``with_comments`` the comments right above its headers go, too.
    """
    changes: dict[Block, Block | None] = {}
    before = kept = blocks[0]
    left: list[str] = []
    was_removed = False
    for block in blocks[1:]:
        if block.key in removed:
            if with_comments:
                if was_removed:
                    left = _without_comments_at_end(left)
                else:
                    kept = kept.with_raw(_joined(_without_comments_at_end(kept.rows)))
            left += _left_of(block, left[-1] if left else kept.raw, last=block is blocks[-1])
            changes[block] = None
            was_removed = True
            continue
        following = block
        if was_removed:
            changes[before] = kept.with_raw(_joined([kept.raw, *left]))
            # Deeper than the key before it, a header would become part of that key's value.
            if block.indent and len(block.indent) > _open_depth(kept):
                following = changes[block] = block.with_raw(block.raw.lstrip())
        before, kept, left, was_removed = block, following, [], False
    if was_removed:
        text = _joined([kept.raw, *left])
        # The blank line before the removed last section goes with it.
        changes[before] = kept.with_raw(text[: _last_row(text)] if ends_blank(text) else text)
    return changes


def _without_comments_at_end(rows: list[str]) -> list[str]:
    return rows[: len(rows) - len(_comments_at_end(rows))]


def comments_at_end(block: Block) -> list[str]:
    """The comments at the end of a block, which belong to the next header."""
    return _comments_at_end(block.rows)


def _comments_at_end(rows: list[str]) -> list[str]:
    """None if a header is among them: a commented-out section is not about the next one."""
    end = len(rows)
    while end and is_comment(rows[end - 1]):
        end -= 1
    is_section = any(row.lstrip(" \t#;").startswith("[") for row in rows[end:])
    return [] if is_section else rows[end:]


def _left_of(block: Block, before: str, *, last: bool) -> list[str]:
    """What stays of a removed block: the lines that belong to the next one."""
    rows = block.rows
    end = _last_content(block) + 1
    # Comments right below belong to it if a blank line or the end of the file follows them.
    comments = end
    while comments < len(rows) and is_comment(rows[comments]):
        comments += 1
    if last or comments < len(rows):
        end = comments
    if ends_blank(before):
        while end < len(rows) and _is_blank(rows[end]):
            end += 1
    return rows[end:]


def _open_depth(block: Block) -> float:
    """How deep a header after this block may be indented without continuing a value."""
    entries, keyless = block.read()
    if not entries or (keyless and keyless[-1] > entries[-1].last):
        return float("inf")
    return entries[-1].depth


def _last_content(block: Block) -> int:
    """The number of the last line that is neither comment nor blank; at least the header's."""
    entries, keyless = block.read()
    return max([0, *keyless[-1:], *[entry.last for entry in entries[-1:]]])


def ends_blank(raw: str) -> bool:
    """Whether the last line is blank, or there is none."""
    return not raw[_last_row(raw) :].strip()


def ends_in_comment(raw: str) -> bool:
    """Whether the last line is a comment."""
    return is_comment(raw[_last_row(raw) :])


def _last_row(raw: str) -> int:
    """The index at which the last line begins."""
    end = len(raw) - len(_ending(raw))
    return max(raw.rfind("\n", 0, end), raw.rfind("\r", 0, end)) + 1


# Rows


def _line(indent: str, key: str, value: str, model: str, *, colon: bool = True) -> str:
    """A new line, spaced like the line ``model``, or like `k = v` if that is empty."""
    name, delimiter, rest = _parted(model, colon=colon)
    before = after = " "
    if delimiter:
        before = name[len(name.rstrip()) :]
        after = rest[: len(rest) - len(rest.lstrip())] if rest.strip() else before[:1]
        if len(before) > 1:  # the delimiters are aligned
            before = " " * max(1, len(name) - len(indent + key))
        if (before + after).strip(" \t"):
            before = after = " "
    return f"{indent}{key}{before}{delimiter or '='}{after}{value}".rstrip()


def _with_value(row: str, value: str, *, colon: bool = True) -> str:
    ending = _ending(row)
    name, delimiter, rest = _parted(row[: len(row) - len(ending)], colon=colon)
    old = rest.strip()
    if not value:
        return name + delimiter + ending
    if not old:
        return name + delimiter + (rest or name[len(name.rstrip()) :][:1]) + value + ending
    at = rest.index(old)
    return name + delimiter + rest[:at] + value + rest[at + len(old) :] + ending


def _parted(row: str, *, colon: bool = True) -> tuple[str, str, str]:
    name, delimiter, rest = row.partition("=")
    if colon and ":" in name:
        return row.partition(":")
    return name, delimiter, rest


def _segments(row: str) -> list[str]:
    """The nested lines in one line of the file: botocore splits them at more characters."""
    return [row] if is_comment(row) else row.splitlines(keepends=True)


def _nested_key(segment: str) -> str | None:
    name, delimiter, _ = segment.partition("=")
    return name.strip() if delimiter and not is_comment(segment) else None


def _joined(rows: list[str]) -> str:
    """The rows as one text, without those that were emptied."""
    rows = [row for row in rows if row]
    for at in range(1, len(rows)):
        # What was between a CR and a blank line's LF is gone: together they would be one ending.
        if rows[at] == "\n" and rows[at - 1].endswith("\r"):
            rows[at] = "\r"
    return "".join(rows)


def _indent(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]


def _ending(row: str) -> str:
    """The line ending of a row, or of a nested line in it."""
    if row.endswith("\r\n"):
        return "\r\n"
    return row[-1] if row and row[-1] in _BREAKS else ""


def _is_blank(row: str) -> bool:
    return not row.strip()


def is_comment(row: str) -> bool:
    return row.lstrip().startswith(("#", ";"))

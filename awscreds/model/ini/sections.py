"""Edits of whole sections, and of the values that name one: what copying and renaming need."""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini import edit
from awscreds.model.ini.blocks import Block, line_ending
from awscreds.model.ini.document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from awscreds.model.ini.blocks import SectionKey

    Change = Callable[[SectionKey, str, str], str | None]


def substitute(document: Document, keys: Collection[str], change: Change) -> None:
    """Replace values of some keys, in every section and every definition.

    ``change`` gets the section, the key and the text, and returns the new text, or None to leave
    it. A value of several lines stays.
    """
    edit.check_encoding(document.undecodable)
    changes: dict[Block, Block | None] = {}
    for block in document.blocks[1:]:
        raw = edit.with_substitutes(block, keys, change)
        if raw != block.raw:
            changes[block] = block.with_raw(raw)
    document.exchange(changes)


def copy(document: Document, section: SectionKey, new: SectionKey) -> None:
    """Add ``new`` at the end, with the lines of ``section``: all but the comments around it.

    Raises UsageError if ``new`` exists, or if ``section`` has several headers.
    """
    _require_free(document, new)
    lines = [line for _, line, _ in document.spellings(section)]
    if len(lines) != 1:
        raise UsageError(
            f"{edit.show(section)} is there several times (lines {', '.join(map(str, lines))}), "
            "and AWS tools use different ones",
            hint="remove all of them except one, then copy it",
        )
    document.add_section(new)
    [copied] = [block for block in document.blocks[1:] if block.key == section]
    added = document.blocks[-1]
    text, ending = edit.body(copied), line_ending(document.blocks)
    is_closed = added.raw[-1:] in ("\r", "\n")
    raw = added.raw + text if is_closed else (added.raw + ending + text).removesuffix(ending)
    document.exchange({added: added.with_raw(raw)})


def with_added(document: Document, added: Mapping[SectionKey, Mapping[str, str]]) -> Document:
    """A document with new sections at the end, each with its settings, in one pass.

    Raises UsageError if one exists, or could not be read back.
    """
    edit.check_encoding(document.undecodable)
    if not added:
        return document
    ending = line_ending(document.blocks)
    text = document.render().decode(errors="surrogateescape")
    is_open = bool(text) and text[-1] not in "\r\n"
    parts = [text + ending if is_open else text]
    if text and not edit.ends_blank(parts[0]):
        parts.append(ending)
    sections = []
    for section, settings in added.items():
        _require_free(document, section)
        rows = [f"[{edit.header_text(section, credentials=document.credentials)}]"]
        for key, value in settings.items():
            edit.check_key(key)
            edit.check_value(key, value)
            rows.append(f"{key} = {value}")
        sections.append("".join(row + ending for row in rows))
    whole = "".join(parts) + ending.join(sections)
    if is_open:
        whole = whole.removesuffix(ending)
    result = Document.parse(
        whole.encode(errors="surrogateescape"), credentials=document.credentials
    )
    for section, settings in added.items():
        if result.values(section) != settings:
            raise UsageError(f"{edit.show(section)} cannot be written so that it is read back")
    return result


def rename(document: Document, names: Mapping[SectionKey, SectionKey]) -> None:
    """Rename many sections in their places, in one pass: they may exchange their names, too.

    Raises UsageError, and changes nothing, if one is missing, or a new name is taken.
    """
    edit.check_encoding(document.undecodable)
    for section, new in names.items():
        if not document.has(section):
            raise UsageError(f"there is no section {edit.show(section)} to rename")
        if new not in names:
            _require_free(document, new)
    if len(set(names.values())) < len(names):
        raise UsageError("two sections cannot get the same name")
    changes: dict[Block, Block | None] = {}
    for block in document.blocks[1:]:
        if block.key in names:
            new = names[block.key]
            header = edit.header_text(new, credentials=document.credentials)
            opening = block.raw.index("[") + 1
            raw = block.raw[:opening] + header + block.raw[opening + len(block.header or "") :]
            changes[block] = Block(raw, header, new)
    document.exchange(changes)


def _require_free(document: Document, section: SectionKey) -> None:
    """Raise UsageError if some tool would find the section already."""
    for spelled in document.spelled(section):
        raise UsageError(
            f"{edit.show(section)} already exists, at line {document.line_of(spelled)}"
        )


def remove(document: Document, removed: Collection[SectionKey]) -> None:
    """Remove many sections with the comments about them, in one pass."""
    edit.check_encoding(document.undecodable)
    if removed:
        document.exchange(edit.without_sections(document.blocks, removed, with_comments=True))


def comments(document: Document) -> Iterator[tuple[SectionKey, int, str]]:
    """The comments above and inside each section: the section, the line, and its text."""
    before: Block | None = None
    for block in document.blocks:
        if block.header is not None:
            rows = edit.comments_at_end(before) if before else []
            first = document.first_line(block)
            above = [(first - len(rows) + at, row) for at, row in enumerate(rows)]
            inside = [(first + at, row) for at, row in enumerate(block.rows)]
            yield from ((block.key, line, row) for line, row in above)
            yield from ((block.key, line, row) for line, row in inside if edit.is_comment(row))
        before = block


def comments_of(document: Document, section: SectionKey) -> Iterator[tuple[int, str]]:
    """The comments of one section, in any spelling: the line, and its text."""
    spelled = document.spelled(section)
    return ((line, text) for key, line, text in comments(document) if key in spelled)

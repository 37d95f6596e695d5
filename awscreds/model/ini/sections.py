"""Edits of whole sections, and of the values that name one: what copying and renaming need."""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini import edit
from awscreds.model.ini.blocks import line_ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from awscreds.model.ini.blocks import Block, SectionKey
    from awscreds.model.ini.document import Document

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
    if document.has(new):
        raise UsageError(f"{edit.show(new)} already exists, at line {document.line_of(new)}")
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


def comments_of(document: Document, section: SectionKey) -> Iterator[tuple[int, str]]:
    """The comments above and inside a section, in any spelling: the line, and its text."""
    before: Block | None = None
    spelled = document.spelled(section)
    for block in document.blocks:
        if block.key in spelled and block.header is not None:
            rows = edit.comments_at_end(before) if before else []
            first = document.first_line(block)
            yield from ((first - len(rows) + at, row) for at, row in enumerate(rows))
            yield from (
                (first + at, row) for at, row in enumerate(block.rows) if edit.is_comment(row)
            )
        before = block

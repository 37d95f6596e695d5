"""The lines of a document that may mean something else than they do for botocore."""

from __future__ import annotations

from awscreds.model.ini.blocks import Definition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from awscreds.model.ini.blocks import SectionKey
    from awscreds.model.ini.document import Document


def lines_of(
    document: Document, *keys: str, sections: Container[SectionKey] | None = None
) -> Iterator[Definition]:
    """Every line that gives one of some keys a value, also inside another key's value.

    For botocore an indented line is part of the value above it, but it may be meant as a key.
    ``sections`` are those to look at, if not all.
    """
    for number, block in enumerate(document.blocks[1:]):
        if sections is not None and block.key not in sections:
            continue
        text = block.raw.lower()
        if not any(key in text for key in keys):
            continue
        for entry in block.read()[0]:
            for at, key, text in entry.lines():
                if (meant := key or entry.key) in keys:
                    line = document.first_line(block) + at
                    yield Definition(number, block.key, line, meant, text)


def swallowed(document: Document) -> list[tuple[int, str]]:
    """Headers that are indented below a key, and so part of its value: line and text."""
    return [
        (document.first_line(block) + at, text)
        for block in document.blocks[1:]
        if block.raw.count("[") > 1  # else there is only its own header
        for entry in block.read()[0]
        for at, _, text in entry.lines()
        if at != entry.first and text[:1] == "[" and text.rfind("]") > 1
    ]

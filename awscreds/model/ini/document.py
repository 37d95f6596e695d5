"""AWS's config and credentials files as documents that lose nothing.

A file means what botocore reads in it: with ``configparser.RawConfigParser``, and with its own
parsers of headers (``shlex``) and nested blocks. If botocore refuses a file (duplicates, a byte
order mark, lines without a key, invalid UTF-8), this reads on as the other SDKs do: duplicate
sections merge, the last property wins. ``model/problems`` says what is wrong, and on which line.

There is one deliberate difference: ``[DEFAULT]`` is a section like any other. botocore's parser
copies its keys into every section, and no other SDK does.

A document is a list of blocks, each a header line and what follows it up to the next header. An
edit replaces one block, so that no other byte can change. Text is UTF-8 with ``surrogateescape``:
bytes that are not UTF-8 come out as they went in.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini.blocks import (
    BOM,
    PROFILE,
    SERVICES,
    SSO_SESSION,
    Block,
    Definition,
    SectionKey,
    count_lines,
    flush_parts,
    last_spelling,
    line_ending,
    merged,
    read_blocks,
    section_key,
    wide_encoding,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from awscreds.model.ini.blocks import Entry, Value

__all__ = [
    "PROFILE",
    "SERVICES",
    "SSO_SESSION",
    "Definition",
    "Document",
    "SectionKey",
    "scan",
]


_LONG = 1 << 14
"""Characters of a file from which on ``tidy`` is faster, also if it must be loaded first."""


class Document:
    """A config file or, with ``credentials``, a credentials file.

    In a credentials file every section is a profile, named by the literal text of its header, as in
    botocore.
    """

    __slots__ = (
        "_first_lines",
        "_index",
        "_padded",
        "blocks",
        "bom",
        "credentials",
        "edits",
        "undecodable",
    )

    def __init__(self) -> None:
        self.credentials = False
        self.bom = False
        self.undecodable: tuple[int, str] | None = None
        self.blocks: list[Block] = []
        self._index: dict[SectionKey, list[Block]] = {}
        # The sections like `[ default ]`, by the section they would be without their blanks.
        self._padded: dict[SectionKey, list[SectionKey]] = {}
        self._first_lines: dict[int, int] | None = None
        self.edits = 0
        """How often it was changed: what was computed before a change is out of date."""

    @classmethod
    def parse(cls, data: bytes, *, credentials: bool = False) -> Document:
        """Read any bytes. Raises nothing: ``model/problems`` says what is wrong."""
        document = cls()
        document.credentials = credentials
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            text = data.decode(errors="surrogateescape")
            line = count_lines(data[: error.start].decode()) + 1
            document.undecodable = line, "not UTF-8"
        if wide := wide_encoding(data):
            document.undecodable = 1, wide
        document.bom = text.startswith(BOM)
        read = read_blocks
        if len(text) > _LONG:
            from awscreds.model.ini.tidy import read_blocks as read
        for block in read(text.removeprefix(BOM), credentials=credentials):
            document._append(block)
        return document

    def render(self) -> bytes:
        """The file's bytes. Without an edit they are the parsed ones."""
        text = "".join([block.raw for block in self.blocks])
        return ((BOM if self.bom else "") + text).encode(errors="surrogateescape")

    def clone(self) -> Document:
        """An independent copy. Blocks are shared, because they never change."""
        copy = Document()
        copy.credentials = self.credentials
        copy.bom = self.bom
        copy.undecodable = self.undecodable
        copy.blocks = self.blocks.copy()
        copy._index = {key: blocks.copy() for key, blocks in self._index.items()}
        copy._padded = {meant: keys.copy() for meant, keys in self._padded.items()}
        return copy

    # Reading

    def sections(self) -> list[SectionKey]:
        """Every section once, in order of first appearance."""
        return list(dict.fromkeys([block.key for block in self.blocks[1:]]))

    def profiles(self) -> list[str]:
        """The names of the profiles, in order of first appearance."""
        return [name for kind, name in self.sections() if kind == PROFILE and name]

    def has(self, section: SectionKey) -> bool:
        return section in self._index

    def values(self, section: SectionKey) -> Mapping[str, Value]:
        """The values of a section by key in lower case; empty if there is no such section."""
        blocks = self._index.get(section, ())
        return blocks[0].values() if len(blocks) == 1 else merged(last_spelling(blocks))

    def get(self, section: SectionKey, key: str, sub: str | None = None) -> Value | None:
        """The value of a key, or of ``sub`` in its nested block; None if there is none."""
        _, entry = self._find(section, key)
        value = entry.value if entry else None
        if sub is None:
            return value
        return value.get(sub) if isinstance(value, dict) else None

    def line_of(self, section: SectionKey, key: str | None = None) -> int | None:
        """The line, from 1, of the definition that counts; None if there is none."""
        if key is None:
            blocks = self._effective(section)
            return self.first_line(blocks[0]) if blocks else None
        block, entry = self._find(section, key)
        return self.first_line(block) + entry.first if block and entry else None

    def definitions(self, *keys: str) -> Iterator[Definition]:
        """Every definition of some keys in any section, in the file's order.

        Includes those that do not count: in a duplicate section or line, in another spelling.
        """
        for number, block in enumerate(self.blocks[1:]):
            for entry in block.read()[0]:
                if entry.key in keys:
                    line = self.first_line(block) + entry.first
                    yield Definition(number, block.key, line, entry.key, entry.text)

    def spellings(self, section: SectionKey) -> list[tuple[str, int, Mapping[str, Value]]]:
        """Each header of a section in the file's order, with its line and its own values.

        Includes headers with blanks next to the brackets, which SDKs other than botocore take for
        this section.
        """
        found = [block for key in self.spelled(section) for block in self._index[key]]
        found.sort(key=self.first_line)
        return [(block.header or "", self.first_line(block), block.values()) for block in found]

    def spelled(self, section: SectionKey) -> list[SectionKey]:
        """The sections that some tool takes for this one: itself, and those with blanks."""
        return [key for key in (section, *self._padded.get(section, ())) if key in self._index]

    def repeated(self) -> set[SectionKey]:
        """The sections that have several headers."""
        return {key for key, blocks in self._index.items() if len(blocks) > 1}

    def ambiguous(self) -> list[str]:
        """The profiles with several headers, or with one that only some tools recognise."""
        repeated = self.repeated()
        several = [key for key in self._index if key in repeated]
        padded = [meant for meant, keys in self._padded.items() if keys]
        return [name for kind, name in (*several, *padded) if kind == PROFILE and name]

    def first_line(self, block: Block) -> int:
        """The line, from 1, at which a block begins."""
        lines = self._first_lines
        if lines is None:
            lines, line = {}, 1
            for each in self.blocks:
                lines[id(each)] = line
                line += count_lines(each.raw)
            self._first_lines = lines  # only whole: the threads of `rotate --all` read it
        return lines[id(block)]

    # Editing. Every edit raises UsageError, and changes nothing, if botocore and we could not read
    # the result back.

    def set(self, section: SectionKey, key: str, value: str, sub: str | None = None) -> None:
        """Give a key, or ``sub`` in its nested block, a value.

        A missing section is added at the end. A text replaces a whole nested block, and a nested
        key replaces a text. Of duplicates, the one that counts is edited.
        """
        from awscreds.model.ini import edit

        edit.check_key(key)
        if sub is not None:
            edit.check_key(sub)
        edit.check_value(key, value)
        self.add_section(section)
        was_open = self._close()
        block, entry = self._find(section, key)
        block = block or self._effective(section)[-1]
        if entry is None:
            raw = edit.with_new_key(block, key, value, sub, next_indent=self._indent_after(block))
        elif sub is None:
            raw = edit.with_text(block, entry, value)
        else:
            raw = edit.with_nested(block, entry, sub, value)
        self._replace(block, raw)
        self._reopen(was_open)

    def unset(self, section: SectionKey, key: str, sub: str | None = None) -> bool:
        """Remove every definition of a key, or of ``sub``; False if there was none.

        Also removes definitions that another spelling of the section shadows, and a nested block
        with its last key.
        """
        from awscreds.model.ini import edit

        edit.check_encoding(self.undecodable)
        was_open = self._close()
        changes: dict[Block, Block | None] = {}
        for block in self._index.get(section, ()):
            raw = edit.without_key(block, key.lower(), sub)
            if raw != block.raw:
                changes[block] = block.with_raw(raw)
        self.exchange(changes)
        self._reopen(was_open)
        return bool(changes)

    def rename_key(self, section: SectionKey, key: str, respelled: Callable[[str], str]) -> bool:
        """Rename every definition of a key to what ``respelled`` returns for its spelling.

        The rest of the line stays, so that renaming it back restores the bytes. False if there was
        none.
        """
        from awscreds.model.ini import edit

        edit.check_encoding(self.undecodable)
        changes: dict[Block, Block | None] = {}
        for block in self._index.get(section, ()):
            raw = edit.with_renamed_key(block, key.lower(), respelled)
            if raw != block.raw:
                changes[block] = block.with_raw(raw)
        self.exchange(changes)
        return bool(changes)

    def add_section(self, section: SectionKey) -> None:
        """Add an empty section at the end, after one blank line, unless it exists.

        botocore does not recognise a padded header (`[ default ]`), and other SDKs do. It is
        corrected: a second header would be a duplicate for those SDKs.
        """
        from awscreds.model.ini import edit

        edit.check_encoding(self.undecodable)
        if section in self._index:
            return
        header = edit.header_text(section, credentials=self.credentials)
        if padded := self.spelled(section):
            self._respell(padded[-1], header, section)
            return
        was_open = self._close()
        ending = line_ending(self.blocks)
        last = self.blocks[-1]
        if last.raw and not edit.ends_blank(last.raw):
            self._replace(last, last.raw + ending)
        self._append(Block(f"[{header}]{ending}", header, section))
        self._reopen(was_open)

    def remove_section(self, section: SectionKey, *, with_comments: bool = False) -> bool:
        """Remove a section with all its headers; False if there was none.

        The comments right above its headers only go ``with_comments``.
        """
        from awscreds.model.ini import edit

        edit.check_encoding(self.undecodable)
        if section not in self._index:
            return False
        was_open = self._close()
        self.exchange(edit.without_sections(self.blocks, [section], with_comments=with_comments))
        self._reopen(was_open)
        return True

    def is_bare(self, section: SectionKey) -> bool:
        """Whether a section exists and is only its header, without even a comment after it."""
        texts = [block.raw.strip() for block in self._index.get(section, [])]
        return bool(texts) and all(len(t.splitlines()) == 1 and t.endswith("]") for t in texts)

    def has_comment_above(self, section: SectionKey) -> bool:
        """Whether a comment is right above a header of the section."""
        from awscreds.model.ini import edit

        blocks = self._index.get(section, [])
        above = [self.blocks[self.blocks.index(block) - 1] for block in blocks]
        return any(edit.ends_in_comment(block.raw) for block in above)

    def rename_section(self, section: SectionKey, new: SectionKey) -> None:
        """Rename a section in place, its duplicates with it."""
        from awscreds.model.ini import edit

        edit.check_encoding(self.undecodable)
        if section == new:
            return
        if section not in self._index:
            raise UsageError(f"there is no section {edit.show(section)} to rename")
        if new in self._index:
            raise UsageError(
                f"{edit.show(new)} already exists, at line {self.line_of(new)}",
                hint="choose another name, or remove that section first",
            )
        if self._effective(section) != self._index[section] or self.spelled(section)[1:]:
            lines = ", ".join(str(line) for _, line, _ in self.spellings(section))
            raise UsageError(
                f"{edit.show(section)} is written in several ways (lines {lines}), and AWS "
                "tools use different ones",
                hint="remove all of them except one, then rename it",
            )
        self._respell(section, edit.header_text(new, credentials=self.credentials), new)

    # The blocks and their index

    def _append(self, block: Block) -> None:
        self.blocks.append(block)
        self._first_lines = None
        self.edits += 1
        header = block.header
        if header is not None:
            self._index.setdefault(block.key, []).append(block)
            if not block.is_tidy and (header[0].isspace() or header[-1].isspace()):
                meant = section_key(header.strip(), credentials=self.credentials)
                padded = self._padded.setdefault(meant, [])
                if block.key not in (meant, *padded):
                    padded.append(block.key)

    def _replace(self, block: Block, raw: str) -> None:
        new = block.with_raw(raw)
        self.blocks[self.blocks.index(block)] = new
        self._first_lines = None
        self.edits += 1
        if block.header is not None:
            blocks = self._index[block.key]
            blocks[blocks.index(block)] = new

    def exchange(self, changes: dict[Block, Block | None]) -> None:
        """Replace each block by another or by none, all in one pass."""
        self._first_lines = None
        self.edits += 1
        everything = [changes.get(block, block) for block in self.blocks]
        self.blocks = [block for block in everything if block]
        touched = {block.key for pair in changes.items() for block in pair if block}
        for key in touched:
            self._index.pop(key, None)
        for block in self.blocks:
            if block.key in touched and block.header is not None:
                self._index.setdefault(block.key, []).append(block)
        for meant in self._padded:
            self._padded[meant] = [key for key in self._padded[meant] if key in self._index]

    def _respell(self, section: SectionKey, header: str, new: SectionKey) -> None:
        changes: dict[Block, Block | None] = {}
        for block in self._index[section]:
            opening = block.raw.index("[") + 1
            closing = opening + len(block.header or "")
            raw = block.raw[:opening] + header + block.raw[closing:]
            changes[block] = Block(raw, header, new)
        self.exchange(changes)

    def _effective(self, section: SectionKey) -> Sequence[Block]:
        """The blocks that count, see ``last_spelling``."""
        return last_spelling(self._index.get(section, ()))

    def _find(self, section: SectionKey, key: str) -> tuple[Block | None, Entry | None]:
        wanted = key.lower()
        for block in reversed(self._effective(section)):
            for entry in reversed(block.read()[0]):
                if entry.key == wanted:
                    return block, entry
        return None, None

    # The last line, and indentation

    def _close(self) -> bool:
        """End the last line, during an edit. True if it had no line ending."""
        last = self.blocks[-1]
        if not last.raw or last.raw[-1] in "\r\n":
            return False
        self._replace(last, last.raw + line_ending(self.blocks))
        return True

    def _reopen(self, was_open: bool) -> None:  # noqa: FBT001 - what _close returned
        """Take the last line's ending away again, if it had none."""
        last = self.blocks[-1]
        if was_open and last.raw:
            self._replace(last, last.raw[: -len(line_ending(self.blocks))])

    def _indent_after(self, block: Block) -> str:
        """The indentation of the next header. A key before it must be as deep, or swallows it."""
        at = self.blocks.index(block) + 1
        return self.blocks[at].indent if at < len(self.blocks) else ""


def scan(
    data: bytes, section: SectionKey, *, credentials: bool = False
) -> Mapping[str, Value] | None:
    """The values of one section, as ``Document.parse(data).values(section)`` has them.

    None if there is no such section. Reads no other section: a cold `credential-process` does this
    on every start.
    """
    text = data.decode(errors="surrogateescape").removeprefix(BOM)
    name = section[1] or section[0]
    headers = 0
    blocks = []
    for header, raw in flush_parts(text):
        if header is not None:
            headers += 1
            # Quotes and escapes can spell a name differently.
            if name in header or '"' in header or "'" in header or "\\" in header:
                key = section_key(header, credentials=credentials)
                if key == section:
                    blocks.append(Block(raw, header, key))
    if text.count("[") > headers:  # maybe an indented header: only reading all of it can tell
        document = Document.parse(data, credentials=credentials)
        return document.values(section) if document.has(section) else None
    return merged(last_spelling(blocks)) if blocks else None

"""AWS's config and credentials files as documents that lose nothing.

The judge of what a file means is botocore: it reads with ``configparser.RawConfigParser`` and then
parses headers (``shlex``) and nested blocks itself. Where it refuses a file (duplicates, a byte
order mark, lines without a key, invalid UTF-8), this reads on as the other SDKs do: duplicate
sections merge, the last property wins. ``model/problems`` says what and where.

On purpose there is one difference where botocore does parse: ``[DEFAULT]`` is a section like any
other. botocore's parser spreads its keys over every section, no other SDK does.

A document is a list of blocks, each a header line and what follows it up to the next header. An
edit replaces one block, so that all other bytes cannot change. Text is UTF-8 with
``surrogateescape``: bytes that are no UTF-8 come out as they went in.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini.blocks import (
    PROFILE,
    SERVICES,
    SSO_SESSION,
    Block,
    SectionKey,
    count_lines,
    flush_parts,
    last_spelling,
    merged,
    read_blocks,
    section_key,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

BOM = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def is_utf16(data: bytes) -> bool:
    """Whether a file's bytes are UTF-16 (or UTF-32), as some editors and PowerShell's `>` write.

    Without a byte order mark it is told by the first letters, which have a NUL each.
    """
    return data.startswith(_UTF16) or (b"\0" in data[:2] and data[:4].count(b"\0") >= 2)


class Definition:
    """One line that defines a key. ``block`` is the number of its header in the file."""

    __slots__ = ("block", "key", "line", "section", "text")

    def __init__(self, block: int, section: SectionKey, line: int, key: str, text: str) -> None:
        self.block = block
        self.section = section
        self.line = line
        self.key = key
        self.text = text


class Document:
    """A config file or, with ``credentials``, a credentials file.

    There every section is a profile named by the literal text of its header, as in botocore.
    """

    __slots__ = (
        "_first_lines",
        "_index",
        "_padded",
        "blocks",
        "bom",
        "credentials",
        "undecodable",
    )

    def __init__(self) -> None:
        self.credentials = False
        self.bom = False
        self.undecodable: tuple[int, str] | None = None
        self.blocks: list[Block] = []
        self._index: dict[SectionKey, list[Block]] = {}
        # `[ default ]` by the section it would be without its blanks.
        self._padded: dict[SectionKey, SectionKey] = {}
        self._first_lines: dict[int, int] | None = None

    @classmethod
    def parse(cls, data: bytes, *, credentials: bool = False) -> Document:
        """Read any bytes at all. Nothing is raised: see ``model/problems`` for what is wrong."""
        document = cls()
        document.credentials = credentials
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            text = data.decode(errors="surrogateescape")
            line = count_lines(data[: error.start].decode()) + 1
            document.undecodable = line, "not UTF-8"
        if is_utf16(data):
            document.undecodable = 1, "UTF-16"
        document.bom = text.startswith(BOM)
        for block in read_blocks(text.removeprefix(BOM), credentials=credentials):
            document._append(block)
        return document

    def render(self) -> bytes:
        """The file's bytes; those that were parsed, where nothing was edited."""
        text = "".join([block.raw for block in self.blocks])
        return ((BOM if self.bom else "") + text).encode(errors="surrogateescape")

    def clone(self) -> Document:
        """An independent copy. Blocks are shared, since none ever changes."""
        copy = Document()
        copy.credentials = self.credentials
        copy.bom = self.bom
        copy.undecodable = self.undecodable
        for block in self.blocks:
            copy._append(block)
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

    def values(self, section: SectionKey) -> dict[str, Value]:
        """What a section says, by key in lower case; nothing where there is no such section."""
        return merged(self._effective(section))

    def get(self, section: SectionKey, key: str, sub: str | None = None) -> Value | None:
        """The value of a key, or of ``sub`` in its nested block; None where there is none."""
        _, entry = self._find(section, key)
        value = entry.value if entry else None
        if sub is None:
            return value
        return value.get(sub) if isinstance(value, dict) else None

    def line_of(self, section: SectionKey, key: str | None = None) -> int | None:
        """The line, from 1, of the definition that counts; None where there is none."""
        if key is None:
            blocks = self._effective(section)
            return self.first_line(blocks[0]) if blocks else None
        block, entry = self._find(section, key)
        return self.first_line(block) + entry.first if block and entry else None

    def definitions(self, *keys: str) -> Iterator[Definition]:
        """Every definition of some keys in any section, in the file's order.

        Those that do not count are among them: in a duplicate section or line, in another spelling.
        """
        for number, block in enumerate(self.blocks[1:]):
            for entry in block.read()[0]:
                if entry.key in keys:
                    line = self.first_line(block) + entry.first
                    yield Definition(number, block.key, line, entry.key, entry.text)

    def lines_of(self, *keys: str) -> Iterator[Definition]:
        """Every line that gives one of some keys a value, also inside of another key's value.

        What is indented is part of the value above it for botocore; somebody wrote it all the same.
        """
        for number, block in enumerate(self.blocks[1:]):
            for entry in block.read()[0]:
                for at, key, text in entry.lines():
                    if (meant := key or entry.key) in keys:
                        line = self.first_line(block) + at
                        yield Definition(number, block.key, line, meant, text)

    def swallowed(self) -> list[tuple[int, str]]:
        """Headers that are indented below a key, and so a part of its value: line and text."""
        return [
            (self.first_line(block) + at, text)
            for block in self.blocks[1:]
            for entry in block.read()[0]
            for at, _, text in entry.lines()
            if at != entry.first and text[:1] == "[" and text.rfind("]") > 1
        ]

    def spellings(self, section: SectionKey) -> list[tuple[str, int, dict[str, Value]]]:
        """Each header of a section in the file's order, with its line and what it says alone.

        Those with blanks next to the brackets are among them, which only other SDKs than botocore
        take for this section.
        """
        keys = {section, self._padded.get(section)}
        return [
            (block.header or "", self.first_line(block), block.values())
            for key in keys
            if key
            for block in self._index.get(key, ())
        ]

    def ambiguous(self) -> list[str]:
        """The profiles that have several headers, or one that only some tools take for theirs."""
        several = [key for key, blocks in self._index.items() if len(blocks) > 1]
        return [name for kind, name in (*several, *self._padded) if kind == PROFILE and name]

    def first_line(self, block: Block) -> int:
        """The line, from 1, at which a block begins."""
        if self._first_lines is None:
            self._first_lines = {}
            line = 1
            for each in self.blocks:
                self._first_lines[id(each)] = line
                line += count_lines(each.raw)
        return self._first_lines[id(block)]

    # Editing. Every edit raises UsageError, with nothing changed, where what is asked for could
    # not be read back by botocore and by us.

    def set(self, section: SectionKey, key: str, value: str, sub: str | None = None) -> None:
        """Give a key, or ``sub`` in its nested block, a value.

        A missing section is added at the end. A text set over a nested block replaces it wholly,
        and so does a nested key set over a text. Of duplicates, the one that counts is edited.
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
        """Remove every definition of a key, or of ``sub``; False where there was none.

        Definitions that another spelling of the section shadows go too. A nested block that is
        left with no key goes with its last one.
        """
        from awscreds.model.ini import edit

        self._check_editable()
        was_open = self._close()
        changes: dict[Block, Block | None] = {}
        for block in self._index.get(section, ()):
            raw = edit.without_key(block, key.lower(), sub)
            if raw != block.raw:
                changes[block] = block.with_raw(raw)
        self._exchange(changes)
        self._reopen(was_open)
        return bool(changes)

    def rename_key(self, section: SectionKey, key: str, respelled: Callable[[str], str]) -> bool:
        """Give every definition of a key the name that ``respelled`` makes of its spelling.

        All else of the line stays, so that renaming it back restores the bytes. False where there
        was none.
        """
        from awscreds.model.ini import edit

        self._check_editable()
        changes: dict[Block, Block | None] = {}
        for block in self._index.get(section, ()):
            raw = edit.with_renamed_key(block, key.lower(), respelled)
            if raw != block.raw:
                changes[block] = block.with_raw(raw)
        self._exchange(changes)
        return bool(changes)

    def add_section(self, section: SectionKey) -> None:
        """Add an empty section at the end, set off by one blank line; nothing where it is there.

        A padded header (`[ default ]`) is one that botocore does not know and other SDKs do. It is
        mended rather than joined by a second, which those would read as a duplicate.
        """
        from awscreds.model.ini import edit

        self._check_editable()
        if section in self._index:
            return
        header = edit.header_text(section, credentials=self.credentials)
        padded = self._padded.get(section)
        if padded is not None:
            self._respell(padded, header, section)
            return
        was_open = self._close()
        ending = self._ending()
        last = self.blocks[-1]
        if last.raw and not edit.ends_blank(last.raw):
            self._replace(last, last.raw + ending)
        self._append(Block(f"[{header}]{ending}", header, section))
        self._reopen(was_open)

    def remove_section(self, section: SectionKey) -> bool:
        """Remove a section in every spelling; False where there was none.

        Comments that stand right above a header lead it for a reader, yet they stay: they are the
        user's words, and not asked for.
        """
        from awscreds.model.ini import edit

        self._check_editable()
        if section not in self._index:
            return False
        was_open = self._close()
        self._exchange(edit.without_section(self.blocks, section))
        self._reopen(was_open)
        return True

    def is_bare(self, section: SectionKey) -> bool:
        """Whether a section is there and holds nothing, not even a comment behind its header."""
        blocks = self._index.get(section, [])
        return bool(blocks) and all(
            len(block.raw.strip().splitlines()) == 1 and block.raw.rstrip().endswith("]")
            for block in blocks
        )

    def has_comment_above(self, section: SectionKey) -> bool:
        """Whether a comment is right above a header of the section, and so speaks of it."""
        from awscreds.model.ini import edit

        blocks = self._index.get(section, [])
        above = [self.blocks[self.blocks.index(block) - 1] for block in blocks]
        return any(edit.ends_in_comment(block.raw) for block in above)

    def rename_section(self, section: SectionKey, new: SectionKey) -> None:
        """Rename a section in place, its duplicates with it."""
        from awscreds.model.ini import edit

        self._check_editable()
        if section == new:
            return
        if section not in self._index:
            raise UsageError(f"there is no section {edit.show(section)} to rename")
        if new in self._index:
            raise UsageError(
                f"{edit.show(new)} exists already, at line {self.line_of(new)}",
                hint="choose another name, or remove that section first",
            )
        if self._effective(section) != self._index[section]:
            lines = ", ".join(str(self.first_line(block)) for block in self._index[section])
            raise UsageError(
                f"{edit.show(section)} has several spellings (lines {lines}), and AWS's "
                "tools use different ones",
                hint="remove all of them except one, then rename it",
            )
        self._respell(section, edit.header_text(new, credentials=self.credentials), new)

    # The blocks and their index

    def _append(self, block: Block) -> None:
        self.blocks.append(block)
        self._first_lines = None
        header = block.header
        if header is not None:
            self._index.setdefault(block.key, []).append(block)
            if header[0].isspace() or header[-1].isspace():
                meant = section_key(header.strip(), credentials=self.credentials)
                if meant != block.key:
                    self._padded[meant] = block.key

    def _replace(self, block: Block, raw: str) -> None:
        new = block.with_raw(raw)
        self.blocks[self.blocks.index(block)] = new
        self._first_lines = None
        if block.header is not None:
            blocks = self._index[block.key]
            blocks[blocks.index(block)] = new

    def _exchange(self, changes: dict[Block, Block | None]) -> None:
        """Put another block, or none, in the place of each; one pass, however many there are."""
        self._first_lines = None
        everything = [changes.get(block, block) for block in self.blocks]
        self.blocks = [block for block in everything if block]
        touched = {block.key for pair in changes.items() for block in pair if block}
        for key in touched:
            self._index.pop(key, None)
        for block in self.blocks:
            if block.key in touched and block.header is not None:
                self._index.setdefault(block.key, []).append(block)
        for meant, key in list(self._padded.items()):
            if key not in self._index:
                del self._padded[meant]

    def _respell(self, section: SectionKey, header: str, new: SectionKey) -> None:
        changes: dict[Block, Block | None] = {}
        for block in self._index[section]:
            opening = block.raw.index("[") + 1
            closing = opening + len(block.header or "")
            raw = block.raw[:opening] + header + block.raw[closing:]
            changes[block] = Block(raw, header, new)
        self._exchange(changes)

    def _effective(self, section: SectionKey) -> list[Block]:
        """The blocks that count: those of the spelling that first appears last."""
        return last_spelling(self._index.get(section, []))

    def _find(self, section: SectionKey, key: str) -> tuple[Block | None, Entry | None]:
        wanted = key.lower()
        for block in reversed(self._effective(section)):
            for entry in reversed(block.read()[0]):
                if entry.key == wanted:
                    return block, entry
        return None, None

    # Line endings and indentation

    def _check_editable(self) -> None:
        if self.undecodable and self.undecodable[1] == "UTF-16":
            raise UsageError(
                "the file is UTF-16, which no AWS tool reads", hint="save it as UTF-8, without BOM"
            )

    def _ending(self) -> str:
        """The line ending to write: that of the last line that has one."""
        for block in reversed(self.blocks):
            at = max(block.raw.rfind("\n"), block.raw.rfind("\r"))
            if at >= 0:
                return "\r\n" if block.raw[at - 1 : at + 1] == "\r\n" else block.raw[at]
        return "\n"

    def _close(self) -> bool:
        """End the last line, for the time of an edit. True where it had no ending."""
        last = self.blocks[-1]
        if not last.raw or last.raw[-1] in "\r\n":
            return False
        self._replace(last, last.raw + self._ending())
        return True

    def _reopen(self, was_open: bool) -> None:  # noqa: FBT001 - what _close returned
        """A file whose last line had no ending stays one."""
        last = self.blocks[-1]
        if was_open and last.raw:
            self._replace(last, last.raw[: -len(self._ending())])

    def _indent_after(self, block: Block) -> str:
        """The indentation of the next header: a key before it must be as deep, or swallows it."""
        at = self.blocks.index(block) + 1
        return self.blocks[at].indent if at < len(self.blocks) else ""


def scan(data: bytes, section: SectionKey, *, credentials: bool = False) -> dict[str, Value] | None:
    """The values of one section, as ``Document.parse(data).values(section)`` has them.

    None where there is no such section. Reads no other section: `credential-process` does this on
    every start.
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
    if text.count("[") > headers:  # perhaps an indented header: only reading all can tell
        document = Document.parse(data, credentials=credentials)
        return document.values(section) if document.has(section) else None
    return merged(last_spelling(blocks)) if blocks else None

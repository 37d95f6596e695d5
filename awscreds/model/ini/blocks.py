"""How AWS's files are read: blocks of lines, their headers, their keys.

The rules are those of ``configparser.RawConfigParser`` and ``botocore.configloader``. The reader is
our own, because theirs keeps no positions, refuses many files, and is slow to import.
"""

from __future__ import annotations

from io import StringIO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROFILE = "profile"
SSO_SESSION = "sso-session"
SERVICES = "services"

SectionKey = tuple[str, str]
"""``("profile", "dev")``, ``("sso-session", "x")``, ``("services", "x")``. Any other section is
``(header text, "")``, like ``("plugins", "")``."""

Value = str | dict[str, str]
"""What a key holds: a text, or the keys of its nested block."""

_WORD_ENDS = " \t\r\n"  # fewer than str.split knows
KINDS = (PROFILE, SSO_SESSION, SERVICES)


BOM = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")


def wide_encoding(data: bytes) -> str | None:
    """``UTF-16`` or ``UTF-32``, as some editors and PowerShell's `>` write it; else None.

    Without a byte order mark, the first letters tell: each of them has a NUL, or three.
    """
    nuls = data[:4].count(b"\0")
    if data.startswith(_UTF32) or nuls == 3:
        return "UTF-32"
    return "UTF-16" if data.startswith(_UTF16) or (b"\0" in data[:2] and nuls >= 2) else None


class Entry:
    """One key of a block: its lines in the block, from the key to the last line of its value."""

    __slots__ = ("_at", "_head", "_more", "depth", "first", "key", "last")

    def __init__(self, key: str, first: int, depth: int, head: str) -> None:
        self.key = key
        self.first = self.last = first
        self.depth = depth
        self._head = head
        self._more: list[str] | None = None
        self._at: list[int] = []

    def go_on(self, number: int, text: str, blanks: int) -> None:
        """Add a line that continues the value, after so many blank lines."""
        if self._more is None:
            self._more = [self._head]
        self._more += [""] * blanks
        self._more.append(text)
        self._at.append(number)
        self.last = number

    @property
    def text(self) -> str:
        """The value as in configparser: a nested block begins with a line break."""
        return self._head if self._more is None else "\n".join(self._more)

    @property
    def is_nested(self) -> bool:
        """Whether the value begins below the key, as that of a nested block does."""
        return self._more is not None and not self._head

    def lines(self) -> Iterator[tuple[int, str, str]]:
        """Each line of the value that is not blank: its number, its key if it may be one, its text.

        A line that was indented by mistake is part of the value above it for some tools, and a key
        of its own for others.
        """
        yield self.first, self.key, self._head
        for number, line in zip(self._at, filter(None, (self._more or [])[1:]), strict=True):
            key, value = _key_and_value(line)
            yield number, key, value if key else line

    @property
    def value(self) -> Value:
        if not self.is_nested:
            return self.text
        nested = {}
        for line in self.text.splitlines():  # splits at more than line ends
            key, delimiter, value = line.partition("=")
            if delimiter:
                nested[key.strip()] = value.strip()
        return nested


class Block:
    """A header line and everything up to the next header. It never changes, it is only replaced.

    The first block of a document has no header: it is everything before the first header.
    ``is_tidy`` is for those that ``tidy`` finds, until ``values`` sees a key twice.
    """

    __slots__ = ("_values", "header", "is_tidy", "key", "raw")

    def __init__(
        self, raw: str, header: str | None, key: SectionKey, *, is_tidy: bool = False
    ) -> None:
        self.raw = raw
        self.header = header
        self.key = key
        self.is_tidy = is_tidy
        self._values: Mapping[str, Value] | None = None

    def with_raw(self, raw: str) -> Block:
        return Block(raw, self.header, self.key)

    @property
    def rows(self) -> list[str]:
        """The lines as they are in the file, each with its line ending."""
        return list(StringIO(self.raw, newline=""))

    @property
    def indent(self) -> str:
        """The blanks before the header on its line."""
        return self.raw[: len(self.raw) - len(self.raw.lstrip())]

    def values(self) -> Mapping[str, Value]:
        """The value of each key, by its last definition. `read` has the lines."""
        if self._values is None:
            self._values = self._of_tidy() if self.is_tidy else self._of_any()
        return self._values

    def _of_tidy(self) -> Mapping[str, Value]:
        raw = self.raw if "\r" not in self.raw else self.raw.replace("\r", "")
        rows = raw.rstrip("\n").split("\n")
        del rows[0]
        values = dict([row.split(" = ", 1) for row in rows])
        if len(values) != len(rows):  # a key is there twice
            self.is_tidy = False
        return values

    def _of_any(self) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for line in _lines(self.raw)[1:]:
            if not line or line[0] in "#;":
                continue
            if line[0].isspace():  # it may continue a value: only `read` can tell
                return {entry.key: entry.value for entry in self.read()[0]}
            key, value = _key_and_value(line)
            if key:
                values[key] = value
        return values

    def read(self) -> tuple[list[Entry], list[int]]:
        """The entries, and the numbers of the lines that are neither key, value nor comment."""
        lines = enumerate(_lines(self.raw))
        inside = self.header is not None
        if inside:
            next(lines)
        entries, keyless, _ = _read_lines(lines, inside=inside)
        return entries, keyless


class Definition:
    """One line that defines a key. ``block`` is the number of its header in the file."""

    __slots__ = ("block", "key", "line", "section", "text")

    def __init__(self, block: int, section: SectionKey, line: int, key: str, text: str) -> None:
        self.block = block
        self.section = section
        self.line = line
        self.key = key
        self.text = text


def last_spelling(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks of a section that count: in botocore, `[profile "a"]` replaces `[profile a]`.

    The spelling that appears last for the first time counts. Blocks with the same spelling merge.
    """
    if len(blocks) < 2:
        return blocks
    last = list(dict.fromkeys([block.header for block in blocks]))[-1]
    return [block for block in blocks if block.header == last]


def merged(blocks: Sequence[Block]) -> Mapping[str, Value]:
    """The values of blocks that make one section: the last definition of a key counts."""
    values: dict[str, Value] = {}
    for block in blocks:
        values |= block.values()
    return values


def read_blocks(text: str, *, credentials: bool) -> list[Block]:
    """Split a text into its blocks. The first one has no header, and may be empty."""
    blocks: list[Block] = []
    for header, raw in flush_parts(text):
        if raw.find("[", 0 if header is None else 1) < 0:  # then it has no indented header
            blocks.append(Block(raw, header, section_key(header, credentials=credentials)))
        else:
            blocks += _parted(raw, header, credentials=credentials)
    return blocks


def flush_parts(text: str) -> Iterator[tuple[str | None, str]]:
    """Split a text at the headers at its left edge: the text of each, and everything to the next.

    These are always headers. An indented one may be part of a value.
    """
    header: str | None = None
    start = 0
    for at, following in _flush_headers(text):
        yield header, text[start:at]
        header, start = following, at
    yield header, text[start:]


def _flush_headers(text: str) -> Iterator[tuple[int, str]]:
    if text.count("\r") > text.count("\r\n"):
        at = 0
        for row in StringIO(text, newline=""):
            if row[0] == "[" and row.rfind("]") > 1:
                yield at, row[1 : row.rfind("]")]
            at += len(row)
        return
    text = "\n" + text  # so that `at` is the index of the bracket in the original text
    at = text.find("\n[")
    while at >= 0:
        end = text.find("\n", at + 1)
        close = text.rfind("]", at + 3, len(text) if end < 0 else end)
        if close >= 0:
            yield at, text[at + 2 : close]
        at = text.find("\n[", end) if end >= 0 else -1


def _parted(raw: str, header: str | None, *, credentials: bool) -> Iterator[Block]:
    """Split a block with brackets below its header at the indented headers in it."""
    rows = list(StringIO(raw, newline=""))
    lines = _lines(raw)
    numbered = enumerate(lines)
    if header is not None:
        next(numbered)
    start: int | None = 0
    while start is not None:
        _, _, end = _read_lines(numbered, inside=header is not None)
        key = section_key(header, credentials=credentials)
        yield Block("".join(rows[start:end]), header, key)
        if end is not None:
            line = lines[end].strip()
            header = line[1 : line.rfind("]")]
        start = end


def _read_lines(
    lines: Iterator[tuple[int, str]], *, inside: bool
) -> tuple[list[Entry], list[int], int | None]:
    """Read up to the next header: entries, lines without a key, and that header's number.

    The rules are those of ``RawConfigParser._read``. Outside of sections there are no keys.
    """
    entries: list[Entry] = []
    keyless: list[int] = []
    entry: Entry | None = None
    blanks = 0
    for number, line in lines:
        text = line.strip()
        if not text:
            blanks += 1
            continue
        lead = text[0]
        if lead in "#;":
            continue
        depth = 0
        if line[0] != lead:
            depth = len(line) - len(line.lstrip())
            if entry is not None and depth > entry.depth:
                entry.go_on(number, text, blanks)
                blanks = 0
                continue
        if lead == "[" and text.rfind("]") > 1:
            return entries, keyless, number
        entry = None
        if inside:
            key, value = _key_and_value(text)
            if key:
                entry = Entry(key, number, depth, value)
                entries.append(entry)
                blanks = 0
                continue
        keyless.append(number)
    return entries, keyless, None


def _key_and_value(line: str) -> tuple[str, str]:
    """Split at the first delimiter of either kind. Without one there is no key."""
    key, delimiter, value = line.partition("=")
    if ":" in key:
        key, delimiter, value = line.partition(":")
    return (key.rstrip().lower(), value.strip()) if delimiter else ("", "")


def section_key(header: str | None, *, credentials: bool = False) -> SectionKey:
    """The section of a header text, as botocore's ``build_profile_map`` decides.

    Only the beginning counts there, so `[profilefoo bar]` is the profile `bar`. A header that is
    not two words is dropped there. Here it is a section of that text, like any unknown one.
    """
    if header is None:
        return "", ""
    if credentials or header == "default":
        return PROFILE, header
    for kind in KINDS:
        if header.startswith(kind):
            try:
                words = split_words(header)
            except ValueError:
                break
            return (kind, words[1]) if len(words) == 2 and words[1] else (header, "")
    return header, ""


def split_words(text: str) -> list[str]:
    """The same as ``shlex.split``, which is slow to import. Raises ValueError as that does."""
    if text.isprintable() and not ('"' in text or "'" in text or "\\" in text):
        return text.split()
    words = []
    at = 0
    while at < len(text):
        if text[at] in _WORD_ENDS:
            at += 1
        else:
            word, at = _word(text, at)
            words.append(word)
    return words


def _word(text: str, at: int) -> tuple[str, int]:
    """The word that begins at ``at``, and where it ends."""
    word: list[str] = []
    while at < len(text) and text[at] not in _WORD_ENDS:
        char = text[at]
        at += 1
        if char == "'":
            end = text.index("'", at)
            word.append(text[at:end])
            at = end + 1
        elif char == '"':
            at = _quoted(text, at, word)
        elif char == "\\":
            if at == len(text):
                raise ValueError("no escaped character")
            word.append(text[at])
            at += 1
        else:
            word.append(char)
    return "".join(word), at


def _quoted(text: str, at: int, word: list[str]) -> int:
    """Add what is in double quotes from ``at`` on. Returns the index after the closing quote."""
    while text[at : at + 1] != '"':
        # A backslash escapes only these two here, and is itself otherwise.
        if text[at : at + 1] == "\\" and text[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        if at >= len(text):
            raise ValueError("no closing quotation")
        word.append(text[at])
        at += 1
    return at + 1


def line_ending(blocks: list[Block]) -> str:
    """The line ending to write: the one of the last line that has one."""
    for block in reversed(blocks):
        at = max(block.raw.rfind("\n"), block.raw.rfind("\r"))
        if at >= 0:
            return "\r\n" if block.raw[at - 1 : at + 1] == "\r\n" else block.raw[at]
    return "\n"


def count_lines(raw: str) -> int:
    """How many lines end in ``raw``."""
    return raw.count("\n") + raw.count("\r") - raw.count("\r\n")


def _lines(raw: str) -> list[str]:
    """The lines as Python's text mode splits them: only at LF, CRLF and CR."""
    if "\r" in raw:
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
    return raw.split("\n")

"""How AWS's files are read: blocks of lines, their headers, their keys.

The rules are those of ``configparser.RawConfigParser`` and ``botocore.configloader``; the reading
is our own because theirs keeps no positions, refuses much, and is slow to import.
"""

from __future__ import annotations

from io import StringIO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROFILE = "profile"
SSO_SESSION = "sso-session"
SERVICES = "services"

SectionKey = tuple[str, str]
"""``("profile", "dev")``, ``("sso-session", "x")``, ``("services", "x")``; any other section is
``(header text, "")``, ``("plugins", "")``."""

Value = str | dict[str, str]
"""What a key holds: a text, or the keys of its nested block."""

_WORD_ENDS = " \t\r\n"  # fewer than str.split knows
KINDS = (PROFILE, SSO_SESSION, SERVICES)


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
        """Take in a line that continues the value, after so many blank ones."""
        if self._more is None:
            self._more = [self._head]
        self._more += [""] * blanks
        self._more.append(text)
        self._at.append(number)
        self.last = number

    @property
    def text(self) -> str:
        """The value as configparser has it: that of a nested block begins with a line break."""
        return self._head if self._more is None else "\n".join(self._more)

    def lines(self) -> Iterator[tuple[int, str, str]]:
        """Each line of the value but blank ones: its number, the key it may be meant for, its text.

        A line that was indented by mistake is part of the value above it for some tools, and a key
        of its own for others.
        """
        yield self.first, self.key, self._head
        for number, line in zip(self._at, filter(None, (self._more or [])[1:]), strict=True):
            key, value = _key_and_value(line)
            yield number, key, value if key else line

    @property
    def value(self) -> Value:
        if self._more is None or self._head:
            return self.text
        nested = {}
        for line in self.text.splitlines():  # at more characters than lines of a file end in
            key, delimiter, value = line.partition("=")
            if delimiter:
                nested[key.strip()] = value.strip()
        return nested


class Block:
    """A header line and all that follows up to the next header. Never changed, only replaced.

    The first block of a document has no header: it is what stands before the first one.
    """

    __slots__ = ("header", "key", "raw")

    def __init__(self, raw: str, header: str | None, key: SectionKey) -> None:
        self.raw = raw
        self.header = header
        self.key = key

    def with_raw(self, raw: str) -> Block:
        return Block(raw, self.header, self.key)

    @property
    def rows(self) -> list[str]:
        """The lines as they are in the file, each with its line ending."""
        return list(StringIO(self.raw, newline=""))

    @property
    def indent(self) -> str:
        """What stands before the header on its line."""
        return self.raw[: len(self.raw) - len(self.raw.lstrip())]

    def values(self) -> dict[str, Value]:
        """What each key is, by its last definition; see `read` for where it stands."""
        values: dict[str, Value] = {}
        for line in _lines(self.raw)[1:]:
            if not line or line[0] in "#;":
                continue
            if line[0].isspace():  # it may continue a value, which takes a closer reading
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


def last_spelling(blocks: list[Block]) -> list[Block]:
    """The blocks of a section that count: botocore lets `[profile "a"]` replace `[profile a]`.

    It goes by where a spelling first appears; blocks spelled alike merge.
    """
    if len(blocks) < 2:
        return blocks
    last = list(dict.fromkeys([block.header for block in blocks]))[-1]
    return [block for block in blocks if block.header == last]


def merged(blocks: list[Block]) -> dict[str, Value]:
    """The values of blocks that make one section: the last definition of a key counts."""
    values: dict[str, Value] = {}
    for block in blocks:
        values |= block.values()
    return values


def read_blocks(text: str, *, credentials: bool) -> list[Block]:
    """Part a text into its blocks, of which the first has no header and may be empty."""
    blocks: list[Block] = []
    for header, raw in flush_parts(text):
        if raw.find("[", 0 if header is None else 1) < 0:  # so there is no indented header in it
            blocks.append(Block(raw, header, section_key(header, credentials=credentials)))
        else:
            blocks += _parted(raw, header, credentials=credentials)
    return blocks


def flush_parts(text: str) -> Iterator[tuple[str | None, str]]:
    """Part a text at its headers that stand at the left edge: their texts, and all to the next.

    These are headers whatever is above them, while an indented one may be part of a value.
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
    text = "\n" + text  # and so `at` is where the bracket is in the text without it
    at = text.find("\n[")
    while at >= 0:
        end = text.find("\n", at + 1)
        close = text.rfind("]", at + 3, len(text) if end < 0 else end)
        if close >= 0:
            yield at, text[at + 2 : close]
        at = text.find("\n[", end) if end >= 0 else -1


def _parted(raw: str, header: str | None, *, credentials: bool) -> Iterator[Block]:
    """A block with brackets below its header, parted at the indented headers among them."""
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
    """Read on to the next header: entries, lines without a key, and that header's number.

    The rules are those of ``RawConfigParser._read``. Outside of any section there are no keys.
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
    """The first delimiter of either kind counts; where there is none, there is no key."""
    key, delimiter, value = line.partition("=")
    if ":" in key:
        key, delimiter, value = line.partition(":")
    return (key.rstrip().lower(), value.strip()) if delimiter else ("", "")


def section_key(header: str | None, *, credentials: bool = False) -> SectionKey:
    """The section a header text stands for, as botocore's ``build_profile_map`` decides.

    It goes by the beginning alone, so that `[profilefoo bar]` is the profile `bar`. A header that
    it drops, for not being two words, is a section of that text here, as any unknown one is.
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
    """What ``shlex.split`` returns, which is slow to import. Raises ValueError where that does."""
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
    """Take in what stands in double quotes from ``at`` on; where it goes on after them."""
    while text[at : at + 1] != '"':
        # A backslash escapes only these two here, and else stands for itself.
        if text[at : at + 1] == "\\" and text[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        if at >= len(text):
            raise ValueError("no closing quotation")
        word.append(text[at])
        at += 1
    return at + 1


def count_lines(raw: str) -> int:
    """How many lines end in ``raw``."""
    return raw.count("\n") + raw.count("\r") - raw.count("\r\n")


def _lines(raw: str) -> list[str]:
    """Lines as Python's text mode parts them: at LF, CRLF and CR, and nothing else."""
    if "\r" in raw:
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
    return raw.split("\n")

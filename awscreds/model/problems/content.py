"""What is wrong below the headers of an AWS file: lines, keys, indentation."""

from __future__ import annotations

from awscreds.model import known_keys, settings, tools
from awscreds.model.ini.blocks import PROFILE, SSO_SESSION
from awscreds.model.problems.problem import IDENTITY, OTHER_IDENTITY, WARNING, Problem, shown
from awscreds.model.problems.values import problems_of_setting, problems_of_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.ini.blocks import Block

    Entries = list[tuple[str, str, int]]


class Content:
    """What is below a header: keys with their texts and rows, and rows without a key."""

    __slots__ = ("entries", "indented", "keyless", "odd")

    def __init__(self, block: Block) -> None:
        self.entries: Entries = []
        self.keyless: list[int] = []
        self.indented = False
        self.odd = False  # a key in upper case, or a colon
        raw = block.raw
        if "\r" in raw:
            raw = raw.replace("\r\n", "\n").replace("\r", "\n")
        rows = raw.split("\n")
        if block.header is not None:
            rows[0] = ""
        for number, row in enumerate(rows):
            if not row or row[0] in "#;":
                continue
            if row[0].isspace():  # it may continue a value: only `read` can tell
                self._read_closely(block)
                return
            key, delimiter, value = row.partition("=")
            if ":" in key:
                key, delimiter, value = row.partition(":")
                self.odd = True
            key = key.rstrip()
            lower = key.lower()
            if lower != key:
                self.odd = True
            if delimiter and key and block.header is not None:
                self.entries.append((lower, value.strip(), number))
            else:
                self.keyless.append(number)

    def _read_closely(self, block: Block) -> None:
        entries, self.keyless = block.read()
        self.entries = [(entry.key, entry.text, entry.first) for entry in entries]
        self.indented = self.odd = True


def may_matter(block: Block) -> bool:
    """Whether there can be a problem in ``block``. In tidy lines there is none."""
    block.values()
    if not block.is_tidy:
        return True
    for beginning in _OWN_LINES:
        if beginning in block.raw:
            return True
    return not known_keys.KNOWN.issuperset(block.values())


def in_content(
    block: Block,
    first_line: Callable[[Block], int],
    seen: dict[str, dict[str, int]],
    *,
    credentials: bool,
) -> Iterator[Problem]:
    """The problems below one header. ``seen`` has the line of each key of each section so far."""
    content = Content(block)
    start = first_line(block)
    if content.keyless:
        yield from _keyless(block, content.keyless, start)
    yield from _twice(block, content.entries, start, seen)
    if content.indented:
        yield from _indentation(block, start)
    if content.odd:
        yield from _keys(block, content.entries, start)
    for key, text, number in content.entries:
        if text[:1] == "\n":
            yield from _in_nested(text, key, start + number)
        elif key not in known_keys.KNOWN and block.key[0] in _WITH_SETTINGS:
            yield from _misspelled(block, key, start + number)
        # A quick test first: most values have no problem, and files can be long.
        if key[:4] in _OWN_BEGINNINGS:
            yield from problems_of_setting(
                block.key, key, text, start + number, credentials=credentials
            )
        if key[:4] == "aws_" or not text.isascii() or any(map(text.__contains__, "#;\"'")):
            yield from problems_of_value(block.key, key, text, start + number)


_OWN_BEGINNINGS = {name[:4] for name in settings.SETTINGS}
_OWN_LINES = tuple(f"\n{beginning}" for beginning in _OWN_BEGINNINGS)


_WITH_SETTINGS = (PROFILE, SSO_SESSION)


def _misspelled(block: Block, key: str, line: int) -> Iterator[Problem]:
    meant = known_keys.meant(key)
    if meant:
        yield Problem(
            line,
            "unknown-key",
            f"AWS's tools do not know {shown(key)}, so it has no effect; did you mean {meant}?",
            severity=WARNING,
            remedy="correct its spelling, or remove it",
            section=block.key,
        )


def _twice(
    block: Block, entries: Entries, start: int, seen: dict[str, dict[str, int]]
) -> Iterator[Problem]:
    lines = seen.setdefault(block.header or "", {})
    for key, _, number in entries:
        if key in lines:
            yield Problem(
                start + number,
                "duplicate-key",
                f"{shown(key)} is already set at line {lines[key]}; "
                f"{tools.refuse(tools.BOTOCORE)}, other tools use the last one",
                tools=tools.BOTOCORE,
                remedy="remove one of the two",
            )
        lines[key] = start + number


def _keyless(block: Block, keyless: list[int], start: int) -> Iterator[Problem]:
    rows = block.rows
    for number in keyless:
        refusing: tuple[str, ...] = (*tools.BOTOCORE, tools.GO, *tools.STRICT)
        if rows[number].lstrip().startswith("["):
            yield Problem(
                start + number,
                "unclosed-header",
                f"this header has no name or no closing bracket; {tools.refuse(refusing)}",
                tools=refusing,
                remedy="write it as [profile NAME], or remove it",
            )
        elif block.header is None:
            refusing = (*tools.BOTOCORE, *tools.STRICT)
            yield Problem(
                start + number,
                "key-before-section",
                f"this line is before any section; {tools.refuse(refusing)}",
                tools=refusing,
                remedy="put a header such as [default] above it, or remove it",
            )
        else:
            yield Problem(
                start + number,
                "keyless-line",
                f"this line is not a setting (`key = value`); {tools.refuse(refusing)}",
                tools=refusing,
                remedy="complete or remove it",
            )


def _in_nested(text: str, key: str, line: int) -> Iterator[Problem]:
    """Problems have the line of the key: nested lines may end where the file's lines do not."""
    seen = set()
    for nested in text.splitlines():
        name, delimiter, _ = nested.partition("=")
        name = name.strip()
        if not nested.strip():
            continue
        if not delimiter:
            refusing = (*tools.BOTOCORE, *tools.STRICT)
            yield Problem(
                line,
                "keyless-nested-line",
                f"a line in the block of {shown(key)} is not a setting (`key = value`); "
                f"{tools.refuse(refusing)}",
                tools=refusing,
                remedy="complete or remove it",
            )
        elif not name:
            yield Problem(
                line,
                "nameless-nested-key",
                f"a setting in the block of {shown(key)} has no name; {tools.refuse(tools.STRICT)}",
                tools=tools.STRICT,
                remedy="give it a name, or remove it",
            )
        elif name in seen:
            yield Problem(
                line,
                "duplicate-nested-key",
                f"{shown(name)} is set twice in the block of {shown(key)}",
                severity=WARNING,
                remedy="remove one of the two",
            )
        seen.add(name)


def _indentation(block: Block, start: int) -> Iterator[Problem]:
    """Blanks at the left: for some tools the line continues the value above, whatever it is."""
    entries, _ = block.read()
    if entries and entries[0].depth:
        yield Problem(
            start + entries[0].first,
            "indented-key",
            f"{shown(entries[0].key)} is indented below its header; {tools.refuse(tools.STRICT)}",
            tools=tools.STRICT,
            remedy="remove the spaces before it",
        )
    told = set()
    at = 0  # entries are in the order of their lines: one pass over both
    for number, row in enumerate(block.rows):
        text = row.strip()
        if not number or not text or row[0] not in " \t":
            continue
        while at < len(entries) and entries[at].last < number:
            at += 1
        inside = entries[at] if at < len(entries) and entries[at].first < number else None
        if text[0] in "#;":
            yield Problem(
                start + number,
                "indented-comment",
                f"this comment is indented: {tools.spoken(tools.STRICT)} read it as a part "
                "of the value above, or refuse the file",
                tools=tools.STRICT,
                remedy="remove the spaces before it",
            )
        elif inside and text[0] == "[" and text.rfind("]") > 1:
            yield Problem(
                start + number,
                "swallowed-header",
                "this header is indented, so all tools except the SDK for "
                f"{tools.JAVASCRIPT} read it as a part of the value of {shown(inside.key)}",
                remedy="remove the spaces before it",
                section=block.key,
            )
        elif inside and not inside.is_nested and (key := _key_of(text)) in IDENTITY:
            # Blanks at the left count only below an empty value:
            # https://github.com/smithy-lang/smithy-typescript/blob/main/packages/shared-ini-file-loader/src/parseIni.ts
            if inside in told:
                continue
            told.add(inside)
            yield Problem(
                start + number,
                OTHER_IDENTITY,
                f"{key} is indented: the SDK for {tools.JAVASCRIPT} reads it as a setting, "
                f"all other tools as a part of the value of {shown(inside.key)}",
                tools=(tools.JAVASCRIPT,),
                remedy="remove the spaces before it, or remove the line",
                section=block.key,
            )


def _key_of(line: str) -> str:
    """The key of a line for that SDK: the text before an equals sign, in its own case."""
    return line.partition("=")[0].strip()


def _keys(block: Block, entries: Entries, start: int) -> Iterator[Problem]:
    rows = block.rows
    for key, _, number in entries:
        spelled = rows[number].strip()
        blind: tuple[str, ...] = (tools.JAVA, tools.JAVASCRIPT)
        if not spelled.startswith(key) and spelled[: len(key)].lower() == key:
            yield Problem(
                start + number,
                "uppercase-key",
                f"{shown(key)} is not in lower case, so {tools.spoken(blind)} do not see it",
                severity=WARNING,
                tools=blind,
                remedy="write it in lower case",
                section=block.key,
            )
        if spelled[len(key) :].lstrip().startswith(":"):
            blind = (*tools.STRICT, tools.JAVASCRIPT)
            is_refused = "=" not in spelled
            effect = f"{tools.spoken(blind)} misread it"
            if is_refused:
                effect = f"{tools.refuse(tools.STRICT)}, the SDK for {tools.JAVASCRIPT} ignores it"
            yield Problem(
                start + number,
                "colon",
                f"{shown(key)} is set with a colon; {effect}",
                tools=blind,
                remedy="write `key = value`",
                section=None if is_refused else block.key,
            )

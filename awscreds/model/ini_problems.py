"""What is wrong in an AWS file: what tools refuse, ignore or disagree on, line by line.

Messages quote section names and names of settings, never a value, nor a line without a key.
"""

from __future__ import annotations

from awscreds.model.ini import Problem
from awscreds.model.ini_blocks import KINDS, PROFILE, section_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.ini_blocks import Block, SectionKey


def find_problems(
    blocks: list[Block],
    first_line: Callable[[Block], int],
    *,
    credentials: bool,
    bom: bool,
    undecodable: tuple[int, str] | None,
) -> list[Problem]:
    """All problems, by line. ``first_line`` tells at which line of the file a block begins."""
    problems = []
    if bom:
        problems.append(
            Problem(
                1,
                "bom",
                "the file begins with a byte order mark, for which the AWS CLI and boto3 refuse "
                "it; save it as UTF-8 without BOM",
            )
        )
    if undecodable:
        line, encoding = undecodable
        problems.append(
            Problem(
                line,
                "encoding",
                f"the file is {encoding}, and the AWS CLI and boto3 refuse it; save it as UTF-8",
            )
        )
    problems += _in_headers(blocks, first_line, credentials=credentials)
    problems += _in_content(blocks, first_line)
    return sorted(problems, key=lambda problem: problem.line)


def _in_headers(
    blocks: list[Block], first_line: Callable[[Block], int], *, credentials: bool
) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    spellings: dict[SectionKey, Block] = {}
    for block in blocks[1:]:
        line = first_line(block)
        header = block.header or ""
        if header == "DEFAULT":
            yield Problem(
                line,
                "default-section",
                "the AWS CLI and boto3 spread the settings of [DEFAULT] over every section, other "
                "tools do not; name it [default], or move its settings to the profiles",
            )
        elif header in seen:
            yield Problem(
                line,
                "duplicate-section",
                f"[{header}] is there already, at line {seen[header]}, for which the AWS CLI and "
                "boto3 refuse the file; join the two",
            )
        else:
            yield from _in_spelling(block, line, header, credentials=credentials)
            shadowed = spellings.get(block.key)
            if shadowed is not None:
                yield Problem(
                    first_line(shadowed),
                    "shadowed-section",
                    f"[{shadowed.header}] is replaced wholly by [{header}] at line {line} for the "
                    "AWS CLI and boto3, while other tools choose differently; join the two",
                )
            spellings[block.key] = block
        seen.setdefault(header, line)


def _in_spelling(block: Block, line: int, header: str, *, credentials: bool) -> Iterator[Problem]:
    if section_key(header.strip(), credentials=credentials) != block.key:
        yield Problem(
            line,
            "padded-header",
            f"the AWS CLI and boto3 do not know [{header}], since there are blanks next to the "
            "brackets; remove those",
        )
    elif credentials and header.partition(" ")[0] == PROFILE and header != PROFILE:
        yield Problem(
            line,
            "profile-prefix",
            f"in the credentials file [{header}] is not read as that profile; leave out the word "
            "`profile`",
        )
    elif not credentials and not block.key[1] and header.startswith(KINDS):
        yield Problem(
            line,
            "unreadable-header",
            f"[{header}] is ignored, since it is not two words; put a name that has blanks in "
            "quotes",
        )


def _in_content(blocks: list[Block], first_line: Callable[[Block], int]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for block in blocks:
        start = first_line(block)
        entries, keyless = block.read()
        for number in keyless:
            if block.header is None:
                yield Problem(
                    start + number,
                    "key-before-section",
                    "this line stands before any section, for which the AWS CLI and boto3 refuse "
                    "the file; put a header such as [default] above it, or remove it",
                )
            else:
                yield Problem(
                    start + number,
                    "keyless-line",
                    "this line is no setting (`key = value`), for which the AWS CLI and boto3 "
                    "refuse the file; mend or remove it",
                )
        for entry in entries:
            line = start + entry.first
            named = (block.header or "", entry.key)
            if named in seen:
                yield Problem(
                    line,
                    "duplicate-key",
                    f"{_shown(entry.key)} is set already, at line {seen[named]}, for which the AWS "
                    "CLI and boto3 refuse the file; remove one of them",
                )
            seen[named] = line
            if isinstance(entry.value, dict):
                yield from _in_nested(entry.text, entry.key, line)


def _in_nested(text: str, key: str, line: int) -> Iterator[Problem]:
    """Problems are given at the line of the key: nested lines may part where the file's do not."""
    seen = set()
    for nested in text.splitlines():
        name, delimiter, _ = nested.partition("=")
        name = name.strip()
        if not nested.strip():
            continue
        if not delimiter:
            yield Problem(
                line,
                "keyless-nested-line",
                f"a line in the block of {_shown(key)} is no setting (`key = value`), for which "
                "the AWS CLI and boto3 refuse the file; mend or remove it",
            )
        elif name in seen:
            yield Problem(
                line,
                "duplicate-nested-key",
                f"{_shown(name)} is set twice in the block of {_shown(key)}; remove one of them",
            )
        seen.add(name)


def _shown(key: str) -> str:
    """The name of a setting; one that looks unlike AWS's own could be a secret gone astray."""
    plain = key.replace("_", "").replace("-", "")
    return key if len(key) <= 40 and plain.isascii() and plain.isalnum() else "a setting"

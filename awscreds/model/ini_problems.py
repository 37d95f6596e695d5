"""What is wrong in an AWS file: what tools refuse, ignore or disagree on, line by line.

What each tool does was read in its parser, see `tools`.
"""

from __future__ import annotations

from awscreds.model import tools
from awscreds.model.ini_content import in_content
from awscreds.model.ini_headers import Headers
from awscreds.model.problem import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.ini_blocks import Block


def find_problems(
    blocks: list[Block],
    first_line: Callable[[Block], int],
    *,
    credentials: bool,
    bom: bool,
    undecodable: tuple[int, str] | None,
) -> list[Problem]:
    """All problems, by line. ``first_line`` tells at which line of the file a block begins."""
    problems = list(_in_bytes(bom=bom, undecodable=undecodable))
    headers = Headers(first_line, credentials=credentials)
    seen: dict[str, dict[str, int]] = {}
    for block in blocks:
        if block.header is not None:
            problems += headers.look_at(block, block.header)
        problems += in_content(block, first_line, seen, credentials=credentials)
    return sorted(problems, key=lambda problem: problem.line)


def _in_bytes(*, bom: bool, undecodable: tuple[int, str] | None) -> Iterator[Problem]:
    if bom:
        refusing = (*tools.BOTOCORE, tools.GO, *tools.STRICT)
        yield Problem(
            1,
            "bom",
            f"the file begins with a byte order mark; {tools.refuse(refusing)}",
            about=refusing,
            mend="save it as UTF-8 without BOM",
        )
    if undecodable:
        line, encoding = undecodable
        strict = (*tools.BOTOCORE, tools.RUST)
        yield Problem(
            line,
            "encoding",
            f"the file is {encoding}; {tools.refuse(strict)}",
            about=strict,
            mend="save it as UTF-8 without BOM",
        )

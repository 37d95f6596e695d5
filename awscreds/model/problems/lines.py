"""What is wrong in an AWS file: what tools refuse, ignore or disagree on, line by line.

What each tool does was read in its parser, see ``model.tools``.
"""

from __future__ import annotations

from awscreds.model import tools
from awscreds.model.problems.content import in_content, may_matter
from awscreds.model.problems.headers import Headers
from awscreds.model.problems.problem import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.ini.document import Document


def problems_of(document: Document) -> list[Problem]:
    """What AWS's tools refuse, ignore or disagree on in ``document``, by line."""
    problems = list(_in_bytes(bom=document.bom, undecodable=document.undecodable))
    headers = Headers(document.first_line, credentials=document.credentials)
    seen: dict[str, dict[str, int]] = {}
    repeated = document.repeated()
    for block in document.blocks:
        if block.is_tidy and not may_matter(block) and block.key not in repeated:
            continue
        if block.header is not None:
            problems += headers.look_at(block, block.header)
        problems += in_content(block, document.first_line, seen, credentials=document.credentials)
    return sorted(problems, key=lambda problem: problem.line)


def _in_bytes(*, bom: bool, undecodable: tuple[int, str] | None) -> Iterator[Problem]:
    if bom:
        refusing = (*tools.BOTOCORE, tools.GO, *tools.STRICT)
        yield Problem(
            1,
            "bom",
            f"the file begins with a byte order mark; {tools.refuse(refusing)}",
            tools=refusing,
            remedy="save it as UTF-8 without BOM",
        )
    if undecodable:
        line, encoding = undecodable
        strict = (*tools.BOTOCORE, tools.RUST)
        yield Problem(
            line,
            "encoding",
            f"the file is {encoding}; {tools.refuse(strict)}",
            tools=strict,
            remedy="save it as UTF-8 without BOM",
        )

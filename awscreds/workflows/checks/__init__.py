"""The checks of doctor. A new kind of finding is a file here, with a function, and a row below.

Commands that warn of one of these things take the finding from the same function.

- ``surroundings``: what the checks look at: the files, the environment, our state.
- ``CHECKS``: each check in the order of the report. None of them runs a program, asks a question,
  opens a secret store or contacts anybody.
- ``fixes``: what doctor itself can fix.
- ``at_aws``: the findings by what AWS says about the keys.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from awscreds.model.problems.finding import Finding
    from awscreds.workflows.checks.surroundings import Surroundings

    Check = Callable[[Surroundings], Iterator[Finding]]

CHECKS = (
    "file_lines",
    "permissions",
    "plaintext_keys",
    "plaintext_copies",
    "beside_our_line",
    "programs",
    "sources",
    "values",
    "environment",
    "precedence",
    "stored_entries",
    "rotations",
    "token_caches",
)
"""Modules of this package. Each has a function ``check``, and is loaded when it is needed."""


def findings(surroundings: Surroundings, checks: Sequence[str] | None = None) -> list[Finding]:
    """What these checks find, else all of ``CHECKS``: the worst first, then by file and line."""
    names = CHECKS if checks is None else checks
    return in_order(finding for name in names for finding in _check(name)(surroundings))


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the worst first, then by file and line."""
    from awscreds.model.problems.finding import LEVELS

    return sorted(
        dict.fromkeys(found),
        key=lambda each: (LEVELS.index(each.severity), each.path, each.line),
    )


def _check(name: str) -> Check:
    check: Check = import_module(f"{__name__}.{name}").check
    return check

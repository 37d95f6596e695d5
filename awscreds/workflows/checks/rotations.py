"""Rotations that were interrupted, and journals that cannot be read."""

from __future__ import annotations

from awscreds.errors import AwscredsError, ConfigurationError, RotationUnfinished
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import NOTE, WARNING
from awscreds.model.times import format_iso
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.checks.surroundings import finding_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.workflows.checks.surroundings import Surroundings

UNFINISHED = "unfinished-rotation"


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """The findings by key."""
    try:
        keys = unfinished(surroundings.state_dir)
    except ConfigurationError:  # ``permissions`` reports it
        return
    for old in keys:
        yield from _of(surroundings, old)


def _of(surroundings: Surroundings, old: str) -> Iterator[Finding]:
    try:
        journal = Journal(surroundings.state_dir, old, clock=surroundings.clock)
        with journal.lock(deadline=0):
            if not journal.is_there:
                return
            until, path = journal.grace_end, journal.path
    except RotationUnfinished as error:
        yield finding_of(error, surroundings.state_dir.path)
        return
    except AwscredsError:
        return  # a process works on it
    if until is not None and surroundings.clock() < until:
        yield Finding(
            "old-key-active",
            NOTE,
            path,
            0,
            f"{old} was replaced, and stays active until {format_iso(until)}",
            remedy="then: awscreds rotate --resume",
        )
    else:
        yield of_unfinished(old, path)


def of_unfinished(old: str, path: str) -> Finding:
    """The finding that the rotation of the key ``old`` was interrupted."""
    return Finding(
        UNFINISHED,
        WARNING,
        path,
        0,
        f"the rotation of {old} is unfinished",
        remedy="finish it: awscreds rotate --resume",
    )

"""What a step of the tour is, and what it may expect."""

from __future__ import annotations

import time
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.sandbox.world import World

    Check = Callable[["Outcome"], str | None]
    """What is unexpected in an outcome, or None."""

DEADLINE = 120.0
"""Seconds that a step may take. A slow machine starts the AWS CLI in ten."""

BROWSER_SECONDS = 20.0
SEEN = "page.txt"
"""Where the browser writes what it shows: a file in the home."""

WHO = ("aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    code: int
    output: str = ""
    errors: str = ""


@dataclass(frozen=True)
class Step:
    """One step: a command, or, if it is not a command, ``act``."""

    title: str
    check: Check
    argv: tuple[str, ...] = ()
    """Its words may hold ``{access_key_id}`` and the other facts of the sandbox, and ``{home}``."""
    act: Callable[[World], Outcome] | None = None
    typed: str | None = None
    """What a person types, if it is not ``argv``; in parentheses, what is done instead."""
    secret_on_stdin: bool = False
    """Whether it reads the secret access key from the console on stdin."""
    clicks: tuple[str, ...] = ()
    """What a person clicks on in the browser that the step opens."""
    opens_page: bool = False
    """Whether it opens a page that nobody clicks on: `what_the_browser_shows` has its text."""


def what_the_browser_shows(world: World) -> Outcome:
    """The text of the page that the step before has opened, which may end a moment later."""
    end = time.monotonic() + BROWSER_SECONDS
    while not (world.home / SEEN).exists() and time.monotonic() < end:
        time.sleep(0.05)
    try:
        return Outcome(0, (world.home / SEEN).read_text(encoding="utf-8"))
    except OSError:
        return Outcome(1, errors="the browser shows nothing")


def says(*wanted: str) -> Check:
    """Exit code 0, and each of ``wanted`` in what was printed."""

    def check(outcome: Outcome) -> str | None:
        if outcome.code != 0:
            return f"exit code 0 was expected, and it was {outcome.code}"
        missing = [text for text in wanted if text not in outcome.output]
        return f"expected in what it printed: {missing[0]}" if missing else None

    return check


def tells(*wanted: str) -> Check:
    """As ``says``, but also in what it printed on stderr."""
    says_so = says(*wanted)
    return lambda outcome: says_so(Outcome(outcome.code, outcome.output + outcome.errors))


def is_refused(outcome: Outcome) -> str | None:
    """AWS does not know the key."""
    return None if "InvalidClientTokenId" in outcome.errors else "AWS was expected to refuse it"


def prints(wanted: str) -> Check:
    """Exit code 0, and exactly ``wanted`` on stdout."""

    def check(outcome: Outcome) -> str | None:
        if outcome.code != 0 or outcome.output.strip() != wanted:
            return f"expected, and nothing else: {wanted}"
        return None

    return check

"""The tour: the main tasks, step by step, in a sandbox, with the output of each command.

``step`` says what a step is. Each other file has the steps of one part: its title, what is run,
what is expected. The tour stops at the first step that fails.
"""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import subprocess
import sys
import textwrap

from awscreds.model.keys import HIDDEN
from awscreds.model.text import escaped
from awscreds.sandbox.tour import aws_login, keys, sso
from awscreds.sandbox.tour.step import DEADLINE, SEEN, Outcome, Step, tells
from awscreds.sandbox.world import CONSOLE_CSV
from awscreds.stores.installer import to_add_extra

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from awscreds.sandbox.world import World

WIDTH = 80
LINES_SHOWN = 14

STEPS: tuple[Step, ...] = (
    *keys.STEPS,
    *sso.STEPS,
    *aws_login.STEPS,
    Step(
        "doctor looks for everything that is not as it should be, and says what to do.",
        tells("No problems found."),
        ("awscreds", "doctor"),
    ),
)


def run_tour(
    world: World,
    *,
    steps: tuple[Step, ...] = STEPS,
    out: TextIO | None = None,
    color: bool | None = None,
) -> bool:
    """Run the steps and show them. Whether all of them passed."""
    page = _Page(out or sys.stdout, color=color)
    # Before the first step: one of them removes the file.
    secret = _secret_in_csv(world)
    for number, step in enumerate(steps, start=1):
        page.title(f"{number}. {step.title}")
        page.command(_typed(step, world))
        outcome = _run(step, world, secret)
        complaint = step.check(outcome)
        if secret in outcome.output + outcome.errors:
            complaint = "it printed the secret"
        page.output((outcome.output + outcome.errors).replace(secret, HIDDEN))
        if complaint:
            page.verdict(f"FAILED at step {number} of {len(steps)}: {complaint}", good=False)
            return False
    page.verdict(f"All {len(steps)} steps passed.", good=True)
    return True


def _run(step: Step, world: World, secret: str) -> Outcome:
    if step.act is not None:
        return step.act(world)
    argv = [_filled(word, world) for word in step.argv]
    program = shutil.which(argv[0], path=world.environment["PATH"])
    if program is None:
        hint = f"; install it: {to_add_extra('sandbox')}" if argv[0] == "aws" else ""
        return Outcome(127, errors=f"{argv[0]} is not installed{hint}")
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            input=f"{secret}\n" if step.secret_on_stdin else "",
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            env={**world.environment, **_browser(step)},
            cwd=world.home,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(124, errors=f"it did not end within {DEADLINE:.0f} seconds")
    return Outcome(done.returncode, done.stdout, done.stderr)


def _browser(step: Step) -> dict[str, str]:
    """The variable that names a browser, with a person at it who clicks as the step says."""
    if not step.clicks and not step.opens_page:
        return {}
    words = [sys.executable, "-E", "-P", "-m", "awscreds.sandbox.browser", *step.clicks]
    words += [f"--seen={SEEN}"] if step.opens_page else []
    return {"BROWSER": f"{shlex.join(words)} %s"}


def _typed(step: Step, world: World) -> str:
    text = step.typed or shlex.join(_filled(word, world) for word in step.argv)
    return f"{text} < secret" if step.secret_on_stdin else text


def _filled(word: str, world: World) -> str:
    """``word`` with the facts in it. Not by format(), because words may be code with braces."""
    for name, value in {**world.facts, "home": world.home}.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


def _secret_in_csv(world: World) -> str:
    with open(world.home / CONSOLE_CSV, encoding="utf-8-sig", newline="") as file:
        return next(csv.DictReader(file))["Secret access key"]


class _Page:
    """What is shown, 80 columns wide, with colours only on a terminal."""

    def __init__(self, out: TextIO, *, color: bool | None) -> None:
        self._out = out
        if color is None:
            color = out.isatty() and not os.environ.get("NO_COLOR")
        self._color = color and os.environ.get("TERM") != "dumb"

    def title(self, text: str) -> None:
        self._write("")
        self._wrapped(text, "", "1")

    def command(self, text: str) -> None:
        if text.startswith("("):
            self._wrapped(text, "   ", "36")
            return
        lines = textwrap.wrap(text, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines):
            end = " \\" if number < len(lines) - 1 else ""
            self._write(f"   {'$' if number == 0 else ' '} {line}{end}", "36")

    def output(self, text: str) -> None:
        lines = text.splitlines()
        for line in lines[:LINES_SHOWN]:
            self._wrapped(escaped(line.rstrip().replace("\t", "  ")), "     ")
        if len(lines) > LINES_SHOWN:
            self._write(f"     (and {len(lines) - LINES_SHOWN} more lines)")

    def verdict(self, text: str, *, good: bool) -> None:
        self._write("")
        self._wrapped(text, "", "32" if good else "31")

    def _wrapped(self, text: str, indent: str, style: str = "") -> None:
        for line in textwrap.wrap(text, WIDTH - len(indent), break_on_hyphens=False) or [""]:
            self._write(f"{indent}{line}".rstrip(), style)

    def _write(self, text: str, style: str = "") -> None:
        if self._color and style:
            text = f"\x1b[{style}m{text}\x1b[0m"
        self._out.write(f"{text}\n")
        self._out.flush()

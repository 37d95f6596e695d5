"""A row of the table, and how it is measured: whole processes, in turn, each beside a bare Python.

A row that fails in one round, prints something else than it must, or makes more or fewer calls of
AWS than are due is void: it has a reason in place of figures, since a fast failure is no answer.
"""

import dataclasses
import marshal
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = (sys.executable, "-I", "-S", "-c", "pass")
"""The least that Python takes to start; F in the tables. A run of it precedes each run measured."""

OWN = "awscreds"
PEER = "another tool"
BASELINE = "baseline"

BUDGET, QUICK_BUDGET = 12.0, 4.0
"""Seconds for one row, beyond which it is measured in fewer rounds than the others."""
FEWEST = 3
"""Rounds in which each row is measured, however slow, if it does not say otherwise (``most``)."""
BRIEF, REPEATS = 0.15, 5
"""A row has so many seconds of each round, and is run again in them, up to so many times."""
DEADLINE = 300
"""Seconds that a process may take."""


def anything(output):
    """A check that asks for nothing."""


@dataclasses.dataclass
class Row:
    """One command, measured.

    ``command`` is what the page prints. ``argv`` may be a function of the number of the run.
    ``calls`` is how many calls of AWS are due in one run, or a range of that. ``check`` is given
    what a process printed and says what is wrong with it, or None; so does ``after``, which is
    given the number of the run. ``before`` prepares each run, unmeasured. ``callers`` run at
    once. ``profiles`` are in the home. ``most`` is the most runs that are measured.
    """

    group: str
    name: str
    command: str
    argv: object
    environ: dict
    who: str = OWN
    calls: int | range = 0
    stdin: str = os.devnull
    terminal: bool = False
    check: object = anything
    before: object = lambda: None
    after: object = anything
    callers: int = 1
    profiles: int | None = None
    most: int | None = None

    @property
    def key(self):
        return self.group, self.name, self.profiles, self.callers

    @property
    def due(self):
        return self.calls if isinstance(self.calls, range) else range(self.calls, self.calls + 1)

    def words(self, number):
        argv = self.argv(number) if callable(self.argv) else self.argv
        return [str(word) for word in argv]


@dataclasses.dataclass
class Sample:
    """One run: seconds, seconds of CPU, KiB at most; and both of the bare Python before it."""

    wall: float
    cpu: float | None
    rss: int | None
    bare_wall: float
    bare_cpu: float | None


@dataclasses.dataclass
class Series:
    """What came of a row: its samples, or why it is void."""

    row: Row
    samples: list = dataclasses.field(default_factory=list)
    void: str | None = None


class Launcher:
    """The small process that starts the others. Use it with ``with``."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", Path(__file__).with_name("launcher.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def run(self, argv, environ, *, stdin=os.devnull, terminal=False, callers=1):
        """What the launcher gives, with what each process printed (``outputs``, ``said``)."""
        folder = Path(self._folder.name)
        outputs = [folder / f"output-{number}" for number in range(callers)]
        request = {
            "argv": list(argv),
            "environ": {**environ, "TERM": "xterm"} if terminal else dict(environ),
            "cwd": self._folder.name,
            "stdin": str(stdin),
            "outputs": [str(path) for path in outputs],
            "errors": str(folder / "errors"),
            "terminal": terminal,
            "deadline": DEADLINE,
        }
        marshal.dump(request, self._process.stdin)
        self._process.stdin.flush()
        done = marshal.load(self._process.stdout)
        done["outputs"] = [path.read_bytes() for path in outputs]
        errors = folder / "errors"
        done["said"] = errors.read_text(errors="replace") if errors.exists() else ""
        errors.unlink(missing_ok=True)
        return done


def problem_of(row, number, done, calls):
    """Why a run of ``row`` counts for nothing; None if it counts."""
    for status in done["statuses"]:
        if status:
            last = (done["said"].strip().splitlines() or ["it says nothing on stderr"])[-1]
            return f"{_ending(status)}: {last}"
    if calls not in row.due:
        return f"{calls} calls of AWS, and {row.due.start} are due"
    for output in done["outputs"]:
        if problem := row.check(output):
            return problem
    return row.after(number)


def _ending(status):
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else f"ended by signal {-code}"


def measure(rows, rounds, launcher, *, budget=BUDGET, calls=lambda: 0, progress=lambda text: None):
    """The series of each row. ``calls`` tells how many calls of AWS were made so far."""
    series = [Series(row) for row in rows]
    wanted = {}

    def one(each, number):
        row = each.row
        row.before()
        bare = launcher.run(BARE, {})
        before = calls()
        done = launcher.run(
            row.words(number),
            row.environ,
            stdin=row.stdin,
            terminal=row.terminal,
            callers=row.callers,
        )
        if problem := problem_of(row, number, done, calls() - before):
            each.void, each.samples = problem, []
            progress(f"void: {row.group}, {row.name}: {problem} ({shlex.join(row.words(number))})")
            return None
        return Sample(done["wall"], done["cpu"], done["rss"], bare["wall"], bare["cpu"])

    for each in series:
        start = time.monotonic()
        if each.row.most == 1:  # too slow to be run in vain
            wanted[each.row.key] = 1
        elif one(each, 0):  # unmeasured: byte code, page cache, an answer to keep
            cost = time.monotonic() - start
            fewest = min(FEWEST, rounds)
            wanted[each.row.key] = min(
                rounds, each.row.most or rounds, max(fewest, int(budget / cost))
            )
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for each in series:
            if not each.void and _is_due(number, rounds, wanted[each.row.key]):
                _one_round(each, one)
    return series


def _one_round(each, one):
    """Run a row once; a brief one again, since its spread is wide beside what it takes."""
    until = time.monotonic() + BRIEF
    for _ in range(1 if each.row.most else REPEATS):
        if sample := one(each, len(each.samples) + 1):
            each.samples.append(sample)
        if each.void or time.monotonic() > until:
            break


def _is_due(number, rounds, wanted):
    """Whether a row that is measured ``wanted`` times is so in this round: evenly over all."""
    return number * wanted // rounds != (number - 1) * wanted // rounds

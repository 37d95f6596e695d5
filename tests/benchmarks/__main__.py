"""Measures awscreds beside other tools: ``python -m tests.benchmarks``.

It prints a table. With --write it puts the figures into the documentation, too: a JSON file, a
chart, and the page that is made of them.
"""

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path

from tests.benchmarks import peers, report
from tests.benchmarks.measure import BARE, BUDGET, QUICK_BUDGET, Launcher, measure
from tests.benchmarks.stage import Stage
from tests.docs import benchmarks_page

GROUPS = ("starts", "lines", "files", "sessions", "callers", "rotations", "tabs", "readings")
"""Modules with ``rows(stage)``, measured as whole processes, and perhaps ``settle(stage)``, run
when all are made; or with ``measured``, which gives series itself; and with ``grown``, if there is
more whose growth is fitted."""


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", default=",".join(GROUPS), metavar="GROUP,…",
                        help=f"only these groups, of {', '.join(GROUPS)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (21; with --quick 11)")
    parser.add_argument("--quick", action="store_true", help="smaller: no 100,000 profiles")
    parser.add_argument("--cache", type=Path, default=peers.default_cache(), metavar="FOLDER",
                        help="where the tools are installed (default: %(default)s)")  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write the documentation, too")
    options = parser.parse_args()
    groups = options.rows.split(",")
    if options.write and set(groups) != set(GROUPS):
        parser.error("--write needs all groups: the page is of one run")
    if unknown := set(groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that daemons end with us
    rounds = options.rounds or (11 if options.quick else 21)
    found = run(groups, rounds, quick=options.quick, cache=options.cache)
    print("\n".join(report.table(found)))
    if options.write:
        write(found)
    return 1 if any(row["void"] for row in found["rows"]) else 0


def run(groups, rounds, *, quick, cache):
    """Measure the groups, one after the other; the rows of a group take turns."""
    load = [os.getloadavg()[0]]
    tools = peers.Peers(cache, progress=progress)
    series, grown, bare = [], [], []
    with Stage(tools, quick=quick) as stage, Launcher() as launcher:
        for group in groups:
            module = importlib.import_module(f"tests.benchmarks.{group}")
            progress(f"{group}: preparing")
            bare += [launcher.run(BARE, {}) for _ in range(rounds)]
            if hasattr(module, "measured"):
                series += module.measured(stage, min(rounds, 5) if quick else rounds, launcher)
            else:
                rows = list(module.rows(stage))
                getattr(module, "settle", lambda stage: None)(stage)
                series += measure(
                    rows,
                    rounds,
                    launcher,
                    budget=QUICK_BUDGET if quick else BUDGET,
                    calls=stage.calls,
                    progress=lambda text, group=group: progress(f"{group}: {text}"),
                )
            if hasattr(module, "grown"):
                grown += module.grown(stage)
        missing = [f"{name}: {reason}" for name, reason in tools.missing.items()] + stage.notes
    load.append(os.getloadavg()[0])
    words = ["--quick"] * quick + [f"--rounds {rounds}"]
    return report.document(
        series,
        grown,
        bare,
        command=" ".join(("python -m tests.benchmarks", *words)),
        rounds=rounds,
        versions=tools.versions,
        missing=missing,
        load=load,
    )


def progress(text):
    print(text, file=sys.stderr, flush=True)


def write(found):
    """Put the results into the documentation: the figures, and what is made of them."""
    benchmarks_page.FIGURES.write_text(report.as_json(found), encoding="utf-8")
    for path, text in benchmarks_page.generated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

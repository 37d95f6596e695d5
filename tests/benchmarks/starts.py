"""Rows: what it takes to start at all."""

from tests.benchmarks.homes import variables
from tests.benchmarks.measure import BARE, BASELINE, PEER, Row

GROUP = "Start"


def rows(stage):
    environ = variables(stage.folder("nobody"))
    python = stage.peers.python

    def row(name, command, argv, **more):
        return Row(GROUP, name, command, argv, environ, **more)

    yield row("bare Python (F)", "python -I -S -c pass", BARE, who=BASELINE)
    yield row("Python", "python -c pass", [python, "-c", "pass"], who=BASELINE)
    yield row("click", "python -c 'import click'", [python, "-c", "import click"], who=BASELINE)
    yield row(
        "version", "awscreds --version", [stage.awscreds, "--version"], check=says("awscreds")
    )
    yield row("help", "awscreds --help", [stage.awscreds, "--help"], check=says("configure"))
    for name, program in stage.peers.programs.items():
        if name not in ("aws-mfa", "awsume"):  # these say none without a home
            yield row(f"version, {name}", f"{program.rpartition('/')[2]} --version",
                      [program, "--version"], who=PEER)  # fmt: skip


def says(text):
    """A check that ``text`` is in the output."""

    def check(output):
        return None if text.encode() in output else f"it does not say {text}"

    return check

"""``awscreds doctor``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, common_options
from awscreds.commands.groups import Command
from awscreds.model.problems.finding import LEVELS, Finding
from awscreds.render import ReportRow, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("doctor", cls=Command)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    help="Exit 1 if there is a finding of this severity or a worse one.",
)
@click.option(
    "--offline",
    is_flag=True,
    expose_value=False,
    help="Check only this computer, and do not ask AWS.",
)
@common_options(JSON)
@click.pass_obj
def command(app: App, fail_on: str | None) -> Result:
    """Check your AWS files and keys, and show what to fix.

    Each finding has a severity, a place, and what to do. It reads only local files: it does not
    run programs, open a secret store, or contact AWS.

    \b
    Examples:
      awscreds doctor
      awscreds doctor --offline --fail-on warning
      awscreds doctor --json
    """
    found = app.findings()
    is_bad = fail_on is not None and any(each.is_at_least(fail_on) for each in found)
    return Result(
        _document(found),
        done=None if found else "No problems found.",
        report=[_row(each) for each in found],
        said_after=[_summary(found)] if found else (),
        exit_code=1 if is_bad else 0,
    )


def _row(finding: Finding) -> ReportRow:
    return ReportRow(finding.severity, finding.where, finding.message, finding.remedy, finding.code)


def _document(found: list[Finding]) -> dict[str, object]:
    return {
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "place": each.where,
                "line": each.line or None,
                "profile": each.profile,
                "message": each.message,
                "fix": each.remedy or None,
            }
            for each in found
        ],
        **{f"{level}s": _count(found, level) for level in LEVELS},
    }


def _count(found: list[Finding], level: str) -> int:
    return sum(each.severity == level for each in found)


def _summary(found: list[Finding]) -> str:
    counts = [(_count(found, level), level) for level in LEVELS]
    shown = [f"{count} {level}{'s' * (count > 1)}" for count, level in counts if count]
    return f"{', '.join(shown)}."

"""``awscreds doctor``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PAGER, YES, common_options
from awscreds.commands.groups import Command
from awscreds.errors import UsageError
from awscreds.model.problems.finding import LEVELS, Finding
from awscreds.model.text import escaped, quoted
from awscreds.process import with_tilde
from awscreds.render import ReportRow, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.clients import Unreadable
    from awscreds.workflows.checks.surroundings import Surroundings

MOST_NAMES = 3
"""Profiles that are named for one program; the document of --json has all."""


@click.command("doctor", cls=Command)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    help="Exit 1 if there is a finding of this severity or a worse one.",
)
@click.option(
    "--offline",
    is_flag=True,
    help="Check only this computer: open no secret store, and do not ask AWS.",
)
@click.option(
    "--fix", is_flag=True, help="Fix what is safe to fix, after showing the changes and asking."
)
@click.option(
    "--clients", is_flag=True, help="Show only which programs cannot read which of your profiles."
)
@common_options(JSON, YES, PAGER)
@click.pass_obj
def command(app: App, fail_on: str | None, *, offline: bool, fix: bool, clients: bool) -> Result:
    """Check your AWS files and keys, and show what to fix.

    Each finding has a severity, a place, and what to do. It asks AWS about your access keys, and
    changes nothing there. With --offline it reads only local files: it does not open a secret
    store or contact AWS. It never runs a program that a file names.

    \b
    Examples:
      awscreds doctor
      awscreds doctor --fix
      awscreds doctor --clients
      awscreds doctor --offline --fail-on warning
    """
    if clients:
        if fix or fail_on:
            raise UsageError(
                "--clients shows no findings, so there is nothing to fix, and nothing to fail on",
                hint="awscreds doctor --clients",
            )
        return _clients(app)
    fixed = _fix(app, app.findings()) if fix else 0
    surroundings = app.surroundings()
    found = _found(app, surroundings, offline=offline)
    is_bad = fail_on is not None and any(each.is_at_least(fail_on) for each in found)
    return Result(
        {**_document(found), "fixed": fixed},
        done=_done(found, fixed),
        report=[_row(each) for each in found],
        is_paged=True,
        said_after=[*([_summary(found)] if found else ()), *_not_checked(surroundings, offline)],
        exit_code=1 if is_bad else 0,
    )


def _found(app: App, surroundings: Surroundings, *, offline: bool) -> list[Finding]:
    from awscreds.workflows import checks

    found = checks.findings(surroundings)
    if offline:
        return found
    from awscreds.commands.doctor.online import findings

    return checks.in_order([*found, *findings(app, surroundings)])


def _not_checked(surroundings: Surroundings, offline: bool) -> list[str]:  # noqa: FBT001 - as it is asked
    """What --offline cannot see: entries of a store that does not list them."""
    from awscreds.workflows.checks.stored_entries import unlisted

    return [
        f"Not checked: whether the {name} has the {'secret' if count == 1 else 'secrets'} of "
        f"{count} access {'key' if count == 1 else 'keys'}. To read them: awscreds doctor"
        for name, count in (unlisted(surroundings).items() if offline else ())
    ]


def _clients(app: App) -> Result:
    from awscreds.model.clients import unreadable

    with app.files.silently():
        profiles = app.profiles()
    found = unreadable(profiles, app.environ)
    document = {
        "clients": [
            {
                "program": each.client.name,
                "profiles": each.profiles,
                "why": each.why,
                "instead": _instead(each),
            }
            for each in found
        ]
    }
    rows = [
        ReportRow("note", each.client.name, _told(each), _instead(each), "", "Use instead")
        for each in found
    ]
    nothing = "Every program that awscreds knows can read your profiles."
    return Result(document, done=None if rows else nothing, report=rows, is_paged=True)


def _told(found: Unreadable) -> str:
    names = [escaped(name) for name in found.profiles[:MOST_NAMES]]
    more = len(found.profiles) - len(names)
    shown = ", ".join(names) + (f" and {more} more" if more else "")
    return f"cannot read {shown}: {found.why}"


def _instead(found: Unreadable) -> str:
    command = found.instead.replace("PROGRAM", f"{found.client.command} …".replace("… …", "…"))
    return command.replace("PROFILE", quoted(found.profiles[0]))


def _fix(app: App, found: list[Finding]) -> int:
    """Show what will be changed, ask, and change it. Returns the number of findings.

    Raises UsageError if the person does not agree, and InputNeeded if nobody can be asked.
    """
    from awscreds.workflows.checks import fixes

    fixable = [each for each in found if each.fix]
    if not fixable:
        return 0
    with app.files.silently():
        lines = fixes.plan(app.files.load(), fixable)
    app.say("Changes:")
    for line in lines:
        app.dialogue.quote(with_tilde(line))
    if not app.dialogue.consent("Make these changes?", hint="pass --yes"):
        raise UsageError("nothing was changed", code="declined")
    fixes.apply(app.files, fixable)
    return len(fixable)


def _done(found: list[Finding], fixed: int) -> str | None:
    if fixed:
        return f"{fixed} {'finding' if fixed == 1 else 'findings'} fixed."
    return None if found else "No problems found."


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
                "fixable": each.fix is not None,
                "tools": list(each.tools),
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
    fixable = sum(each.fix is not None for each in found)
    more = f" {fixable} can be fixed: awscreds doctor --fix" if fixable else ""
    return f"{', '.join(shown)}.{more}"

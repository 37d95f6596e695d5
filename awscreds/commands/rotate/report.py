"""What people and programs are told of rotations: before, and after."""

from __future__ import annotations

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.model.rotation import ACTIVE
from awscreds.model.times import format_duration, format_iso
from awscreds.workflows.rotation import run
from awscreds.workflows.rotation.results import (
    ENDED_ELSEWHERE,
    NOT_BEGUN,
    PLANNED,
    SKIPPED,
    UNFINISHED,
    outcome_hint,
)
from awscreds.workflows.rotation.threads import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.app import App
    from awscreds.aws.iam import LastUsed
    from awscreds.model.rotation import RotationOptions
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.results import Report
    from awscreds.workflows.rotation.service import RotateOptions

    Tell = Callable[[str], None]

_SIGNALLED = 128
"""What shells add to the number of the signal that ended a program."""


# -- before --------------------------------------------------------------------------------------


def explain(plan: Plan, wishes: RotateOptions | RotationOptions, tell: Tell, now: float) -> None:
    """Say what is about to be rotated, and who else will notice."""
    names = ", ".join(plan.profiles)
    tell(
        f"{plan.key.id} of {plan.user} (account {plan.identity.account}), "
        f"{format_duration(now - plan.created, parts=1)} old, {last_use(plan.last_used)}, "
        f"is used here by {names}."
    )
    if plan.elsewhere:
        tell(f"It is also used by {', '.join(map(str, plan.elsewhere))}; they are moved along.")
    if plan.gate.named:
        tell(f"This goes to {plan.gate.named}, not to AWS's default endpoint.")
    tell(elsewhere("this key", "it", wishes))
    for name, reason in plan.staying().items():
        tell(f"{name} keeps its key in plaintext: {reason}.")


def elsewhere(keys: str, them: str, wishes: RotateOptions | RotationOptions) -> str:
    """What becomes of those who use ``keys`` and are not known here."""
    others = f"Any other machine or CI that uses {keys}"
    if wishes.keep_old == ACTIVE:
        return f"{others} goes on working with {them} until you delete {them}."
    if wishes.grace:
        return f"{others} will stop working with {them} at the end of the grace."
    return (
        f"{others} will stop working with {them}; so will programs that run now, for up to an hour "
        "(--grace 2h spares them)."
    )


def last_use(used: LastUsed | None) -> str:
    if used is None:
        return "last use unknown"
    if used.when is None:
        return "never used"
    return f"last used {format_iso(used.when)} for {used.service or '?'}"


# -- after, one ----------------------------------------------------------------------------------


def report(app: App, reports: list[Report]) -> int:
    """Show what came of the one key that was asked for; the exit code. Raises what stopped it."""
    (one,) = reports
    if app.options.json:
        _print_json(reports, one.error)
    elif one.error:
        raise one.error
    else:
        _tell(app, one)
    return _exit_code(one)


def _tell(app: App, report: Report) -> None:
    names = _names(report)
    if report.status == PLANNED:
        _show_plan(report)
    elif report.status == SKIPPED:
        app.say(f"{report.key_id} is younger than that: nothing to do.")
    elif report.status == run.ROTATED:
        app.say(
            f"{names}: {report.new} has replaced {report.key_id}, which is deleted. "
            "Sessions that other machines made from it last until they expire; if it leaked: "
            "awscreds policy revoke-sessions."
        )
    elif report.status == run.KEPT_OLD:
        app.say(
            f"{names}: {report.new} is in use. The old key {report.key_id} is kept "
            f"{report.choices.keep_old}; delete it with: {outcome_hint(report)}"
        )
    elif report.status == run.WAITING:
        app.say(
            f"{names}: {report.new} is in use. The old key {report.key_id} stays active "
            f"until {format_iso(report.until or 0)}; after that: {outcome_hint(report)}"
        )
    elif report.status == ENDED_ELSEWHERE:
        app.say(f"Another awscreds has just ended the rotation of {report.key_id}.")
    else:
        app.warn(f"the rotation of {report.key_id} was taken back: {report.left}")
    if report.endpoint and report.status not in (PLANNED, SKIPPED):
        app.say(f"That was at {report.endpoint}, not at AWS's default endpoint.")


def plan_lines(report: Report) -> Iterator[str]:
    """The steps of a rotation to be, a line each."""
    words = {"old": report.key_id, "new": "the new key", "other": report.choices.other}
    if report.endpoint:
        yield f"  (at {report.endpoint}, not at AWS's default endpoint)"
    for number, stage in enumerate(report.planned_stages(), start=1):
        actions = f" ({', '.join(stage.actions)})" if stage.actions else ""
        yield f"  {number}. {stage.does.format(**words)}{actions}"
    if report.choices.keep_old:
        yield f"  and leave the old key {report.choices.keep_old}"
    elif report.choices.grace:
        yield "  and leave the old key active; after its grace: awscreds rotate --resume"


def _show_plan(report: Report) -> None:
    from awscreds.render import print_text

    heading = f"{_names(report)}: rotating {report.key_id} of {report.user or ''} would"
    print_text(heading, *plan_lines(report))


# -- after, many ---------------------------------------------------------------------------------


def report_all(app: App, reports: list[Report], *, interrupted_by: int | None = None) -> int:
    """Show what came of many keys; the exit code."""
    cut_off = [each for each in reports if each.error and each.error.code == INTERRUPTED]
    interruption = _interruption(reports) if interrupted_by and cut_off else None
    if app.options.json:
        _print_json(reports, interruption)
    else:
        _show_all(app, reports)
        if interruption:
            app.warn(f"{interruption.message}: {interruption.hint}")
    if interrupted_by and interruption:
        return _SIGNALLED + interrupted_by
    codes = {_exit_code(report) for report in reports}
    if RotationUnfinished.exit_code in codes:
        return RotationUnfinished.exit_code
    return 1 if any(codes) else 0


def _show_all(app: App, reports: list[Report]) -> None:
    for report in reports:
        if report.plan and report.status == PLANNED:
            explain(report.plan, report.choices, app.say, app.clock())
            _show_plan(report)
    failed = [report for report in reports if not report.is_good]
    for report in failed:
        if report.error is None:
            app.warn(
                f"{_names(report)}: the rotation of {report.key_id} was taken back: {report.left}"
            )
        elif report.error.code != INTERRUPTED:
            hint = [f"  {report.error.hint}"] if report.error.hint else []
            app.warn(f"{_names(report)} ({report.key_id}): {report.error.message}", *hint)
    touched = [report for report in reports if report.status not in (SKIPPED, NOT_BEGUN)]
    shown = [report for report in touched if report in failed or not app.options.quiet]
    if shown:
        _table(app, shown)
    _tell_what_is_kept(app, touched)
    young = sum(report.status == SKIPPED for report in reports)
    if young:
        app.say(f"{young} key{' is' if young == 1 else 's are'} younger than that: nothing to do.")


def _tell_what_is_kept(app: App, reports: list[Report]) -> None:
    for report in reports:
        for name, reason in report.plan.staying().items() if report.plan else ():
            app.say(f"{name} keeps its key in plaintext: {reason}.")
    for endpoint in dict.fromkeys(report.endpoint for report in reports if report.endpoint):
        keys = ", ".join(report.key_id for report in reports if report.endpoint == endpoint)
        app.say(f"{keys}: that was at {endpoint}, not at AWS's default endpoint.")
    hints = {
        run.KEPT_OLD: "The old keys are kept; each is deleted with: awscreds keys delete KEYID "
        "--profile NAME",
        run.WAITING: "The old keys in their grace stay active; after it: awscreds rotate --resume",
    }
    for status, hint in hints.items():
        if any(report.status == status for report in reports):
            app.say(hint)


def _interruption(reports: list[Report]) -> AwscredsError:
    done = sum(report.is_good and report.status != SKIPPED for report in reports)
    left = sum(report.status == UNFINISHED for report in reports)
    again = sum(report.status == NOT_BEGUN for report in reports)
    hints = []
    if left:
        hints.append("`awscreds rotate --resume` finishes what is unfinished")
    if again:
        hints.append("`awscreds rotate --all` does the rest")
    return AwscredsError(
        f"interrupted, with {done} done, {left} unfinished and {again} not begun",
        code=INTERRUPTED,
        hint="; ".join(hints),
    )


def _table(app: App, reports: list[Report]) -> None:
    from awscreds.render import print_table

    rows = [
        [
            ", ".join(report.profiles) or "-",
            report.user or "-",
            report.key_id,
            report.new or "-",
            report.status,
        ]
        for report in reports
    ]
    columns = ("PROFILES", "USER", "OLD KEY", "NEW KEY", "RESULT")
    print_table(columns, rows, color=app.options.color, whole=("OLD KEY", "NEW KEY", "RESULT"))


# -- for programs --------------------------------------------------------------------------------


def _print_json(reports: list[Report], error: AwscredsError | None) -> None:
    from awscreds.render import print_json

    more = {"error": _error(error)} if error else {}
    print_json({"rotations": [_described(report) for report in reports], **more})


def _described(report: Report) -> dict[str, object]:
    stages: list[dict[str, object]] = [
        {"stage": name, "at": format_iso(at)} for name, at in report.stages
    ]
    planned = [
        {"stage": stage.name, "actions": list(stage.actions)} for stage in report.planned_stages()
    ]
    return {
        "old": report.key_id,
        "new": report.new,
        "user": report.user,
        "account": report.account,
        "profiles": report.profiles,
        "endpoint": report.endpoint or None,
        "status": report.status,
        "until": format_iso(report.until) if report.until else None,
        "stages": stages,
        "planned": planned if report.status == PLANNED else None,
        "error": _error(report.error) if report.error else None,
    }


def _error(error: AwscredsError) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _exit_code(report: Report) -> int:
    if report.error:
        return report.error.exit_code
    return 0 if report.is_good else 1


def _names(report: Report) -> str:
    return ", ".join(report.profiles) or "no profile"

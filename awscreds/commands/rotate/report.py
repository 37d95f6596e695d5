"""What people and programs see of rotations: before, and after."""

from __future__ import annotations

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.model.rotation import ACTIVE
from awscreds.model.times import format_duration, format_iso
from awscreds.render import Result, Table
from awscreds.workflows.rotation.interrupt import INTERRUPTED
from awscreds.workflows.rotation.results import (
    ENDED_ELSEWHERE,
    KEPT_OLD,
    KEYS_GONE,
    NOT_BEGUN,
    NOTHING_STORED,
    PLANNED,
    ROLLED_BACK,
    ROTATED,
    SKIPPED,
    UNFINISHED,
    WAITING,
    outcome_hint,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.aws.iam import LastUsed
    from awscreds.model.rotation import RotateOptions, RotationOptions
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.results import Report

    Tell = Callable[[str], None]

_SIGNALLED = 128
"""What shells add to the number of the signal that ended a program."""


# -- before --------------------------------------------------------------------------------------


def explain(plan: Plan, options: RotateOptions | RotationOptions, tell: Tell, now: float) -> None:
    """Say what is about to be rotated, and who else will notice."""
    names = ", ".join(plan.profiles)
    tell(
        f"{plan.key.id} of {plan.user} (account {plan.identity.account}) is "
        f"{format_duration(now - plan.created, parts=1)} old, {last_use(plan.last_used)}, and "
        f"used here by {names}."
    )
    if plan.elsewhere:
        tell(f"Also used by {', '.join(map(str, plan.elsewhere))}. They will use the new key, too.")
    if plan.gate.named:
        tell(f"Endpoint: {plan.gate.named}, not AWS's default endpoint.")
    tell(elsewhere("this key", "it", options))
    for name, reason in plan.staying().items():
        tell(f"{name} keeps its key in plaintext: {reason}.")


def elsewhere(keys: str, them: str, options: RotateOptions | RotationOptions) -> str:
    """What happens to users of ``keys`` that are not known here."""
    others = f"Other machines and CI that use {keys}"
    if options.keep_old == ACTIVE:
        return f"{others} keep working until you delete {them}."
    if options.grace:
        return f"{others} will stop working when the grace period ends."
    return (
        f"{others} will stop working. Programs that run now may fail for up to an "
        "hour (use --grace 2h to avoid this)."
    )


def last_use(used: LastUsed | None) -> str:
    if used is None:
        return "last use unknown"
    if used.when is None:
        return "never used"
    return f"last used {format_iso(used.when)} for {used.service or '?'}"


# -- after, one ----------------------------------------------------------------------------------


def result(reports: list[Report]) -> Result:
    """What came of the one key that was asked for."""
    (one,) = reports
    document = _document(reports, one.error)
    if one.error:
        return Result(document, error=one.error, exit_code=one.error.exit_code)
    at = []
    if one.endpoint and one.status not in (PLANNED, SKIPPED):
        at = [f"This was done at {one.endpoint}, not at AWS's default endpoint."]
    if one.status == ROLLED_BACK:
        return Result(document, warnings=[[_undone(one)]], said_after=at, exit_code=1)
    if one.status == PLANNED:
        return Result(document, lines=_plan(one))
    if one.status == SKIPPED:
        said = f"{one.key_id} is younger than --older-than: nothing to do."
        return Result(document, said=[said])
    if one.status == ENDED_ELSEWHERE:
        said = f"Another awscreds has just ended the rotation of {one.key_id}."
        return Result(document, said=[said], said_after=at)
    done, then = _sentences(one)
    return Result(document, done=done, said=[then], said_after=at)


def _sentences(report: Report) -> list[str]:
    """What was done, and what follows from it."""
    done = f"{_names(report)}: {report.new} is in use."
    if report.status == ROTATED:
        done = f"{_names(report)}: {report.new} replaced {report.key_id}, which is deleted."
        then = (
            "Sessions made from the old key work until they expire. If it leaked: "
            "awscreds policy revoke-sessions"
        )
    elif report.status == KEPT_OLD:
        then = (
            f"The old key {report.key_id} stays {report.options.keep_old}. Delete it with: "
            f"{outcome_hint(report)}"
        )
    else:
        then = (
            f"The old key {report.key_id} stays active until {format_iso(report.until or 0)}. "
            f"Delete it after that: {outcome_hint(report)}"
        )
    return [done, then]


def _undone(report: Report) -> str:
    ended = "has ended" if report.left in (KEYS_GONE, NOTHING_STORED) else "was undone"
    return f"the rotation of {report.key_id} {ended}: {report.left}"


def plan_lines(report: Report) -> Iterator[str]:
    """The steps of a planned rotation, a line each."""
    words = {"old": report.key_id, "new": "the new key", "other": report.options.other}
    if report.endpoint:
        yield f"  (at {report.endpoint}, not AWS's default endpoint)"
    for number, stage in enumerate(report.planned_stages(), start=1):
        actions = f" ({', '.join(stage.actions)})" if stage.actions else ""
        yield f"  {number}. {stage.description.format(**words)}{actions}"
    if report.options.keep_old:
        yield f"  The old key stays {report.options.keep_old}."
    elif report.options.grace:
        yield "  Delete the old key after the grace period: awscreds rotate --resume"


def _plan(report: Report) -> list[str]:
    heading = f"{_names(report)}: steps to rotate {report.key_id} of {report.user or ''}:"
    return [heading, *plan_lines(report)]


# -- after, many ---------------------------------------------------------------------------------


def result_of_all(
    reports: list[Report], *, is_quiet: bool, now: float, interrupted_by: int | None = None
) -> Result:
    """What came of many keys. ``interrupted_by`` is the signal that ended it early."""
    cut_off = [each for each in reports if each.error and each.error.code == INTERRUPTED]
    interruption = _interruption(reports) if interrupted_by and cut_off else None
    touched = [report for report in reports if report.status not in (SKIPPED, NOT_BEGUN)]
    shown = [report for report in touched if not (report.is_good and is_quiet)]
    planned = [report for report in reports if report.plan and report.status == PLANNED]
    warnings = [_failure(report) for report in reports if _is_failure(report)]
    if interruption:
        warnings.append([interruption.whole])
    return Result(
        _document(reports, interruption),
        said=[line for report in planned for line in _explained(report, now)],
        lines=[line for report in planned for line in _plan(report)],
        warnings=warnings,
        table=_table(shown) if shown else None,
        said_after=[*_what_is_kept(touched), *_too_young(reports)],
        exit_code=_SIGNALLED + interrupted_by
        if interrupted_by and interruption
        else _exit_code(reports),
    )


def _exit_code(reports: list[Report]) -> int:
    codes = {
        report.error.exit_code if report.error else int(not report.is_good) for report in reports
    }
    if RotationUnfinished.exit_code in codes:
        return RotationUnfinished.exit_code
    return 1 if any(codes) else 0


def _explained(report: Report, now: float) -> list[str]:
    lines: list[str] = []
    if report.plan:
        explain(report.plan, report.options, lines.append, now)
    return lines


def _is_failure(report: Report) -> bool:
    """Whether a warning of its own is due: one warning covers all that were interrupted."""
    return not report.is_good and not (report.error and report.error.code == INTERRUPTED)


def _failure(report: Report) -> list[str]:
    if report.error is None:
        return [f"{_names(report)}: {_undone(report)}"]
    hint = [f"  {report.error.hint}"] if report.error.hint else []
    return [f"{_names(report)} ({report.key_id}): {report.error.message}", *hint]


def _too_young(reports: list[Report]) -> list[str]:
    young = sum(report.status == SKIPPED for report in reports)
    if not young:
        return []
    return [
        f"{young} key{' is' if young == 1 else 's are'} younger than --older-than: nothing to do."
    ]


def _what_is_kept(reports: list[Report]) -> Iterator[str]:
    for report in reports:
        for name, reason in report.plan.staying().items() if report.plan else ():
            yield f"{name} keeps its key in plaintext: {reason}."
    for endpoint in dict.fromkeys(report.endpoint for report in reports if report.endpoint):
        keys = ", ".join(report.key_id for report in reports if report.endpoint == endpoint)
        yield f"{keys}: at {endpoint}, not AWS's default endpoint."
    hints = {
        KEPT_OLD: "The old keys are kept. Delete each with: awscreds keys delete KEYID "
        "--profile NAME",
        WAITING: "Old keys stay active in the grace period. Delete them after it: "
        "awscreds rotate --resume",
    }
    for status, hint in hints.items():
        if any(report.status == status for report in reports):
            yield hint


def _interruption(reports: list[Report]) -> AwscredsError:
    done = sum(report.is_good and report.status != SKIPPED for report in reports)
    left = sum(report.status == UNFINISHED for report in reports)
    again = sum(report.status == NOT_BEGUN for report in reports)
    hints = []
    if left:
        hints.append("`awscreds rotate --resume` finishes what is unfinished")
    if again:
        hints.append("`awscreds rotate --all` rotates the rest")
    return AwscredsError(
        f"interrupted: {done} done, {left} unfinished and {again} not begun",
        code=INTERRUPTED,
        hint="; ".join(hints),
    )


def _table(reports: list[Report]) -> Table:
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
    return Table(columns, rows, whole=("OLD KEY", "NEW KEY", "RESULT"))


# -- for programs --------------------------------------------------------------------------------


def _document(reports: list[Report], error: AwscredsError | None) -> dict[str, object]:
    more = {"error": error.document} if error else {}
    return {"rotations": [_described(report) for report in reports], **more}


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
        "error": report.error.document if report.error else None,
    }


def _names(report: Report) -> str:
    return ", ".join(report.profiles) or "no profile"

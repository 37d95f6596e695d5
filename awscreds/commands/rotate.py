"""``awscreds rotate``."""

from __future__ import annotations

import contextlib

import click

from awscreds.commands.common import common_options
from awscreds.errors import AwscredsError, InputNeeded, UsageProblem
from awscreds.model.instants import iso, seconds_of
from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from awscreds.app import App
    from awscreds.iam import LastUsed
    from awscreds.model.profile import Profile
    from awscreds.workflows.rotate_jobs import Jobs, Report, Wishes
    from awscreds.workflows.rotate_preflight import Plan

    Tell = Callable[[str], None]

AT_ONCE = 8
"""Keys that ``--all`` rotates at the same time."""
SECONDS_OF_A_DAY = 86400


@click.command("rotate")
@click.option("--all", "every", is_flag=True, help="Rotate every key that a profile uses.")
@click.option("--older-than", metavar="TIME", help="Only keys that IAM made longer ago, like 90d.")
@click.option("--grace", metavar="TIME", help="Leave the old key active for so long, like 24h.")
@click.option(
    "--keep-old",
    type=click.Choice(["active", "inactive"]),
    help="Stop there, and leave the old key to you.",
)
@click.option("--keep-plaintext", is_flag=True, help="Exchange plaintext keys where they stand.")
@click.option("--replace-other", is_flag=True, help="Delete the user's other key to make room.")
@click.option("--token", metavar="CODE", help="The token code, instead of asking for it.")
@click.option("--endpoint-ok", is_flag=True, help="Trust an endpoint that is not AWS's own.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing.")
@click.option("--resume", is_flag=True, help="Finish what was cut off, or take it back.")
@common_options
@click.pass_obj
def command(
    app: App,
    *,
    every: bool,
    older_than: str | None,
    grace: str | None,
    keep_old: str | None,
    keep_plaintext: bool,
    replace_other: bool,
    token: str | None,
    endpoint_ok: bool,
    dry_run: bool,
    resume: bool,
) -> int:
    """Replace a profile's access key by a new one, at AWS, in the store and in the files.

    The new key is made, stored, read back and tried before any profile uses it; the old one is
    deactivated first and deleted last. Cut off at any instant, there is a key that works, and
    `awscreds rotate --resume` finishes the job.

    \b
    Examples:
      awscreds rotate --profile dev
      awscreds rotate --all --older-than 90d --yes --no-input --quiet
      awscreds rotate --resume
    """
    from awscreds.workflows.rotate_jobs import Wishes

    if grace and keep_old:
        raise UsageProblem("--grace deletes the old key later, and --keep-old never: say one")
    if resume and (every or dry_run or older_than or grace or keep_old):
        raise UsageProblem(
            "--resume goes on with what was begun, as it was begun",
            hint="of the other options it takes --token, --replace-other and --yes",
        )
    wishes = Wishes(
        older_than=seconds_of(older_than) if older_than else None,
        grace=seconds_of(grace) if grace else 0,
        keep_old=keep_old,
        keep_plaintext=keep_plaintext,
        replace_other=replace_other,
        endpoint_ok=endpoint_ok,
        dry_run=dry_run,
    )
    work = _Work(app, token)
    try:
        if resume:
            reports = work.resume(end_grace=replace_other)
        elif every:
            reports = work.rotate_all(wishes)
        else:
            reports = work.rotate_one(wishes)
    except KeyboardInterrupt:
        _tell_what_is_left(app)
        raise
    return _report(app, reports, several=every or (resume and len(reports) != 1))


class _Work:
    """The jobs of one command."""

    def __init__(self, app: App, token: str | None) -> None:
        from awscreds.commands.rotate_means import CodeSource

        self._app = app
        self._codes = CodeSource(app.ask_code, token)
        self._agreed_to_move: bool | None = None

    def resume(self, *, end_grace: bool) -> list[Report]:
        app = self._app
        wanted = app.profile().name if app.named_profile() else None
        reports = self._jobs(app.say).resume_all(wanted, end_grace=end_grace)
        if not reports:
            app.say("There is no unfinished rotation.")
        return reports

    def rotate_one(self, wishes: Wishes) -> list[Report]:
        from awscreds.workflows.rotate_jobs import key_of

        key_id = key_of(self._app.profile())
        return [self._jobs(self._app.say).rotate(key_id, wishes)]

    def rotate_all(self, wishes: Wishes) -> list[Report]:
        """Every key, AT_ONCE at a time. What needs a person comes first, one after the other."""
        import threading

        from awscreds.workflows.rotate_jobs import all_keys
        from awscreds.workflows.rotate_threads import at_once

        app = self._app
        keys = all_keys(app.profiles())
        self._ask_what_a_person_knows(keys, wishes)
        alone = threading.RLock()
        board = _Board(app, len(keys))

        def rotate(key_id: str) -> Report:
            jobs = self._jobs(lambda text: board.tell(key_id, text), alone)
            report = jobs.rotate(key_id, wishes)
            board.finish(report)
            return report

        return at_once(keys, rotate, AT_ONCE)

    def _ask_what_a_person_knows(self, keys: list[str], wishes: Wishes) -> None:
        """The passphrase, the token code, the consent: asked once, before the threads begin."""
        from awscreds.workflows.rotate_switch import has_plaintext, stays_plaintext, users_of

        app = self._app
        profiles = app.profiles()
        if not wishes.dry_run:
            app.store_for_writing().backend.check()
        _ = (app.files, app.state.backend, app.sessions, app.terminal)
        moving = []
        for key_id in keys:
            users = users_of(key_id, profiles)
            moving += [p for p in users if has_plaintext(p, key_id) and not stays_plaintext(p)]
            self._make_session(key_id, users)
        if moving and not (wishes.keep_plaintext or wishes.dry_run):
            self._agreed_to_move = self._agree_to_move([profile.name for profile in moving])

    def _make_session(self, key_id: str, users: list[Profile]) -> None:
        """Have the MFA session cached; where there is none to be had, its rotation will say so."""
        from awscreds.commands.rotate_means import AppMeans

        for profile in users:
            serial = profile.get("mfa_serial")
            if serial:
                means = AppMeans(self._app, profile.name, codes=self._codes)
                with contextlib.suppress(AwscredsError):
                    means.session(means.key(key_id), serial, may_ask=True)
                return

    def _jobs(self, tell: Tell, alone: AbstractContextManager[object] | None = None) -> Jobs:
        from awscreds.commands.rotate_means import AppMeans
        from awscreds.workflows.rotate_jobs import Jobs

        app = self._app
        return Jobs(
            app.home,
            app.profiles,
            lambda name: AppMeans(app, name, codes=self._codes, tell=tell, one_at_a_time=alone),
            environ=app.environ,
            paths=(app.files.config_path, app.files.credentials_path),
            clock=app.clock,
            step=app.step,
            known_creation=self._known_creation,
            may_move=self._may_move,
            may_replace=self._may_replace if alone is None else lambda _: False,
            explain=lambda plan: _explain(plan, tell, app.clock()),
        )

    def _known_creation(self, key_id: str) -> float | None:
        """When IAM made the key, where it was written down as it was stored."""
        from datetime import datetime

        noted = self._app.state.entry(key_id).get("created_at")
        try:
            return datetime.fromisoformat(noted).timestamp() if noted else None
        except ValueError:
            return None

    def _may_move(self, plan: Plan) -> bool:
        if self._agreed_to_move is None:
            return self._agree_to_move(plan.moving())
        return self._agreed_to_move

    def _agree_to_move(self, names: list[str]) -> bool:
        self._app.say(
            f"The key of {', '.join(visible(name) for name in names)} stands in plaintext, and "
            "would move into the secret store. Tools that read only plaintext keys (old SDKs, "
            "containers that mount ~/.aws) need --keep-plaintext."
        )
        if self._app.options.yes:
            return True
        try:
            return self._app.terminal.confirm("Move it?", default=True)
        except InputNeeded:
            return False

    def _may_replace(self, plan: Plan) -> bool:
        other = plan.other
        if other is None:
            return True
        used = _use(plan.other_last_used)
        self._app.say(
            f"{visible(plan.user)} has two keys already, the most there can be. The other one is "
            f"{other.id}: {other.status}, made {iso(other.created)}, {used}. No profile here uses "
            "it; another machine may."
        )
        # Not for --yes: it is somebody's key, and deleted for good.
        try:
            return self._app.terminal.confirm(f"Delete {other.id}?", default=False)
        except InputNeeded:
            return False


class _Board:
    """Live progress of many rotations, a line each time one gets further, on a terminal."""

    def __init__(self, app: App, total: int) -> None:
        import sys

        self._app = app
        self._total = total
        self._finished = 0
        self._is_live = sys.stderr.isatty() or app.options.verbose

    def tell(self, key_id: str, text: str) -> None:
        if self._is_live:
            self._app.say(f"{key_id}: {text}")

    def finish(self, report: Report) -> None:
        self._finished += 1
        if self._is_live:
            self._app.say(f"[{self._finished}/{self._total}] {report.key_id}: {report.status}")


# -- words -------------------------------------------------------------------------------------


def _explain(plan: Plan, tell: Tell, now: float) -> None:
    """Say what is about to be rotated, and who else will notice."""
    names = ", ".join(visible(name) for name in plan.profiles)
    tell(
        f"{plan.key.id} of {visible(plan.user)} (account {plan.identity.account}), "
        f"{_age(plan.created, now)} old, {_use(plan.last_used)}, is used here by {names}."
    )
    tell(
        "Any other machine or CI that uses this key will stop working with it; so will programs "
        "that run now, for up to an hour (--grace 2h spares them)."
    )
    for name, reason in plan.staying().items():
        tell(f"{visible(name)} keeps its key in plaintext: {visible(reason)}.")


def _use(used: LastUsed | None) -> str:
    if used is None:
        return "last use unknown"
    if used.when is None:
        return "never used"
    return f"last used {iso(used.when)} for {visible(used.service or '?')}"


def _age(created: float, now: float) -> str:
    days = max(0, int((now - created) // SECONDS_OF_A_DAY))
    return f"{days} day{'' if days == 1 else 's'}"


def _tell_what_is_left(app: App) -> None:
    from awscreds.stores.journal import waiting_for_somebody

    for old in waiting_for_somebody(app.home, app.clock):
        app.warn(f"the rotation of {old} is unfinished; finish it: awscreds rotate --resume")


# -- the report --------------------------------------------------------------------------------


def _report(app: App, reports: list[Report], *, several: bool) -> int:
    """Show what came of it; the exit code."""
    failed = [report for report in reports if not report.is_good]
    code = max((_exit_code(report) for report in failed), default=0)
    if app.options.json:
        from awscreds.render import print_json

        described = [_described(report) for report in reports]
        error = failed[0].error if len(reports) == 1 and failed else None
        more = {"error": _error(error)} if error else {}
        print_json({"rotations": described, **more})
        return code
    if not several:
        for report in reports:
            if report.error:
                raise report.error
            _tell(app, report)
        return code
    for report in failed:
        app.warn(f"{report.key_id} ({_names(report)}): {_why(report)}")
    shown = [report for report in reports if report in failed or not app.options.quiet]
    if shown:
        _table(app, shown)
    return min(code, 7) if any(_exit_code(r) == 7 for r in failed) else min(code, 1)


def _tell(app: App, report: Report) -> None:
    from awscreds.workflows import rotate, rotate_jobs

    if report.status == rotate_jobs.PLANNED:
        _show_plan(report)
    elif report.status == rotate_jobs.SKIPPED:
        app.say(f"{report.key_id} is younger than that: nothing to do.")
    elif report.status == rotate.ROTATED:
        app.say(
            f"{_names(report)}: {report.new} has replaced {report.key_id}, which is deleted. "
            "Sessions that other machines made from it last until they expire; if it leaked: "
            "awscreds policy revoke-sessions."
        )
    elif report.status == rotate.KEPT_OLD:
        app.say(
            f"{_names(report)}: {report.new} is in use. The old key {report.key_id} is kept "
            f"{report.choices.keep_old}; delete it with: {rotate_jobs.outcome_hint(report)}"
        )
    elif report.status == rotate.WAITING:
        app.say(
            f"{_names(report)}: {report.new} is in use. The old key {report.key_id} stays active "
            f"until {iso(report.until or 0)}; after that: {rotate_jobs.outcome_hint(report)}"
        )
    else:
        app.warn(f"the rotation of {report.key_id} was taken back: everything is as it was before")


def _show_plan(report: Report) -> None:
    words = {"old": report.key_id, "new": "the new key", "other": report.choices.other}
    click.echo(f"{_names(report)}: rotating {report.key_id} of {visible(report.user or '')} would")
    for number, stage in enumerate(report.planned_stages(), start=1):
        actions = f" ({', '.join(stage.actions)})" if stage.actions else ""
        click.echo(f"  {number}. {stage.does.format(**words)}{actions}")


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
    print_table(columns, rows, color=app.options.color)


def _described(report: Report) -> dict[str, object]:
    stages: list[dict[str, object]] = [{"stage": name, "at": iso(at)} for name, at in report.stages]
    planned = [
        {"stage": stage.name, "actions": list(stage.actions)} for stage in report.planned_stages()
    ]
    return {
        "old": report.key_id,
        "new": report.new,
        "user": report.user,
        "account": report.account,
        "profiles": report.profiles,
        "status": report.status,
        "until": iso(report.until) if report.until else None,
        "stages": stages,
        "planned": planned if report.status == "planned" else None,
        "error": _error(report.error) if report.error else None,
    }


def _error(error: Exception) -> dict[str, object]:
    return {name: getattr(error, name) for name in ("code", "message", "hint")}


def _exit_code(report: Report) -> int:
    return report.error.exit_code if report.error else 1


def _why(report: Report) -> str:
    return visible(report.error.message) if report.error else "taken back"


def _names(report: Report) -> str:
    return ", ".join(visible(name) for name in report.profiles)

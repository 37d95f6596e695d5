"""The rotations of one command: what they work with, and what a person agrees to."""

from __future__ import annotations

from contextlib import nullcontext

from awscreds.commands.rotate.context import AppRotationContext, CodeSource
from awscreds.commands.rotate.report import explain, last_use, plan_lines
from awscreds.errors import AwscredsError, InputNeeded
from awscreds.model.times import format_iso, parse_iso
from awscreds.workflows.rotation.service import RotationService, key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from awscreds.app import App
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.results import Report
    from awscreds.workflows.rotation.service import RotateOptions

    Tell = Callable[[str], None]
    Step = Callable[[str], None]
    Sleep = Callable[[float], None]


class RotateCommand:
    """The rotations of one command. ``token`` is the code of ``--token``."""

    def __init__(self, app: App, token: str | None) -> None:
        self._app = app
        self._token = token
        self._agreed_to_move: bool | None = None

    def rotate(self, wishes: RotateOptions) -> list[Report]:
        """Rotate the key of the profile asked for."""
        profile = self._app.profile()
        self._app.file_warnings.report(profile.name)
        key_id = key_of(profile)
        return [self.jobs(codes=self.codes()).rotate(key_id, wishes)]

    def resume(self, *, end_grace: bool) -> list[Report]:
        """Finish what is unfinished, of whichever profile the environment names."""
        reports = self.jobs().resume_all(end_grace=end_grace)
        if not reports:
            self._app.say("There is no unfinished rotation.")
        return reports

    def codes(self) -> CodeSource:
        """Where one rotation gets its token code from; the first of them from ``--token``."""
        token, self._token = self._token, None
        return CodeSource(self._app.dialogue.ask_code, token)

    def jobs(
        self,
        *,
        codes: CodeSource | None = None,
        tell: Tell | None = None,
        alone: AbstractContextManager[object] | None = None,
        step: Step | None = None,
        sleep: Sleep | None = None,
        is_alone: bool = True,
    ) -> RotationService:
        """What does them. Without ``codes`` each rotation asks for a code of its own.

        ``tell`` shows progress; ``alone`` is held around each use of what threads share. Where one
        ``is_alone``, it may ask whether another key is to go.
        """
        app = self._app
        return RotationService(
            app.state_dir,
            app.profiles,
            lambda name: AppRotationContext(
                app,
                name,
                codes=codes or self.codes(),
                tell=tell,
                one_at_a_time=alone,
                sleep=sleep,
            ),
            environ=app.environ,
            paths=(app.files.config_path, app.files.credentials_path),
            clock=app.clock,
            step=step or app.step,
            known_creation=self._known_creation,
            note_creation=lambda key_id, at: self._note_creation(key_id, at, alone),
            may_move=self._may_move,
            may_replace=self._may_replace if is_alone else lambda _: False,
            explain=lambda plan, wishes: explain(plan, wishes, tell or app.say, app.clock()),
            confirm=self._confirm if is_alone else lambda _: None,
        )

    # -- what is known ---------------------------------------------------------------------

    def _known_creation(self, key_id: str) -> float | None:
        """When IAM made the key, where it was written down as it was stored."""
        return parse_iso(self._app.state.entry(key_id).get("created_at") or "")

    def _note_creation(
        self, key_id: str, at: float, alone: AbstractContextManager[object] | None
    ) -> None:
        """Write down when IAM made a key that we keep, so that nobody need be asked again."""
        with alone or nullcontext():
            if self._app.state.entry(key_id):
                self._app.state.note(key_id, created_at=format_iso(at))

    # -- consent ---------------------------------------------------------------------------

    def _confirm(self, report: Report) -> None:
        """Show the plan of a rotation and ask whether it may begin. Raises where it may not."""
        plan = [f"This will, for {report.user}:", *plan_lines(report)]
        self._require_consent(f"Rotate {report.key_id}?", plan)

    def confirm_all(self, due: list[str], describe: Callable[[str], str]) -> None:
        """Ask once whether the rotations of all these keys may begin. Raises where they may not."""
        if self._app.options.yes:
            return
        number = "this key" if len(due) == 1 else f"these {len(due)} keys"
        plan = ["A new key will replace each of these, at AWS, in the store and in the files:"]
        plan += [f"  {key_id} of {describe(key_id)}" for key_id in due]
        self._require_consent(f"Rotate {number}?", plan)

    def _require_consent(self, question: str, plan: list[str]) -> None:
        hint = "pass --yes to rotate without being asked, --dry-run to see the plan only"
        if not self._app.dialogue.consent(question, hint=hint, default=False, plan=plan):
            raise AwscredsError("not agreed to; nothing was done", code="consent", hint=hint)

    def ask_to_move(self, names: list[str]) -> None:
        """Ask once for all whether the plaintext keys of these profiles may move."""
        self._agreed_to_move = self._agrees_to_move(names)

    def _may_move(self, plan: Plan) -> bool:
        if self._agreed_to_move is None:
            return self._agrees_to_move(plan.moving())
        return self._agreed_to_move

    def _agrees_to_move(self, names: list[str]) -> bool:
        listed = ", ".join(names)
        self._app.stores.for_writing()  # it is said where that is new
        self._app.say(
            f"The key of {listed} is to move into the secret store. Tools that read only plaintext "
            "keys (old SDKs, containers that mount ~/.aws) need --keep-plaintext."
        )
        question = f"The key of {listed} stands in plaintext. Move it to the secret store?"
        try:
            return self._app.dialogue.consent(question, hint="")
        except InputNeeded:
            return False

    def _may_replace(self, plan: Plan) -> bool:
        other = plan.other
        if other is None:
            return True
        self._app.say(
            f"{plan.user} has two keys already, the most there can be. The other one is "
            f"{other.id}: {other.status}, made {format_iso(other.created)}, "
            f"{last_use(plan.other_last_used)}. No profile here uses it; another machine may."
        )
        # Not for --yes: it is somebody's key, and deleted for good.
        try:
            return self._app.dialogue.terminal.confirm(f"Delete {other.id}?", default=False)
        except InputNeeded:
            return False

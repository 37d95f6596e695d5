"""What a person is asked before a rotation, and what they agreed to."""

from __future__ import annotations

from awscreds.commands.rotate.report import explain, last_use, plan_lines
from awscreds.errors import AwscredsError, InputNeeded
from awscreds.model.times import format_iso
from awscreds.workflows.rotation.interaction import Interaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app import App
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.results import Report


class Consent:
    """The questions of one command, and what was agreed to for all its rotations."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._agreed_to_move: bool | None = None

    def interaction(self) -> Interaction:
        """How a single rotation talks to the person."""
        app = self._app
        return Interaction(
            tell=app.say,
            explain=lambda plan, options: explain(plan, options, app.say, app.clock()),
            confirm=self._confirm,
            ask=self._ask,
            may_move=self._may_move,
            may_replace=self._may_replace,
        )

    def one_of_many(self, tell: Callable[[str], None]) -> Interaction:
        """How one of several rotations talks: by ``tell``. It was agreed to before."""
        app = self._app
        return Interaction(
            tell=tell,
            explain=lambda plan, options: explain(plan, options, tell, app.clock()),
            confirm=lambda _: None,
            ask=self._ask,
            may_move=self._may_move,
            may_replace=lambda _: False,
        )

    def _confirm(self, report: Report) -> None:
        """Show the plan of a rotation and ask whether it may begin. Raises AwscredsError if not."""
        plan = [f"Steps to rotate {report.key_id} of {report.user}:", *plan_lines(report)]
        self._require_consent(f"Rotate {report.key_id}?", plan)

    def confirm_all(self, due: list[str], describe: Callable[[str], str]) -> None:
        """Ask once whether all these keys may be rotated. Raises AwscredsError if not."""
        if self._app.options.yes:
            return
        number = "this key" if len(due) == 1 else f"these {len(due)} keys"
        plan = [
            "A new key will replace each of these at AWS, in the secret store and in the AWS files:"
        ]
        plan += [f"  {key_id} of {describe(key_id)}" for key_id in due]
        self._require_consent(f"Rotate {number}?", plan)

    def _require_consent(self, question: str, plan: list[str]) -> None:
        hint = "use --yes to skip the question, or --dry-run to see only the plan"
        if not self._app.dialogue.consent(question, hint=hint, default=False, plan=plan):
            raise AwscredsError("you did not agree; nothing was changed", code="consent", hint=hint)

    def ask_to_move(self, names: list[str]) -> None:
        """Ask once for all whether the plaintext keys of these profiles may move."""
        self._agreed_to_move = self._agrees_to_move(names)

    def _may_move(self, plan: Plan) -> bool:
        if self._agreed_to_move is None:
            return self._agrees_to_move(plan.moving())
        return self._agreed_to_move

    def _agrees_to_move(self, names: list[str]) -> bool:
        listed = ", ".join(names)
        self._app.stores.for_writing()  # this says so if the store is new
        self._app.say(
            f"A rotation moves the key of {listed} to the secret store. Tools that "
            "read only plaintext keys (old SDKs, containers that mount ~/.aws) need "
            "--keep-plaintext."
        )
        question = f"The key of {listed} is stored in plaintext. Move it to the secret store?"
        try:
            return self._app.dialogue.consent(question, hint="")
        except InputNeeded:
            return False

    def _ask(self, question: str) -> bool:
        """Whether somebody agrees; False if nobody can be asked."""
        try:
            return self._app.dialogue.consent(question, hint="", default=False)
        except InputNeeded:
            return False

    def _may_replace(self, plan: Plan) -> bool:
        other = plan.other
        if other is None:
            return True
        self._app.say(
            f"{plan.user} already has two access keys, the AWS maximum. The other one is "
            f"{other.id}: {other.status.lower()}, created {format_iso(other.created)}, "
            f"{last_use(plan.other_last_used)}. No profile here uses it, but another machine may."
        )
        # Not for --yes: it is somebody's key, and deleted for good.
        try:
            return self._app.dialogue.terminal.confirm(f"Delete {other.id}?", default=False)
        except InputNeeded:
            return False

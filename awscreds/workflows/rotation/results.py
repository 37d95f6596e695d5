"""The result of the rotation of a key, or what a dry run says of it."""

from __future__ import annotations

from awscreds.errors import RotationUnfinished
from awscreds.model import rotation as table
from awscreds.model.rotation import RotationOptions
from awscreds.model.text import quoted
from awscreds.workflows.rotation.interrupt import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.errors import AwscredsError
    from awscreds.workflows.rotation.preflight import Plan
    from awscreds.workflows.rotation.state import RotationState

ROTATED = "rotated"
KEPT_OLD = "old key kept"
WAITING = "in grace"
ROLLED_BACK = "rolled back"

PLANNED = "planned"
SKIPPED = "young enough"
FAILED = "failed"
UNFINISHED = "unfinished"
NOT_BEGUN = "not begun"
ENDED_ELSEWHERE = "ended by another awscreds"

AS_BEFORE = "everything is as it was before"
NOTHING_STORED = (
    "none of its keys is stored here, and no profile uses them; `awscreds keys list PROFILE` shows "
    "which keys the user has at AWS"
)
KEYS_GONE = (
    "AWS accepts none of its keys any longer, and no profile uses them; `awscreds store show` "
    "shows what is stored of them"
)


class Outcome:
    """How a rotation ended: ROTATED, KEPT_OLD, WAITING (until ``until``) or ROLLED_BACK.

    ``left`` says what a rotation that was undone leaves behind: not always AS_BEFORE.
    """

    def __init__(self, status: str, *, until: float | None = None, left: str = "") -> None:
        self.status = status
        self.until = until
        self.left = left


class Report:
    """What came of one key.

    ``endpoint`` names the endpoint if it is not AWS's default. ``error`` is what stopped it,
    ``plan`` what a preflight found, ``left`` what a rotation that was undone leaves behind.
    """

    def __init__(self, key_id: str, profiles: list[str]) -> None:
        self.key_id = key_id
        self.profiles = profiles
        self.status = FAILED
        self.new: str | None = None
        self.user: str | None = None
        self.account: str | None = None
        self.until: float | None = None
        self.left = AS_BEFORE
        self.endpoint = ""
        self.stages: list[tuple[str, float]] = []
        self.plan: Plan | None = None
        self.options = RotationOptions()
        self.error: AwscredsError | None = None

    @property
    def is_good(self) -> bool:
        return self.error is None and self.status != ROLLED_BACK

    def planned_stages(self) -> list[table.Stage]:
        """The stages that would follow, in their order."""
        stages = [stage for stage in table.FORWARD if stage.name != table.CLEAN_UP]
        if not self.options.other:
            stages = [stage for stage in stages if stage.name != table.MAKE_ROOM]
        end = self.options.stops_before
        names = [stage.name for stage in stages]
        return stages[: names.index(end)] if end else stages

    def conclude(self, outcome: Outcome) -> None:
        """The rotation has come to an end, or to its grace."""
        self.status = outcome.status
        self.until = outcome.until
        self.left = outcome.left

    def note(self, state: RotationState) -> None:
        """Note how far a rotation has come, whatever stopped it."""
        self.new = state.new
        self.user, self.account = state.user, state.account
        self.profiles = state.profiles
        self.stages = state.done

    def fail(self, error: AwscredsError) -> None:
        """It was stopped by ``error``."""
        self.error = error
        if isinstance(error, RotationUnfinished):
            self.status = UNFINISHED
        else:
            self.status = NOT_BEGUN if error.code == INTERRUPTED else FAILED


def failure(key_id: str, profiles: list[str], error: AwscredsError) -> Report:
    """The report of a key whose rotation ``error`` stopped."""
    report = Report(key_id, profiles)
    report.fail(error)
    return report


def outcome_hint(report: Report) -> str | None:
    """The command that deletes the old key later, if the user wanted to keep it for now."""
    profile = quoted(report.profiles[0]) if report.profiles else "NAME"
    if report.status == KEPT_OLD:
        return f"awscreds keys delete {report.key_id} --profile {profile}"
    return "awscreds rotate --resume" if report.status == WAITING else None

"""One rotation, from where it is now to its end, along the tables of ``model/rotation``."""

from __future__ import annotations

from awscreds.errors import (
    AwscredsError,
    AwsError,
    EntryMissing,
    RotationUnfinished,
    unexpected_error,
)
from awscreds.model import rotation as table
from awscreds.model.credential_process import POINTER
from awscreds.model.key_usage import users_of
from awscreds.model.text import escaped
from awscreds.stores.journal import DONE, GRACE, INTENT
from awscreds.stores.remedies import to_remove
from awscreds.workflows.rotation.operations import KeyOperations, state_of
from awscreds.workflows.rotation.results import (
    AS_BEFORE,
    KEPT_OLD,
    KEYS_GONE,
    NOTHING_STORED,
    ROLLED_BACK,
    ROTATED,
    WAITING,
    Outcome,
)
from awscreds.workflows.rotation.signer import Signer
from awscreds.workflows.rotation.stages import Stages
from awscreds.workflows.rotation.state import BEGIN
from awscreds.workflows.rotation.waiting import UNKNOWN_KEY, is_out_of_reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.workflows.rotation.access import AwsAccess
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.interaction import Interaction
    from awscreds.workflows.rotation.state import RotationState


class Rotation:
    """One rotation.

    Methods raise RotationUnfinished if it can be resumed. Any other AwscredsError means that it was
    undone, and says what that leaves.
    """

    def __init__(
        self,
        state: RotationState,
        context: RotationContext,
        access: AwsAccess,
        interaction: Interaction,
    ) -> None:
        self.state = state
        self._context = context
        self._signer = Signer(state, context, access, interaction)
        self._operations = KeyOperations(state, context, self._signer)
        self._stages = Stages(state, context, interaction, self._signer, self._operations)

    # -- forward and back ----------------------------------------------------------------------

    def begin(self) -> Outcome:
        """Go through all stages, after a preflight."""
        self.state.journal.write(BEGIN, INTENT, **vars(self.state.options))
        return self._forward(table.MAKE_ROOM if self.state.options.other else table.CREATE)

    def resume(self, *, end_grace: bool = False) -> Outcome:
        """Continue from where it is. ``end_grace``: do not wait for the end of a grace period."""
        until = self.state.journal.grace_end
        if until is not None and not end_grace and self._context.clock() < until:
            return Outcome(WAITING, until=until)
        try:
            then = self._look()
            if then is None:
                return self._close(ROTATED)
            if then == table.REACTIVATE:
                return self._back()
        except AwscredsError as error:
            if left := self._replaced_elsewhere(error):
                self.state.journal.close()
                return Outcome(ROLLED_BACK, left=left)
            raise self._unfinished(error) from None
        return self._forward(then)

    def _replaced_elsewhere(self, error: AwscredsError) -> str:
        """Why nothing is left to finish or undo, after ``error``; empty if something is.

        Another machine or a person has replaced the keys, and all profiles here have another one by
        now. What is stored of them stays in the store.
        """
        context, profiles = self._context, self._context.files_now()
        key_ids = [key_id for key_id in (self.state.old, self.state.new) if key_id]
        if any(users_of(each, profiles) or context.pointers_elsewhere(each) for each in key_ids):
            return ""
        stored = [key for each in key_ids if (key := self._signer.read(each))]
        if isinstance(error, EntryMissing) and not stored:
            return NOTHING_STORED
        is_refused = isinstance(error, AwsError) and error.aws_code in UNKNOWN_KEY
        is_new_here = self.state.new in (None, *(key.id for key in stored))
        if is_refused and is_new_here and all(map(self._signer.is_unknown, stored)):
            return KEYS_GONE
        return ""

    def _forward(self, first: str) -> Outcome:
        try:
            for stage in table.stages_from(first):
                if (end := self._end_before(stage)) is not None:
                    return end
                self._stages.go_through(stage)
            return self._close(ROTATED)
        except RotationUnfinished:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the rotation must be undone
            raise self._after_failure(_to_awscreds_error(error)) from None

    def _end_before(self, stage: table.Stage) -> Outcome | None:
        """The outcome if the user wants the rotation to stop before ``stage``; else None."""
        if stage.name != self.state.options.stops_before:
            return None
        if not self.state.options.grace:
            self._stages.require_replaced()
            self._operations.drop_spare_copy(self.state.new)
            return self._close(KEPT_OLD)
        if self.state.journal.grace_end is not None:
            return None
        until = self._context.clock() + self.state.options.grace
        self.state.journal.write(GRACE, DONE, until=until)
        return Outcome(WAITING, until=until)

    def _after_failure(self, error: AwscredsError) -> AwscredsError:
        """Undo the rotation if that is possible; the error to raise."""
        stage = self.state.stage
        if stage is None or stage.on_failure == table.STOP:
            return self._unfinished(error)
        if stage.name in table.WAITS_FOR_REACH and is_out_of_reach(error):
            return self._unfinished(error)
        had_new = self.state.new is not None
        try:
            # Without a new key, nothing was changed that could be undone.
            outcome = self._back() if had_new else self._close(ROLLED_BACK)
        except Exception as second:  # noqa: BLE001 - the first one is shown, whatever this one is
            return self._unfinished(error, _to_awscreds_error(second))
        undone = "the new key was deleted and " if had_new else ""
        return error.because(message=f"{error.message}; {undone}{outcome.left}")

    def _back(self) -> Outcome:
        """Undo everything. This first checks that the old key exists and works."""
        for stage in table.BACK:
            self._stages.go_through(stage)
        return self._close(ROLLED_BACK)

    def _close(self, status: str) -> Outcome:
        left = self._left_behind() if status == ROLLED_BACK else ""
        self.state.journal.close()
        return Outcome(status, left=left)

    def _left_behind(self) -> str:
        """What is not undone, in words."""
        left = []
        if self.state.journal.find(table.MAKE_ROOM, DONE) is not None:
            left.append(f"the other key {self.state.options.other} is deleted")
        moved = {
            name
            for line in self.state.journal.details(table.SWITCH, INTENT)
            for name in line["moves"]
        }
        managed = [p for p in self._context.files_now().all() if p.get(POINTER) == self.state.old]
        if names := [escaped(profile.name) for profile in managed if profile.name in moved]:
            left.append(f"the key of {', '.join(names)} is in the secret store now")
        return f"{' and '.join(left)}; everything else is as it was before" if left else AS_BEFORE

    def _unfinished(
        self, error: AwscredsError, second: AwscredsError | None = None
    ) -> RotationUnfinished:
        if isinstance(error, RotationUnfinished):
            return error
        why = error.message
        if second:
            why += f"; undoing it failed too: {second.message}"
        hint = second.hint if second and second.hint else error.hint
        if hint is None:
            hint = "`awscreds rotate --resume` finishes it or undoes it"
        elif "--resume" not in hint:
            hint += "; then: awscreds rotate --resume"
        return RotationUnfinished(
            f"the rotation of {self.state.old} is unfinished: {why}", code=error.code, hint=hint
        )

    # -- where to continue ---------------------------------------------------------------------

    def _look(self) -> str | None:
        """The stage to continue with, by what AWS and the stores hold; None if all is done."""
        old_key, new_key = self._signer.read(self.state.old), self._signer.read(self.state.new)
        deleted = self.state.journal.find(table.DELETE, DONE) is not None
        if deleted and old_key is None and new_key is not None:
            # Only removals are left, and none must be signed.
            self._operations.drop_spare_copy(self.state.new)
            self._context.forget_sessions(self.state.old)
            return None
        listed = self._operations.list_with_new()
        self.state.created_at = next(
            (key.created for key in listed if key.id == self.state.new), None
        )
        old = state_of(listed, self.state.old)
        if old == table.ACTIVE and self.state.is_intended(table.DEACTIVATE):
            old = table.INACTIVE  # or will be: IAM may list late what we did
        found = table.ObservedState(
            old=old,
            new=state_of(listed, self.state.new) if self.state.new else table.UNKNOWN,
            old_kept=old_key is not None,
            new_kept=new_key is not None,
            going_back=any(self.state.is_intended(stage.name) for stage in table.BACK),
        )
        then = table.next_stage(found)
        if then is None:
            raise RotationUnfinished(
                "no key of this rotation is both stored here and active at AWS: at AWS, "
                f"{self.state.old} is {found.old} and {self.state.new or 'a new key'} is "
                f"{found.new}",
                code="no-key-left",
                hint="ask an administrator for a new key, store it with `awscreds configure "
                f"--profile {self.state.shown_profile}`, and remove the journal: "
                f"{to_remove(self.state.journal.path)}",
            )
        return then


def _to_awscreds_error(error: Exception) -> AwscredsError:
    return error if isinstance(error, AwscredsError) else unexpected_error(error)

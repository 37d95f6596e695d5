"""One rotation, from where it stands to its end, along the tables of ``model/rotation``."""

from __future__ import annotations

from awscreds.errors import AwscredsError, AwsError, EntryMissing, RotationUnfinished, unforeseen
from awscreds.iam import AnswerLost
from awscreds.model import rotation as table
from awscreds.model.credentials import AccessKey, Session
from awscreds.stores.journal import DONE, GRACE, INTENT
from awscreds.workflows.rotate_stages import Choices, Stages, is_out_of_reach, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.iam import KeyInfo
    from awscreds.stores.journal import Journal
    from awscreds.workflows.rotate_stages import Credentials, Means

BEGIN = "begin"

ROTATED = "rotated"
KEPT_OLD = "old key kept"
WAITING = "in grace"
ROLLED_BACK = "rolled back"


class Outcome:
    """How a rotation ended: ROTATED, KEPT_OLD, WAITING (until ``until``) or ROLLED_BACK."""

    def __init__(self, status: str, *, until: float | None = None) -> None:
        self.status = status
        self.until = until


class Rotation(Stages):
    """One rotation.

    Methods raise RotationUnfinished where it can be resumed; any other AwscredsError means that
    everything is as it was before.
    """

    @classmethod
    def found(cls, journal: Journal, means: Means) -> Rotation:
        """The rotation that ``journal`` tells of."""
        return cls(journal, means, Choices(**(journal.find(BEGIN, INTENT) or {})))

    # -- the two ways ----------------------------------------------------------------------

    def begin(self) -> Outcome:
        """Go all the way, after a preflight."""
        self._journal.write(BEGIN, INTENT, **vars(self.choices))
        return self._forward(table.MAKE_ROOM if self.choices.other else table.CREATE)

    def resume(self, *, end_grace: bool = False) -> Outcome:
        """Go on from wherever it stands. ``end_grace``: without waiting for the end of a grace."""
        until = self._journal.grace_end
        if until is not None and not end_grace and self._means.clock() < until:
            return Outcome(WAITING, until=until)
        try:
            then = self._look()
        except AwscredsError as error:
            raise self._unfinished(error) from None
        if then is None:
            return self._close(ROTATED)
        if then == table.REACTIVATE:
            try:
                self._back(then)
            except AwscredsError as error:
                raise self._unfinished(error) from None
            return Outcome(ROLLED_BACK)
        return self._forward(then)

    def _forward(self, first: str) -> Outcome:
        try:
            for stage in table.stages_from(first):
                if (end := self._end_before(stage)) is not None:
                    return end
                self._go_through(stage)
            return self._close(ROTATED)
        except RotationUnfinished:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the way back is to be gone
            raise self._after_failure(_ours(error)) from None

    def _end_before(self, stage: table.Stage) -> Outcome | None:
        """The end, where the user wants the rotation to stop before ``stage``."""
        choices = self.choices
        if stage.name == table.DEACTIVATE and choices.grace and self._journal.grace_end is None:
            until = self._means.clock() + choices.grace
            self._journal.write(GRACE, DONE, until=until)
            return Outcome(WAITING, until=until)
        kept_from = {"active": table.DEACTIVATE, "inactive": table.DELETE}
        if choices.keep_old and kept_from[choices.keep_old] == stage.name:
            self._drop_spare_copy()
            return self._close(KEPT_OLD)
        return None

    def _after_failure(self, error: AwscredsError) -> AwscredsError:
        """Go back where there is a way back; the error to raise."""
        stage = self._stage
        if stage is None or stage.on_failure == table.STOP:
            return self._unfinished(error)
        if stage.name in table.WAITS_FOR_REACH and is_out_of_reach(error):
            return self._unfinished(error)
        intended = self._intended
        if intended(table.DEACTIVATE):
            first = table.REACTIVATE
        elif intended(table.SWITCH):
            first = table.SWITCH_BACK
        elif self.new or isinstance(error, AnswerLost):
            first = table.DISCARD
        else:
            first = ""
        try:
            self._back(first)
        except Exception as second:  # noqa: BLE001 - the first is told, whatever this one is
            return self._unfinished(error, _ours(second))
        undone = "the new key was deleted and " if self.new else ""
        error.message = f"{error.message}; {undone}everything is as it was before"
        error.args = (error.message,)
        return error

    def _back(self, first: str) -> None:
        for stage in table.stages_from(first) if first else ():
            self._go_through(stage)
        self._close(ROLLED_BACK)

    def _close(self, status: str) -> Outcome:
        self._journal.close()
        return Outcome(status)

    def _unfinished(
        self, error: AwscredsError, second: AwscredsError | None = None
    ) -> RotationUnfinished:
        if isinstance(error, RotationUnfinished):
            return error
        why = error.message
        if second:
            why += f"; nor could it be undone: {second.message}"
        return RotationUnfinished(
            f"the rotation of {self.old} is unfinished: {why}",
            code=error.code,
            hint=f"{error.hint}; then: awscreds rotate --resume"
            if error.hint
            else "awscreds rotate --resume finishes it, or takes it back",
        )

    # -- what there is ---------------------------------------------------------------------

    def _look(self) -> str | None:
        """The stage to go on with, by what AWS and the stores hold; None where all is done."""
        old_key, new_key = self._read(self.old), self._read(self.new)
        if self._only_forgetting_is_left(old_key, new_key):
            self._drop_spare_copy()
            self._means.forget_sessions(self.old)
            return None
        listed = self._listed_by_anyone([key for key in (old_key, new_key) if key])
        self._created_at = next((key.created for key in listed if key.id == self.new), None)
        found = table.Found(
            old=state_of(listed, self.old),
            new=state_of(listed, self.new) if self.new else table.UNKNOWN,
            old_kept=old_key is not None,
            new_kept=new_key is not None,
            going_back=any(self._intended(stage.name) for stage in table.BACK),
        )
        then = table.next_stage(found)
        if then is None:
            raise RotationUnfinished(
                f"neither {self.old} ({found.old} at AWS) nor {self.new or 'a new key'} "
                f"({found.new}) is both stored here and active at AWS",
                code="no-key-left",
                hint="let an administrator make one, run awscreds configure with it, and remove "
                f"{self._journal.path}",
            )
        return then

    def _only_forgetting_is_left(self, old: AccessKey | None, new: AccessKey | None) -> bool:
        """Whether the old key is deleted and its secret erased: nobody need sign anything."""
        deleted = self._journal.find(table.DELETE, DONE) is not None
        return deleted and old is None and new is not None

    def _listed_by_anyone(self, keys: list[AccessKey]) -> list[KeyInfo]:
        """The user's keys, asked with whatever AWS accepts."""
        refusal: AwscredsError | None = None

        def attempt() -> list[KeyInfo]:
            nonlocal refusal
            for credentials in self._credentials(keys):
                try:
                    listed = self._means.iam(credentials).list_access_keys(self.user)
                except AwsError as error:
                    refusal = error
                    if error.aws_code is None:
                        raise
                    continue
                self._require_owner(credentials)
                if isinstance(credentials, Session):
                    self._session = credentials
                return listed
            raise refusal or EntryMissing(f"no store holds the secret of {self.old}")

        return self._patiently(attempt)

    def _credentials(self, keys: list[AccessKey]) -> Iterator[Credentials]:
        """What the calls of a resumed rotation may be signed with, the best first."""
        serial = self.choices.mfa_serial
        if serial is None:
            yield from keys
            return
        for key in keys:
            try:
                yield self._means.session(key, serial, may_ask=False)
            except AwscredsError:
                continue
        for key in [key for key in reversed(keys) if self._is_accepted(key)][:1]:
            yield self._means.session(key, serial, may_ask=True)

    def _is_accepted(self, key: AccessKey) -> bool:
        try:
            self._means.identity(key)
        except AwsError as error:
            if error.aws_code is None:
                raise
            return False
        return True


def _ours(error: Exception) -> AwscredsError:
    return error if isinstance(error, AwscredsError) else unforeseen(error)

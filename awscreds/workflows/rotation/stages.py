"""What each stage of a rotation does: intent, action, outcome.

Every action can be repeated. The journal has the intent before the action, and the outcome after.
"""

from __future__ import annotations

import contextlib

from awscreds.aws.once import AnswerLost
from awscreds.errors import AwscredsError, AwsError, EntryMissing, RotationUnfinished
from awscreds.model import rotation as table
from awscreds.model.key_usage import users_of
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.stores.journal import DONE, INTENT, REFUSED
from awscreds.workflows.rotation.interrupt import signals_held
from awscreds.workflows.rotation.operations import state_of
from awscreds.workflows.rotation.repoint import moves_to_store, shadowed_definitions
from awscreds.workflows.rotation.waiting import LIMIT, LIST_LAG, Deadline, is_passing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from awscreds.aws.iam import KeyInfo
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.interaction import Interaction
    from awscreds.workflows.rotation.operations import KeyOperations
    from awscreds.workflows.rotation.signer import Signer
    from awscreds.workflows.rotation.state import RotationState

ORPHAN_WINDOW = (2.0, 60.0)
"""Seconds before and after a request, by AWS's clock, in which its key may be created."""
_WAITS_FOR_KEY = "Wait for the answer with the new key (Ctrl-C again: stop at once)"
TRIES = 4
"""How often a new key is asked for, if answers get lost."""


class Stages:
    """The stages of one rotation."""

    def __init__(
        self,
        state: RotationState,
        context: RotationContext,
        interaction: Interaction,
        signer: Signer,
        operations: KeyOperations,
    ) -> None:
        self._state = state
        self._context = context
        self._interaction = interaction
        self._signer = signer
        self._operations = operations
        # Some return what is held until their outcome is in the journal.
        self._actions: Mapping[str, Callable[[], AbstractContextManager[object] | None]] = {
            table.CLEAN_UP: self._clean_up_orphan,
            table.MAKE_ROOM: self._make_room,
            table.CREATE: self._create,
            table.STORE: self._store,
            table.VERIFY: self._verify,
            table.SWITCH: self._switch,
            table.DEACTIVATE: self._deactivate,
            table.CHECK: self._check,
            table.DELETE: self._delete,
            table.FORGET: self._forget,
            table.REACTIVATE: self._reactivate,
            table.SWITCH_BACK: self._switch_back,
            table.DISCARD: self._discard,
            table.FORGET_NEW: self._forget_new,
        }
        # What the journal keeps with the intent.
        self._details: Mapping[str, Callable[[], dict[str, Any]]] = {
            table.CREATE: self._before_create,
            table.STORE: self._before_store,
            table.SWITCH: self._before_switch,
        }

    # -- one stage -------------------------------------------------------------------------

    def go_through(self, stage: table.Stage) -> None:
        """Do a stage, if it is needed. After a failure, ``state.stage`` is the one that failed."""
        if not self._is_needed(stage):
            return
        self._pause_before(stage)
        outer, self._state.stage = self._state.stage, stage
        self._state.journal.write(stage.name, INTENT, **self._details.get(stage.name, dict)())
        words = {"old": self._state.old, "new": self._state.new, "other": self._state.options.other}
        self._interaction.tell(stage.description.format(**words))
        with self._actions[stage.name]() or contextlib.nullcontext():
            self._state.journal.write(stage.name, DONE)
        self._state.stage = outer
        self._state.done.append((stage.name, self._context.clock()))

    def _pause_before(self, stage: table.Stage) -> None:
        """Wait as the table has it: nothing that AWS could be asked would make this shorter."""
        if stage.pause:
            self._interaction.tell(stage.reason_for_pause)
            self._context.sleep(stage.pause)

    def _is_needed(self, stage: table.Stage) -> bool:
        if stage.name == table.MAKE_ROOM:
            return self._state.options.other is not None
        if stage.name == table.CLEAN_UP:
            return self._state.new is not None or bool(self._unanswered())
        if stage.name == table.SWITCH_BACK:
            return self._state.new is not None and (
                bool(users_of(self._state.new, self._context.files_now()))
                or bool(self._context.pointers_elsewhere(self._state.new))
            )
        return True

    # -- a new key -------------------------------------------------------------------------

    def _clean_up_orphan(self) -> None:
        """Delete what an earlier CreateAccessKey may have left, whose secret nobody knows."""
        if self._state.new:  # we had the answer, so the key is ours
            self._switch_back()
            self._discard()
            self._forget_new()
            self._state.journal.facts["new"] = None
            return
        requests = self._unanswered()
        known = {*requests[0]["before"], *(line["new"] for line in self._state.journal.entries)}
        while found := self._unknown_keys(known):
            orphan = self._orphan_among(found, requests)
            if self._delete_orphan(orphan):
                return
            known.add(orphan.id)  # already deleted, but still listed

    def _unanswered(self) -> list[dict[str, Any]]:
        """The intents of CreateAccessKey whose outcome is not known: each may have made a key."""
        requests: list[dict[str, Any]] = []
        for line in self._state.journal.entries:
            if line["stage"] == table.CREATE and line["event"] == INTENT:
                requests.append(line["detail"])
            elif line["stage"] == table.CREATE:
                requests.pop()
        return requests

    def _unknown_keys(self, known: set[str]) -> list[KeyInfo]:
        """The user's keys that are not ``known``. Waits as long as IAM may not list a new one."""
        deadline = Deadline(self._context, LIST_LAG)
        while True:
            listed, now = self._operations.list_keys()
            found = [key for key in listed if key.id not in known]
            if found or not (self._operations.may_be_unlisted(now) and deadline.wait()):
                return found

    def _orphan_among(self, found: list[KeyInfo], requests: list[dict[str, Any]]) -> KeyInfo:
        """The key of a lost answer. Raises RotationUnfinished if it may be somebody else's."""
        early, late = ORPHAN_WINDOW
        key = found[0]
        in_time = any(at["at"] - early <= key.created <= at["at"] + late for at in requests)
        unused = self._signer.signed(lambda iam: iam.last_used(key.id)).when is None
        if len(found) == 1 and in_time and unused:
            return key
        shown = ", ".join(f"{key.id} (created {format_iso(key.created)})" for key in found)
        raise RotationUnfinished(
            f"{escaped(self._state.user)} has new keys since the rotation of {self._state.old} "
            f"began: {shown}. One of them may be the key that AWS created when its answer was "
            "lost, or somebody else's",
            code="ambiguous-key",
            hint=f"`awscreds keys list --profile {self._state.shown_profile}` shows when they "
            "were created and used; delete the one that nobody needs (awscreds keys delete ID "
            "--profile NAME), then: awscreds rotate --resume",
        )

    def _delete_orphan(self, key: KeyInfo) -> bool:
        """Delete it if somebody agrees; False if it no longer exists.

        Until then it stays as it is: it may be the only key of another computer that rotated the
        same one at that time, and without its secret nobody can do harm with it.
        """
        question = (
            f"AWS created {key.id} at {format_iso(key.created)}, but its answer was lost, so "
            "this computer does not have the secret. If another computer rotated the same key at "
            "that time, this one is in use there: AWS shows that only hours later. Delete it?"
        )
        if not self._interaction.ask(question):
            profile = quoted(self._state.profiles[0])
            raise RotationUnfinished(
                f"the key {key.id}, whose secret this computer does not have, still exists",
                code="orphan-kept",
                hint="if no other computer uses it (`awscreds keys list --profile "
                f"{profile}` shows when it was used), delete it and continue: "
                "awscreds rotate --resume --yes",
            )
        if not self._operations.set_status(key.id, active=False):
            return False
        return self._signer.signed(lambda iam: iam.delete_access_key(self._state.user, key.id))

    def _make_room(self) -> None:
        other = self._state.options.other
        if other is None:
            return
        users = [escaped(profile.name) for profile in users_of(other, self._context.files_now())]
        users += map(str, self._context.pointers_elsewhere(other))
        if users:
            raise AwscredsError(
                f"the key {other}, which should be deleted to make room, is now used by "
                f"{', '.join(users)}",
                code="two-keys",
                hint="give these profiles another key (awscreds configure --profile NAME), then: "
                f"awscreds keys delete {other} --profile {self._state.shown_profile}",
            )
        self._signer.signed(lambda iam: iam.delete_access_key(self._state.user, other))
        self._context.note_deleted(other)
        self._context.erase(other)
        self._context.forget_sessions(other)

    def _before_create(self) -> dict[str, Any]:
        listed, now = self._operations.list_keys()
        return {"before": [key.id for key in listed], "at": now}

    def _create(self) -> AbstractContextManager[object]:
        """Ask for a key. Each request has its own intent: by its time, a lost key can be found.

        The key of a lost answer fills one of the two places, and IAM may list it late.
        """
        deadline = Deadline(self._context, LIMIT)
        failures = 0
        while True:
            try:
                return self._ask_for_key()
            except AwsError as error:
                is_lost = isinstance(error, AnswerLost)
                if not is_lost:
                    self._state.journal.write(table.CREATE, REFUSED)
                is_full = error.aws_code == "LimitExceeded" and bool(self._unanswered())
                if is_lost or is_full:
                    failures += 1
                    self.go_through(table.STAGES[table.CLEAN_UP])
                    if failures == TRIES:
                        raise self._no_key(is_full=is_full) from None
                elif not (is_passing(error) and deadline.wait(error)):
                    raise
            self._state.journal.write(table.CREATE, INTENT, **self._before_create())

    def _ask_for_key(self) -> AbstractContextManager[object]:
        """Ask once. Ctrl-C waits until the journal has the new key: or the answer would be lost."""
        with contextlib.ExitStack() as held:
            held.enter_context(signals_held(lambda: self._interaction.tell(_WAITS_FOR_KEY)))
            made = self._signer.signed(
                lambda iam: iam.create_access_key(self._state.user), patient=False
            )
            self._require_new(made.key.id)
            self._state.created, self._state.created_at = made.key, made.created
            self._state.journal.facts["new"] = made.key.id
            return held.pop_all()

    def _require_new(self, key_id: str) -> None:
        """Raise AwsError if an existing key would be overwritten in the store."""
        before = self._state.journal.details(table.CREATE, INTENT)[-1]["before"]
        if key_id not in (self._state.old, *before):
            return
        raise AwsError(
            f"the answer to CreateAccessKey names {key_id}, which existed before: nothing was "
            "stored",
            code="aws-unreadable",
            hint="check what answers at the endpoint; `awscreds keys list "
            f"--profile {self._state.shown_profile}` shows the user's keys",
        )

    def _no_key(self, *, is_full: bool) -> AwscredsError:
        if is_full:
            return RotationUnfinished(
                f"{escaped(self._state.user)} has two keys, but AWS lists only one: the other "
                "was created when an answer was lost",
                code="key-not-listed",
                hint="wait some minutes, then: awscreds rotate --resume",
            )
        return AwsError(
            f"AWS was asked {TRIES} times for a new key, and each answer was lost; the keys "
            "it created were deleted",
            code=AnswerLost.default_code,
            hint="try again later",
        )

    def _before_store(self) -> dict[str, Any]:
        return {"copies_old": not self._is_old_stored()}

    def _store(self) -> None:
        if self._state.created is None:
            raise EntryMissing(f"the secret of {self._state.new} is lost")
        # First the old one, if it is only in plaintext: as soon as the new one is stored, the old
        # one may be removed from the files.
        if not self._is_old_stored():
            self._context.new_store().keep_access_key(self._signer.old_key())
        self._context.new_store().keep_access_key(self._state.created)
        self._state.created = None

    def _is_old_stored(self) -> bool:
        return (
            self._context.store_of(self._state.old).find_access_key(self._state.old)
            == self._signer.old_key()
        )

    def _verify(self) -> None:
        new = self._signer.kept(self._state.new)
        self._context.note_key(new.id, self._signer.require_working(new), self._state.created_at)

    # -- the new one for the old one -------------------------------------------------------

    def _before_switch(self) -> dict[str, Any]:
        if self._state.options.keep_plaintext:
            return {"moves": []}
        users = users_of(self._state.old, self._context.files_now())
        return {
            "moves": [
                user.name
                for user in users
                if moves_to_store(user, self._state.old, self._state.new)
            ]
        }

    def _switch(self) -> None:
        self._operations.point(
            self._state.old,
            self._signer.kept(self._state.new),
            keep_plaintext=self._state.options.keep_plaintext,
        )

    def _deactivate(self) -> None:
        self.require_replaced()
        self._operations.set_status(self._state.old, active=False)

    def _check(self) -> None:
        self._signer.require_working(self._signer.kept(self._state.new))
        # Last: whoever activates it again while we look has a reason.
        self._operations.require_inactive(self._state.old)

    def _delete(self) -> None:
        self.require_replaced()
        self._signer.signed(lambda iam: iam.delete_access_key(self._state.user, self._state.old))

    def _forget(self) -> None:
        self._context.note_deleted(self._state.old)
        self._context.erase(self._state.old)
        self._operations.drop_spare_copy(self._state.new)
        # Last: a resumed rotation may sign with a session of the old key.
        self._context.forget_sessions(self._state.old)

    def require_replaced(self) -> None:
        """The last check before the old key goes: the new one is stored, the old one is unused."""
        self._signer.kept(self._state.new)
        profiles = self._context.files_now()
        users = users_of(self._state.old, profiles)
        if users:
            names = ", ".join(escaped(profile.name) for profile in users)
            raise RotationUnfinished(
                f"the old key {self._state.old} is in the AWS files again: another program has "
                f"written them ({names})",
                code="old-key-in-use",
                hint=f"`awscreds rotate --resume` switches {names} to {self._state.new} and "
                "continues",
            )
        if elsewhere := self._context.pointers_elsewhere(self._state.old):
            raise RotationUnfinished(
                f"the old key {self._state.old} is used by {', '.join(map(str, elsewhere))}",
                code="old-key-in-use",
                hint=f"`awscreds rotate --resume` switches them to {self._state.new} and continues",
            )
        files = self._context.files
        paths = files.config_path, files.credentials_path
        if places := shadowed_definitions(self._state.old, profiles, paths):
            raise RotationUnfinished(
                f"the old key {self._state.old} is still at {' and '.join(places)}, which the "
                "AWS CLI and boto3 ignore, but other SDKs may read",
                code="old-key-in-use",
                hint="remove it there, then: awscreds rotate --resume",
            )

    # -- the way back ----------------------------------------------------------------------

    def _reactivate(self) -> None:
        listed, _ = self._operations.list_keys()
        state = state_of(listed, self._state.old)
        # Also if it is listed as active: IAM may list late what we did.
        deactivated = self._state.is_intended(table.DEACTIVATE)
        if deactivated and not self._operations.set_status(self._state.old, active=True):
            state = table.GONE
        if state == table.GONE:
            raise RotationUnfinished(
                f"the old key {self._state.old} does not exist any longer",
                code="no-way-back",
                hint=f"`awscreds keys list --profile {self._state.shown_profile}` shows what AWS "
                "has; `awscreds rotate --resume` continues from there",
            )
        if state == table.INACTIVE and not deactivated:
            raise RotationUnfinished(
                f"somebody has deactivated the old key {self._state.old}",
                code="no-way-back",
                hint="ask why; when it is active again, `awscreds rotate --resume` continues",
            )
        self._signer.require_working(self._signer.old_key())

    def _switch_back(self) -> None:
        if self._state.new:
            self._operations.point(self._state.new, self._signer.old_key(), keep_plaintext=True)

    def _discard(self) -> None:
        new = self._state.new
        if new is None:
            return
        deadline = Deadline(self._context, LIST_LAG)
        # If there is no such key, IAM may not know it yet.
        while not self._signer.signed(lambda iam: iam.delete_access_key(self._state.user, new)):
            _, now = self._operations.list_keys()
            if not (self._operations.may_be_unlisted(now) and deadline.wait()):
                return

    def _forget_new(self) -> None:
        if self._state.new:
            self._context.erase(self._state.new)
            self._context.forget_sessions(self._state.new)
        if any(
            detail.get("copies_old") for detail in self._state.journal.details(table.STORE, INTENT)
        ):
            self._operations.drop_spare_copy(self._state.old)

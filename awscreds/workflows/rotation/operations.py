"""What several stages of a rotation do: list keys, change their status, point profiles to them."""

from __future__ import annotations

from awscreds.errors import AwsError, RotationUnfinished
from awscreds.model import rotation as table
from awscreds.model.credential_process import POINTER
from awscreds.model.key_usage import users_of
from awscreds.stores.journal import INTENT
from awscreds.workflows.rotation.repoint import repoint
from awscreds.workflows.rotation.waiting import LIMIT, LIST_LAG, Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.aws.iam import KeyInfo
    from awscreds.model.credentials import AccessKey
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.signer import Signer
    from awscreds.workflows.rotation.state import RotationState


class KeyOperations:
    """The operations on the keys of one rotation, signed as the current stage demands it."""

    def __init__(self, state: RotationState, context: RotationContext, signer: Signer) -> None:
        self._state = state
        self._context = context
        self._signer = signer

    def list_keys(self) -> tuple[list[KeyInfo], float]:
        """The user's keys, and the time of that by AWS's clock."""
        return self._signer.signed(
            lambda iam: (iam.list_access_keys(self._state.user), iam.server_time())
        )

    def list_with_new(self) -> list[KeyInfo]:
        """The user's keys. Waits for a new one that IAM may not list yet."""
        deadline = Deadline(self._context, LIST_LAG)
        while True:
            listed, now = self.list_keys()
            is_listed = self._state.new is None or state_of(listed, self._state.new) != table.GONE
            if is_listed or not (self.may_be_unlisted(now) and deadline.wait()):
                return listed

    def may_be_unlisted(self, now: float) -> bool:
        """Whether the last CreateAccessKey is so recent that IAM may not list its key."""
        asked = self._state.journal.find(table.CREATE, INTENT)
        return asked is not None and now <= asked["at"] + LIST_LAG

    def require_inactive(self, key_id: str) -> None:
        """Wait until IAM no longer lists a key as active. Raises RotationUnfinished after LIMIT."""
        deadline = Deadline(self._context, LIMIT)
        while state_of(self.list_keys()[0], key_id) == table.ACTIVE:
            if not deadline.wait():
                raise RotationUnfinished(
                    f"AWS still lists the old key {key_id} as active, {LIMIT:.0f} seconds after "
                    "it was deactivated; it is not deleted",
                    code="old-key-active",
                    hint="if somebody activated it again, ask why; `awscreds rotate --resume` "
                    "deactivates and deletes it",
                )

    def set_status(self, key_id: str, *, active: bool) -> bool:
        """Make a key active or inactive; False if there is no such key."""
        try:
            self._signer.signed(
                lambda iam: iam.update_access_key(self._state.user, key_id, active=active)
            )
        except AwsError as error:
            if error.aws_code != "NoSuchEntity":
                raise
            return False
        return True

    def point(self, former: str, key: AccessKey, *, keep_plaintext: bool) -> None:
        """Let every profile that uses ``former`` use ``key``, in all config files."""
        stored = [
            found
            for key_id in (former, key.id)
            if (found := self._context.store_of(key_id).find_access_key(key_id))
        ]
        with self._context.pointing_to(key.id):
            names = self._context.files.edit(
                lambda documents: repoint(
                    documents,
                    former,
                    key,
                    keep_plaintext=keep_plaintext,
                    process_line=self._context.process_line,
                ),
                settled={found.secret for found in stored},
            )
            self._context.move_pointers_elsewhere(former, key.id)
        facts = self._state.journal.facts
        facts["profiles"] = sorted({*facts["profiles"], *names})

    def drop_spare_copy(self, key_id: str | None) -> None:
        """Erase the stored copy of a key that all its profiles have in plaintext."""
        users = users_of(key_id, self._context.files_now()) if key_id else []
        if not key_id or not users or any(profile.get(POINTER) == key_id for profile in users):
            return
        if not self._context.pointers_elsewhere(key_id):
            self._context.erase(key_id)


def state_of(listed: list[KeyInfo], key_id: str | None) -> str:
    """ACTIVE, INACTIVE or GONE: the status of a key among those that IAM lists."""
    for key in listed:
        if key.id == key_id:
            return table.ACTIVE if key.is_active else table.INACTIVE
    return table.GONE

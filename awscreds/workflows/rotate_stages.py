"""What each stage of a rotation does: intent, deed, outcome.

Every deed can be done again. What is about to happen is in the journal before it does, and what
came of it after.
"""

from __future__ import annotations

from awscreds.errors import (
    AwscredsError,
    AwsError,
    EntryMissing,
    RotationUnfinished,
    SecretStoreError,
)
from awscreds.iam import AnswerLost, user_name_of
from awscreds.model import rotation as table
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.instants import iso
from awscreds.model.profile import KEY_ID, SECRET, Profiles
from awscreds.model.serving import POINTER
from awscreds.model.text import visible
from awscreds.stores.journal import DONE, INTENT
from awscreds.workflows.rotate_switch import repoint, users_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar

    from awscreds.aws import Identity
    from awscreds.iam import CreatedKey, KeyInfo, LastUsed
    from awscreds.stores.awsfiles import AwsFiles
    from awscreds.stores.home import Home
    from awscreds.stores.journal import Journal
    from awscreds.stores.secrets import SecretStore

    Credentials = AccessKey | Session
    T = TypeVar("T")

    class Iam(Protocol):
        """What of ``iam.Iam`` a rotation is made of."""

        def list_access_keys(self, user_name: str | None) -> list[KeyInfo]: ...
        def create_access_key(self, user_name: str | None) -> CreatedKey: ...
        def update_access_key(
            self, user_name: str | None, key_id: str, *, active: bool
        ) -> None: ...
        def delete_access_key(self, user_name: str | None, key_id: str) -> bool: ...
        def last_used(self, key_id: str) -> LastUsed: ...
        def can_update(self, user_name: str | None) -> bool: ...
        def can_delete(self, user_name: str | None) -> bool: ...
        def server_time(self) -> float: ...

    class Means(Protocol):
        """What a rotation works with. ``ask`` is False where nobody agrees."""

        home: Home
        files: AwsFiles

        def store_of(self, key_id: str) -> SecretStore: ...
        def new_store(self) -> SecretStore: ...
        def note_key(self, key_id: str, identity: Identity, created: float | None) -> None: ...
        def process_line(self, profile: str) -> str: ...
        def iam(self, credentials: Credentials) -> Iam: ...
        def identity(self, credentials: Credentials) -> Identity: ...
        def session(self, key: AccessKey, serial: str, *, may_ask: bool) -> Session: ...
        def device_of(self, key: AccessKey) -> str | None: ...
        def forget_sessions(self, key_id: str) -> None: ...
        def clock(self) -> float: ...
        def sleep(self, seconds: float) -> None: ...
        def tell(self, text: str) -> None: ...
        def ask(self, question: str) -> bool: ...


CHECKS = 3
"""Successful calls in a row that show that a key works: one alone shows nothing while it spreads.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"""
CHECK_PAUSE = 2.0
"""Seconds between them."""
LIMIT = 60.0
"""Seconds a new key may take until it works."""
LIST_LAG = 10.0
"""Seconds for which a key that was made may be missing in ListAccessKeys."""
ORPHAN_WINDOW = (2.0, 60.0)
"""Seconds before and after a request, by AWS's clock, in which its key may be created."""
TRIES = 3
"""How often a new key is asked for, where answers get lost."""

_NOT_YET = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_BUSY = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})


class Choices:
    """What the user asked for of one rotation; it stands in the journal for whoever resumes.

    ``grace`` in seconds. ``keep_old`` is ``active``, ``inactive`` or None. ``other`` is the id of
    the key that goes to make room. ``mfa_serial`` is the device of the MFA session that IAM wants.
    """

    def __init__(
        self,
        *,
        grace: float = 0,
        keep_old: str | None = None,
        keep_plaintext: bool = False,
        other: str | None = None,
        mfa_serial: str | None = None,
    ) -> None:
        self.grace = grace
        self.keep_old = keep_old
        self.keep_plaintext = keep_plaintext
        self.other = other
        self.mfa_serial = mfa_serial


class Stages:
    """The stages of one rotation. ``done`` is what has been done so far: (stage, time).

    ``old_key`` and ``session`` are what signs, as far as they are at hand.
    """

    def __init__(
        self,
        journal: Journal,
        means: Means,
        choices: Choices,
        *,
        old_key: AccessKey | None = None,
        session: Session | None = None,
    ) -> None:
        self._journal = journal
        self._means = means
        self.choices = choices
        # What signs is at hand until the end, should the store be locked meanwhile.
        self._old_key = old_key
        self._session = session
        self._created: AccessKey | None = None
        self._created_at: float | None = None
        self._stage: table.Stage | None = None
        self.done: list[tuple[str, float]] = []

    @property
    def old(self) -> str:
        return str(self._journal.facts["old"])

    @property
    def new(self) -> str | None:
        """The id of the new key, as soon as it is known."""
        new: str | None = self._journal.facts["new"]
        return new

    @property
    def user(self) -> str:
        return str(self._journal.facts["user"])

    @property
    def account(self) -> str:
        return str(self._journal.facts["account"])

    @property
    def profiles(self) -> list[str]:
        return list(self._journal.facts["profiles"])

    # -- one stage -------------------------------------------------------------------------

    def _go_through(self, stage: table.Stage) -> None:
        if not self._is_needed(stage):
            return
        self._stage = stage
        name = stage.name.replace("-", "_")
        prepare: Callable[[], dict[str, Any]] = getattr(self, f"_before_{name}", dict)
        self._journal.write(stage.name, INTENT, **prepare())
        words = {"old": self.old, "new": self.new, "other": self.choices.other}
        self._means.tell(stage.does.format(**words))
        act: Callable[[], None] = getattr(self, f"_{name}")
        act()
        self._journal.write(stage.name, DONE)
        self.done.append((stage.name, self._means.clock()))

    def _is_needed(self, stage: table.Stage) -> bool:
        if stage.name == table.MAKE_ROOM:
            return self.choices.other is not None
        if stage.name == table.SETTLE:
            return self._intended(table.CREATE)
        if stage.name == table.SWITCH_BACK:
            return self.new is not None and bool(users_of(self.new, self._profiles()))
        return True

    def _intended(self, stage: str) -> bool:
        return self._journal.find(stage, INTENT) is not None

    # -- what is read ----------------------------------------------------------------------

    def _require_owner(self, credentials: Credentials) -> None:
        identity = self._means.identity(credentials)
        facts = self._journal.facts
        if (identity.account, user_name_of(identity)) != (facts["account"], facts["user"]):
            raise RotationUnfinished(
                f"the rotation of {self.old} is that of {visible(facts['user'])} in account "
                f"{facts['account']}, and these keys belong to {visible(identity.arn)}",
                code="other-owner",
                hint=f"the journal is {self._journal.path}",
            )

    def _read(self, key_id: str | None) -> AccessKey | None:
        """A key with its secret, from the store or from the files; None where neither has it."""
        if key_id is None:
            return None
        stored = self._means.store_of(key_id).find_access_key(key_id)
        return stored or plaintext_key(key_id, self._profiles())

    def _kept(self, key_id: str | None) -> AccessKey:
        key = self._read(key_id)
        if key is None:
            raise EntryMissing(f"the secret of {key_id} is in no store any more")
        return key

    def _profiles(self) -> Profiles:
        documents = self._means.files.load()
        return Profiles(documents.config, documents.credentials)

    # -- signing and waiting ---------------------------------------------------------------

    def _signed(self, call: Callable[[Iam], T]) -> T:
        """What ``call`` returns, signed as the stage at hand wants it."""
        signed_by = self._stage.signed_by if self._stage else table.SIGNER
        session = self._session
        if session:
            return self._patiently(lambda: call(self._means.iam(session)))
        if signed_by != table.EITHER:
            if signed_by == table.NEW_KEY:
                key = self._kept(self.new)
            else:
                key = self._old_key or self._kept(self.old)
            return self._patiently(lambda: call(self._means.iam(key)))
        keys = [key for key in (self._read(self.new), self._read(self.old)) if key]

        def by_any() -> T:
            refusal = AwsError(f"no key of {visible(self.user)} is accepted")
            for key in keys:
                try:
                    return call(self._means.iam(key))
                except AwsError as error:
                    if error.aws_code not in _NOT_YET:
                        raise
                    refusal = error
            raise refusal

        return self._patiently(by_any)

    def _patiently(self, call: Callable[[], T]) -> T:
        """What ``call`` returns, where it may take a while until AWS knows a key everywhere."""
        end = self._means.clock() + LIMIT
        pause = 1.0
        while True:
            try:
                return call()
            except AwsError as error:
                waits = error.aws_code in _NOT_YET or error.aws_code in _BUSY
                if not waits or self._means.clock() + pause > end:
                    raise
            self._means.sleep(pause)
            pause = min(pause * 2, 8.0)

    def _require_working(self, key: AccessKey) -> None:
        """Return after enough good answers in a row; raise AwscredsError at the end of LIMIT."""
        end = self._means.clock() + LIMIT
        good = 0
        refusal: AwsError | None = None
        while True:
            try:
                self._require_owner(key)
                good += 1
            except AwsError as error:
                good, refusal = 0, error
            if good:
                self._means.tell(f"AWS accepts {key.id}: {good} of {CHECKS}")
            if good == CHECKS:
                return
            if self._means.clock() + CHECK_PAUSE > end:
                if refusal and is_out_of_reach(refusal):
                    raise refusal
                last = f" (its last refusal: {refusal.message})" if refusal else ""
                raise AwscredsError(
                    f"AWS did not accept {key.id} {CHECKS} times in a row within {LIMIT:.0f} "
                    f"seconds{last}",
                    code="verify-failed",
                )
            self._means.sleep(CHECK_PAUSE)

    # -- the stages ------------------------------------------------------------------------

    def _settle(self) -> None:
        """Delete what an earlier CreateAccessKey may have left, whose secret nobody knows."""
        if self.new:  # ours, by the answer that we had
            new = self.new
            self._signed(lambda iam: iam.delete_access_key(self.user, new))
            self._means.store_of(new).erase(new)
            self._journal.facts["new"] = None
            return
        asked = self._journal.find(table.CREATE, INTENT)
        if asked is not None and (orphan := self._orphan(asked)):
            self._delete_orphan(orphan)

    def _orphan(self, asked: dict[str, Any]) -> KeyInfo | None:
        """The key that the lost answer told of; None where AWS made none."""
        extra: list[KeyInfo] = []
        waited = 0.0
        while not extra and waited <= LIST_LAG:
            listed = self._signed(lambda iam: iam.list_access_keys(self.user))
            extra = [key for key in listed if key.id not in asked["before"]]
            if not extra:
                if self._signed(lambda iam: iam.server_time()) > asked["at"] + LIST_LAG:
                    return None
                self._means.sleep(CHECK_PAUSE)
                waited += CHECK_PAUSE
        if not extra:
            return None
        early, late = ORPHAN_WINDOW
        (key, *more) = extra
        in_time = asked["at"] - early <= key.created <= asked["at"] + late
        unused = self._signed(lambda iam: iam.last_used(key.id)).when is None
        if more or not in_time or not unused:
            shown = ", ".join(f"{key.id} (created {iso(key.created)})" for key in extra)
            raise RotationUnfinished(
                f"{visible(self.user)} has keys that were not there when the rotation of "
                f"{self.old} began: {shown}. One of them may be the key whose answer was lost, or "
                "somebody else's",
                code="ambiguous-key",
                hint="awscreds keys list shows when they were made and used; delete the one that "
                "is nobody's (awscreds keys delete ID), then: awscreds rotate --resume",
            )
        return key

    def _delete_orphan(self, key: KeyInfo) -> None:
        self._signed(lambda iam: iam.update_access_key(self.user, key.id, active=False))
        question = (
            f"{key.id} was made at {iso(key.created)}, when the answer of AWS was lost, and has "
            "never been used: nobody has its secret. It is inactive now. Delete it?"
        )
        if not self._means.ask(question):
            raise RotationUnfinished(
                f"the key {key.id} of a lost answer is still there, inactive",
                code="orphan-kept",
                hint="awscreds rotate --resume --yes deletes it and goes on",
            )
        self._signed(lambda iam: iam.delete_access_key(self.user, key.id))

    def _make_room(self) -> None:
        other = self.choices.other
        if other is None:
            return
        self._signed(lambda iam: iam.delete_access_key(self.user, other))
        if not users_of(other, self._profiles()):
            self._means.store_of(other).erase(other)
            self._means.forget_sessions(other)

    def _before_create(self) -> dict[str, Any]:
        listed = self._signed(lambda iam: iam.list_access_keys(self.user))
        at = self._signed(lambda iam: iam.server_time())
        return {"before": [key.id for key in listed], "at": at}

    def _create(self) -> None:
        for remaining in reversed(range(TRIES)):
            try:
                made = self._signed(lambda iam: iam.create_access_key(self.user))
            except AnswerLost:
                create = self._stage
                self._go_through(table.STAGES[table.SETTLE])
                self._stage = create
                if not remaining:
                    raise
                self._journal.write(table.CREATE, INTENT, **self._before_create())
            else:
                self._created, self._created_at = made.key, made.created
                self._journal.facts["new"] = made.key.id
                return

    def _store(self) -> None:
        if self._created is None:
            raise EntryMissing(f"the secret of {self.new} is not known any more")
        store = self._means.new_store()
        store.keep_access_key(self._created)
        if self._means.store_of(self.old).find_access_key(self.old) is None:
            # A plaintext key: both are in the store until the end.
            store.keep_access_key(self._kept(self.old))
        self._created = None

    def _verify(self) -> None:
        new = self._kept(self.new)
        self._require_working(new)
        self._means.note_key(new.id, self._means.identity(new), self._created_at)

    def _switch(self) -> None:
        self._point(self.old, self._kept(self.new), keep_plaintext=self.choices.keep_plaintext)

    def _deactivate(self) -> None:
        self._kept(self.new)  # the last look, before the old key goes
        self._set_old(active=False)

    def _check(self) -> None:
        self._require_working(self._kept(self.new))

    def _delete(self) -> None:
        self._kept(self.new)
        self._signed(lambda iam: iam.delete_access_key(self.user, self.old))

    def _forget(self) -> None:
        self._means.store_of(self.old).erase(self.old)
        self._drop_spare_copy()
        # The last thing: a session of the old key may be what a resumed rotation signs with.
        self._means.forget_sessions(self.old)

    def _reactivate(self) -> None:
        listed = self._signed(lambda iam: iam.list_access_keys(self.user))
        state = state_of(listed, self.old)
        if state == table.GONE:
            raise RotationUnfinished(
                f"the old key {self.old} is not there any more, and {self.new} does not work",
                code="no-key-left",
                hint="let an administrator look at the keys of this user",
            )
        if state == table.INACTIVE:
            self._set_old(active=True)
        self._require_working(self._kept(self.old))

    def _switch_back(self) -> None:
        if self.new:
            self._point(self.new, self._kept(self.old), keep_plaintext=True)

    def _discard(self) -> None:
        new = self.new
        if new:
            self._signed(lambda iam: iam.delete_access_key(self.user, new))

    def _forget_new(self) -> None:
        if self.new:
            self._means.store_of(self.new).erase(self.new)
            self._means.forget_sessions(self.new)

    def _set_old(self, *, active: bool) -> None:
        try:
            self._signed(lambda iam: iam.update_access_key(self.user, self.old, active=active))
        except AwsError as error:
            if active or error.aws_code != "NoSuchEntity":
                raise

    def _point(self, former: str, key: AccessKey, *, keep_plaintext: bool) -> None:
        names = self._means.files.edit(
            lambda documents: repoint(
                documents,
                former,
                key,
                keep_plaintext=keep_plaintext,
                process_line=self._means.process_line,
            )
        )
        self._journal.facts["profiles"] = sorted({*self._journal.facts["profiles"], *names})

    def _drop_spare_copy(self) -> None:
        """Erase the stored copy of a new key that all its profiles have in plaintext."""
        users = users_of(self.new, self._profiles()) if self.new else []
        if self.new and users and all(p.config.get(POINTER) != self.new for p in users):
            self._means.store_of(self.new).erase(self.new)


def plaintext_key(key_id: str, profiles: Profiles) -> AccessKey | None:
    """The key ``key_id`` as it stands in plaintext in either file."""
    for profile in users_of(key_id, profiles):
        for values in (profile.credentials, profile.config):
            secret = values.get(SECRET)
            if values.get(KEY_ID) == key_id and isinstance(secret, str) and secret:
                return AccessKey(key_id, secret)
    return None


def state_of(listed: list[KeyInfo], key_id: str | None) -> str:
    for key in listed:
        if key.id == key_id:
            return table.ACTIVE if key.is_active else table.INACTIVE
    return table.GONE


def is_out_of_reach(error: AwscredsError) -> bool:
    """Whether AWS or the store could not be asked at all."""
    if isinstance(error, AwsError):
        return error.aws_code is None
    return isinstance(error, SecretStoreError)

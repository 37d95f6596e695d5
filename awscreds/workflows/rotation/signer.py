"""What signs the calls of a rotation, and how long AWS is waited for.

A key that is made, made active, made inactive or deleted is so everywhere only after some seconds,
and until then now here, now there. IAM may list it late as well.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.iam import user_name_of
from awscreds.errors import (
    AwscredsError,
    AwsError,
    EntryMissing,
    RotationUnfinished,
    SecretStoreError,
)
from awscreds.model import rotation as table
from awscreds.model.credentials import Session
from awscreds.model.profile import Profiles
from awscreds.model.text import escaped, quoted
from awscreds.workflows.gate import require_recorded
from awscreds.workflows.rotation.repoint import plaintext_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.stores.journal import Journal
    from awscreds.workflows.rotation.context import Credentials, Iam, RotationContext

    T = TypeVar("T")

CHECKS = 3
"""Successful calls in a row that show that a key works: one shows nothing while it spreads."""
CHECK_PAUSE = 2.0
"""Seconds between them."""
LIMIT = 60.0
"""Seconds a key may take until it works."""
CLOCK_JUMP = 20.0
"""Seconds that no call takes: where more have gone by, this machine's clock was set."""

_UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_OF_NO_USE = _UNKNOWN_KEY | {"ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch"}
_BUSY = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})


class Deadline:
    """Seconds to spend on waiting, which a clock that is set meanwhile makes neither more nor less.

    What passes between two waits counts too: calls take their time.
    """

    def __init__(self, means: RotationContext, seconds: float) -> None:
        self._means = means
        self._left = seconds
        self._since = means.clock()

    def wait(self, pause: float) -> bool:
        """Sleep for ``pause`` seconds; False, at once, where so many are not left."""
        self._left -= min(max(self._means.clock() - self._since, 0.0), CLOCK_JUMP)
        self._left -= pause
        if self._left >= 0:
            self._means.sleep(pause)
        self._since = self._means.clock()
        return self._left >= 0


class Signer:
    """The keys of one rotation, and calls that are signed with them.

    ``old_key`` and ``session`` are what signs, as far as they are at hand: until the end, should
    the store be locked meanwhile.
    """

    def __init__(
        self,
        journal: Journal,
        means: RotationContext,
        choices: table.RotationOptions,
        *,
        old_key: AccessKey | None = None,
        session: Session | None = None,
    ) -> None:
        self._journal = journal
        self._means = means
        self.choices = choices
        self._old_key = old_key
        self._session = session
        self._stage: table.Stage | None = None
        """The one that is being gone through."""

    # -- what the rotation is about --------------------------------------------------------

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

    # -- keys ------------------------------------------------------------------------------

    def _read(self, key_id: str | None) -> AccessKey | None:
        """A key with its secret, from the files or the store; None where neither has it."""
        if key_id is None:
            return None
        plain = plaintext_key(key_id, self._files_now())
        return plain or self._means.store_of(key_id).find_access_key(key_id)

    def _kept(self, key_id: str | None) -> AccessKey:
        key = self._read(key_id)
        if key is None:
            raise EntryMissing(f"the secret of {key_id} is in no store any more")
        return key

    def _old(self) -> AccessKey:
        return self._old_key or self._kept(self.old)

    def _files_now(self) -> Profiles:
        documents = self._means.files.load()
        return Profiles(documents.config, documents.credentials)

    # -- signing ---------------------------------------------------------------------------

    def _signed(self, call: Callable[[Iam], T], *, patient: bool = True) -> T:
        """What ``call`` returns, signed as the stage at hand wants it.

        ``patient``: asked again where AWS is busy, or does not know the key yet.
        """
        by = self._stage.signed_by if self._stage else table.EITHER

        def attempt() -> T:
            if by == table.EITHER:
                return self._signed_by_any(call)
            return call(self._means.iam(self._signer(by)))

        try:
            return self._patiently(attempt) if patient else attempt()
        except AwsError as error:
            if error.aws_code in ACCESS_DENIED:
                error.hint = (
                    f"`awscreds policy rotate --profile {quoted(self.profiles[0])}` prints the "
                    "policy that an administrator can attach"
                )
            raise

    def _signer(self, by: str) -> Credentials:
        if self._session:
            return self._session
        return self._kept(self.new) if by == table.NEW_KEY else self._old()

    def _signed_by_any(self, call: Callable[[Iam], T]) -> T:
        """What ``call`` returns, signed with whatever AWS accepts of this user."""
        tried = []
        refusal = None
        for credentials in self._credentials():
            tried.append(credentials.id)
            try:
                self._require_owner(credentials)
                answer = call(self._means.iam(credentials))
            except AwsError as error:
                if error.aws_code not in _OF_NO_USE:
                    raise
                refusal = error
            else:
                if isinstance(credentials, Session):
                    self._session = credentials
                return answer
        if refusal is None:
            raise EntryMissing(f"no store holds the secret of {self.old}")
        raise AwsError(
            f"AWS accepts no key of {escaped(self.user)} that is stored here "
            f"({', '.join(tried)}): {refusal.message}",
            hint="let an administrator activate one of them"
            if refusal.aws_code in _UNKNOWN_KEY
            else refusal.hint,
            aws_code=refusal.aws_code,
        )

    def _credentials(self) -> Iterator[Credentials]:
        """What may be accepted of this user, the best first."""
        if self._session:
            yield self._session
        keys = [key for key in (self._read(self.new), self._read(self.old)) if key]
        serial = self.choices.mfa_serial
        if serial is None:
            yield from keys
            return
        for key in keys:
            try:
                yield self._means.session(key, serial, may_ask=False)
            except AwscredsError:
                continue
        for key in [key for key in keys if self._is_accepted(key)][:1]:
            yield self._means.session(key, serial, may_ask=True)

    def _is_accepted(self, key: AccessKey) -> bool:
        try:
            self._means.identity(key)
        except AwsError as error:
            if error.aws_code is None:
                raise
            return False
        return True

    def _require_owner(self, credentials: Credentials) -> Identity:
        """Whose they are, which must be who this rotation is about."""
        identity = self._means.identity(credentials)
        require_recorded(self.old, identity, self._means.recorded(self.old))
        if (identity.account, user_name_of(identity)) != (self.account, self.user):
            raise RotationUnfinished(
                f"the rotation of {self.old} is that of {escaped(self.user)} in account "
                f"{self.account}, and these keys belong to {escaped(identity.arn)}",
                code="other-owner",
                hint=f"the journal is {self._journal.path}",
            )
        return identity

    # -- waiting ---------------------------------------------------------------------------

    def _patiently(self, call: Callable[[], T]) -> T:
        """What ``call`` returns, where it may take a while until AWS knows a key everywhere."""
        patience = Deadline(self._means, LIMIT)
        pause = 1.0
        while True:
            try:
                return call()
            except AwsError as error:
                if not (is_passing(error) and patience.wait(pause)):
                    raise
            pause = min(pause * 2, 8.0)

    def _require_working(self, key: AccessKey) -> Identity:
        """Whose it is, after enough good answers in a row. Raises AwscredsError after LIMIT."""
        patience = Deadline(self._means, LIMIT)
        good = 0
        refusal: AwsError | None = None
        while True:
            try:
                identity = self._require_owner(key)
                good += 1
                self._means.tell(f"AWS accepts {key.id}: {good} of {CHECKS}")
                if good == CHECKS:
                    return identity
            except AwsError as error:
                good, refusal = 0, error
            if not patience.wait(CHECK_PAUSE):
                break
        if refusal and is_out_of_reach(refusal):
            raise refusal
        last = f" (its last refusal: {refusal.message})" if refusal else ""
        raise AwscredsError(
            f"AWS did not accept {key.id} {CHECKS} times in a row within {LIMIT:.0f} seconds{last}",
            code="verify-failed",
        )


def is_passing(error: AwsError) -> bool:
    """Whether AWS may well answer otherwise in some seconds."""
    return error.aws_code in _UNKNOWN_KEY or error.aws_code in _BUSY


def is_out_of_reach(error: AwscredsError) -> bool:
    """Whether AWS or the store could not be asked at all."""
    if isinstance(error, AwsError):
        return error.aws_code is None
    return isinstance(error, SecretStoreError)

"""Who signs the calls of a rotation, and whether AWS accepts a key."""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.iam import user_name_of
from awscreds.errors import (
    AwscredsError,
    AwsError,
    EntryMissing,
    RotationUnfinished,
)
from awscreds.model import rotation as table
from awscreds.model.credentials import Session
from awscreds.model.text import escaped, quoted
from awscreds.workflows.gate import require_recorded
from awscreds.workflows.key_secrets import find_key
from awscreds.workflows.rotation.waiting import (
    CHECKS,
    LIMIT,
    SPACING,
    UNKNOWN_KEY,
    Deadline,
    is_out_of_reach,
    is_passing,
    is_throttled,
    patiently,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.aws.iam import Iam
    from awscreds.model.credentials import AccessKey
    from awscreds.workflows.rotation.access import AwsAccess, Credentials
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.interaction import Interaction
    from awscreds.workflows.rotation.state import RotationState

    T = TypeVar("T")

_OF_NO_USE = UNKNOWN_KEY | {"ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch"}


class Signer:
    """The keys of one rotation, and calls that are signed with them."""

    def __init__(
        self,
        state: RotationState,
        context: RotationContext,
        access: AwsAccess,
        interaction: Interaction,
    ) -> None:
        self._state = state
        self._context = context
        self._access = access
        self._interaction = interaction

    # -- keys ------------------------------------------------------------------------------

    def read(self, key_id: str | None) -> AccessKey | None:
        """A key with its secret, from the files or the store; None if neither has it."""
        if key_id is None:
            return None
        return find_key(key_id, self._context.files_now(), self._context.store_of)

    def kept(self, key_id: str | None) -> AccessKey:
        """A key with its secret. Raises EntryMissing if neither the files nor the store have it."""
        key = self.read(key_id)
        if key is None:
            raise EntryMissing(f"the secret of {key_id} is not in any store")
        return key

    def old_key(self) -> AccessKey:
        """The old key with its secret, as ``kept``."""
        return self._state.old_key or self.kept(self._state.old)

    def is_unknown(self, key: AccessKey) -> bool:
        """Whether AWS refuses a key as one that it does not know, or as an inactive one."""
        try:
            self._access.identity(key)
        except AwsError as error:
            return error.aws_code in UNKNOWN_KEY
        return False

    # -- signing ---------------------------------------------------------------------------

    def signed(self, call: Callable[[Iam], T], *, patient: bool = True) -> T:
        """What ``call`` returns, signed as the current stage demands it.

        ``patient``: it is asked again if AWS is busy, or does not know the key yet.
        """
        by = self._state.stage.signed_by if self._state.stage else table.EITHER
        has_told = False

        def attempt() -> T:
            if by == table.EITHER:
                return self._signed_by_any(call)
            return call(self._access.iam(self._required(by)))

        def is_worth(error: AwsError) -> bool:
            nonlocal has_told
            if error.aws_code in UNKNOWN_KEY and not has_told:
                has_told = True
                self._interaction.tell(f"Ask for up to {LIMIT:.0f} seconds: {error.message}")
            return is_passing(error)

        try:
            return patiently(self._context, attempt, is_worth) if patient else attempt()
        except AwsError as error:
            if error.aws_code in ACCESS_DENIED:
                raise error.because(
                    hint=f"`awscreds policy rotate --profile {quoted(self._state.profiles[0])}` "
                    "prints the policy that an administrator can attach"
                ) from None
            raise

    def _required(self, by: str) -> Credentials:
        """The credentials that a stage must be signed with: a value of ``Stage.signed_by``."""
        if self._state.session:
            return self._state.session
        return self.kept(self._state.new) if by == table.NEW_KEY else self.old_key()

    def _signed_by_any(self, call: Callable[[Iam], T]) -> T:
        """What ``call`` returns, signed with any credentials of this user that AWS accepts."""
        refused: dict[str, AwsError] = {}
        for credentials in self._credentials(refused):
            try:
                self._require_owner(credentials)
                answer = call(self._access.iam(credentials))
            except AwsError as error:
                if error.aws_code not in _OF_NO_USE:
                    raise
                refused[credentials.id] = error
            else:
                if isinstance(credentials, Session):
                    self._state.session = credentials
                return answer
        if not refused:
            raise EntryMissing(
                f"no store has the secret of {self._state.old}",
                hint="store it again, or another key of this user: awscreds configure --profile "
                f"{quoted(self._state.profiles[0])}",
            )
        refusal = list(refused.values())[-1]
        raise AwsError(
            f"AWS accepts no key of {escaped(self._state.user)} that is stored here "
            f"({', '.join(refused)}): {refusal.message}",
            hint="ask an administrator to activate one of them; or, if another machine rotated "
            "the key, store the new one (awscreds configure --profile "
            f"{quoted(self._state.profiles[0])})"
            if refusal.aws_code in UNKNOWN_KEY
            else refusal.hint,
            aws_code=refusal.aws_code,
        )

    def _credentials(self, refused: dict[str, AwsError]) -> Iterator[Credentials]:
        """The credentials of this user that AWS may accept, the best first.

        A key that AWS refuses begins no MFA session: the refusal is noted in ``refused``.
        """
        if self._state.session:
            yield self._state.session
        keys = [key for key in (self.read(self._state.new), self.read(self._state.old)) if key]
        serial = self._state.options.mfa_serial
        if serial is None:
            yield from keys
            return
        for key in keys:
            try:
                yield self._access.session(key, serial, may_ask=False)
            except AwscredsError:
                continue
        for key in keys:
            try:
                self._access.identity(key)
            except AwsError as error:
                if error.aws_code not in _OF_NO_USE:
                    raise
                refused[key.id] = error
            else:
                yield self._access.session(key, serial, may_ask=True)
                return

    def _require_owner(self, credentials: Credentials) -> Identity:
        """Whose they are. Raises RotationUnfinished unless the rotation is about this user."""
        state = self._state
        identity = self._access.identity(credentials)
        require_recorded(state.old, identity, self._context.recorded(state.old))
        user = user_name_of(identity) or ""
        is_same = user == state.user if state.user_id is None else identity.user_id == state.user_id
        if identity.account != state.account or not is_same:
            raise RotationUnfinished(
                f"the rotation of {state.old} is for {escaped(state.user)} in account "
                f"{state.account}, but these keys belong to {escaped(identity.arn)}",
                code="other-owner",
                hint="check which user the key has (`awscreds whoami "
                f"--profile {state.shown_profile}`), and check the endpoint; the journal is "
                f"{state.journal.path}",
            )
        state.journal.facts["user"] = user  # who may have been renamed
        return identity

    # -- waiting ---------------------------------------------------------------------------

    def require_working(self, key: AccessKey) -> Identity:
        """Whose it is, after CHECKS good answers in a row. Raises AwscredsError after LIMIT."""
        deadline = Deadline(self._context, LIMIT)
        good = 0
        refusal: AwsError | None = None
        error: AwsError | None
        while True:
            try:
                identity, error = self._require_owner(key), None
                good += 1
                self._interaction.tell(f"AWS accepts {key.id} ({good}/{CHECKS})")
                if good == CHECKS:
                    return identity
            except AwsError as raised:
                error = raised
                if good or refusal is None:
                    self._interaction.tell(f"Wait until AWS accepts {key.id}: {error.message}")
                # "Too many requests" says nothing about the key.
                if not is_throttled(error):
                    good = 0
                refusal = error
            if not deadline.wait(error, least=0 if error else SPACING):
                break
        if refusal and is_out_of_reach(refusal):
            raise refusal
        last = f" (last answer: {refusal.message})" if refusal else ""
        raise AwscredsError(
            f"AWS did not accept {key.id} {CHECKS} times in a row within {LIMIT:.0f} seconds{last}",
            code="verify-failed",
        )

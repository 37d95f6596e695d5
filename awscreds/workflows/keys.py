"""The access keys of one IAM user: who uses them on this machine, and changing one.

Two things never happen here. No key is deactivated or deleted that nobody could bring back: the one
that signs goes only if another key of the user is on this machine and AWS accepts it. And no active
key is deleted while a profile uses it, since that is for good: deactivating it shows what breaks,
and can be undone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.iam import last_used_if_allowed, user_name_of
from awscreds.errors import AwsError, ConfigurationError, UsageError
from awscreds.model.key_usage import dependents_of, uses_of
from awscreds.model.keys import NO_ROOT_KEY, ROOT_KEY, shown_key_id
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.aws.iam import Iam, KeyInfo, LastUsed
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.key_usage import KeyUse
    from awscreds.model.profile import Profiles
    from awscreds.stores.pointers import Pointer
    from awscreds.workflows.gate import Gate

    Answer = TypeVar("Answer")


ACTIVATE = "activate"
DEACTIVATE = "deactivate"
DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Row:
    """A key as ``keys list`` shows it. ``last_used`` is None if AWS does not let us see it."""

    info: KeyInfo
    last_used: LastUsed | None
    uses: list[KeyUse]


@dataclass(frozen=True, slots=True)
class Change:
    """A change that may be made. ``breaks`` are the profiles that depend on the key.

    ``is_done``: the key is so already.
    """

    action: str
    key: KeyInfo
    last_used: LastUsed | None = None
    breaks: list[str] = field(default_factory=list)
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class KeysContext:
    """What the keys of a user are looked up and changed with.

    ``elsewhere`` gives the pointers to a key in other config files. ``find_key`` gives a key by its
    ID, None if its secret is not on this machine. ``identify`` asks AWS who a key belongs to.
    ``mfa_session`` gives a session with MFA, None if the user has no device.
    """

    profiles: Profiles
    gate: Gate
    elsewhere: Callable[[str], list[Pointer]]
    open_iam: Callable[[AccessKey | Session], Iam]
    identify: Callable[[AccessKey], Identity]
    find_key: Callable[[str], AccessKey | None]
    mfa_session: Callable[[], Session | None]


class UserKeys:
    """The access keys of the user whom ``signer`` belongs to.

    A session with MFA is made at most once: at once if ``mfa_first``, else when AWS refuses the key
    without it. ``changing`` is the key to change, if any: the endpoint must pass the gate for it.

    Building it raises ConfigurationError for a key that belongs to no IAM user. Methods raise
    AwsError, UsageError for a key that is not the user's, and what the context raises.
    """

    def __init__(
        self,
        signer: AccessKey,
        context: KeysContext,
        *,
        mfa_first: bool = False,
        changing: str | None = None,
    ) -> None:
        self.gate = context.gate
        if changing is not None:  # a stranger is not even asked, and gets no MFA code
            self.gate.require_endpoint(changing, signer.id)
        self.identity = context.identify(signer)
        self.user_name = _user_of(self.identity, signer)
        self._signer = signer
        self._context = context
        session = context.mfa_session() if mfa_first else None
        self._has_mfa = session is not None
        self._iam = context.open_iam(session or signer)

    def rows(self) -> list[Row]:
        """Every key of the user, the oldest first."""
        return [
            Row(
                info,
                last_used_if_allowed(self._iam, info.id),
                uses_of(info.id, self._context.profiles),
            )
            for info in self._list()
        ]

    def server_time(self) -> float:
        """AWS's time now, in seconds since the epoch."""
        return self._iam.server_time()

    def examine(self, action: str, key_id: str) -> Change:
        """What ``action`` on the key would mean, with nothing changed yet.

        Raises ConfigurationError if it must not be done, by the rules of the gate too.
        """
        self.gate.require_identity(self._signer.id, self.identity)
        keys = self._list()
        key = next((info for info in keys if info.id == key_id), None)
        if key is None:
            raise UsageError(
                f"the user {escaped(self.user_name)} has no key {key_id}",
                code="no-such-key",
                hint="`awscreds keys list PROFILE` shows the user's keys",
            )
        self.gate.require_identity(key_id, self.identity)
        if action != DELETE and key.is_active == (action == ACTIVATE):
            return Change(action, key, is_done=True)
        if action == ACTIVATE:
            return Change(action, key, last_used=last_used_if_allowed(self._iam, key_id))
        breaks = dependents_of(key_id, self._context.profiles)
        breaks += [str(pointer) for pointer in self._context.elsewhere(key_id)]
        if action == DELETE and key.is_active and breaks:
            raise ConfigurationError(
                f"{key_id} was not deleted: it is active, and these profiles use it: "
                f"{_names(breaks)}",
                code="key-in-use",
                hint="run `awscreds rotate PROFILE` to give these profiles a new key; or first "
                "deactivate the key, and check that nothing needs it: awscreds keys "
                f"deactivate {key_id} --profile NAME",
            )
        if key_id == self._signer.id:
            self._sign_with(self._another_that_works(keys))
        return Change(action, key, last_used=last_used_if_allowed(self._iam, key_id), breaks=breaks)

    def carry_out(self, change: Change) -> None:
        """Make a change that was examined and agreed to."""
        key_id = change.key.id
        if change.action == DELETE:
            self._ask(lambda iam: iam.delete_access_key(self.user_name, key_id))
            return
        active = change.action == ACTIVATE
        self._ask(lambda iam: iam.update_access_key(self.user_name, key_id, active=active))

    def _another_that_works(self, keys: list[KeyInfo]) -> AccessKey:
        """Another active key of the user that is on this machine and that AWS accepts."""
        for info in keys:
            if not info.is_active or info.id == self._signer.id:
                continue
            key = self._context.find_key(info.id)
            if key is not None:
                with contextlib.suppress(AwsError):
                    if self._context.identify(key).arn == self.identity.arn:
                        return key
        raise ConfigurationError(
            f"{shown_key_id(self._signer.id)} is the only working key of "
            f"{escaped(self.user_name)} on this machine: without this key, this "
            "machine has no access to AWS as this user",
            code="only-key",
            hint="replace the key with `awscreds rotate PROFILE`; or first store another key of "
            "this user",
        )

    def _sign_with(self, key: AccessKey) -> None:
        """Let ``key`` sign, unless a session does, which outlives the key it was made from."""
        if not self._has_mfa:
            self._iam = self._context.open_iam(key)

    def _list(self) -> list[KeyInfo]:
        return self._ask(lambda iam: iam.list_access_keys(self.user_name))

    def _ask(self, call: Callable[[Iam], Answer]) -> Answer:
        """What ``call`` returns, made with MFA if it is refused without."""
        try:
            return call(self._iam)
        except AwsError as error:
            if error.aws_code not in ACCESS_DENIED:
                raise
            session = None if self._has_mfa else self._context.mfa_session()
            if session is None:
                raise error.because(
                    hint="`awscreds policy rotate` prints the policy that allows it"
                ) from None
        self._has_mfa = True
        self._iam = self._context.open_iam(session)
        return self._ask(call)


def _user_of(identity: Identity, key: AccessKey) -> str:
    """The name of the IAM user. Raises ConfigurationError for root, roles and others."""
    if identity.is_root:
        raise ConfigurationError(f"{key.id} is {ROOT_KEY}", code="root-key", hint=NO_ROOT_KEY)
    name = user_name_of(identity)
    if name is None:
        raise ConfigurationError(
            f"{escaped(identity.arn)} is not an IAM user, so it has no access keys",
            code="not-a-user",
            hint="choose a profile that has a user's key: --profile NAME",
        )
    return name


def _names(profiles: list[str]) -> str:
    return ", ".join(escaped(name) for name in profiles)

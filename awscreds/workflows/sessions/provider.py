"""Sessions for a profile of any kind: MFA where it is asked for, then role after role.

A source key and its MFA device have one session, from which every role of theirs is assumed: one
token code a day. A role for more than an hour is the exception: AWS gives that only where the key
itself assumes it, with a code of its own. Each session is looked for in the cache before anything
it is made of is touched, so that a role at hand opens no secret store.

Beside this file: ``session_origin`` where a chain begins, ``session_mfa`` its device and its code,
``session_durations`` how long each session lasts, ``session_connections`` how AWS is reached for
it, ``session_keys`` what shapes it in the cache, ``session_ports`` the collaborators.
"""

from __future__ import annotations

from awscreds.aws.errors import off_by
from awscreds.errors import AwsError, InputNeeded, SecretStoreError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_duration
from awscreds.stores.logins import LoginFiles
from awscreds.workflows.sessions.cache_keys import Place, SessionKeys
from awscreds.workflows.sessions.connections import EndpointResolver
from awscreds.workflows.sessions.durations import (
    DEFAULT_SESSION,
    LEAST,
    LONGEST_CHAINED,
    check_role_durations,
    is_long,
    role_durations,
    user_duration,
)
from awscreds.workflows.sessions.mfa import DENIED, DeviceReplaced, Mfa, configured_device
from awscreds.workflows.sessions.requests import (
    SessionRequest,
    SessionResult,
    check_possible,
    check_values,
    is_renewable,
)
from awscreds.workflows.sessions.sources import SourceResolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.model.connection import ServiceEndpoint
    from awscreds.model.profile import Profiles
    from awscreds.model.role_chain import Chain
    from awscreds.stores.cache.session_format import SessionKey
    from awscreds.workflows.sessions.context import (
        Cache,
        Credentials,
        DeviceMemory,
        Gateway,
        Logins,
    )
    from awscreds.workflows.sessions.token_codes import Codes

__all__ = ["LEAST", "WITHOUT_MFA", "Place", "SessionRequest", "SessionResult", "Sessions"]

SKEW_TOLD = 60
"""Seconds this clock may be off before it is said: AWS refuses at 300."""

_MARGIN = 120
"""Seconds by which a session may end early before that is said."""

WITHOUT_MFA = (
    "this session was made without MFA: it cannot call IAM, and in STS only AssumeRole and "
    "GetCallerIdentity"
)


class Sessions:
    """Obtains sessions by means of its collaborators.

    ``keys`` gives the long-lived key of a profile by its name; it is called only where a session
    has to be made from it. ``run_process`` gives what the line of a foreign ``credential_process``
    has for the profile of that name.
    """

    def __init__(
        self,
        *,
        profiles: Profiles,
        environ: Mapping[str, str],
        keys: Callable[[str], AccessKey],
        cache: Cache,
        aws: Gateway,
        codes: Codes,
        devices: DeviceMemory,
        place: Place,
        clock: Callable[[], float],
        run_process: Callable[[str, str], Credentials] | None = None,
        logins: Logins | None = None,
    ) -> None:
        self.profiles = profiles
        self.environ = environ
        self.keys = keys
        self.cache = cache
        self.aws = aws
        self.codes = codes
        self.devices = devices
        self.place = place
        self.clock = clock
        self.run_process = run_process or self._run_process
        self.logins = logins or LoginFiles(environ)

    def obtain(self, chain: Chain, wish: SessionRequest) -> SessionResult:
        """The session of ``chain``, cached or made.

        Raises UsageError and ConfigurationError for a duration, serial or code that cannot be,
        InputNeeded where a code is needed and nobody may be asked, AwsError, and what the
        collaborators raise.
        """
        return _Work(self, chain, wish).obtain()

    def _run_process(self, line: str, profile: str) -> Credentials:
        from awscreds.workflows.sessions import external_process

        return external_process.credentials(line, profile, self.environ, clock=self.clock)


class _Work:
    """One chain, one wish."""

    def __init__(self, means: Sessions, chain: Chain, wish: SessionRequest) -> None:
        self._means = means
        self._chain = chain
        self._wish = wish
        self._source = escaped(chain.source.profile)
        self._notes = [*chain.notes]
        self._connections = EndpointResolver(chain, means.profiles, means.environ)
        self._keys = SessionKeys(
            chain, means.profiles, means.environ, self._connections, means.place
        )
        check_values(wish)
        check_role_durations(chain, wish.duration)
        self._durations: list[int | None] = []
        self._serial = configured_device(means, chain, wish)
        origins = SourceResolver(
            means, chain, wish, self._connections, self._keys, note=self._notes.append
        )
        self._origin = origins.find().identified()
        check_possible(wish, chain, self._origin)
        iam = self._connections.of_source("iam")
        self._mfa = Mfa(means, chain, wish, self._origin, iam=iam, note=self._notes.append)
        self._wanted: SessionKey | None = None

    def obtain(self) -> SessionResult:
        make = self._with_roles if self._chain.links else self._without_role
        try:
            try:
                session = make()
            except DeviceReplaced as replaced:
                self._serial = replaced.serial
                session = make()
        except (InputNeeded, AwsError, SecretStoreError):
            # It was to be renewed early; what is left of it will do.
            left = None
            if self._wanted and self._wish.minimum > LEAST and not self._wish.renews:
                left = self._means.cache.get(self._wanted, minimum=LEAST)
            if left is None:
                raise
            session = left
        if self._wish.token is not None and not self._mfa.took_code:
            self._notes.append(
                "the token code was not needed: another process made the session meanwhile"
            )
        skew = self._means.aws.skew
        if skew is not None and abs(skew) > SKEW_TOLD:
            self._notes.append(
                f"this machine's clock is {off_by(skew)}, so sessions end at another time "
                "than shown here; set the clock (timedatectl set-ntp true)"
            )
        return SessionResult(
            session,
            self._notes,
            may_be_kept=self._origin.may_be_kept,
            is_renewable=is_renewable(self._chain, self._origin),
        )

    # -- roles -----------------------------------------------------------------------------

    def _with_roles(self) -> Session:
        key_id = self._origin.key_id
        if self._serial is None and self._wish.token is not None and key_id:
            self._serial = self._mfa.device_of(key_id)
        self._durations, notes = role_durations(
            self._chain, self._wish.duration, from_session=key_id is None
        )
        self._notes += [note for note in notes if note not in self._notes]
        self._spare_a_code()
        return self._role(len(self._chain.links) - 1)

    def _spare_a_code(self) -> None:
        """Let the user's session at hand serve a first role that is a step to the next one only.

        The next one gets an hour whatever that role's own session lasts, and an hour of it needs no
        code.
        """
        key_id, serial = self._origin.key_id, self._serial
        if len(self._chain.links) < 2 or not is_long(self._durations[0]) or not (key_id and serial):
            return
        cache = self._means.cache
        if cache.get(self._key_of_role(0)) is None and cache.get(
            self._keys.of_user(key_id, serial, None)
        ):
            self._durations[0] = LONGEST_CHAINED

    def _key_of_role(self, at: int) -> SessionKey:
        return self._keys.of_role(
            at,
            origin=self._origin.shape,
            key_id=self._origin.key_id,
            serial=self._serial,
            durations=self._durations,
        )

    def _role(self, at: int) -> Session:
        """The session of a link of the chain, cached, or made from the one before it."""
        is_last = at == len(self._chain.links) - 1
        key = self._key_of_role(at)
        if is_last:
            self._wanted = key
        return self._means.cache.fetch(
            key,
            lambda: self._assume(at),
            minimum=self._wish.minimum if is_last else LEAST,
            refresh=self._wish.renews_mfa or (is_last and self._wish.refresh),
        )

    def _assume(self, at: int) -> Session:
        link = self._chain.links[at]
        has_code = False
        if at:
            credentials: Credentials = self._role(at - 1)
        else:
            credentials, has_code = self._first_credentials()
        parameters: dict[str, Any] = {
            "role_arn": link.role_arn,
            "session_name": self._keys.session_name(link.session_name),
            "external_id": link.external_id,
            "duration": self._durations[at],
        }
        how = self._connections.of_role(link.profile)
        if at == 0 and self._serial and not has_code and self._may_carry_code():
            return self._assume_with_code(self._serial, credentials, how, parameters)
        try:
            return self._means.aws.assume_role(credentials, how, **parameters)
        except AwsError as error:
            if error.aws_code in DENIED and self._serial is None:
                name = quoted(link.profile)
                error.hint = (
                    "if the role needs MFA, set the device: awscreds configure set "
                    f"mfa_serial ARN --profile {name}; if not, the role's trust policy or "
                    "the caller's policy forbids it"
                )
            raise

    def _assume_with_code(
        self,
        serial: str,
        credentials: Credentials,
        how: ServiceEndpoint,
        parameters: dict[str, Any],
    ) -> Session:
        """Assume the first role with the code in that very call."""
        aws = self._means.aws
        session = self._mfa.with_code(
            serial,
            lambda code: aws.assume_role(credentials, how, serial=serial, code=code, **parameters),
        )
        if is_long(parameters["duration"]):
            role = escaped(self._chain.links[0].profile)
            self._notes.append(
                f"the token code was used only for the session of {role}, because a role "
                "that is assumed with an MFA session gets at most an hour; another session "
                "needs the device's next code"
            )
        return session

    def _first_credentials(self) -> tuple[Credentials, bool]:
        """What the first role is assumed with, and whether a code went into it."""
        if self._origin.key_id and self._serial and not is_long(self._durations[0]):
            session = self._user_session(
                self._origin.key_id, self._serial, refresh=self._wish.renews_mfa
            )
            return session, True
        return self._origin.read(), False

    def _may_carry_code(self) -> bool:
        if not self._chain.source.gives_role_credentials:
            return True
        self._notes.append(
            f"mfa_serial is not used: the profile {self._source} gives the credentials of a "
            "role, and those cannot be used with a token code"
        )
        return False

    # -- users -----------------------------------------------------------------------------

    def _without_role(self) -> Session:
        """The session of a chain without roles: of the key's own user, or whatever there is."""
        key_id = self._origin.key_id
        if key_id is None:
            self._wanted = self._origin.shape
            found = self._origin.read()
            if isinstance(found, Session):
                self._note_of_ready_made(found)
                return found
            key_id = found.id
        duration = user_duration(self._wish.duration)
        serial = self._serial or self._mfa.device_of(key_id)
        if serial is None:
            self._notes.append(WITHOUT_MFA)
        self._wanted = self._keys.of_user(key_id, serial, duration)
        return self._user_session(
            key_id,
            serial,
            duration=duration,
            minimum=self._wish.minimum,
            refresh=self._wish.renews,
        )

    def _note_of_ready_made(self, session: Session) -> None:
        if session.expiration is None:
            self._notes.append(
                f"the profile {self._source} has temporary credentials, which are used as "
                "they are; it is not known when they expire"
            )

    def _user_session(
        self,
        key_id: str,
        serial: str | None,
        *,
        duration: int | None = None,
        minimum: int = LEAST,
        refresh: bool = False,
    ) -> Session:
        cache = self._means.cache
        session = cache.fetch(
            self._keys.of_user(key_id, serial, duration),
            lambda: self._get_session_token(serial, duration),
            minimum=minimum,
            refresh=refresh,
        )
        if serial and duration is not None:
            # Roles want a session of no length in particular: this one saves them a code.
            cache.fetch(self._keys.of_user(key_id, serial, None), lambda: session, refresh=refresh)
        return session

    def _get_session_token(self, serial: str | None, duration: int | None) -> Session:
        # First the key, which may take its time: a code is good for half a minute.
        key = self._origin.long_lived_key()
        how = self._connections.of_source("sts")
        aws = self._means.aws
        if serial is None:
            session = aws.session_token(key, how, duration=duration)
        else:
            session = self._mfa.with_code(
                serial,
                lambda code: aws.session_token(
                    key, how, serial=serial, code=code, duration=duration
                ),
            )
        self._check_length(session, serial, duration)
        return session

    def _check_length(self, session: Session, serial: str | None, wished: int | None) -> None:
        """Tell a session that is shorter than AWS's own default; refuse one shorter than wished."""
        asked = wished or DEFAULT_SESSION
        if session.expiration is None:
            return
        given = session.expiration - self._means.clock() - (self._means.aws.skew or 0)
        if given >= asked - _MARGIN:
            return
        told = (
            f"AWS gave a session of {format_duration(given)}, not of "
            f"{format_duration(asked)} (the root user gets at most an hour)"
        )
        if wished is None:
            self._notes.append(told)
            return
        # It took a code: what was made serves whoever names no duration.
        key = self._keys.of_user(self._origin.key_id or "", serial, None)
        self._means.cache.fetch(key, lambda: session, refresh=True)
        raise AwsError(
            told,
            code="shorter-session",
            hint="the session is cached, and is used without --duration",
        )

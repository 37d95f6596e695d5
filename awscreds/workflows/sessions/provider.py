"""The session of a profile of any kind: MFA if it is asked for, then role after role.

An access key and its MFA device have one session, and every role behind them is assumed with it:
one MFA code a day. A role for more than an hour is the exception: AWS gives that only if the key
itself assumes it, with a code of its own. Each session is looked for in the cache before anything
it is made of is touched. So a cached role opens no secret store.
"""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED, off_by
from awscreds.aws.gateway import RoleRequest
from awscreds.errors import AwsError, InputNeeded, SecretStoreError
from awscreds.model.credentials import Session
from awscreds.model.role_chain import check_length
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_duration
from awscreds.stores.cache.session_format import MINIMUM
from awscreds.workflows.sessions.cache_keys import SessionKeys
from awscreds.workflows.sessions.durations import (
    LONGEST_CHAINED,
    check_role_durations,
    expected_duration,
    is_long,
    role_durations,
    sent_duration,
    user_duration,
)
from awscreds.workflows.sessions.endpoints import EndpointResolver
from awscreds.workflows.sessions.mfa import DeviceReplaced, Mfa, configured_device
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
    from awscreds.model.credentials import Credentials
    from awscreds.model.role_chain import Chain
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.cache.session_format import SessionKey
    from awscreds.workflows.sessions.context import SessionDeps

_SKEW_NOTED = 60
"""Seconds that this clock may be off before a note says so: AWS refuses at 300."""

_MARGIN = 120
"""Seconds that a session may end early before a note says so."""

WITHOUT_MFA = (
    "this session has no MFA: it cannot call IAM, and in STS it can call only "
    "AssumeRole and GetCallerIdentity"
)


class SessionProvider:
    """Obtains the session of one chain for one request.

    Raises UsageError and ConfigurationError for a duration, serial or code that cannot be.
    """

    def __init__(self, deps: SessionDeps, chain: Chain, request: SessionRequest) -> None:
        self._deps = deps
        self._chain = chain
        self._request = request
        self._source_name = escaped(chain.source.profile)
        self._notes = [*chain.notes]
        self._endpoints = EndpointResolver(chain, deps.profiles, deps.environ)
        self._keys = SessionKeys(chain, deps, self._endpoints)
        check_values(request)
        check_length(chain)
        check_role_durations(chain, request.duration)
        self._durations: list[int | None] = []
        self._serial = configured_device(deps, chain, request)
        sources = SourceResolver(
            deps, chain, request, self._endpoints, self._keys, note=self._notes.append
        )
        self._source = sources.find().identified()
        check_possible(request, chain, has_key=self._source.key_id is not None)
        iam = self._endpoints.of_source("iam")
        self._mfa = Mfa(
            deps,
            chain,
            request,
            self._source,
            iam=iam,
            sts=lambda: self._endpoints.of_source("sts"),
            note=self._notes.append,
        )
        self._wanted: SessionKey | None = None

    def obtain(self) -> SessionResult:
        """The session, cached or made.

        Raises InputNeeded if a code is needed and nobody may be asked, AwsError, and what the
        dependencies raise.
        """
        make = self._with_roles if self._chain.links else self._without_role
        try:
            try:
                session = make()
            except DeviceReplaced as replaced:
                self._serial = replaced.serial
                session = make()
        except (InputNeeded, AwsError, SecretStoreError):
            # An early renewal failed. Use the cached session while it is valid.
            left = None
            if self._wanted and self._request.minimum > MINIMUM and not self._request.renews:
                left = self._deps.cache.get(self._wanted, minimum=MINIMUM)
            if left is None:
                raise
            session = left
        if self._request.token is not None and not self._mfa.took_code:
            self._notes.append(
                "the MFA code was not needed: another process created the session at the same time"
            )
        skew = self._deps.aws.clock.skew
        if skew is not None and abs(skew) > _SKEW_NOTED:
            self._notes.append(
                f"this machine's clock is {off_by(skew)}, so the end times of sessions are "
                "wrong here; set the clock (timedatectl set-ntp true)"
            )
        return SessionResult(
            session,
            self._notes,
            may_be_kept=self._source.may_be_kept,
            is_renewable=is_renewable(self._chain, has_key=self._source.key_id is not None),
            is_short_lived=self._source.is_short_lived and not self._chain.links,
        )

    # -- roles -----------------------------------------------------------------------------

    def _with_roles(self) -> Session:
        key_id = self._source.key_id
        if self._serial is None and self._request.token is not None and key_id:
            self._serial = self._mfa.device_of(key_id)
        self._durations, notes = role_durations(
            self._chain, self._request.duration, from_session=key_id is None
        )
        self._notes += [note for note in notes if note not in self._notes]
        self._spare_a_code()
        return self._role(len(self._chain.links) - 1)

    def _spare_a_code(self) -> None:
        """Use the user's cached session for a first role that only leads to the next one.

        The next role gets an hour, however long the session of the first one is. An hour of the
        first role needs no code.
        """
        key_id, serial = self._source.key_id, self._serial
        if len(self._chain.links) < 2 or not is_long(self._durations[0]) or not (key_id and serial):
            return
        cache = self._deps.cache
        if cache.get(self._key_of_role(0)) is None and cache.get(
            self._keys.of_user(key_id, serial, None)
        ):
            self._durations[0] = LONGEST_CHAINED

    def _key_of_role(self, at: int) -> SessionKey:
        return self._keys.of_role(
            at,
            source=self._source.cache_key,
            key_id=self._source.key_id,
            serial=self._serial,
            durations=self._durations,
        )

    def _role(self, at: int) -> Session:
        """The session of the link ``at`` of the chain, cached or made from the one before it."""
        is_last = at == len(self._chain.links) - 1
        key = self._key_of_role(at)
        if is_last:
            self._wanted = key
        return self._deps.cache.fetch(
            key,
            lambda: self._assume(at),
            minimum=self._request.minimum if is_last else MINIMUM,
            refresh=self._request.renews_mfa or (is_last and self._request.refresh),
        )

    def _assume(self, at: int) -> Session:
        link = self._chain.links[at]
        has_code = False
        if at:
            credentials: Credentials = self._role(at - 1)
        else:
            credentials, has_code = self._first_credentials()
        request = RoleRequest(
            link.role_arn,
            self._keys.session_name(link.session_name),
            external_id=link.external_id,
            duration=self._durations[at],
        )
        endpoint = self._endpoints.of_role(link.profile)
        if at == 0 and self._serial and not has_code and self._may_carry_code():
            return self._assume_with_code(self._serial, credentials, endpoint, request)
        try:
            return self._deps.aws.assume_role(credentials, endpoint, request)
        except AwsError as error:
            if error.aws_code in ACCESS_DENIED and self._serial is None:
                name = quoted(link.profile)
                raise error.because(
                    hint="the role's trust policy or the caller's policy forbids it; if the role "
                    "needs MFA, set the device: awscreds configure set mfa_serial ARN "
                    f"--profile {name}"
                ) from None
            raise

    def _assume_with_code(
        self,
        serial: str,
        credentials: Credentials,
        endpoint: ServiceEndpoint,
        request: RoleRequest,
    ) -> Session:
        """Assume the first role with the code in that very call."""
        aws = self._deps.aws
        session = self._mfa.with_code(
            serial,
            lambda code: aws.assume_role(credentials, endpoint, request.with_mfa(serial, code)),
        )
        if is_long(request.duration):
            role = escaped(self._chain.links[0].profile)
            self._notes.append(
                f"this MFA code was used only for the session of {role}: a session of "
                "more than one hour needs its own code. For another session, use the next "
                "code"
            )
        return session

    def _first_credentials(self) -> tuple[Credentials, bool]:
        """The credentials that assume the first role, and whether they were made with a code."""
        if self._source.key_id and self._serial and not is_long(self._durations[0]):
            session = self._user_session(
                self._source.key_id, self._serial, refresh=self._request.renews_mfa
            )
            return session, True
        return self._source.read(), False

    def _may_carry_code(self) -> bool:
        if not self._chain.source.gives_role_credentials:
            return True
        self._notes.append(
            f"mfa_serial has no effect: the profile {self._source_name} gives credentials of a "
            "role, and these cannot be used with an MFA code"
        )
        return False

    # -- users -----------------------------------------------------------------------------

    def _without_role(self) -> Session:
        """The session of a chain without roles: the key's own user's, or what its source has."""
        key_id = self._source.key_id
        if key_id is None:
            self._wanted = self._source.cache_key
            found = self._source.read()
            if isinstance(found, Session):
                self._note_of_ready_made(found)
                return found
            key_id = found.id
        duration = user_duration(self._request.duration)
        serial = self._serial or self._mfa.device_of(key_id)
        if serial is None:
            self._notes.append(WITHOUT_MFA)
        self._wanted = self._keys.of_user(key_id, serial, duration)
        return self._user_session(
            key_id,
            serial,
            duration=duration,
            minimum=self._request.minimum,
            refresh=self._request.renews,
        )

    def _note_of_ready_made(self, session: Session) -> None:
        if session.expiration is None:
            self._notes.append(
                f"the profile {self._source_name} has temporary credentials; awscreds uses "
                "them, but does not know when they expire"
            )

    def _user_session(
        self,
        key_id: str,
        serial: str | None,
        *,
        duration: int | None = None,
        minimum: int = MINIMUM,
        refresh: bool = False,
    ) -> Session:
        cache = self._deps.cache
        session = cache.fetch(
            self._keys.of_user(key_id, serial, duration),
            lambda: self._get_session_token(serial, duration),
            minimum=minimum,
            refresh=refresh,
        )
        if serial and duration is not None:
            # Roles use a session of any length: this one saves them a code.
            cache.fetch(self._keys.of_user(key_id, serial, None), lambda: session, refresh=refresh)
        return session

    def _get_session_token(self, serial: str | None, duration: int | None) -> Session:
        # First the key, which may take its time: a code is good for half a minute.
        key = self._source.long_lived_key()
        endpoint = self._endpoints.of_source("sts")
        aws, seconds = self._deps.aws, sent_duration(duration)
        if serial is None:
            session = aws.session_token(key, endpoint, duration=seconds)
        else:
            session = self._mfa.with_code(
                serial,
                lambda code: aws.session_token(
                    key, endpoint, serial=serial, code=code, duration=seconds
                ),
            )
        self._check_length(session, serial, duration)
        return session

    def _check_length(self, session: Session, serial: str | None, requested: int | None) -> None:
        """Refuse a session shorter than ``requested``; note one shorter than the default."""
        expected = expected_duration(requested)
        if session.expiration is None:
            return
        given = session.expiration - self._deps.clock() - (self._deps.aws.clock.skew or 0)
        if given >= expected - _MARGIN:
            return
        told = (
            f"AWS gave a session of only {format_duration(given)} instead of "
            f"{format_duration(expected)} (the root user gets at most one hour)"
        )
        if requested is None:
            self._notes.append(told)
            return
        # It took a code: keep the session for requests that name no duration.
        key = self._keys.of_user(self._source.key_id or "", serial, None)
        self._deps.cache.fetch(key, lambda: session, refresh=True)
        raise AwsError(
            told,
            code="shorter-session",
            hint="the session is cached; leave out --duration to use it",
        )

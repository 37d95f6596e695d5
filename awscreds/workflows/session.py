"""Sessions for a profile of any kind: MFA where it is asked for, then role after role.

A source key and its MFA device have one session, from which every role of theirs is assumed: one
token code a day. Each session is looked for in the cache before anything it is made of is touched,
so that a role at hand opens no secret store.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from functools import cache as cache_of

from awscreds.aws import off_by
from awscreds.errors import (
    AwsError,
    ConfigurationError,
    InputNeeded,
    SecretStoreError,
    UsageProblem,
)
from awscreds.model.chain import ENVIRONMENT
from awscreds.model.connection import connection
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini import SSO_SESSION
from awscreds.model.profile import (
    KEY_ID,
    MANAGED,
    SECRET,
    STATIC,
    STATIC_KEYS,
    TOKEN,
    WEB_IDENTITY,
)
from awscreds.model.text import visible, word
from awscreds.stores.sessions import SessionKey
from awscreds.workflows.mfa import is_fido, only_otp_device, require_otp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from awscreds.model.chain import Chain
    from awscreds.model.connection import Connection
    from awscreds.model.profile import Profile, Profiles
    from awscreds.workflows.mfa import Code, Codes

    Credentials = AccessKey | Session

    class Gateway(Protocol):
        """What of ``aws.Aws`` sessions are made with."""

        skew: float | None

        def session_token(
            self,
            key: AccessKey,
            connection: Connection,
            *,
            serial: str | None = None,
            code: str | None = None,
            duration: int | None = None,
        ) -> Session: ...

        def assume_role(
            self,
            credentials: Credentials,
            connection: Connection,
            *,
            role_arn: str,
            session_name: str,
            external_id: str | None = None,
            duration: int | None = None,
            serial: str | None = None,
            code: str | None = None,
        ) -> Session: ...

        def assume_role_with_web_identity(
            self,
            web_identity_token: str,
            connection: Connection,
            *,
            role_arn: str,
            session_name: str,
            duration: int | None = None,
        ) -> Session: ...

        def mfa_devices(self, key: AccessKey, connection: Connection) -> list[str]: ...

        def provider_credentials(
            self, kind: str, profile: str, connection: Connection, paths: tuple[str, str]
        ) -> Credentials: ...

    class Cache(Protocol):
        """What of ``stores.sessions.SessionCache`` is used."""

        def get(self, key: SessionKey, *, minimum: int = ...) -> Session | None: ...

        def fetch(
            self,
            key: SessionKey,
            make: Callable[[], Session],
            *,
            minimum: int = ...,
            refresh: bool = False,
        ) -> Session: ...

    class DeviceMemory(Protocol):
        """What of ``stores.devices.Devices`` is used."""

        def serial_of(self, access_key_id: str) -> str | None: ...
        def note_serial(self, access_key_id: str, serial: str | None) -> None: ...
        def spent_ago(self, serial: str, code: str) -> float | None: ...
        def note_spent(self, serial: str, code: str) -> None: ...


LEAST = 300
"""Seconds a session must still have to be of use."""

SHORTEST = 900
LONGEST_SESSION = 129_600
LONGEST_ROLE = 43_200
LONGEST_CHAINED = 3600
DEFAULT_SESSION = 43_200
"""Seconds, as STS has them: GetSessionToken, AssumeRole, and AssumeRole by a role.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""

SKEW_TOLD = 60
"""Seconds this clock may be off before it is said: AWS refuses at 300, TOTP at 30."""
_SKEW_OF_CODES = 20
_MARGIN = 120

_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

WITHOUT_MFA = (
    "this session was made without MFA: it can call no IAM action, and of STS only AssumeRole and "
    "GetCallerIdentity"
)

_ROLE_NAME_CHARACTERS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
)


class Wish:
    """What the user asked for.

    ``duration`` is that of the last session of the chain, in seconds; None for what the profile
    says, else AWS's own. ``refresh`` makes that one anew. ``minimum`` is the seconds a cached one
    must still have; where none can be made, LEAST will do.
    """

    __slots__ = ("duration", "may_ask", "minimum", "refresh", "serial", "token")

    def __init__(
        self,
        *,
        token: str | None = None,
        serial: str | None = None,
        duration: int | None = None,
        refresh: bool = False,
        may_ask: bool = True,
        minimum: int = LEAST,
    ) -> None:
        self.token = token
        self.serial = serial
        self.duration = duration
        self.refresh = refresh
        self.may_ask = may_ask
        self.minimum = minimum


class Place:
    """Where this runs: the paths of both AWS files, of our state, and the secret store's name."""

    __slots__ = ("backend", "files", "home")

    def __init__(self, files: tuple[str, str], home: str, backend: str | None) -> None:
        self.files = files
        self.home = home
        self.backend = backend


class Obtained:
    """A session, and what the user should be told of it."""

    __slots__ = ("notes", "session")

    def __init__(self, session: Session, notes: list[str]) -> None:
        self.session = session
        self.notes = notes


class Sessions:
    """Obtains sessions by means of its collaborators.

    ``keys`` gives the long-lived key of a profile by its name; it is called only where a session
    has to be made from it.
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

    def obtain(self, chain: Chain, wish: Wish) -> Obtained:
        """The session of ``chain``, cached or made.

        Raises UsageProblem and ConfigurationError for a duration, serial or code that cannot be,
        InputNeeded where a code is needed and nobody may be asked, AwsError, and what the
        collaborators raise.
        """
        return _Work(self, chain, wish).obtain()


class _Origin:
    """What a chain begins with. ``key_id`` is None where that is not a long-lived key known yet.

    ``shape`` is all that decides what the credentials are; reading them may be slow, or ask.
    """

    __slots__ = ("key_id", "read", "shape")

    def __init__(
        self, read: Callable[[], Credentials], *, shape: SessionKey, key_id: str | None = None
    ) -> None:
        self.read = cache_of(read)
        self.shape = shape
        self.key_id = key_id


class _Work:
    """One chain, one wish."""

    def __init__(self, means: Sessions, chain: Chain, wish: Wish) -> None:
        self._means = means
        self._chain = chain
        self._wish = wish
        self._notes = list(chain.notes)
        self._source = means.profiles.find(chain.source.profile)
        serial = wish.serial or chain.mfa_serial
        self._serial = require_otp(serial) if serial else None
        self._durations = [self._role_duration(at) for at in range(len(chain.links))]
        self._origin = self._find_origin()
        self._wanted: SessionKey | None = None

    def obtain(self) -> Obtained:
        try:
            session = self._with_roles() if self._chain.links else self._without_role()
        except (InputNeeded, AwsError, SecretStoreError):
            # It was to be renewed early; what is left of it will do.
            left = None
            if self._wanted and self._wish.minimum > LEAST and not self._wish.refresh:
                left = self._means.cache.get(self._wanted, minimum=LEAST)
            if left is None:
                raise
            session = left
        skew = self._means.aws.skew
        if skew is not None and abs(skew) > SKEW_TOLD:
            self._notes.append(
                f"this machine's clock is {off_by(skew)}, so that sessions seem to end at another "
                "time than they do; set it (timedatectl set-ntp true)"
            )
        return Obtained(session, self._notes)

    # -- roles -----------------------------------------------------------------------------

    def _with_roles(self) -> Session:
        if self._serial is None and self._wish.token and self._origin.key_id:
            self._serial = self._serial_of_key(self._origin.key_id)
        return self._role(len(self._chain.links) - 1)

    def _role(self, at: int) -> Session:
        """The session of a link of the chain, cached, or made from the one before it."""
        is_last = at == len(self._chain.links) - 1
        key = self._role_key(at)
        if is_last:
            self._wanted = key
        return self._means.cache.fetch(
            key,
            lambda: self._assume(at),
            minimum=self._wish.minimum if is_last else LEAST,
            refresh=is_last and self._wish.refresh,
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
            "session_name": self._session_name(link.session_name),
            "external_id": link.external_id,
            "duration": self._durations[at],
        }
        how = self._connection(link.profile)
        aws = self._means.aws
        if at == 0 and self._serial and not has_code and self._may_carry_code():
            serial = self._serial
            return self._with_code(
                serial,
                lambda code: aws.assume_role(
                    credentials, how, serial=serial, code=code, **parameters
                ),
            )
        try:
            return aws.assume_role(credentials, how, **parameters)
        except AwsError as error:
            if error.aws_code in _DENIED and self._serial is None:
                name = word(link.profile)
                error.hint = (
                    "if the role wants MFA, name the device: awscreds configure set mfa_serial "
                    f"ARN --profile {name}; else the role's trust or the caller's policy forbids it"
                )
            raise

    def _first_credentials(self) -> tuple[Credentials, bool]:
        """What the first role is assumed with, and whether a code went into it."""
        if self._origin.key_id and self._serial:
            return self._token_session(self._origin.key_id, self._serial), True
        found = self._origin.read()
        if isinstance(found, AccessKey) and self._serial:
            return self._token_session(found.id, self._serial), True
        return found, False

    def _may_carry_code(self) -> bool:
        if not self._chain.source.gives_role_credentials:
            return True
        self._notes.append(
            f"mfa_serial is not used: the profile {visible(self._source.name)} gives the "
            "credentials of a role, and no token code can go with those"
        )
        return False

    def _role_duration(self, at: int) -> int | None:
        """The seconds to ask of AssumeRole: what was asked for, as far as AWS goes."""
        link = self._chain.links[at]
        is_last = at == len(self._chain.links) - 1
        seconds = link.duration_seconds
        if is_last and self._wish.duration is not None:
            seconds = self._wish.duration
            _check_wished(seconds, LONGEST_ROLE, "a role's session")
        elif seconds is not None and not SHORTEST <= seconds <= LONGEST_ROLE:
            raise ConfigurationError(
                f"duration_seconds of the profile {visible(link.profile)} is {seconds}; AWS takes "
                f"{SHORTEST} to {LONGEST_ROLE}",
                code="bad-duration",
                hint="awscreds configure set duration_seconds 3600 --profile " + word(link.profile),
            )
        is_chained = at > 0 or self._chain.source.gives_role_credentials
        if seconds is not None and is_chained and seconds > LONGEST_CHAINED:
            self._notes.append(
                f"the session of {visible(link.profile)} lasts an hour, not {_span(seconds)}: AWS "
                "gives no more to a role that is assumed by a role"
            )
            return LONGEST_CHAINED
        return seconds

    # -- users -----------------------------------------------------------------------------

    def _without_role(self) -> Session:
        """The session of a chain without roles: of the key's own user, or whatever there is."""
        key_id = self._origin.key_id
        if key_id is None:
            found = self._origin.read()
            if isinstance(found, Session):
                if found.expiration is None:
                    self._notes.append(
                        f"the profile {visible(self._source.name)} has temporary credentials, used "
                        "as they are; when they expire is not known"
                    )
                return found
            key_id = found.id
        if self._wish.duration is not None:
            _check_wished(self._wish.duration, LONGEST_SESSION, "a session")
        serial = self._serial or self._serial_of_key(key_id)
        if serial is None:
            self._notes.append(WITHOUT_MFA)
        self._wanted = self._token_key(key_id, serial, self._wish.duration)
        return self._token_session(
            key_id,
            serial,
            duration=self._wish.duration,
            minimum=self._wish.minimum,
            refresh=self._wish.refresh,
        )

    def _token_session(
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
            self._token_key(key_id, serial, duration),
            lambda: self._get_session_token(serial, duration),
            minimum=minimum,
            refresh=refresh,
        )
        if serial and duration is not None:
            # Roles want a session of no length in particular: this one saves them a code.
            cache.fetch(self._token_key(key_id, serial, None), lambda: session, refresh=refresh)
        return session

    def _get_session_token(self, serial: str | None, duration: int | None) -> Session:
        # First the key, which may take its time: a code is good for half a minute.
        key = self._long_lived_key()
        how = self._source_connection("sts")
        aws = self._means.aws
        if serial is None:
            session = aws.session_token(key, how, duration=duration)
        else:
            session = self._with_code(
                serial,
                lambda code: aws.session_token(
                    key, how, serial=serial, code=code, duration=duration
                ),
            )
        asked = duration or DEFAULT_SESSION
        if session.expiration is not None:
            given = session.expiration - self._means.clock() - (aws.skew or 0)
            if given < asked - _MARGIN:
                self._notes.append(
                    f"AWS gave a session of {_span(round(given))}, not of {_span(asked)} (no more "
                    "than an hour is given to the root user)"
                )
        return session

    def _long_lived_key(self) -> AccessKey:
        found = self._origin.read()
        if isinstance(found, AccessKey):
            return found
        raise ConfigurationError(
            f"the credentials of the profile {visible(self._source.name)} are temporary already",
            code="temporary-credentials",
        )

    # -- MFA -------------------------------------------------------------------------------

    def _serial_of_key(self, key_id: str) -> str | None:
        """The device of the key's user that shows codes, by ListMFADevices once; None: none."""
        devices = self._means.devices
        known = devices.serial_of(key_id)
        if known:
            return known
        name = word(self._source.name)
        remedy = f"awscreds configure set mfa_serial ARN --profile {name}"
        try:
            serials = self._means.aws.mfa_devices(
                self._long_lived_key(), self._source_connection("iam")
            )
        except AwsError as error:
            if error.aws_code not in _DENIED or self._wish.token:
                error.hint = f"name the device: --serial ARN, or for good: {remedy}"
                raise
            self._notes.append(
                f"AWS does not let this key see its user's MFA devices; if there is one: {remedy}"
            )
            return None
        serial = only_otp_device(serials, self._source.name)
        if serial:
            devices.note_serial(key_id, serial)
        elif self._wish.token:
            raise UsageProblem(
                "a token code was given, but this user has no MFA device that shows codes",
                code="no-device",
                hint="if the device belongs to somebody else, that one's key is needed",
            )
        elif any(is_fido(each) for each in serials):
            self._notes.append(
                "the MFA of this user is a FIDO security key or passkey, which AWS takes in a "
                "browser alone; a virtual MFA device beside it would do"
            )
        return serial

    def _with_code(self, serial: str, call: Callable[[str], Session]) -> Session:
        """What ``call`` returns for a token code, which is spent then."""
        named = (self._chain.profile, self._source.name)
        settings = [self._means.profiles.find(name).get("mfa_process") for name in named]
        code = self._means.codes.take(
            serial,
            profile=self._chain.profile,
            token=self._wish.token,
            process=next((line for line in settings if line), None),
            may_ask=self._wish.may_ask,
        )
        try:
            session = call(code.value)
        except AwsError as error:
            raise self._explained(error, serial, code) from None
        self._means.devices.note_spent(serial, code.value)
        return session

    def _explained(self, error: AwsError, serial: str, code: Code) -> AwsError:
        """Why AWS refused a token code, as far as can be seen from here."""
        device = visible(serial)
        if error.code == "mfa-device-refused":
            if self._origin.key_id:
                self._means.devices.note_serial(self._origin.key_id, None)
            return AwsError(
                f"AWS says that {device} is no MFA device of the user this key belongs to",
                code=error.code,
                hint="aws iam list-mfa-devices shows the right one; awscreds configure set "
                f"mfa_serial ARN --profile {word(self._source.name)}",
                aws_code=error.aws_code,
            )
        if error.code != "mfa-code-refused":
            return error
        skew = self._means.aws.skew or 0.0
        spent_ago = self._means.devices.spent_ago(serial, code.value)
        if spent_ago is not None:
            message = f"this code was used {spent_ago:.0f} seconds ago, and AWS takes each once"
            hint = "wait until the device shows the next one (half a minute at most)"
        elif code.is_made_here and abs(skew) > _SKEW_OF_CODES:
            message = f"the code is not right, since this machine's clock is {off_by(skew)}"
            hint = "set the clock (timedatectl set-ntp true)"
        else:
            message = (
                f"AWS refuses this code for {device}: it was mistyped, used before, or is of "
                "another device"
            )
            hint = (
                "wait for the next code of that very device; where each one is refused, its clock "
                "has drifted: aws iam resync-mfa-device"
            )
            if abs(skew) > _SKEW_OF_CODES:
                hint += f" (this machine's own clock is {off_by(skew)})"
        return AwsError(message, code=error.code, hint=hint, aws_code=error.aws_code)

    # -- where a chain begins --------------------------------------------------------------

    def _find_origin(self) -> _Origin:
        kind, source = self._chain.source.kind, self._source
        if kind in (MANAGED, STATIC_KEYS):
            token = source.get("aws_security_token") or source.get(TOKEN)
            is_plaintext = source.get(KEY_ID) and source.get(SECRET)
            return self._origin_of_key(
                source.access_key_id or "",
                lambda: self._means.keys(source.name),
                token if is_plaintext else None,
            )
        if kind == ENVIRONMENT:
            return self._environment()
        if kind == WEB_IDENTITY:
            return _Origin(self._web_identity, shape=self._web_identity_key())
        paths = self._means.place.files
        how = self._source_connection("sts")
        return _Origin(
            lambda: self._means.aws.provider_credentials(kind, source.name, how, paths),
            shape=self._key(source.name, how, access_key_id=f"{kind} {self._settings()}"),
        )

    def _origin_of_key(
        self, key_id: str, read: Callable[[], AccessKey], token: str | None
    ) -> _Origin:
        shape = self._key(self._source.name, self._source_connection("sts"), access_key_id=key_id)
        if not token:
            return _Origin(read, shape=shape, key_id=key_id)

        def with_token() -> Session:
            key = read()
            return Session(key.id, key.secret, token)

        return _Origin(with_token, shape=shape)

    def _environment(self) -> _Origin:
        environ = self._means.environ
        key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if not key_id or not secret:
            raise ConfigurationError(
                f"the role {visible(self._source.name)} takes its credentials from the environment "
                "(credential_source = Environment), and there are none",
                code="no-credentials",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
        return self._origin_of_key(key_id, lambda: AccessKey(key_id, secret), token)

    def _web_identity(self) -> Session:
        key = self._web_identity_key()
        if not self._chain.links:
            self._wanted = key
        return self._means.cache.fetch(
            key,
            self._assume_with_web_identity,
            minimum=LEAST if self._chain.links else self._wish.minimum,
            refresh=self._wish.refresh and not self._chain.links,
        )

    def _assume_with_web_identity(self) -> Session:
        source = self._source
        path = source.get("web_identity_token_file") or ""
        name = visible(source.name)
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(
                f"cannot read the web_identity_token_file of the profile {name}, {visible(path)}: "
                f"{reason}",
                code="web-identity-token",
            ) from None
        try:
            return self._means.aws.assume_role_with_web_identity(
                token,
                self._source_connection("sts"),
                role_arn=source.get("role_arn") or "",
                session_name=self._session_name(source.get("role_session_name")),
                duration=self._web_identity_duration(),
            )
        except AwsError as error:
            if error.aws_code == "ExpiredTokenException":
                raise AwsError(
                    f"the token in {visible(path)} has expired (profile {name})",
                    code=error.code,
                    hint="whoever writes that file is to write a new one",
                    aws_code=error.aws_code,
                ) from None
            raise

    def _web_identity_duration(self) -> int | None:
        seconds = None if self._chain.links else self._wish.duration
        if seconds is not None:
            _check_wished(seconds, LONGEST_ROLE, "a role's session")
        return seconds

    # -- what shapes a session -------------------------------------------------------------

    def _token_key(self, key_id: str, serial: str | None, duration: int | None) -> SessionKey:
        return self._key(
            self._source.name,
            self._source_connection("sts"),
            access_key_id=key_id,
            serial=serial,
            duration=duration,
        )

    def _role_key(self, at: int) -> SessionKey:
        link = self._chain.links[at]
        origin = self._origin
        if at:
            source = self._role_key(at - 1)
        elif origin.key_id and self._serial:
            source = self._token_key(origin.key_id, self._serial, None)
        else:
            source = origin.shape
        return self._key(
            link.profile,
            self._connection(link.profile),
            access_key_id=origin.key_id or self._chain.source.kind,
            serial=self._serial,
            role=link.role_arn,
            external_id=link.external_id,
            session_name=self._session_name(link.session_name),
            duration=self._durations[at],
            source=source,
        )

    def _web_identity_key(self) -> SessionKey:
        source = self._source
        return self._key(
            source.name,
            self._source_connection("sts"),
            access_key_id=f"{WEB_IDENTITY} {source.get('web_identity_token_file')}",
            role=source.get("role_arn"),
            session_name=self._session_name(source.get("role_session_name")),
            duration=self._web_identity_duration(),
        )

    def _key(self, profile: str, how: Connection, **shape: Any) -> SessionKey:
        place = self._means.place
        return SessionKey(
            profile=profile,
            region=how.region,
            endpoint=how.endpoint_url,
            files=place.files,
            home=place.home,
            backend=place.backend,
            **shape,
        )

    def _settings(self) -> str:
        """What decides which credentials a provider of botocore's gives: all but secrets."""
        source = self._source
        section = (SSO_SESSION, source.get("sso_session") or "")
        settings: dict[str, object] = {**source.config, **source.credentials}
        settings |= {"sso-session": self._means.profiles.config.values(section)}
        settings |= {name: self._means.environ.get(name) for name in _CONTAINER}
        return json.dumps({k: v for k, v in settings.items() if k not in STATIC}, sort_keys=True)

    # -- how AWS is reached ----------------------------------------------------------------

    def _source_connection(self, service: str) -> Connection:
        """By the source's own settings, so that every role of it finds the same session.

        Its region may be named by nobody. That matters outside of the partition ``aws`` alone.
        """
        means = self._means
        how = connection(service, self._source, means.profiles, means.environ)
        if self._chain.links and not self._has_region(self._source):
            first = self._chain.links[0]
            if not first.role_arn.startswith("arn:aws:"):
                region = means.profiles.find(first.profile).get("region")
                how.region = region or how.region
        return how

    def _connection(self, name: str) -> Connection:
        means = self._means
        profile = means.profiles.find(name)
        how = connection("sts", profile, means.profiles, means.environ)
        if not self._has_region(profile):
            how.region = self._source_connection("sts").region
        return how

    def _has_region(self, profile: Profile) -> bool:
        named = (self._means.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        return bool(profile.get("region")) or any(named)

    def _session_name(self, configured: str | None) -> str:
        return configured or default_session_name(self._means.environ)


def default_session_name(environ: Mapping[str, str]) -> str:
    """``awscreds-USER-HOST``, by which an auditor finds who and where in CloudTrail.

    The characters are those of AssumeRole's RoleSessionName, 64 at most.
    """
    named = (environ.get(name) for name in ("USER", "LOGNAME", "USERNAME"))
    user = next(filter(None, named), None) or _account_name()
    host = environ.get("COMPUTERNAME", "") if sys.platform == "win32" else os.uname().nodename
    name = f"awscreds-{user}-{host.partition('.')[0]}"
    return "".join(char if char in _ROLE_NAME_CHARACTERS else "_" for char in name)[:64]


def _account_name() -> str:
    if sys.platform != "win32":
        import pwd

        with contextlib.suppress(KeyError):
            return pwd.getpwuid(os.geteuid()).pw_name
    return "unknown"


def _check_wished(seconds: int, longest: int, what: str) -> None:
    if not SHORTEST <= seconds <= longest:
        raise UsageProblem(
            f"a duration of {seconds} seconds cannot be: {what} lasts {SHORTEST} to {longest}",
            code="bad-duration",
            hint=f"from --duration 15m to --duration {longest // 3600}h",
        )


def _span(seconds: int) -> str:
    """``12 hours``; a second that was lost on the way does not count."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size in (0, size - 1):
            count = round(seconds / size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"

"""Where a chain begins: a key, the environment, a web identity, a login or another program."""

from __future__ import annotations

import contextlib
from functools import cache as cache_of

from awscreds.aws.gateway import RoleRequest
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model import expirations
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    KEY_ID,
    LOGIN,
    MANAGED,
    SECRET,
    SSO,
    STATIC_KEYS,
    TOKEN,
    WEB_IDENTITY,
)
from awscreds.model.role_chain import ENVIRONMENT
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.stores.cache.session_format import MINIMUM
from awscreds.stores.fingerprints import digest
from awscreds.workflows.sessions.durations import web_identity_duration
from awscreds.workflows.sessions.logins import SsoLogin
from awscreds.workflows.sessions.sign_in import LoginSession

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.credentials import Credentials
    from awscreds.model.role_chain import Chain
    from awscreds.stores.cache.session_format import SessionKey
    from awscreds.workflows.sessions.cache_keys import SessionKeys
    from awscreds.workflows.sessions.context import SessionDeps
    from awscreds.workflows.sessions.endpoints import EndpointResolver
    from awscreds.workflows.sessions.requests import SessionRequest


class CredentialSource:
    """What a chain begins with. ``key_id`` is None if that is not a long-lived key.

    ``cache_key`` is everything that decides what the credentials are. ``read`` returns them; it
    runs once, and may be slow or ask somebody. ``may_be_kept``: whether only the profile and the
    environment decide what the credentials are. ``is_short_lived``: they live for some minutes.
    """

    __slots__ = (
        *("_identify", "cache_key", "is_short_lived", "key_id", "may_be_kept", "profile"),
        "read",
    )

    def __init__(
        self,
        profile: str,
        read: Callable[[], Credentials],
        *,
        cache_key: SessionKey,
        key_id: str | None = None,
        identify: Callable[[], CredentialSource] | None = None,
        may_be_kept: bool = False,
        is_short_lived: bool = False,
    ) -> None:
        self.profile = profile
        self.is_short_lived = is_short_lived
        self.read = cache_of(read)
        self.cache_key = cache_key
        self.key_id = key_id
        self.may_be_kept = may_be_kept
        self._identify = identify

    def identified(self) -> CredentialSource:
        """The same source, with a complete ``cache_key``. A provider may be asked for it.

        Raises what ``read`` raises: somebody has logged out, or a program fails.
        """
        return self._identify() if self._identify else self

    def long_lived_key(self) -> AccessKey:
        """The access key. Raises ConfigurationError if the credentials are a session."""
        found = self.read()
        if isinstance(found, AccessKey):
            return found
        raise ConfigurationError(
            f"the credentials of the profile {escaped(self.profile)} are already temporary",
            code="temporary-credentials",
        )


class SourceResolver:
    """Finds what ``chain`` begins with."""

    def __init__(
        self,
        deps: SessionDeps,
        chain: Chain,
        request: SessionRequest,
        endpoints: EndpointResolver,
        keys: SessionKeys,
        *,
        note: Callable[[str], None],
    ) -> None:
        self._deps = deps
        self._chain = chain
        self._request = request
        self._endpoints = endpoints
        self._keys = keys
        self._note = note
        self._profile = deps.profiles.find(chain.source.profile)

    def find(self) -> CredentialSource:
        """The source. Nothing is read, run or asked for it yet.

        Raises ConfigurationError if there is none, UsageError for an impossible duration.
        """
        kind = self._chain.source.kind
        if kind in (MANAGED, STATIC_KEYS):
            return self._key_of_profile()
        if kind == ENVIRONMENT:
            return self._environment()
        if kind == WEB_IDENTITY:
            return self._web_identity()
        if kind == SSO:
            return self._sso()
        if kind == LOGIN:
            return self._login()
        # The rest is not cached: it depends on what a program knows, which no profile shows. Most
        # programs cache what they give.
        ask = self._run_process if kind == FOREIGN_PROCESS else self._ask_botocore
        return self._of_provider(ask)

    # -- keys ------------------------------------------------------------------------------

    def _key_of_profile(self) -> CredentialSource:
        profile = self._profile
        if profile.shadowed:
            # The session is made from the managed key, although SDKs use the other one.
            return self._of_key(
                profile.session_key_id or "", lambda: self._deps.key_of(profile.name)
            )
        token = profile.get("aws_security_token") or profile.get(TOKEN)
        is_plaintext = profile.get(KEY_ID) and profile.get(SECRET)
        return self._of_key(
            profile.access_key_id or "",
            lambda: self._deps.key_of(profile.name),
            token if is_plaintext else None,
            {**profile.config, **profile.credentials},
        )

    def _environment(self) -> CredentialSource:
        environ = self._deps.environ
        key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if not key_id or not secret:
            raise ConfigurationError(
                f"the role {escaped(self._profile.name)} needs credentials from the "
                "environment (credential_source = Environment), but the environment has "
                "none",
                code="no-credentials",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
        beside = {name: environ[name] for name in expirations.VARIABLES if name in environ}
        return self._of_key(key_id, lambda: AccessKey(key_id, secret), token, beside)

    def _of_key(
        self,
        key_id: str,
        read: Callable[[], AccessKey],
        token: str | None = None,
        beside: Mapping[str, object] | None = None,
    ) -> CredentialSource:
        """The key that ``read`` returns; with a ``token``, a session. ``beside`` has its end."""
        name, cache_key = self._profile.name, self._keys.of_access_key(key_id)
        if not token:
            return CredentialSource(
                name, read, cache_key=cache_key, key_id=key_id, may_be_kept=True
            )

        def with_token() -> Session:
            end = expirations.expiration_of(beside or {})
            if end is not None and end <= self._deps.clock():
                raise self._expired(end)
            key = read()
            return Session(key.id, key.secret, token, end)

        return CredentialSource(name, with_token, cache_key=cache_key, may_be_kept=True)

    def _expired(self, end: float) -> ConfigurationError:
        name = self._profile.name
        if self._chain.source.kind == ENVIRONMENT:
            return ConfigurationError(
                "the temporary credentials in the environment expired at "
                f"{format_iso(end)}; they are needed for the role {escaped(name)}",
                code="credentials-expired",
                hint="set new credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                "AWS_SESSION_TOKEN)",
            )
        path, line = self._deps.profiles.place_of_keys(name, self._deps.scope.files)
        return ConfigurationError(
            f"the temporary credentials of the profile {escaped(name)} ({escaped(path)}:{line}) "
            f"expired at {format_iso(end)}",
            code="credentials-expired",
            hint="get new credentials from the tool that wrote them (aws-mfa, saml2aws, "
            "awsume, …); or give the profile an access key: awscreds configure "
            f"--profile {quoted(name)}",
        )

    # -- providers -------------------------------------------------------------------------

    def _of_provider(self, ask: Callable[[], Credentials]) -> CredentialSource:
        """A source that is asked each time. Only the same identity finds its roles in the cache."""
        name, kind = self._profile.name, self._chain.source.kind
        read = cache_of(ask)

        def identify() -> CredentialSource:
            found = read()
            if isinstance(found, AccessKey):
                return CredentialSource(
                    name, read, cache_key=self._keys.of_access_key(found.id), key_id=found.id
                )
            return CredentialSource(name, read, cache_key=self._keys.of_provider(kind, found.id))

        return CredentialSource(
            name, read, cache_key=self._keys.of_provider(kind), identify=identify
        )

    def _run_process(self) -> Credentials:
        line = self._profile.get("credential_process") or ""
        return self._deps.run_process(line, self._profile.name)

    def _sso(self) -> CredentialSource:
        """A role of whoever is logged in now, cached like that of any other role."""
        name = self._profile.name
        login = SsoLogin(self._deps, self._profile, self._note)
        is_last = not self._chain.links

        def identify() -> CredentialSource:
            cache_key = self._keys.of_sso_role(login.identity)

            def read() -> Session:
                return self._deps.cache.fetch(
                    cache_key,
                    login.credentials,
                    minimum=self._request.minimum if is_last else MINIMUM,
                    refresh=self._request.refresh and is_last,
                )

            return CredentialSource(name, read, cache_key=cache_key, may_be_kept=login.ends_with_us)

        return CredentialSource(
            name, login.credentials, cache_key=self._keys.of_provider(SSO), identify=identify
        )

    def _login(self) -> CredentialSource:
        """A session of `aws login`. That of a login of ours is cached like that of any role."""
        name = self._profile.name
        login = LoginSession(self._deps, self._profile, self._note)

        def identify() -> CredentialSource:
            cache_key = self._keys.of_login(login.name, login.identity)
            if not login.ends_with_us:  # the AWS CLI caches it
                return CredentialSource(name, login.credentials, cache_key=cache_key)

            def read() -> Session:
                return self._deps.cache.fetch(cache_key, login.credentials, minimum=MINIMUM)

            return CredentialSource(
                name, read, cache_key=cache_key, may_be_kept=True, is_short_lived=True
            )

        return CredentialSource(
            name, login.credentials, cache_key=self._keys.of_provider(LOGIN), identify=identify
        )

    def _ask_botocore(self) -> Credentials:
        return self._deps.aws.providers.credentials(
            self._chain.source.kind,
            self._profile.name,
            self._endpoints.of_source("sts"),
            self._deps.scope.files,
        )

    # -- web identities --------------------------------------------------------------------

    def _web_identity(self) -> CredentialSource:
        """The session of the source's role, cached like that of any other role."""
        duration = web_identity_duration(self._chain, self._request.duration)
        token = self._web_identity_token()
        cache_key = self._keys.of_web_identity(bearer(token), duration)
        is_last = not self._chain.links

        def read() -> Session:
            return self._deps.cache.fetch(
                cache_key,
                lambda: self._assume_with_web_identity(token, duration),
                minimum=self._request.minimum if is_last else MINIMUM,
                refresh=self._request.refresh and is_last,
            )

        return CredentialSource(self._profile.name, read, cache_key=cache_key)

    def _assume_with_web_identity(self, token: str, duration: int | None) -> Session:
        profile = self._profile
        try:
            request = RoleRequest(
                profile.get("role_arn") or "",
                self._keys.session_name(profile.get("role_session_name")),
                duration=duration,
            )
            return self._deps.aws.assume_role_with_web_identity(
                token, self._endpoints.of_source("sts"), request
            )
        except AwsError as error:
            if error.aws_code == "ExpiredTokenException":
                path = escaped(profile.get("web_identity_token_file") or "")
                raise AwsError(
                    f"the token in {path} has expired (profile {escaped(profile.name)})",
                    code=error.code,
                    hint="get a new token from the program that writes this file",
                    aws_code=error.aws_code,
                ) from None
            raise

    def _web_identity_token(self) -> str:
        path = self._profile.get("web_identity_token_file") or ""
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(
                "cannot read the web_identity_token_file of the profile "
                f"{escaped(self._profile.name)}, {escaped(path)}: {reason}",
                code="web-identity-token",
            ) from None


def bearer(token: str) -> str:
    """The identity of the bearer of a web identity token: the same for all their tokens.

    It is the issuer and subject of a JWT (https://www.rfc-editor.org/rfc/rfc7519), else the token.
    Only AWS decides whether the token is valid.
    """
    import base64
    import json

    with contextlib.suppress(ValueError, IndexError, RecursionError):
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if isinstance(claims, dict) and claims.get("sub"):
            return digest(json.dumps([claims.get("iss"), claims["sub"]]).encode("ascii")).hex()
    return digest(token.encode()).hex()

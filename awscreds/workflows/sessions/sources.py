"""Where a chain begins: a key, the environment, a web identity, or a provider of others."""

from __future__ import annotations

import contextlib
from functools import cache as cache_of

from awscreds.errors import AwsError, ConfigurationError
from awscreds.model import temporary
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
from awscreds.stores.fingerprints import digest
from awscreds.workflows.sessions.durations import LEAST, web_identity_duration
from awscreds.workflows.sessions.logins import SsoLogin, login_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.role_chain import Chain
    from awscreds.stores.cache.session_format import SessionKey
    from awscreds.workflows.sessions.cache_keys import SessionKeys
    from awscreds.workflows.sessions.connections import EndpointResolver
    from awscreds.workflows.sessions.context import Credentials
    from awscreds.workflows.sessions.provider import Sessions
    from awscreds.workflows.sessions.requests import SessionRequest


class CredentialSource:
    """What a chain begins with. ``key_id`` is None where that is not a long-lived key.

    ``shape`` is all that decides what the credentials are; ``read`` gets them, once: it may be
    slow, or ask. ``may_be_kept``: whether the profile and the environment alone decide about them.
    """

    __slots__ = ("_identify", "key_id", "may_be_kept", "profile", "read", "shape")

    def __init__(
        self,
        profile: str,
        read: Callable[[], Credentials],
        *,
        shape: SessionKey,
        key_id: str | None = None,
        identify: Callable[[], CredentialSource] | None = None,
        may_be_kept: bool = False,
    ) -> None:
        self.profile = profile
        self.read = cache_of(read)
        self.shape = shape
        self.key_id = key_id
        self.may_be_kept = may_be_kept
        self._identify = identify

    def identified(self) -> CredentialSource:
        """The same, with all that decides about it known, for which a provider may be asked.

        Raises what ``read`` raises: somebody has logged out, or a program fails.
        """
        return self._identify() if self._identify else self

    def long_lived_key(self) -> AccessKey:
        """The access key it is. Raises ConfigurationError for what is a session already."""
        found = self.read()
        if isinstance(found, AccessKey):
            return found
        raise ConfigurationError(
            f"the credentials of the profile {escaped(self.profile)} are temporary already",
            code="temporary-credentials",
        )


class SourceResolver:
    """Finds what ``chain`` begins with."""

    def __init__(
        self,
        means: Sessions,
        chain: Chain,
        wish: SessionRequest,
        connections: EndpointResolver,
        keys: SessionKeys,
        *,
        note: Callable[[str], None],
    ) -> None:
        self._means = means
        self._chain = chain
        self._wish = wish
        self._connections = connections
        self._keys = keys
        self._note = note
        self._source = means.profiles.find(chain.source.profile)

    def find(self) -> CredentialSource:
        """The origin; nothing is read, run or asked for it yet.

        Raises ConfigurationError where there is none, UsageError for a duration that cannot be.
        """
        kind = self._chain.source.kind
        if kind in (MANAGED, STATIC_KEYS):
            return self._key_of_profile()
        if kind == ENVIRONMENT:
            return self._environment()
        if kind == WEB_IDENTITY:
            return self._web_identity()
        # What follows is not cached: it depends on who is logged in, or on what a program knows
        # besides, which no profile shows, and a logout ends it. SSO and login keep their log-in
        # themselves, and most programs what they give.
        if kind == SSO:
            return self._sso()
        ask = {FOREIGN_PROCESS: self._run_process, LOGIN: self._login}
        return self._of_provider(ask.get(kind, self._ask_botocore))

    # -- keys ------------------------------------------------------------------------------

    def _key_of_profile(self) -> CredentialSource:
        source = self._source
        if source.shadowed:
            # The session is wanted of the key that is managed, whatever SDKs do meanwhile.
            return self._of_key(source.session_key_id or "", lambda: self._means.keys(source.name))
        token = source.get("aws_security_token") or source.get(TOKEN)
        is_plaintext = source.get(KEY_ID) and source.get(SECRET)
        return self._of_key(
            source.access_key_id or "",
            lambda: self._means.keys(source.name),
            token if is_plaintext else None,
            {**source.config, **source.credentials},
        )

    def _environment(self) -> CredentialSource:
        environ = self._means.environ
        key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if not key_id or not secret:
            raise ConfigurationError(
                f"the role {escaped(self._source.name)} takes its credentials from the "
                "environment (credential_source = Environment), but there are none",
                code="no-credentials",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
        beside = {name: environ[name] for name in temporary.VARIABLES if name in environ}
        return self._of_key(key_id, lambda: AccessKey(key_id, secret), token, beside)

    def _of_key(
        self,
        key_id: str,
        read: Callable[[], AccessKey],
        token: str | None = None,
        beside: Mapping[str, object] | None = None,
    ) -> CredentialSource:
        """What ``read`` gives, or, with a ``token``, a session; ``beside`` tells when that ends."""
        profile, shape = self._source.name, self._keys.of_access_key(key_id)
        if not token:
            return CredentialSource(profile, read, shape=shape, key_id=key_id, may_be_kept=True)

        def with_token() -> Session:
            end = temporary.expiration(beside or {})
            if end is not None and end <= self._means.clock():
                raise self._expired(end)
            key = read()
            return Session(key.id, key.secret, token, end)

        return CredentialSource(profile, with_token, shape=shape, may_be_kept=True)

    def _expired(self, end: float) -> ConfigurationError:
        name = self._source.name
        if self._chain.source.kind == ENVIRONMENT:
            return ConfigurationError(
                "the temporary credentials in the environment, which are used to assume the "
                f"role {escaped(name)}, expired at {format_iso(end)}",
                code="credentials-expired",
                hint="set new ones (AWS_ACCESS_KEY_ID and the others)",
            )
        path, line = self._means.profiles.place_of_keys(name, self._means.place.files)
        return ConfigurationError(
            f"the temporary credentials of the profile {escaped(name)} ({escaped(path)}:{line}) "
            f"expired at {format_iso(end)}",
            code="credentials-expired",
            hint="get new ones from the tool that wrote them (aws-mfa, saml2aws, awsume, …); or "
            f"give the profile an access key: awscreds configure --profile {quoted(name)}",
        )

    # -- providers -------------------------------------------------------------------------

    def _of_provider(self, ask: Callable[[], Credentials]) -> CredentialSource:
        """What is asked each time: a role of it is found in the cache only for whoever that is."""
        name, kind = self._source.name, self._chain.source.kind
        read = cache_of(ask)

        def identify() -> CredentialSource:
            found = read()
            if isinstance(found, AccessKey):
                return CredentialSource(
                    name, read, shape=self._keys.of_access_key(found.id), key_id=found.id
                )
            return CredentialSource(name, read, shape=self._keys.of_provider(kind, found.id))

        return CredentialSource(name, read, shape=self._keys.of_provider(kind), identify=identify)

    def _run_process(self) -> Credentials:
        line = self._source.get("credential_process") or ""
        return self._means.run_process(line, self._source.name)

    def _sso(self) -> CredentialSource:
        """A role of whoever's token is there now: its credentials change at each call."""
        name = self._source.name
        login = SsoLogin(self._means, self._source, self._note)

        def identify() -> CredentialSource:
            return CredentialSource(
                name, login.credentials, shape=self._keys.of_provider(SSO, login.identity)
            )

        return CredentialSource(
            name, login.credentials, shape=self._keys.of_provider(SSO), identify=identify
        )

    def _login(self) -> Credentials:
        return login_credentials(self._means, self._source, self._ask_botocore)

    def _ask_botocore(self) -> Credentials:
        return self._means.aws.provider_credentials(
            self._chain.source.kind,
            self._source.name,
            self._connections.of_source("sts"),
            self._means.place.files,
        )

    # -- web identities --------------------------------------------------------------------

    def _web_identity(self) -> CredentialSource:
        """The session of the source's role, cached as that of any other role."""
        duration = web_identity_duration(self._chain, self._wish.duration)
        token = self._web_identity_token()
        shape = self._keys.of_web_identity(bearer(token), duration)
        is_last = not self._chain.links

        def read() -> Session:
            return self._means.cache.fetch(
                shape,
                lambda: self._assume_with_web_identity(token, duration),
                minimum=self._wish.minimum if is_last else LEAST,
                refresh=self._wish.refresh and is_last,
            )

        return CredentialSource(self._source.name, read, shape=shape)

    def _assume_with_web_identity(self, token: str, duration: int | None) -> Session:
        source = self._source
        try:
            return self._means.aws.assume_role_with_web_identity(
                token,
                self._connections.of_source("sts"),
                role_arn=source.get("role_arn") or "",
                session_name=self._keys.session_name(source.get("role_session_name")),
                duration=duration,
            )
        except AwsError as error:
            if error.aws_code == "ExpiredTokenException":
                path = escaped(source.get("web_identity_token_file") or "")
                raise AwsError(
                    f"the token in {path} has expired (profile {escaped(source.name)})",
                    code=error.code,
                    hint="the program that writes that file must write a new token",
                    aws_code=error.aws_code,
                ) from None
            raise

    def _web_identity_token(self) -> str:
        path = self._source.get("web_identity_token_file") or ""
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(
                "cannot read the web_identity_token_file of the profile "
                f"{escaped(self._source.name)}, {escaped(path)}: {reason}",
                code="web-identity-token",
            ) from None


def bearer(token: str) -> str:
    """What stands for the bearer of a web identity token: the same for each token of theirs.

    That is its issuer and subject, where it is a JWT (https://www.rfc-editor.org/rfc/rfc7519);
    whether it is a good one is for AWS to say.
    """
    import base64
    import json

    with contextlib.suppress(ValueError, IndexError, RecursionError):
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if isinstance(claims, dict) and claims.get("sub"):
            return digest(json.dumps([claims.get("iss"), claims["sub"]]).encode("ascii")).hex()
    return digest(token.encode()).hex()

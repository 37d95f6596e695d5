"""Where a chain begins: a key, the environment, a web identity, or a provider of others."""

from __future__ import annotations

from functools import cache as cache_of

from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.chain import ENVIRONMENT
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    KEY_ID,
    MANAGED,
    SECRET,
    STATIC_KEYS,
    TOKEN,
    WEB_IDENTITY,
)
from awscreds.model.text import visible
from awscreds.workflows.session_durations import LEAST, web_identity_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.chain import Chain
    from awscreds.stores.sessionfile import SessionKey
    from awscreds.workflows.session import Sessions, Wish
    from awscreds.workflows.session_connections import Connections
    from awscreds.workflows.session_keys import SessionKeys
    from awscreds.workflows.session_ports import Credentials


class Origin:
    """What a chain begins with. ``key_id`` is None where that is not a long-lived key known yet.

    ``shape`` is all that decides what the credentials are; ``read`` gets them, once: it may be
    slow, or ask.
    """

    __slots__ = ("key_id", "profile", "read", "shape")

    def __init__(
        self,
        profile: str,
        read: Callable[[], Credentials],
        *,
        shape: SessionKey,
        key_id: str | None = None,
    ) -> None:
        self.profile = profile
        self.read = cache_of(read)
        self.shape = shape
        self.key_id = key_id

    def long_lived_key(self) -> AccessKey:
        """The access key it is. Raises ConfigurationError for what is a session already."""
        found = self.read()
        if isinstance(found, AccessKey):
            return found
        raise ConfigurationError(
            f"the credentials of the profile {visible(self.profile)} are temporary already",
            code="temporary-credentials",
        )


class Origins:
    """Finds what ``chain`` begins with."""

    def __init__(
        self, means: Sessions, chain: Chain, wish: Wish, connections: Connections, keys: SessionKeys
    ) -> None:
        self._means = means
        self._chain = chain
        self._wish = wish
        self._connections = connections
        self._keys = keys
        self._source = means.profiles.find(chain.source.profile)

    def find(self) -> Origin:
        """The origin; nothing is read, run or asked for it yet.

        Raises ConfigurationError where there is none, UsageProblem for a duration that cannot be.
        """
        kind = self._chain.source.kind
        if kind in (MANAGED, STATIC_KEYS):
            return self._key_of_profile()
        if kind == ENVIRONMENT:
            return self._environment()
        if kind == WEB_IDENTITY:
            return self._web_identity()
        # What follows is not cached: it depends on who is logged in, or on what a program knows
        # besides, which no profile shows, and a logout is to end it. SSO and login keep their
        # log-in themselves, and most programs what they give.
        read = self._run_process if kind == FOREIGN_PROCESS else self._ask_provider
        return Origin(self._source.name, read, shape=self._keys.of_provider(kind))

    # -- keys ------------------------------------------------------------------------------

    def _key_of_profile(self) -> Origin:
        source = self._source
        token = source.get("aws_security_token") or source.get(TOKEN)
        is_plaintext = source.get(KEY_ID) and source.get(SECRET)
        return self._of_key(
            source.access_key_id or "",
            lambda: self._means.keys(source.name),
            token if is_plaintext else None,
        )

    def _environment(self) -> Origin:
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
        return self._of_key(key_id, lambda: AccessKey(key_id, secret), token)

    def _of_key(self, key_id: str, read: Callable[[], AccessKey], token: str | None) -> Origin:
        profile, shape = self._source.name, self._keys.of_access_key(key_id)
        if not token:
            return Origin(profile, read, shape=shape, key_id=key_id)

        def with_token() -> Session:
            key = read()
            return Session(key.id, key.secret, token)

        return Origin(profile, with_token, shape=shape)

    # -- providers -------------------------------------------------------------------------

    def _run_process(self) -> Credentials:
        line = self._source.get("credential_process") or ""
        return self._means.run_process(line, self._source.name)

    def _ask_provider(self) -> Credentials:
        return self._means.aws.provider_credentials(
            self._chain.source.kind,
            self._source.name,
            self._connections.of_source("sts"),
            self._means.place.files,
        )

    # -- web identities --------------------------------------------------------------------

    def _web_identity(self) -> Origin:
        """The session of the source's role, cached as that of any other role."""
        duration = web_identity_duration(self._chain, self._wish.duration)
        shape = self._keys.of_web_identity(duration)
        is_last = not self._chain.links

        def read() -> Session:
            return self._means.cache.fetch(
                shape,
                lambda: self._assume_with_web_identity(duration),
                minimum=self._wish.minimum if is_last else LEAST,
                refresh=self._wish.refresh and is_last,
            )

        return Origin(self._source.name, read, shape=shape)

    def _assume_with_web_identity(self, duration: int | None) -> Session:
        source = self._source
        path = source.get("web_identity_token_file") or ""
        name = visible(source.name)
        token = _web_identity_token(path, name)
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
                raise AwsError(
                    f"the token in {visible(path)} has expired (profile {name})",
                    code=error.code,
                    hint="whoever writes that file is to write a new one",
                    aws_code=error.aws_code,
                ) from None
            raise


def _web_identity_token(path: str, name: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"cannot read the web_identity_token_file of the profile {name}, {visible(path)}: "
            f"{reason}",
            code="web-identity-token",
        ) from None

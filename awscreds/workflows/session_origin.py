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
    from awscreds.model.profile import Profile
    from awscreds.stores.sessions import SessionKey
    from awscreds.workflows.session import Sessions, Wish
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


def find_origin(means: Sessions, chain: Chain, wish: Wish, keys: SessionKeys) -> Origin:
    """The origin of ``chain``; nothing is read, run or asked for it yet.

    Raises ConfigurationError where there is none, UsageProblem for a duration that cannot be.
    """
    kind, source = chain.source.kind, means.profiles.find(chain.source.profile)
    if kind in (MANAGED, STATIC_KEYS):
        token = source.get("aws_security_token") or source.get(TOKEN)
        is_plaintext = source.get(KEY_ID) and source.get(SECRET)
        return _of_key(
            source.name,
            keys,
            source.access_key_id or "",
            lambda: means.keys(source.name),
            token if is_plaintext else None,
        )
    if kind == ENVIRONMENT:
        return _environment(means, source.name, keys)
    if kind == WEB_IDENTITY:
        return _web_identity(means, source, chain, wish, keys)
    # What follows is not cached: it depends on who is logged in, or on what a program knows
    # besides, which no profile shows, and a logout is to end it. SSO and login keep their log-in
    # themselves, and most programs what they give.
    if kind == FOREIGN_PROCESS:
        line = source.get("credential_process") or ""
        return Origin(
            source.name,
            lambda: means.run_process(line, source.name),
            shape=keys.of_provider(kind),
        )
    how = keys.source_connection("sts")
    paths = means.place.files
    return Origin(
        source.name,
        lambda: means.aws.provider_credentials(kind, source.name, how, paths),
        shape=keys.of_provider(kind),
    )


def _of_key(
    profile: str,
    keys: SessionKeys,
    key_id: str,
    read: Callable[[], AccessKey],
    token: str | None,
) -> Origin:
    shape = keys.of_access_key(key_id)
    if not token:
        return Origin(profile, read, shape=shape, key_id=key_id)

    def with_token() -> Session:
        key = read()
        return Session(key.id, key.secret, token)

    return Origin(profile, with_token, shape=shape)


def _environment(means: Sessions, profile: str, keys: SessionKeys) -> Origin:
    environ = means.environ
    key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not key_id or not secret:
        raise ConfigurationError(
            f"the role {visible(profile)} takes its credentials from the environment "
            "(credential_source = Environment), and there are none",
            code="no-credentials",
            hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
    return _of_key(profile, keys, key_id, lambda: AccessKey(key_id, secret), token)


def _web_identity(
    means: Sessions, source: Profile, chain: Chain, wish: Wish, keys: SessionKeys
) -> Origin:
    """The session of the source's role, cached as that of any other role."""
    duration = web_identity_duration(chain, wish.duration)
    shape = keys.of_web_identity(duration)
    is_last = not chain.links

    def read() -> Session:
        return means.cache.fetch(
            shape,
            lambda: _assume_with_web_identity(means, source, keys, duration),
            minimum=wish.minimum if is_last else LEAST,
            refresh=wish.refresh and is_last,
        )

    return Origin(source.name, read, shape=shape)


def _assume_with_web_identity(
    means: Sessions, source: Profile, keys: SessionKeys, duration: int | None
) -> Session:
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
        return means.aws.assume_role_with_web_identity(
            token,
            keys.source_connection("sts"),
            role_arn=source.get("role_arn") or "",
            session_name=keys.session_name(source.get("role_session_name")),
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

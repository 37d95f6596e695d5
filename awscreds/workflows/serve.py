"""Serving a managed profile to the SDK that asks for it. Nobody is ever asked here."""

from __future__ import annotations

import json

from awscreds.errors import ConfigurationError, InputNeeded
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE, Document, scan
from awscreds.model.profile import WRAPPED_PREFIX, no_such_profile
from awscreds.model.settings import KEY_CACHE, SERVE, SESSION
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.credentials import AccessKey, Session

    KeyReader = Callable[[str], AccessKey]
    SessionFinder = Callable[[str], Session | None]

LIFETIME = 3600
"""Seconds after which an SDK asks again, so that a long-running program notices a rotation."""


class Answer:
    """What an SDK is told, and for how many seconds it may be kept to be told again."""

    __slots__ = ("expiration", "keep", "text")

    def __init__(self, text: str, expiration: float | None, keep: float) -> None:
        self.text = text
        self.expiration = expiration
        self.keep = keep


def serve_profile(
    name: str,
    config: bytes,
    credentials: bytes,
    read_key: KeyReader,
    session_for: SessionFinder,
    *,
    now: float,
    paths: tuple[str, str],
) -> Answer:
    """What an SDK is told for the profile ``name``; ``config`` and ``credentials`` are the files.

    ``paths`` are those of the two files. ``session_for`` gives the session of a profile that
    serves sessions, or None where there is none and somebody would have to be asked.
    Nothing is said to anybody beside the answer: the C++ SDK reads stderr as a part of it.
    Raises ConfigurationError where the profile is not there or not managed, or does not say what
    it serves in words we know; InputNeeded where a session is needed; and what ``read_key`` and
    ``session_for`` raise.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """
    values = scan(config, (PROFILE, name))
    if values is None:
        raise no_such_profile(name, Document.parse(config).profiles())
    beside = scan(credentials, (PROFILE, name), credentials=True) or {}
    serve = SERVE.read(beside.get(SERVE.name, values.get(SERVE.name)))
    if serve is None:
        if SERVE.name in beside:
            raise _serves_what(name, Document.parse(credentials, credentials=True), paths[1])
        raise _serves_what(name, Document.parse(config), paths[0])
    if serve == SESSION or values.get(f"{WRAPPED_PREFIX}role_arn"):
        return _serve_session(name, session_for, now=now)
    key_id = values.get(POINTER)
    if not isinstance(key_id, str) or not key_id:
        raise _not_managed(name, {**values, **beside})
    expiration = now + LIFETIME
    text = document(read_key(key_id), expiration)
    return Answer(text, expiration, KEY_CACHE.read(values.get(KEY_CACHE.name, "0")))


def _not_managed(name: str, values: Mapping[str, object]) -> ConfigurationError:
    if values.get("role_arn") and not values.get("web_identity_token_file"):
        return ConfigurationError(
            f"the profile {escaped(name)} is a role that SDKs assume themselves; awscreds does not "
            "serve it yet",
            code="not-managed",
            hint=f"awscreds profile wrap {quoted(name)}",
        )
    return ConfigurationError(
        f"the profile {escaped(name)} has no {POINTER}: awscreds keeps no key for it",
        code="not-managed",
        hint=f"awscreds configure --profile {quoted(name)}",
    )


def _serves_what(name: str, found: Document, path: str) -> ConfigurationError:
    """A typo here must not turn a wish for sessions into the long-lived key."""
    place = f"{path}:{found.line_of((PROFILE, name), SERVE.name)}"
    return ConfigurationError(
        f"{SERVE.name} of the profile {escaped(name)} must be {SERVE.expected} ({place}); "
        "until then it gives no credentials",
        code="bad-setting",
        hint=f"awscreds configure set {SERVE.name} {SESSION} --profile {quoted(name)}",
    )


def _serve_session(name: str, session_for: SessionFinder, *, now: float) -> Answer:
    session = session_for(name)
    if session is None:
        raise InputNeeded(
            f"the profile {escaped(name)} serves only sessions, and none is cached",
            code="session-needed",
            hint=f"eval $(awscreds mfa-session --profile {quoted(name)})",
        )
    expiration = session.expiration
    keep = 0 if expiration is None else expiration - now
    return Answer(document(session, expiration), expiration, keep)


def document(credentials: AccessKey | Session, expiration: float | None) -> str:
    """Version 1 of the ``credential_process`` output; ``expiration`` in seconds UTC."""
    fields: dict[str, str | int] = {
        "Version": 1,
        "AccessKeyId": credentials.id,
        "SecretAccessKey": credentials.secret,
    }
    if credentials.token:
        fields["SessionToken"] = credentials.token
    if expiration is not None:
        fields["Expiration"] = format_iso(expiration)
    return json.dumps(fields) + "\n"

"""Serving a managed profile to the SDK that asks for it. Nobody is ever asked here."""

from __future__ import annotations

import json

from awscreds.errors import ConfigurationError, InputNeeded, UsageProblem
from awscreds.model.ini import PROFILE, Document, scan
from awscreds.model.instants import iso, parse_duration
from awscreds.model.profile import STATIC, WRAPPED_PREFIX, no_such_profile
from awscreds.model.serving import POINTER
from awscreds.model.text import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.credentials import AccessKey, Session

    KeyReader = Callable[[str], AccessKey]
    SessionFinder = Callable[[str], Session | None]

SERVE = "awscreds_serve"
"""The key of a profile that says ``session`` where it serves sessions instead of its key."""
KEY_CACHE = "awscreds_key_cache"
"""The key of a profile that says how long its access key may be held in memory."""
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
    warn: Callable[[str], None],
) -> Answer:
    """What an SDK is told for the profile ``name``; ``config`` and ``credentials`` are the files.

    ``session_for`` gives the session of a profile that serves sessions, or None where there is
    none and somebody would have to be asked.
    Raises ConfigurationError where the profile is not there or not managed, InputNeeded where a
    session is needed, and what ``read_key`` and ``session_for`` raise.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """
    values = scan(config, (PROFILE, name))
    if values is None:
        raise no_such_profile(name, Document.parse(config).profiles())
    if values.get(SERVE) == "session" or values.get(f"{WRAPPED_PREFIX}role_arn"):
        return _serve_session(name, session_for, now=now)
    key_id = values.get(POINTER)
    if not isinstance(key_id, str) or not key_id:
        raise ConfigurationError(
            f"the profile {visible(name)} has no {POINTER}: awscreds keeps no key for it",
            code="not-managed",
            hint=f"awscreds configure --profile {word(name)}",
        )
    beside = scan(credentials, (PROFILE, name), credentials=True) or {}
    has_static_keys = any(key in values or key in beside for key in STATIC)
    if has_static_keys:
        warn(
            f"the profile {visible(name)} also has plaintext keys, which some SDKs prefer; "
            f"awscreds configure --profile {word(name)} takes them into the store"
        )
    expiration = now + LIFETIME
    text = document(read_key(key_id), expiration)
    # A kept answer would keep the warning to itself.
    keep = 0 if has_static_keys else _key_cache(name, values, warn)
    return Answer(text, expiration, keep)


def _serve_session(name: str, session_for: SessionFinder, *, now: float) -> Answer:
    session = session_for(name)
    if session is None:
        raise InputNeeded(
            f"the profile {visible(name)} serves sessions only, and there is none at hand",
            code="session-needed",
            hint=f"eval $(awscreds mfa-session --profile {word(name)})",
        )
    expiration = session.expiration
    keep = 0 if expiration is None else expiration - now
    return Answer(document(session, expiration), expiration, keep)


def _key_cache(name: str, values: Mapping[str, object], warn: Callable[[str], None]) -> int:
    """The seconds that the user lets the profile's key be held in memory."""
    span = values.get(KEY_CACHE, "0")
    if span == "0":
        return 0
    try:
        return parse_duration(str(span), example="15m")
    except UsageProblem:
        warn(f"{KEY_CACHE} of {visible(name)} is not a duration, like 15m; it has no effect")
        return 0


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
        fields["Expiration"] = iso(expiration)
    return json.dumps(fields) + "\n"

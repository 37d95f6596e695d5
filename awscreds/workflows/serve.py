"""Serving a managed profile to the SDK that asks for it. Nobody is ever asked here."""

from __future__ import annotations

import json

from awscreds.errors import ConfigurationError, InputNeeded
from awscreds.model.ini import PROFILE, Document, scan
from awscreds.model.instants import iso
from awscreds.model.profile import STATIC, no_such_profile
from awscreds.model.serving import POINTER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.credentials import AccessKey

    KeyReader = Callable[[str], AccessKey]

LIFETIME = 3600
"""Seconds after which an SDK asks again, so that a long-running program notices a rotation."""


def serve_profile(
    name: str, config: bytes, read_key: KeyReader, *, now: float, warn: Callable[[str], None]
) -> str:
    """The document an SDK expects for the profile ``name`` of the config file ``config``.

    Raises ConfigurationError where the profile is not there or not managed, InputNeeded where it
    serves sessions, and what ``read_key`` raises.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """
    values = scan(config, (PROFILE, name))
    if values is None:
        raise no_such_profile(name, Document.parse(config).profiles())
    key_id = values.get(POINTER)
    if not isinstance(key_id, str) or not key_id:
        raise ConfigurationError(
            f"the profile {name!r} has no {POINTER}: awscreds keeps no key for it",
            code="not-managed",
            hint=f"awscreds configure --profile {name}",
        )
    if values.get("awscreds_serve") == "session":
        raise InputNeeded(
            f"the profile {name!r} serves sessions only, and there is none at hand",
            code="session-needed",
            hint=f"eval $(awscreds mfa-session --profile {name})",
        )
    if any(key in values for key in STATIC):
        warn(
            f"the profile {name!r} also has plaintext keys, which some SDKs prefer; "
            f"awscreds configure --profile {name} takes them into the store"
        )
    key = read_key(key_id)
    return document(key, now + LIFETIME)


def document(key: AccessKey, expiration: float) -> str:
    """Version 1 of the ``credential_process`` output; ``expiration`` in seconds UTC."""
    return (
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": key.id,
                "SecretAccessKey": key.secret,
                "Expiration": iso(expiration),
            }
        )
        + "\n"
    )

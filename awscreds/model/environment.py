"""A session in the environment: what brings it in, what takes it out again, what a child gets.

A shell that has taken a session in remembers two things, so that ``--unset`` can put everything
back: in ``AWSCREDS_ACTIVE`` which variables are ours, and in ``AWSCREDS_SAVED_*`` what they, and
those we removed, were before.
"""

from __future__ import annotations

from awscreds.model.instants import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.credentials import Session

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
SECURITY_TOKEN = "AWS_SECURITY_TOKEN"  # noqa: S105 - the name of a variable
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
REGION = "AWS_REGION"
DEFAULT_REGION = "AWS_DEFAULT_REGION"
PROFILE = "AWS_PROFILE"
DEFAULT_PROFILE = "AWS_DEFAULT_PROFILE"
OWN_PROFILE = "AWSCREDS_PROFILE"
ACTIVE = "AWSCREDS_ACTIVE"
SAVED = "AWSCREDS_SAVED_"

IDENTITY = (
    ACCESS_KEY_ID,
    SECRET_ACCESS_KEY,
    SESSION_TOKEN,
    SECURITY_TOKEN,
    EXPIRATION,
    PROFILE,
    DEFAULT_PROFILE,
    OWN_PROFILE,
)
"""Who one is, in the environment: a session replaces all of it. A second token, or a profile,
beside it would win in some SDKs."""

REGIONS = (REGION, DEFAULT_REGION)
"""Where one is: replaced where the profile has a region. botocore reads only the second."""

_KNOWN = IDENTITY + REGIONS

_NOT_FOR_CHILDREN = frozenset(
    {
        *IDENTITY,
        ACTIVE,
        "AWS_ACCESS_KEY",  # the SDKs for Java and Go, version 1
        "AWS_SECRET_KEY",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_SESSION_EXPIRATION",  # aws-vault
        "AWS_VAULT",
    }
)
_NOT_FOR_CHILDREN_PREFIXES = (
    SAVED,
    "AWSCREDS_PASSPHRASE",
    "AWS_CONTAINER_",
    "AWS_BEARER_TOKEN_",
)


def variables(session: Session, *, profile: str, region: str | None) -> dict[str, str]:
    """The variables that say who and where one is with ``session``, in their usual order."""
    found = {ACCESS_KEY_ID: session.id, SECRET_ACCESS_KEY: session.secret}
    if session.token:
        found[SESSION_TOKEN] = session.token
    if session.expiration is not None:
        found[EXPIRATION] = iso(session.expiration)
    if region:
        found |= dict.fromkeys(REGIONS, region)
    found[OWN_PROFILE] = profile
    return found


def activation(
    environ: Mapping[str, str], session: Session, *, profile: str, region: str | None
) -> tuple[dict[str, str], list[str]]:
    """What to assign, and what to remove, to bring ``session`` into ``environ``.

    What it displaces is saved once: a second activation starts from what was before the first.
    """
    before = _before(environ)
    ours = variables(session, profile=profile, region=region)
    displaced = [name for name in _KNOWN if name in before and (name in IDENTITY or name in ours)]

    after = dict(ours)
    after[ACTIVE] = ":".join(ours)
    after |= {SAVED + name: before[name] for name in displaced}
    after |= {name: before[name] for name in before if name not in IDENTITY and name not in ours}

    # Ours are said, and what would compete is removed, even where nothing changes by that: the
    # shell that evaluates it may have moved on from the environment that we see.
    assign, remove = _changes(environ, after)
    assign = {name: after[name] for name in after if name in ours or name in assign}
    competing = [name for name in IDENTITY if name not in after]
    return assign, [*competing, *(name for name in remove if name not in competing)]


def deactivation(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to assign, and what to remove, to get back what was before ``activation``."""
    return _changes(environ, _before(environ))


def child_environment(
    environ: Mapping[str, str], session: Session, *, profile: str, region: str | None
) -> dict[str, str]:
    """The environment of a command that is to run with ``session`` and no other credentials.

    Settings (``AWS_CA_BUNDLE``, ``AWS_ENDPOINT_URL``, ``AWS_CONFIG_FILE``…) are inherited.
    """
    inherited = {
        name: value
        for name, value in _before(environ).items()
        if name not in _NOT_FOR_CHILDREN and not name.startswith(_NOT_FOR_CHILDREN_PREFIXES)
    }
    return inherited | variables(session, profile=profile, region=region)


def _before(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` as it was before the session in it, if there is one, came in.

    Only names we know are looked for: a name in the environment is text that anybody can choose,
    and ours end up in what a shell evaluates.
    """
    ours = {name for name in environ.get(ACTIVE, "").split(":") if name in _KNOWN}
    of_session = {*ours, ACTIVE, *(SAVED + name for name in _KNOWN)}
    before = {name: value for name, value in environ.items() if name not in of_session}
    if ACTIVE in environ:
        before |= {name: environ[SAVED + name] for name in _KNOWN if SAVED + name in environ}
    return before


def _changes(
    environ: Mapping[str, str], after: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    assign = {name: value for name, value in after.items() if environ.get(name) != value}
    return assign, [name for name in environ if name not in after]

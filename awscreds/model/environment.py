"""A session in the environment: what brings it in, what takes it out again, what a child gets.

A shell that has taken a session in remembers two things, so that ``--unset`` can put everything
back: in ``AWSCREDS_ACTIVE`` which variables are ours, and in ``AWSCREDS_SAVED_*`` what they, and
those we removed, were before.
"""

from __future__ import annotations

import re

from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.credentials import Session

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
ACCOUNT_ID = "AWS_ACCOUNT_ID"
REGION = "AWS_REGION"
DEFAULT_REGION = "AWS_DEFAULT_REGION"
OWN_PROFILE = "AWSCREDS_PROFILE"
ACTIVE = "AWSCREDS_ACTIVE"
SAVED = "AWSCREDS_SAVED_"

REPLACED = "replaced"
"""A session sets it, or else takes it away, also where it is not seen: it would compete."""
REMOVED = "removed"
"""A session takes it away where it is."""
PLACED = "placed"
"""A session sets it where its profile says so, and leaves it otherwise."""
KEPT = "kept"
"""A shell keeps it beside a session; a child gets none of it."""

IDENTITY_VARIABLES = {
    # What a session consists of. botocore, and the SDKs for Go, JavaScript and Java read these.
    ACCESS_KEY_ID: REPLACED,
    SECRET_ACCESS_KEY: REPLACED,
    SESSION_TOKEN: REPLACED,
    EXPIRATION: REPLACED,
    ACCOUNT_ID: REPLACED,  # a stale one sends DynamoDB's calls to another account's endpoint
    OWN_PROFILE: REPLACED,
    # What would win over it, or beside it.
    "AWS_PROFILE": REPLACED,
    "AWS_DEFAULT_PROFILE": REPLACED,
    "AWS_SECURITY_TOKEN": REPLACED,  # the older name of the token, and in botocore the stronger
    "AWS_ACCESS_KEY": REMOVED,  # the SDKs for Java and Go, version 1, and Go's second choice
    "AWS_SECRET_KEY": REMOVED,
    "AWS_CREDENTIAL_SCOPE": REMOVED,  # JavaScript: where the keys of the environment are good
    "AWS_BEARER_TOKEN_*": REMOVED,  # of one service (Bedrock), instead of keys
    # Where else credentials come from, for programs that look there first.
    "AWS_ROLE_ARN": REMOVED,
    "AWS_ROLE_SESSION_NAME": REMOVED,
    "AWS_WEB_IDENTITY_TOKEN_FILE": REMOVED,
    "AWS_CONTAINER_*": REMOVED,
    "AWS_CREDENTIAL_FILE": REMOVED,  # boto 2 and the old command-line tools
    "AWS_CREDENTIAL_PROFILES_FILE": REMOVED,  # the SDK for Java, version 1
    # Who one is by the word of another tool.
    "AWS_CREDENTIALS_EXPIRATION": REMOVED,
    "AWS_SESSION_EXPIRATION": REMOVED,  # aws-vault, granted
    "AWS_MFA_EXPIRY": REMOVED,  # awsume, aws-mfa
    "AWS_VAULT": REMOVED,
    "AWSUME_COMMAND": REMOVED,
    "AWSUME_EXPIRATION": REMOVED,
    "AWSUME_PROFILE": REMOVED,
    "AWS_SSO_ACCOUNT_ID": REMOVED,  # aws-sso-cli
    "AWS_SSO_PROFILE": REMOVED,
    "AWS_SSO_ROLE_ARN": REMOVED,
    "AWS_SSO_ROLE_NAME": REMOVED,
    "AWS_SSO_SESSION_EXPIRATION": REMOVED,
    "GRANTED_*": REMOVED,
    # Where one is. botocore reads only the second.
    REGION: PLACED,
    DEFAULT_REGION: PLACED,
    # Our own, which say how to get at more than the session.
    "AWSCREDS_PASSPHRASE*": KEPT,
    "AWSCREDS_SANDBOX_*": KEPT,
}
"""Every variable that says who one is, and what becomes of it: the one table of that. A name that
ends in a star stands for all that begin so. What is not in it (files, endpoints, proxies) is a
setting, and stays."""

REGIONS = tuple(name for name, fate in IDENTITY_VARIABLES.items() if fate == PLACED)
IDENTITY = tuple(name for name, fate in IDENTITY_VARIABLES.items() if fate == REPLACED)
"""Who one is with a session: all of it is replaced."""

_FAMILIES = tuple(
    (name[:-1], fate) for name, fate in IDENTITY_VARIABLES.items() if name.endswith("*")
)
_OF_FAMILY = re.compile(r"[A-Z][A-Z0-9_]{0,99}")


def fate(name: str) -> str | None:
    """What becomes of the variable ``name``; None for one that is no identity.

    A name in the environment is text that anybody can choose, and ours end up in what a shell
    evaluates: of a family are only names of capitals, digits and underscores.
    """
    found = IDENTITY_VARIABLES.get(name)
    if found or not _OF_FAMILY.fullmatch(name):
        return found
    return next((fate for prefix, fate in _FAMILIES if name.startswith(prefix)), None)


def variables(
    session: Session, *, profile: str, region: str | None, account: str | None = None
) -> dict[str, str]:
    """The variables that say who and where one is with ``session``, in their usual order."""
    found = {ACCESS_KEY_ID: session.id, SECRET_ACCESS_KEY: session.secret}
    if session.token:
        found[SESSION_TOKEN] = session.token
    if session.expiration is not None:
        found[EXPIRATION] = format_iso(session.expiration)
    if account:
        found[ACCOUNT_ID] = account
    if region:
        found |= dict.fromkeys(REGIONS, region)
    found[OWN_PROFILE] = profile
    return found


def activation(
    environ: Mapping[str, str],
    session: Session,
    *,
    profile: str,
    region: str | None,
    account: str | None = None,
) -> tuple[dict[str, str], list[str]]:
    """What to assign, and what to remove, to bring ``session`` into ``environ``.

    What it displaces is saved once: a second activation starts from what was before the first.
    """
    before = _before(environ)
    ours = variables(session, profile=profile, region=region, account=account)
    displaced = [name for name in before if name in ours or fate(name) in (REPLACED, REMOVED)]

    after = dict(ours)
    after[ACTIVE] = ":".join(ours)
    after |= {SAVED + name: before[name] for name in displaced}
    after |= {name: value for name, value in before.items() if name not in displaced}

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
    environ: Mapping[str, str],
    session: Session,
    *,
    profile: str,
    region: str | None,
    account: str | None = None,
) -> dict[str, str]:
    """The environment of a command that is to run with ``session`` and no other credentials.

    Settings (``AWS_CA_BUNDLE``, ``AWS_ENDPOINT_URL``, ``AWS_CONFIG_FILE``…) are inherited, and so
    is the chain of programs that led here, if any: a circle by way of ``exec`` has to have an end.
    """
    inherited = {
        name: value
        for name, value in _before(environ).items()
        if fate(name) in (None, PLACED) and name != ACTIVE and not name.startswith(SAVED)
    }
    return inherited | variables(session, profile=profile, region=region, account=account)


def with_own_regions(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` with the regions of before the session in it, if there is one.

    Another session is made where it would be without that one, whose partition may be another.
    """
    before = _before(environ)
    kept = {name: value for name, value in environ.items() if name not in REGIONS}
    return kept | {name: before[name] for name in REGIONS if name in before}


def _before(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` as it was before the session in it, if there is one, came in.

    Only what the table knows is looked for: other names that look like ours are anybody's.
    """
    listed = environ.get(ACTIVE, "").split(":")
    ours = {name for name in listed if IDENTITY_VARIABLES.get(name) in (REPLACED, PLACED)}
    saved = {
        name: name.removeprefix(SAVED)
        for name in environ
        if name.startswith(SAVED) and fate(name.removeprefix(SAVED)) not in (None, KEPT)
    }
    before = {
        name: value
        for name, value in environ.items()
        if name not in ours and name != ACTIVE and name not in saved
    }
    if ACTIVE in environ:
        before |= {original: environ[name] for name, original in saved.items()}
    return before


def _changes(
    environ: Mapping[str, str], after: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    assign = {name: value for name, value in after.items() if environ.get(name) != value}
    return assign, [name for name in environ if name not in after]

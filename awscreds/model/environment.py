"""A session in the environment: how it is loaded and removed, and what a child process gets.

A shell with a session remembers two things, so that ``--unset`` can restore everything:
``AWSCREDS_ACTIVE`` names the variables that we set, and ``AWSCREDS_SAVED_*`` have the values from
before of those and of the variables that we removed.
"""

from __future__ import annotations

from awscreds.model.text import escaped
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.credentials import Credentials, Session

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
ACCOUNT_ID = "AWS_ACCOUNT_ID"
REGION = "AWS_REGION"
DEFAULT_REGION = "AWS_DEFAULT_REGION"
OWN_PROFILE = "AWSCREDS_PROFILE"
PROMPT_PROFILE = "AWSUME_PROFILE"
"""The profile for shell prompts: starship and powerlevel10k show it, also in their old versions.

No SDK reads it, and awsume only sets it. The others that both show do more: AWS_VAULT makes
aws-vault refuse to run, and every SDK follows AWS_PROFILE.
https://github.com/starship/starship/blob/master/src/modules/aws.rs
https://github.com/romkatv/powerlevel10k/blob/master/internal/p10k.zsh (prompt_aws)
"""
ACTIVE = "AWSCREDS_ACTIVE"
SAVED = "AWSCREDS_SAVED_"
PASSPHRASE = "AWSCREDS_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The vault's passphrase. With ``_FILE`` added, the file that has it in its first line."""

REPLACED = "replaced"
"""A session sets it or removes it, even if we do not see it: it would compete."""
REMOVED = "removed"
"""A session removes it if it is set."""
PLACED = "placed"
"""A session sets it if its profile says so, else it stays as it is."""
KEPT = "kept"
"""A shell keeps it beside a session; a child does not get it."""

IDENTITY_VARIABLES = {
    # What a session consists of. botocore, and the SDKs for Go, JavaScript and Java read these.
    ACCESS_KEY_ID: REPLACED,
    SECRET_ACCESS_KEY: REPLACED,
    SESSION_TOKEN: REPLACED,
    EXPIRATION: REPLACED,
    ACCOUNT_ID: REPLACED,  # a stale one sends DynamoDB's calls to another account's endpoint
    OWN_PROFILE: REPLACED,
    PROMPT_PROFILE: REPLACED,
    # What would win over the session, or be used beside it.
    "AWS_PROFILE": REPLACED,
    "AWS_DEFAULT_PROFILE": REPLACED,
    "AWS_SECURITY_TOKEN": REPLACED,  # the older name of the token, which wins in botocore
    "AWS_ACCESS_KEY": REMOVED,  # the SDKs for Java and Go, version 1, and Go's second choice
    "AWS_SECRET_KEY": REMOVED,
    "AWS_CREDENTIAL_SCOPE": REMOVED,  # JavaScript: where the keys of the environment are valid
    "AWS_BEARER_TOKEN_*": REMOVED,  # of one service (Bedrock), instead of keys
    # Other sources of credentials, for programs that look there first.
    "AWS_ROLE_ARN": REMOVED,
    "AWS_ROLE_SESSION_NAME": REMOVED,
    "AWS_WEB_IDENTITY_TOKEN_FILE": REMOVED,
    "AWS_CONTAINER_*": REMOVED,
    "AWS_CREDENTIAL_FILE": REMOVED,  # boto 2 and the old command-line tools
    "AWS_CREDENTIAL_PROFILES_FILE": REMOVED,  # the SDK for Java, version 1
    # The identity by another tool.
    "AWS_CREDENTIALS_EXPIRATION": REMOVED,
    "AWS_SESSION_EXPIRATION": REMOVED,  # aws-vault, granted
    "AWS_MFA_EXPIRY": REMOVED,  # awsume, aws-mfa
    "AWS_VAULT": REMOVED,
    "AWSUME_COMMAND": REMOVED,
    "AWSUME_EXPIRATION": REMOVED,
    "AWS_SSO_ACCOUNT_ID": REMOVED,  # aws-sso-cli
    "AWS_SSO_PROFILE": REMOVED,
    "AWS_SSO_ROLE_ARN": REMOVED,
    "AWS_SSO_ROLE_NAME": REMOVED,
    "AWS_SSO_SESSION_EXPIRATION": REMOVED,
    "GRANTED_*": REMOVED,
    # The region. botocore reads only the second.
    REGION: PLACED,
    DEFAULT_REGION: PLACED,
    # Our own, which give access to more than the session.
    f"{PASSPHRASE}*": KEPT,
    "AWSCREDS_SANDBOX_*": KEPT,
}
"""Every variable that has to do with an identity, and what happens to it. Nothing else lists them.
A name with a star at its end stands for all names that begin so. Other variables (files,
endpoints, proxies) are settings, and stay."""

REGIONS = tuple(name for name, fate in IDENTITY_VARIABLES.items() if fate == PLACED)
IDENTITY = tuple(name for name, fate in IDENTITY_VARIABLES.items() if fate == REPLACED)
"""The identity of a session: all of it is replaced."""

_FAMILIES = tuple(
    (name[:-1], fate) for name, fate in IDENTITY_VARIABLES.items() if name.endswith("*")
)
_LONGEST = 100
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_OTHERS = _FIRST | frozenset("0123456789_")


def fate(name: str) -> str | None:
    """What happens to the variable ``name``; None if it has nothing to do with an identity.

    Anybody can choose names in the environment, and a shell evaluates those that we print. So only
    names of capitals, digits and underscores belong to a family.
    """
    found = IDENTITY_VARIABLES.get(name)
    if found or name[:1] not in _FIRST or not _OTHERS.issuperset(name) or len(name) > _LONGEST:
        return found
    return next((fate for prefix, fate in _FAMILIES if name.startswith(prefix)), None)


def variables(
    session: Session, *, profile: str, region: str | None, account: str | None = None
) -> dict[str, str]:
    """The variables of ``session``, its region and its account, in their usual order."""
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
    found[PROMPT_PROFILE] = escaped(profile)  # prompts show it as it is
    return found


def activation(
    environ: Mapping[str, str],
    session: Session,
    *,
    profile: str,
    region: str | None,
    account: str | None = None,
) -> tuple[dict[str, str], list[str]]:
    """What to assign and what to remove, to load ``session`` into ``environ``.

    What it replaces is saved once: a second activation starts from the values before the first.
    """
    before = _before(environ)
    ours = variables(session, profile=profile, region=region, account=account)
    displaced = [name for name in before if name in ours or fate(name) in (REPLACED, REMOVED)]

    after = dict(ours)
    after[ACTIVE] = ":".join(ours)
    after |= {SAVED + name: before[name] for name in displaced}
    after |= {name: value for name, value in before.items() if name not in displaced}

    # Ours are assigned and competing ones removed, even if that changes nothing that we see: the
    # shell that evaluates this may have changed its environment meanwhile.
    assign, remove = _changes(environ, after)
    assign = {name: after[name] for name in after if name in ours or name in assign}
    competing = [name for name in IDENTITY if name not in after]
    return assign, [*competing, *(name for name in remove if name not in competing)]


def deactivation(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to assign and what to remove, to restore the values before ``activation``."""
    return _changes(environ, _before(environ))


def child_environment(
    environ: Mapping[str, str],
    session: Session,
    *,
    profile: str,
    region: str | None,
    account: str | None = None,
) -> dict[str, str]:
    """The environment of a command that runs with ``session`` and no other credentials.

    Settings (``AWS_CA_BUNDLE``, ``AWS_ENDPOINT_URL``, ``AWS_CONFIG_FILE``…) are inherited, and so
    is the variable of ``process_chain``: a loop that goes through ``exec`` must end, too.
    """
    inherited = {
        name: value
        for name, value in _before(environ).items()
        if fate(name) in (None, PLACED) and name != ACTIVE and not name.startswith(SAVED)
    }
    return inherited | variables(session, profile=profile, region=region, account=account)


def with_own_regions(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` with the regions from before the session in it, if it has one.

    Another session is made in the region it would have without the first one, whose partition may
    be another.
    """
    before = _before(environ)
    kept = {name: value for name, value in environ.items() if name not in REGIONS}
    return kept | {name: before[name] for name in REGIONS if name in before}


def active_profile(environ: Mapping[str, str]) -> str | None:
    """The profile whose credentials programs get that are started with ``environ``.

    None if the variables hold credentials that are not a session of ours, or name two profiles.
    """
    if environ.get(ACCESS_KEY_ID):
        return environ.get(OWN_PROFILE) or None
    named = {environ[name] for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if environ.get(name)}
    return next(iter(named), "default") if len(named) < 2 else None


def _before(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` as it was before the session in it, if it has one.

    Only names of the table count: anybody may have set others that look like ours.
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


def keys_in(environ: Mapping[str, str]) -> Credentials | None:
    """The credentials that SDKs find in the variables; None if there are none.

    Raises ConfigurationError for an ID without its secret.
    """
    from awscreds.errors import ConfigurationError
    from awscreds.model.credentials import AccessKey, Session

    key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not key_id:
        return None
    if not secret:
        raise ConfigurationError(
            "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; SDKs refuse this",
            code="no-credentials",
            hint="set both, unset both, or use --profile NAME",
        )
    # The older name wins, as in botocore.
    token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN")
    return Session(key_id, secret, token) if token else AccessKey(key_id, secret)

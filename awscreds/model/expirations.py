"""When temporary keys in the AWS files expire, by the settings of the tools that wrote them.

SDKs read none of these settings. Each tool writes them for itself, under its own name: aws-mfa
and awsume ``expiration``, saml2aws and granted ``x_security_token_expires``, aws-azure-login
``aws_expiration``, others ``aws_session_expiration``, ``session_expires_at``, ``token_expiry``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

VARIABLES = (
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIALS_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
)
"""Variables that say the same about the keys of an environment."""


def expiration_of(values: Mapping[str, object]) -> float | None:
    """When the keys among ``values`` expire, in seconds since the epoch; None if that is unknown.

    If there are several times, the earliest counts. A time without a zone is UTC, as aws-mfa writes
    it; in a section that awsume manages it is this machine's local time.
    """
    is_local = str(values.get("manager", "")).lower() == "awsume"
    found = (_moment(values[name], is_local=is_local) for name in values if _tells_end(name))
    return min((moment for moment in found if moment is not None), default=None)


def _tells_end(name: str) -> bool:
    # Those of an SSO token or its registration do not concern the keys.
    return name in VARIABLES or ("expir" in name and not name.startswith("sso_"))


def _moment(value: object, *, is_local: bool) -> float | None:
    from datetime import UTC

    if not isinstance(value, str) or not value:
        return None
    text = value.strip().strip("\"'")
    try:
        if text.isascii() and text.replace(".", "", 1).isdigit():
            # Seconds since the epoch, or milliseconds, as JavaScript has them.
            number = float(text)
            return number / 1000 if number > 10**11 else number
        moment = _read(text)
        if moment.tzinfo is None and not is_local:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _read(text: str) -> datetime:
    """ISO 8601, also as Go prints it (``… +0100 CET``), or as mails have it (``… GMT``)."""
    from datetime import datetime
    from email.utils import parsedate_to_datetime

    day, _, rest = text.partition(" ")
    time, _, zone = rest.partition(" ")
    offset = zone.partition(" ")[0]
    for each in (text, f"{day} {time}{'' if offset in ('UTC', 'GMT') else offset}"):
        try:
            return datetime.fromisoformat(each)
        except ValueError:
            continue
    return parsedate_to_datetime(text)

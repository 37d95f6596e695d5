"""Temporary keys in the AWS files: when they end, as the tools that wrote them say.

SDKs read none of these keys; a tool writes them for itself: aws-mfa and awsume ``expiration``,
saml2aws and granted ``x_security_token_expires``, others the rest.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

EXPIRATIONS = (
    "expiration",
    "x_security_token_expires",
    "aws_session_expiration",
    "aws_session_token_expiration",
    "aws_credential_expiration",
    "aws_expiration",
    "session_expiration",
)
VARIABLES = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
"""The same for the keys of an environment."""


def expiration(values: Mapping[str, object]) -> float | None:
    """When the keys among ``values`` end, in seconds since the epoch; None where nothing tells.

    The earliest counts where several do. A time without a zone is UTC, as aws-mfa writes it; that
    of a section which awsume manages is this machine's.
    """
    is_local = str(values.get("manager", "")).lower() == "awsume"
    found = (_moment(values.get(name), is_local=is_local) for name in (*EXPIRATIONS, *VARIABLES))
    return min((moment for moment in found if moment is not None), default=None)


def _moment(value: object, *, is_local: bool) -> float | None:
    from datetime import UTC, datetime

    if not isinstance(value, str) or not value:
        return None
    text = value.strip()
    try:
        if text.isascii() and text.isdigit():
            # Seconds since the epoch, or milliseconds, as JavaScript has them.
            number = int(text)
            return number / 1000 if number > 10**11 else float(number)
        moment = datetime.fromisoformat(text.removesuffix(" UTC").replace(" +", "+"))
        if moment.tzinfo is None and not is_local:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError, OSError):
        return None

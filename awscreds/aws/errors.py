"""What botocore raises, in our words: what happened, and what to do next.

No text of AWS or of a provider's answer is shown if it could hold a secret.
"""

from __future__ import annotations

import contextlib
import sys

from awscreds.errors import AwsError
from awscreds.model.text import escaped
from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.service_endpoint import ServiceEndpoint

ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""AWS's codes for a call that the caller is not allowed to make."""

_SET_THE_CLOCK = "set the clock" + (
    " (timedatectl set-ntp true)" if sys.platform == "linux" else ""
)

_REFUSALS: Mapping[str, tuple[str, str | None]] = {
    "InvalidClientTokenId": (
        "AWS rejected this access key: it is deleted, inactive, too new, or for another partition",
        (
            "check the key in the IAM console, and the region; a new key needs some seconds; if "
            "another machine rotated it, store its new key: awscreds configure --profile NAME"
        ),
    ),
    "SignatureDoesNotMatch": (
        "the secret does not belong to this access key ID, or this machine's clock is wrong",
        "copy the complete secret again (40 characters)",
    ),
    "ExpiredToken": (
        "these temporary credentials have expired",
        "get new credentials; for a session of awscreds: {new_session}",
    ),
    "RequestExpired": (
        "AWS says this request has expired: this machine's clock is wrong",
        _SET_THE_CLOCK,
    ),
    "InvalidSignatureException": (
        "AWS could not verify the signature: the secret or this machine's clock is wrong",
        "check the secret and the clock",
    ),
    "AccessDenied": (
        "AWS does not allow this call with these credentials",
        "ask for the permission, or use a profile that has it",
    ),
    "ValidationError": ("AWS rejected a parameter of this call", None),
    "InvalidIdentityToken": ("AWS does not accept the web identity token", None),
    "NoSuchEntity": ("AWS has no such user, key or device", None),
    "InvalidAuthenticationCode": (
        "AWS rejected the two codes: they must come from this device, one after the other",
        "wait for the next code, and type that one and the one after it",
    ),
    "EntityAlreadyExists": ("AWS has this already", None),
    "EntityTemporarilyUnmodifiable": (
        "AWS cannot change this now: a user of this name was deleted and created again",
        "wait some minutes, then run this again",
    ),
    "ConcurrentModification": (
        "AWS refused: somebody else is changing this at the same time",
        "wait a minute, then run this again",
    ),
    "DeleteConflict": ("AWS refused to delete this: it is in use", None),
    "LimitExceeded": ("AWS refused: the limit for this kind of resource is reached", None),
    "Throttling": ("AWS received too many requests", "wait a minute, then try again"),
    "ForbiddenException": (
        "this login is not allowed to use the role",
        "check sso_account_id and sso_role_name, or ask an administrator to assign the role to you",
    ),
    "TooManyRequestsException": (
        "AWS received too many requests",
        "wait a minute, then try again",
    ),
    "ResourceNotFoundException": (
        "IAM Identity Center has no such account or role for this login",
        "check sso_account_id and sso_role_name, or ask an administrator",
    ),
    "OptInRequired": (
        "this account has not enabled that region, or is not yet active",
        "enable the region in the console, or choose another",
    ),
}
_REFUSALS = {
    **_REFUSALS,
    "ExpiredTokenException": _REFUSALS["ExpiredToken"],
    "TooManyRequestsException": _REFUSALS["Throttling"],
    "UnrecognizedClientException": _REFUSALS["InvalidClientTokenId"],
    "AccessDeniedException": _REFUSALS["AccessDenied"],
    "RequestTimeTooSkewed": _REFUSALS["RequestExpired"],
}
_SIGNATURE_REFUSALS = frozenset(
    {
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
    }
)
_TELLING = frozenset(
    {
        *ACCESS_DENIED,
        "DeleteConflict",
        "EntityAlreadyExists",
        "InvalidIdentityToken",
        "LimitExceeded",
        "NoSuchEntity",
        "ValidationError",
    }
)
"""Refusals whose text names an action, a role or a parameter, and can hold no secret."""


_MFA_REFUSALS = {
    "invalid MFA one time pass code": "mfa-code-refused",
    "unable to validate MFA code": "mfa-device-refused",
}
"""What AWS's text says if it refuses an MFA code, and our code for it."""

_OF_SERVERS = 500
"""The least HTTP status of a server's own failure."""

_CLOCK_TOLERANCE = 240
"""AWS refuses a signature that is 5 minutes off (IAM User Guide, "Signature Version 4")."""


_SIGN_IN_REFUSALS: Mapping[str, tuple[str, str]] = {
    "AUTHCODE_EXPIRED": (
        "the code from the browser has expired, or was used already",
        "log in again, and finish it in the browser at once",
    ),
    "INSUFFICIENT_PERMISSIONS": (
        "AWS does not allow this user to log in from the command line",
        "ask an administrator for the policy SignInLocalDevelopmentAccess",
    ),
    "TOKEN_EXPIRED": ("the login has ended", "log in again"),
    "USER_CREDENTIALS_CHANGED": (
        "the login was ended, because the user's password was changed",
        "log in again",
    ),
}
"""What AWS's sign-in says in its field ``error``: what we say, and what to do.

https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html
"""

_SIGN_IN_CODES = {
    "AUTHCODE_EXPIRED": "login-timeout",
    "INSUFFICIENT_PERMISSIONS": "login-refused",
    "TOKEN_EXPIRED": "login-needed",
    "USER_CREDENTIALS_CHANGED": "login-needed",
}
"""Our code for each."""


def refused(response: Mapping[str, Any], skew: float | None) -> AwsError:
    """The error for the answer of a ClientError; ``skew``: seconds that AWS's clock is ahead."""
    reason = str(response.get("error"))
    if reason in _SIGN_IN_REFUSALS:
        said, what_to_do = _SIGN_IN_REFUSALS[reason]
        return AwsError(said, code=_SIGN_IN_CODES[reason], hint=what_to_do, aws_code=reason)
    error = response.get("Error")
    aws_code = str(error.get("Code", "")) if isinstance(error, dict) else ""
    text = str(error.get("Message", "")) if isinstance(error, dict) else ""
    message, hint = _REFUSALS.get(aws_code, ("AWS refused the call", None))
    if hint and "{new_session}" in hint:
        from awscreds.calling_shell import line_to_load

        hint = hint.format(new_session=line_to_load("awscreds mfa-session"))
    code = "aws-refused"
    metadata = response.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    if isinstance(status, int) and status >= _OF_SERVERS and aws_code not in _REFUSALS:
        code = "aws-failed"
        message, hint = f"AWS failed with HTTP status {status}", "try again in a minute"
    if aws_code in _SIGNATURE_REFUSALS:
        if skew is not None and abs(skew) > _CLOCK_TOLERANCE:
            message = f"AWS rejected the signature because this machine's clock is {off_by(skew)}"
            hint = _SET_THE_CLOCK
    elif aws_code in _TELLING:
        # AWS's own text is not shown for signature errors: it repeats the signed headers, and the
        # session token is one of them.
        code = next((ours for said, ours in _MFA_REFUSALS.items() if said in text), code)
        message = f"{message}: {short(text)}"
        if "role chaining" in text:
            hint = "use at most one hour: --duration 1h, or duration_seconds = 3600"
        if "MaxSessionDuration" in text:
            hint = (
                "use a shorter duration (--duration, duration_seconds), or ask an "
                "administrator to increase the role's maximum: aws iam update-role "
                "--role-name ROLE --max-session-duration N"
            )
    facts = response.get("ResponseMetadata")
    return AwsError(
        f"{message} ({aws_code or 'no error code'})",
        code=code,
        hint=hint,
        aws_code=aws_code,
        status=facts.get("HTTPStatusCode") if isinstance(facts, dict) else None,
    )


def off_by(skew: float) -> str:
    """``1 minute 30 seconds behind AWS's``, for AWS's clock that is ``skew`` seconds ahead."""
    seconds = round(abs(skew))
    shown = format_duration(seconds if seconds < 180 else 60 * round(seconds / 60))
    return f"{shown} {'behind' if skew > 0 else 'ahead of'} AWS's"


def unreachable(service: str, endpoint: ServiceEndpoint, error: Exception) -> AwsError:
    """The error if no answer came."""
    where = endpoint.endpoint_url or f"{service.upper()} in {endpoint.region}"
    kind = type(error).__name__
    reasons = {
        "ConnectTimeoutError": "the connection timed out",
        "ReadTimeoutError": "timed out while waiting for an answer",
        "SSLError": "this computer does not trust its certificate",
        "ProxyConnectionError": "the proxy does not answer",
        "EndpointConnectionError": "no connection",
        "ConnectionClosedError": "the connection was closed before AWS answered",
    }
    return AwsError(
        f"cannot reach {where}: {reasons.get(kind, kind)}",
        code="aws-unreachable",
        hint="check the network, the proxy, the region and any endpoint_url",
    )


@contextlib.contextmanager
def asking(service: str, endpoint: ServiceEndpoint, clock: ServerClock) -> Iterator[None]:
    """Turn what botocore raises within it into AwsError. ``clock`` learns from AWS's refusals."""
    import botocore.exceptions as core
    from botocore.parsers import ResponseParserError

    try:
        yield
    except core.ClientError as error:
        clock.note(error.response)
        ours = refused(error.response, clock.skew)
        # AWS's own text may hold a secret, and this error is kept as the context of ours.
        error.args, error.response = (ours.aws_code,), {}
        raise ours from None
    except (core.HTTPClientError, core.ConnectionError) as error:
        raise unreachable(service, endpoint, error) from None
    except ResponseParserError:
        # Its text is the answer, which may hold a secret.
        where = endpoint.endpoint_url or f"{service.upper()} in {endpoint.region}"
        raise AwsError(
            f"the server at {escaped(where)} does not answer like AWS",
            code="aws-unreadable",
            hint="check the endpoint, and check if a proxy or a login page answers instead of AWS",
        ) from None
    except core.ParamValidationError as error:
        # It has the names of parameters and their lengths, not their values.
        raise AwsError(
            f"cannot call {service.upper()}: {short(str(error))}",
            code="aws-parameter",
        ) from None
    except (core.BotoCoreError, ValueError) as error:  # ValueError: a bad endpoint URL
        raise AwsError(
            f"cannot call {service.upper()}: {type(error).__name__}",
            code="aws-client",
            hint="`awscreds configure list` shows the region and endpoint in use",
        ) from None


@contextlib.contextmanager
def unusable_answer(service: str) -> Iterator[None]:
    """Turn an incomplete answer into an error that does not quote it: it may be a secret."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise AwsError(
            f"{service} gave no usable answer ({type(error).__name__})",
            code="aws-unreadable",
            hint="check the endpoint, and check if a proxy or a login page answers instead of AWS",
        ) from None


def short(text: str) -> str:
    """``text`` on one line, cut, and safe to show."""
    return escaped(" ".join(text.split()))[:400]

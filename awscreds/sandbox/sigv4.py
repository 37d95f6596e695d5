"""Signature Version 4, checked as the service does it.

Written from AWS's description (IAM User Guide, "Create a signed AWS API request"), without
botocore: the client under test must not check itself.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from awscreds.sandbox.responses import Refusal, invalid_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
FRESH = 300
"""Seconds that a request's date may differ from AWS's clock."""

SERVICES = ("iam", "sts")

_AUTHORIZATION = re.compile(
    r"(?P<key_id>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
    r",\s*SignedHeaders=(?P<signed>[a-z0-9;-]+)"
    r",\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class SignedRequest:
    """A request as it arrived. ``path`` and ``query`` are still percent-encoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Authorization:
    """What the Authorization header says."""

    key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def read_authorization(headers: Mapping[str, str]) -> Authorization:
    """Parse the Authorization header, or raise the Refusal that AWS would answer."""
    header = headers.get("authorization", "")
    if not header:
        raise Refusal(
            "MissingAuthenticationToken", "Request is missing Authentication Token", status=403
        )
    match = re.fullmatch(rf"{ALGORITHM}\s+Credential={_AUTHORIZATION.pattern}", header)
    if match is None:
        raise Refusal(
            "IncompleteSignature",
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters"
            f" of {ALGORITHM}.",
        )
    if match["service"] not in SERVICES:
        raise Refusal(
            "SignatureDoesNotMatch",
            f"The sandbox answers for iam and sts; this request is signed for {match['service']}.",
            status=403,
        )
    return Authorization(
        match["key_id"],
        match["day"],
        match["region"],
        match["service"],
        tuple(match["signed"].split(";")),
        match["signature"],
    )


def check_signature(
    request: SignedRequest, said: Authorization, secret: str, *, now: float
) -> None:
    """Raise AWS's Refusal unless ``secret`` signed exactly this request, just now.

    ``now`` is the real time in seconds since the epoch: requests are dated by their senders.
    """
    date = request.headers.get("x-amz-date", "")
    _check_date(date, said, now)
    wanted = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if unsigned := sorted(wanted - set(said.signed_headers)):
        raise Refusal(
            "SignatureDoesNotMatch",
            f"'{unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization.",
            status=403,
        )
    text = "\n".join(
        (ALGORITHM, date, said.scope, _sha256(canonical_request(request, said.signed_headers)))
    )
    if not hmac.compare_digest(sign(secret, said, text), said.signature):
        raise Refusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.",
            status=403,
        )


def check_session_token(headers: Mapping[str, str], token: str | None) -> None:
    """Raise Refusal unless the request has ``token``, or no token if the key has none."""
    sent = headers.get("x-amz-security-token")
    if (sent is None) != (token is None):
        raise invalid_token()
    if sent and token and not hmac.compare_digest(sent.encode(), token.encode()):
        raise invalid_token()


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...]) -> str:
    """The canonical request: what both sides hash."""
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in parse_qsl(request.query, keep_blank_values=True)
    )
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed_headers
    )
    return "\n".join(
        (
            request.method,
            quote(request.path or "/", safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def sign(secret: str, said: Authorization, text: str) -> str:
    """The signature of a string to sign, in hexadecimal."""
    key = f"AWS4{secret}".encode()
    for part in (said.day, said.region, said.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _check_date(date: str, said: Authorization, now: float) -> None:
    try:
        signed_at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refusal(
            "IncompleteSignature", "Date must be in ISO-8601 'basic format' in X-Amz-Date."
        ) from None
    if not date.startswith(said.day):
        raise Refusal(
            "SignatureDoesNotMatch",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.",
            status=403,
        )
    if signed_at < now - FRESH:
        limit = f"{_stamp(now - FRESH)} ({_stamp(now)} - 5 min.)"
        raise Refusal(
            "SignatureDoesNotMatch",
            f"Signature expired: {date} is now earlier than {limit}",
            status=403,
        )
    if signed_at > now + FRESH:
        limit = f"{_stamp(now + FRESH)} ({_stamp(now)} + 5 min.)"
        raise Refusal(
            "SignatureDoesNotMatch",
            f"Signature not yet current: {date} is still later than {limit}",
            status=403,
        )


def _stamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

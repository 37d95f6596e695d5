"""What OAuth wants of a request, and how its refusals are sent: RFC 6749, 7636, 8252 and 8628."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from awscreds.sandbox.responses import Refusal, Reply, json_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.sandbox.sigv4 import SignedRequest

Login = TypeVar("Login", bound="RefreshableLogin")


def refused(error: Refusal) -> Reply:
    """A refusal as these services send it: its type in a header, the rest as JSON."""
    document = {"message": error.message, "__type": error.code}
    if isinstance(error, OAuthRefusal):
        document = error.document
    return json_reply(error.status, document, headers=(("x-amzn-ErrorType", error.code),))


class OAuthRefusal(Refusal):
    """A refusal with the error code of RFC 6749 or RFC 8628 beside AWS's own."""

    def __init__(self, code: str, oauth_code: str, *, status: int = 400) -> None:
        super().__init__(code, oauth_code.replace("_", " "), status=status)
        self.oauth_code = oauth_code

    @property
    def document(self) -> dict[str, str]:
        """What the body says."""
        return {"error": self.oauth_code, "error_description": self.message}


def json_body(request: SignedRequest) -> dict[str, Any]:
    """The JSON object that is the body. Raises OAuthRefusal, as all below."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise OAuthRefusal("InvalidRequestException", "invalid_request")
    return body


def text_of(body: Mapping[str, Any], name: str, refusal: Refusal | None = None) -> str:
    """The member ``name``, which must be a text; else it raises ``refusal``."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise refusal or OAuthRefusal("InvalidRequestException", "invalid_request")
    return value


def texts_of(body: Mapping[str, Any], name: str) -> list[str]:
    """The member ``name``, a list of texts; empty if it is not there."""
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise OAuthRefusal("InvalidRequestException", "invalid_request")
    return values


HOME_REGION = "eu-central-1"
"""The region of the directory, and the one that is asked if an address names none."""

_IN_REGION = re.compile(r"/in/([a-z0-9-]+)(/.*)")


def region_and_path(request: SignedRequest) -> tuple[str, str]:
    """The region whose host is asked, and the path there: ``URL/in/REGION`` is the host of one."""
    match = _IN_REGION.fullmatch(request.path)
    return (match[1], match[2]) if match else (HOME_REGION, request.path)


def is_loopback_uri(uri: str) -> bool:
    """Whether a browser that is sent to ``uri`` stays on its own machine."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname == "127.0.0.1" and not parts.fragment


def is_registered(uri: str, registered: tuple[str, ...]) -> bool:
    """Whether ``uri`` was registered; its port may be any (RFC 8252, section 7.3)."""
    parts = urlsplit(uri)
    return any(
        (parts.scheme, parts.hostname, parts.path, parts.query)
        == (known.scheme, known.hostname, known.path, known.query)
        for known in map(urlsplit, registered)
    )


def challenge_of(verifier: str) -> str:
    """The S256 challenge that belongs to ``verifier`` (RFC 7636, section 4.2)."""
    if not re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", verifier):
        raise OAuthRefusal("InvalidRequestException", "invalid_request")
    return base64url(hashlib.sha256(verifier.encode()).digest())


def base64url(data: bytes) -> str:
    """``data`` in base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class RefreshableLogin:
    """A person who logged in for a client, with the refresh token that is valid now."""

    client_id: str
    ends_at: float
    refresh_token: str = field(default="", repr=False, kw_only=True)
    spent: set[str] = field(default_factory=set, repr=False, kw_only=True)

    def spend(self) -> None:
        """The refresh token has worked once: it works no more."""
        self.spent.add(self.refresh_token)


def owner_of(refresh_token: str, logins: list[Login], *, reuse_ends: bool = True) -> Login | None:
    """Whose ``refresh_token`` it is. One that comes a second time ends its login (RFC 9700).

    Without ``reuse_ends`` it is only nobody's any more.
    """
    for login in logins:
        if refresh_token in login.spent:
            if reuse_ends:
                logins.remove(login)  # two have it: one of them has stolen it
            return None
        if refresh_token == login.refresh_token:
            return login
    return None

"""AWS's sign-in as strict as AWS: the pages of a browser, and the tokens of `aws login`.

Nothing here is signed: a login belongs to the key of its proofs (`dpop`). Codes and refresh tokens
work once; a refresh token that comes a second time ends the whole login.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from awscreds.sandbox.dpop import BadProof, Proofs
from awscreds.sandbox.oauth import (
    OAuthRefusal,
    RefreshableLogin,
    base64url,
    challenge_of,
    is_loopback_uri,
    json_body,
    owner_of,
    refused,
    region_and_path,
    text_of,
)
from awscreds.sandbox.pages import page, redirect
from awscreds.sandbox.responses import Refusal, Reply, json_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.sigv4 import SignedRequest
    from awscreds.sandbox.state import Caller, Clock, Session

SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"

TOKEN = 900
LOGIN = 12 * 3600
CODE = 600
"""Seconds that each of them lives."""

_CALLBACK = "/oauth/callback"
_CONFIRMATION = "/v1/sessions/confirmation"

_ACTIONS = {
    ("GET", "/v1/authorize"): "SignIn",
    ("GET", "/v1/authorize/decision"): "DecideSignIn",
    ("GET", _CONFIRMATION): "ConfirmSignIn",
    ("POST", "/v1/token"): "CreateOAuth2Token",
}


class SignInRefusal(OAuthRefusal):
    """A refusal with the error code of the sign-in service."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.reason = reason

    @property
    def document(self) -> dict[str, str]:
        """What the body says."""
        return {"error": self.reason, "message": f"Refused: {self.reason}"}


def _denied(reason: str) -> SignInRefusal:
    return SignInRefusal("AccessDeniedException", reason)


def _invalid(what: str) -> SignInRefusal:
    refusal = SignInRefusal("ValidationException", "INVALID_REQUEST")
    refusal.message = what
    return refusal


@dataclass
class Permit:
    """What a browser was asked for; ``who`` is None until the person has decided."""

    client_id: str
    redirect_uri: str
    challenge: str
    state: str
    expires_at: float
    who: str | None = None


@dataclass
class Login(RefreshableLogin):
    """A person who logged in, with the key that the login belongs to."""

    thumbprint: str = ""
    who: str = ""
    region: str = ""
    has_changed: bool = False
    """Whether the person's password was changed since."""


class SignIn:
    """The sign-in of one account. Safe to use from many threads. Raises Refusal."""

    name = "signin"

    @staticmethod
    def refused(refusal: Refusal) -> Reply:
        """A refusal as this service sends it."""
        return refused(refusal)

    def __init__(
        self,
        clock: Clock,
        people: Callable[[], Mapping[str, Caller]],
        open_session: Callable[[Caller, int], tuple[str, Session]],
    ) -> None:
        self._clock = clock
        self._people = people
        self._open_session = open_session
        self._proofs = Proofs(clock)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all logins."""
        self._proofs.reset()
        self._requests: dict[str, Permit] = {}
        self._codes: dict[str, Permit] = {}
        self._logins: list[Login] = []
        self._code_seconds: float = CODE
        self._is_allowed = True
        self._reuse_ends = True

    def arrange(
        self,
        *,
        code_seconds: float = CODE,
        allowed: bool = True,
        passwords_changed: bool = False,
        reuse_ends: bool = True,
    ) -> None:
        """From now on, codes live so long, and people may use it or not.

        With ``passwords_changed``, whoever is logged in has changed the password. Without
        ``reuse_ends``, a refresh token that comes a second time is only refused.
        """
        self._code_seconds, self._is_allowed = code_seconds, allowed
        self._reuse_ends = reuse_ends
        for login in self._logins:
            login.has_changed |= passwords_changed

    # -- requests -----------------------------------------------------------------------------

    def action(self, request: SignedRequest) -> str | None:
        """The name of what is asked for here; None if it is not for this service."""
        return _ACTIONS.get((request.method, region_and_path(request)[1]))

    def answer(self, action: str, request: SignedRequest) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        host = request.headers.get("host", "")
        with self._lock:
            if action == "CreateOAuth2Token":
                return json_reply(200, self._create_token(request, f"http://{host}{request.path}"))
            query = dict(parse_qsl(request.query, keep_blank_values=True))
            if action == "SignIn":
                return self._authorize(query, f"http://{host}{_CONFIRMATION}")
            return self._decide(query) if action == "DecideSignIn" else _confirmation(query)

    # -- pages --------------------------------------------------------------------------------

    def _authorize(self, query: Mapping[str, str], confirmation: str) -> Reply:
        client_id, uri = query.get("client_id", ""), query.get("redirect_uri", "")
        is_known = {
            SAME_DEVICE: is_loopback_uri(uri) and urlsplit(uri).path == _CALLBACK,
            CROSS_DEVICE: uri == confirmation,
        }.get(client_id, False)
        if not is_known:
            return page("The request is not valid", "The client or its redirect URI is unknown.")
        if (
            query.get("response_type") != "code"
            or query.get("scope") != "openid"
            or query.get("code_challenge_method") != "SHA-256"
            or not re.fullmatch(r"[\w-]{43}", query.get("code_challenge", ""), re.ASCII)
            or not query.get("state")
        ):
            return page("The request is not valid", "A parameter is missing or wrong.")
        name = secrets.token_urlsafe(16)
        self._requests[name] = Permit(
            client_id,
            uri,
            query["code_challenge"],
            query["state"],
            self._clock.now() + self._code_seconds,
        )
        links = {
            label: "/v1/authorize/decision?" + urlencode({"request": name, "who": who})
            for label, who in (
                *((f"Continue as {who}", who) for who in self._people()),
                ("Deny", ""),
            )
        }
        return page("Sign in to the command line?", "Choose a session.", links)

    def _decide(self, query: Mapping[str, str]) -> Reply:
        permit = self._requests.pop(query.get("request", ""), None)
        if permit is None:
            return page("The request has expired", "Start again in your terminal.")
        back = {"state": permit.state}
        who = query.get("who", "")
        if who not in self._people():
            return redirect(permit.redirect_uri, {"error": "access_denied", **back})
        permit.who = who
        code = secrets.token_urlsafe(32)
        self._codes[code] = permit
        return redirect(permit.redirect_uri, {"code": code, **back})

    # -- tokens -------------------------------------------------------------------------------

    def _create_token(self, request: SignedRequest, url: str) -> dict[str, Any]:
        try:
            proof = request.headers.get("dpop", "")
            thumbprint = self._proofs.thumbprint(proof, method="POST", url=url)
        except BadProof as problem:
            raise _invalid(f"DPoP: {problem}") from None
        body = json_body(request)
        grant, region = _text(body, "grantType"), region_and_path(request)[0]
        if not self._is_allowed:
            raise _denied("INSUFFICIENT_PERMISSIONS")
        if grant == "authorization_code":
            login = self._exchanged(body, thumbprint)
            login.region = region
            return self._tokens(login) | {"idToken": self._id_token(login)}
        if grant == "refresh_token":
            return self._tokens(self._refreshed(body, thumbprint, region))
        raise _invalid("grantType")

    def _exchanged(self, body: Mapping[str, Any], thumbprint: str) -> Login:
        # Whatever is wrong with it, a code works once.
        permit = self._codes.pop(_text(body, "code"), None)
        if permit is None or self._clock.now() >= permit.expires_at:
            raise _denied("AUTHCODE_EXPIRED")
        if (
            permit.client_id != _text(body, "clientId")
            or permit.redirect_uri != _text(body, "redirectUri")
            or permit.challenge != challenge_of(_text(body, "codeVerifier"))
        ):
            raise _invalid("clientId, redirectUri or codeVerifier")
        now = self._clock.now()
        login = Login(permit.client_id, now + LOGIN, thumbprint=thumbprint, who=permit.who or "")
        self._logins.append(login)
        return login

    def _refreshed(self, body: Mapping[str, Any], thumbprint: str, region: str) -> Login:
        client_id, refresh_token = _text(body, "clientId"), _text(body, "refreshToken")
        login = owner_of(refresh_token, self._logins, reuse_ends=self._reuse_ends)
        if login is None:
            raise _denied("TOKEN_EXPIRED")
        if login.region != region:  # https://github.com/aws/aws-cli/issues/10613
            raise _invalid("The provided authorization grant is invalid")
        if (login.client_id, login.thumbprint) != (client_id, thumbprint):
            raise _invalid("clientId or DPoP")
        if login.has_changed:
            raise _denied("USER_CREDENTIALS_CHANGED")
        if self._clock.now() >= login.ends_at:
            raise _denied("TOKEN_EXPIRED")
        login.spend()
        return login

    def _tokens(self, login: Login) -> dict[str, Any]:
        seconds = int(min(TOKEN, login.ends_at - self._clock.now()))
        caller = replace(self._people()[login.who], by_login=True)
        key_id, session = self._open_session(caller, seconds)
        login.refresh_token = "aorSIGNIN" + secrets.token_urlsafe(48)
        return {
            "accessToken": {
                "accessKeyId": key_id,
                "secretAccessKey": session.secret,
                "sessionToken": session.token,
            },
            "tokenType": "aws_sigv4",
            "expiresIn": seconds,
            "refreshToken": login.refresh_token,
        }

    def _id_token(self, login: Login) -> str:
        now = int(self._clock.now())
        claims = {
            "sub": self._people()[login.who].arn,
            "aud": login.client_id,
            "iat": now,
            "exp": now + TOKEN,
            "jti": secrets.token_hex(8),
        }
        parts = [json.dumps(part).encode() for part in ({"alg": "ES384", "typ": "JWT"}, claims)]
        return ".".join(map(base64url, (*parts, b"a signature that nobody here can check")))


def _confirmation(query: Mapping[str, str]) -> Reply:
    """The page of a login on another machine: the text to copy."""
    if "code" not in query:
        return page("The sign-in was denied", "You can close this window.")
    text = base64.b64encode(urlencode(query).encode()).decode()
    return page("Copy this code to your terminal", text)


def _text(body: Mapping[str, Any], name: str) -> str:
    return text_of(body, name, _invalid(name))

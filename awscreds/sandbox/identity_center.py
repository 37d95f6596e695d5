"""IAM Identity Center as strict as AWS: its OIDC service, its portal, and the pages of a browser.

Nothing here is signed: a client proves itself by its registration, a person by a token. Codes and
refresh tokens work once; a refresh token that comes a second time ends the whole login, as RFC 9700
wants it (section 4.14.2). In another region than its own, the directory refuses as AWS is known to:
a client is registered all the same, its pages show an error, and whoever polls waits in vain; a
refresh token and an access token are not known. https://github.com/aws/aws-cli/issues/5058
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from awscreds.sandbox.oauth import (
    HOME_REGION,
    OAuthRefusal,
    RefreshableLogin,
    challenge_of,
    is_loopback_uri,
    is_registered,
    json_body,
    owner_of,
    refused,
    region_and_path,
    text_of,
    texts_of,
)
from awscreds.sandbox.pages import page, redirect
from awscreds.sandbox.portal import USER, Portal
from awscreds.sandbox.responses import Refusal, Reply, json_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.sigv4 import SignedRequest
    from awscreds.sandbox.state import Caller, Clock, Session

START_URL = "https://d-9067f0a1b2.awsapps.com/start"
SCOPE = "sso:account:access"
SCOPES = frozenset({SCOPE, "codewhisperer:analysis", "codewhisperer:completions"})

CODE_GRANT = "authorization_code"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT = "refresh_token"
GRANTS = frozenset({CODE_GRANT, DEVICE_GRANT, REFRESH_GRANT})

REGISTRATION = 90 * 24 * 3600
TOKEN = 3600
LOGIN = 8 * 3600
CODE = 600
INTERVAL = 1
"""Seconds that each of them lives, and the shortest time between two polls."""

_ACTIONS = {
    ("POST", "/client/register"): "RegisterClient",
    ("POST", "/device_authorization"): "StartDeviceAuthorization",
    ("POST", "/token"): "CreateToken",
    ("GET", "/assignment/accounts"): "ListAccounts",
    ("GET", "/assignment/roles"): "ListAccountRoles",
    ("GET", "/federation/credentials"): "GetRoleCredentials",
    ("POST", "/logout"): "Logout",
    ("GET", "/authorize"): "Authorize",
    ("GET", "/authorize/decision"): "Decide",
    ("GET", "/device"): "ShowDevice",
}


@dataclass
class Client:
    """A registered client."""

    secret: str = field(repr=False)
    expires_at: float
    scopes: frozenset[str]
    grants: frozenset[str]
    redirect_uris: tuple[str, ...]
    region: str


@dataclass(frozen=True)
class Asked:
    """Whose host was asked: that of a region, at which its addresses begin."""

    region: str
    base: str


@dataclass
class Permit:
    """What a person was asked for in the browser: by a link with a code, or by a device's code."""

    client_id: str
    grant: str
    expires_at: float
    region: str
    redirect_uri: str = ""
    challenge: str = ""
    state: str = ""
    allowed: bool | None = None
    """None: the person has not decided yet."""
    polled_at: float = 0.0
    interval: float = INTERVAL


@dataclass
class Login(RefreshableLogin):
    """A person who logged in for a client, with the tokens that are valid now."""

    tokens: dict[str, float] = field(default_factory=dict, repr=False)
    """When each access token ends."""


class IdentityCenter:
    """One directory with its OIDC service. Safe to use from many threads. Raises Refusal."""

    name = "sso"

    @staticmethod
    def refused(refusal: Refusal) -> Reply:
        """A refusal as these services send it."""
        return refused(refusal)

    def __init__(
        self, clock: Clock, open_session: Callable[[Caller, int], tuple[str, Session]]
    ) -> None:
        self._clock = clock
        self.portal = Portal(open_session)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget clients and logins; the accounts are those of the start."""
        self.portal.reset()
        self._clients: dict[str, Client] = {}
        self._codes: dict[str, Permit] = {}
        self._devices: dict[str, Permit] = {}
        self._requests: dict[str, Permit] = {}
        self._logins: list[Login] = []

    def end_registrations(self) -> None:
        """Forget every registered client."""
        self._clients.clear()

    # -- requests -----------------------------------------------------------------------------

    def action(self, request: SignedRequest) -> str | None:
        """The name of what is asked for here; None if it is not for this service."""
        return _ACTIONS.get((request.method, region_and_path(request)[1]))

    def answer(self, action: str, request: SignedRequest) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        region = region_and_path(request)[0]
        with self._lock:
            if action in ("Authorize", "Decide", "ShowDevice"):
                pages = {
                    "Authorize": self._authorize,
                    "Decide": self._decide,
                    "ShowDevice": self._show_device,
                }
                return pages[action](query, region)
            if request.method == "POST" and action != "Logout":
                body = json_body(request)
                posts = {
                    "RegisterClient": self._register,
                    "StartDeviceAuthorization": self._start_device,
                    "CreateToken": self._create_token,
                }
                base = f"http://{request.headers.get('host', '')}/in/{region}"
                return json_reply(200, posts[action](body, Asked(region, base)))
            self.portal.require_rate()
            login = self._login_of(request.headers.get("x-amz-sso_bearer_token", ""), region)
            if action == "Logout":
                self._logins.remove(login)
                return json_reply(200, {})
            return json_reply(200, self.portal.answer(action, query))

    # -- OIDC ---------------------------------------------------------------------------------

    def _register(self, body: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        text_of(body, "clientName")
        if text_of(body, "clientType") != "public":
            raise OAuthRefusal("InvalidClientMetadataException", "invalid_client_metadata")
        scopes = frozenset(texts_of(body, "scopes"))
        if not scopes <= SCOPES:
            raise OAuthRefusal("InvalidScopeException", "invalid_scope")
        grants = frozenset(texts_of(body, "grantTypes")) or frozenset({DEVICE_GRANT, REFRESH_GRANT})
        if not grants <= GRANTS:
            raise OAuthRefusal("UnsupportedGrantTypeException", "unsupported_grant_type")
        uris = texts_of(body, "redirectUris")
        if CODE_GRANT in grants:
            if not uris or not all(map(is_loopback_uri, uris)):
                raise OAuthRefusal("InvalidRedirectUriException", "invalid_redirect_uri")
            _check_start_url(text_of(body, "issuerUrl"))
        client_id = secrets.token_urlsafe(16)
        now = int(self._clock.now())
        client = Client(
            secrets.token_urlsafe(64),
            now + REGISTRATION,
            scopes,
            grants,
            tuple(uris),
            asked.region,
        )
        self._clients[client_id] = client
        return {
            "clientId": client_id,
            "clientSecret": client.secret,
            "clientIdIssuedAt": now,
            "clientSecretExpiresAt": int(client.expires_at),
        }

    def _start_device(self, body: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        client_id, _ = self._client_of(body, DEVICE_GRANT, asked)
        _check_start_url(text_of(body, "startUrl"))
        letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        device_code = secrets.token_urlsafe(32)
        permit = Permit(client_id, DEVICE_GRANT, self._clock.now() + CODE, asked.region)
        self._devices[device_code] = self._requests[user_code] = permit
        return {
            "deviceCode": device_code,
            "userCode": user_code,
            "verificationUri": f"{asked.base}/device",
            "verificationUriComplete": f"{asked.base}/device?user_code={user_code}",
            "expiresIn": CODE,
            "interval": INTERVAL,
        }

    def _create_token(self, body: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        grant = text_of(body, "grantType")
        if grant not in GRANTS:
            raise OAuthRefusal("UnsupportedGrantTypeException", "unsupported_grant_type")
        client_id, client = self._client_of(body, grant, asked)
        if grant == REFRESH_GRANT:
            login = self._refreshing(client_id, text_of(body, "refreshToken"))
        else:
            permit = (
                self._exchanged(client_id, body)
                if grant == CODE_GRANT
                else self._polled(client_id, text_of(body, "deviceCode"))
            )
            login = Login(permit.client_id, self._clock.now() + LOGIN)
            self._logins.append(login)
        return self._tokens(login, client)

    def _client_of(self, body: Mapping[str, Any], grant: str, asked: Asked) -> tuple[str, Client]:
        client_id, given = text_of(body, "clientId"), text_of(body, "clientSecret")
        client = self._clients.get(client_id)
        if grant == REFRESH_GRANT and client and client.region != asked.region:
            raise OAuthRefusal("InvalidRequestException", "invalid_request")
        if client and client.region != asked.region:
            client = None  # each region knows its own
        if client is None or not hmac.compare_digest(client.secret.encode(), given.encode()):
            raise OAuthRefusal("InvalidClientException", "invalid_client", status=401)
        if self._clock.now() >= client.expires_at:
            raise OAuthRefusal("InvalidClientException", "invalid_client", status=401)
        if grant not in client.grants:
            raise OAuthRefusal("UnauthorizedClientException", "unauthorized_client")
        return client_id, client

    def _exchanged(self, client_id: str, body: Mapping[str, Any]) -> Permit:
        # Whatever is wrong with it, a code works once.
        permit = self._codes.pop(text_of(body, "code"), None)
        verifier = text_of(body, "codeVerifier")
        if (
            permit is None
            or permit.client_id != client_id
            or permit.redirect_uri != text_of(body, "redirectUri")
            or permit.challenge != challenge_of(verifier)
            or self._clock.now() >= permit.expires_at
        ):
            raise OAuthRefusal("InvalidGrantException", "invalid_grant")
        return permit

    def _polled(self, client_id: str, device_code: str) -> Permit:
        permit, now = self._devices.get(device_code), self._clock.now()
        if permit is None or permit.client_id != client_id:
            raise OAuthRefusal("InvalidGrantException", "invalid_grant")
        if now >= permit.expires_at:
            raise OAuthRefusal("ExpiredTokenException", "expired_token")
        if permit.allowed is False:
            raise OAuthRefusal("AccessDeniedException", "access_denied")
        if permit.allowed is None:
            too_soon = now < permit.polled_at + permit.interval
            permit.polled_at = now
            if too_soon:
                permit.interval += 5
                raise OAuthRefusal("SlowDownException", "slow_down")
            raise OAuthRefusal("AuthorizationPendingException", "authorization_pending")
        del self._devices[device_code]
        return permit

    def _refreshing(self, client_id: str, refresh_token: str) -> Login:
        login = owner_of(refresh_token, self._logins)
        if login is None or login.client_id != client_id or self._clock.now() >= login.ends_at:
            raise OAuthRefusal("InvalidGrantException", "invalid_grant")
        login.spend()
        return login

    def _tokens(self, login: Login, client: Client) -> dict[str, Any]:
        token = "aoa" + secrets.token_urlsafe(48)
        seconds = int(min(TOKEN, login.ends_at - self._clock.now()))
        login.tokens[token] = self._clock.now() + seconds
        answer = {"accessToken": token, "tokenType": "Bearer", "expiresIn": seconds}
        if SCOPE in client.scopes and REFRESH_GRANT in client.grants:
            login.refresh_token = "aor" + secrets.token_urlsafe(48)
            answer["refreshToken"] = login.refresh_token
        return answer

    # -- pages --------------------------------------------------------------------------------

    def _authorize(self, query: Mapping[str, str], region: str) -> Reply:
        client = self._clients.get(query.get("client_id", ""))
        uri = query.get("redirect_uri", "")
        if region != HOME_REGION:  # the directory does not know a client of another region
            return page("invalid_request", "Invalid client provided")
        if client is None or not is_registered(uri, client.redirect_uris):
            return page("The request is not valid", "The client or its redirect URI is unknown.")
        back = {"state": query.get("state", "")}
        if (
            query.get("response_type") != "code"
            or CODE_GRANT not in client.grants
            or query.get("code_challenge_method") != "S256"
            or not re.fullmatch(r"[\w-]{43}", query.get("code_challenge", ""), re.ASCII)
        ):
            return redirect(uri, {"error": "invalid_request", **back})
        if not frozenset(query.get("scopes", "").split()) <= client.scopes:
            return redirect(uri, {"error": "invalid_scope", **back})
        permit = Permit(
            query["client_id"],
            CODE_GRANT,
            self._clock.now() + CODE,
            region,
            redirect_uri=uri,
            challenge=query["code_challenge"],
            state=query.get("state", ""),
        )
        name = secrets.token_urlsafe(16)
        self._requests[name] = permit
        return self._question(name, "Allow awscreds to access your data?")

    def _show_device(self, query: Mapping[str, str], _region: str) -> Reply:
        code = query.get("user_code", "")
        if code not in self._requests:
            return page("Enter the code", "Open the link that your terminal shows.")
        return self._question(code, f"Does your terminal show this code: {code}?")

    def _question(self, request: str, question: str) -> Reply:
        links = {
            label: "/authorize/decision?" + urlencode({"request": request, "allow": allow})
            for label, allow in (("Allow access", "yes"), ("Deny", "no"))
        }
        return page(question, f"You are signed in as {USER}.", links)

    def _decide(self, query: Mapping[str, str], _region: str) -> Reply:
        permit = self._requests.pop(query.get("request", ""), None)
        if permit is None or self._clock.now() >= permit.expires_at:
            return page("The request has expired", "Start again in your terminal.")
        if permit.region != HOME_REGION:  # and whoever polls hears nothing of it
            return page("invalid_grant", "Invalid grant provided")
        permit.allowed = query.get("allow") == "yes"
        if permit.grant == DEVICE_GRANT:
            done = "Request approved" if permit.allowed else "Request denied"
            return page(done, "You can close this window.")
        if not permit.allowed:
            denied = {"error": "access_denied", "state": permit.state}
            return redirect(permit.redirect_uri, denied)
        code = secrets.token_urlsafe(32)
        self._codes[code] = permit
        return redirect(permit.redirect_uri, {"code": code, "state": permit.state})

    def _login_of(self, token: str, region: str) -> Login:
        for login in self._logins if region == HOME_REGION else ():
            if self._clock.now() < login.tokens.get(token, 0):
                return login
        raise Refusal("UnauthorizedException", "Session token not found or invalid", status=401)


def _check_start_url(url: str) -> None:
    if url.rstrip("/") != START_URL:
        raise OAuthRefusal("InvalidRequestException", "invalid_request")

"""IAM Identity Center as strict as AWS: its OIDC service, its portal, and the pages of a browser.

Nothing here is signed: a client proves itself by its registration, a person by a token. Codes and
refresh tokens work once; a refresh token that comes a second time ends the whole login, as RFC 9700
wants it (section 4.14.2).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from awscreds.sandbox.oauth import (
    OAuthRefusal,
    challenge_of,
    is_loopback_uri,
    is_registered,
    json_body,
    refused,
    text_of,
    texts_of,
)
from awscreds.sandbox.pages import page, redirect
from awscreds.sandbox.responses import Refusal, Reply, json_reply
from awscreds.sandbox.state import Caller, Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.sigv4 import SignedRequest
    from awscreds.sandbox.state import Session

START_URL = "https://d-9067f0a1b2.awsapps.com/start"
USER = "alice"
SCOPE = "sso:account:access"
SCOPES = frozenset({SCOPE, "codewhisperer:analysis", "codewhisperer:completions"})

CODE_GRANT = "authorization_code"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT = "refresh_token"
GRANTS = frozenset({CODE_GRANT, DEVICE_GRANT, REFRESH_GRANT})

REGISTRATION = 90 * 24 * 3600
TOKEN = 3600
LOGIN = 8 * 3600
ROLE_SESSION = 3600
CODE = 600
INTERVAL = 1
"""Seconds that each of them lives, and the shortest time between two polls."""

LARGEST_PAGE = 100

ACCOUNTS: dict[str, dict[str, Any]] = {
    "123456789012": {"name": "Sandbox", "roles": ["AdministratorAccess", "ReadOnlyAccess"]},
    "012345678901": {"name": "Staging & Co", "roles": ["ReadOnlyAccess"]},
}
"""The accounts of the directory as it starts. One has a zero in front: account IDs are text."""


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


@dataclass
class Permit:
    """What a person was asked for in the browser: by a link with a code, or by a device's code."""

    client_id: str
    grant: str
    expires_at: float
    redirect_uri: str = ""
    challenge: str = ""
    state: str = ""
    allowed: bool | None = None
    """None: the person has not decided yet."""
    polled_at: float = 0.0
    interval: float = INTERVAL


@dataclass
class Login:
    """A person who logged in for a client, with the tokens that are valid now."""

    client_id: str
    ends_at: float
    tokens: dict[str, float] = field(default_factory=dict, repr=False)
    """When each access token ends."""
    refresh_token: str = field(default="", repr=False)
    spent: set[str] = field(default_factory=set, repr=False)


class Rate:
    """So many calls in a second, and as many at once, but at least one."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._left = self._most
        self._at = time.monotonic()

    def allows(self) -> bool:
        """Whether a call is answered now."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


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
        self._open_session = open_session
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget clients and logins; the accounts are those of the start."""
        self.accounts = {account: dict(facts) for account, facts in ACCOUNTS.items()}
        self._clients: dict[str, Client] = {}
        self._codes: dict[str, Permit] = {}
        self._devices: dict[str, Permit] = {}
        self._requests: dict[str, Permit] = {}
        self._logins: list[Login] = []
        self._rate: Rate | None = None

    def limit_rate(self, per_second: float | None) -> None:
        """From now on the portal refuses more calls in a real second; None: no limit."""
        self._rate = None if per_second is None else Rate(per_second)

    def assign(self, accounts: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on the directory has these accounts: by ID, each its ``name`` and ``roles``."""
        self.accounts = {account: dict(facts) for account, facts in accounts.items()}

    def end_registrations(self) -> None:
        """Forget every registered client."""
        self._clients.clear()

    # -- requests -----------------------------------------------------------------------------

    def action(self, request: SignedRequest) -> str | None:
        """The name of what is asked for here; None if it is not for this service."""
        return _ACTIONS.get((request.method, request.path))

    def answer(self, action: str, request: SignedRequest) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        with self._lock:
            if action in ("Authorize", "Decide", "ShowDevice"):
                pages = {
                    "Authorize": self._authorize,
                    "Decide": self._decide,
                    "ShowDevice": self._show_device,
                }
                return pages[action](query)
            if request.method == "POST" and action != "Logout":
                body = json_body(request)
                posts = {
                    "RegisterClient": self._register,
                    "StartDeviceAuthorization": self._start_device,
                    "CreateToken": self._create_token,
                }
                return json_reply(200, posts[action](body, request.headers.get("host", "")))
            if self._rate and not self._rate.allows():
                raise Refusal("TooManyRequestsException", "HTTP 429 Unknown Code", status=429)
            login = self._login_of(request.headers.get("x-amz-sso_bearer_token", ""))
            calls: dict[str, Callable[[Login, Mapping[str, str]], dict[str, Any]]] = {
                "ListAccounts": self._list_accounts,
                "ListAccountRoles": self._list_roles,
                "GetRoleCredentials": self._role_credentials,
                "Logout": self._log_out,
            }
            return json_reply(200, calls[action](login, query))

    # -- OIDC ---------------------------------------------------------------------------------

    def _register(self, body: Mapping[str, Any], _host: str) -> dict[str, Any]:
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
        client = Client(secrets.token_urlsafe(64), now + REGISTRATION, scopes, grants, tuple(uris))
        self._clients[client_id] = client
        return {
            "clientId": client_id,
            "clientSecret": client.secret,
            "clientIdIssuedAt": now,
            "clientSecretExpiresAt": int(client.expires_at),
        }

    def _start_device(self, body: Mapping[str, Any], host: str) -> dict[str, Any]:
        client_id, _ = self._client_of(body, DEVICE_GRANT)
        _check_start_url(text_of(body, "startUrl"))
        letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        device_code = secrets.token_urlsafe(32)
        permit = Permit(client_id, DEVICE_GRANT, self._clock.now() + CODE)
        self._devices[device_code] = self._requests[user_code] = permit
        return {
            "deviceCode": device_code,
            "userCode": user_code,
            "verificationUri": f"http://{host}/device",
            "verificationUriComplete": f"http://{host}/device?user_code={user_code}",
            "expiresIn": CODE,
            "interval": INTERVAL,
        }

    def _create_token(self, body: Mapping[str, Any], _host: str) -> dict[str, Any]:
        grant = text_of(body, "grantType")
        if grant not in GRANTS:
            raise OAuthRefusal("UnsupportedGrantTypeException", "unsupported_grant_type")
        client_id, client = self._client_of(body, grant)
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

    def _client_of(self, body: Mapping[str, Any], grant: str) -> tuple[str, Client]:
        client_id, given = text_of(body, "clientId"), text_of(body, "clientSecret")
        client = self._clients.get(client_id)
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
        for login in self._logins:
            if refresh_token in login.spent:
                # Two have it: one of them has stolen it.
                self._logins.remove(login)
                break
            if refresh_token == login.refresh_token and login.client_id == client_id:
                if self._clock.now() >= login.ends_at:
                    break
                login.spent.add(refresh_token)
                return login
        raise OAuthRefusal("InvalidGrantException", "invalid_grant")

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

    def _authorize(self, query: Mapping[str, str]) -> Reply:
        client = self._clients.get(query.get("client_id", ""))
        uri = query.get("redirect_uri", "")
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
            redirect_uri=uri,
            challenge=query["code_challenge"],
            state=query.get("state", ""),
        )
        name = secrets.token_urlsafe(16)
        self._requests[name] = permit
        return self._question(name, "Allow awscreds to access your data?")

    def _show_device(self, query: Mapping[str, str]) -> Reply:
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

    def _decide(self, query: Mapping[str, str]) -> Reply:
        permit = self._requests.pop(query.get("request", ""), None)
        if permit is None or self._clock.now() >= permit.expires_at:
            return page("The request has expired", "Start again in your terminal.")
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

    # -- portal -------------------------------------------------------------------------------

    def _login_of(self, token: str) -> Login:
        for login in self._logins:
            if self._clock.now() < login.tokens.get(token, 0):
                return login
        raise Refusal("UnauthorizedException", "Session token not found or invalid", status=401)

    def _list_accounts(self, _login: Login, query: Mapping[str, str]) -> dict[str, Any]:
        found = [
            {
                "accountId": account,
                "accountName": facts["name"],
                "emailAddress": f"{account}@x.test",
            }
            for account, facts in self.accounts.items()
        ]
        return _paged("accountList", found, query)

    def _list_roles(self, _login: Login, query: Mapping[str, str]) -> dict[str, Any]:
        account = query.get("account_id", "")
        roles = self._account(account)["roles"]
        found = [{"roleName": role, "accountId": account} for role in roles]
        return _paged("roleList", found, query)

    def _role_credentials(self, _login: Login, query: Mapping[str, str]) -> dict[str, Any]:
        account, role = query.get("account_id", ""), query.get("role_name", "")
        if role not in self._account(account)["roles"]:
            raise Refusal("ForbiddenException", "No access", status=403)
        suffix = hashlib.sha256(f"{account}/{role}".encode()).hexdigest()[:16]
        name = f"AWSReservedSSO_{role}_{suffix}"
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{USER}"
        caller = Caller("portal", name, arn, f"AROA{suffix.upper()}:{USER}", "")
        key_id, session = self._open_session(caller, ROLE_SESSION)
        return {
            "roleCredentials": {
                "accessKeyId": key_id,
                "secretAccessKey": session.secret,
                "sessionToken": session.token,
                "expiration": int(session.expires_at * 1000),
            }
        }

    def _account(self, account: str) -> Mapping[str, Any]:
        if account not in self.accounts:
            raise Refusal("ResourceNotFoundException", "Account not found", status=404)
        return self.accounts[account]

    def _log_out(self, login: Login, _query: Mapping[str, str]) -> dict[str, Any]:
        self._logins.remove(login)
        return {}


def _check_start_url(url: str) -> None:
    if url.rstrip("/") != START_URL:
        raise OAuthRefusal("InvalidRequestException", "invalid_request")


def _paged(name: str, found: list[dict[str, str]], query: Mapping[str, str]) -> dict[str, Any]:
    size, start = query.get("max_result", str(LARGEST_PAGE)), query.get("next_token", "0")
    if not (size.isdigit() and 1 <= int(size) <= LARGEST_PAGE and start.isdigit()):
        raise Refusal("InvalidRequestException", "The page asked for is not valid")
    end = int(start) + int(size)
    answer: dict[str, Any] = {name: found[int(start) : end]}
    if end < len(found):
        answer["nextToken"] = str(end)
    return answer

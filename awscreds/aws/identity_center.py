"""IAM Identity Center (SSO): logins, and credentials for whoever is logged in.

https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html
"""

from __future__ import annotations

from awscreds.aws import answers
from awscreds.aws.clients import refuse_plain_http, unsigned_client
from awscreds.aws.errors import asking, unusable_answer
from awscreds.model.credentials import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.aws.portal import Portal
    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.service_endpoint import ServiceEndpoint


CLIENT_NAME = "awscreds"
CODE = "authorization_code"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH = "refresh_token"
REDIRECT = "http://127.0.0.1/oauth/callback"
"""What is registered: without the port, which is another one at each login (RFC 8252, 7.3)."""

DEFAULT_INTERVAL = 5
"""Seconds between two questions if AWS names none (RFC 8628, 3.2)."""


class IdentityCenter:
    """Calls to the portal and to its OIDC service. They are not signed. Methods raise AwsError."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock

    def portal(self, access_token: str, endpoint: ServiceEndpoint) -> Portal:
        """What lists the accounts and roles of whoever ``access_token`` was given to."""
        from awscreds.aws.portal import Portal

        return Portal(access_token, endpoint, self._clock)

    def role_credentials(
        self, access_token: str, endpoint: ServiceEndpoint, *, account_id: str, role_name: str
    ) -> Session:
        """A session of the role for whoever ``access_token`` was given to (GetRoleCredentials)."""
        refuse_plain_http(endpoint)
        with asking("sso", endpoint, self._clock), unusable_answer("IAM Identity Center"):
            answer = unsigned_client("sso", endpoint).get_role_credentials(
                accountId=account_id, roleName=role_name, accessToken=access_token
            )
            self._clock.note(answer)
            given = answer["roleCredentials"]
            return Session(
                answers.text(given, "accessKeyId"),
                answers.text(given, "secretAccessKey"),
                answers.text(given, "sessionToken"),
                answers.instant_in_milliseconds(given, "expiration"),
            )

    def register(
        self, endpoint: ServiceEndpoint, *, grants: tuple[str, ...], scopes: list[str], issuer: str
    ) -> Registration:
        """Register this program for ``grants`` (RegisterClient). ``issuer`` is the start URL."""
        refuse_plain_http(endpoint)
        by_code = {"redirectUris": [REDIRECT], "issuerUrl": issuer} if CODE in grants else {}
        with asking("sso-oidc", endpoint, self._clock), unusable_answer("IAM Identity Center"):
            answer = unsigned_client("sso-oidc", endpoint).register_client(
                clientName=CLIENT_NAME,
                clientType="public",
                scopes=scopes,
                grantTypes=list(grants),
                **by_code,
            )
            self._clock.note(answer)
            return Registration(
                answers.text(answer, "clientId"),
                answers.text(answer, "clientSecret"),
                float(answers.instant(answer, "clientSecretExpiresAt")),
            )

    def authorize_url(self, endpoint: ServiceEndpoint, query: Mapping[str, str]) -> str:
        """The page at which a person allows this program to log in."""
        from urllib.parse import quote, urlencode

        refuse_plain_http(endpoint)
        base = unsigned_client("sso-oidc", endpoint).meta.endpoint_url.rstrip("/")
        return f"{base}/authorize?{urlencode(query, quote_via=quote)}"

    def start_device(
        self, endpoint: ServiceEndpoint, registration: Registration, start_url: str
    ) -> DeviceCode:
        """Begin a login that is finished in any browser (StartDeviceAuthorization)."""
        with asking("sso-oidc", endpoint, self._clock), unusable_answer("IAM Identity Center"):
            answer = unsigned_client("sso-oidc", endpoint).start_device_authorization(
                clientId=registration.client_id,
                clientSecret=registration.client_secret,
                startUrl=start_url,
            )
            self._clock.note(answer)
            with_code = answer.get("verificationUriComplete") is not None
            return DeviceCode(
                answers.text(answer, "deviceCode"),
                answers.text(answer, "userCode"),
                _page(answer, "verificationUri"),
                _page(answer, "verificationUriComplete" if with_code else "verificationUri"),
                seconds=answers.lifetime(answer, "expiresIn"),
                interval=answers.lifetime(answer, "interval")
                if answer.get("interval")
                else DEFAULT_INTERVAL,
            )

    def token_of_code(
        self,
        endpoint: ServiceEndpoint,
        registration: Registration,
        *,
        brought: str,
        verifier: str,
        redirect: str,
    ) -> dict[str, Any]:
        """The tokens for the code that the browser ``brought``, which is valid once: sent once."""
        request = {
            "grantType": CODE,
            "code": brought,
            "codeVerifier": verifier,
            "redirectUri": redirect,
        }
        return self._create_token(endpoint, registration, request)

    def token_of_device(
        self, endpoint: ServiceEndpoint, registration: Registration, device: DeviceCode
    ) -> dict[str, Any]:
        """The tokens for a device code. AwsError with AuthorizationPendingException: not yet."""
        request = {"grantType": DEVICE, "deviceCode": device.device_code}
        return self._create_token(endpoint, registration, request)

    def log_out(self, endpoint: ServiceEndpoint, access_token: str) -> None:
        """End a login at AWS (Logout)."""
        refuse_plain_http(endpoint)
        with asking("sso", endpoint, self._clock):
            unsigned_client("sso", endpoint).logout(accessToken=access_token)

    def _create_token(
        self, endpoint: ServiceEndpoint, registration: Registration, request: Mapping[str, str]
    ) -> dict[str, Any]:
        """``accessToken``, ``expiresAt`` (seconds from now) and maybe ``refreshToken``."""
        refuse_plain_http(endpoint)
        with asking("sso-oidc", endpoint, self._clock), unusable_answer("IAM Identity Center"):
            answer = unsigned_client("sso-oidc", endpoint, attempts=1).create_token(
                clientId=registration.client_id,
                clientSecret=registration.client_secret,
                **request,
            )
            self._clock.note(answer)
            found = {
                "accessToken": answers.text(answer, "accessToken"),
                "expiresAt": answers.lifetime(answer, "expiresIn"),
            }
            if answer.get("refreshToken"):
                found["refreshToken"] = answers.text(answer, "refreshToken")
            return found

    def refresh_token(
        self, endpoint: ServiceEndpoint, *, client_id: str, client_secret: str, refresh_token: str
    ) -> dict[str, Any]:
        """A new access token for a refresh token. Sent once: it may use that up."""
        registration = Registration(client_id, client_secret, 0)
        request = {"grantType": REFRESH, "refreshToken": refresh_token}
        return self._create_token(endpoint, registration, request)


def _page(answer: Mapping[str, Any], name: str) -> str:
    """The address of a page for a browser."""
    url = answers.text(answer, name)
    if not url.startswith(("https://", "http://")):
        raise LookupError(name)
    return url


class Registration:
    """This program, as IAM Identity Center knows it; ``expires_at`` in seconds UTC."""

    __slots__ = ("client_id", "client_secret", "expires_at")

    def __init__(self, client_id: str, client_secret: str, expires_at: float) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.expires_at = expires_at


class DeviceCode:
    """A login that waits for a person: ``user_code`` is what they must see at ``url``.

    ``complete_url`` is the page with the code filled in. It lasts ``seconds``, and may be asked
    for every ``interval`` seconds.
    """

    __slots__ = ("complete_url", "device_code", "interval", "seconds", "url", "user_code")

    def __init__(
        self,
        device_code: str,
        user_code: str,
        url: str,
        complete_url: str,
        *,
        seconds: int,
        interval: int,
    ) -> None:
        self.device_code = device_code
        self.user_code = user_code
        self.url = url
        self.complete_url = complete_url
        self.seconds = seconds
        self.interval = interval

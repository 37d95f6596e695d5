"""IAM Identity Center (SSO): credentials for whoever is logged in, and the refresh of a login."""

from __future__ import annotations

from awscreds.aws.clients import refuse_plain_http, unsigned_client
from awscreds.aws.errors import asking, unusable_answer
from awscreds.model.credentials import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.service_endpoint import ServiceEndpoint


class IdentityCenter:
    """Calls to the portal and to its OIDC service. They are not signed. Methods raise AwsError."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock

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
                given["accessKeyId"],
                given["secretAccessKey"],
                given["sessionToken"],
                given["expiration"] / 1000,
            )

    def refresh_token(
        self, endpoint: ServiceEndpoint, *, client_id: str, client_secret: str, refresh_token: str
    ) -> dict[str, Any]:
        """A new access token for a refresh token (CreateToken). Sent once: it may use that up.

        Returns ``accessToken``, ``expiresAt`` (seconds from now) and, if it was replaced, the
        ``refreshToken``.
        """
        refuse_plain_http(endpoint)
        with asking("sso-oidc", endpoint, self._clock), unusable_answer("IAM Identity Center"):
            answer = unsigned_client("sso-oidc", endpoint, attempts=1).create_token(
                clientId=client_id,
                clientSecret=client_secret,
                grantType="refresh_token",
                refreshToken=refresh_token,
            )
            self._clock.note(answer)
            found = {"accessToken": answer["accessToken"], "expiresAt": answer["expiresIn"]}
            if answer.get("refreshToken"):
                found["refreshToken"] = answer["refreshToken"]
            return found

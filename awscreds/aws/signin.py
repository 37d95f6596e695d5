"""Calls to AWS's sign-in (``signin``): the logins of `aws login`.

https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html
"""

from __future__ import annotations

from awscreds.aws import answers
from awscreds.aws.clients import refuse_other_host, refuse_plain_http, unsigned_client
from awscreds.aws.errors import asking, unusable_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.service_endpoint import ServiceEndpoint

SERVICE = "signin"
SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"
"""The clients that AWS knows: for a browser on this machine, and on another one."""

CODE = "authorization_code"
REFRESH = "refresh_token"
_BEFORE_CALL = "before-call.signin.CreateOAuth2Token"


class SignIn:
    """The sign-in service. Its calls are not signed, but proved. Methods raise AwsError."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock

    def base_url(self, endpoint: ServiceEndpoint) -> str:
        """Where the service is: its pages have no operation by which botocore would tell it."""
        from urllib.parse import urlsplit

        from botocore.awsrequest import AWSResponse, HTTPHeaders

        refuse_plain_http(endpoint)
        found: list[str] = []

        def learn(params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            found.append(params["url"])
            return AWSResponse("", 200, HTTPHeaders(), None), {}  # instead of a request

        with asking(SERVICE, endpoint, self._clock):
            client = unsigned_client(SERVICE, endpoint)
            client.meta.events.register(_BEFORE_CALL, learn)
            request = {"clientId": SAME_DEVICE, "grantType": REFRESH}
            client.create_o_auth2_token(tokenInput=request)
        refuse_other_host(found[0], SERVICE, endpoint)
        parts = urlsplit(found[0])
        return f"{parts.scheme}://{parts.netloc}"

    def token_of_code(
        self,
        endpoint: ServiceEndpoint,
        key: str,
        client_id: str,
        *,
        brought: str,
        verifier: str,
        redirect: str,
    ) -> dict[str, Any]:
        """The tokens for the code that the browser ``brought``, which is valid once: sent once."""
        request = {
            "clientId": client_id,
            "grantType": CODE,
            "code": brought,
            "codeVerifier": verifier,
            "redirectUri": redirect,
        }
        answer = self._create_token(endpoint, key, request)
        with unusable_answer("AWS's sign-in"):
            return {**_tokens(answer), "idToken": answers.text(answer, "idToken")}

    def refresh(
        self, endpoint: ServiceEndpoint, key: str, client_id: str, *, refresh_token: str
    ) -> dict[str, Any]:
        """New tokens for a refresh token. Sent once: that uses it up."""
        request = {"clientId": client_id, "grantType": REFRESH, "refreshToken": refresh_token}
        answer = self._create_token(endpoint, key, request)
        with unusable_answer("AWS's sign-in"):
            return _tokens(answer)

    def _create_token(
        self, endpoint: ServiceEndpoint, key: str, request: Mapping[str, str]
    ) -> dict[str, Any]:
        from awscreds.aws.dpop import proof

        refuse_plain_http(endpoint)

        def prove(params: Mapping[str, Any], **_: Any) -> None:
            now = self._clock.now()
            params["headers"]["DPoP"] = proof(key, method="POST", url=params["url"], now=now)

        with asking(SERVICE, endpoint, self._clock), unusable_answer("AWS's sign-in"):
            client = unsigned_client(SERVICE, endpoint, attempts=1)
            client.meta.events.register(_BEFORE_CALL, prove)
            answer = client.create_o_auth2_token(tokenInput=dict(request))
            self._clock.note(answer)
            output: dict[str, Any] = answer["tokenOutput"]
            return output


def _tokens(answer: Mapping[str, Any]) -> dict[str, Any]:
    """``accessToken``, ``expiresIn`` (seconds) and the rest, with the names of AWS's answer."""
    given = answer["accessToken"]
    names = ("accessKeyId", "secretAccessKey", "sessionToken")
    return {
        "accessToken": {name: answers.text(given, name) for name in names},
        "tokenType": answers.text(answer, "tokenType"),
        "expiresIn": answers.lifetime(answer, "expiresIn"),
        "refreshToken": answers.text(answer, "refreshToken"),
    }

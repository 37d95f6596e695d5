"""The sign-in page of the AWS console: a link that signs in with temporary credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html

The request has the credentials in its query, which is the form that AWS documents. So it goes only
to the host that was judged, follows no redirect, and no error shows or keeps it.
"""

from __future__ import annotations

import json
import os

from awscreds.aws.clients import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    READ_SECONDS,
    refuse_plain_http,
)
from awscreds.aws.errors import asking
from awscreds.errors import AwsError
from awscreds.process import in_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.credentials import Session
    from awscreds.model.service_endpoint import ServiceEndpoint

ISSUER = "awscreds"
"""Who sent the person there, in AWS's log of sign-ins."""

REFUSED = "SignInRefused"
"""In place of AWS's code in the error: AWS does not take these credentials, or this duration."""

LINK_SECONDS = 15 * 60
"""How long a link can be used."""

_LARGEST_ANSWER = 65_536


def sign_in_link(
    session: Session,
    endpoint: ServiceEndpoint,
    clock: ServerClock,
    *,
    destination: str,
    duration: int | None = None,
) -> str:
    """The link that opens ``destination`` as the owner of ``session``: it is a secret.

    ``endpoint`` has the URL of the sign-in page. ``duration`` is that of the console's session in
    seconds; None: it ends when ``session`` does. Raises AwsError, with REFUSED as its ``aws_code``
    if AWS does not take the credentials or the duration.
    """
    refuse_plain_http(endpoint)
    given = {
        "sessionId": session.id,
        "sessionKey": session.secret,
        "sessionToken": session.token,
    }
    query = {"Action": "getSigninToken", "Session": json.dumps(given)}
    if duration is not None:
        query["SessionDuration"] = str(duration)
    status, body = _get(_address(endpoint, query), endpoint, clock)
    if status == 200:
        return _address(
            endpoint,
            {
                "Action": "login",
                "Issuer": ISSUER,
                "Destination": destination,
                "SigninToken": _token_of(body, endpoint),
            },
        )
    raise _refusal(status, endpoint)


def _address(endpoint: ServiceEndpoint, query: dict[str, str]) -> str:
    """The sign-in page with ``query``, each value encoded once."""
    from urllib.parse import quote, urlencode

    return f"{endpoint.endpoint_url}/federation?{urlencode(query, quote_via=quote, safe='')}"


def _get(url: str, endpoint: ServiceEndpoint, clock: ServerClock) -> tuple[int, bytes]:
    """Status and body of the answer. The error if there is none does not know ``url``."""
    from botocore.exceptions import ReadTimeoutError

    lost: AwsError | None = None
    try:
        with asking("sign-in", endpoint, clock):
            try:
                return in_time(lambda: _ask(url, endpoint), ANSWER_SECONDS)
            except TimeoutError:
                raise ReadTimeoutError(endpoint_url=endpoint.endpoint_url or "") from None
    except AwsError as error:
        lost = AwsError(error.message, code=error.code, hint=error.hint)
    # Outside of the except clause: the request would be in this error's context.
    raise lost


def _ask(url: str, endpoint: ServiceEndpoint) -> tuple[int, bytes]:
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.response import StreamingBody
    from botocore.utils import get_environ_proxies

    from awscreds import __version__

    # As botocore's clients do it: the same certificates, and the same proxies.
    unknown: Any = None
    verify: Any = endpoint.settings.get("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    timeout: Any = (CONNECT_SECONDS, READ_SECONDS)
    # To a proxy, localhost is the proxy.
    proxies: dict[str, Any] = {} if endpoint.is_local else get_environ_proxies(url)
    http: Any = URLLib3Session(verify=verify or True, proxies=proxies, timeout=timeout)
    headers = {"User-Agent": f"awscreds/{__version__}", "Accept": "application/json"}
    request: Any = AWSRequest("GET", url, headers=headers, stream_output=True).prepare()
    try:
        answer = http.send(request)
        # Not ``raw`` itself, whose errors are not botocore's.
        body = StreamingBody(answer.raw, content_length=unknown)
        return int(answer.status_code), bytes(body.read(_LARGEST_ANSWER))
    finally:
        http.close()


def _token_of(body: bytes, endpoint: ServiceEndpoint) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    token = document.get("SigninToken") if isinstance(document, dict) else None
    if isinstance(token, str) and token:
        return token
    raise AwsError(
        f"the server at {endpoint.endpoint_url} does not answer like AWS",
        code="aws-unreadable",
        hint="check the endpoint, and check if a proxy or a login page answers instead of AWS",
    )


def _refusal(status: int, endpoint: ServiceEndpoint) -> AwsError:
    """The error for an answer that is no success. Its text is not shown: it may be anything."""
    if status >= 500 or status == 429:
        return AwsError(
            f"the sign-in page of AWS failed with HTTP status {status}",
            code="aws-refused",
            hint="wait a minute, then run it again",
        )
    if status in (400, 401, 403):
        return AwsError(
            "the sign-in page of AWS does not take these credentials (HTTP status "
            f"{status}): they have expired, or were revoked, or are not of a kind that can open "
            "the console",
            code="console-refused",
            hint="only a role, a login, or a user's own access key opens the console",
            aws_code=REFUSED,
        )
    return AwsError(
        f"the server at {endpoint.endpoint_url} does not answer like AWS (HTTP status {status})",
        code="aws-unreadable",
        hint="check the endpoint, and check if a proxy or a login page answers instead of AWS",
    )

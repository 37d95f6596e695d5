"""Calls that are sent once, because only their answer has a secret.

If the answer is lost, something may exist at AWS that nobody has the secret of. To send the request
again would make a second one.
"""

from __future__ import annotations

from awscreds.aws.clients import client_for, refuse_plain_http
from awscreds.aws.errors import asking
from awscreds.errors import AwsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from botocore.exceptions import ClientError

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.credentials import Credentials
    from awscreds.model.service_endpoint import ServiceEndpoint

    Read = TypeVar("Read")


class AnswerLost(AwsError):
    """The request was sent, and no clear answer came: it may have taken effect."""

    default_code = "answer-lost"


def ask_iam_once(
    credentials: Credentials,
    endpoint: ServiceEndpoint,
    clock: ServerClock,
    *,
    call: Callable[[Any], dict[str, Any]],
    read: Callable[[dict[str, Any]], Read],
    lost: Callable[[str], AnswerLost],
) -> Read:
    """What ``read`` makes of the answer to ``call``, which gets a client of IAM.

    Raises ``lost`` of the reason if the request may have taken effect. Any other AwsError means
    that it has not. Raises ConfigurationError for plain http to another machine.
    """
    refuse_plain_http(endpoint)
    with asking("iam", endpoint, clock):
        client = client_for("iam", credentials, endpoint, attempts=1)
        sending = _Sending(client)
        try:
            answer = call(client)
            found = read(answer)
        except Exception as error:
            if not sending.begun or _is_settled(error):
                raise
            reason = _reason(error)
        else:
            clock.note(answer)
            return found
    # Outside of the except clause: what botocore could not parse may hold the secret, and would
    # become this error's context.
    raise lost(reason)


class _Sending:
    """Notes whether a client has begun to send a request."""

    def __init__(self, client: Any) -> None:
        self.begun = False
        client.meta.events.register("before-send", self._begin)

    def _begin(self, **_event: Any) -> None:
        self.begun = True


def _is_settled(error: Exception) -> bool:
    """Whether ``error`` proves that a request had no effect.

    A TLS error may mean that the connection was cut after the request. Only a refused certificate
    certainly comes before the request.
    """
    import botocore.exceptions as core

    if isinstance(error, core.ClientError):
        return _status(error) < 500
    if isinstance(error, core.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(error)
    no_connection = (
        core.ConnectTimeoutError,
        core.EndpointConnectionError,
        core.ProxyConnectionError,
    )
    return isinstance(error, no_connection)


def _reason(error: Exception) -> str:
    import botocore.exceptions as core

    if isinstance(error, core.ClientError):
        return f"AWS failed with HTTP status {_status(error)}"
    reasons = {
        "ReadTimeoutError": "AWS did not answer in time",
        "ConnectionClosedError": "the connection was closed too early",
    }
    return reasons.get(type(error).__name__, f"the answer cannot be read: {type(error).__name__}")


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])

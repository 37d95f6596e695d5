"""What the sandbox sends back: replies in XML (AWS's query protocol) and JSON, and refusals."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.sax.saxutils import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


class Refusal(Exception):
    """A call that AWS would refuse. ``code``, ``message`` and the HTTP ``status`` are AWS's own."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def access_denied(message: str) -> Refusal:
    """AccessDenied, as IAM and STS word it."""
    return Refusal("AccessDenied", message, status=403)


def validation_error(message: str) -> Refusal:
    """ValidationError: a parameter AWS does not take."""
    return Refusal("ValidationError", message)


def invalid_token() -> Refusal:
    """What unknown, inactive and deleted keys get, and a session token that is not the key's."""
    return Refusal(
        "InvalidClientTokenId", "The security token included in the request is invalid.", status=403
    )


@dataclass(frozen=True)
class Reply:
    """An answer to send."""

    status: int
    body: bytes
    content_type: str = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()


def json_reply(status: int, document: Any, *, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(document).encode(), "application/json", headers)


def xml_reply(service: str, action: str, result: dict[str, Any] | None) -> Reply:
    """An answer in the query protocol's XML. ``result`` None: the action returns nothing."""
    inner = "" if result is None else f"<{action}Result>{_elements(result)}</{action}Result>"
    text = (
        f'<{action}Response xmlns="{NAMESPACES[service]}">{inner}<ResponseMetadata><RequestId>'
        f"{request_id()}</RequestId></ResponseMetadata></{action}Response>"
    )
    return Reply(200, text.encode())


def xml_error(service: str, refusal: Refusal) -> Reply:
    """A refusal in the query protocol's XML."""
    kind = "Sender" if refusal.status < 500 else "Receiver"
    details = {"Type": kind, "Code": refusal.code, "Message": refusal.message}
    text = (
        f'<ErrorResponse xmlns="{NAMESPACES[service]}"><Error>{_elements(details)}</Error>'
        f"<RequestId>{request_id()}</RequestId></ErrorResponse>"
    )
    return Reply(refusal.status, text.encode())


def request_id() -> str:
    """A random id in AWS's form."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _elements(values: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_elements(value) if isinstance(value, dict) else escape(str(value))}</{name}>"
        for name, value in values.items()
    )


def no_such_action(action: str, params: Mapping[str, str]) -> NoReturn:
    """Refuse an action that the service does not have."""
    version = params.get("Version", "NO_VERSION_SPECIFIED")
    raise Refusal("InvalidAction", f"Could not find operation {action} for version {version}")

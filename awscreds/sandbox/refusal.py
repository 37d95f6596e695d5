"""The one way the sandbox says no: an AWS error code with its HTTP status and AWS's own words."""


class Refusal(Exception):
    """A call AWS would refuse. ``code`` and the message are what AWS answers."""

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

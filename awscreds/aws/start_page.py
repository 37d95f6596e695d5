"""Where a start URL of the company's own leads: to one of AWS's, by one redirect."""

from __future__ import annotations

from awscreds.errors import AwsError
from awscreds.model.start_url import is_own
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 10.0
_NO_HEAD = (405, 501)
_REDIRECTS = (301, 302, 303, 307, 308)


def resolve(url: str, *, request: Callable[[str, str], tuple[int, str]] | None = None) -> str:
    """The start URL of AWS that ``url`` is, or redirects to. Raises AwsError.

    As the AWS CLI does it: one HEAD (GET if the host knows none), one redirect, over https.
    ``request`` takes a method and a URL; it returns the status and the Location.
    """
    if is_own(url):
        return url
    ask = request or _request
    status, location = ask("HEAD", url)
    if status in _NO_HEAD:
        status, location = ask("GET", url)
    if status in _REDIRECTS and location.startswith("https://") and is_own(location):
        return location.split("#")[0].rstrip("/")
    raise AwsError(
        f"{escaped(url)} is not an AWS access portal, and does not redirect to one",
        code="start-url",
        hint="set sso_start_url to the URL of your AWS access portal, like "
        "https://d-1234567890.awsapps.com/start",
    )


def _request(method: str, url: str) -> tuple[int, str]:
    import urllib.error
    import urllib.request

    class Unfollowed(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            """Follow none: the answer with the Location is what is wanted."""

    asked = urllib.request.Request(url, method=method)  # noqa: S310 - checked: https
    try:
        with urllib.request.build_opener(Unfollowed).open(asked, timeout=SECONDS) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise AwsError(
            f"cannot reach the start URL {escaped(url)}: {escaped(str(reason))}",
            code="start-url",
            hint="check the URL and your network",
        ) from None

"""Start URLs of IAM Identity Center: which are AWS's own, and the region that some of them name.

https://docs.aws.amazon.com/singlesignon/latest/userguide/howtochangeURL.html
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from awscreds.errors import ConfigurationError
from awscreds.model.text import escaped

_AWS_HOSTS = (
    ".awsapps.com",
    ".awsapps.cn",
    ".identitycenter.amazonaws.com",
    ".identitycenter.amazonaws.com.cn",
    ".identitycenter.amazonaws.eu",
    ".identitycenter.us-gov.amazonaws.com",
)
"""How the hosts of AWS access portals end, if they do not name a region."""

_LABEL = "[a-z0-9-]+"
_REGION = "(?P<region>[a-z]{2,4}(?:-[a-z]+)+-[0-9])"
_WITH_REGION = re.compile(
    rf"(?:{_LABEL}\.)?(?:"
    rf"portal\.{_REGION}\.app\.aws"
    rf"|{_REGION.replace('region', 'region2')}\.portal\.amazonaws\.(?:com|com\.cn|eu)"
    rf"|portal\.{_REGION.replace('region', 'region3')}\.app\.amazonwebservices\.com\.cn"
    rf"|portal\.{_REGION.replace('region', 'region4')}\.api\.amazonwebservices\.eu"
    r")"
)


def checked_start_url(text: str, where: str) -> str:
    """The start URL without what the browser adds to it. ``where`` names the setting.

    Raises ConfigurationError if it is not an https URL.
    """
    url = re.sub(r"/?#/?$", "", text.strip())
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme == "https" and host and parts.username is None and port in (None, 443):
        return url
    raise ConfigurationError(
        f"sso_start_url of {where} is {escaped(text)!r}, which is not an https URL",
        code="start-url",
        hint="copy it from the AWS access portal; it is like https://d-1234567890.awsapps.com/start",
    )


def is_own(url: str) -> bool:
    """Whether the host of ``url`` is one of AWS's own: any other must lead to one of them."""
    host = f".{urlsplit(url).hostname or ''}"
    return host.endswith(_AWS_HOSTS) or region_of(url) is not None


def region_of(url: str) -> str | None:
    """The region that the host of ``url`` names; None if it names none."""
    match = _WITH_REGION.fullmatch(urlsplit(url).hostname or "")
    return next(filter(None, match.groups()), None) if match else None

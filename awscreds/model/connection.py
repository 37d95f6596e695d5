"""How a service is reached: region, endpoint and trust, from a profile and the environment.

The same precedence as botocore's, without botocore reading the user's config file: it would parse
all of it, and fail on what other SDKs accept.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from awscreds.model.ini import SERVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.profile import Profile, Profiles

DEFAULT_REGION = "us-east-1"
"""Where STS and IAM are asked by whoever has no region; both answer there for the partition aws."""

_SETTINGS = {
    "ca_bundle": "AWS_CA_BUNDLE",
    "sts_regional_endpoints": "AWS_STS_REGIONAL_ENDPOINTS",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
}


class Connection:
    """What shapes a call besides its keys. ``endpoint_url`` is None for AWS's own endpoint."""

    __slots__ = ("endpoint_url", "region", "settings")

    def __init__(
        self,
        region: str,
        endpoint_url: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.region = region
        self.endpoint_url = endpoint_url
        self.settings = dict(settings or {})

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine, where plain http shows nothing to anyone."""
        return _host(self.endpoint_url or "") in ("localhost", "127.0.0.1", "::1")

    @property
    def is_plain_http(self) -> bool:
        return (self.endpoint_url or "").lower().startswith("http:")


def connection(
    service: str, profile: Profile, profiles: Profiles, environ: Mapping[str, str]
) -> Connection:
    """How ``service`` (``sts``, ``iam``) is reached for ``profile``.

    The profile's region comes before the environment's: its keys belong to one partition, and an
    inherited AWS_REGION may name a region of another.
    """
    region = (
        profile.get("region")
        or environ.get("AWS_REGION")
        or environ.get("AWS_DEFAULT_REGION")
        or DEFAULT_REGION
    )
    settings = {}
    for key, variable in _SETTINGS.items():
        value = environ.get(variable) or profile.get(key)
        if value:
            settings[key] = value
    return Connection(region, _endpoint_url(service, profile, profiles, environ), settings)


def _endpoint_url(
    service: str, profile: Profile, profiles: Profiles, environ: Mapping[str, str]
) -> str | None:
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or profile.get(
        "ignore_configured_endpoint_urls"
    )
    if (ignored or "").lower() == "true":
        return None
    found = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    if found:
        return found
    block = profiles.config.get((SERVICES, profile.get("services") or ""), service)
    if isinstance(block, dict) and block.get("endpoint_url"):
        return block["endpoint_url"]
    return profile.get("endpoint_url")


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

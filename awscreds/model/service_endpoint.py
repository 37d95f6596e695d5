"""How a service is reached: region, endpoint and trust, from a profile and the environment.

The precedence is botocore's, but botocore does not read the user's config file: it would parse all
of it, and fail on what other SDKs accept.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.endpoint import Endpoint, is_host_label, parse_endpoint
from awscreds.model.ini.document import PROFILE, SERVICES
from awscreds.model.keys import secret_in, unless_secret
from awscreds.model.partitions import is_own_endpoint
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.ini.document import SectionKey
    from awscreds.model.profile import Profile, Profiles

DEFAULT_REGION = "us-east-1"
"""Where STS and IAM are called if no region is set. Both answer there for the partition aws."""

_SETTINGS = {
    "ca_bundle": "AWS_CA_BUNDLE",
    "sts_regional_endpoints": "AWS_STS_REGIONAL_ENDPOINTS",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
}


class ServiceEndpoint:
    """How a service is reached. ``custom`` is the endpoint the user chose; None for AWS's own.

    An endpoint passed as text is parsed. That and a bad region raise ConfigurationError.
    """

    __slots__ = ("_region", "custom", "settings")

    def __init__(
        self,
        region: str,
        endpoint: Endpoint | str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.region = region
        self.custom = parse_endpoint(endpoint) if isinstance(endpoint, str) else endpoint
        self.settings = dict(settings or {})

    @property
    def region(self) -> str:
        return self._region

    @region.setter
    def region(self, region: str) -> None:
        self._region = checked_region(region)

    @property
    def endpoint_url(self) -> str | None:
        """The normalized URL of the custom endpoint, which botocore gets."""
        return self.custom.url if self.custom else None

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine, where plain http shows nothing to anyone."""
        return self.custom is not None and self.custom.is_loopback

    @property
    def is_plain_http(self) -> bool:
        return self.custom is not None and self.custom.is_plain_http

    def is_own(self, service: str) -> bool:
        """Whether the endpoint is AWS's own for ``service``, over TLS: no other host answers."""
        return self.custom is None or is_own_endpoint(service, self.custom)


NOT_A_REGION = "(hidden: not a region)"


def is_region(text: str) -> bool:
    """Whether ``text`` can be the name of a region, and so is not a misplaced secret."""
    return is_host_label(text.lower()) and not text.isdigit() and not secret_in(text)


def shown_region(text: str | None) -> str | None:
    """A region as people and programs may see it; None if there is none."""
    return text if not text or is_region(text) else NOT_A_REGION


def checked_region(region: str, source: str = "") -> str:
    """``region``, if it can be a part of a host name. ``source`` says where it is set.

    Raises ConfigurationError if it cannot: whoever sets the region must not choose the host.
    """
    if is_region(region):
        return region
    place = f" set in {source}" if source else ""
    raise ConfigurationError(
        f"{escaped(unless_secret(region))!r}{place} is not a valid region",
        code="bad-region",
        hint="a region is like eu-central-1: letters, digits and hyphens",
    )


def resolve_endpoint(
    service: str, profile: Profile, profiles: Profiles, environ: Mapping[str, str]
) -> ServiceEndpoint:
    """How ``service`` (``sts``, ``iam``) is reached for ``profile``.

    The profile's region comes before the environment's: its keys belong to one partition, and an
    inherited AWS_REGION may name a region of another.
    """
    region = region_of(profile, profiles, environ)
    settings = {}
    for key, variable in _SETTINGS.items():
        value = environ.get(variable) or profile.get(key)
        if value:
            settings[key] = value
    return ServiceEndpoint(region, _endpoint(service, profile, profiles, environ), settings)


def region_of(profile: Profile, profiles: Profiles, environ: Mapping[str, str]) -> str:
    """The region of ``profile``. Raises ConfigurationError if it cannot be a region."""
    own = profile.get("region")
    if own:
        return checked_region(own, _place((PROFILE, profile.name), "region", profiles, environ))
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if environ.get(variable):
            return checked_region(environ[variable], variable)
    return DEFAULT_REGION


def _endpoint(
    service: str, profile: Profile, profiles: Profiles, environ: Mapping[str, str]
) -> Endpoint | None:
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or profile.get(
        "ignore_configured_endpoint_urls"
    )
    if (ignored or "").lower() == "true":
        return None
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        if environ.get(variable):
            return parse_endpoint(environ[variable], variable)
    section = (SERVICES, profile.get("services") or "")
    block = profiles.config.get(section, service)
    if isinstance(block, dict) and block.get("endpoint_url"):
        return parse_endpoint(block["endpoint_url"], _place(section, service, profiles, environ))
    found = profile.get("endpoint_url")
    if not found:
        return None
    section = (PROFILE, profile.name)
    return parse_endpoint(found, _place(section, "endpoint_url", profiles, environ))


def _place(section: SectionKey, key: str, profiles: Profiles, environ: Mapping[str, str]) -> str:
    """``file:line`` of a setting; the credentials file comes first."""
    files = (
        (profiles.credentials, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        (profiles.config, "AWS_CONFIG_FILE", "~/.aws/config"),
    )
    for document, variable, default in files:
        line = document.line_of(section, key) if document.has(section) else None
        if line is not None:
            return f"{escaped(environ.get(variable) or default)}:{line}"
    return "a profile"

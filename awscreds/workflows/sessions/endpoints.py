"""How AWS is reached for the sessions of a chain."""

from __future__ import annotations

from awscreds.model.partitions import DEFAULT
from awscreds.model.service_endpoint import resolve_endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.role_chain import Chain
    from awscreds.model.service_endpoint import ServiceEndpoint


class EndpointResolver:
    """The endpoints that make the sessions of one chain."""

    def __init__(self, chain: Chain, profiles: Profiles, environ: Mapping[str, str]) -> None:
        self._chain = chain
        self._profiles = profiles
        self._environ = environ

    def of_source(self, service: str) -> ServiceEndpoint:
        """The endpoint by the source's own settings, so that all its roles find the same session.

        If nothing names its region, the first role's is used. That only matters outside of the
        partition ``aws``.
        """
        source = self._profiles.find(self._chain.source.profile)
        endpoint = resolve_endpoint(service, source, self._profiles, self._environ)
        if self._chain.links and not self._has_region(source):
            first = self._chain.links[0]
            if not first.role_arn.startswith(f"arn:{DEFAULT}:"):
                region = self._profiles.find(first.profile).get("region")
                endpoint.region = region or endpoint.region
        return endpoint

    def of_role(self, name: str) -> ServiceEndpoint:
        """The endpoint of STS, by the settings of the role's profile ``name``."""
        profile = self._profiles.find(name)
        endpoint = resolve_endpoint("sts", profile, self._profiles, self._environ)
        if not self._has_region(profile):
            endpoint.region = self.of_source("sts").region
        return endpoint

    def _has_region(self, profile: Profile) -> bool:
        named = (self._environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        return bool(profile.get("region")) or any(named)

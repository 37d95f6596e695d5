"""The keys of the sessions of a chain in the cache: everything that decides what they are."""

from __future__ import annotations

import contextlib
import json
import os
import sys

from awscreds.model.ini.document import SSO_SESSION
from awscreds.model.partitions import partition_of
from awscreds.model.profile import LOGIN, SSO, STATIC, WEB_IDENTITY
from awscreds.stores.cache.session_format import SessionKey, SessionScope, StsParameters
from awscreds.stores.state_dir import key_name
from awscreds.workflows.sessions.durations import is_long

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.model.role_chain import Chain
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.sessions.context import SessionDeps
    from awscreds.workflows.sessions.endpoints import EndpointResolver

_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

_ROLE_NAME_CHARACTERS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
)


class SessionKeys:
    """The cache keys of all sessions of one chain."""

    def __init__(self, chain: Chain, deps: SessionDeps, endpoints: EndpointResolver) -> None:
        self._chain = chain
        self._profiles = deps.profiles
        self._environ = deps.environ
        self._scope = deps.scope
        self._endpoints = endpoints
        self._profile = deps.profiles.find(chain.source.profile)

    def of_access_key(self, key_id: str) -> SessionKey:
        """The key of credentials that only their access key ID identifies."""
        return self._key(
            self._profile.name, self._endpoints.of_source("sts"), access_key_id=key_name(key_id)
        )

    def of_provider(self, kind: str, identity: str | None = None) -> SessionKey:
        """The key of what a provider of that kind has for the source.

        ``identity`` is whoever they belong to: it changes when somebody else logs in.
        """
        return self._key(
            self._profile.name,
            self._endpoints.of_source("sts"),
            access_key_id=f"{kind} {self._provider_settings()}",
            identity=identity,
        )

    def of_user(self, key_id: str, serial: str | None, duration: int | None) -> SessionKey:
        """The key of the session of the access key's own user."""
        return self._key(
            self._profile.name,
            self._endpoints.of_source("sts"),
            access_key_id=key_name(key_id),
            parameters=StsParameters(serial=serial, duration=duration),
        )

    def of_sso_role(self, identity: str) -> SessionKey:
        """The key of the source's role for whoever is logged in, who is ``identity``."""
        source = self._profile
        account, role = (source.of_role(f"sso_{what}") for what in ("account_id", "role_name"))
        return self._key(
            source.name,
            self._endpoints.of_source("sts"),
            access_key_id=SSO,
            identity=identity,
            parameters=StsParameters(role=f"{account}/{role}"),
        )

    def of_login(self, login_session: str, identity: str) -> SessionKey:
        """The key of a session of `aws login`, of the login that ``identity`` tells."""
        return self._key(
            self._profile.name,
            self._endpoints.of_source("sts"),
            access_key_id=LOGIN,
            identity=identity,
            parameters=StsParameters(role=login_session),
        )

    def of_web_identity(self, identity: str, duration: int | None) -> SessionKey:
        """The key of the source's role for the bearer of a token, who is ``identity``."""
        source = self._profile
        return self._key(
            source.name,
            self._endpoints.of_source("sts"),
            access_key_id=f"{WEB_IDENTITY} {source.get('web_identity_token_file')}",
            identity=identity,
            parameters=StsParameters(
                role=source.get("role_arn"),
                session_name=self.session_name(source.get("role_session_name")),
                duration=duration,
            ),
        )

    def of_role(
        self,
        at: int,
        *,
        source: SessionKey,
        key_id: str | None,
        serial: str | None,
        durations: list[int | None],
    ) -> SessionKey:
        """The key of the session of the link ``at``.

        ``source`` and ``key_id`` are those of the chain's source, ``durations`` those of its
        links.
        """
        link = self._chain.links[at]
        made_from = source
        if at:
            made_from = self.of_role(
                at - 1, source=source, key_id=key_id, serial=serial, durations=durations
            )
        elif key_id and serial and not is_long(durations[0]):
            made_from = self.of_user(key_id, serial, None)
        return self._key(
            link.profile,
            self._endpoints.of_role(link.profile),
            access_key_id=key_name(key_id) if key_id else self._chain.source.kind,
            parameters=StsParameters(
                serial=serial,
                role=link.role_arn,
                external_id=link.external_id,
                session_name=self.session_name(link.session_name),
                duration=durations[at],
            ),
            source=made_from,
        )

    def _key(self, profile: str, endpoint: ServiceEndpoint, **parts: Any) -> SessionKey:
        """A key from its ``parts``. No region: what STS gives is valid in the whole partition."""
        return SessionKey(
            profile=profile,
            scope=SessionScope(
                partition=_partition(endpoint),
                endpoint=endpoint.endpoint_url,
                files=self._scope.files,
                state_path=self._scope.state_path,
                backend=self._scope.backend,
            ),
            **parts,
        )

    def _provider_settings(self) -> str:
        """Everything except secrets that decides which credentials a provider gives."""
        source = self._profile
        section = (SSO_SESSION, source.of_role("sso_session") or "")
        settings: dict[str, object] = {**source.config, **source.credentials}
        settings |= {"sso-session": self._profiles.config.values(section)}
        settings |= {name: self._environ.get(name) for name in _CONTAINER}
        return json.dumps({k: v for k, v in settings.items() if k not in STATIC}, sort_keys=True)

    def session_name(self, configured: str | None) -> str:
        """The RoleSessionName of a role whose profile says ``configured``."""
        return configured or default_session_name(self._environ)


def _partition(endpoint: ServiceEndpoint) -> str:
    """Where sessions that ``endpoint`` made are valid.

    Regions that an account must enable first do not accept those of the old global endpoint.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
    """
    is_legacy = endpoint.settings.get("sts_regional_endpoints", "").lower() == "legacy"
    if endpoint.endpoint_url is None and (endpoint.region == "aws-global" or is_legacy):
        # In legacy mode the region decides which endpoint is used.
        return f"{partition_of(endpoint.region)} {endpoint.region}"
    return partition_of(endpoint.region)


def default_session_name(environ: Mapping[str, str]) -> str:
    """``awscreds-USER-HOST``: it tells an auditor of CloudTrail who it was, and where.

    It has the characters of AssumeRole's RoleSessionName, 64 at most.
    """
    named = (environ.get(name) for name in ("USER", "LOGNAME", "USERNAME"))
    user = next(filter(None, named), None) or _account_name()
    if sys.platform == "win32":
        host = environ.get("COMPUTERNAME", "")
    else:
        host = os.uname().nodename
    name = f"awscreds-{user}-{host.partition('.')[0]}"
    return "".join(char if char in _ROLE_NAME_CHARACTERS else "_" for char in name)[:64]


def _account_name() -> str:
    if sys.platform != "win32":
        import pwd

        with contextlib.suppress(KeyError):
            return pwd.getpwuid(os.geteuid()).pw_name
    return "unknown"

"""Makes all boto3 sessions and clients: a small gateway to STS, IAM and SSO with errors of its own.

Every call has a deadline, is signed with the keys it is given and nothing inherited, and reads no
AWS file: what of them shapes a call is in its Connection. Only the providers that are botocore's
own (login, metadata services) read the user's files.
"""

from __future__ import annotations

import contextlib
import os
import time
from functools import cache

from awscreds.aws.errors import (
    nothing_found,
    provider_errors,
    refused,
    short,
    unreachable,
    unusable_answer,
)
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.endpoint import request_endpoint
from awscreds.model.partitions import is_own_endpoint
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from botocore.config import Config
    from botocore.loaders import Loader
    from botocore.session import Session as CoreSession

    from awscreds.model.credentials import Credentials
    from awscreds.model.endpoint import Endpoint
    from awscreds.model.service_endpoint import ServiceEndpoint

CONNECT_SECONDS = 5
READ_SECONDS = 15
ATTEMPTS = 3

PROVIDERS = {
    "login": "login",
    "ec2": "iam-role",
    "ecs": "container-role",
}
"""botocore's provider, by its METHOD, for the kinds of source in ``model/role_chain``."""


class Identity:
    """Whose keys they are, as GetCallerIdentity says. ``said_by`` is ``aws``, or another endpoint.

    ``user_id`` stays what it is when a user is renamed.
    """

    __slots__ = ("account", "arn", "said_by", "user_id")

    def __init__(self, account: str, arn: str, user_id: str, said_by: str = "aws") -> None:
        self.account = account
        self.arn = arn
        self.user_id = user_id
        self.said_by = said_by

    @property
    def is_root(self) -> bool:
        """Whether they belong to the account's root user, who can do anything."""
        return self.arn.endswith(":root")


class RoleRequest:
    """What AssumeRole is asked for.

    ``duration`` is in seconds; None: AWS's default, an hour. ``serial`` and ``code`` are the MFA
    device and its token code.
    """

    __slots__ = ("code", "duration", "external_id", "role_arn", "serial", "session_name")

    def __init__(
        self,
        role_arn: str,
        session_name: str,
        *,
        external_id: str | None = None,
        duration: int | None = None,
        serial: str | None = None,
        code: str | None = None,
    ) -> None:
        self.role_arn = role_arn
        self.session_name = session_name
        self.external_id = external_id
        self.duration = duration
        self.serial = serial
        self.code = code

    def with_mfa(self, serial: str, code: str) -> RoleRequest:
        """The same request, with a token code."""
        return RoleRequest(
            self.role_arn,
            self.session_name,
            external_id=self.external_id,
            duration=self.duration,
            serial=serial,
            code=code,
        )

    def parameters(self) -> dict[str, Any]:
        """The parameters that AssumeRole and AssumeRoleWithWebIdentity name the same."""
        return {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            **_given(DurationSeconds=self.duration),
        }


class Aws:
    """Calls to AWS. Methods raise AwsError; none shows a secret.

    ``skew`` is how many seconds AWS's clock was ahead of this machine's at the last answer, by its
    Date header; None where nothing has answered yet.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.skew: float | None = None

    def caller_identity(self, credentials: Credentials, endpoint: ServiceEndpoint) -> Identity:
        """Whose ``credentials`` are (GetCallerIdentity, which no policy can deny)."""
        with self.asking("sts", endpoint):
            answer = client_for("sts", credentials, endpoint).get_caller_identity()
            said_by = "aws" if endpoint.is_own("sts") else str(endpoint.endpoint_url)
            return Identity(answer["Account"], answer["Arn"], answer["UserId"], said_by)

    # -- sessions --------------------------------------------------------------------------

    def session_token(
        self,
        key: AccessKey,
        endpoint: ServiceEndpoint,
        *,
        serial: str | None = None,
        code: str | None = None,
        duration: int | None = None,
    ) -> Session:
        """A session of the key's own user (GetSessionToken), with MFA where a code is given.

        ``duration`` in seconds; AWS's default is 12 hours, and an hour for root.
        """
        refuse_plain_http(endpoint)
        with self.asking("sts", endpoint):
            client = client_for("sts", key, endpoint)
            answer = client.get_session_token(
                **_given(SerialNumber=serial, TokenCode=code, DurationSeconds=duration)
            )
            return self._session(answer)

    def assume_role(
        self, credentials: Credentials, endpoint: ServiceEndpoint, request: RoleRequest
    ) -> Session:
        """A session of the role (AssumeRole)."""
        refuse_plain_http(endpoint)
        with self.asking("sts", endpoint):
            answer = client_for("sts", credentials, endpoint).assume_role(
                **request.parameters(),
                **_given(
                    ExternalId=request.external_id,
                    SerialNumber=request.serial,
                    TokenCode=request.code,
                ),
            )
            return self._session(answer)

    def assume_role_with_web_identity(
        self, web_identity_token: str, endpoint: ServiceEndpoint, request: RoleRequest
    ) -> Session:
        """A session of the role for the bearer of that token; no keys are needed."""
        refuse_plain_http(endpoint)
        with self.asking("sts", endpoint):
            answer = _unsigned("sts", endpoint).assume_role_with_web_identity(
                WebIdentityToken=web_identity_token, **request.parameters()
            )
            return self._session(answer)

    def mfa_devices(self, key: AccessKey, endpoint: ServiceEndpoint) -> list[str]:
        """The serials of the MFA devices of the key's own user, of every sort (ListMFADevices)."""
        with self.asking("iam", endpoint):
            pages = client_for("iam", key, endpoint).get_paginator("list_mfa_devices").paginate()
            return [device["SerialNumber"] for page in pages for device in page["MFADevices"]]

    # -- SSO -------------------------------------------------------------------------------

    def sso_role_credentials(
        self, access_token: str, endpoint: ServiceEndpoint, *, account_id: str, role_name: str
    ) -> Session:
        """A session of the role for whoever ``access_token`` was given to (GetRoleCredentials)."""
        refuse_plain_http(endpoint)
        with self.asking("sso", endpoint), unusable_answer("IAM Identity Center"):
            answer = _unsigned("sso", endpoint).get_role_credentials(
                accountId=account_id, roleName=role_name, accessToken=access_token
            )
            self.note_date(answer)
            given = answer["roleCredentials"]
            return Session(
                given["accessKeyId"],
                given["secretAccessKey"],
                given["sessionToken"],
                given["expiration"] / 1000,
            )

    def refresh_sso_token(
        self, endpoint: ServiceEndpoint, *, client_id: str, client_secret: str, refresh_token: str
    ) -> dict[str, Any]:
        """A new access token for a refresh token (CreateToken), sent once: it may be spent by that.

        ``accessToken``, ``expiresAt`` (seconds from now) and, where it was replaced, the
        ``refreshToken``.
        """
        refuse_plain_http(endpoint)
        with self.asking("sso-oidc", endpoint), unusable_answer("IAM Identity Center"):
            answer = _unsigned("sso-oidc", endpoint, attempts=1).create_token(
                clientId=client_id,
                clientSecret=client_secret,
                grantType="refresh_token",
                refreshToken=refresh_token,
            )
            self.note_date(answer)
            found = {"accessToken": answer["accessToken"], "expiresAt": answer["expiresIn"]}
            if answer.get("refreshToken"):
                found["refreshToken"] = answer["refreshToken"]
            return found

    # -- others ----------------------------------------------------------------------------

    def provider_credentials(
        self, kind: str, profile: str, endpoint: ServiceEndpoint, paths: tuple[str, str]
    ) -> Credentials:
        """What botocore's own provider has for ``profile``; ``kind`` is a key of PROVIDERS.

        ``paths`` are the config and the credentials file, which botocore reads. A session whose
        provider gives no expiration has None for it.
        """
        with self.asking("sts", endpoint), provider_errors(kind, profile):
            core = _core_session(endpoint)
            core.set_config_variable("ignore_configured_endpoint_urls", False)
            core.set_default_client_config(_settings())
            core.register("before-send", _refuse_plain_http_request)
            _read_files(core, profile, paths)
            resolver = core.get_component("credential_provider")
            found = resolver.get_provider(PROVIDERS[kind]).load()
            if found is None:
                raise nothing_found(kind, profile)
            frozen = found.get_frozen_credentials()
        if not frozen.token:
            return AccessKey(frozen.access_key, frozen.secret_key)
        # botocore has no public word for it; the AWS CLI asks the same way.
        expiry = getattr(found, "_expiry_time", None)
        expiration = expiry.timestamp() if expiry else None
        return Session(frozen.access_key, frozen.secret_key, frozen.token, expiration)

    def server_time(self) -> float:
        """AWS's time now, in seconds since the epoch, to a second or so.

        By the Date header of the last answer; before the first one, this machine's time.
        """
        return self._clock() + (self.skew or 0.0)

    def ask_time(self, endpoint: ServiceEndpoint) -> float:
        """AWS's time now, by its answer to a call that nobody signed, which it refuses."""
        from botocore import UNSIGNED

        self.skew = None
        try:
            with self.asking("sts", endpoint):
                core = _fileless_session(endpoint)
                client = _make_client(core, "sts", endpoint, signature_version=UNSIGNED, attempts=1)
                client.get_caller_identity()
        except AwsError:
            if self.skew is None:
                raise
        return self.server_time()

    # -- answers ---------------------------------------------------------------------------

    def _session(self, answer: Mapping[str, Any]) -> Session:
        self.note_date(answer)
        given = answer["Credentials"]
        return Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            given["Expiration"].timestamp(),
        )

    def note_date(self, answer: Mapping[str, Any]) -> None:
        """Learn from the Date header of botocore's ``answer`` how far off this clock is."""
        from email.utils import parsedate_to_datetime

        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        with contextlib.suppress(KeyError, ValueError):
            self.skew = parsedate_to_datetime(headers["date"]).timestamp() - self._clock()

    @contextlib.contextmanager
    def asking(self, service: str, endpoint: ServiceEndpoint) -> Iterator[None]:
        """Turn what botocore raises within it into AwsError."""
        import botocore.exceptions as core
        from botocore.parsers import ResponseParserError

        try:
            yield
        except core.ClientError as error:
            self.note_date(error.response)
            ours = refused(error.response, self.skew)
            # AWS's own text may hold a secret, and this error stays the context of ours.
            error.args, error.response = (ours.aws_code,), {}
            raise ours from None
        except (core.HTTPClientError, core.ConnectionError) as error:
            raise unreachable(service, endpoint, error) from None
        except ResponseParserError:
            # Its text is the answer, which may hold a secret.
            where = endpoint.endpoint_url or f"{service.upper()} in {endpoint.region}"
            raise AwsError(
                f"the server at {escaped(where)} does not answer like AWS",
                code="aws-unreadable",
                hint="check the endpoint, and whether a proxy or a login page is in between",
            ) from None
        except core.ParamValidationError as error:
            # It tells the names of parameters and how long they are, not what they are.
            raise AwsError(
                f"the call to {service.upper()} could not be made: {short(str(error))}",
                code="aws-parameter",
            ) from None
        except (core.BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
            raise AwsError(
                f"the call to {service.upper()} could not be made: {type(error).__name__}",
                code="aws-client",
                hint="`awscreds configure list` shows the region and endpoint in use",
            ) from None


def _given(**parameters: str | int | None) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def client_for(
    service: str, credentials: Credentials, endpoint: ServiceEndpoint, *, attempts: int = ATTEMPTS
) -> Any:
    """A client of ``service`` that sends each request at most ``attempts`` times.

    Its errors are botocore's: use it within ``Aws.asking``.
    """
    core = _fileless_session(endpoint)
    return _make_client(core, service, endpoint, credentials, attempts=attempts)


def _make_client(
    core: CoreSession,
    service: str,
    endpoint: ServiceEndpoint,
    credentials: Credentials | None = None,
    *,
    signature_version: Any = None,
    attempts: int = ATTEMPTS,
) -> Any:
    """A client that signs with ``credentials``, or what the session itself finds."""
    import boto3

    session: Any = boto3.Session(botocore_session=core)  # its stubs want the service as a literal
    client = session.client(
        service,
        region_name=endpoint.region,
        endpoint_url=endpoint.endpoint_url,
        config=_settings(
            signature_version=signature_version,
            attempts=attempts,
            # Whatever stands on this machine is reached directly: a proxy would make it another.
            proxies={} if endpoint.is_local else None,
        ),
        aws_access_key_id=credentials.id if credentials else None,
        aws_secret_access_key=credentials.secret if credentials else None,
        aws_session_token=credentials.token if credentials else None,
    )
    client.meta.events.register_first(
        "before-send", lambda request, **_: _refuse_other_host(request.url, service, endpoint)
    )
    return client


def _refuse_other_host(url: str, service: str, endpoint: ServiceEndpoint) -> None:
    """The last look before a request leaves: it goes where the guards were told that it would.

    Without an endpoint of the user's, that is one of AWS's own, whatever led to it: the region,
    dual stack, FIPS, or a setting that botocore found by itself.
    """
    target = request_endpoint(url)
    if endpoint.custom:
        if target.origin == endpoint.custom.origin:
            return
        reason = f"the endpoint is {endpoint.custom.url}"
    else:
        if is_own_endpoint(service, target):
            return
        reason = f"that is not AWS's own host for {service.upper()}"
    raise ConfigurationError(
        f"a request would have gone to {target.url}, and {reason}; it was not sent",
        code="foreign-host",
        hint=f"check the region ({endpoint.region}); for one that is newer than this awscreds, "
        "upgrade it or set endpoint_url",
    )


def _unsigned(service: str, endpoint: ServiceEndpoint, *, attempts: int = ATTEMPTS) -> Any:
    from botocore import UNSIGNED

    core = _fileless_session(endpoint)
    return _make_client(core, service, endpoint, signature_version=UNSIGNED, attempts=attempts)


def _settings(
    *,
    signature_version: Any = None,
    attempts: int = ATTEMPTS,
    proxies: dict[str, str] | None = None,
) -> Config:
    from botocore.config import Config

    from awscreds import __version__

    return Config(
        signature_version=signature_version,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        proxies=proxies,
        user_agent_extra=f"awscreds/{__version__}",
    )


def _fileless_session(endpoint: ServiceEndpoint) -> CoreSession:
    """A session that reads neither the user's files nor the folders of 400 services."""
    core = _core_session(endpoint)
    core.register_component("data_loader", _loader())
    for name in ("config_file", "credentials_file"):
        core.set_config_variable(name, os.devnull)
    return core


@cache
def _loader() -> Loader:
    """Reads the services' descriptions, each once: that is most of what a client costs."""
    from botocore.loaders import Loader

    class FourServices(Loader):
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
            return ["iam", "sso", "sso-oidc", "sts"]

        @property
        def search_paths(self) -> list[str]:
            """A copy: each boto3.Session adds the folder of its resources, which nobody uses."""
            return list(super().search_paths)

    return FourServices()


def _core_session(endpoint: ServiceEndpoint) -> CoreSession:
    import botocore.session

    # Neither AWS_PROFILE nor AWS_DEFAULT_PROFILE: the profile is the one asked for.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    # The Connection has resolved them.
    core.set_config_variable("ignore_configured_endpoint_urls", True)
    for name, value in endpoint.settings.items():
        core.set_config_variable(name, value)
    return core


def _read_files(core: CoreSession, profile: str, paths: tuple[str, str]) -> None:
    for name, path in zip(("config_file", "credentials_file"), paths, strict=True):
        core.set_config_variable(name, path)
    core.set_config_variable("profile", profile)


def refuse_plain_http(endpoint: ServiceEndpoint) -> None:
    """Raise ConfigurationError where an answer, a secret, would cross a network in the clear."""
    if endpoint.custom:
        _refuse_plain_http_to(endpoint.custom)


def _refuse_plain_http_request(**event: Any) -> None:
    _refuse_plain_http_to(request_endpoint(event["request"].url))


def _refuse_plain_http_to(endpoint: Endpoint) -> None:
    if endpoint.is_plain_http and not endpoint.is_loopback:
        raise ConfigurationError(
            f"the endpoint {endpoint.url} is plain http, and the answer would be a secret",
            code="plain-http",
            hint="use https; plain http is for an endpoint on this machine (localhost, 127.0.0.1)",
        )

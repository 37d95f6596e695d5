"""Makes all sessions and clients of boto3 and botocore.

Every call has a deadline, is signed with the keys it is given and no inherited ones, and goes to
the host that was judged. No AWS file is read: what they say about a call is in its ServiceEndpoint.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache

from awscreds.errors import ConfigurationError
from awscreds.model.endpoint import request_endpoint
from awscreds.model.partitions import is_own_endpoint
from awscreds.process import NoThread, in_time, start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from botocore.config import Config
    from botocore.loaders import Loader
    from botocore.session import Session as CoreSession

    from awscreds.model.credentials import Credentials
    from awscreds.model.endpoint import Endpoint
    from awscreds.model.service_endpoint import ServiceEndpoint

CONNECT_SECONDS = 5
READ_SECONDS = 15
ANSWER_SECONDS = 45
"""Seconds for a whole answer. READ_SECONDS is for each part of it: a server that sends a byte a
second would never need more."""
ATTEMPTS = 3

OF_BOTOCORE = frozenset({"sts"})
"""Services whose clients botocore makes, as it does for boto3, which adds things only to those of
S3, DynamoDB and EC2. To load it, too, takes a tenth of a new session's time."""


def client_for(
    service: str, credentials: Credentials, endpoint: ServiceEndpoint, *, attempts: int = ATTEMPTS
) -> Any:
    """A client of ``service`` that sends a request at most ``attempts`` times.

    Its errors are botocore's: use it within ``errors.asking``.
    """
    return _make_client(service, endpoint, credentials, attempts=attempts)


def unsigned_client(service: str, endpoint: ServiceEndpoint, *, attempts: int = ATTEMPTS) -> Any:
    """A client like that of ``client_for``, for calls that nobody signs."""
    from botocore import UNSIGNED

    return _make_client(service, endpoint, signature_version=UNSIGNED, attempts=attempts)


def _make_client(
    service: str,
    endpoint: ServiceEndpoint,
    credentials: Credentials | None = None,
    *,
    signature_version: Any = None,
    attempts: int = ATTEMPTS,
) -> Any:
    """A client that signs with ``credentials``, unless the signature version is UNSIGNED."""
    client = _maker(service, _fileless_session(endpoint))(
        service,
        region_name=endpoint.region,
        endpoint_url=endpoint.endpoint_url,
        config=client_settings(
            signature_version=signature_version,
            attempts=attempts,
            # An endpoint on this machine is reached directly: to a proxy, localhost is the proxy.
            proxies={} if endpoint.is_local else None,
        ),
        aws_access_key_id=credentials.id if credentials else None,
        aws_secret_access_key=credentials.secret if credentials else None,
        aws_session_token=credentials.token if credentials else None,
    )
    client.meta.events.register_first(
        "before-send", lambda request, **_: refuse_other_host(request.url, service, endpoint)
    )
    _keep_answers_in_time(client)
    return client


def _keep_answers_in_time(client: Any) -> None:
    """Let each request of ``client`` have ANSWER_SECONDS for its answer."""
    from botocore.exceptions import ReadTimeoutError

    http = client._endpoint.http_session  # noqa: SLF001 - botocore has no setting for this
    send = http.send

    def send_in_time(request: Any) -> Any:
        try:
            return in_time(lambda: send(request), ANSWER_SECONDS)
        except TimeoutError:
            raise ReadTimeoutError(endpoint_url=request.url) from None
        except NoThread:  # better without this deadline than not at all
            return send(request)

    http.send = send_in_time


def _maker(service: str, core: CoreSession) -> Callable[..., Any]:
    """What makes a client of ``service`` with the settings of ``core``, as boto3 does.

    For OF_BOTOCORE this is botocore itself, with boto3's user agent.
    """
    if service in OF_BOTOCORE:
        from importlib.metadata import PackageNotFoundError, version

        with contextlib.suppress(PackageNotFoundError):
            of_boto3 = version("boto3")
            core.user_agent_extra = f"Botocore/{core.user_agent_version}"
            core.user_agent_name, core.user_agent_version = "Boto3", of_boto3
        return core.create_client
    import boto3

    # Any: the stubs of boto3 want the service as a literal.
    session: Any = boto3.Session(botocore_session=core)
    maker: Callable[..., Any] = session.client
    return maker


def load_meanwhile(*services: str) -> None:
    """Load in a thread what calls of ``services`` need, while somebody types: a third of a second.

    It prints nothing, and does not keep the program from ending. What fails in it fails again in
    the call, which reports it. Not on Windows: a process that ends while a thread of it loads a
    library can hang there.
    """
    if sys.platform != "win32":
        # If the system allows no other thread, or has no memory, the call loads it.
        with contextlib.suppress(NoThread, MemoryError):
            start_thread(_load, services)


def _load(services: tuple[str, ...]) -> None:
    with contextlib.suppress(Exception):
        import botocore.session  # noqa: F401 - the call finds it loaded

        loader = service_loader()
        for name in ("endpoints", "partitions"):
            loader.load_data(name)
        for service in services:
            if service not in OF_BOTOCORE:
                import boto3  # noqa: F401 - the call finds it loaded
            for kind in ("service-2", "endpoint-rule-set-1"):
                loader.load_service_model(service, kind)


def refuse_other_host(url: str, service: str, endpoint: ServiceEndpoint) -> None:
    """The last check before a request leaves: it goes to the host that was judged before.

    If the user chose no endpoint, that is a host of AWS's own, whatever led to it: the region,
    dual stack, FIPS, or a setting that botocore found by itself.
    """
    target = request_endpoint(url)
    if endpoint.custom:
        if target.origin == endpoint.custom.origin:
            return
        reason = f"the configured endpoint is {endpoint.custom.url}"
    else:
        if is_own_endpoint(service, target):
            return
        reason = f"this is not AWS's own host for {service.upper()}"
    raise ConfigurationError(
        f"a request to {target.url} was not sent: {reason}",
        code="foreign-host",
        hint=f"check the region ({endpoint.region}); a new region may need a newer version of "
        "this program, or set endpoint_url",
    )


def client_settings(
    *,
    signature_version: Any = None,
    attempts: int = ATTEMPTS,
    proxies: dict[str, str] | None = None,
) -> Config:
    """Deadlines and retries, the same for every client."""
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
    core = core_session(endpoint)
    core.register_component("data_loader", service_loader())
    for name in ("config_file", "credentials_file"):
        core.set_config_variable(name, os.devnull)
    return core


@cache
def service_loader() -> Loader:
    """Reads the services' descriptions, each once: that is most of what a client costs."""
    from botocore.loaders import Loader

    class FewServices(Loader):
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
            return ["iam", "signin", "sso", "sso-oidc", "sts"]

        @property
        def search_paths(self) -> list[str]:
            """A copy: each boto3.Session adds the folder of its resources, which nobody uses."""
            return list(super().search_paths)

    return FewServices()


def core_session(endpoint: ServiceEndpoint) -> CoreSession:
    """A session of botocore with the settings of ``endpoint``."""
    import botocore.session

    # Neither AWS_PROFILE nor AWS_DEFAULT_PROFILE: the profile is the one asked for.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    # The ServiceEndpoint has resolved them.
    core.set_config_variable("ignore_configured_endpoint_urls", True)
    for name, value in endpoint.settings.items():
        core.set_config_variable(name, value)
    return core


def refuse_plain_http(endpoint: ServiceEndpoint) -> None:
    """Raise ConfigurationError if the answer, a secret, would cross a network unencrypted."""
    if endpoint.custom:
        _refuse_plain_http_to(endpoint.custom)


def refuse_plain_http_request(**event: Any) -> None:
    """The same, as a handler of botocore's event ``before-send``."""
    _refuse_plain_http_to(request_endpoint(event["request"].url))


def _refuse_plain_http_to(endpoint: Endpoint) -> None:
    if endpoint.is_plain_http and not endpoint.is_loopback:
        raise ConfigurationError(
            f"the endpoint {endpoint.url} is plain http, but the answer would contain a secret",
            code="plain-http",
            hint="use https; plain http is for an endpoint on this machine (localhost, 127.0.0.1)",
        )

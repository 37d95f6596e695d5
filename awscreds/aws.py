"""The only user of boto3: a small gateway to STS and IAM whose errors are ours.

Every call has a deadline, is signed with the keys it is given and nothing inherited, and reads no
AWS file: what of them shapes a call is in its Connection.
"""

from __future__ import annotations

import contextlib
import os

from awscreds.errors import AwsError, InputNeeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from botocore.session import Session as CoreSession

    from awscreds.model.connection import Connection
    from awscreds.model.credentials import AccessKey, Session

    Credentials = AccessKey | Session

CONNECT_SECONDS = 5
READ_SECONDS = 15
ATTEMPTS = 3


class Identity:
    """Whose keys they are, as GetCallerIdentity says."""

    __slots__ = ("account", "arn", "user_id")

    def __init__(self, account: str, arn: str, user_id: str) -> None:
        self.account = account
        self.arn = arn
        self.user_id = user_id

    @property
    def is_root(self) -> bool:
        """Whether they belong to the account's root user, who can do anything."""
        return self.arn.endswith(":root")


class Aws:
    """Calls to AWS. Methods raise AwsError; none shows a secret."""

    def caller_identity(self, credentials: Credentials, connection: Connection) -> Identity:
        """Whose ``credentials`` are (GetCallerIdentity, which no policy can deny)."""
        with _our_errors("sts", connection):
            return _identity(_client("sts", credentials, connection))

    def identity_through_sdk(
        self, profile: str, connection: Connection, paths: tuple[str, str]
    ) -> Identity:
        """Who an SDK would be with ``profile``, by botocore's own providers (roles, SSO…).

        ``paths`` are the config and the credentials file. Raises InputNeeded where a token code
        would have to be typed.
        """
        import boto3

        with _our_errors("sts", connection):
            core = _core_session(connection)
            for name, path in zip(("config_file", "credentials_file"), paths, strict=True):
                core.set_config_variable(name, path)
            core.set_config_variable("profile", profile)
            roles = core.get_component("credential_provider").get_provider("assume-role")
            roles._prompter = _refuse_prompt  # noqa: SLF001 - it takes one only when it is built
            session = boto3.session.Session(botocore_session=core)
            return _identity(_make_client(session, "sts", connection))


def _identity(client: Any) -> Identity:
    answer = client.get_caller_identity()
    return Identity(answer["Account"], answer["Arn"], answer["UserId"])


def _client(service: str, credentials: Credentials, connection: Connection) -> Any:
    import boto3

    core = _core_session(connection)
    for name in ("config_file", "credentials_file"):
        core.set_config_variable(name, os.devnull)
    session = boto3.session.Session(
        botocore_session=core,
        aws_access_key_id=credentials.id,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
    )
    return _make_client(session, service, connection)


def _make_client(session: Any, service: str, connection: Connection) -> Any:
    from botocore.config import Config

    from awscreds import __version__

    return session.client(
        service,
        region_name=connection.region,
        endpoint_url=connection.endpoint_url,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            user_agent_extra=f"awscreds/{__version__}",
        ),
    )


def _core_session(connection: Connection) -> CoreSession:
    import botocore.session

    # Neither AWS_PROFILE nor AWS_DEFAULT_PROFILE: the profile is the one asked for.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    # The Connection has resolved them.
    core.set_config_variable("ignore_configured_endpoint_urls", True)
    for name, value in connection.settings.items():
        core.set_config_variable(name, value)
    return core


def _refuse_prompt(_text: str) -> str:
    raise InputNeeded(
        "this role wants a token code of your MFA device, and this command does not ask for one",
        code="token-code-needed",
    )


@contextlib.contextmanager
def _our_errors(service: str, connection: Connection) -> Iterator[None]:
    import botocore.exceptions as core

    try:
        yield
    except core.ClientError as error:
        raise _refused(error.response) from None
    except (core.HTTPClientError, core.ConnectionError) as error:
        raise _unreachable(service, connection, error) from None
    except core.BotoCoreError as error:
        raise AwsError(
            f"the call to {service.upper()} could not be made: {type(error).__name__}",
            code="aws-client",
            hint="awscreds configure list shows the region and endpoint in use",
        ) from None


_REFUSALS: Mapping[str, tuple[str, str]] = {
    "InvalidClientTokenId": (
        "AWS does not know this access key: deleted, inactive, of another partition or too new",
        "check the key in the IAM console, and the region; a new key may need some seconds",
    ),
    "SignatureDoesNotMatch": (
        "the secret access key does not belong to this access key id (or this clock is wrong)",
        "copy the secret again, whole: 40 characters",
    ),
    "ExpiredToken": (
        "these temporary credentials have expired",
        "get new ones",
    ),
    "RequestExpired": (
        "AWS calls this request expired: the clock of this machine is off",
        "set the clock (timedatectl set-ntp true)",
    ),
    "InvalidSignatureException": (
        "AWS could not verify the signature: the secret is wrong, or this clock is",
        "check the secret and the clock",
    ),
    "AccessDenied": (
        "AWS refuses this call to these credentials",
        "ask for the permission, or use a profile that has it",
    ),
    "OptInRequired": (
        "this account has not enabled that region, or is not yet active",
        "enable the region in the console, or choose another",
    ),
}
_REFUSALS = {
    **_REFUSALS,
    "ExpiredTokenException": _REFUSALS["ExpiredToken"],
    "UnrecognizedClientException": _REFUSALS["InvalidClientTokenId"],
    "AccessDeniedException": _REFUSALS["AccessDenied"],
    "RequestTimeTooSkewed": _REFUSALS["RequestExpired"],
}


def _refused(response: Mapping[str, object]) -> AwsError:
    error = response.get("Error")
    aws_code = str(error.get("Code", "")) if isinstance(error, dict) else ""
    message, hint = _REFUSALS.get(aws_code, ("AWS refused the call", None))
    # AWS's own text is not shown for signature errors: it repeats the signed headers, the
    # session token among them.
    return AwsError(
        f"{message} ({aws_code or 'no error code'})",
        code="aws-refused",
        hint=hint,
        aws_code=aws_code,
    )


def _unreachable(service: str, connection: Connection, error: Exception) -> AwsError:
    where = connection.endpoint_url or f"{service.upper()} in {connection.region}"
    kind = type(error).__name__
    reasons = {
        "ConnectTimeoutError": "no connection within its deadline",
        "ReadTimeoutError": "no answer within its deadline",
        "SSLError": "its certificate is not trusted here",
        "ProxyConnectionError": "the proxy does not answer",
        "EndpointConnectionError": "no connection",
        "ConnectionClosedError": "the connection was closed before an answer came",
    }
    return AwsError(
        f"cannot reach {where}: {reasons.get(kind, kind)}",
        code="aws-unreachable",
        hint="check the network, the proxy, the region and any endpoint_url",
    )

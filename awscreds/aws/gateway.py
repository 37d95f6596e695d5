"""A small gateway to AWS: the calls that sessions and identities need, with errors of our own."""

from __future__ import annotations

import contextlib
import time

from awscreds.aws.clients import client_for, refuse_plain_http, unsigned_client
from awscreds.aws.errors import asking
from awscreds.aws.identity_center import IdentityCenter
from awscreds.aws.providers import BotocoreProviders
from awscreds.aws.server_clock import ServerClock
from awscreds.aws.signin import SignIn
from awscreds.errors import AwsError
from awscreds.model.credentials import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.model.credentials import AccessKey, Credentials
    from awscreds.model.service_endpoint import ServiceEndpoint

EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""The policy of a session that may do what its user may: AWS grants what both allow."""


class Identity:
    """The owner of credentials, by GetCallerIdentity. ``said_by``: ``aws``, or another endpoint.

    ``user_id`` does not change when a user is renamed.
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
    device and its MFA code.
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
        """The same request, with an MFA code."""
        return RoleRequest(
            self.role_arn,
            self.session_name,
            external_id=self.external_id,
            duration=self.duration,
            serial=serial,
            code=code,
        )

    def parameters(self) -> dict[str, Any]:
        """The parameters that AssumeRole and AssumeRoleWithWebIdentity have in common."""
        return {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            **_given(DurationSeconds=self.duration),
        }


class Aws:
    """Calls to STS, and access to the other services. Methods raise AwsError, without secrets.

    ``clock`` is AWS's clock, ``sso`` is IAM Identity Center, ``sign_in`` what `aws login` asks,
    ``providers`` are botocore's own.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = ServerClock(clock)
        self.sso = IdentityCenter(self.clock)
        self.sign_in = SignIn(self.clock)
        self.providers = BotocoreProviders(self.clock)

    def caller_identity(self, credentials: Credentials, endpoint: ServiceEndpoint) -> Identity:
        """Whose ``credentials`` are (GetCallerIdentity, which no policy can deny)."""
        return self.identity_question(credentials, endpoint)()

    def identity_question(
        self, credentials: Credentials, endpoint: ServiceEndpoint
    ) -> Callable[[], Identity]:
        """The question of ``caller_identity``, to be asked more than once.

        Each time it goes over a new connection, behind which may be another host of AWS.
        """
        with asking("sts", endpoint, self.clock):
            client = client_for("sts", credentials, endpoint)

        def ask() -> Identity:
            with asking("sts", endpoint, self.clock):
                client.close()  # only its connections
                answer = client.get_caller_identity()
                said_by = "aws" if endpoint.is_own("sts") else str(endpoint.endpoint_url)
                return Identity(answer["Account"], answer["Arn"], answer["UserId"], said_by)

        return ask

    def session_token(
        self,
        key: AccessKey,
        endpoint: ServiceEndpoint,
        *,
        serial: str | None = None,
        code: str | None = None,
        duration: int | None = None,
    ) -> Session:
        """A session of the key's own user (GetSessionToken), with MFA if a code is passed.

        ``duration`` in seconds; AWS's default is 12 hours, and an hour for root.
        """
        refuse_plain_http(endpoint)
        with asking("sts", endpoint, self.clock):
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
        with asking("sts", endpoint, self.clock):
            answer = client_for("sts", credentials, endpoint).assume_role(
                **request.parameters(),
                **_given(
                    ExternalId=request.external_id,
                    SerialNumber=request.serial,
                    TokenCode=request.code,
                ),
            )
            return self._session(answer)

    def federation_token(
        self, key: AccessKey, endpoint: ServiceEndpoint, *, name: str, duration: int | None = None
    ) -> Session:
        """A session called ``name`` of the key's own user (GetFederationToken), without MFA.

        It may do all that the user may: without a policy it could do nothing. ``duration`` in
        seconds; AWS's default is 12 hours.
        """
        refuse_plain_http(endpoint)
        with asking("sts", endpoint, self.clock):
            answer = client_for("sts", key, endpoint).get_federation_token(
                Name=name, Policy=EVERYTHING, **_given(DurationSeconds=duration)
            )
            return self._session(answer)

    def sign_in_link(
        self,
        session: Session,
        endpoint: ServiceEndpoint,
        *,
        destination: str,
        duration: int | None = None,
    ) -> str:
        """The link that opens the console as the owner of ``session`` (`console.sign_in_link`)."""
        from awscreds.aws.console import sign_in_link

        return sign_in_link(
            session, endpoint, self.clock, destination=destination, duration=duration
        )

    def assume_role_with_web_identity(
        self, web_identity_token: str, endpoint: ServiceEndpoint, request: RoleRequest
    ) -> Session:
        """A session of the role for the bearer of that token; no keys are needed."""
        refuse_plain_http(endpoint)
        with asking("sts", endpoint, self.clock):
            answer = unsigned_client("sts", endpoint).assume_role_with_web_identity(
                WebIdentityToken=web_identity_token, **request.parameters()
            )
            return self._session(answer)

    def mfa_devices(self, key: AccessKey, endpoint: ServiceEndpoint) -> list[str]:
        """The serials of all MFA devices of the key's own user (ListMFADevices)."""
        with asking("iam", endpoint, self.clock):
            pages = client_for("iam", key, endpoint).get_paginator("list_mfa_devices").paginate()
            return [device["SerialNumber"] for page in pages for device in page["MFADevices"]]

    def ask_time(self, endpoint: ServiceEndpoint) -> float:
        """AWS's time now, by its refusal of a call that is not signed."""
        self.clock.skew = None
        try:
            with asking("sts", endpoint, self.clock):
                client = unsigned_client("sts", endpoint, attempts=1)
                client.get_caller_identity()
        except AwsError:
            if self.clock.skew is None:
                raise
        return self.clock.now()

    def time_for_codes(self, endpoint: Callable[[], ServiceEndpoint]) -> float:
        """AWS's time now, by which it checks MFA codes.

        AWS is asked once, if no answer has told its time yet. If it cannot be asked, this machine's
        time counts.
        """
        if self.clock.skew is None:
            with contextlib.suppress(AwsError):
                self.ask_time(endpoint())
        if self.clock.skew is None:
            self.clock.skew = 0.0
        return self.clock.now()

    def _session(self, answer: Mapping[str, Any]) -> Session:
        self.clock.note(answer)
        given = answer["Credentials"]
        return Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            given["Expiration"].timestamp(),
        )


def _given(**parameters: str | int | None) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}

"""Access keys of IAM users: the calls that ``rotate`` and ``keys`` are made of.

They use the clients and deadlines of ``clients`` and the errors of ``errors``. CreateAccessKey is
the one call that is not repeated and does not count as failed if its answer is lost: only that
answer has the secret, and a key would be left behind that nobody has the secret of.
"""

from __future__ import annotations

from functools import cached_property

from awscreds.aws.clients import ATTEMPTS, client_for
from awscreds.aws.errors import ACCESS_DENIED, asking
from awscreds.aws.gateway import Aws
from awscreds.aws.once import AnswerLost, ask_iam_once
from awscreds.errors import AwsError
from awscreds.model.credentials import AccessKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import Credentials
    from awscreds.model.service_endpoint import ServiceEndpoint

ACTIVE = "Active"
INACTIVE = "Inactive"

_NO_SUCH_KEY = "AKIA" + "0" * 16
"""An ID that no key can have: IDs consist of A-Z and 2-7."""


class KeyInfo:
    """An access key as IAM lists it. ``created`` is in seconds since the epoch, whole ones."""

    __slots__ = ("created", "id", "status")

    def __init__(self, id: str, status: str, created: float) -> None:  # noqa: A002 - AWS's own word
        self.id = id
        self.status = status
        self.created = created

    def __repr__(self) -> str:
        return f"KeyInfo({self.id!r}, {self.status!r}, {self.created!r})"

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE


class CreatedKey:
    """A new access key with its secret. ``created`` as in KeyInfo."""

    __slots__ = ("created", "key")

    def __init__(self, key: AccessKey, created: float) -> None:
        self.key = key
        self.created = created


class LastUsed:
    """When a key was last used, and where: ``when`` in seconds since the epoch; None for never.

    IAM shows a use some hours later. It has recorded them since April 2015.
    """

    __slots__ = ("region", "service", "when")

    def __init__(self, when: float | None, service: str | None, region: str | None) -> None:
        self.when = when
        self.service = service
        self.region = region


class Iam:
    """Calls to IAM, signed with one set of credentials. Methods raise AwsError.

    With a long-lived key, ``user_name`` may be None: that is its own user. With temporary
    credentials, IAM needs the name. ``aws`` has the clock that learns AWS's time. A request is
    sent ``attempts`` times at most.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: ServiceEndpoint,
        *,
        aws: Aws | None = None,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._credentials = credentials
        self._endpoint = endpoint
        self._attempts = attempts
        self._clock = (aws or Aws()).clock

    def list_access_keys(self, user_name: str | None) -> list[KeyInfo]:
        """The keys of the user, inactive ones too, the oldest first (ListAccessKeys)."""
        with asking("iam", self._endpoint, self._clock):
            found = []
            pages = self._client.get_paginator("list_access_keys")
            for page in pages.paginate(**_of(user_name)):
                self._clock.note(page)
                found += [
                    KeyInfo(key["AccessKeyId"], key["Status"], key["CreateDate"].timestamp())
                    for key in page["AccessKeyMetadata"]
                ]
        return sorted(found, key=lambda key: (key.created, key.id))

    def create_access_key(self, user_name: str | None) -> CreatedKey:
        """A new key of the user (CreateAccessKey). The request is sent once.

        Raises AnswerLost if there may be a new key now, with a secret that nobody will ever know.
        Any other AwsError means that there is no new key. Raises ConfigurationError for plain http
        to another machine.
        """

        def read(answer: dict[str, Any]) -> CreatedKey:
            made = answer["AccessKey"]
            key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
            return CreatedKey(key, made["CreateDate"].timestamp())

        return ask_iam_once(
            self._credentials,
            self._endpoint,
            self._clock,
            call=lambda iam: iam.create_access_key(**_of(user_name)),
            read=read,
            lost=lambda reason: AnswerLost(
                f"the answer to CreateAccessKey was lost ({reason}): AWS may still have created "
                "a key",
                hint="`awscreds keys list PROFILE` shows the user's keys",
            ),
        )

    def update_access_key(self, user_name: str | None, key_id: str, *, active: bool) -> None:
        """Make a key active or inactive (UpdateAccessKey); it may be so already."""
        status = ACTIVE if active else INACTIVE
        with asking("iam", self._endpoint, self._clock):
            answer = self._client.update_access_key(
                AccessKeyId=key_id, Status=status, **_of(user_name)
            )
            self._clock.note(answer)

    def delete_access_key(self, user_name: str | None, key_id: str) -> bool:
        """Delete a key (DeleteAccessKey) permanently. False if the user has no such key.

        It is also False if a first attempt deleted the key and its answer was lost.
        """
        try:
            with asking("iam", self._endpoint, self._clock):
                answer = self._client.delete_access_key(AccessKeyId=key_id, **_of(user_name))
                self._clock.note(answer)
        except AwsError as error:
            if error.aws_code == "NoSuchEntity":
                return False
            raise
        return True

    def last_used(self, key_id: str) -> LastUsed:
        """When and for what a key was last used (GetAccessKeyLastUsed)."""
        with asking("iam", self._endpoint, self._clock):
            answer = self._client.get_access_key_last_used(AccessKeyId=key_id)
            self._clock.note(answer)
            used = answer["AccessKeyLastUsed"]
            when = used.get("LastUsedDate")
            if when is None:  # service and region say N/A then
                return LastUsed(None, None, None)
            return LastUsed(when.timestamp(), used["ServiceName"], used["Region"])

    # -- probes: they change nothing -------------------------------------------------------

    def can_update(self, user_name: str | None) -> bool:
        """Whether UpdateAccessKey is allowed, tried on a key that cannot exist.

        IAM checks the caller's permission before it looks for the key. To set the status that a key
        has already would tell the same, but could undo a change that somebody makes meanwhile.
        """
        try:
            self.update_access_key(user_name, _NO_SUCH_KEY, active=False)
        except AwsError as error:
            return _is_allowed(error)
        return True

    def can_delete(self, user_name: str | None) -> bool:
        """Whether DeleteAccessKey is allowed, tried on a key that cannot exist."""
        try:
            self.delete_access_key(user_name, _NO_SUCH_KEY)
        except AwsError as error:
            return _is_allowed(error)
        return True

    def server_time(self) -> float:
        """AWS's time now (``ServerClock.now``)."""
        return self._clock.now()

    @cached_property
    def _client(self) -> Any:
        return client_for("iam", self._credentials, self._endpoint, attempts=self._attempts)


def last_used_if_allowed(iam: Iam, key_id: str) -> LastUsed | None:
    """When a key was last used, for people to see; None if the caller may not know."""
    try:
        return iam.last_used(key_id)
    except AwsError as error:
        if error.aws_code in ACCESS_DENIED:
            return None
        raise


def user_name_of(identity: Identity) -> str | None:
    """The name of the IAM user whose ``identity`` it is; None for root, a role or a federated user.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    kind, slash, path_and_name = identity.arn.split(":", 5)[-1].partition("/")
    return path_and_name.rpartition("/")[2] if kind == "user" and slash else None


def _of(user_name: str | None) -> dict[str, str]:
    return {} if user_name is None else {"UserName": user_name}


def _is_allowed(error: AwsError) -> bool:
    if error.aws_code == "NoSuchEntity":
        return True
    if error.aws_code in ACCESS_DENIED:
        return False
    raise error

"""The accounts and roles that a login to IAM Identity Center may use.

https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
"""

from __future__ import annotations

import contextlib
import re

from awscreds.aws.clients import refuse_plain_http, unsigned_client
from awscreds.aws.errors import asking, unusable_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.service_endpoint import ServiceEndpoint

PAGE = 100
"""The largest page that AWS gives."""
_ACCOUNT = re.compile(r"[0-9]{12}")


class Account:
    """An account of the directory. Anybody who may name accounts chose the ``name``."""

    __slots__ = ("id", "name")

    def __init__(self, account_id: str, name: str) -> None:
        self.id = account_id
        self.name = name


class Portal:
    """Asks one portal. Safe to use from many threads. Each request is sent only once.

    Methods raise AwsError.
    """

    def __init__(self, access_token: str, endpoint: ServiceEndpoint, clock: ServerClock) -> None:
        refuse_plain_http(endpoint)
        self._token = access_token
        self._endpoint = endpoint
        self._clock = clock
        with asking("sso", endpoint, clock):
            self._client = unsigned_client("sso", endpoint, attempts=1)

    def accounts(self, next_token: str | None) -> tuple[list[Account], str | None]:
        """A page of the accounts, and the token of the next one (ListAccounts)."""
        with self._asking():
            answer = self._ask(self._client.list_accounts, next_token)
            found = [
                Account(_account_id(each["accountId"]), _text(each.get("accountName")))
                for each in answer["accountList"]
            ]
            return found, _next(answer)

    def roles(self, account_id: str, next_token: str | None) -> tuple[list[str], str | None]:
        """A page of the names of the roles of an account (ListAccountRoles)."""
        with self._asking():
            answer = self._ask(self._client.list_account_roles, next_token, accountId=account_id)
            return [_text(each["roleName"]) for each in answer["roleList"]], _next(answer)

    def _ask(self, call: Any, next_token: str | None, **parameters: str) -> dict[str, Any]:
        if next_token is not None:
            parameters["nextToken"] = next_token
        answer: dict[str, Any] = call(accessToken=self._token, maxResults=PAGE, **parameters)
        self._clock.note(answer)
        return answer

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        with asking("sso", self._endpoint, self._clock), unusable_answer("IAM Identity Center"):
            try:
                yield
            except AttributeError as error:  # botocore's, for a text where AWS has an object
                raise TypeError from error


def _account_id(given: object) -> str:
    if isinstance(given, str) and _ACCOUNT.fullmatch(given):
        return given
    raise TypeError


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _next(answer: dict[str, Any]) -> str | None:
    token = answer.get("nextToken")
    return token if isinstance(token, str) and token else None

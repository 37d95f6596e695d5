"""The portal of IAM Identity Center: the accounts and roles of a person, as strict as AWS."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from awscreds.sandbox.responses import Refusal
from awscreds.sandbox.state import Caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.state import Session

USER = "alice"
"""Who is signed in."""
ROLE_SESSION = 3600
"""Seconds that the credentials of a role live."""

LARGEST_PAGE = 100

ACCOUNTS: dict[str, dict[str, Any]] = {
    "123456789012": {"name": "Sandbox", "roles": ["AdministratorAccess", "ReadOnlyAccess"]},
    "012345678901": {"name": "Staging & Co", "roles": ["ReadOnlyAccess"]},
}
"""The accounts of the directory as it starts. One has a zero in front: account IDs are text."""


class Rate:
    """So many calls in a second, and as many at once, but at least one."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._left = self._most
        self._at = time.monotonic()

    def allows(self) -> bool:
        """Whether a call is answered now."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Portal:
    """The accounts of one directory. Whoever calls it holds the directory's lock."""

    def __init__(self, open_session: Callable[[Caller, int], tuple[str, Session]]) -> None:
        self._open_session = open_session
        self.reset()

    def reset(self) -> None:
        """The accounts are those of the start."""
        self.assign(ACCOUNTS)
        self.limit_rate(None)

    def limit_rate(self, per_second: float | None) -> None:
        """From now on the portal refuses more calls in a real second; None: no limit."""
        self._rate = None if per_second is None else Rate(per_second)

    def assign(self, accounts: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on the directory has these accounts: by ID, each its ``name`` and ``roles``."""
        self._accounts = {account: dict(facts) for account, facts in accounts.items()}

    def require_rate(self) -> None:
        """Refuse a call that comes too fast."""
        if self._rate and not self._rate.allows():
            raise Refusal("TooManyRequestsException", "HTTP 429 Unknown Code", status=429)

    def answer(self, action: str, query: Mapping[str, str]) -> dict[str, Any]:
        """What AWS answers to somebody who is logged in. Raises Refusal if it refuses."""
        calls: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "ListAccounts": self._list_accounts,
            "ListAccountRoles": self._list_roles,
            "GetRoleCredentials": self._role_credentials,
        }
        return calls[action](query)

    def _list_accounts(self, query: Mapping[str, str]) -> dict[str, Any]:
        found = [
            {
                "accountId": account,
                "accountName": facts["name"],
                "emailAddress": f"{account}@x.test",
            }
            for account, facts in self._accounts.items()
        ]
        return _paged("accountList", found, query)

    def _list_roles(self, query: Mapping[str, str]) -> dict[str, Any]:
        account = query.get("account_id", "")
        roles = self._account(account)["roles"]
        found = [{"roleName": role, "accountId": account} for role in roles]
        return _paged("roleList", found, query)

    def _role_credentials(self, query: Mapping[str, str]) -> dict[str, Any]:
        account, role = query.get("account_id", ""), query.get("role_name", "")
        if role not in self._account(account)["roles"]:
            raise Refusal("ForbiddenException", "No access", status=403)
        suffix = hashlib.sha256(f"{account}/{role}".encode()).hexdigest()[:16]
        name = f"AWSReservedSSO_{role}_{suffix}"
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{USER}"
        caller = Caller("portal", name, arn, f"AROA{suffix.upper()}:{USER}", "")
        key_id, session = self._open_session(caller, ROLE_SESSION)
        return {
            "roleCredentials": {
                "accessKeyId": key_id,
                "secretAccessKey": session.secret,
                "sessionToken": session.token,
                "expiration": int(session.expires_at * 1000),
            }
        }

    def _account(self, account: str) -> Mapping[str, Any]:
        if account not in self._accounts:
            raise Refusal("ResourceNotFoundException", "Account not found", status=404)
        return self._accounts[account]


def _paged(name: str, found: list[dict[str, str]], query: Mapping[str, str]) -> dict[str, Any]:
    size, start = query.get("max_result", str(LARGEST_PAGE)), query.get("next_token", "0")
    if not (size.isdigit() and 1 <= int(size) <= LARGEST_PAGE and start.isdigit()):
        raise Refusal("InvalidRequestException", "The page asked for is not valid")
    end = int(start) + int(size)
    answer: dict[str, Any] = {name: found[int(start) : end]}
    if end < len(found):
        answer["nextToken"] = str(end)
    return answer

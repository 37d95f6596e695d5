"""All accounts and roles that a login may use, asked for in parallel.

AWS answers 429 if it is asked too fast, and does not say how fast it may be asked. So each caller
then waits, twice as long each time. What cannot be listed in the end fails all of it: a part of the
accounts would look as if the others were gone.
"""

from __future__ import annotations

import functools
import random
import re
import threading
from dataclasses import dataclass, field

from awscreds.errors import AwsError
from awscreds.model.sso_names import SsoRole
from awscreds.workflows.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from awscreds.aws.portal import Account, Portal

    T = TypeVar("T")
    Page = tuple[list[T], str | None]

WIDTH = 8
"""Requests at once."""
MOST_PAGES = 500
"""An endpoint that always names a next page is asked no longer."""
THROTTLED_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
FAILED_WAITS = (0.5, 2.0, 5.0)
"""Seconds before each further try: if AWS is asked too fast, and if it fails."""

_THROTTLED = frozenset({"TooManyRequestsException", "Throttling", "ThrottlingException"})
_GONE = "ResourceNotFoundException"
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_NAP = 0.2
"""Seconds after which a caller that waits looks whether all of it is given up."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
"""https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html"""


@dataclass(frozen=True, slots=True)
class Listing:
    """What AWS said. ``vanished``: accounts that went away while they were asked about.

    ``unusable``: roles whose names AWS does not allow, and so cannot be trusted.
    """

    accounts: list[Account]
    roles: list[SsoRole]
    vanished: frozenset[str] = frozenset()
    unusable: list[SsoRole] = field(default_factory=list)


class Lister:
    """Lists what ``portal`` gives. Raises AwsError.

    ``sleep`` waits some seconds. ``report`` is told of each account that is done: how
    many there are, and which one it is.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        sleep: Callable[[float], None],
        report: Callable[[int, Account], None],
    ) -> None:
        self._portal = portal
        self._sleep = sleep
        self._report = report
        self._given_up = threading.Event()

    def all(self) -> Listing:
        """Every role of every account."""
        found = self._pages(self._portal.accounts)
        accounts = list({account.id: account for account in found}.values())
        roles: list[SsoRole] = []
        unusable: list[SsoRole] = []
        vanished: set[str] = set()
        for account, role_names in self._roles_of(accounts):
            if role_names is None:
                vanished.add(account.id)
            for name in dict.fromkeys(role_names or ()):
                role = SsoRole(account.id, account.name, name)
                (roles if _ROLE_NAME.fullmatch(name) else unusable).append(role)
        roles.sort(key=lambda role: role.identity)
        return Listing(accounts, roles, frozenset(vanished), unusable)

    def _roles_of(self, accounts: list[Account]) -> list[tuple[Account, list[str] | None]]:
        """The names of the roles of each account; None if it is gone since it was listed.

        The main thread only waits for short times, so that Ctrl-C is noticed. Threads that still
        wait for AWS then do not keep the process from ending.
        """
        crew = Crew(accounts, self._roles, WIDTH)
        found: list[tuple[Account, list[str] | None]] = []
        try:
            for number, names in crew.results():
                found.append((accounts[number], names))
                self._report(len(accounts), accounts[number])
        finally:
            crew.stop()
            self._given_up.set()
        return found

    def _roles(self, account: Account) -> list[str] | None:
        try:
            return self._pages(lambda token: self._portal.roles(account.id, token))
        except AwsError as error:
            if error.aws_code == _GONE:
                return None
            raise

    def _pages(self, page: Callable[[str | None], Page[T]]) -> list[T]:
        found, token = self._patiently(functools.partial(page, None))
        for _ in range(MOST_PAGES):
            if token is None:
                return found
            more, token = self._patiently(functools.partial(page, token))
            found += more
        raise AwsError(
            "IAM Identity Center gave no usable answer (its list has no end)", code="aws-unreadable"
        )

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What ``ask`` returns; it is called again, later, while AWS is busy."""
        tries = 0
        while True:
            try:
                return ask()
            except AwsError as error:
                waits = _waits_after(error)
                if tries >= len(waits) or self._given_up.is_set():
                    raise
                self._wait(waits[tries] * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                tries += 1

    def _wait(self, seconds: float) -> None:
        while seconds > 0 and not self._given_up.is_set():
            self._sleep(min(seconds, _NAP))
            seconds -= _NAP


def _waits_after(error: AwsError) -> tuple[float, ...]:
    if error.status == _TOO_MANY_REQUESTS or error.aws_code in _THROTTLED:
        return THROTTLED_WAITS
    is_passing = error.code == "aws-unreachable" or (error.status or 0) >= _SERVER_ERRORS
    return FAILED_WAITS if is_passing else ()

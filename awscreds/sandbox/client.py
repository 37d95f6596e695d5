"""The client of the sandbox's control interface."""

from __future__ import annotations

import http.client
import json
from typing import Any, Literal, TypedDict, Unpack, cast
from urllib.parse import urlsplit

from awscreds.errors import AwscredsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEADLINE = 30.0
"""Seconds an operation may take: it takes milliseconds, unless the server is gone."""


class Which(TypedDict, total=False):
    """The calls that a fault concerns: the ``nth`` from now on (1), and ``count - 1`` after it.

    ``count`` is 1 unless said otherwise; None: all of them. ``when`` says whether the fault comes
    before or after the call takes effect (before).
    """

    nth: int
    count: int | None
    when: Literal["before", "after"]


class Control:
    """Controls a running sandbox. Every method raises AwscredsError if the sandbox refuses."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def __repr__(self) -> str:
        return f"Control({self.url!r}, <hidden>)"

    def facts(self) -> dict[str, Any]:
        """The names in the account, alice's and root's keys, and ``now``."""
        return cast("dict[str, Any]", self._ask("facts"))

    def reset(self) -> dict[str, Any]:
        """Start again with new keys: no faults, delays or log, and the real time. The new facts."""
        return cast("dict[str, Any]", self._ask("reset"))

    def now(self) -> float:
        """The sandbox's time, in seconds since the epoch."""
        return float(self.facts()["now"])

    def advance(self, seconds: float) -> float:
        """Move the sandbox's clock, and return its new time."""
        return float(self._ask("advance", seconds=seconds))

    def keys(self) -> dict[str, dict[str, Any]]:
        """Each key of a user, by ID: its ``secret``, and whether it is ``accepted`` everywhere.

        A key that is still spreading or disappearing is not, though it may work now and then.
        """
        return cast("dict[str, dict[str, Any]]", self._ask("keys"))

    def code(self, serial: str) -> dict[str, Any]:
        """What the device shows: ``code``, whether it is ``spent``, and ``seconds_left``."""
        return cast("dict[str, Any]", self._ask("code", serial=serial))

    def propagation(
        self, *, appear: float = 0, linger: float = 0, flap: bool = False, listed: float = 0
    ) -> None:
        """From now on, changed keys take ``appear`` seconds to work and ``linger`` to stop.

        With ``flap`` a key that is still spreading works every other time, starting with the first.
        For ``listed`` seconds a deactivated key is listed as active.
        """
        self._ask("propagation", appear=appear, linger=linger, flap=flap, listed=listed)

    def require_mfa(self, user_name: str, *, required: bool = True) -> None:
        """Attach the policy that every IAM action needs MFA to a user, or remove it."""
        self._ask("require-mfa", user_name=user_name, required=required)

    def add_fido(self, user_name: str, name: str) -> str:
        """Give a user a FIDO security key, as if they had registered it in a browser. Its ARN."""
        return str(self._ask("add-fido", user_name=user_name, name=name))

    def assign(self, accounts: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on IAM Identity Center has these accounts: by ID, each its name and roles."""
        self._ask("assign", accounts=accounts)

    def end_registrations(self) -> None:
        """Let IAM Identity Center forget every registered client."""
        self._ask("end-registrations")

    def limit_rate(self, per_second: float | None) -> None:
        """From now on the portal of IAM Identity Center answers 429 to more calls in a second.

        The seconds are real ones. None: no limit.
        """
        self._ask("limit-rate", per_second=per_second)

    def arrange_sign_in(self, **how: Any) -> None:
        """How `aws login` goes from now on: the arguments of ``SignIn.arrange``."""
        self._ask("arrange-sign-in", **how)

    def fail(
        self,
        action: str,
        code: str = "InternalFailure",
        *,
        status: int = 500,
        message: str = "The request processing has failed because of an unknown error.",
        **which: Unpack[Which],
    ) -> None:
        """Fail calls of ``action``, which may be ``*``.

        boto3 retries a 500: give a ``count`` that is greater than its attempts.
        """
        self._fault(action, which, kind="error", code=code, status=status, message=message)

    def throttle(self, action: str, **which: Unpack[Which]) -> None:
        """Answer ``Throttling: Rate exceeded``."""
        self.fail(action, "Throttling", status=400, message="Rate exceeded", **which)

    def hang(self, action: str, *, seconds: float | None = None, **which: Unpack[Which]) -> None:
        """Keep the caller waiting, for so many real seconds or until ``release``."""
        self._fault(action, which, kind="hang", seconds=seconds)

    def drop(self, action: str, **which: Unpack[Which]) -> None:
        """Close the connection without an answer. ``when="after"`` loses only the answer."""
        self._fault(action, which, kind="drop")

    def clear_faults(self) -> None:
        """Remove every fault; calls that hang go on."""
        self._ask("clear-faults")

    def release(self) -> None:
        """Let the calls that hang go on."""
        self._ask("release")

    def log(self, action: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, or those of one action: time, service, key id, outcome, status."""
        entries = cast("list[dict[str, Any]]", self._ask("log"))
        return [entry for entry in entries if action in (None, entry["action"])]

    def _fault(self, action: str, which: Which, **what: Any) -> None:
        calls: Which = {"nth": 1, "count": 1, "when": "before", **which}
        self._ask("fault", action=action, **calls, **what)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=DEADLINE)
        try:
            connection.request(
                "POST",
                f"/_sandbox/{operation}",
                body=json.dumps(arguments),
                headers={"X-Sandbox-Token": self.token, "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            document = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AwscredsError(
                f"the sandbox at {self.url} does not answer: {type(error).__name__}",
                code="sandbox",
                hint="leave this shell, then start another sandbox: awscreds sandbox",
            ) from None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise AwscredsError(
                f"the sandbox refused {operation}: {document['error']}", code="sandbox"
            )
        return document

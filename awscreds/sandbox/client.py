"""The sandbox's control interface, from the outside."""

from __future__ import annotations

import http.client
import json
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from awscreds.errors import AwscredsError

DEADLINE = 30.0
"""Seconds an operation may take: it answers in milliseconds, or the server is gone."""


class Control:
    """Moves a running sandbox. Every method raises AwscredsError where the sandbox refuses."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def __repr__(self) -> str:
        return f"Control({self.url!r}, <hidden>)"

    def facts(self) -> dict[str, Any]:
        """The names in the account, alice's and root's keys, and ``now``."""
        return cast("dict[str, Any]", self._ask("facts"))

    def reset(self) -> dict[str, Any]:
        """Begin anew, with new keys: no faults, no delays, no log, the real time. The new facts."""
        return cast("dict[str, Any]", self._ask("reset"))

    def now(self) -> float:
        """The sandbox's time, in seconds since the epoch."""
        return float(self.facts()["now"])

    def advance(self, seconds: float) -> float:
        """Move the sandbox's clock. Its time after that."""
        return float(self._ask("advance", seconds=seconds))

    def keys(self) -> dict[str, dict[str, Any]]:
        """Each key of a user, by id: its ``secret``, and whether it is ``accepted`` for good.

        One that is on its way in or out is not, though it may work now and then.
        """
        return cast("dict[str, dict[str, Any]]", self._ask("keys"))

    def code(self, serial: str) -> dict[str, Any]:
        """What the device shows: ``code``, whether it is ``spent``, and ``seconds_left``."""
        return cast("dict[str, Any]", self._ask("code", serial=serial))

    def propagation(self, *, appear: float = 0, linger: float = 0, flap: bool = False) -> None:
        """From now on, changed keys take ``appear`` seconds to work and ``linger`` to stop.

        With ``flap`` a key that is on its way in works every other time, the first time included.
        """
        self._ask("propagation", appear=appear, linger=linger, flap=flap)

    def require_mfa(self, user_name: str, *, required: bool = True) -> None:
        """Put a user under the policy that every IAM action needs MFA, or take it off."""
        self._ask("require-mfa", user_name=user_name, required=required)

    def fail(
        self,
        action: str,
        code: str = "InternalFailure",
        *,
        status: int = 500,
        message: str = "The request processing has failed because of an unknown error.",
        nth: int = 1,
        count: int | None = 1,
        when: Literal["before", "after"] = "before",
    ) -> None:
        """Fail the ``nth`` call of ``action`` from now on, and the ``count - 1`` after it.

        ``action`` may be ``*``, ``count`` None for ever. ``when`` says whether the call takes
        effect first. boto3 retries a 500: give a ``count`` it cannot outlast.
        """
        self._ask(
            "fault",
            action=action,
            kind="error",
            code=code,
            status=status,
            message=message,
            nth=nth,
            count=count,
            when=when,
        )

    def throttle(self, action: str, *, nth: int = 1, count: int | None = 1) -> None:
        """Answer ``Throttling: Rate exceeded``."""
        self.fail(action, "Throttling", status=400, message="Rate exceeded", nth=nth, count=count)

    def hang(
        self,
        action: str,
        *,
        seconds: float | None = None,
        nth: int = 1,
        count: int | None = 1,
        when: Literal["before", "after"] = "before",
    ) -> None:
        """Keep the caller waiting, for so many real seconds or until ``release``."""
        self._ask(
            "fault", action=action, kind="hang", seconds=seconds, nth=nth, count=count, when=when
        )

    def drop(
        self,
        action: str,
        *,
        nth: int = 1,
        count: int | None = 1,
        when: Literal["before", "after"] = "before",
    ) -> None:
        """Close the connection without an answer. ``when="after"`` loses the answer alone."""
        self._ask("fault", action=action, kind="drop", nth=nth, count=count, when=when)

    def mend(self) -> None:
        """Take back every fault; calls that hang go on."""
        self._ask("mend")

    def release(self) -> None:
        """Let the calls that hang go on."""
        self._ask("release")

    def log(self, action: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, or those of one action: time, service, key id, outcome, status."""
        entries = cast("list[dict[str, Any]]", self._ask("log"))
        return [entry for entry in entries if action in (None, entry["action"])]

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
                hint="leave this shell and start another: awscreds sandbox",
            ) from None
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise AwscredsError(
                f"the sandbox refused {operation}: {document['error']}", code="sandbox"
            )
        return document

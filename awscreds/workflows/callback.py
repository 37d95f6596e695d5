"""Where the browser brings the answer of a login: a page on this machine, for one request.

https://datatracker.ietf.org/doc/html/rfc8252#section-7.3
"""

from __future__ import annotations

import hmac
import time
from html import escape
from urllib.parse import parse_qsl

from awscreds.errors import AwscredsError, hints
from awscreds.workflows.loopback import Loopback, respond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from awscreds.workflows.loopback import Request

PATH = "/oauth/callback"
DEADLINE = 600.0
"""Seconds that a person has in the browser."""

_GOOD = ("You are logged in", "You can close this window, and go on in your terminal.")
_BAD = ("You are not logged in", "Your terminal shows what happened. You can close this window.")


class Callback:
    """Listens on 127.0.0.1 alone, on a free port. Use it with ``with``.

    ``state`` is what the browser must bring back, so that nobody else's answer is taken.
    ``elsewhere`` is the option for a browser on another machine. ``advice`` is for whose browser
    shows an error, of which nothing comes here.
    """

    def __init__(
        self, state: str, *, elsewhere: str = "--use-device-code", advice: str | None = None
    ) -> None:
        self._state = state
        self._advice = advice
        self._elsewhere = elsewhere
        self._answer: dict[str, str] = {}
        try:
            self._loopback = Loopback(self.serve)
        except OSError as error:
            raise AwscredsError(
                "cannot listen on 127.0.0.1 for the browser's answer: "
                f"{error.strerror or type(error).__name__}",
                code="callback",
                hint=f"log in without it: awscreds login {elsewhere}",
            ) from None

    @property
    def uri(self) -> str:
        """Where the browser is sent back to."""
        return f"http://{self._loopback.authority}{PATH}"

    def wait(self, clock: Callable[[], float] = time.monotonic) -> dict[str, str]:
        """What the browser brought: its query. Raises AwscredsError after DEADLINE."""
        if self._loopback.wait(clock() + DEADLINE, clock):
            return self._answer
        raise AwscredsError(
            f"nobody finished the login in the browser within {DEADLINE / 60:.0f} minutes",
            code="login-timeout",
            hint=hints(
                "if the browser shows an error, " + self._advice if self._advice else None,
                f"if the browser is on another machine: awscreds login {self._elsewhere}",
                "run it again",
            ),
        )

    def serve(self, request: Request) -> bool:
        """Answer one request: only the one with our state ends the waiting."""
        path, _, query_text = request.path.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        is_ours = path == PATH and hmac.compare_digest(
            query.get("state", "").encode(), self._state.encode()
        )
        if not is_ours:
            request.send_error(404)
            return False
        is_good = "code" in query and "error" not in query
        _send_page(request, *(_GOOD if is_good else _BAD))
        self._answer = query
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._loopback.__exit__(*details)


def _send_page(request: Request, title: str, text: str) -> None:
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    ).encode()
    respond(request, 200, {"Content-Type": "text/html; charset=utf-8"}, body)

"""Where the browser brings the answer of a login: a page on this machine, for one request.

https://datatracker.ietf.org/doc/html/rfc8252#section-7.3
"""

from __future__ import annotations

import contextlib
import hmac
import http.server
import socket
import time
from html import escape
from urllib.parse import parse_qsl, urlsplit

from awscreds.errors import AwscredsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

PATH = "/oauth/callback"
DEADLINE = 600.0
"""Seconds that a person has in the browser."""

_REQUEST_SECONDS = 5.0
_LOOK_EVERY = 0.5

_GOOD = ("You are logged in", "You can close this window, and go on in your terminal.")
_BAD = ("You are not logged in", "Your terminal shows what happened. You can close this window.")


class Callback:
    """Listens on 127.0.0.1 alone, on a free port. Use it with ``with``.

    ``state`` is what the browser must bring back, so that nobody else's answer is taken.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        self._answer: dict[str, str] | None = None
        callback = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = _REQUEST_SECONDS

            def do_GET(self) -> None:
                callback.serve(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the request has the code."""

        try:
            # A browser opens connections that it may use later: each has a thread.
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        except OSError as error:
            raise AwscredsError(
                "cannot listen on 127.0.0.1 for the browser's answer: "
                f"{error.strerror or type(error).__name__}",
                code="callback",
                hint="log in with a code: awscreds login --use-device-code",
            ) from None
        self._server.timeout = _LOOK_EVERY
        self._server.daemon_threads, self._server.block_on_close = True, False

    @property
    def uri(self) -> str:
        """Where the browser is sent back to."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def wait(self, clock: Callable[[], float] = time.monotonic) -> dict[str, str]:
        """What the browser brought: its query. Raises AwscredsError after DEADLINE."""
        end = clock() + DEADLINE
        while self._answer is None:
            if clock() >= end:
                raise AwscredsError(
                    f"nobody finished the login in the browser within {DEADLINE / 60:.0f} minutes",
                    code="login-timeout",
                    hint="run it again; if the browser is on another machine: awscreds login "
                    "--use-device-code",
                )
            with contextlib.suppress(OSError):
                self._server.handle_request()
        return self._answer

    def serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer one request: only the one with our state ends the waiting."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        is_ours = (
            parts.path == PATH
            and request.headers.get("Host") == f"127.0.0.1:{self._server.server_port}"
            and hmac.compare_digest(query.get("state", "").encode(), self._state.encode())
        )
        if not is_ours:
            request.send_error(404)
            return
        is_good = "code" in query and "error" not in query
        _send_page(request, *(_GOOD if is_good else _BAD))
        self._answer = query

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()


def _send_page(request: http.server.BaseHTTPRequestHandler, title: str, text: str) -> None:
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    ).encode()
    with contextlib.suppress(OSError, socket.timeout):
        request.send_response(200)
        request.send_header("Content-Type", "text/html; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        request.send_header("Referrer-Policy", "no-referrer")
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body)

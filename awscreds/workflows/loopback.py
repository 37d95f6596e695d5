"""Where a browser comes to this program: an address on this machine, for one request."""

from __future__ import annotations

import contextlib
import http.server
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

HOST = "127.0.0.1"
_REQUEST_SECONDS = 5.0
_LOOK_EVERY = 0.05

Request = http.server.BaseHTTPRequestHandler


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no traceback on the person's screen for a browser that has left."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Loopback:
    """Listens on 127.0.0.1 alone, on a free port. Use it with ``with``. OSError if it cannot.

    ``answer`` gets each request, and answers it. It returns whether that was the one that is
    waited for.
    """

    def __init__(self, answer: Callable[[Request], bool]) -> None:
        self._has_come = False
        loopback = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = _REQUEST_SECONDS

            def do_GET(self) -> None:
                if self.headers.get("Host") != loopback.authority:
                    # A page of the web with a name that points here.
                    self.send_error(404)
                elif answer(self):
                    loopback._has_come = True

            def log_message(self, *_: object) -> None:
                """Nothing: the request has a secret."""

        # A browser opens connections that it may use later: each has a thread.
        self._server = _Server((HOST, 0), Handler)
        self._server.timeout = _LOOK_EVERY
        self._server.daemon_threads, self._server.block_on_close = True, False

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._server.server_port}"

    def wait(self, end: float, clock: Callable[[], float]) -> bool:
        """Whether the request came before ``end``, a time of ``clock``."""
        while not self._has_come:
            if clock() >= end:
                return False
            with contextlib.suppress(OSError):
                self._server.handle_request()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()


def respond(request: Request, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    """Send an answer that no browser keeps. One that has left gets none."""
    with contextlib.suppress(OSError):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        request.send_header("Referrer-Policy", "no-referrer")
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body)

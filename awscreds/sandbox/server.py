"""The sandbox's server: AWS's API and the control interface.

``python -m awscreds.sandbox.server`` listens on 127.0.0.1, prints one line of JSON when it is ready
(``{"url": …, "token": …}``), and ends when its stdin ends, and so with the process that started it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import secrets
import sys
import threading
from dataclasses import asdict
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from awscreds.sandbox import sigv4
from awscreds.sandbox.responses import Refusal, Reply, json_reply, xml_error
from awscreds.sandbox.state import Clock, Dropped, Fault, Faults, Log, Propagation
from awscreds.sandbox.strict import Aws

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from awscreds.sandbox.federation import Federation
    from awscreds.sandbox.identity_center import IdentityCenter
    from awscreds.sandbox.signin import SignIn

    Unsigned = IdentityCenter | SignIn | Federation

CONTROL = "/_sandbox/"
TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - a header's name
UNDERSCORED = "sandbox.underscored"
LARGEST_BODY = 1_000_000
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Application:
    """The WSGI application."""

    def __init__(self, token: str, clock: Clock) -> None:
        self._token = token
        self.clock = clock
        self._aws = aws = Aws(clock)
        self._unsigned: list[Unsigned] = [aws.identity_center, aws.sign_in, aws.federation]
        self._faults = Faults()
        self._log = Log(clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reply = self._reply(environ)
        start_response(
            f"{reply.status} {'OK' if reply.status == 200 else 'Refused'}",
            [
                ("Content-Type", reply.content_type),
                ("Content-Length", str(len(reply.body))),
                ("Cache-Control", "no-store"),
                *reply.headers,
            ],
        )
        return [reply.body]

    def _reply(self, environ: WSGIEnvironment) -> Reply:
        if not _is_loopback(environ.get("HTTP_HOST", "")) or "HTTP_ORIGIN" in environ:
            # A web page with a name that points here, or that posts from a browser.
            return json_reply(403, {"error": "only programs on this machine are answered"})
        if environ["PATH_INFO"].startswith(CONTROL):
            return self._control(environ)
        request = _signed_request(environ)
        for service in self._unsigned:
            action = service.action(request)
            if action is not None:
                return self._call_without_signature(service, action, request)
        return self._call(request)

    # -- AWS ----------------------------------------------------------------------------------

    def _call(self, request: sigv4.SignedRequest) -> Reply:
        log = self._log  # that of the world in which the call began: `_reset` makes another one
        params = _parameters(request)
        action = params.get("Action", "")
        service = "sts"
        key_id = ""
        try:
            said = sigv4.read_authorization(request.headers)
            service, key_id = said.service, said.key_id
            faults = self._faults.striking(action)
            _strike(faults, "before")
            reply = self._aws.answer(request, said, params)
            _strike(faults, "after")
        except Dropped:
            log.add(service=service, action=action, key_id=key_id, outcome="dropped", status=0)
            # werkzeug then closes the connection silently.
            raise ConnectionAbortedError from None
        except NotImplementedError as error:
            refusal = Refusal("NotImplemented", str(error))
            return _refused(log, service, action, key_id, refusal)
        except Refusal as refusal:
            return _refused(log, service, action, key_id, refusal)
        log.add(
            service=service,
            action=action,
            key_id=key_id,
            outcome=_outcome(reply),
            status=reply.status,
        )
        return reply

    def _call_without_signature(
        self, service: Unsigned, action: str, request: sigv4.SignedRequest
    ) -> Reply:
        log = self._log
        status, outcome = 0, "dropped"
        try:
            faults = self._faults.striking(action)
            _strike(faults, "before")
            reply = service.answer(action, request)
            _strike(faults, "after")
            status, outcome = reply.status, "ok"
        except Dropped:
            raise ConnectionAbortedError from None
        except Refusal as refusal:
            reply = service.refused(refusal)
            status, outcome = refusal.status, refusal.code
        finally:
            log.add(service=service.name, action=action, key_id="", outcome=outcome, status=status)
        return reply

    # -- control ------------------------------------------------------------------------------

    def _control(self, environ: WSGIEnvironment) -> Reply:
        given = environ.get("HTTP_" + TOKEN_HEADER.upper().replace("-", "_"), "")
        if not hmac.compare_digest(given.encode("latin-1"), self._token.encode()):
            return json_reply(403, {"error": "the control token is not this sandbox's"})
        operations: dict[str, Callable[..., Any]] = {
            "add-fido": self._aws.add_fido,
            "advance": self._advance,
            "arrange-sign-in": self._aws.sign_in.arrange,
            "assign": self._aws.identity_center.portal.assign,
            "code": self._aws.token_code,
            "end-registrations": self._aws.identity_center.end_registrations,
            "facts": self._facts,
            "fault": self._add_fault,
            "keys": self._aws.keys,
            "limit-rate": self._aws.identity_center.portal.limit_rate,
            "log": self._log.entries,
            "clear-faults": self._faults.clear,
            "propagation": self._set_propagation,
            "release": self._faults.release,
            "require-mfa": self._aws.require_mfa,
            "reset": self._reset,
        }
        operation = operations.get(environ["PATH_INFO"].removeprefix(CONTROL))
        if operation is None:
            return json_reply(404, {"error": "there is no such operation"})
        try:
            result = operation(**json.loads(_body(environ) or b"{}"))
        except (TypeError, ValueError, Refusal) as error:
            return json_reply(400, {"error": str(error)})
        return json_reply(200, result)

    def _facts(self) -> dict[str, Any]:
        return {**self._aws.facts(), "now": self.clock.now()}

    def _advance(self, seconds: float) -> float:
        self.clock.advance(seconds)
        return self.clock.now()

    def _set_propagation(self, **settings: Any) -> dict[str, Any]:
        self._aws.propagation = Propagation(**settings)
        return asdict(self._aws.propagation)

    def _add_fault(self, **settings: Any) -> None:
        self._faults.add(Fault(**settings))

    def _reset(self) -> dict[str, Any]:
        self._faults.clear()
        self.clock.reset()
        self._aws.reset()
        self._log = Log(self.clock)
        return self._facts()


def _refused(log: Log, service: str, action: str, key_id: str, refusal: Refusal) -> Reply:
    log.add(
        service=service, action=action, key_id=key_id, outcome=refusal.code, status=refusal.status
    )
    return xml_error(service, refusal)


def _strike(faults: list[Fault], when: str) -> None:
    for fault in faults:
        if fault.when != when:
            continue
        if fault.kind == "error":
            raise Refusal(fault.code, fault.message, status=fault.status)
        if fault.kind == "hang":
            fault.released.wait(fault.seconds)
        if fault.kind == "drop" or fault.forgotten:
            raise Dropped


def _signed_request(environ: WSGIEnvironment) -> sigv4.SignedRequest:
    path, _, query = environ["RAW_URI"].partition("?")
    headers = {
        name.removeprefix("HTTP_").lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    headers |= environ.get(UNDERSCORED, {})
    return sigv4.SignedRequest(environ["REQUEST_METHOD"], path, query, headers, _body(environ))


def _body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), LARGEST_BODY) if length.isdigit() else 0
    body: bytes = environ["wsgi.input"].read(size)
    return body


def _parameters(request: sigv4.SignedRequest) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return dict(parse_qsl(f"{request.query}&{text}", keep_blank_values=True))


def _outcome(reply: Reply) -> str:
    """``ok``, or the error code in an answer from moto."""
    if reply.status == 200:
        return "ok"
    _, _, rest = reply.body.partition(b"<Code>")
    return rest.partition(b"</Code>")[0].decode("ascii", "replace") or "error"


def _is_loopback(host: str) -> bool:
    name, colon, port = host.rpartition(":")
    return host in LOOPBACK or (bool(colon) and name in LOOPBACK and port.isdigit())


def main(argv: list[str] | None = None) -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m awscreds.sandbox.server")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    port = parser.parse_args(argv).port

    from werkzeug.serving import WSGIRequestHandler, make_server

    clock = Clock()

    class Handler(WSGIRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(clock.now() if timestamp is None else timestamp, usegmt=True)

        def make_environ(self) -> WSGIEnvironment:
            # werkzeug leaves out headers like `x-amz-sso_bearer_token`.
            named = {name.lower(): value for name, value in self.headers.items() if "_" in name}
            return {**super().make_environ(), UNDERSCORED: named}

        def connection_dropped(self, *_: object, **__: object) -> None:
            # werkzeug would wait for another request on it.
            self.close_connection = True

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
            """Nothing: the sandbox has its own log."""

    token = secrets.token_urlsafe(32)
    server = make_server(
        "127.0.0.1", port, Application(token, clock), threaded=True, request_handler=Handler
    )
    server.daemon_threads = True  # type: ignore[attr-defined]  # ThreadingMixIn's
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    ready = {"url": f"http://127.0.0.1:{server.server_port}", "token": token}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    server.serve_forever()


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()

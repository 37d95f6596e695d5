"""The sign-in page of the console as strict as AWS's, and a console that says who is signed in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from awscreds.sandbox.pages import page
from awscreds.sandbox.parameters import SHORTEST_SESSION
from awscreds.sandbox.responses import Refusal, Reply, json_reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.sandbox.sigv4 import SignedRequest
    from awscreds.sandbox.state import Clock, Session

LINK = 15 * 60
"""Seconds that a link can be used."""

LONGEST_CONSOLE_SESSION = 43_200
CONSOLE = "/console"
"""Where the pages of the console begin, in place of a host of its own."""

COOKIE = "sandbox-console"
_SIGN_IN, _SHOW, _TOKEN = "SignIn", "ShowConsole", "GetSigninToken"
_ACTIONS = {"getSigninToken": _TOKEN, "login": _SIGN_IN}


class Federation:
    """Sign-in tokens for temporary credentials. Safe to use from many threads. Raises Refusal.

    ``find_session`` is what is known of an access key ID.
    """

    name = "signin"

    def __init__(self, clock: Clock, find_session: Callable[[str], Session | None]) -> None:
        self._clock = clock
        self._find_session = find_session
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all links, and who is signed in."""
        self._links: dict[str, tuple[str, float, float]] = {}
        self._signed_in: dict[str, tuple[str, float]] = {}

    def action(self, request: SignedRequest) -> str | None:
        """The name of what is asked for here; None if it is not for this service."""
        if request.method != "GET":
            return None
        if request.path == "/federation":
            name = dict(parse_qsl(request.query)).get("Action", "")
            return _ACTIONS.get(name, "Federation")
        return _SHOW if request.path.startswith(f"{CONSOLE}/") else None

    def answer(self, action: str, request: SignedRequest) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        answers: dict[str, Callable[[SignedRequest], Reply]] = {
            _TOKEN: self._sign_in_token,
            _SIGN_IN: self._sign_in,
            _SHOW: self._show,
        }
        if action not in answers:
            raise _bad("The action is unknown")
        with self._lock:
            return answers[action](request)

    @staticmethod
    def refused(refusal: Refusal) -> Reply:
        """A refusal as a page."""
        shown = page("AWS sign-in", refusal.message)
        return Reply(refusal.status, shown.body, shown.content_type)

    def _sign_in_token(self, request: SignedRequest) -> Reply:
        query = _query(request)
        session = self._session_of(query.get("Session", ""))
        now, caller = self._clock.now(), session.caller
        if caller.kind in ("root", "user") and not caller.by_login:
            # GetSessionToken's: only a role, a login, or GetFederationToken opens the console.
            raise _bad("Invalid credentials parameter")
        ends = session.expires_at
        if "SessionDuration" in query:
            if not caller.is_role or caller.is_chained:
                raise _bad("Invalid credentials parameter")
            ends = now + _duration(query["SessionDuration"])
        token = secrets.token_urlsafe(64)
        self._links[token] = (caller.arn, now + LINK, ends)
        return json_reply(200, {"SigninToken": token})

    def _session_of(self, text: str) -> Session:
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        wanted = {"sessionId", "sessionKey", "sessionToken"}
        if not isinstance(given, dict) or set(given) != wanted:
            raise _bad("Invalid credentials parameter")
        session = self._find_session(str(given["sessionId"]))
        if (
            session is None
            or not _equal(session.secret, given["sessionKey"])
            or not _equal(session.token, given["sessionToken"])
            or self._clock.now() >= session.expires_at
        ):
            raise _bad("Invalid credentials parameter")
        return session

    def _sign_in(self, request: SignedRequest) -> Reply:
        query, host = _query(request), request.headers.get("host", "")
        destination = query.get("Destination", "")
        if not re.fullmatch(rf"http://{re.escape(host)}{CONSOLE}/[!-~]*", destination):
            raise _bad("The destination is not a page of the console")
        arn, until, ends = self._links.get(query.get("SigninToken", ""), ("", 0.0, 0.0))
        if self._clock.now() >= until:
            raise _bad("The sign-in token is invalid or has expired")
        visitor = secrets.token_urlsafe(24)
        self._signed_in[visitor] = (arn, ends)
        cookie = f"{COOKIE}={visitor}; Path={CONSOLE}; HttpOnly; SameSite=Lax"
        return Reply(
            302, b"", "text/plain", headers=(("Location", destination), ("Set-Cookie", cookie))
        )

    def _show(self, request: SignedRequest) -> Reply:
        arn, ends = self._signed_in.get(_cookie(request), ("", 0.0))
        if self._clock.now() >= ends:
            raise Refusal("SignedOut", "Nobody is signed in.", status=401)
        shown = request.path.removeprefix(CONSOLE) + (f"?{request.query}" if request.query else "")
        return page("AWS console of the sandbox", f"Signed in as {arn}. Page: {shown}")


def _query(request: SignedRequest) -> dict[str, str]:
    """The query, decoded once. What is given twice is refused."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if len({name for name, _ in pairs}) != len(pairs):
        raise _bad("A parameter is given twice")
    return dict(pairs)


def _duration(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise _bad("Invalid duration")
    if not SHORTEST_SESSION <= int(text) <= LONGEST_CONSOLE_SESSION:
        raise _bad("Invalid duration")
    return int(text)


def _cookie(request: SignedRequest) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _equal(secret: str, given: Any) -> bool:
    return isinstance(given, str) and hmac.compare_digest(secret.encode(), given.encode())


def _bad(message: str) -> Refusal:
    return Refusal("BadRequest", message)

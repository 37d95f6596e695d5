"""The request for a link to the console: what is sent, and what is made of each answer."""

import contextlib
import http.server
import json
import logging
import socketserver
import threading
import time
import traceback
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from awscreds.aws import console
from awscreds.aws.gateway import Aws
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import Session
from awscreds.model.service_endpoint import ServiceEndpoint

SESSION = Session("ASIAIOSFODNN7EXAMPLE", "se/cr+et%2F&=#", "to ken/+==%25", 4_000_000_000)
SECRETS = (SESSION.secret, SESSION.token)
DESTINATION = "https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#a b"


class Page:
    """A sign-in page that gives one answer, and notes what it was asked."""

    def __init__(self, status, body, headers=(), before=lambda: None):
        self.asked = []
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page.asked.append(self.path)
                before()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.endpoint = ServiceEndpoint(
            "eu-central-1", f"http://127.0.0.1:{self.server.server_port}"
        )

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def link(self, **options):
        return Aws().sign_in_link(SESSION, self.endpoint, destination=DESTINATION, **options)


def answer(token):
    return json.dumps({"SigninToken": token}).encode()


def test_each_value_is_encoded_once():
    with Page(200, answer("a/b+c=%2F")) as page:
        link = page.link(duration=3600)
    [asked] = page.asked
    path, _, query = asked.partition("?")
    assert path == "/federation"
    fields = dict(parse_qsl(query, strict_parsing=True))
    assert fields["Action"] == "getSigninToken"
    assert fields["SessionDuration"] == "3600"
    assert json.loads(fields["Session"]) == {
        "sessionId": SESSION.id,
        "sessionKey": SESSION.secret,
        "sessionToken": SESSION.token,
    }
    parts = urlsplit(link)
    assert link.startswith(f"{page.endpoint.endpoint_url}/federation?")
    assert f"Destination={quote(DESTINATION, safe='')}" in parts.query
    assert dict(parse_qsl(parts.query)) == {
        "Action": "login",
        "Issuer": "awscreds",
        "Destination": DESTINATION,
        "SigninToken": "a/b+c=%2F",
    }


def test_no_duration_is_sent_unless_one_is_asked_for():
    with Page(200, answer("t")) as page:
        page.link()
    assert "SessionDuration" not in page.asked[0]


ANSWERS = {
    "400": (400, b"", "console-refused"),
    "401": (401, b"", "console-refused"),
    "403": (403, b"<html>", "console-refused"),
    "429": (429, b"", "aws-refused"),
    "500": (500, b"", "aws-refused"),
    "503": (503, b"", "aws-refused"),
    "a redirect": (302, b"", "aws-unreadable"),
    "404": (404, b"", "aws-unreadable"),
    "a login page": (200, b"<html>Please log in</html>", "aws-unreadable"),
    "nothing": (200, b"", "aws-unreadable"),
    "a list": (200, b"[]", "aws-unreadable"),
    "no token": (200, b"{}", "aws-unreadable"),
    "a token that is none": (200, b'{"SigninToken": 5}', "aws-unreadable"),
    "an empty token": (200, b'{"SigninToken": ""}', "aws-unreadable"),
    "deep": (200, b"[" * 60_000, "aws-unreadable"),
    "long": (200, b'{"SigninToken": "' + b"x" * 100_000 + b'"}', "aws-unreadable"),
    "bytes": (200, b"\xff\xfe", "aws-unreadable"),
}


def keeps_the_secrets(error, caplog):
    shown = "".join(traceback.format_exception(error)) + caplog.text
    seen = error
    while seen is not None:
        shown += repr(seen) + str(vars(seen))
        seen = seen.__context__ or seen.__cause__
    for secret in SECRETS:
        for form in (secret, quote(secret), quote(secret, safe="")):
            assert form not in shown


@pytest.mark.parametrize("case", ANSWERS)
def test_every_answer_is_a_sentence_and_an_error_code(case, caplog):
    caplog.set_level(logging.INFO)
    status, body, code = ANSWERS[case]
    elsewhere = [("Location", "http://127.0.0.1:9/federation")] if status == 302 else []
    with Page(status, body, elsewhere) as page, pytest.raises(AwsError) as error:
        page.link()
    assert error.value.code == code
    assert error.value.hint
    assert len(page.asked) == 1
    assert (error.value.aws_code == console.REFUSED) == (code == "console-refused")
    keeps_the_secrets(error.value, caplog)


def test_a_page_that_does_not_answer_is_not_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(console, "READ_SECONDS", 0.2)
    with (
        Page(200, answer("t"), before=lambda: time.sleep(1)) as page,
        pytest.raises(AwsError) as error,
    ):
        page.link()
    assert error.value.code == "aws-unreachable"
    keeps_the_secrets(error.value, caplog)


@contextlib.contextmanager
def slow_page(begin, pause):
    """A page that sends ``begin``, and then a byte each ``pause`` seconds."""
    ended = threading.Event()
    sent = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + begin)
            with contextlib.suppress(OSError):
                while not ended.wait(pause):
                    self.wfile.write(b"x")
                    sent.append(b"x")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield ServiceEndpoint("eu-central-1", url), sent
        server.shutdown()
        ended.set()


IN_THE_HEAD, IN_THE_BODY = b"X-Long: ", b"Content-Length: 60000\r\n\r\n"


@pytest.mark.parametrize("begin", [IN_THE_HEAD, IN_THE_BODY])
def test_a_page_that_drips_is_not_waited_for(monkeypatch, caplog, begin):
    """Each byte comes in time, and the last one never."""
    monkeypatch.setattr(console, "ANSWER_SECONDS", 2.5)
    with slow_page(begin, 1) as (endpoint, sent), pytest.raises(AwsError) as error:
        Aws().sign_in_link(SESSION, endpoint, destination=DESTINATION)
    assert sent
    assert error.value.code == "aws-unreachable"
    assert "timed out while waiting for an answer" in error.value.message
    keeps_the_secrets(error.value, caplog)


def test_a_page_that_stops_in_its_answer_is_not_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(console, "READ_SECONDS", 0.2)
    with slow_page(IN_THE_BODY, 60) as (endpoint, _), pytest.raises(AwsError) as error:
        Aws().sign_in_link(SESSION, endpoint, destination=DESTINATION)
    assert error.value.code == "aws-unreachable"
    keeps_the_secrets(error.value, caplog)


def test_no_network_is_a_sentence(caplog):
    with Page(200, b"") as page:
        pass
    with pytest.raises(AwsError) as error:
        page.link()
    assert error.value.code == "aws-unreachable"
    assert page.endpoint.endpoint_url in error.value.message
    keeps_the_secrets(error.value, caplog)


def test_a_proxy_is_used_but_not_for_this_machine(monkeypatch):
    with Page(200, answer("t")) as page:
        monkeypatch.setenv("HTTPS_PROXY", page.endpoint.endpoint_url)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        page.link()
        away = ServiceEndpoint("us-east-1", "https://signin.aws.amazon.com")
        with pytest.raises(AwsError) as error:  # this one does not know CONNECT
            Aws().sign_in_link(SESSION, away, destination=DESTINATION)
    assert error.value.code == "aws-unreachable"
    assert "the proxy does not answer" in error.value.message
    assert len(page.asked) == 1


def test_a_certificate_bundle_is_used(monkeypatch, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    settings = {"ca_bundle": str(empty)}
    away = ServiceEndpoint("us-east-1", "https://127.0.0.1:9", settings)
    with pytest.raises(AwsError):
        Aws().sign_in_link(SESSION, away, destination=DESTINATION)


def test_plain_http_over_a_network_is_refused():
    away = ServiceEndpoint("us-east-1", "http://signin.aws.amazon.com")
    with pytest.raises(ConfigurationError) as error:
        Aws().sign_in_link(SESSION, away, destination=DESTINATION)
    assert error.value.code == "plain-http"

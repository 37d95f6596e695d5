"""Whatever answers in the place of a login service: it is an error of ours, or a usable answer."""

import http.server
import json
import threading

import pytest

from awscreds.aws.dpop import new_key
from awscreds.aws.gateway import Aws
from awscreds.aws.identity_center import CODE, Registration
from awscreds.aws.signin import SAME_DEVICE
from awscreds.errors import AwsError
from awscreds.model.service_endpoint import ServiceEndpoint
from awscreds.model.times import format_iso

KEYS = {"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": "s", "sessionToken": "t"}
REGISTRATION = Registration("id", "secret", 9e9)
WRONG = (None, "", 5, -1, 10**30, 1e400, True, [], "a\x1b[31m")

CALLS = {
    "sign in": (
        {
            "accessToken": KEYS,
            "tokenType": "aws_sigv4",
            "expiresIn": 900,
            "refreshToken": "r",
            "idToken": "i",
        },
        lambda aws, at: aws.sign_in.token_of_code(
            at, new_key(), SAME_DEVICE, brought="c", verifier="v" * 43, redirect="http://127.0.0.1"
        ),
    ),
    "sign in again": (
        {"accessToken": KEYS, "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "r"},
        lambda aws, at: aws.sign_in.refresh(at, new_key(), SAME_DEVICE, refresh_token="r"),
    ),
    "register": (
        {"clientId": "i", "clientSecret": "s", "clientSecretExpiresAt": 1},
        lambda aws, at: aws.sso.register(at, grants=(CODE,), scopes=["s"], issuer="https://x.test"),
    ),
    "device": (
        {
            "deviceCode": "d",
            "userCode": "u",
            "verificationUri": "https://x.test/device",
            "verificationUriComplete": "https://x.test/device?user_code=u",
            "expiresIn": 600,
            "interval": 1,
        },
        lambda aws, at: aws.sso.start_device(at, REGISTRATION, "https://x.test/start"),
    ),
    "token": (
        {"accessToken": "t", "tokenType": "Bearer", "expiresIn": 3600, "refreshToken": "r"},
        lambda aws, at: aws.sso.token_of_code(
            at, REGISTRATION, brought="c", verifier="v" * 43, redirect="http://127.0.0.1"
        ),
    ),
    "role": (
        {"roleCredentials": {**KEYS, "expiration": 1_700_000_000_000}},
        lambda aws, at: aws.sso.role_credentials("t", at, account_id="1", role_name="r"),
    ),
}


@pytest.fixture(scope="module")
def impostor():
    """A server that answers ``impostor.document`` to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(self.server.document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - http.server names it so

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def broken(document):
    """The document with each of its members left out, and with each wrong value in its place."""
    for name, value in document.items():
        yield {key: each for key, each in document.items() if key != name}
        for wrong in WRONG:
            yield {**document, name: wrong}
        if isinstance(value, dict):
            for inner in broken(value):
                yield {**document, name: inner}


def leaves(found):
    """Every value in what a call returned."""
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in leaves(value)]
    names = getattr(type(found), "__slots__", ())
    return [leaf for name in names for leaf in leaves(getattr(found, name))] or [found]


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_is_usable_or_an_error(impostor, call):
    document, ask = CALLS[call]
    endpoint = ServiceEndpoint("eu-central-1", f"http://127.0.0.1:{impostor.server_port}")
    impostor.document = document
    ask(Aws(), endpoint)
    refused = 0
    for answer in broken(document):
        impostor.document = answer
        try:
            found = ask(Aws(), endpoint)
        except AwsError as error:
            # botocore itself cannot read some of them.
            assert error.code in ("aws-unreadable", "aws-client"), answer
            assert "\x1b" not in error.whole
            refused += 1
            continue
        for leaf in leaves(found):
            assert type(leaf) in (str, int, float), answer
            if not isinstance(leaf, str):
                format_iso(leaf)
    assert refused > len(document)


@pytest.mark.parametrize("name", ["verificationUri", "verificationUriComplete"])
@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "--help", "x.test"])
def test_only_a_page_of_the_web_is_opened(impostor, name, url):
    document, ask = CALLS["device"]
    impostor.document = {**document, name: url}
    endpoint = ServiceEndpoint("eu-central-1", f"http://127.0.0.1:{impostor.server_port}")
    with pytest.raises(AwsError, match="no usable answer"):
        ask(Aws(), endpoint)

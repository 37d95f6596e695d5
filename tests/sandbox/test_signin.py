"""The sandbox's sign-in refuses what AWS refuses, asked by boto3 over HTTP."""

import base64
import hashlib
import json
import time
import uuid
from urllib.error import URLError
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from awscreds.sandbox.signin import CROSS_DEVICE, LOGIN, SAME_DEVICE, TOKEN
from tests.sandbox.browser import Browser

VERIFIER = "v" * 64
CALLBACK = "http://127.0.0.1:1/oauth/callback"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def proof(key, url, **changed):
    """A proof with the claims that are right, except for those that are ``changed``."""
    numbers = key.public_key().public_numbers()
    x, y = (base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    header = {"typ": "dpop+jwt", "alg": "ES256"}
    header["jwk"] = {"kty": "EC", "x": x, "y": y, "crv": "P-256"}
    claims = {"htm": "POST", "htu": url, "iat": int(time.time()), "jti": str(uuid.uuid4())}
    for part in (header, claims):
        part.update({name: value for name, value in changed.items() if name in part})
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    der = key.sign(signed.encode(), ec.ECDSA(SHA256()))
    raw = b"".join(n.to_bytes(32, "big") for n in decode_dss_signature(der))
    return f"{signed}.{base64url(changed.get('signature', lambda raw, der: raw)(raw, der))}"


class Client:
    """A tool with a key, and a browser in front of it."""

    def __init__(self, sandbox):
        self.sandbox, self.control = sandbox, sandbox.control
        self.url = sandbox.control.url
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.changed = {}
        self.header = None
        self.client = boto3.client(
            "signin",
            endpoint_url=self.url,
            region_name="eu-central-1",
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-call.signin.CreateOAuth2Token", self.prove)

    def prove(self, params, **_):
        claims = {"iat": int(self.control.now()), **self.changed}
        params["headers"]["DPoP"] = self.header or proof(self.key, params["url"], **claims)

    def authorize(self, **changed):
        challenge = base64url(hashlib.sha256(VERIFIER.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": SAME_DEVICE,
            "redirect_uri": CALLBACK,
            "state": "the state",
            "code_challenge_method": "SHA-256",
            "scope": "openid",
            "code_challenge": challenge,
            **changed,
        }
        browser = Browser()
        browser.open(f"{self.url}/v1/authorize?{urlencode(query)}")
        return browser

    def remote_code(self, who="alice"):
        browser = self.authorize(client_id=CROSS_DEVICE, redirect_uri=self.confirmation)
        page = browser.click(f"Continue as {who}")
        text = page.partition("<p>")[2].partition("</p>")[0]
        return dict(parse_qsl(base64.b64decode(text).decode()))

    @property
    def confirmation(self):
        return f"{self.url}/v1/sessions/confirmation"

    def exchange(self, code, **changed):
        request = {
            "clientId": CROSS_DEVICE,
            "grantType": "authorization_code",
            "code": code,
            "codeVerifier": VERIFIER,
            "redirectUri": self.confirmation,
            **changed,
        }
        return self.client.create_o_auth2_token(tokenInput=request)["tokenOutput"]

    def log_in(self, who="alice"):
        return self.exchange(self.remote_code(who)["code"])

    def refresh(self, token, client_id=CROSS_DEVICE):
        request = {"clientId": client_id, "grantType": "refresh_token", "refreshToken": token}
        return self.client.create_o_auth2_token(tokenInput=request)["tokenOutput"]


@pytest.fixture
def client(sandbox):
    return Client(sandbox)


def refused(call, *arguments, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["error"]


@pytest.mark.parametrize(
    ("who", "arn"), [("alice", ":user/alice"), ("root", ":root"), ("admin", ":assumed-role/admin/")]
)
def test_a_login_gives_credentials_that_sign(sandbox, client, who, arn):
    given = client.log_in(who)
    assert (given["tokenType"], given["expiresIn"]) == ("aws_sigv4", TOKEN)
    claims = given["idToken"].split(".")[1]
    subject = json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]
    assert arn in subject
    token = given["accessToken"]
    key = token["accessKeyId"], token["secretAccessKey"], token["sessionToken"]
    assert sandbox.client("sts", *key).get_caller_identity()["Arn"] == subject
    client.control.advance(TOKEN)
    assert "idToken" not in client.refresh(given["refreshToken"])


def test_the_browser_is_sent_to_this_machine_where_nobody_listens_here(client):
    browser = client.authorize()
    with pytest.raises(URLError, match="refused"):
        browser.click("Continue as alice")
    with pytest.raises(URLError, match="refused"):
        client.authorize().click("Deny")


def test_who_denies_is_told_so(client):
    browser = client.authorize(client_id=CROSS_DEVICE, redirect_uri=client.confirmation)
    assert "denied" in browser.click("Deny")
    assert parse_qs(urlsplit(browser.url).query)["error"] == ["access_denied"]


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "S256"},
        {"scope": "openid profile"},
        {"scopes": "openid", "scope": ""},
        {"code_challenge": "short"},
        {"response_type": "token"},
        {"state": ""},
        {"client_id": CROSS_DEVICE},
        {"client_id": "arn:aws:signin:::devtools/other"},
        {"redirect_uri": "http://127.0.0.1:1/other"},
        {"redirect_uri": "http://localhost:1/oauth/callback"},
        {"redirect_uri": "https://x.test/oauth/callback"},
    ],
)
def test_a_request_that_aws_does_not_know_has_no_page_to_agree_on(client, changed):
    assert "not valid" in client.authorize(**changed).page


def test_a_code_works_once_and_for_a_time_with_its_verifier_and_redirect(client):
    code = client.remote_code()["code"]
    for wrong in (
        {"codeVerifier": "w" * 64},
        {"redirectUri": CALLBACK},
        {"clientId": SAME_DEVICE},
    ):
        assert refused(client.exchange, client.remote_code()["code"], **wrong) == "INVALID_REQUEST"
    client.exchange(code)
    assert refused(client.exchange, code) == "AUTHCODE_EXPIRED"
    client.control.arrange_sign_in(code_seconds=0)
    assert refused(client.exchange, client.remote_code()["code"]) == "AUTHCODE_EXPIRED"


def test_a_refresh_token_works_once_and_used_twice_ends_the_login(client):
    first = client.log_in()["refreshToken"]
    second = client.refresh(first)["refreshToken"]
    assert refused(client.refresh, first) == "TOKEN_EXPIRED"
    assert refused(client.refresh, second) == "TOKEN_EXPIRED"


def test_a_login_is_for_its_key_its_client_its_time_and_its_password(client):
    token = client.log_in()["refreshToken"]
    assert refused(client.refresh, token, SAME_DEVICE) == "INVALID_REQUEST"
    own, client.key = client.key, ec.generate_private_key(ec.SECP256R1())
    assert refused(client.refresh, token) == "INVALID_REQUEST"
    client.key = own
    client.control.arrange_sign_in(allowed=False)
    assert refused(client.refresh, token) == "INSUFFICIENT_PERMISSIONS"
    client.control.arrange_sign_in(passwords_changed=True)
    assert refused(client.refresh, token) == "USER_CREDENTIALS_CHANGED"
    token = client.log_in()["refreshToken"]
    client.control.advance(LOGIN)
    assert refused(client.refresh, token) == "TOKEN_EXPIRED"


BAD_PROOFS = {
    "method": {"htm": "GET"},
    "url": {"htu": "http://127.0.0.1/v1/token"},
    "past": {"iat": int(time.time()) - 1000},
    "future": {"iat": int(time.time()) + 1000},
    "time of another kind": {"iat": str(int(time.time()))},
    "no name": {"jti": ""},
    "another type": {"typ": "JWT"},
    "another algorithm": {"alg": "none"},
    "a signature in DER": {"signature": lambda raw, der: der},
    "a signature that is another's": {"signature": lambda raw, der: bytes(64)},
    "a private key in it": {"jwk": {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}},
}


@pytest.mark.parametrize("what", BAD_PROOFS)
def test_a_proof_that_is_none_is_refused(client, what):
    token = client.log_in()["refreshToken"]
    client.changed = BAD_PROOFS[what]
    assert refused(client.refresh, token) == "INVALID_REQUEST"
    client.changed = {}
    assert client.refresh(token)


@pytest.mark.parametrize("header", ["x", "a.b", "a.b.c", "e30.e30.AA", "e30=.e30.AA"])
def test_what_is_no_proof_is_refused(client, header):
    token = client.log_in()["refreshToken"]
    client.header = header
    assert refused(client.refresh, token) == "INVALID_REQUEST"


def test_a_proof_works_once(client):
    token = client.log_in()["refreshToken"]
    client.header = proof(client.key, f"{client.url}/v1/token", iat=int(client.control.now()))
    second = client.refresh(token)["refreshToken"]
    assert refused(client.refresh, second) == "INVALID_REQUEST"

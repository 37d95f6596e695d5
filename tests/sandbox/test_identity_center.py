"""IAM Identity Center in the sandbox refuses what AWS refuses, asked by boto3 over HTTP."""

import base64
import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from awscreds.sandbox.identity_center import (
    CODE,
    CODE_GRANT,
    DEVICE_GRANT,
    REFRESH_GRANT,
    REGISTRATION,
    SCOPE,
    START_URL,
    TOKEN,
)
from tests.sandbox.browser import Browser

CALLBACK = "http://127.0.0.1/oauth/callback"
VERIFIER = "v" * 64


class Portal:
    """The two clients of a sandbox, and what a tool does with them."""

    def __init__(self, sandbox):
        self.control = sandbox.control
        settings = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self.oidc, self.sso = (
            boto3.client(
                name, endpoint_url=sandbox.control.url, region_name="eu-central-1", config=settings
            )
            for name in ("sso-oidc", "sso")
        )

    def register(self, *grants, scopes=(SCOPE,), **more):
        answer = self.oidc.register_client(
            clientName="awscreds",
            clientType="public",
            scopes=list(scopes),
            grantTypes=[*grants],
            **(
                {"redirectUris": [CALLBACK], "issuerUrl": START_URL} if CODE_GRANT in grants else {}
            ),
            **more,
        )
        return {"clientId": answer["clientId"], "clientSecret": answer["clientSecret"]}

    def device(self, client):
        return self.oidc.start_device_authorization(**client, startUrl=START_URL)

    def token(self, client, device):
        return self.oidc.create_token(
            **client, grantType=DEVICE_GRANT, deviceCode=device["deviceCode"]
        )

    def logged_in(self, **registered):
        """A client, and the tokens of somebody who logged in for it with a device code."""
        client = self.register(DEVICE_GRANT, REFRESH_GRANT, **registered)
        device = self.device(client)
        browser = Browser()
        browser.open(device["verificationUriComplete"])
        browser.click("Allow access")
        return client, self.token(client, device)

    def refresh(self, client, token):
        return self.oidc.create_token(**client, grantType=REFRESH_GRANT, refreshToken=token)


@pytest.fixture
def portal(sandbox):
    return Portal(sandbox)


def refused(call, /, *arguments, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]["Code"]


def test_a_device_waits_for_the_person_who_sees_the_same_code(portal):
    client = portal.register(DEVICE_GRANT, REFRESH_GRANT)
    device = portal.device(client)
    assert refused(portal.token, client, device) == "AuthorizationPendingException"
    assert refused(portal.token, client, device) == "SlowDownException"
    browser = Browser()
    assert device["userCode"] in browser.open(device["verificationUriComplete"])
    assert "approved" in browser.click("Allow access")
    assert portal.token(client, device)["tokenType"] == "Bearer"
    assert refused(portal.token, client, device) == "InvalidGrantException"


def test_a_device_is_refused_and_expires(portal):
    client = portal.register(DEVICE_GRANT)
    device = portal.device(client)
    browser = Browser()
    browser.open(device["verificationUriComplete"])
    browser.click("Deny")
    assert refused(portal.token, client, device) == "AccessDeniedException"
    device = portal.device(client)
    portal.control.advance(CODE)
    assert refused(portal.token, client, device) == "ExpiredTokenException"


class Listener:
    """Waits for the redirect of the browser."""

    def __enter__(self):
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                listener.query = dict(parse_qsl(urlsplit(self.path).query))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.query = {}
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/oauth/callback"
        Thread(target=self._server.handle_request, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.server_close()


def authorize(portal, client, uri, **changed):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": client["clientId"],
        "redirect_uri": uri,
        "state": "the state",
        "code_challenge_method": "S256",
        "scopes": SCOPE,
        "code_challenge": challenge.decode().rstrip("="),
        **changed,
    }
    browser = Browser()
    browser.open(f"{portal.control.url}/authorize?{urlencode(query)}")
    return browser


def test_a_code_is_exchanged_once_with_its_verifier_and_redirect(portal):
    client = portal.register(CODE_GRANT, REFRESH_GRANT)
    for wrong in ({"codeVerifier": "w" * 64}, {"redirectUri": CALLBACK}, {}):
        with Listener() as listener:
            authorize(portal, client, listener.uri).click("Allow access")
            assert listener.query["state"] == "the state"
            request = {
                "grantType": CODE_GRANT,
                "code": listener.query["code"],
                "redirectUri": listener.uri,
                "codeVerifier": VERIFIER,
            }
            if wrong:
                assert refused(portal.oidc.create_token, **client, **request | wrong) == (
                    "InvalidGrantException"
                )
            else:
                assert portal.oidc.create_token(**client, **request)["refreshToken"]
            assert refused(portal.oidc.create_token, **client, **request) == "InvalidGrantException"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge_method": "SHA-256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "invalid_request"),
        ({"scopes": "codewhisperer:analysis"}, "invalid_scope"),
    ],
)
def test_a_request_for_a_code_that_aws_does_not_know_goes_back(portal, changed, error):
    client = portal.register(CODE_GRANT, REFRESH_GRANT)
    with Listener() as listener:
        authorize(portal, client, listener.uri, **changed)
        assert listener.query == {"error": error, "state": "the state"}


def test_a_redirect_that_was_not_registered_is_not_followed(portal):
    client = portal.register(CODE_GRANT, REFRESH_GRANT)
    for uri in ("http://127.0.0.1:1/other", "http://localhost:1/oauth/callback", "https://x.test/"):
        assert "not valid" in authorize(portal, client, uri).page


@pytest.mark.parametrize(
    ("registered", "code"),
    [
        ({"clientType": "confidential"}, "InvalidClientMetadataException"),
        ({"scopes": ["everything"]}, "InvalidScopeException"),
        ({"grantTypes": ["password"]}, "UnsupportedGrantTypeException"),
        ({"grantTypes": [CODE_GRANT]}, "InvalidRedirectUriException"),
        (
            {"grantTypes": [CODE_GRANT], "redirectUris": ["https://x.test/"]},
            "InvalidRedirectUriException",
        ),
    ],
)
def test_a_registration_that_aws_does_not_take_is_refused(portal, registered, code):
    request = {"clientName": "awscreds", "clientType": "public", **registered}
    assert refused(portal.oidc.register_client, **request) == code


def test_a_registration_is_for_its_grants_its_secret_and_its_time(portal):
    client = portal.register(CODE_GRANT)
    assert refused(portal.device, client) == "UnauthorizedClientException"
    client = portal.register(DEVICE_GRANT)
    assert refused(portal.device, client | {"clientSecret": "x"}) == "InvalidClientException"
    portal.control.advance(REGISTRATION)
    assert refused(portal.device, client) == "InvalidClientException"


def test_another_start_url_is_refused(portal):
    client = portal.register(DEVICE_GRANT)
    wrong = {**client, "startUrl": "https://elsewhere.awsapps.com/start"}
    assert refused(portal.oidc.start_device_authorization, **wrong) == "InvalidRequestException"


def test_a_refresh_token_works_once_and_used_twice_ends_the_login(portal):
    client, first = portal.logged_in()
    second = portal.refresh(client, first["refreshToken"])
    assert portal.sso.list_accounts(accessToken=second["accessToken"])["accountList"]
    assert refused(portal.refresh, client, first["refreshToken"]) == "InvalidGrantException"
    assert refused(portal.refresh, client, second["refreshToken"]) == "InvalidGrantException"
    token = second["accessToken"]
    assert refused(portal.sso.list_accounts, accessToken=token) == "UnauthorizedException"


def test_only_the_scope_of_the_portal_brings_a_refresh_token(portal):
    _, tokens = portal.logged_in(scopes=["codewhisperer:analysis"])
    assert "refreshToken" not in tokens


def test_it_lists_five_thousand_roles_page_by_page(portal):
    _, answer = portal.logged_in()
    token = answer["accessToken"]
    roles = [f"Role{at}" for at in range(5)]
    portal.control.assign({f"{at:012}": {"name": f"A{at}", "roles": roles} for at in range(1000)})
    pages = list(portal.sso.get_paginator("list_accounts").paginate(accessToken=token))
    assert [len(page["accountList"]) for page in pages] == [100] * 10
    answer = portal.sso.list_account_roles(accessToken=token, accountId="000000000999")
    assert [role["roleName"] for role in answer["roleList"]] == roles
    code = refused(portal.sso.list_accounts, accessToken=token, maxResults=101)
    assert code == "InvalidRequestException"


def test_the_portal_refuses_more_calls_in_a_second_than_it_may_get(portal):
    _, answer = portal.logged_in()
    token = answer["accessToken"]
    portal.control.limit_rate(1 / 3600)
    portal.sso.list_accounts(accessToken=token)
    assert refused(portal.sso.list_accounts, accessToken=token) == "TooManyRequestsException"
    portal.control.limit_rate(None)
    portal.sso.list_accounts(accessToken=token)


def test_a_token_ends_by_the_clock_and_by_a_logout(portal):
    client, tokens = portal.logged_in()
    token = tokens["accessToken"]
    portal.control.advance(TOKEN)
    assert refused(portal.sso.list_accounts, accessToken=token) == "UnauthorizedException"
    token = portal.refresh(client, tokens["refreshToken"])["accessToken"]
    portal.sso.logout(accessToken=token)
    assert refused(portal.sso.list_accounts, accessToken=token) == "UnauthorizedException"


def test_accounts_and_roles_come_in_pages(portal):
    roles = [f"Role{number}" for number in range(5)]
    portal.control.assign({f"{n:012}": {"name": f"n{n}", "roles": roles} for n in range(250)})
    token = portal.logged_in()[1]["accessToken"]
    pages = list(portal.sso.get_paginator("list_accounts").paginate(accessToken=token))
    assert [len(page["accountList"]) for page in pages] == [100, 100, 50]
    found = portal.sso.list_account_roles(accessToken=token, accountId="000000000249", maxResults=2)
    assert [role["roleName"] for role in found["roleList"]] == ["Role0", "Role1"]
    assert found["nextToken"]
    gone = {"accessToken": token, "accountId": "999999999999"}
    assert refused(portal.sso.list_account_roles, **gone) == "ResourceNotFoundException"


def test_role_credentials_sign_calls_in_their_account(sandbox, portal):
    token = portal.logged_in()[1]["accessToken"]
    given = portal.sso.get_role_credentials(
        accessToken=token, accountId="012345678901", roleName="ReadOnlyAccess"
    )["roleCredentials"]
    key = given["accessKeyId"], given["secretAccessKey"], given["sessionToken"]
    identity = sandbox.client("sts", *key).get_caller_identity()
    assert identity["Account"] == "012345678901"
    assert "assumed-role/AWSReservedSSO_ReadOnlyAccess_" in identity["Arn"]
    assert given["expiration"] > 1_000_000_000_000
    assert refused(sandbox.client("iam", *key).list_users) == "AccessDenied"
    missing = {"accessToken": token, "accountId": "012345678901", "roleName": "Admin"}
    assert refused(portal.sso.get_role_credentials, **missing) == "ForbiddenException"


def test_a_fault_strikes_a_call_without_a_signature(portal):
    _, tokens = portal.logged_in()
    portal.control.fail("ListAccounts", "TooManyRequestsException", status=429)
    token = tokens["accessToken"]
    assert refused(portal.sso.list_accounts, accessToken=token) == "TooManyRequestsException"
    assert portal.sso.list_accounts(accessToken=token)["accountList"]

"""The sandbox's sign-in page refuses what AWS's refuses."""

import json
from urllib.parse import quote, urlencode

import pytest

from awscreds.sandbox.browser import Browser
from awscreds.sandbox.federation import LINK
from tests.sandbox.fixtures import credentials

EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@pytest.fixture
def sign_in(sandbox):
    def ask(key_id, secret, token, **more):
        session = {"sessionId": key_id, "sessionKey": secret, "sessionToken": token}
        query = {"Action": "getSigninToken", "Session": json.dumps(session), **more}
        return get(sandbox, urlencode(query))

    return ask


def get(sandbox, query):
    visitor = Browser()
    visitor.open(f"{sandbox.control.url}/federation?{query}")
    return visitor.page


def federated(sandbox, name="alice", **parameters):
    answer = sandbox.client("sts").get_federation_token(Name=name, Policy=EVERYTHING, **parameters)
    return credentials(answer)


def role(sandbox, *source):
    client = sandbox.client("sts", *source)
    arn = sandbox.facts["role_arn"]
    more = {}
    if not source:
        more = {"SerialNumber": sandbox.facts["mfa_serial"], "TokenCode": sandbox.token_code()}
    answer = client.assume_role(RoleArn=arn, RoleSessionName="me", **more)
    return credentials(answer)


def login(sandbox, page, destination="/console/s3/home?region=x", visitor=None):
    token = json.loads(page)["SigninToken"]
    query = {
        "Action": "login",
        "Destination": f"{sandbox.control.url}{destination}",
        "SigninToken": token,
    }
    visitor = visitor or Browser()
    visitor.open(f"{sandbox.control.url}/federation?{urlencode(query, quote_via=quote)}")
    return visitor.page


def test_roles_and_federated_users_sign_in(sandbox, sign_in):
    page = login(sandbox, sign_in(*role(sandbox)))
    assert "Signed in as arn:aws:sts::123456789012:assumed-role/admin/me. Page: /s3/home" in page
    page = login(sandbox, sign_in(*federated(sandbox)))
    assert "Signed in as arn:aws:sts::123456789012:federated-user/alice." in page


def test_no_session_of_a_user_and_no_key_signs_in(sandbox, sign_in):
    assert "Invalid credentials" in sign_in(*sandbox.session())
    assert "Invalid credentials" in sign_in(*sandbox.session(mfa=False))
    assert "Invalid credentials" in sign_in(*sandbox.key, "token")
    assert "Invalid credentials" in sign_in(*sandbox.root_key, "")


def test_what_is_wrong_with_credentials_is_refused(sandbox, sign_in):
    key_id, secret, token = federated(sandbox)
    assert "Invalid credentials" in sign_in(key_id, secret + "x", token)
    assert "Invalid credentials" in sign_in(key_id, secret, token[:-1])
    assert "Invalid credentials" in sign_in("ASIAIOSFODNN7EXAMPLE", secret, token)
    assert "Invalid credentials" in get(sandbox, "Action=getSigninToken&Session={}")
    assert "Invalid credentials" in get(sandbox, "Action=getSigninToken")
    once = json.dumps({"sessionId": key_id, "sessionKey": secret, "sessionToken": token})
    twice = urlencode({"Action": "getSigninToken", "Session": quote(once)})
    assert "Invalid credentials" in get(sandbox, twice)
    sandbox.control.advance(50_000)
    assert "Invalid credentials" in sign_in(key_id, secret, token)


@pytest.mark.parametrize("duration", ["899", "43201", "x", "-1", ""])
def test_a_duration_has_its_limits(sandbox, sign_in, duration):
    assert "Invalid duration" in sign_in(*role(sandbox), SessionDuration=duration)


def test_a_duration_is_only_for_roles_that_a_key_assumed(sandbox, sign_in):
    assert "SigninToken" in sign_in(*role(sandbox), SessionDuration="43200")
    chained = role(sandbox, *sandbox.session()) if sandbox.control.advance(60) else None
    assert "Invalid credentials" in sign_in(*chained, SessionDuration="3600")
    assert "SigninToken" in sign_in(*chained)
    assert "Invalid credentials" in sign_in(*federated(sandbox), SessionDuration="3600")


def test_a_link_is_for_its_console_and_for_a_quarter_of_an_hour(sandbox, sign_in):
    page = sign_in(*role(sandbox))
    assert "not a page of the console" in login(sandbox, page, "/other")
    assert "not a page of the console" in login(sandbox, page, "/console/ /x")
    visitor = Browser()
    assert "Signed in" in login(sandbox, page, visitor=visitor)
    sandbox.control.advance(LINK)
    assert "invalid or has expired" in login(sandbox, page)
    visitor.open(f"{sandbox.control.url}/console/iam/home")
    assert "Signed in" in visitor.page
    sandbox.control.advance(3600)
    visitor.open(f"{sandbox.control.url}/console/iam/home")
    assert "Nobody is signed in" in visitor.page


def test_an_unknown_action_is_refused(sandbox):
    assert "unknown" in get(sandbox, "Action=other")
    assert "unknown" in get(sandbox, "")
    assert "twice" in get(sandbox, "Action=login&Action=login")


def test_a_federated_user_may_only_ask_who_it_is(sandbox):
    session = federated(sandbox)
    sts, iam = sandbox.client("sts", *session), sandbox.client("iam", *session)
    arn = "arn:aws:sts::123456789012:federated-user/alice"
    assert sts.get_caller_identity()["Arn"] == arn
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=sandbox.facts["role_arn"], RoleSessionName="me")
    with pytest.raises(iam.exceptions.ClientError):
        iam.list_access_keys(UserName="alice")


@pytest.mark.parametrize("name", ["a", "a" * 33, "a b", "ä" * 3])
def test_the_name_of_a_federated_user_has_its_limits(sandbox, name):
    client = sandbox.client("sts", parameter_validation=False)
    with pytest.raises(client.exceptions.ClientError, match="ValidationError"):
        client.get_federation_token(Name=name)


def test_only_a_key_gets_a_federated_user(sandbox):
    client = sandbox.client("sts", *sandbox.session())
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.get_federation_token(Name="alice")
    client = sandbox.client("sts")
    with pytest.raises(client.exceptions.ClientError, match="policy"):
        client.get_federation_token(Name="alice", Policy="x" * 2049)

"""The server's side of Signature Version 4, against AWS's published example and botocore."""

import calendar
import dataclasses
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from awscreds.sandbox import sigv4
from awscreds.sandbox.responses import Refusal

# "Create a signed AWS API request", the worked example of the IAM User Guide.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
EXAMPLE = sigv4.SignedRequest(
    "GET",
    "/",
    "Action=ListUsers&Version=2010-05-08",
    {
        "host": "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            f"SignedHeaders=content-type;host;x-amz-date, Signature={SIGNATURE}"
        ),
    },
    b"",
)
THEN = calendar.timegm((2015, 8, 30, 12, 36, 0))


def check(request, *, secret=SECRET, now=THEN):
    sigv4.check_signature(request, sigv4.read_authorization(request.headers), secret, now=now)


def changed(**headers):
    return dataclasses.replace(EXAMPLE, headers={**EXAMPLE.headers, **headers})


def test_the_example_of_the_user_guide_is_accepted():
    check(EXAMPLE)


@pytest.mark.parametrize("late", [-300, 300])
def test_five_minutes_either_way_are_accepted(late):
    check(EXAMPLE, now=THEN + late)


@pytest.mark.parametrize(("late", "says"), [(301, "expired"), (-301, "not yet current")])
def test_more_than_five_minutes_are_not(late, says):
    with pytest.raises(Refusal, match=says) as caught:
        check(EXAMPLE, now=THEN + late)
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "request_",
    [
        dataclasses.replace(EXAMPLE, method="POST"),
        dataclasses.replace(EXAMPLE, path="/x"),
        dataclasses.replace(EXAMPLE, query="Action=ListRoles&Version=2010-05-08"),
        dataclasses.replace(EXAMPLE, body=b"UserName=bob"),
        changed(host="evil.example"),
        changed(**{"x-amz-date": "20150830T123601Z"}),
        changed(**{"x-amz-security-token": "unsigned"}),
    ],
    ids=["method", "path", "query", "body", "host", "date", "unsigned header"],
)
def test_whatever_was_changed_on_the_way_is_noticed(request_):
    with pytest.raises(Refusal) as caught:
        check(request_)
    assert caught.value.code == "SignatureDoesNotMatch"


def test_another_secret_is_noticed():
    with pytest.raises(Refusal, match="does not match the signature you provided"):
        check(EXAMPLE, secret=SECRET[:-1])


def test_a_date_outside_the_credential_scope_is_refused():
    with pytest.raises(Refusal, match="Credential scope"):
        check(changed(**{"x-amz-date": "20150831T123600Z"}))


def test_a_request_without_authorization_is_refused():
    with pytest.raises(Refusal) as caught:
        check(changed(authorization=""))
    assert caught.value.code == "MissingAuthenticationToken"


@pytest.mark.parametrize("header", ["Basic Zm9v", "AWS4-HMAC-SHA256 Credential=x", "\x00"])
def test_a_malformed_authorization_is_refused(header):
    with pytest.raises(Refusal) as caught:
        check(changed(authorization=header))
    assert caught.value.code == "IncompleteSignature"


@given(
    body=st.binary(max_size=200),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=64),
    pairs=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4),
    token=st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
)
def test_whatever_botocore_signs_is_accepted(body, secret, pairs, token):
    request = AWSRequest(
        "POST", "http://127.0.0.1:1/", data=body, params=pairs, headers={"Content-Type": "x/y"}
    )
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", secret, token)
    SigV4Auth(credentials, "sts", "eu-central-1").add_auth(request)
    prepared = request.prepare()
    headers = {name.lower(): value for name, value in prepared.headers.items()}
    sent = sigv4.SignedRequest(
        "POST",
        "/",
        prepared.url.partition("?")[2],
        {"host": "127.0.0.1:1", **{n: _text(v) for n, v in headers.items()}},
        body,
    )
    check(sent, secret=secret, now=time.time())


def _text(value):
    return value.decode() if isinstance(value, bytes) else value

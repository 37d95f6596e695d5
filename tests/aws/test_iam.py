"""The calls to IAM, against the sandbox's server and its faults."""

import contextlib
import http.server
import json
import socket
import ssl
import threading
import traceback

import pytest

from awscreds.aws import clients, once
from awscreds.aws.gateway import Aws, Identity
from awscreds.aws.iam import Iam, user_name_of
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model import policies
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.service_endpoint import ServiceEndpoint
from tests.sandbox.fixtures import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]

HOUR = 3600


def calls(sandbox, *credentials, **settings):
    """IAM for alice, or for whose credentials are given."""
    given = credentials or sandbox.key
    made = AccessKey(*given) if len(given) == 2 else Session(*given)
    return Iam(made, ServiceEndpoint("us-east-1", sandbox.control.url), **settings)


def keys_there(sandbox):
    """What IAM's own books hold."""
    endpoint = ServiceEndpoint("us-east-1", sandbox.control.url)
    answer = clients.client_for("iam", AccessKey(*sandbox.key), endpoint).list_access_keys()
    return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}


def signs(sandbox, key):
    with contextlib.suppress(AwsError):
        Aws().caller_identity(key, ServiceEndpoint("us-east-1", sandbox.control.url))
        return True
    return False


# -- what the calls do ------------------------------------------------------------------------


def test_a_key_is_created_used_deactivated_activated_and_deleted(sandbox):
    alice = calls(sandbox)
    made = alice.create_access_key(None)
    assert keys_there(sandbox) == {sandbox.key[0]: "Active", made.key.id: "Active"}
    assert signs(sandbox, made.key)
    assert abs(made.created - sandbox.control.now()) < 5

    alice.update_access_key(None, made.key.id, active=False)
    assert keys_there(sandbox)[made.key.id] == "Inactive"
    assert not signs(sandbox, made.key)
    alice.update_access_key(None, made.key.id, active=True)
    assert signs(sandbox, made.key)

    assert alice.delete_access_key(None, made.key.id)
    assert keys_there(sandbox) == {sandbox.key[0]: "Active"}
    assert not alice.delete_access_key(None, made.key.id)


def test_keys_are_listed_oldest_first_with_their_age(sandbox):
    alice = calls(sandbox)
    sandbox.control.advance(3 * HOUR)
    made = alice.create_access_key(None)
    alice.update_access_key(None, made.key.id, active=False)
    first, second = alice.list_access_keys(None)
    assert (first.id, first.is_active) == (sandbox.key[0], True)
    assert (second.id, second.is_active, second.status) == (made.key.id, False, "Inactive")
    assert second.created == made.created
    assert 3 * HOUR - 5 < second.created - first.created < 3 * HOUR + 5


def test_the_last_use_is_told_and_a_key_never_used_says_so(sandbox):
    alice = calls(sandbox)
    made = alice.create_access_key(None)
    unused = alice.last_used(made.key.id)
    assert (unused.when, unused.service, unused.region) == (None, None, None)
    used = alice.last_used(sandbox.key[0])
    assert (used.service, used.region) == ("iam", "us-east-1")
    assert abs(used.when - sandbox.control.now()) < 5


def test_servers_time_is_that_of_the_date_header(sandbox):
    alice = calls(sandbox)
    sandbox.control.advance(-48 * HOUR)
    alice.list_access_keys(None)
    assert abs(alice.server_time() - sandbox.control.now()) < 5


def test_a_session_with_mfa_serves_every_call_when_the_user_is_named(sandbox):
    sandbox.control.require_mfa("alice")
    alice = calls(sandbox, *sandbox.session())
    made = alice.create_access_key("alice")
    assert len(alice.list_access_keys("alice")) == 2
    assert alice.last_used(made.key.id).when is None
    alice.update_access_key("alice", made.key.id, active=False)
    assert alice.delete_access_key("alice", made.key.id)
    with pytest.raises(AwsError) as caught:
        alice.list_access_keys(None)
    assert caught.value.aws_code == "ValidationError"


def test_without_the_mfa_that_policy_demands_the_refusal_names_the_action(sandbox):
    sandbox.control.require_mfa("alice")
    with pytest.raises(AwsError, match="iam:ListAccessKeys") as caught:
        calls(sandbox).list_access_keys(None)
    assert caught.value.aws_code == "AccessDenied"


def test_no_more_than_two_keys_is_a_refusal_and_no_lost_answer(sandbox):
    alice = calls(sandbox)
    alice.create_access_key(None)
    with pytest.raises(AwsError, match="AccessKeysPerUser") as caught:
        alice.create_access_key(None)
    assert caught.value.aws_code == "LimitExceeded"
    assert not isinstance(caught.value, AnswerLost)


def test_a_new_key_that_spreads_slowly_is_refused_at_first(sandbox):
    sandbox.control.propagation(appear=10)
    made = calls(sandbox).create_access_key(None)
    with pytest.raises(AwsError) as caught:
        calls(sandbox, made.key.id, made.key.secret).list_access_keys(None)
    assert caught.value.aws_code == "InvalidClientTokenId"
    sandbox.control.advance(10)
    assert len(calls(sandbox, made.key.id, made.key.secret).list_access_keys(None)) == 2


def test_a_user_below_a_path_may_do_with_the_rotate_policy_what_rotation_does(sandbox):
    root = sandbox.client("iam", *sandbox.root_key)
    root.create_user(UserName="bob", Path="/division/team/")
    document = json.dumps(policies.rotate("aws"))
    root.put_user_policy(UserName="bob", PolicyName="Rotate", PolicyDocument=document)
    given = root.create_access_key(UserName="bob")["AccessKey"]
    key = AccessKey(given["AccessKeyId"], given["SecretAccessKey"])
    endpoint = ServiceEndpoint("us-east-1", sandbox.control.url)
    name = user_name_of(Aws().caller_identity(key, endpoint))
    assert name == "bob"

    bob = Iam(key, endpoint)
    made = bob.create_access_key(name)
    bob.last_used(made.key.id)
    bob.update_access_key(name, made.key.id, active=False)
    bob.delete_access_key(name, made.key.id)
    assert [info.id for info in bob.list_access_keys(name)] == [key.id]
    for of_alice in (lambda: bob.list_access_keys("alice"), lambda: bob.last_used(sandbox.key[0])):
        with pytest.raises(AwsError) as caught:
            of_alice()
        assert caught.value.aws_code == "AccessDenied"


# -- probes -----------------------------------------------------------------------------------

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def deny(sandbox, *actions):
    """Deny alice some actions; a root key asks, since she may not undo it."""
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [EVERYTHING, statement]}
    sandbox.client("iam", *sandbox.root_key).put_user_policy(
        UserName="alice", PolicyName="Test", PolicyDocument=json.dumps(document)
    )


@pytest.mark.parametrize("denied", ["iam:UpdateAccessKey", "iam:DeleteAccessKey"])
def test_probes_tell_what_is_allowed_and_change_nothing(sandbox, denied):
    alice = calls(sandbox)
    before = keys_there(sandbox)
    assert alice.can_update("alice")
    assert alice.can_delete("alice")
    deny(sandbox, denied)
    assert alice.can_update("alice") == (denied != "iam:UpdateAccessKey")
    assert alice.can_delete("alice") == (denied != "iam:DeleteAccessKey")
    assert keys_there(sandbox) == before


def test_a_probe_that_gets_no_answer_is_an_error_and_no_no(sandbox):
    sandbox.control.fail("UpdateAccessKey", count=None)
    sandbox.control.fail("DeleteAccessKey", count=None)
    alice = calls(sandbox)
    with pytest.raises(AwsError):
        alice.can_update(None)
    with pytest.raises(AwsError):
        alice.can_delete(None)


# -- faults -----------------------------------------------------------------------------------

IDEMPOTENT = {
    "ListAccessKeys": lambda alice, key_id: alice.list_access_keys(None),
    "GetAccessKeyLastUsed": lambda alice, key_id: alice.last_used(key_id),
    "UpdateAccessKey": lambda alice, key_id: alice.update_access_key(None, key_id, active=False),
    "DeleteAccessKey": lambda alice, key_id: alice.delete_access_key(None, key_id),
}


@pytest.fixture
def map_concurrently(monkeypatch):
    """Let botocore not wait between its tries."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)


@pytest.mark.parametrize("action", IDEMPOTENT)
@pytest.mark.parametrize("fault", ["drop", "drop after", "throttle", "fail", "fail after"])
def test_calls_that_can_be_repeated_outlive_a_fault(sandbox, map_concurrently, action, fault):
    alice = calls(sandbox)
    made = alice.create_access_key(None)
    kind, _, after = fault.partition(" ")
    when = {"when": "after"} if after else {}
    getattr(sandbox.control, kind)(action, **when)
    IDEMPOTENT[action](alice, made.key.id)
    assert len(sandbox.control.log(action)) == 2
    expected = {"UpdateAccessKey": "Inactive", "DeleteAccessKey": None}.get(action, "Active")
    assert keys_there(sandbox).get(made.key.id) == expected


@pytest.mark.parametrize("action", IDEMPOTENT)
def test_faults_without_end_are_an_error_that_says_what_failed(sandbox, map_concurrently, action):
    alice = calls(sandbox)
    sandbox.control.drop(action, count=None)
    with pytest.raises(AwsError, match="closed before AWS answered") as caught:
        IDEMPOTENT[action](alice, sandbox.key[0])
    assert caught.value.code == "aws-unreachable"
    assert sandbox.control.url in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        ({"kind": "drop", "when": "before"}, 0),
        ({"kind": "drop", "when": "after"}, 1),
        ({"kind": "fail", "when": "before"}, 0),
        ({"kind": "fail", "when": "after"}, 1),
        ({"kind": "fail", "code": "ServiceUnavailable", "status": 503, "when": "after"}, 1),
    ],
)
def test_a_lost_answer_to_create_is_told_and_the_call_never_repeated(sandbox, fault, made):
    fault = dict(fault)
    before = keys_there(sandbox)
    getattr(sandbox.control, fault.pop("kind"))("CreateAccessKey", count=None, **fault)
    with pytest.raises(AnswerLost, match="CreateAccessKey was lost") as caught:
        calls(sandbox).create_access_key(None)
    assert caught.value.code == "answer-lost"
    assert "keys list" in caught.value.hint
    assert len(sandbox.control.log("CreateAccessKey")) == 1
    assert len(keys_there(sandbox)) - len(before) == made


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_does_not_come_in_time_is_lost(sandbox, monkeypatch, when):
    monkeypatch.setattr(clients, "READ_SECONDS", 0.5)
    sandbox.control.hang("CreateAccessKey", when=when)
    with pytest.raises(AnswerLost, match="did not answer in time"):
        calls(sandbox).create_access_key(None)


def test_a_throttled_create_is_a_refusal_that_made_nothing(sandbox):
    sandbox.control.throttle("CreateAccessKey")
    with pytest.raises(AwsError, match="too many requests") as caught:
        calls(sandbox).create_access_key(None)
    assert caught.value.aws_code == "Throttling"
    assert not isinstance(caught.value, AnswerLost)
    assert len(sandbox.control.log("CreateAccessKey")) == 1
    assert len(keys_there(sandbox)) == 1


def test_a_connection_never_made_is_no_lost_answer(sandbox):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # not listening: refused
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(AwsError, match="no connection") as caught:
            Iam(AccessKey(*sandbox.key), ServiceEndpoint("us-east-1", url)).create_access_key(None)
    assert not isinstance(caught.value, AnswerLost)


def test_a_call_that_cannot_be_built_is_no_lost_answer(sandbox):
    endpoint = ServiceEndpoint("us-east-1", sandbox.control.url)
    with pytest.raises(AwsError, match="cannot call IAM") as caught:
        Iam(AccessKey(*sandbox.key), endpoint).create_access_key("")
    assert not isinstance(caught.value, AnswerLost)
    assert sandbox.control.log("CreateAccessKey") == []


@pytest.mark.parametrize(
    ("error", "settled"),
    [
        (ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), True),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), False),
    ],
)
def test_of_tls_errors_only_a_refused_certificate_comes_before_the_request(error, settled):
    from botocore.exceptions import SSLError

    assert once._is_settled(SSLError(endpoint_url="https://x", error=error)) is settled


class Garbling(http.server.BaseHTTPRequestHandler):
    """Answers as a broken proxy may: with a part of what AWS said."""

    body = b""

    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def garbled():
    """A server that gives ``Garbling.body`` for an answer."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Garbling) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CUT_OFF = f"<CreateAccessKeyResponse><AccessKey><SecretAccessKey>{SECRET}</Secr".encode()
NO_KEY = b"<CreateAccessKeyResponse><CreateAccessKeyResult/></CreateAccessKeyResponse>"


@pytest.mark.parametrize("body", [CUT_OFF, NO_KEY, b"<html>log in first</html>", b""])
def test_an_answer_that_cannot_be_read_is_lost_and_shows_nothing_of_itself(
    garbled, monkeypatch, body
):
    monkeypatch.setattr(Garbling, "body", body)
    alice = Iam(AccessKey("AKIAIOSFODNN7EXAMPLE", SECRET), ServiceEndpoint("us-east-1", garbled))
    with pytest.raises(AnswerLost) as caught:
        alice.create_access_key(None)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_what_is_no_answer_of_aws_is_named_and_not_shown(garbled, monkeypatch):
    monkeypatch.setattr(Garbling, "body", CUT_OFF)
    alice = Iam(AccessKey("AKIAIOSFODNN7EXAMPLE", SECRET), ServiceEndpoint("us-east-1", garbled))
    with pytest.raises(AwsError, match="does not answer like AWS") as caught:
        alice.list_access_keys(None)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_secret_is_not_asked_for_over_plain_http_to_another_machine(sandbox):
    alice = Iam(AccessKey(*sandbox.key), ServiceEndpoint("us-east-1", "http://192.0.2.1:1"))
    with pytest.raises(ConfigurationError, match="plain http"):
        alice.create_access_key(None)


def test_a_created_key_never_shows_its_secret(sandbox):
    made = calls(sandbox).create_access_key(None)
    assert made.key.secret not in repr(made) + repr(made.key) + repr(vars(calls(sandbox)))


# -- whose ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/alice", "alice"),
        ("arn:aws-cn:iam::123456789012:user/division/team/alice", "alice"),
        ("arn:aws:iam::123456789012:root", None),
        ("arn:aws:sts::123456789012:assumed-role/admin/alice", None),
        ("arn:aws:sts::123456789012:federated-user/alice", None),
    ],
)
def test_the_user_is_the_last_part_of_a_users_arn(arn, name):
    assert user_name_of(Identity("123456789012", arn, "AIDA")) == name

"""The gateway to AWS: each refusal and network failure in our words, no secret in any."""

import http.server
import socket
import threading

import pytest

from awscreds.aws import clients
from awscreds.aws.gateway import Aws
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.service_endpoint import ServiceEndpoint
from tests.sandbox.fixtures import sandbox, sandbox_server
from tests.stores.backends.contract import everything_said

__all__ = ["sandbox", "sandbox_server"]

ALWAYS = {"count": None}


@pytest.fixture
def ask(sandbox, monkeypatch):
    """Call GetCallerIdentity with alice's key, or other credentials, or at another place."""
    monkeypatch.setattr("awscreds.aws.clients.CONNECT_SECONDS", 1)
    monkeypatch.setattr("awscreds.aws.clients.READ_SECONDS", 1)

    def call(credentials=None, url=None):
        where = ServiceEndpoint(sandbox.facts["region"], url or sandbox.control.url)
        return Aws().caller_identity(credentials or AccessKey(*sandbox.key), where)

    return call


def refused(ask, *words, **elsewhere):
    """The error of a call, which shows none of ``words``."""
    with pytest.raises(AwsError) as caught:
        ask(**elsewhere)
    said = everything_said(caught.value) + str(caught.value.hint)
    for word in words:
        assert word not in said
    return caught.value


def test_the_identity_is_what_aws_says(ask, sandbox):
    found = ask()
    assert (found.account, found.arn) == ("123456789012", "arn:aws:iam::123456789012:user/alice")
    assert not found.is_root
    assert ask(AccessKey(*sandbox.root_key)).is_root


def test_a_wrong_secret_is_named_and_neither_it_nor_awss_text_is_shown(ask, sandbox):
    wrong = "w" * 40
    error = refused(ask, wrong, "Canonical", credentials=AccessKey(sandbox.key[0], wrong))
    assert error.aws_code == "SignatureDoesNotMatch"
    assert "does not belong" in error.message


def test_a_session_token_never_comes_back_in_an_error(ask, sandbox):
    key_id, secret, token = sandbox.session(mfa=False)
    wrong = Session(key_id, "w" * 40, token)
    assert refused(ask, secret, token, "w" * 40, credentials=wrong).aws_code


def test_an_unknown_key_and_an_expired_session_are_told_apart(ask, sandbox):
    unknown = AccessKey("AKIAIOSFODNN7EXAMPLE", "s" * 40)
    assert refused(ask, "s" * 40, credentials=unknown).aws_code == "InvalidClientTokenId"
    session = Session(*sandbox.session(mfa=False, DurationSeconds=900))
    sandbox.control.advance(901)
    error = refused(ask, session.secret, session.token, credentials=session)
    assert error.aws_code is not None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "expired"),
        ("RequestExpired", "clock"),
        ("RequestTimeTooSkewed", "clock"),
        ("OptInRequired", "region"),
        ("UnrecognizedClientException", "rejected this access key"),
        ("SomethingNew", "AWS refused the call"),
    ],
)
def test_each_refusal_has_its_words_and_never_awss_own(ask, sandbox, code, words):
    secret = sandbox.key[1]
    sandbox.control.fail(
        "GetCallerIdentity", code, status=403, message=f"text with {secret}", **ALWAYS
    )
    error = refused(ask, secret)
    assert words in error.message
    assert (error.aws_code, error.code, error.exit_code) == (code, "aws-refused", 5)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_permission_that_lacks_is_named_as_aws_names_it(ask, sandbox, code):
    text = "not authorized to perform: sts:GetCallerIdentity"
    sandbox.control.fail("GetCallerIdentity", code, status=403, message=text, **ALWAYS)
    error = refused(ask, sandbox.key[1])
    assert "does not allow this call" in error.message
    assert "sts:GetCallerIdentity" in error.message


def test_a_passing_failure_is_tried_again(ask, sandbox):
    sandbox.control.throttle("GetCallerIdentity", count=1)
    assert ask().account


@pytest.mark.parametrize("fault", ["hang", "drop"])
def test_an_answer_that_never_comes_is_given_up(ask, sandbox, fault):
    getattr(sandbox.control, fault)("GetCallerIdentity", **ALWAYS)
    error = refused(ask, sandbox.key[1])
    assert (error.code, error.aws_code) == ("aws-unreachable", None)
    assert sandbox.control.url in error.message


def test_a_place_where_nobody_listens_is_named(ask, sandbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = refused(ask, sandbox.key[1], url=url)
    assert error.code == "aws-unreachable"
    assert url in error.message


def test_an_endpoint_that_is_no_url_is_a_plain_error():
    with pytest.raises(ConfigurationError) as caught:
        ServiceEndpoint("us-east-1", "not a url")
    assert caught.value.exit_code == 3


def test_what_is_inherited_signs_nothing(ask, sandbox, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", sandbox.root_key[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", sandbox.root_key[1])
    monkeypatch.setenv("AWS_SESSION_TOKEN", "inherited")
    monkeypatch.setenv("AWS_PROFILE", "nope")
    assert not ask().is_root


def test_clients_read_the_descriptions_of_the_services_they_need_and_no_others():
    """botocore would look through the folders of 400 services for each client."""
    core = clients._fileless_session(ServiceEndpoint("us-east-1"))
    assert core.get_component("data_loader") is clients.service_loader()


def test_a_question_that_is_asked_again_goes_over_a_new_connection():
    connections = []

    class Sts(http.server.BaseHTTPRequestHandler):
        """Leaves a connection open for more requests, as AWS does."""

        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            connections.append(self.client_address)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = (
                b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a"
                b"</Arn><UserId>AIDA</UserId><Account>1</Account></GetCallerIdentityResult>"
                b"</GetCallerIdentityResponse>"
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = ServiceEndpoint("us-east-1", f"http://127.0.0.1:{server.server_address[1]}")
        ask = Aws().identity_question(AccessKey("AKIAIOSFODNN7EXAMPLE", "x" * 40), where)
        assert {ask().arn for _ in range(3)} == {"arn:aws:iam::1:user/a"}
        assert len(connections) == 3
        server.shutdown()

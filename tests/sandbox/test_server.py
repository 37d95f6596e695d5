"""Faults, the log, the control interface, and how the server's process lives and dies."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from awscreds.errors import AwscredsError
from awscreds.sandbox import sigv4
from awscreds.sandbox.client import Control
from awscreds.sandbox.server import Application
from awscreds.sandbox.state import Clock, Fault
from awscreds.sandbox.world import Server


def dropped(app, action):
    """A call that the server ends without an answer."""
    signed = "Credential=AKIAIOSFODNN7EXAMPLE/20261126/us-east-1/iam/aws4_request"
    signed += f", SignedHeaders=host, Signature={'0' * 64}"
    headers = {"authorization": f"AWS4-HMAC-SHA256 {signed}"}
    with pytest.raises(ConnectionAbortedError):
        app._call(sigv4.SignedRequest("POST", "/", f"Action={action}", headers, b""))


def keys_of_alice(sandbox):
    return sandbox.client("iam").list_access_keys()["AccessKeyMetadata"]


class TestFaults:
    def test_a_call_fails_with_the_code_it_was_told_to(self, sandbox):
        sandbox.control.fail("CreateAccessKey", "ServiceFailure", status=503, message="not now")
        with pytest.raises(ClientError) as caught:
            sandbox.client("iam").create_access_key()
        assert caught.value.response["Error"]["Code"] == "ServiceFailure"
        assert caught.value.response["Error"]["Message"] == "not now"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert len(keys_of_alice(sandbox)) == 1

    def test_a_call_may_fail_after_it_took_effect(self, sandbox):
        sandbox.control.fail("CreateAccessKey", when="after")
        with pytest.raises(ClientError, match="InternalFailure"):
            sandbox.client("iam").create_access_key()
        assert len(keys_of_alice(sandbox)) == 2

    def test_the_nth_call_and_so_many_after_it_are_struck(self, sandbox):
        sandbox.control.fail("GetCallerIdentity", nth=2, count=2)
        sts = sandbox.client("sts")
        outcomes = []
        for _ in range(5):
            try:
                sts.get_caller_identity()
                outcomes.append("ok")
            except ClientError as error:
                outcomes.append(error.response["Error"]["Code"])
        assert outcomes == ["ok", "InternalFailure", "InternalFailure", "ok", "ok"]

    def test_a_fault_without_a_count_lasts_and_strikes_no_other_action(self, sandbox):
        sandbox.control.fail("ListAccessKeys", count=None)
        iam = sandbox.client("iam")
        for _ in range(3):
            with pytest.raises(ClientError):
                iam.list_access_keys()
        assert iam.list_mfa_devices()

    def test_a_throttled_call_is_retried_by_boto3_and_then_works(self, sandbox):
        sandbox.control.throttle("GetCallerIdentity")
        sts = sandbox.client("sts", retries={"mode": "standard", "total_max_attempts": 2})
        assert sts.get_caller_identity()["Arn"]
        assert [entry["outcome"] for entry in sandbox.control.log()] == ["Throttling", "ok"]

    def test_a_connection_dropped_before_the_call_leaves_no_trace(self, sandbox):
        sandbox.control.drop("CreateAccessKey")
        with pytest.raises(ConnectionClosedError):
            sandbox.client("iam").create_access_key()
        assert len(keys_of_alice(sandbox)) == 1
        assert sandbox.control.log("CreateAccessKey")[0]["outcome"] == "dropped"

    def test_a_lost_answer_leaves_its_effect(self, sandbox):
        sandbox.control.drop("CreateAccessKey", when="after")
        with pytest.raises(ConnectionClosedError):
            sandbox.client("iam").create_access_key()
        assert len(keys_of_alice(sandbox)) == 2

    def test_a_retry_after_a_lost_answer_makes_an_orphan(self, sandbox):
        sandbox.client("iam").delete_access_key(AccessKeyId=sandbox.key[0])
        sandbox.control.drop("CreateAccessKey", when="after")
        root = sandbox.client("iam", *sandbox.root_key, retries={"total_max_attempts": 2})
        kept = root.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        keys = root.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        assert len(keys) == 2
        assert kept in {key["AccessKeyId"] for key in keys}

    def test_a_hanging_call_outlasts_its_caller_and_others_go_on(self, sandbox):
        sandbox.control.hang("GetCallerIdentity")
        with pytest.raises(ReadTimeoutError):
            sandbox.client("sts", read_timeout=0.2).get_caller_identity()
        assert keys_of_alice(sandbox)

    def test_a_hanging_call_goes_on_when_it_is_released(self, sandbox):
        sandbox.control.hang("CreateUser")
        iam, answers = sandbox.client("iam"), []
        caller = threading.Thread(target=lambda: answers.append(iam.create_user(UserName="bob")))
        caller.start()
        assert len(iam.list_users()["Users"]) == 1
        while caller.is_alive():  # it may not have arrived yet
            sandbox.control.release()
            caller.join(0.02)
        assert answers[0]["User"]["UserName"] == "bob"

    def test_a_call_that_hangs_over_a_reset_is_in_no_log(self):
        app = Application("token", Clock())
        arrived, is_reset = threading.Event(), threading.Event()

        class Slow(threading.Event):
            def wait(self, timeout=None):
                arrived.set()
                return is_reset.wait(30)

        app._faults.add(Fault("GetUser", "hang", released=Slow()))
        call = threading.Thread(target=dropped, args=(app, "GetUser"))
        call.start()
        assert arrived.wait(30)
        app._reset()
        is_reset.set()
        call.join(30)
        assert app._log.entries() == []

    def test_a_hanging_call_goes_on_after_its_seconds(self, sandbox):
        sandbox.control.hang("GetCallerIdentity", seconds=0.05)
        assert sandbox.client("sts").get_caller_identity()["Arn"]

    def test_a_call_that_hangs_through_a_reset_has_no_effect_on_the_next_account(self, sandbox):
        sandbox.control.hang("CreateUser")
        iam = sandbox.client("iam")

        def create():
            # Dropped while it hung, or its key unknown where the reset came first.
            with contextlib.suppress(ConnectionClosedError, ClientError):
                iam.create_user(UserName="bob")

        caller = threading.Thread(target=create)
        caller.start()
        while caller.is_alive():
            sandbox.facts = sandbox.control.reset()
            sandbox.control.hang("CreateUser")
            caller.join(0.05)
        users = sandbox.client("iam").list_users()["Users"]
        assert [user["UserName"] for user in users] == ["alice"]


class TestLog:
    def test_it_says_who_called_what_and_how_it_ended(self, sandbox):
        iam = sandbox.client("iam")
        iam.list_access_keys()
        with pytest.raises(ClientError):
            iam.get_role(RoleName="none")
        listed, got = sandbox.control.log()
        assert (listed["service"], listed["action"]) == ("iam", "ListAccessKeys")
        assert (listed["key_id"], listed["outcome"]) == (sandbox.key[0], "ok")
        assert (got["action"], got["outcome"], got["status"]) == ("GetRole", "NoSuchEntity", 404)
        assert abs(listed["time"] - sandbox.control.now()) < 60

    def test_it_holds_no_secret_and_no_token_code(self, sandbox):
        key_id, secret, token = sandbox.session()
        sandbox.client("sts", key_id, secret, token).get_caller_identity()
        text = repr(sandbox.control.log())
        assert key_id in text
        for hidden in (secret, token, sandbox.key[1], sandbox.token_code()):
            assert hidden not in text


def ask(sandbox, path="/_sandbox/facts", **headers):
    """Status and body of a bare request to the server."""
    parts = urlsplit(sandbox.control.url)
    with contextlib.closing(http.client.HTTPConnection(parts.hostname, parts.port)) as connection:
        connection.request("POST", path, body="{}", headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


class TestControl:
    @pytest.mark.parametrize("token", [None, "", "x" * 43, "\xe9"])
    def test_nobody_gets_in_without_the_token(self, sandbox, token):
        headers = {} if token is None else {"X-Sandbox-Token": token}
        status, body = ask(sandbox, **headers)
        assert status == 403
        assert sandbox.key[1] not in body

    def test_a_wrong_token_is_an_error_for_the_client(self, sandbox):
        with pytest.raises(AwscredsError, match="token is not this sandbox's"):
            Control(sandbox.control.url, "wrong").facts()

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "evil.example:80"},
            {"Host": "127.0.0.1.evil.example"},
            {"Host": ""},
            {"Origin": "http://evil.example"},
        ],
    )
    @pytest.mark.parametrize("path", ["/", "/_sandbox/facts"])
    def test_a_web_page_gets_in_nowhere(self, sandbox, headers, path):
        status, body = ask(sandbox, path, **headers, **{"X-Sandbox-Token": sandbox.control.token})
        assert status == 403
        assert "only programs on this machine" in body

    def test_it_listens_on_loopback_only(self, sandbox):
        port = urlsplit(sandbox.control.url).port
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))

    def test_what_it_does_not_know_is_refused(self, sandbox):
        with pytest.raises(AwscredsError, match="no such operation"):
            sandbox.control._ask("destroy")
        with pytest.raises(AwscredsError, match="refused advance"):
            sandbox.control._ask("advance", hours=1)
        with pytest.raises(AwscredsError, match="cannot be found"):
            sandbox.control.require_mfa("nobody")

    def test_the_code_it_shows_is_known_to_be_spent(self, sandbox):
        serial = sandbox.facts["mfa_serial"]
        sandbox.control.advance(-(sandbox.control.now() % 30) + 5)
        shown = sandbox.control.code(serial)
        assert (shown["code"], shown["spent"]) == (sandbox.token_code(), False)
        assert 0 < shown["seconds_left"] <= 30
        sandbox.session()
        assert sandbox.control.code(serial)["spent"] is True
        sandbox.control.advance(30)
        assert sandbox.control.code(serial)["spent"] is False

    def test_its_text_form_hides_the_token(self, sandbox):
        assert sandbox.control.token not in repr(sandbox.control)


class TestProcess:
    def test_it_ends_when_whoever_started_it_is_killed(self):
        program = (
            "import os, signal\n"
            "from awscreds.sandbox.world import Server\n"
            "server = Server()\n"
            "print(server.control.url, server.pid, flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        parts = urlsplit(done.stdout.split()[0])
        deadline = time.monotonic() + 30
        while _answers(parts.hostname, parts.port):
            assert time.monotonic() < deadline, "the server outlived its parent"
            time.sleep(0.02)

    def test_it_is_gone_after_close(self):
        with Server() as server:
            pid = server.pid
            assert server.control.now() > 0
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(AwscredsError, match="does not answer"):
            server.control.facts()

    def test_a_server_that_cannot_start_says_why(self, monkeypatch):
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(AwscredsError, match="did not start"):
            Server()


def _answers(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True

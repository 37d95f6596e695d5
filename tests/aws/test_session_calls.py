"""Sessions from a server that is as strict as AWS, and from botocore's own providers."""

import http.server
import json
import threading
import time

import pytest

from awscreds.aws.errors import off_by
from awscreds.aws.gateway import Aws, RoleRequest
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import resolve_chain
from awscreds.model.service_endpoint import ServiceEndpoint
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.logins import LoginFiles
from awscreds.stores.mfa_devices import MfaDeviceCache
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.sessions.context import CacheScope, SessionDeps
from awscreds.workflows.sessions.provider import WITHOUT_MFA, SessionProvider
from awscreds.workflows.sessions.requests import SessionRequest
from awscreds.workflows.sessions.token_codes import Codes
from tests.sandbox.fixtures import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]

HOUR = 3600


@pytest.fixture
def aws():
    return Aws()


@pytest.fixture
def endpoint(sandbox):
    return ServiceEndpoint(sandbox.facts["region"], sandbox.control.url)


@pytest.fixture
def key(sandbox):
    return AccessKey(*sandbox.key)


@pytest.fixture
def root(sandbox):
    return AccessKey(*sandbox.root_key)


def with_code(sandbox, steps=0):
    return {"serial": sandbox.facts["mfa_serial"], "code": sandbox.token_code(steps)}


def refusal(call, *arguments, **named):
    with pytest.raises(AwsError) as caught:
        call(*arguments, **named)
    return caught.value


class TestSessionToken:
    def test_lasts_twelve_hours_by_itself(self, aws, endpoint, key):
        session = aws.session_token(key, endpoint)
        assert session.id.startswith("ASIA")
        assert session.expiration - time.time() == pytest.approx(12 * HOUR, abs=60)

    def test_lasts_as_long_as_asked(self, aws, endpoint, key):
        session = aws.session_token(key, endpoint, duration=900)
        assert session.expiration - time.time() == pytest.approx(900, abs=60)

    def test_carries_mfa(self, aws, endpoint, key, sandbox):
        sandbox.control.require_mfa("alice")
        without = aws.session_token(key, endpoint)
        session = aws.session_token(key, endpoint, **with_code(sandbox))
        assert refusal(aws.mfa_devices, without, endpoint).aws_code == "InvalidClientTokenId"
        users = sandbox.client("iam", session.id, session.secret, session.token).list_users()
        assert [user["UserName"] for user in users["Users"]] == ["alice"]

    def test_of_root_lasts_an_hour(self, aws, endpoint, root):
        session = aws.session_token(root, endpoint, duration=12 * HOUR)
        assert session.expiration - time.time() == pytest.approx(HOUR, abs=60)

    def test_takes_a_code_once(self, aws, endpoint, key, sandbox):
        given = with_code(sandbox)
        aws.session_token(key, endpoint, **given)
        assert refusal(aws.session_token, key, endpoint, **given).code == "mfa-code-refused"

    def test_tells_a_device_of_somebody_else(self, aws, endpoint, key, sandbox):
        given = with_code(sandbox) | {"serial": sandbox.facts["mfa_serial"] + "2"}
        assert refusal(aws.session_token, key, endpoint, **given).code == "mfa-device-refused"

    def test_is_not_given_for_a_session_and_aws_says_why(self, aws, endpoint, key):
        error = refusal(aws.session_token, aws.session_token(key, endpoint), endpoint)
        assert "Cannot call GetSessionToken with session credentials" in error.message


class TestAssumeRole:
    def test_with_a_session_with_mfa(self, aws, endpoint, key, sandbox):
        session = aws.session_token(key, endpoint, **with_code(sandbox))
        role = aws.assume_role(
            session, endpoint, RoleRequest(sandbox.facts["role_arn"], "me", duration=1800)
        )
        assert role.expiration - time.time() == pytest.approx(1800, abs=60)
        assert aws.caller_identity(role, endpoint).arn.endswith(":assumed-role/admin/me")

    def test_with_a_code_of_its_own(self, aws, endpoint, key, sandbox):
        role = aws.assume_role(
            aws.session_token(key, endpoint),
            endpoint,
            RoleRequest(sandbox.facts["role_arn"], "me", **with_code(sandbox)),
        )
        assert role.id.startswith("ASIA")

    def test_without_the_mfa_that_the_role_wants_is_refused_by_name(
        self, aws, endpoint, key, sandbox
    ):
        error = refusal(
            aws.assume_role, key, endpoint, RoleRequest(sandbox.facts["role_arn"], "me")
        )
        assert (error.aws_code, error.code) == ("AccessDenied", "aws-refused")
        assert f"sts:AssumeRole on resource: {sandbox.facts['role_arn']}" in error.message

    def test_longer_than_the_roles_maximum_says_how_to_raise_that(
        self, aws, endpoint, key, sandbox
    ):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.facts['account']}:root"},
            "Action": "sts:AssumeRole",
        }
        arn = sandbox.client("iam").create_role(
            RoleName="short",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            MaxSessionDuration=3600,
        )["Role"]["Arn"]
        given = {"role_arn": arn, "session_name": "me"}
        error = refusal(aws.assume_role, key, endpoint, RoleRequest(**given, duration=7200))
        assert "MaxSessionDuration" in error.message
        assert "--max-session-duration" in error.hint
        aws.assume_role(key, endpoint, RoleRequest(**given, duration=3600))

    def test_chained_for_longer_than_an_hour_says_what_to_ask_for(
        self, aws, endpoint, key, sandbox
    ):
        given = {"role_arn": sandbox.facts["role_arn"], "session_name": "me"}
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.facts['account']}:root"},
            "Action": "sts:AssumeRole",
        }
        sandbox.client("iam").update_assume_role_policy(
            RoleName="admin",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        role = aws.assume_role(key, endpoint, RoleRequest(**given))
        error = refusal(aws.assume_role, role, endpoint, RoleRequest(**given, duration=7200))
        assert "--duration 1h" in error.hint

    def test_passes_the_external_id_on(self, aws, endpoint, key, sandbox):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.facts['account']}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "e-1"}},
        }
        arn = sandbox.client("iam").create_role(
            RoleName="partner",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        aws.assume_role(key, endpoint, RoleRequest(arn, "me", external_id="e-1"))
        refusal(aws.assume_role, key, endpoint, RoleRequest(arn, "me", external_id="e-2"))


class TestDevices:
    def test_are_listed_for_the_keys_own_user(self, aws, endpoint, key, sandbox):
        assert aws.mfa_devices(key, endpoint) == [sandbox.facts["mfa_serial"]]

    def test_are_denied_in_words(self, aws, endpoint, key, sandbox):
        sandbox.control.require_mfa("alice")
        error = refusal(aws.mfa_devices, key, endpoint)
        assert error.aws_code == "AccessDenied"
        assert "iam:ListMFADevices" in error.message


class TestTheClock:
    def test_aws_date_is_held_against_this_clock(self, endpoint, key):
        aws = Aws(clock=lambda: time.time() - 90)
        assert aws.clock.skew is None
        aws.session_token(key, endpoint)
        assert aws.clock.skew == pytest.approx(90, abs=5)

    def test_a_refusal_tells_it_too(self, aws, endpoint, key, sandbox):
        sandbox.control.advance(-600)
        given = {"serial": sandbox.facts["mfa_serial"], "code": "000000"}
        refusal(aws.session_token, key, endpoint, **given)
        assert aws.clock.skew == pytest.approx(-600, abs=5)

    def test_a_signature_that_is_out_of_date_is_put_down_to_it(self, endpoint, key, sandbox):
        sandbox.control.advance(1800)
        sandbox.control.fail("*", "SignatureDoesNotMatch", status=403, message="Signature expired")
        error = refusal(Aws().session_token, key, endpoint)
        assert "this machine's clock is 30 minutes behind AWS's" in error.message

    @pytest.mark.parametrize(
        ("skew", "words"),
        [(90, "1 minute 30 seconds behind AWS's"), (-7200, "2 hours ahead of AWS's")],
    )
    def test_is_worded(self, skew, words):
        assert off_by(skew) == words


class TestParameters:
    def test_one_that_is_too_short_is_named_and_not_shown(self, aws, key, endpoint):
        error = refusal(aws.session_token, key, endpoint, serial="hush", code="123456")
        assert "SerialNumber" in error.message
        assert "hush" not in error.message


class TestPlainHttp:
    @pytest.mark.parametrize("url", ["http://sts.example.com", "HTTP://10.0.0.1:4566"])
    def test_is_refused_before_anything_is_sent(self, aws, key, url):
        endpoint = ServiceEndpoint("eu-central-1", url)
        role = [RoleRequest("arn:aws:iam::123456789012:role/x", "me")]
        for call, arguments in (
            (aws.session_token, []),
            (aws.assume_role, role),
            (aws.assume_role_with_web_identity, role),
        ):
            first = "eyJ" if call == aws.assume_role_with_web_identity else key
            with pytest.raises(ConfigurationError) as caught:
                call(first, endpoint, *arguments)
            assert caught.value.code == "plain-http"


class TestSecrets:
    def test_no_refusal_shows_one(self, aws, endpoint, key, sandbox):
        session = aws.session_token(key, endpoint)
        wrong = Session(session.id, "x" * 40, session.token)
        error = refusal(aws.caller_identity, wrong, endpoint)
        for shown in (str(error), repr(error), error.message, error.hint or ""):
            assert session.token not in shown
            assert "x" * 40 not in shown

    def test_the_text_of_an_answer_is_escaped(self, aws, endpoint, key, sandbox):
        sandbox.control.fail(
            "GetSessionToken", "AccessDenied", status=403, message="no &#27;[31m way"
        )
        assert "\x1b" not in refusal(aws.session_token, key, endpoint).message


class TestTheUsersFiles:
    def test_are_not_read_by_our_own_calls(self, aws, endpoint, key, tmp_path, monkeypatch):
        broken = tmp_path / "config"
        broken.write_text("[profile a]\nx = 1\n[profile a]\nnonsense")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(broken))
        monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
        assert aws.session_token(key, endpoint).token


class Stub(http.server.BaseHTTPRequestHandler):
    """One answer to whatever is asked; what was asked is kept."""

    answer = b""
    asked = None

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        type(self).asked = (self.path, dict(self.headers), self.rfile.read(length).decode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.answer)

    def do_GET(self):
        self.do_POST()

    def log_message(self, *_):
        pass


@pytest.fixture
def stub():
    handler = type("Handler", (Stub,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


class TestWebIdentity:
    ANSWER = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEB</AccessKeyId>
      <SecretAccessKey>hidden</SecretAccessKey><SessionToken>token</SessionToken>
      <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""

    def test_needs_no_key_and_is_not_signed(self, aws, stub, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAINHERITED")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "inherited")
        stub.answer = self.ANSWER.encode()
        session = aws.assume_role_with_web_identity(
            "eyJhbGci",
            ServiceEndpoint("eu-central-1", stub.url),
            RoleRequest("arn:aws:iam::123456789012:role/w", "me"),
        )
        assert (session.id, session.expiration) == ("ASIAWEB", 4102444800)
        _, headers, body = stub.asked
        assert "Authorization" not in headers
        assert "WebIdentityToken=eyJhbGci" in body


class TestProviders:
    """botocore's providers, with files of the user's that only they read."""

    @pytest.fixture
    def files(self, tmp_path):
        def write(config):
            (tmp_path / "config").write_text(config)
            return str(tmp_path / "config"), str(tmp_path / "credentials")

        return write

    def ask(self, aws, kind, files):
        return aws.providers.credentials(kind, "p", ServiceEndpoint("eu-central-1"), files)

    def test_a_config_that_botocore_refuses_is_said_to_be_that(self, aws, files):
        with pytest.raises(ConfigurationError) as caught:
            self.ask(aws, "ecs", files("[profile p]\nx = 1\n[profile p]\nx = 2\n"))
        assert "config" in caught.value.message

    def test_a_container_is_asked_at_its_address(self, aws, files, stub, monkeypatch):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", stub.url + "/keys")
        stub.answer = json.dumps(
            {
                "AccessKeyId": "ASIAECS",
                "SecretAccessKey": "hidden",
                "Token": "token",
                "Expiration": "2100-01-01T00:00:00Z",
            }
        ).encode()
        session = self.ask(aws, "ecs", files("[profile p]\n"))
        assert (session.id, session.expiration) == ("ASIAECS", 4102444800)

    @pytest.mark.parametrize("kind", ["ec2", "ecs"])
    def test_a_machine_that_is_none_says_so(self, aws, files, kind):
        error = refusal(self.ask, aws, kind, files("[profile p]\n"))
        assert error.code == "no-credentials"


class TestAltogether:
    """The workflow over the real cache and the real gateway."""

    @pytest.fixture
    def obtain(self, sandbox, tmp_path):
        state_dir = StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))
        facts = sandbox.facts
        environ = {"AWS_ENDPOINT_URL": sandbox.control.url, "USER": "alice"}
        asked = []

        def type_code(text):
            asked.append(text)
            return sandbox.token_code()

        def run(name, mfa=True, **options):
            serial = f"mfa_serial = {facts['mfa_serial']}\n" if mfa else ""
            config = (
                f"[profile dev]\nregion = {facts['region']}\n"
                f"awscreds_access_key_id = {facts['access_key_id']}\n{serial}"
                f"[profile admin]\nrole_arn = {facts['role_arn']}\nsource_profile = dev\n"
                f"[profile again]\nrole_arn = {facts['role_arn']}\nsource_profile = admin\n"
                "role_session_name = deeper\nduration_seconds = 7200\n"
            )
            profiles = Profiles(Document.parse(config.encode()), Document())
            deps = SessionDeps(
                profiles=profiles,
                environ=environ,
                key_of=lambda _: AccessKey(*sandbox.key),
                cache=SessionCache(state_dir, lambda: b"k" * 32, note=pytest.fail, kernel=None),
                aws=Aws(),
                codes=Codes(ask=type_code, say=print, environ={}),
                devices=MfaDeviceCache(state_dir, clock=time.time),
                logins=LoginFiles(environ),
                scope=CacheScope(("/c", "/k"), state_dir.path, "vault"),
                clock=time.time,
                run_process=pytest.fail,
                stored_code=lambda *_: None,
            )
            chain = resolve_chain(profiles, name)
            return SessionProvider(deps, chain, SessionRequest(**options)).obtain()

        run.asked = asked
        return run

    def test_one_code_serves_the_user_the_role_and_the_chain(self, obtain, sandbox, endpoint):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.facts['account']}:root"},
            "Action": "sts:AssumeRole",
        }
        for name in ("dev", "admin"):
            assert obtain(name).notes == []
        sandbox.client("iam").update_assume_role_policy(
            RoleName="admin",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        result = obtain("again")
        assert "lasts one hour, not 2 hours" in result.notes[0]
        identity = Aws().caller_identity(result.session, endpoint)
        assert identity.arn.endswith(":assumed-role/admin/deeper")
        assert len(obtain.asked) == 1
        assert len(sandbox.control.log("GetSessionToken")) == 1
        assert len(sandbox.control.log("AssumeRole")) == 2

    def test_a_code_that_was_used_is_said_to_be_that(self, obtain, sandbox):
        code = sandbox.token_code()
        obtain("dev", token=code)
        error = refusal(obtain, "dev", token=code, refresh=True)
        assert "this code was used" in error.message

    def test_a_role_that_wants_mfa_says_where_to_name_the_device(self, obtain):
        error = refusal(obtain, "admin", mfa=False)
        assert "configure set mfa_serial ARN --profile admin" in error.hint

    def test_the_device_is_found_without_a_serial_and_remembered(self, obtain, sandbox):
        obtain("dev", mfa=False)
        obtain("dev", mfa=False)
        assert len(obtain.asked) == 1
        assert len(sandbox.control.log("ListMFADevices")) == 1

    def test_a_user_without_a_device_is_told_what_the_session_cannot_do(self, obtain, sandbox):
        sandbox.client("iam").deactivate_mfa_device(
            UserName="alice", SerialNumber=sandbox.facts["mfa_serial"]
        )
        assert obtain("dev", mfa=False).notes == [WITHOUT_MFA]

    def test_a_long_role_is_had_from_aws_as_long_as_it_allows(self, obtain, sandbox):
        result = obtain("admin", duration=8 * HOUR)
        assert result.session.expiration - time.time() == pytest.approx(8 * HOUR, abs=60)
        assert len(obtain.asked) == 1

    def test_a_long_role_that_lasts_less_says_what_to_do(self, obtain, sandbox):
        sandbox.client("iam").update_role(RoleName="admin", MaxSessionDuration=HOUR)
        error = refusal(obtain, "admin", duration=8 * HOUR)
        assert "MaxSessionDuration" in error.message
        assert "--max-session-duration" in error.hint

    def test_a_long_role_of_the_root_user_is_refused_in_awss_words(self, obtain, sandbox):
        names = ("access_key_id", "secret_access_key")
        sandbox.facts.update(zip(names, sandbox.root_key, strict=True))
        error = refusal(obtain, "admin", mfa=False, duration=8 * HOUR)
        assert "may not be assumed by root" in error.message

"""Logins that the AWS CLI made: served while they last, refreshed once, ended by a logout."""

import contextlib
import http.server
import json
import multiprocessing
import os
import threading
import time
from hashlib import sha1, sha256

import pytest

from awscreds.aws.gateway import Aws
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import resolve_chain
from awscreds.model.times import format_iso
from awscreds.stores.logins import LoginFiles
from awscreds.workflows.sessions.context import CacheScope, SessionDeps
from awscreds.workflows.sessions.provider import SessionProvider
from awscreds.workflows.sessions.requests import SessionRequest
from awscreds.workflows.sessions.token_codes import Codes
from tests.stores.support import mode
from tests.workflows.sessions.fakes import ADMIN, FakeAws, FakeCache, FakeDevices

HOUR = 3600
START = "https://example.awsapps.com/start"
SHARED = f"[sso-session corp]\nsso_start_url = {START}\nsso_region = eu-central-1\n"
PROFILE = "[profile p]\nsso_session = corp\nsso_account_id = 012345678901\nsso_role_name = r\n"
LEGACY = (
    f"[profile p]\nsso_start_url = {START}\nsso_region = eu-central-1\n"
    "sso_account_id = 012345678901\nsso_role_name = r\n"
)
ARN = "arn:aws:iam::123456789012:user/alice"


class IdentityCenter(http.server.BaseHTTPRequestHandler):
    """Portal and OIDC: a refresh token that is used twice ends the login, as at AWS."""

    def do_POST(self):
        center = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        center.refreshes.append(body)
        given = body["refreshToken"]
        center.meanwhile()
        if center.down:
            self.answer(500, {"message": "down"})
        elif given != center.refresh_token:
            center.refresh_token = None
            self.answer(400, {"error": "invalid_grant"}, "InvalidGrantException")
        else:
            number = len(center.refreshes)
            center.access_token, center.refresh_token = f"access-{number}", f"refresh-{number}"
            answer = {"accessToken": center.access_token, "expiresIn": 8 * HOUR}
            if center.rotates:
                answer["refreshToken"] = center.refresh_token
            else:
                center.refresh_token = given
            time.sleep(center.slow)
            self.answer(200, answer)

    def do_GET(self):
        center = self.server
        center.asked.append(self.path)
        if self.headers["x-amz-sso_bearer_token"] != center.access_token:
            self.answer(401, {"message": "Session token not found"}, "UnauthorizedException")
            return
        given = {"accessKeyId": "ASIASSO", "secretAccessKey": "hidden", "sessionToken": "token"}
        self.answer(200, {"roleCredentials": {**given, "expiration": 4102444800000}})

    def answer(self, status, document, kind=None):
        self.send_response(status)
        if kind:
            self.send_header("x-amzn-ErrorType", kind)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def center():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), IdentityCenter) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.access_token, server.refresh_token = "access-0", "refresh-0"
        server.rotates, server.down, server.slow = True, False, 0
        server.refreshes, server.asked = [], []
        server.meanwhile = lambda: None
        yield server


@pytest.fixture
def running(center):
    with serving(center):
        yield center


def obtain(config, name, environ, notes=None, **options):
    environ = {"USER": "alice", **environ}
    profiles = Profiles(Document.parse(config.encode()), Document())
    deps = SessionDeps(
        profiles=profiles,
        environ=environ,
        key_of=pytest.fail,
        cache=FakeCache(time.time),
        aws=Aws(),
        codes=Codes(ask=pytest.fail, say=print, environ={}),
        devices=FakeDevices(),
        logins=LoginFiles(environ),
        scope=CacheScope(("/c", "/k"), "/home/a", None),
        clock=time.time,
        run_process=pytest.fail,
        stored_code=lambda *_: None,
    )
    result = SessionProvider(
        deps, resolve_chain(profiles, name), SessionRequest(**options)
    ).obtain()
    if notes is not None:
        notes += result.notes
    return result.session


def endpoints(center):
    names = ("AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC")
    return dict.fromkeys(names, center.url)


def write_token(home, left, name="corp", **more):
    folder = home / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sha1(name.encode()).hexdigest()}.json"
    now = time.time()
    document = {
        "startUrl": START,
        "region": "eu-central-1",
        "accessToken": "access-0",
        "expiresAt": format_iso(now + left),
        "clientId": "client",
        "clientSecret": "client secret",
        "registrationExpiresAt": format_iso(now + 24 * HOUR),
        "refreshToken": "refresh-0",
        "somethingNew": {"kept": True},
    }
    path.write_text(json.dumps({**document, **more}))
    path.chmod(0o644)
    return path


def refusal(*arguments, kind=AwsError):
    with pytest.raises(kind) as caught:
        obtain(*arguments)
    return caught.value


class TestSso:
    def test_is_asked_by_the_token_in_the_file_of_its_session(self, home, running):
        write_token(home, 8 * HOUR)
        session = obtain(SHARED + PROFILE, "p", endpoints(running))
        assert (session.id, session.token, session.expiration) == ("ASIASSO", "token", 4102444800)
        (path,) = running.asked
        assert path.startswith("/federation/credentials")
        assert "account_id=012345678901" in path
        assert running.refreshes == []

    @pytest.mark.parametrize("zone", ["Z", "UTC", ".123Z"])
    def test_a_profile_without_an_sso_session_has_its_token_by_its_start_url(
        self, home, running, zone
    ):
        ends = f"2100-01-01T00:00:00{zone}"
        write_token(home, 0, START, expiresAt=ends)
        assert obtain(LEGACY, "p", endpoints(running)).id == "ASIASSO"

    def test_a_token_near_its_end_is_refreshed_and_kept_for_every_sdk(self, home, running):
        path = write_token(home, 600)
        before = json.loads(path.read_text())
        obtain(SHARED + PROFILE, "p", endpoints(running))
        after = json.loads(path.read_text())
        assert {key for key in before if before[key] != after[key]} == {
            "accessToken",
            "refreshToken",
            "expiresAt",
        }
        assert (after["accessToken"], after["refreshToken"]) == ("access-1", "refresh-1")
        assert time.strptime(after["expiresAt"], "%Y-%m-%dT%H:%M:%SZ")
        assert mode(path) == 0o600
        assert list(path.parent.iterdir()) == [path]
        assert running.refreshes[0] == {
            "grantType": "refresh_token",
            "clientId": "client",
            "clientSecret": "client secret",
            "refreshToken": "refresh-0",
        }
        obtain(SHARED + PROFILE, "p", endpoints(running))
        assert len(running.refreshes) == 1

    def test_botocore_reads_what_we_wrote(self, home, running, monkeypatch):
        from botocore.session import Session as CoreSession
        from botocore.tokens import SSOTokenProvider
        from botocore.utils import JSONFileCache

        path = write_token(home, 600)
        obtain(SHARED + PROFILE, "p", endpoints(running))
        (home / ".aws" / "config").write_text(SHARED + PROFILE)
        monkeypatch.setenv("AWS_PROFILE", "p")
        cache = JSONFileCache(str(path.parent))
        provider = SSOTokenProvider(CoreSession(), cache=cache)
        assert provider.load_token().get_frozen_token().token == "access-1"

    def test_a_refresh_token_that_is_not_replaced_stays(self, home, running):
        running.rotates = False
        path = write_token(home, 600)
        obtain(SHARED + PROFILE, "p", endpoints(running))
        assert json.loads(path.read_text())["refreshToken"] == "refresh-0"

    def test_a_token_that_has_ended_is_refreshed_too(self, home, running):
        write_token(home, -600)
        assert obtain(SHARED + PROFILE, "p", endpoints(running)).id == "ASIASSO"

    @pytest.mark.parametrize(
        "lacking", ["refreshToken", "clientId", "clientSecret", "registrationExpiresAt"]
    )
    def test_one_that_cannot_be_refreshed_serves_to_its_end(self, home, running, lacking):
        write_token(home, 600, **{lacking: None})
        assert obtain(SHARED + PROFILE, "p", endpoints(running)).id == "ASIASSO"
        write_token(home, -1, **{lacking: None})
        error = refusal(SHARED + PROFILE, "p", endpoints(running))
        assert error.code == "sso-login-needed"
        assert running.refreshes == []

    def test_a_registration_that_has_ended_refreshes_nothing(self, home, running):
        write_token(home, 600, registrationExpiresAt=format_iso(time.time() - 1))
        assert obtain(SHARED + PROFILE, "p", endpoints(running)).id == "ASIASSO"
        assert running.refreshes == []

    def test_what_is_left_serves_where_the_refresh_fails(self, home, running):
        running.down = True
        path = write_token(home, 600)
        before = path.read_bytes()
        assert obtain(SHARED + PROFILE, "p", endpoints(running)).id == "ASIASSO"
        assert path.read_bytes() == before
        assert len(running.refreshes) == 1
        write_token(home, -1)
        assert refusal(SHARED + PROFILE, "p", endpoints(running)).exit_code == 5

    def test_a_login_that_another_program_makes_meanwhile_stays(self, home, running):
        def log_in():
            write_token(home, 8 * HOUR, accessToken="access-1", refreshToken="theirs", mine=1)

        path = write_token(home, 600)
        running.meanwhile = log_in
        obtain(SHARED + PROFILE, "p", endpoints(running))
        document = json.loads(path.read_text())
        assert (document["refreshToken"], document["mine"]) == ("theirs", 1)

    def test_a_login_that_another_program_ends_meanwhile_does_not_come_back(self, home, running):
        path = write_token(home, 600)
        running.meanwhile = path.unlink
        error = refusal(SHARED + PROFILE, "p", endpoints(running))
        assert error.code == "sso-login-needed"
        assert not path.exists()

    def test_what_another_program_leaves_half_written_is_replaced(self, home, running):
        path = write_token(home, 600)
        running.meanwhile = lambda: path.write_text('{"accessToken": "x')
        obtain(SHARED + PROFILE, "p", endpoints(running))
        assert json.loads(path.read_text())["refreshToken"] == "refresh-1"

    def test_tokens_that_another_program_got_just_before_us_are_waited_for(self, home, running):
        """Both sent the same refresh token: AWS took theirs, and they write it after our answer."""

        def write_late():
            running.refresh_token, running.access_token = "theirs", "access-9"
            arguments = {"accessToken": "access-9", "refreshToken": "theirs"}
            late = threading.Timer(0.1, write_token, (home, 8 * HOUR), arguments)
            late.start()

        path = write_token(home, -1)
        running.meanwhile = write_late
        assert obtain(SHARED + PROFILE, "p", endpoints(running)).id == "ASIASSO"
        assert json.loads(path.read_text())["refreshToken"] == "theirs"

    def test_is_refreshed_before_botocore_would_do_it(self, home, running):
        from botocore.tokens import SSOTokenProvider

        write_token(home, SSOTokenProvider._REFRESH_WINDOW + 30)
        obtain(SHARED + PROFILE, "p", endpoints(running))
        assert len(running.refreshes) == 1

    def test_a_dead_refresh_token_says_how_to_log_in(self, home, running):
        write_token(home, -1, refreshToken="stale")
        error = refusal(SHARED + PROFILE, "p", endpoints(running))
        assert (error.code, error.hint) == ("sso-login-needed", "awscreds login --profile p")
        for secret in ("stale", "client secret", "access-0"):
            assert secret not in error.message + str(error.__context__)

    def test_a_token_that_aws_has_ended_says_how_to_log_in(self, home, running):
        running.access_token = "another"
        write_token(home, 8 * HOUR)
        assert refusal(SHARED + PROFILE, "p", endpoints(running)).code == "sso-login-needed"

    @pytest.mark.parametrize("content", [None, "", "[]", "{", '{"accessToken": 1}', "\xff"])
    def test_a_login_that_was_never_begun_says_how_to_begin(self, home, running, content):
        path = write_token(home, 0)
        path.unlink() if content is None else path.write_text(content, "latin-1")
        error = refusal(SHARED + PROFILE, "p", endpoints(running))
        assert (error.code, error.hint) == ("sso-login-needed", "awscreds login --profile p")

    def test_a_file_that_cannot_be_written_is_said_and_stops_nothing(self, home, running, request):
        write_token(home, 600)
        notes = []

        def full(self, path, document):
            raise OSError(28, "No space left on device")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(LoginFiles, "write", full)
            assert obtain(SHARED + PROFILE, "p", endpoints(running), notes).id == "ASIASSO"
        assert "No space left on device" in notes[0]

    @pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"])
    def test_plain_http_to_another_host_is_refused(self, home, running, variable):
        write_token(home, -1)
        environ = {**endpoints(running), variable: "http://sso.example.com"}
        error = refusal(SHARED + PROFILE, "p", environ, kind=ConfigurationError)
        assert error.code == "plain-http"

    @pytest.mark.parametrize(
        ("config", "said"),
        [
            (PROFILE, "the sso-session corp"),
            (SHARED + PROFILE + "sso_region = us-east-1\n", "sso_region"),
            (SHARED + "[profile p]\nsso_session = corp\nsso_role_name = r\n", "sso_account_id"),
            (SHARED + "[profile p]\nsso_session = corp\n", "sso_role_name"),
            ("[profile p]\nsso_role_name = r\nsso_account_id = 1\n", "sso_start_url"),
        ],
    )
    def test_settings_that_every_sdk_refuses_are_named(self, home, config, said):
        error = refusal(config, "p", {}, kind=ConfigurationError)
        assert error.code == "sso-settings"
        assert said in error.message


def _token_of(url):
    names = ("AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC")
    return obtain(SHARED + PROFILE, "p", dict.fromkeys(names, url)).id


@pytest.mark.posix("it has no fork")
@pytest.mark.parametrize("left", [600, -600])
def test_many_processes_at_once_make_one_refresh(home, center, left):
    """Twelve ask within the time that one refresh takes; a second use would end the login."""
    path = write_token(home, left)
    center.slow = 0.3
    # The processes are made before the server's thread is.
    with multiprocessing.get_context("fork").Pool(12) as pool, serving(center):
        assert pool.map(_token_of, [center.url] * 12, chunksize=1) == ["ASIASSO"] * 12
    assert len(center.refreshes) == 1
    assert json.loads(path.read_text())["accessToken"] == "access-1"


class TestLogin:
    CONFIG = f"[profile p]\nlogin_session = {ARN}\n{ADMIN.replace('= dev', '= p')}"

    def write(self, folder, left, **more):
        folder.mkdir(parents=True, exist_ok=True)
        given = {
            "accessKeyId": "ASIALOGIN",
            "secretAccessKey": "hidden",
            "sessionToken": "token",
            "accountId": "123456789012",
            "expiresAt": format_iso(time.time() + left),
        }
        path = folder / f"{sha256(ARN.encode()).hexdigest()}.json"
        path.write_text(json.dumps({"accessToken": {**given, **more}, "dpopKey": "x"}))
        return path

    @pytest.fixture
    def folder(self, home):
        return home / ".aws" / "login" / "cache"

    def test_at_hand_is_served_as_it_is_without_awscrt(self, folder):
        self.write(folder, 800)
        session = obtain(self.CONFIG, "p", {})
        assert (session.id, session.token) == ("ASIALOGIN", "token")
        assert session.expiration == pytest.approx(time.time() + 800, abs=60)

    def test_times_with_milliseconds_are_read(self, folder):
        self.write(folder, 0, expiresAt="2100-01-01T00:00:00.000Z")
        assert obtain(self.CONFIG, "p", {}).expiration == 4102444800

    def test_is_looked_for_where_the_variable_says(self, tmp_path):
        self.write(tmp_path / "logins", 800)
        environ = {"AWS_LOGIN_CACHE_DIRECTORY": str(tmp_path / "logins")}
        assert obtain(self.CONFIG, "p", environ).id == "ASIALOGIN"

    @pytest.mark.parametrize("left", [-1, -9000])
    @pytest.mark.parametrize("name", ["p", "admin"])
    def test_that_has_ended_says_what_to_run(self, folder, left, name):
        self.write(folder, left)
        error = refusal(self.CONFIG, name, {})
        assert (error.code, error.exit_code) == ("login-needed", 5)
        assert error.hint == "awscreds login --profile p"

    @pytest.mark.parametrize("content", [None, "{", '{"accessToken": {"accessKeyId": "A"}}'])
    def test_that_was_never_begun_says_what_to_run(self, folder, content):
        path = self.write(folder, 800)
        path.unlink() if content is None else path.write_text(content)
        assert refusal(self.CONFIG, "p", {}).hint == "awscreds login --profile p"


def test_a_role_behind_sso_ends_with_the_login(home, running, monkeypatch):
    """The role's session has an hour left; its source's login is gone."""
    path = write_token(home, 8 * HOUR)
    config = SHARED + PROFILE + ADMIN.replace("= dev", "= p")
    made = FakeAws(time.time)
    monkeypatch.setattr(
        Aws, "assume_role", lambda _, *given, **named: made.assume_role(*given, **named)
    )
    cache = FakeCache(time.time)
    monkeypatch.setattr("tests.workflows.sessions.test_logins.FakeCache", lambda _: cache)
    mine = obtain(config, "admin", endpoints(running))
    assert obtain(config, "admin", endpoints(running)) is mine
    # A role at hand asks the portal nothing.
    assert len(running.asked) == 1
    running.access_token = "of somebody else"
    write_token(home, 8 * HOUR, accessToken="of somebody else")
    assert obtain(config, "admin", endpoints(running)) is not mine
    os.unlink(path)
    assert refusal(config, "admin", endpoints(running)).code == "sso-login-needed"

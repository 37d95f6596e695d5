"""Logins in bad weather: each has a sentence, an exit code, and leaves nothing half written."""

import contextlib
import http.server
import io
import json
import multiprocessing
import signal
import subprocess
import threading
import time

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.errors import AwscredsError
from awscreds.sandbox.browser import Browser
from awscreds.sandbox.identity_center import START_URL, TOKEN
from awscreds.stores.files import FileLock
from awscreds.stores.logins import LoginFiles
from tests.e2e.conftest import PROGRAM
from tests.e2e.employee import ARN, Employee
from tests.e2e.terminal import terminal
from tests.e2e.test_login import credentials_after, shut, waiting
from tests.e2e.test_login_kills import forked

pytestmark = pytest.mark.slow

LOGIN = ("login", "--profile", "ro", "--no-input")
BY_DEVICE = (*LOGIN, "--use-device-code")


@pytest.fixture
def employee(alice):
    return Employee(alice)


@pytest.fixture
def here(employee, capsys, monkeypatch):
    """Runs a command in this process, by the sandbox's clock: nothing waits. Its code and words."""
    control, said = employee.control, io.StringIO()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(employee.alice.home))

    def start(words, *, sleep=control.advance, **variables):
        app = App(
            {**employee.alice.environment, **variables},
            clock=control.now,
            sleep=sleep,
            stderr=said,
        )
        code = run(list(words), app)
        captured = capsys.readouterr()
        return code, captured.out, said.getvalue() + captured.err

    return start


def logins(employee):
    return [*employee.state.glob("login-*"), *employee.cli_files]


@pytest.fixture
def nobody(employee):
    """Nobody is at the browser."""
    employee.alice.environment["BROWSER"] = "true %s"
    return employee


def test_nobody_allows_it_in_ten_minutes(nobody, here):
    start = nobody.control.now()
    code, _, said = here(BY_DEVICE, sleep=lambda s: nobody.control.advance(50 * s))
    assert code == 5
    assert "nobody allowed the login in time" in said or "expired before" in said
    assert "run it again" in said
    assert 590 < nobody.control.now() - start < 660
    assert logins(nobody) == []


class Clicks:
    """A person who allows the login once ``control`` has been asked for a token so often."""

    def __init__(self, employee, after):
        self.employee, self.after = employee, after
        self.url = None

    def sleep(self, seconds):
        control = self.employee.control
        control.advance(seconds)
        if len(control.log("CreateToken")) == self.after:
            browser = Browser()
            browser.open(self.url)
            browser.click("Allow access")


@pytest.mark.parametrize("fault", ["fail", "drop", "throttle"])
def test_a_device_goes_on_asking_after_a_failure_that_passes(nobody, here, monkeypatch, fault):
    clicks = Clicks(nobody, after=3)
    monkeypatch.setattr(
        "awscreds.workflows.login_parts.Person.send_to",
        lambda _, url, __: setattr(clicks, "url", url),
    )
    getattr(nobody.control, fault)("CreateToken", count=2)
    code, _, said = here((*BY_DEVICE, "--quiet"), sleep=clicks.sleep)
    assert code == 0, said
    assert nobody.arn().startswith(ARN)


def test_a_service_that_stays_away_ends_the_asking(nobody, here):
    nobody.control.fail("CreateToken", "InternalServerException", count=None)
    code, _, said = here(BY_DEVICE)
    assert code == 5
    assert "AWS failed with HTTP status 500" in said
    assert len(nobody.control.log("CreateToken")) < 10
    assert logins(nobody) == []


@contextlib.contextmanager
def impostor(answers):
    """An OIDC service that says what ``answers`` has for each path; nothing before an Event."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = answers[self.path]
            if isinstance(body, threading.Event):
                body.wait(60)
                body = b"{}"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):  # who asked may have gone
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


SECRET = "aoaSecretTokenThatNobodyMaySee"
GOOD = {
    "/client/register": {
        "clientId": "id",
        "clientSecret": SECRET,
        "clientSecretExpiresAt": 4102444800,
    },
    "/device_authorization": {
        "deviceCode": "device",
        "userCode": "ABCD-EFGH",
        "verificationUri": "http://127.0.0.1:9/",
        "verificationUriComplete": "http://127.0.0.1:9/?c",
        "expiresIn": 600,
        "interval": 1,
    },
}


@pytest.mark.daily(5)
@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>Please log in to the Wi-Fi</html>",
        b"",
        b"null",
        b"[1]",
        json.dumps({"accessToken": SECRET}).encode(),
        json.dumps({"accessToken": SECRET, "expiresIn": "soon"}).encode(),
        json.dumps({"accessToken": {"a": SECRET}, "expiresIn": 5}).encode(),
        json.dumps({"accessToken": SECRET, "expiresIn": 10**30}).encode(),
        json.dumps({"accessToken": "", "expiresIn": -5}).encode(),
    ],
)
@pytest.mark.parametrize("path", ["/client/register", "/device_authorization", "/token"])
def test_an_answer_that_is_garbage_is_not_kept_and_not_shown(nobody, here, path, garbage):
    answers = {name: json.dumps(document).encode() for name, document in GOOD.items()}
    answers["/token"] = b"{}"
    with impostor({**answers, path: garbage}) as url:
        code, out, said = here(BY_DEVICE, AWS_ENDPOINT_URL_SSO_OIDC=url)
    assert code == 5, said
    assert "\n  " in said  # what to do
    assert SECRET not in said + out
    assert "has a bug" not in said
    assert logins(nobody) == []


@contextlib.contextmanager
def silence(path):
    """An OIDC service that does not answer what is asked at ``path``."""
    answers = {name: json.dumps(document).encode() for name, document in GOOD.items()}
    end = threading.Event()
    with impostor({**answers, path: end}) as url:
        try:
            yield url
        finally:
            end.set()


@pytest.mark.parametrize("path", ["/client/register", "/device_authorization", "/token"])
def test_a_service_that_does_not_answer_ends_the_login(nobody, here, monkeypatch, path):
    monkeypatch.setattr("awscreds.aws.clients.READ_SECONDS", 0.05)
    monkeypatch.setattr("awscreds.workflows.login_parts.NOTICE", 0.01)
    with silence(path) as url:
        code, _, said = here(BY_DEVICE, AWS_ENDPOINT_URL_SSO_OIDC=url)
    assert code == 5, said
    assert "AWS has not answered yet. Ctrl-C ends the login." in said
    assert "timed out while waiting for an answer" in said
    assert logins(nobody) == []


@pytest.mark.posix("SIGINT")
@pytest.mark.parametrize("path", ["/client/register", "/token"])
def test_ctrl_c_ends_the_wait_for_a_slow_service(nobody, path):
    with (
        silence(path) as url,
        subprocess.Popen(
            [PROGRAM, *BY_DEVICE],
            env={**nobody.alice.environment, "AWS_ENDPOINT_URL_SSO_OIDC": url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        said = ""
        while "AWS has not answered" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
        assert process.wait(30) == 130
    assert "Traceback" not in said
    assert logins(nobody) == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (("TooManyRequestsException", 429), "too many requests"),
        (("InternalServerException", 500), "AWS failed with HTTP status 500"),
        (("UnauthorizedException", 401), "awscreds login --profile ro"),
    ],
)
def test_a_portal_that_refuses_is_explained_and_loses_no_login(employee, refusal, said):
    employee.log_in()
    code, status = refusal
    employee.control.fail("GetRoleCredentials", code, status=status, count=None)
    assert said in employee.arn(rc=5)
    employee.control.clear_faults()
    assert employee.arn().startswith(ARN)


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        ({"012345678901": {"name": "x", "roles": []}}, "not allowed to use the role"),
        ({"123456789012": {"name": "x", "roles": ["ReadOnlyAccess"]}}, "no such account"),
        ({}, "no such account"),
    ],
)
def test_a_role_that_was_taken_away_is_named_with_what_to_do(employee, accounts, said):
    employee.log_in()
    employee.control.assign(accounts)
    told = employee.arn(rc=5)
    assert said in told
    assert "sso_account_id and sso_role_name" in told


@pytest.mark.parametrize("ahead", [-3 * 3600, 3 * 3600, 40 * 86400])
def test_a_wrong_clock_keeps_nobody_from_logging_in(employee, ahead):
    assert forked(employee, LOGIN, ahead=ahead) == 0
    # A role's end is a time of AWS: by a clock that is ahead, it is always over.
    code = forked(employee, ("whoami", "--profile", "ro", "--no-input"), ahead=ahead)
    assert code in (0, 5)


def test_without_a_browser_the_address_is_printed_and_nothing_else_is_claimed(nobody):
    with waiting(nobody) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
    assert "Your browser opens" not in said
    assert "--use-device-code" in said


def test_a_registration_that_aws_forgot_is_made_again_after_ctrl_c(employee):
    employee.log_in()
    employee.control.end_registrations()
    with waiting(employee) as (process, url):
        browser = Browser()
        assert "not valid" in browser.open(url)  # AWS does not send the browser back
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    employee.log_in()
    assert employee.count("RegisterClient") == 2
    assert employee.arn().startswith(ARN)


def test_a_keyring_that_is_locked_while_somebody_is_at_the_browser_loses_nothing(
    keyring_user, desktop
):
    from tests.stores.backends import secret_service  # needs jeepney, which Windows has not

    employee = Employee(keyring_user)
    employee.log_in()
    with waiting(employee) as (process, url):
        secret_service.lock(desktop)
        browser = Browser()
        browser.open(url)
        browser.click("Allow access")
        said = process.stderr.read()
        assert process.wait(30) == 0, said
    secret_service.unlock(desktop)
    employee("sessions", "clear")
    assert employee.arn().startswith(ARN)


def at_the_question(employee):
    """A login at a terminal that cannot be kept: it has asked if it should try again."""

    @contextlib.contextmanager
    def asked():
        words = (PROGRAM, "login", "--profile", "ro", "--share", "--no-browser", "--no-color")
        with terminal(employee.alice, *words) as screen:
            screen.expect("If the browser")
            [url] = [word for word in screen.text.split() if "/authorize?" in word]
            shut(employee.alice)
            browser = Browser()
            browser.open(url)
            browser.click("Allow access")
            screen.expect("Try again?")
            yield screen

    return asked()


def test_a_person_makes_room_and_tries_again(employee):
    with at_the_question(employee) as screen:
        (employee.alice.aws / "sso" / "cache").unlink()
        (employee.alice.aws / "sso" / "cache").mkdir()
        screen.answer("", "y")
        assert screen.end() == 0
    assert "The login cannot be kept: cannot write ~/.aws/sso/cache" in screen.text
    assert employee.count("Logout") == 0
    assert employee.arn().startswith(ARN)


@pytest.mark.parametrize("how", ["no", "Ctrl-C"])
def test_whoever_does_not_try_again_is_logged_out(employee, how):
    with at_the_question(employee) as screen:
        if how == "no":
            screen.answer("", "n")
        else:
            screen.interrupt("")
        assert screen.end() == (1 if how == "no" else 130)
    assert employee.count("Logout") == 1


def test_a_logout_that_aws_does_not_hear_of_says_so(employee):
    employee.log_in()
    employee.control.fail("Logout", "InternalServerException", count=None)
    done = employee("logout", "--profile", "ro")
    assert "AWS did not end the login" in done.stderr
    assert logins(employee) == []
    employee.log_in()
    document = json.loads(employee("logout", "--profile", "ro", "--json").stdout)
    assert document["ended_at_aws"] is False
    assert document["start_url"] == f"{START_URL}/#/"


def test_a_logout_says_what_goes_on_living(employee):
    employee.log_in()
    employee.arn()
    folder = employee.alice.aws / "cli" / "cache"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps({"ProviderType": "sso", "Credentials": {}}))
    (folder / "b.json").write_text(json.dumps({"ProviderType": "assume-role"}))
    done = employee("logout", "--profile", "ro")
    assert f"Logged out of corp ({START_URL}/#/)" in done.stderr
    year = time.strftime("%Y-")
    assert f"the last of ours at {year}" in done.stderr
    assert "aws sso logout" in done.stderr
    document = json.loads(employee("logout", "--profile", "ro", "--json").stdout)
    assert document["cli_role_credentials"] == [str(folder / "a.json")]


def is_locked(path):
    try:
        with FileLock(str(path), deadline=0):
            return False
    except AwscredsError:
        return True


def test_a_logout_waits_for_a_refresh_which_would_bring_the_login_back(employee, monkeypatch):
    employee.log_in("--share")
    [path] = employee.cli_files
    monkeypatch.setenv("HOME", str(employee.alice.home))  # where the locks are
    employee.control.advance(TOKEN - 60)
    employee.control.hang("CreateToken")
    context = multiprocessing.get_context("fork")
    arguments = (TOKEN - 60, employee.alice.environment, context.Queue())
    refresh = context.Process(target=credentials_after, args=arguments)
    refresh.start()
    while not is_locked(path):
        assert refresh.is_alive()
    words = [PROGRAM, "logout", "--profile", "ro"]
    with subprocess.Popen(words, env=employee.alice.environment) as logout:
        with contextlib.suppress(subprocess.TimeoutExpired):
            logout.wait(1.5)
        employee.control.release()
        assert logout.wait(30) == 0
    refresh.join()
    assert not path.exists()


def test_a_browser_that_prints_does_not_print_into_the_document(employee):
    noisy = employee.alice.folder / "browser"
    command = employee.alice.environment["BROWSER"].replace("%s", '"$1"')
    noisy.write_text(f"#!/bin/sh\necho noise\nexec {command}\n")
    noisy.chmod(0o700)
    employee.alice.environment["BROWSER"] = f"{noisy} %s"
    document = json.loads(employee.log_in("--json").stdout)
    assert document["sso_session"] == "corp"


def test_a_file_that_the_cli_is_writing_is_read_again(employee):
    employee.log_in("--share")
    [path] = employee.cli_files
    whole, pauses = path.read_bytes(), []
    path.write_bytes(whole[: len(whole) // 2])

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            path.write_bytes(whole)

    assert LoginFiles({}, sleep=sleep).read(str(path)) == json.loads(whole)
    assert len(pauses) == 2
    path.write_bytes(b"{")
    assert LoginFiles({}, sleep=pauses.append).read(str(path)) is None

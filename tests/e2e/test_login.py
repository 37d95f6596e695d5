"""``login`` and ``logout``: a person at a browser, a strict IAM Identity Center, real clients."""

import base64
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from awscreds.app import App
from awscreds.errors import AwscredsError
from awscreds.sandbox.browser import Browser
from awscreds.sandbox.identity_center import REGISTRATION, START_URL, TOKEN
from tests.e2e.conftest import AWS, PROGRAM
from tests.e2e.employee import ARN, LEGACY, PROFILE, SESSION, Employee
from tests.helpers import need_posix


@pytest.fixture
def employee(alice):
    return Employee(alice)


BOTH_FLOWS = pytest.mark.parametrize("flow", [[], ["--use-device-code"]], ids=["pkce", "device"])


@BOTH_FLOWS
def test_after_one_login_the_profile_works_until_the_logout(employee, flow):
    assert "awscreds login --profile ro" in employee.arn(rc=5)
    done = employee.log_in(*flow)
    assert "Logged in to corp. The login is kept in the secret store." in done.stderr
    assert employee.arn().startswith(ARN)
    done = employee("logout", "--profile", "ro")
    assert "removed the login from the secret store" in done.stderr
    assert employee.count("Logout") == 1
    assert "awscreds login --profile ro" in employee.arn(rc=5)
    assert "Nobody was logged in" in employee("logout", "--profile", "ro").stderr


def test_a_profile_without_an_sso_session_logs_in_with_a_device_code(alice):
    employee = Employee(alice, LEGACY)
    done = employee.log_in()
    assert "It must show this code" in done.stderr
    assert employee.arn().startswith(ARN)
    assert employee.count("StartDeviceAuthorization") == 1


def test_a_registration_is_used_again_and_made_again_when_aws_forgets_it(employee):
    employee.log_in()
    employee.log_in()
    assert employee.count("RegisterClient") == 1
    employee.log_in("--use-device-code")
    assert employee.count("RegisterClient") == 2
    employee.control.end_registrations()
    employee.log_in("--use-device-code")
    assert employee.count("RegisterClient") == 3
    assert employee.arn().startswith(ARN)


@BOTH_FLOWS
def test_a_person_who_denies_is_believed(employee, flow):
    employee.will("Deny")
    done = employee.log_in(*flow, rc=5)
    assert "the login was denied in the browser" in done.stderr
    assert list(employee.state.glob("login-*")) == []


SECRETS_OF = ("accessToken", "refreshToken", "clientSecret")


def forms(secret):
    """How a secret could be found in a file."""
    raw = secret.encode()
    return raw, base64.b64encode(raw)[:-4], raw.hex().encode()


def test_no_token_is_anywhere_in_clear(employee, alice):
    """The tokens are known from a login that is shared, of the same length and form."""
    employee.log_in("--share")
    shared = json.loads(employee.cli_files[0].read_bytes())
    employee("logout", "--profile", "ro")
    employee.log_in()
    employee("profile", "wrap", "ro")
    served = json.loads(employee.serve().stdout)
    employee.control.advance(TOKEN - 60)
    employee("whoami", "--profile", "ro")
    prefixes = [shared[name][:3].encode() for name in ("accessToken", "refreshToken")]
    assert prefixes == [b"aoa", b"aor"]
    for path, data in alice.files().items():
        for prefix in prefixes:
            assert prefix + b"-" not in data, path
        for secret in (served["SecretAccessKey"], served["SessionToken"]):
            assert not any(form in data for form in forms(secret)), path
    assert employee.cli_files == []


def test_a_shared_login_has_the_fields_of_the_cli_and_serves_it(employee, alice):
    done = employee.log_in("--share")
    assert "in the AWS CLI's file" in done.stderr
    (path,) = employee.cli_files
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(path.read_bytes())) == [
        "startUrl",
        "region",
        "accessToken",
        "expiresAt",
        "refreshToken",
        "clientId",
        "clientSecret",
        "registrationExpiresAt",
    ]
    done = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "ro", "--query", "Arn")
    assert json.loads(done.stdout).startswith(ARN)
    assert employee.arn().startswith(ARN)
    assert list(employee.state.glob("login-*")) == []


def test_a_setting_shares_the_login_of_an_sso_session(alice):
    employee = Employee(alice, SESSION + "awscreds_token_cache = cli\n" + PROFILE)
    assert "in the AWS CLI's file" in employee.log_in().stderr


@pytest.mark.slow
def test_the_cli_and_we_refresh_one_shared_login_in_turns(employee, alice):
    employee.log_in("--share")
    for turn in range(4):
        employee.control.advance(TOKEN - 60)
        before = json.loads(employee.cli_files[0].read_bytes())
        # Real clocks decide when a token is refreshed: its end comes to them.
        ending = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        employee.cli_files[0].write_text(json.dumps({**before, "expiresAt": ending, "mine": turn}))
        if turn % 2:
            done = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "ro")
            assert "ReadOnlyAccess" in done.stdout
        else:
            employee("sessions", "clear")
            assert employee.arn().startswith(ARN)
        after = json.loads(employee.cli_files[0].read_bytes())
        assert after["refreshToken"] != before["refreshToken"]
        if not turn % 2:
            assert after["mine"] == turn


def test_a_login_of_the_cli_is_used_and_a_logout_names_both(employee):
    employee.log_in("--share")
    (path,) = employee.cli_files
    kept = path.read_bytes()
    employee("logout", "--profile", "ro")
    employee.log_in()
    path.write_bytes(kept)
    document = json.loads(employee("logout", "--profile", "ro", "--json").stdout)
    assert document["removed_from"] == ["the secret store", str(path)]
    assert not path.exists()


class TestWrapped:
    @pytest.fixture
    def wrapped(self, employee):
        employee.log_in()
        employee("profile", "wrap", "ro")
        return employee

    @pytest.mark.slow
    def test_every_sdk_gets_the_role_and_the_bytes_come_back(self, wrapped, alice):
        done = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "ro", "--query", "Arn")
        assert json.loads(done.stdout).startswith(ARN)
        code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        done = alice.run(sys.executable, "-c", code, AWS_PROFILE="ro")
        assert done.stdout.startswith(ARN)
        assert wrapped.arn().startswith(ARN)
        done = wrapped("export", "--profile", "ro", "--format", "json")
        assert json.loads(done.stdout)
        wrapped("profile", "unwrap", "ro")
        assert alice.config.read_text() == SESSION + PROFILE

    def test_all_of_them_share_one_session_and_a_logout_ends_it(self, wrapped):
        first = json.loads(wrapped.serve().stdout)
        assert json.loads(wrapped.serve().stdout) == first
        wrapped("whoami", "--profile", "ro")
        assert wrapped.count("GetRoleCredentials") == 1
        wrapped("logout", "--profile", "ro")
        done = wrapped.serve(rc=5)
        assert done.stdout == ""
        assert "awscreds login --profile ro" in done.stderr

    def test_another_login_is_another_session(self, wrapped):
        first = wrapped.serve().stdout
        wrapped.log_in()
        assert wrapped.serve().stdout != first
        assert wrapped.count("GetRoleCredentials") == 2

    def test_it_is_listed_like_any_other(self, wrapped):
        rows = json.loads(wrapped("list", "--json").stdout)["profiles"]
        (row,) = [row for row in rows if row["profile"] == "ro"]
        assert row["kind"] == "wrapped-sso"
        assert row["account"] == "012345678901"
        assert "ReadOnlyAccess" in wrapped("sessions", "list").stdout + str(row)

    def test_a_chain_over_it_assumes_its_role(self, wrapped, alice):
        arn = alice.sandbox.facts["role_arn"]
        with alice.config.open("a") as file:
            file.write(f"\n[profile admin]\nrole_arn = {arn}\nsource_profile = ro\n")
        done = wrapped("whoami", "--profile", "admin", rc=None)
        # The role wants MFA, which no SSO session has: AWS was asked with the right credentials.
        assert "not authorized" in done.stderr or "does not allow" in done.stderr
        assert wrapped.count("AssumeRole") == 1


def credentials_after(seconds, environment, results):
    """Ask for the role as an SDK does, so many seconds from now."""
    os.environ.clear()
    os.environ.update(environment)
    app = App(clock=lambda: time.time() + seconds)
    app.options.no_input = app.options.quiet = True
    try:
        session = app.provider.session(app.profiles().get("ro"))
        results.put(session.id)
    except AwscredsError as error:
        results.put(error.code)


@pytest.mark.slow
@pytest.mark.posix("it has no fork")
def test_many_processes_at_the_end_of_a_token_refresh_it_once(employee, alice):
    employee.log_in()
    employee("profile", "wrap", "ro")
    seconds = TOKEN - 60
    employee.control.advance(seconds)
    before = employee.count("CreateToken")
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    arguments = (seconds, alice.environment, results)
    processes = [context.Process(target=credentials_after, args=arguments) for _ in range(50)]
    for process in processes:
        process.start()
    got = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(got) == 1
    assert got.pop().startswith("ASIA")
    assert employee.count("CreateToken") == before + 1
    assert employee.count("GetRoleCredentials") == 1


@contextlib.contextmanager
def waiting(employee, *words):
    """``login`` in a process of its own that waits for the browser; its address."""
    alice = employee.alice
    environment = {k: v for k, v in alice.environment.items() if k != "BROWSER"}
    with subprocess.Popen(
        [PROGRAM, "login", "--profile", "ro", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            lines = [process.stderr.readline() for _ in range(2)]
            yield process, lines[1].strip()
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.daily(3)
@BOTH_FLOWS
@pytest.mark.parametrize("how", ["Ctrl-C", "killed"])
def test_a_login_that_is_stopped_leaves_nothing(employee, flow, how):
    if how == "Ctrl-C":
        need_posix("sends SIGINT")
    with waiting(employee, *flow) as (process, _):
        process.send_signal(signal.SIGINT) if how == "Ctrl-C" else process.kill()
        process.communicate(timeout=30)
        assert (process.returncode == 130) is (how == "Ctrl-C")
    assert list(employee.state.glob("login-*")) == []
    employee.log_in(*flow)
    assert employee.arn().startswith(ARN)


@pytest.mark.slow
def test_two_logins_at_once_both_end_well(employee):
    with waiting(employee) as (one, first), waiting(employee) as (two, second):
        for url in (second, first):
            browser = Browser()
            browser.open(url)
            assert "You are logged in" in browser.click("Allow access")
        assert (one.wait(30), two.wait(30)) == (0, 0)
    assert employee.arn().startswith(ARN)


@pytest.mark.parametrize(
    ("start_url", "region", "said"),
    [
        ("http://d-9067f0a1b2.awsapps.com/start", "eu-central-1", "not an https URL"),
        ("https://d-0000000000.awsapps.com/start", "eu-west-1", "in eu-west-1 does not know"),
        ("https://user@d-9067f0a1b2.awsapps.com/start", "eu-central-1", "not an https URL"),
        ("", "eu-central-1", "has no sso_start_url"),
        (START_URL, "", "has no sso_region"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(alice, start_url, region, said):
    config = f"[sso-session corp]\nsso_start_url = {start_url}\nsso_region = {region}\n{PROFILE}"
    employee = Employee(alice, config)
    done = employee.log_in("--use-device-code", rc=None)
    assert done.returncode in (3, 5)
    assert said in done.stderr
    assert "\n  " in done.stderr


@pytest.mark.parametrize("words", [["--profile", "other"], ["--sso-session", "x"]])
def test_what_is_no_login_is_refused(employee, words):
    with employee.alice.config.open("a") as file:
        file.write("\n[profile other]\nregion = eu-west-1\n")
    employee("login", *words, rc=3)
    employee("logout", *words, rc=3)


def test_a_locked_vault_is_told_before_the_browser_opens(employee, alice):
    employee.log_in()
    employee("lock")
    log = employee.count("Authorize")
    wrong = {"AWSCREDS_PASSPHRASE": "not the passphrase"}
    done = employee.log_in(rc=4, **wrong)
    assert "passphrase" in done.stderr
    assert employee.count("Authorize") == log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("CreateToken", "InternalServerException", 500),
        ("RegisterClient", "InternalServerException", 500),
        ("CreateToken", "InvalidGrantException", 400),
    ],
)
def test_a_failing_service_leaves_nothing_half_written(employee, action, code, status):
    employee.control.fail(action, code, status=status, count=None)
    employee.log_in(rc=5)
    assert list(employee.state.glob("login-*")) == []
    employee.control.clear_faults()
    employee.log_in()
    assert employee.arn().startswith(ARN)


def shut(alice):
    """Let the AWS CLI's files be impossible. Root may write everywhere: a file is in the way."""
    folder = alice.aws / "sso" / "cache"
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"")


def test_a_login_that_cannot_be_kept_is_ended_again(employee, alice):
    with waiting(employee, "--share") as (process, url):
        shut(alice)
        browser = Browser()
        browser.open(url)
        browser.click("Allow access")
        said = process.stderr.read()
        assert process.wait(30) == 1
    assert "cannot be kept" in said
    assert "it was ended again" in said
    assert employee.count("Logout") == 1


def test_where_no_login_can_be_kept_no_browser_opens(employee, alice):
    shut(alice)
    done = employee.log_in("--share", rc=1)
    folder = alice.aws / "sso" / "cache" if sys.platform == "win32" else "~/.aws/sso/cache"
    assert f"cannot write {folder}{os.sep}" in done.stderr
    assert employee.count("RegisterClient") == 0


def test_after_its_registration_ended_somebody_must_log_in(employee):
    employee.log_in()
    assert employee.arn().startswith(ARN)
    employee.control.advance(REGISTRATION)
    employee("sessions", "clear")
    assert "awscreds login --profile ro" in employee.arn(rc=5)

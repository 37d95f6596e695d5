"""``login`` and ``logout`` as `aws login` does: a person at a browser, a strict sign-in."""

import base64
import json
import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from awscreds.app import App
from awscreds.errors import AwscredsError
from awscreds.sandbox.signin import LOGIN, TOKEN
from tests.e2e.conftest import AWS, PROGRAM
from tests.e2e.terminal import terminal
from tests.e2e.test_login_weather import is_locked
from tests.e2e.visitor import ALICE, CONFIG, ROOT, Visitor


@pytest.fixture
def visitor(alice):
    return Visitor(alice)


def test_after_one_login_the_profile_works_until_the_logout(visitor, alice):
    assert "awscreds login --profile web" in visitor.arn(rc=5)
    done = visitor.log_in()
    assert f"Logged in as {ALICE}. The login is kept in the secret store." in done.stderr
    assert alice.config.read_text() == CONFIG
    assert visitor.arn() == ALICE
    done = visitor("logout", "--profile", "web")
    assert "removed the login from the secret store" in done.stderr
    assert "15 minutes at most" in done.stderr
    assert "awscreds login --profile web" in visitor.arn(rc=5)
    assert "Nobody was logged in" in visitor("logout", "--profile", "web").stderr
    assert visitor.logins == []


def remote_text(alice, url):
    """What the page shows to whoever opens ``url`` and continues as alice."""
    from tests.sandbox.browser import Browser

    browser = Browser()
    browser.open(url)
    return browser.click("Continue as alice").partition("<p>")[2].partition("</p>")[0]


def remotely(visitor, change=lambda text: text, *words):
    """``login --remote`` in a process of its own; its code, and what it said."""
    import subprocess

    environment = {k: v for k, v in visitor.alice.environment.items() if k != "BROWSER"}
    with subprocess.Popen(
        [PROGRAM, "login", "--profile", "web", "--remote", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    ) as process:
        lines = [process.stderr.readline() for _ in range(2)]
        text = change(remote_text(visitor.alice, lines[1].strip()))
        said = process.communicate(text + "\n", timeout=60)[1]
    return process.returncode, said


def test_a_code_is_pasted_from_a_browser_on_another_machine(visitor):
    code, said = remotely(visitor)
    assert code == 0, said
    assert visitor.arn() == ALICE


def of_another_login(text):
    query = base64.b64decode(text).decode()
    return base64.b64encode(query.replace("state=", "state=x").encode()).decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [lambda _: "", lambda _: "é", lambda text: text[:-8], of_another_login],
    ids=["nothing", "no base64", "a part", "another login's"],
)
def test_what_is_not_the_code_of_this_login_is_refused(visitor, change):
    code, said = remotely(visitor, change)
    assert code in (2, 6), said
    assert visitor.count() == 0
    assert visitor.logins == []


def test_a_person_who_denies_is_believed(visitor):
    visitor.will("Deny")
    assert "denied in the browser" in visitor.log_in(rc=5).stderr
    assert visitor.logins == []


class TestNewProfile:
    def test_is_created_once_somebody_agrees(self, visitor, alice):
        done = visitor("login", "--profile", "new", rc=3)
        assert "there is no profile 'new'" in done.stderr
        assert "awscreds login --profile new --yes" in done.stderr
        assert visitor.count("SignIn") == 0
        document = json.loads(
            visitor(
                *("login", "--profile", "new", "--yes", "--region", "eu-west-1", "--json")
            ).stdout
        )
        assert document["login_session"] == ALICE
        assert document["account"] == "123456789012"
        added = f"\n[profile new]\nlogin_session = {ALICE}\nregion = eu-west-1\n"
        assert alice.config.read_text() == CONFIG + added
        assert visitor.arn(profile="new") == ALICE

    @pytest.mark.posix("it has no pseudo-terminals")
    def test_is_created_by_the_answers_at_a_terminal(self, visitor, alice):
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            alice.environment.pop(name, None)
        with terminal(alice, PROGRAM, "login", "--profile", "new") as screen:
            screen.answer("as `aws login` does? [Y/n] ", "n")
            assert screen.end() == 2
        assert alice.config.read_text() == CONFIG
        with terminal(alice, PROGRAM, "login", "--profile", "new") as screen:
            screen.answer("as `aws login` does? [Y/n] ", "")
            screen.answer("AWS Region [us-east-1]: ", "")
            screen.expect("Logged in as")
            assert screen.end() == 0
        added = f"\n[profile new]\nlogin_session = {ALICE}\nregion = us-east-1\n"
        assert alice.config.read_text() == CONFIG + added

    @pytest.mark.posix("it has no pseudo-terminals")
    def test_that_nobody_agrees_to_is_not_there(self, visitor, alice):
        with terminal(alice, PROGRAM, "login", "--profile", "new") as screen:
            screen.interrupt("as `aws login` does? [Y/n] ")
            assert screen.end() == 130
        assert alice.config.read_text() == CONFIG
        assert visitor.count("SignIn") == 0

    def test_asks_for_its_region(self, visitor, alice):
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            alice.environment.pop(name, None)
        visitor("login", "--profile", "new", "--yes", stdin="eu-north-1\n")
        assert alice.config.read_text().endswith("region = eu-north-1\n")

    def test_that_has_settings_only_keeps_them(self, alice):
        visitor = Visitor(alice, "[profile web]\nregion = eu-west-3\noutput = text\n")
        visitor.log_in("--yes")
        after = f"[profile web]\nregion = eu-west-3\noutput = text\nlogin_session = {ALICE}\n"
        assert alice.config.read_text() == after

    @pytest.mark.parametrize(
        "settings",
        [
            "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = x",
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s",
            "credential_process = /bin/true",
            "web_identity_token_file = /x",
            "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE",
            f"login_session = {ALICE}\ncredential_process = /bin/true",
        ],
    )
    def test_that_has_other_credentials_is_refused_before_the_browser_opens(self, alice, settings):
        visitor = Visitor(alice, f"[profile web]\n{settings}\n")
        assert "has other credentials" in visitor.log_in("--yes", rc=3).stderr
        assert visitor.count("SignIn") == 0
        assert alice.config.read_text() == f"[profile web]\n{settings}\n"


def test_somebody_else_is_taken_over_only_if_that_is_agreed(visitor, alice):
    visitor.log_in()
    visitor.will("Continue as root")
    assert f"was logged in as {ALICE}" in visitor.log_in(rc=6).stderr
    assert alice.config.read_text() == CONFIG
    assert visitor.arn() == ALICE
    visitor.log_in("--yes")
    assert alice.config.read_text() == CONFIG.replace(ALICE, ROOT)
    assert visitor.arn() == ROOT
    assert len(visitor.logins) == 1


def test_options_of_the_other_kind_of_login_are_refused(visitor, alice):
    assert "use --remote" in visitor.log_in("--use-device-code", rc=2).stderr
    with alice.config.open("a") as file:
        file.write("[profile sso]\nsso_session = s\n")
    done = visitor("login", "--profile", "sso", "--remote", rc=2)
    assert "use --use-device-code" in done.stderr


def shift(path, seconds, **more):
    """Let the credentials in a shared login end so many seconds from now."""
    document = json.loads(path.read_bytes())
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    document["accessToken"]["expiresAt"] = ends
    path.write_text(json.dumps({**document, **more}))
    return document


class TestShared:
    def test_has_the_fields_of_the_cli_and_is_renewed_with_all_that_is_in_it(self, visitor):
        assert "in the AWS CLI's file" in visitor.log_in("--share").stderr
        path = visitor.shared()
        if sys.platform != "win32":
            assert path.stat().st_mode & 0o777 == 0o600
        document = json.loads(path.read_bytes())
        assert list(document) == [
            *("accessToken", "tokenType", "clientId", "refreshToken", "idToken", "dpopKey"),
            "signInRegion",
        ]
        assert list(document["accessToken"]) == [
            *("accessKeyId", "secretAccessKey", "sessionToken", "accountId", "expiresAt"),
        ]
        assert document["dpopKey"].startswith("-----BEGIN EC PRIVATE KEY-----\n")
        assert max(map(len, document["dpopKey"].splitlines())) <= 64
        for number in range(3):
            before = shift(path, 60, mine=number)
            assert visitor.arn() == ALICE
            after = json.loads(path.read_bytes())
            assert after["refreshToken"] != before["refreshToken"]
            assert after["accessToken"]["accountId"] == "123456789012"
            assert after["mine"] == number
        assert visitor.logins == []

    def test_is_in_the_folder_of_the_variable(self, visitor, alice, tmp_path):
        alice.environment["AWS_LOGIN_CACHE_DIRECTORY"] = str(tmp_path / "mine")
        visitor.log_in("--share")
        assert [path.name for path in (tmp_path / "mine").iterdir()] == [visitor.shared().name]
        assert visitor.arn() == ALICE

    def test_a_setting_shares_it(self, alice):
        visitor = Visitor(alice, CONFIG + "awscreds_token_cache = cli\n")
        assert "in the AWS CLI's file" in visitor.log_in().stderr

    def test_a_login_of_the_cli_is_used_and_a_logout_names_both(self, visitor):
        visitor.log_in("--share")
        kept = visitor.shared().read_bytes()
        visitor("logout", "--profile", "web")
        visitor.log_in()
        visitor.shared().write_bytes(kept)
        document = json.loads(visitor("logout", "--profile", "web", "--json").stdout)
        assert document["removed_from"] == ["the secret store", str(visitor.shared())]

    @pytest.mark.parametrize(
        "broken", [{"dpopKey": "x"}, {"refreshToken": None}, {"clientId": 1}, {"dpopKey": None}]
    )
    def test_one_that_cannot_be_renewed_serves_to_its_end(self, visitor, broken):
        visitor.log_in("--share")
        shift(visitor.shared(), 60, **broken)
        assert visitor.arn() == ALICE
        shift(visitor.shared(), -1, **broken)
        assert "awscreds login --profile web" in visitor.arn(rc=5)
        assert visitor.count() == 1


class TestWrapped:
    @pytest.fixture
    def wrapped(self, visitor):
        visitor.log_in()
        visitor("profile", "wrap", "web")
        return visitor

    @pytest.mark.slow
    def test_every_sdk_gets_it_and_the_bytes_come_back(self, wrapped, alice):
        done = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "web", "--query", "Arn")
        assert json.loads(done.stdout) == ALICE
        code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        done = alice.run(sys.executable, "-c", code, AWS_PROFILE="web")
        assert done.stdout.strip() == ALICE
        assert wrapped.arn() == ALICE
        assert json.loads(wrapped("export", "--profile", "web", "--format", "json").stdout)
        child = (sys.executable, "-c", code)
        assert wrapped("exec", "web", "--", *child).stdout.strip() == ALICE
        wrapped("profile", "unwrap", "web")
        assert alice.config.read_text() == CONFIG

    def test_all_of_them_share_one_session_and_a_logout_ends_it(self, wrapped):
        first = wrapped.served()
        assert wrapped.served() == first
        assert wrapped.count() == 1
        wrapped("logout", "--profile", "web")
        assert "awscreds login --profile web" in wrapped.served(rc=5)

    def test_a_login_for_it_leaves_it_wrapped(self, wrapped, alice):
        before = alice.config.read_text()
        first = wrapped.served()
        wrapped.log_in()
        assert wrapped.served() != first
        wrapped.will("Continue as root")
        wrapped.log_in("--yes")
        assert alice.config.read_text() == before.replace(ALICE, ROOT)

    def test_it_is_listed_like_any_other(self, wrapped):
        rows = json.loads(wrapped("list", "--json", "--kind", "login").stdout)["profiles"]
        (row,) = rows
        assert (row["kind"], row["account"], row["identity"]) == (
            *("wrapped-login", "123456789012", "alice"),
        )
        wrapped.served()
        assert ALICE in wrapped("sessions", "list").stdout
        assert "web" in wrapped("profile", "show", "web").stdout

    def test_a_chain_over_it_assumes_its_role(self, wrapped, alice):
        arn = alice.sandbox.facts["role_arn"]
        with alice.config.open("a") as file:
            file.write(f"\n[profile admin]\nrole_arn = {arn}\nsource_profile = web\n")
        assert ":assumed-role/admin/" in wrapped.arn(profile="admin")

    def test_doctor_finds_nothing_wrong(self, wrapped):
        document = json.loads(wrapped("doctor", "--offline", "--json", rc=None).stdout)
        assert [f for f in document["findings"] if f.get("profile") == "web"] == []


def credentials_after(seconds, environment, results):
    """Ask for the credentials as an SDK does, so many seconds from now."""
    os.environ.clear()
    os.environ.update(environment)
    app = App(clock=lambda: time.time() + seconds)
    app.options.no_input = app.options.quiet = True
    try:
        results.put(app.provider.session(app.profiles().get("web")).id)
    except AwscredsError as error:
        results.put(error.code)


def asked_at_once(visitor, seconds, count=50):
    """What so many processes get at that time, all at once."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    arguments = (seconds, visitor.alice.environment, results)
    processes = [context.Process(target=credentials_after, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    got = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    return got


@pytest.mark.slow
@pytest.mark.posix("it has no fork")
@pytest.mark.parametrize("how", [[], ["--share"]], ids=["sealed", "shared"])
def test_many_processes_at_its_end_renew_it_once(visitor, how):
    visitor.log_in(*how)
    visitor.control.advance(TOKEN - 60)
    (got,) = asked_at_once(visitor, TOKEN - 60)
    assert got.startswith("ASIA")
    assert visitor.count() == 2


@pytest.mark.slow
@pytest.mark.posix("it has no fork")
def test_a_logout_waits_for_a_refresh_which_would_bring_the_login_back(visitor, monkeypatch):
    visitor.log_in("--share")
    monkeypatch.setenv("HOME", str(visitor.alice.home))  # where the locks are
    visitor.control.advance(TOKEN - 60)
    visitor.control.hang("CreateOAuth2Token")
    context = multiprocessing.get_context("fork")
    arguments = (TOKEN - 60, visitor.alice.environment, context.Queue())
    refresh = context.Process(target=credentials_after, args=arguments)
    refresh.start()
    while not is_locked(visitor.shared()):
        assert refresh.is_alive()
    words = [PROGRAM, "logout", "--profile", "web"]
    with subprocess.Popen(words, env=visitor.alice.environment) as logout:
        with pytest.raises(subprocess.TimeoutExpired):
            logout.wait(1.5)
        visitor.control.release()
        assert logout.wait(30) == 0
    refresh.join()
    assert not visitor.shared().exists()


def later(visitor, seconds):
    """The code of the error, or the ID of the key, that somebody gets at that time."""
    visitor.control.advance(seconds)
    (got,) = asked_at_once(visitor, seconds, 1)
    return got


@pytest.mark.posix("it has no fork")
class TestEnds:
    def test_when_its_twelve_hours_are_over(self, visitor):
        visitor.log_in()
        assert later(visitor, LOGIN) == "login-needed"

    def test_when_the_password_is_changed(self, visitor):
        visitor.log_in()
        visitor.control.arrange_sign_in(passwords_changed=True)
        assert later(visitor, TOKEN) == "login-needed"

    def test_for_who_lost_the_permission(self, visitor):
        visitor.log_in()
        visitor.control.arrange_sign_in(allowed=False)
        assert later(visitor, TOKEN) == "login-refused"

    def test_not_while_what_is_left_serves(self, visitor):
        visitor.log_in()
        visitor.control.fail("CreateOAuth2Token", "InternalServerException", count=None)
        assert later(visitor, TOKEN - 60).startswith("ASIA")


@pytest.mark.parametrize(
    ("arranged", "said"),
    [
        ({"allowed": False}, "SignInLocalDevelopmentAccess"),
        ({"code_seconds": 0}, "the code from the browser has expired"),
    ],
)
def test_a_refusal_of_aws_says_what_to_do(visitor, arranged, said):
    visitor.control.arrange_sign_in(**arranged)
    assert said in visitor.log_in(rc=5).stderr
    assert visitor.logins == []


def test_a_login_of_another_region_is_renewed_there_or_the_region_is_named(visitor, alice):
    """Old versions of the AWS CLI do not keep where they logged in: the profile's region counts."""
    visitor.log_in("--share")
    elsewhere = f"{alice.environment['AWS_ENDPOINT_URL']}/in/us-east-2"
    alice.config.write_text(CONFIG.replace("eu-central-1", "us-east-2"))
    shift(visitor.shared(), -60)
    assert visitor.arn() == ALICE
    shift(visitor.shared(), -60, signInRegion=None)
    alice.environment["AWS_ENDPOINT_URL_SIGNIN"] = elsewhere
    said = " ".join(visitor.arn(rc=5).split())
    assert "is not known to AWS's sign-in in us-east-2" in said
    assert "awscreds login --profile web --region REGION" in said


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_failing_service_leaves_nothing_half_written(visitor, alice, status):
    visitor.control.fail("CreateOAuth2Token", "SomeException", status=status, count=None)
    visitor.log_in(rc=5)
    assert visitor.logins == []
    assert alice.config.read_text() == CONFIG
    visitor.control.clear_faults()
    visitor.log_in()
    assert visitor.arn() == ALICE


def forms(secret):
    """How a secret could be found in a file."""
    raw = secret.encode()
    return raw, base64.b64encode(raw)[:-4], raw.hex().encode()


def test_no_secret_of_it_is_anywhere_in_clear(visitor, alice):
    visitor.log_in()
    visitor("profile", "wrap", "web")
    served = visitor.served()
    visitor.control.advance(TOKEN - 60)
    visitor("whoami", "--profile", "web")
    for path, data in alice.files().items():
        for prefix in (b"aorSIGNIN", b"PRIVATE KEY", b"eyJ"):
            assert prefix not in data, path
        for secret in (served["SecretAccessKey"], served["SessionToken"]):
            assert not any(form in data for form in forms(secret)), path
    assert not visitor.shared().exists()

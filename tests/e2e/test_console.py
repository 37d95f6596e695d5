"""``console``: who is signed in, and where the link that signs in never is."""

import json
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from awscreds.sandbox.browser import Browser
from awscreds.sandbox.identity_center import START_URL
from tests.e2e.visitor import Visitor
from tests.helpers import command_line

PERSON = Path(__file__).parent / "opened.py"
ROLE = "arn:aws:sts::123456789012:assumed-role/admin/"
USER = "arn:aws:sts::123456789012:federated-user/alice"
TEMPORARY = (
    "[temporary]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n"
)

SHOW = "import pathlib, sys; print(pathlib.Path(sys.argv[1]).read_text())"


class Visits:
    """Alice, whose browser follows what it is started with."""

    def __init__(self, alice):
        self.alice = alice
        self.control = alice.sandbox.control
        self.seen = alice.home.parent / "seen"
        words = [sys.executable, str(PERSON), str(self.seen)]
        alice.environment["BROWSER"] = shlex.join(words) + " %s"
        alice.configure("alice", "--no-verify")

    def __call__(self, *words, **options):
        return self.alice.awscreds("console", *words, **options)

    def page(self):
        """What the browser shows at last. It ends a moment after the command."""
        for _ in range(200):
            if self.seen.exists():
                return self.seen.read_text(encoding="utf-8")
            time.sleep(0.05)
        raise AssertionError("the browser shows nothing")

    def argv(self):
        return Path(f"{self.seen}.argv").read_text(encoding="utf-8")

    def with_mfa(self):
        """The session that the role needs is cached."""
        done = self.alice.awscreds("mfa-session", "alice", "--token", self.alice.code())
        assert done.stdout
        return self

    def print(self, *words, **options):
        document = json.loads(self(*words, "--print", "--json", **options).stdout)
        visitor = Browser()
        visitor.open(document["url"])
        return document, visitor.page

    def write(self, text):
        with self.alice.config.open("a", encoding="utf-8") as file:
            file.write(text)


@pytest.fixture
def visits(alice):
    return Visits(alice)


def test_a_browser_is_signed_in_as_the_role_and_the_page_is_gone(visits, alice):
    done = visits.with_mfa()("admin", "--service", "s3")
    page = visits.page()
    assert f"Signed in as {ROLE}" in page
    assert "Page: /s3/home?region=eu-central-1" in page
    assert f"Opened the console as {ROLE}" in done.stderr
    assert done.stdout == ""
    assert "SigninToken" not in visits.argv()
    assert visits.argv().startswith("file://")
    assert "127.0.0.1" not in visits.argv()
    assert not list((alice.aws / "awscreds").glob("open-*"))


def test_a_user_is_signed_in_without_mfa_and_told_so(visits):
    done = visits("alice")
    assert f"Signed in as {USER}" in visits.page()
    assert "has no MFA" in done.stderr
    assert "awscreds console --profile admin" in done.stderr


def test_no_secret_is_in_a_file_or_a_message(visits, alice):
    done = visits.with_mfa()("admin", "--verbose")
    tokens = [entry for entry in visits.control.log("GetSigninToken") if entry["outcome"] == "ok"]
    assert len(tokens) == 1
    assert "federation" not in done.stderr + done.stdout
    for path, data in alice.files().items():
        for text in (b"SigninToken", b"federation", b"sessionKey"):
            assert text not in data, path


def test_the_link_is_printed_alone_and_works(visits):
    done = visits("alice", "--print")
    [link] = done.stdout.splitlines()
    visitor = Browser()
    visitor.open(link)
    assert f"Signed in as {USER}" in visitor.page
    assert "15 minutes" not in done.stderr  # a pipe
    assert not visits.seen.exists()


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ([], "/console/home?region=eu-central-1"),
        (["--service", "iam"], "/iam/home"),
        (["--service", "ec2", "--region", "eu-west-1"], "/ec2/home?region=eu-west-1"),
        (["--path", "/s3/buckets/x%20y?a=b&c=%2F#d"], "/s3/buckets/x%20y?a=b&c=%2F"),
    ],
)
def test_the_page_is_the_one_asked_for(visits, words, page):
    _, shown = visits.print("alice", *words)
    assert shown.partition("Page: ")[2].startswith(page.replace("&", "&amp;") + "</p>")


def test_a_duration_is_asked_for_where_aws_takes_it(visits, alice):
    serial = alice.mfa_serial
    visits.write(f"\n[profile long]\nrole_arn = {alice.sandbox.facts['role_arn']}\n")
    visits.write(f"source_profile = alice\nmfa_serial = {serial}\nduration_seconds = 7200\n")
    alice.awscreds("export", "long", "--token", alice.code(), "--format", "json")
    document, _ = visits.print("long", "--duration", "8h")
    ends = time.mktime(time.strptime(document["ends"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 7 * 3600 < ends - time.time() < 9 * 3600
    visits.control.advance(60)
    done = visits.with_mfa()("admin", "--duration", "8h", "--print", "--json")
    assert "AWS does not take --duration" in done.stderr
    assert json.loads(done.stdout)["url"]
    asked = [entry["status"] for entry in visits.control.log("GetSigninToken")]
    assert asked == [200, 400, 200]
    done = visits("alice", "--duration", "1h", "--print", "--json")
    assert "AWS does not take" not in done.stderr


def test_a_session_of_a_user_is_explained(visits, alice):
    alice.credentials.write_text(TEMPORARY.format(*alice.sandbox.session()))
    alice.credentials.chmod(0o600)
    done = visits("temporary", rc=3)
    assert "GetSessionToken" in done.stderr
    assert visits.control.log("GetSigninToken") == []


def test_a_role_of_a_program_or_a_file_goes_to_aws_alone(visits, alice):
    """Nobody knows who gave these: an endpoint that is not AWS's own does not get them."""
    client = alice.sandbox.client("sts")
    code = {"SerialNumber": alice.mfa_serial, "TokenCode": alice.code()}
    arn = alice.sandbox.facts["role_arn"]
    given = client.assume_role(RoleArn=arn, RoleSessionName="me", **code)["Credentials"]
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    alice.credentials.write_text(TEMPORARY.format(*(given[name] for name in names)))
    alice.credentials.chmod(0o600)
    answer = {"Version": 1, **{name: given[name] for name in names}}
    program = alice.folder / "answer.json"
    program.write_text(json.dumps(answer))
    line = command_line(sys.executable, "-c", SHOW, str(program))
    visits.write(f"\n[profile program]\ncredential_process = {line}\n")
    for name in ("temporary", "program"):
        done = visits(name, rc=3)
        assert "not AWS's own sign-in page" in done.stderr
        assert "AWS_ENDPOINT_URL" in done.stderr
    assert visits.control.log("GetSigninToken") == []


def test_a_session_goes_only_to_the_endpoint_that_gave_it(visits):
    done = visits("alice", AWS_ENDPOINT_URL_CONSOLE="http://127.0.0.1:9", rc=3)
    assert "does not send them" in done.stderr
    done = visits("alice", AWS_ENDPOINT_URL_CONSOLE="http://signin.example", rc=3)
    assert "does not send them" in done.stderr
    done = visits("alice", AWS_ENDPOINT_URL_CONSOLE="https://a@signin.aws.amazon.com", rc=3)
    assert "bad-endpoint" not in done.stdout
    assert "is refused" in done.stderr


def test_keys_of_the_environment_are_refused_and_those_of_a_session_are_its_profiles(visits, alice):
    keys = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), alice.sandbox.key, strict=True))
    done = visits(rc=3, **keys)
    assert "awscreds console PROFILE" in done.stderr
    assert "alice" in json.loads(visits("alice", "--print", "--json", **keys).stdout)["arn"]
    done = visits("--print", "--json", AWSCREDS_PROFILE="alice", **keys)
    assert json.loads(done.stdout)["profile"] == "alice"


def test_root_and_users_without_permission_are_told_what_to_do(visits, alice):
    key_id, secret = alice.sandbox.root_key
    text = f"[root]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    alice.credentials.write_text(text)
    alice.credentials.chmod(0o600)
    assert "root user" in visits("root", rc=3).stderr
    iam = alice.sandbox.client("iam")
    deny = {"Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_user_policy(UserName="alice", PolicyName="no", PolicyDocument=policy)
    done = visits("alice", rc=5)
    assert "sts:GetFederationToken" in done.stderr
    assert "awscreds console --profile admin" in done.stderr


def test_a_code_that_cannot_be_asked_for_is_exit_6(visits):
    done = visits("admin", rc=6)
    assert "run it in a terminal" in done.stderr


ISOLATED = {
    "us-iso-east-1": "aws-iso",
    "us-isob-east-1": "aws-iso-b",
    "eu-isoe-west-1": "aws-iso-e",
}


@pytest.mark.parametrize(("region", "arn"), ISOLATED.items())
def test_an_isolated_partition_is_refused_before_anything_is_asked(visits, region, arn):
    visits.write(f"\n[profile secret]\nrole_arn = arn:{arn}:iam::1:role/a\n")
    visits.write(f"source_profile = alice\nregion = {region}\n")
    done = visits("secret", rc=3)
    assert "has no console" in done.stderr
    assert visits.control.log() == []


@pytest.mark.parametrize(
    "words",
    [
        ["--service", "s4"],
        ["--service", "s3", "--path", "/x"],
        ["--path", "https://evil.example/"],
        ["--region", "cn-north-1"],
        ["--region", "a.b"],
        ["--duration", "10m"],
        ["--duration", "13h"],
        ["--browser", "lynx"],
        ["--browser", "firefox", "--chrome-profile", "x"],
        ["--browser", "chrome", "--firefox-container"],
        ["--firefox-container", "--chrome-profile", "x"],
        ["--chrome-profile", "../x"],
        ["--print", "--browser", "firefox"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_before_aws_is_asked(visits, words):
    done = visits("alice", *words, rc=None)
    assert done.returncode in (2, 3)
    assert visits.control.log() == []


FAULTS = {
    "403": ({"status": 403}, "console", 5),
    "500": ({"status": 500}, "wait a minute", 5),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refusal_of_the_sign_in_page_is_a_sentence(visits, fault):
    settings, said, code = FAULTS[fault]
    visits.control.fail("GetSigninToken", count=None, **settings)
    assert said in visits("alice", rc=code).stderr
    assert not visits.seen.exists()


def test_a_lost_answer_is_a_sentence(visits):
    visits.control.drop("GetSigninToken")
    assert "cannot reach http://127.0.0.1" in visits("alice", rc=5).stderr


class TestNoBrowser:
    @pytest.mark.posix("Windows always has a browser")
    def test_none_at_all(self, visits):
        done = visits("alice", rc=1, BROWSER=None, DISPLAY=None, WAYLAND_DISPLAY=None)
        assert "there is no browser" in done.stderr
        assert visits.control.log() == []
        assert "--print" in done.stderr

    @pytest.mark.posix("Windows always has a browser")
    @pytest.mark.parametrize("line", ["'without end %s", "/no/such/browser"])
    def test_one_that_makes_no_sense(self, visits, line):
        done = visits("alice", rc=1, BROWSER=line, DISPLAY=None, WAYLAND_DISPLAY=None)
        assert "--print" in done.stderr

    def test_one_that_is_not_there(self, visits, alice):
        done = visits("alice", "--browser", "vivaldi", rc=1)
        assert "vivaldi is not installed" in done.stderr
        assert visits.control.log() == []
        assert not list((alice.aws / "awscreds").glob("open-*"))

    def test_one_that_fails(self, visits, alice):
        python = Path(sys.executable).as_posix()
        done = visits("alice", rc=1, BROWSER=f"{python} -c exit(1) %s")
        assert "did not open the page" in done.stderr
        assert not list((alice.aws / "awscreds").glob("open-*"))


@pytest.mark.posix("starts a script")
def test_a_named_browser_gets_the_page_and_its_profile_as_words(visits, alice):
    programs = alice.folder / "bin"
    programs.mkdir()
    chrome = programs / "google-chrome"
    chrome.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{shlex.quote(str(alice.folder / "words"))}\n'
        f'for last; do :; done\nexec {sys.executable} {PERSON} {visits.seen} "$last"\n'
    )
    chrome.chmod(0o755)
    path = f"{programs}:{alice.environment['PATH']}"
    visits("alice", "--chrome-profile", "$(touch x); 'y'", PATH=path)
    visits.page()
    options, page = (alice.folder / "words").read_text().splitlines()
    assert options == "--profile-directory=$(touch x); 'y'"
    assert page.startswith("file://")


def test_a_page_of_a_killed_run_is_removed(visits, alice):
    state = alice.aws / "awscreds"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    left = state / f"open-{ended.pid}-0badcafe.html"
    left.write_text("x")
    left.chmod(0o600)
    visits("alice")
    assert visits.page()
    assert not left.exists()


@pytest.mark.posix("stands for WSL, which is a Linux")
def test_wsl_starts_the_browser_of_windows(visits, alice):
    programs = alice.folder / "bin"
    programs.mkdir()
    words = f'"{sys.executable}" "{PERSON}" "{visits.seen}"'
    for name, line in {
        "wslpath": '[ "$1" = -w ] && printf "%s\\n" "W:$2"',
        "explorer.exe": f'{words} "file://${{1#W:}}"; exit 1',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    path = f"{programs}:{alice.environment['PATH']}"
    visits("alice", BROWSER=None, DISPLAY=None, WSL_DISTRO_NAME="Debian", PATH=path)
    assert f"Signed in as {USER}" in visits.page()


@pytest.mark.posix("sends SIGINT")
def test_ctrl_c_leaves_no_page(visits, alice):
    state = alice.aws / "awscreds"
    variables = {**alice.environment, "BROWSER": "sleep 60 %s"}
    words = [*alice.program, "console", "alice"]
    with subprocess.Popen(words, env=variables, stderr=subprocess.PIPE, text=True) as process:
        while "Opening" not in process.stderr.readline():
            assert process.poll() is None
        [page] = state.glob("open-*")
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert "SigninToken" not in page.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert not list(state.glob("open-*"))


def test_sso_signs_in(alice):
    clicks = [sys.executable, str(PERSON.parents[1] / "sandbox" / "browser.py"), "Allow access"]
    alice.config.write_text(
        f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n"
        "sso_registration_scopes = sso:account:access\n[profile ro]\nsso_session = corp\n"
        "sso_account_id = 012345678901\nsso_role_name = ReadOnlyAccess\nregion = eu-central-1\n"
    )
    browser = shlex.join(clicks) + " %s"
    alice.awscreds("login", "--profile", "ro", BROWSER=browser)
    for wrapped in (False, True):
        if wrapped:
            alice.awscreds("profile", "wrap", "ro")
        done = alice.awscreds("console", "ro", "--print", "--duration", "2h")
        visitor = Browser()
        visitor.open(done.stdout.strip())
        arn = "arn:aws:sts::012345678901:assumed-role/AWSReservedSSO_ReadOnlyAccess_"
        assert arn in visitor.page
        assert quote("/console/home", safe="") in done.stdout


def test_console_credentials_sign_in(alice):
    """Those of `aws login`, of a user."""
    visitor = Visitor(alice)
    visitor.log_in()
    done = visitor("console", "web", "--print")
    browser = Browser()
    browser.open(done.stdout.strip())
    assert "Signed in as arn:aws:iam::123456789012:user/alice" in browser.page

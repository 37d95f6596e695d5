"""No secret of a login is anywhere in clear: files, arguments, environments, output."""

import json
import secrets
import sys

import pytest

from awscreds.app import App
from awscreds.sandbox.identity_center import START_URL, TOKEN
from awscreds.sandbox.search import files_with, forms_of
from awscreds.stores.sealed_logins import SealedLogins
from tests.e2e.employee import ARN, Employee
from tests.e2e.test_login_kills import forked

TOKENS = ("accessToken", "refreshToken", "clientSecret")

# A browser that notes how it was started, and then is one.
NOTING = """\
import json, os, sys
from awscreds.sandbox.browser import Browser
seen = [sys.argv, dict(os.environ)]
with open("/proc/%d/cmdline" % os.getppid()) as file:
    seen.append(file.read())
with open({noted!r}, "a") as file:
    file.write(json.dumps(seen) + "\\n")
browser = Browser()
browser.open(sys.argv[1])
browser.click("Allow access")
"""


def tokens_of(employee, monkeypatch):
    """The secrets of the sealed login, by whoever may open it."""
    monkeypatch.setenv("HOME", str(employee.alice.home))
    app = App(dict(employee.alice.environment))
    sealed = SealedLogins(app.state_dir, app.stores.login_key)
    document = sealed.read("corp", f"{START_URL}/#/")
    return {document[name] for name in TOKENS}


@pytest.fixture
def employee(alice):
    employee = Employee(alice)
    browser = alice.folder / "browser.py"
    employee.noted = alice.folder / "noted"
    browser.write_text(NOTING.format(noted=str(employee.noted)))
    alice.environment["BROWSER"] = f"{sys.executable} {browser} %s"
    return employee


def assert_nowhere(employee, found, said):
    outside = said + employee.noted.read_text()
    for secret in found:
        assert files_with(secret, employee.alice.home) == []
        for form in forms_of(secret):
            assert form not in outside.encode()


@pytest.mark.parametrize("flow", [[], ["--use-device-code"]], ids=["pkce", "device"])
def test_a_sealed_login_shows_no_secret_anywhere(employee, monkeypatch, flow):
    said = []

    def note(*words, **options):
        done = employee(*words, "--verbose", **options)
        said.append(done.stdout + done.stderr)
        return done

    note("login", "--profile", "ro", *flow)
    found = tokens_of(employee, monkeypatch)
    assert len(found) == len(TOKENS)
    note("profile", "wrap", "ro")
    served = json.loads(employee.alice.run("sh", "-c", employee.line()).stdout)
    roles = {served["SecretAccessKey"], served["SessionToken"]}
    note("whoami", "--profile", "ro")
    exported = employee("export", "--profile", "ro", "--format", "json").stdout
    assert served["SecretAccessKey"] in exported
    employee.control.advance(TOKEN - 60)
    assert forked(employee, ("sessions", "clear")) == 0
    assert forked(employee, ("whoami", "--profile", "ro"), ahead=TOKEN - 60) == 0
    found |= tokens_of(employee, monkeypatch)
    assert len(found) == 5
    note("sessions", "list")
    note("list")
    note("doctor", "--offline")
    assert_nowhere(employee, found | roles, "".join(said))
    note("logout", "--profile", "ro")
    assert_nowhere(employee, found | roles, "".join(said))


def test_a_shared_login_is_in_the_clis_files_alone_and_that_is_said(employee):
    done = employee("login", "--profile", "ro", "--share", "--verbose")
    assert "in the AWS CLI's file" in done.stderr
    [path] = employee.cli_files
    document = json.loads(path.read_bytes())
    for name in TOKENS:
        assert files_with(document[name], employee.alice.home) == [
            str(path.relative_to(employee.alice.home))
        ]
        assert document[name] not in done.stdout + done.stderr + employee.noted.read_text()
    assert employee.arn().startswith(ARN)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its browser
def test_the_verifier_of_a_login_leaves_the_process_only_to_aws(employee, monkeypatch, capfd):
    """What a person could see, and what a browser gets, has its digest."""
    made = []
    real = secrets.token_urlsafe

    def noted(count):
        made.append(real(count))
        return made[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", noted)
    monkeypatch.setenv("HOME", str(employee.alice.home))
    for name, text in employee.alice.environment.items():
        monkeypatch.setenv(name, text)
    from awscreds.cli import run

    assert run(["login", "--profile", "ro", "--verbose"], App()) == 0
    said = capfd.readouterr()
    state, verifier = made[:2]
    assert state in said.err
    assert_nowhere(employee, {verifier}, said.out + said.err)

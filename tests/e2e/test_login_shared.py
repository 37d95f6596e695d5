"""A login in the AWS CLI's files: what it made we use, what we made it uses, nobody's is lost."""

import json
import sys
from pathlib import Path

import pytest

from awscreds.sandbox.identity_center import START_URL
from tests.e2e.employee import ARN, PROFILE, SESSION, Employee
from tests.helpers import missing_tool

pytestmark = pytest.mark.slow


@pytest.fixture
def employee(alice):
    return Employee(alice, SESSION.replace("/#/", "") + PROFILE)  # the CLI 2.9 sends it as it is


DEBIAN = Path("/usr/lib/python3/dist-packages/awscli")

# The AWS CLI's own code for a login by device code, with its own cache; only the endpoint and the
# person at the browser are ours: its version in Debian does not read AWS_ENDPOINT_URL.
CLI_LOGIN = """\
import subprocess, sys
from awscli.botocore.session import Session
from awscli.botocore.utils import JSONFileCache, SSOTokenFetcher
from awscli.customizations.sso.utils import SSO_TOKEN_DIR, _sso_json_dumps

url, start_url, python = sys.argv[1:]
session = Session()

def create(name, config):
    return session.create_client(name, config=config, endpoint_url=url)

def click(verificationUriComplete, **_):
    browser = [python, "-m", "awscreds.sandbox.browser", "Allow access"]
    subprocess.run([*browser, verificationUriComplete], check=True)

cache = JSONFileCache(SSO_TOKEN_DIR, dumps_func=_sso_json_dumps)
fetcher = SSOTokenFetcher(
    "eu-central-1", create, cache=cache, on_pending_authorization=click, sleep=lambda _: None
)
fetcher.fetch_token(
    start_url, force_refresh=True, session_name="corp", registration_scopes=["sso:account:access"]
)
"""


def log_in_by_the_cli(employee):
    if not DEBIAN.exists():
        missing_tool("the AWS CLI v2 of Debian is not installed")
    url = employee.alice.environment["AWS_ENDPOINT_URL"]
    words = ("/usr/bin/python3", "-c", CLI_LOGIN, url, START_URL, sys.executable)
    employee.alice.run(*words)


def registrations(employee):
    found = sorted((employee.alice.aws / "sso" / "cache").glob("*.json"))
    return [path for path in found if b"accessToken" not in path.read_bytes()]


def test_the_cli_and_we_use_one_registration_and_one_login(employee):
    log_in_by_the_cli(employee)
    [registration] = registrations(employee)
    [login] = employee.cli_files
    assert employee.arn().startswith(ARN)  # a login that the CLI made is used
    employee.log_in("--share", "--use-device-code")
    assert employee.count("RegisterClient") == 1
    assert (registrations(employee), employee.cli_files) == ([registration], [login])
    registration.unlink()
    employee.log_in("--share", "--use-device-code")
    assert registrations(employee) == [registration]  # now it is ours, under the same name
    document = json.loads(registration.read_bytes())
    assert list(document) == ["clientId", "clientSecret", "expiresAt", "scopes"]
    assert employee.count("RegisterClient") == 2
    log_in_by_the_cli(employee)
    assert employee.count("RegisterClient") == 2
    assert employee.arn().startswith(ARN)


def test_a_registration_for_a_code_is_not_used_for_a_device_nor_the_reverse(employee):
    log_in_by_the_cli(employee)
    [registration] = registrations(employee)
    before = registration.read_bytes()
    employee.log_in("--share")
    assert employee.count("RegisterClient") == 2
    # An AWS CLI before 2.22 would take ours for one of a device, and fail.
    assert registration.read_bytes() == before
    log_in_by_the_cli(employee)
    newer = {**json.loads(before), "grantTypes": ["authorization_code", "refresh_token"]}
    registration.write_text(json.dumps({**newer, "expiresAt": "2020-01-01T00:00:00UTC"}))
    employee.log_in("--share")
    document = json.loads(registration.read_bytes())
    assert document["grantTypes"] == ["authorization_code", "refresh_token"]
    count = employee.count("RegisterClient")
    employee.log_in("--share")
    assert employee.count("RegisterClient") == count


def test_a_token_of_another_program_is_never_taken(employee):
    """IDE plug-ins keep tokens for the same start URL; granted names the session in its files."""
    employee.log_in("--share")
    [path] = employee.cli_files
    document = json.loads(path.read_bytes())
    path.rename(path.with_name("0" * 40 + ".json"))
    assert "awscreds login --profile ro" in employee.arn(rc=5)
    employee("logout", "--profile", "ro")
    assert path.with_name("0" * 40 + ".json").exists()
    granted = {name: document[name] for name in ("startUrl", "region", "accessToken")}
    ends = document["expiresAt"].replace("Z", "UTC")
    path.write_text(json.dumps({**granted, "expiresAt": ends, "ssoSessionName": "corp"}))
    assert employee.arn().startswith(ARN)
    assert json.loads(path.read_bytes())["ssoSessionName"] == "corp"

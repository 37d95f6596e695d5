"""Logins in a wrong region, which AWS tells only the browser."""

import pytest

from awscreds.sandbox.browser import Browser
from awscreds.sandbox.identity_center import START_URL
from tests.e2e.test_login_weather import LOGIN, employee, here, logins

__all__ = ["employee", "here"]

WRONG = "us-west-2"
ASKED = f"{WRONG} was asked, and your AWS access portal shows the right one under `Access keys`"


@pytest.fixture
def astray(employee):
    """An employee whose sso_region is not that of the directory, and the browser's last page."""
    config = employee.alice.config.read_text()
    at = f"sso_region = {WRONG}"
    employee.alice.config.write_text(config.replace("sso_region = eu-central-1", at))
    employee.alice.environment["AWS_ENDPOINT_URL_SSO_OIDC"] = in_region(employee, WRONG)
    employee.alice.environment["AWS_ENDPOINT_URL_SSO"] = in_region(employee, WRONG)
    return employee


def in_region(employee, region):
    return f"{employee.alice.environment['AWS_ENDPOINT_URL']}/in/{region}"


@pytest.mark.parametrize(
    ("words", "shown"),
    [(("--use-device-code",), "invalid_grant"), ((), "invalid_request")],
    ids=["device", "pkce"],
)
def test_a_wrong_region_which_only_the_browser_shows_is_named(
    astray, here, monkeypatch, words, shown
):
    """AWS sends no browser back, and lets whoever polls wait: both end after ten minutes."""
    browser = Browser()

    def send_to(_, url, __):
        browser.open(url)
        if "Allow access" in browser.page:
            browser.click("Allow access")

    monkeypatch.setattr("awscreds.workflows.login_parts.Person.send_to", send_to)
    monkeypatch.setattr("awscreds.workflows.callback.DEADLINE", 0.0)
    code, _, said = here((*LOGIN, *words), sleep=lambda s: astray.control.advance(50 * s))
    assert shown in browser.text
    assert code in (1, 5)
    assert " ".join(said.split()).count(ASKED) == 2  # when the browser opens, and at the end
    assert logins(astray) == []


@pytest.mark.parametrize("words", [("--use-device-code",), ()], ids=["device", "pkce"])
def test_a_region_that_the_start_url_names_is_the_right_one(astray, words):
    config = astray.alice.config.read_text()
    url = "https://ssoins-1234567890abcdef.portal.eu-central-1.app.aws"
    astray.alice.config.write_text(config.replace(f"{START_URL}/#/", url))
    said = " ".join(astray.log_in(*words, rc=5).stderr.split())
    assert "awscreds configure set sso-session.corp.sso_region eu-central-1" in said


def test_a_login_of_another_region_than_the_one_set_now_is_named(employee):
    employee.log_in()
    config = employee.alice.config.read_text()
    at = f"sso_region = {WRONG}"
    employee.alice.config.write_text(config.replace("sso_region = eu-central-1", at))
    count = len(employee.control.log())
    said = employee.arn(rc=5)
    assert f"was made in the region eu-central-1, but sso_region is {WRONG} now" in said
    assert "awscreds login --profile ro" in said
    assert len(employee.control.log()) == count  # no token went to a region that does not know it

"""A login to IAM Identity Center whose other side is no AWS."""

import threading
from types import SimpleNamespace

import pytest

from awscreds.app import App
from awscreds.aws.identity_center import DeviceCode, Registration
from awscreds.errors import AwsError
from awscreds.sandbox.identity_center import START_URL
from awscreds.stores.logins import LoginFiles
from awscreds.stores.sealed_logins import SealedLogins
from awscreds.workflows import login_parts
from awscreds.workflows.login import SsoLogins, target_of_session
from awscreds.workflows.login_parts import LoginTools, Person

CONFIG = f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n"


class Pending:
    """An OIDC service that nobody allows a device at, and that wants long pauses."""

    interval = 10**7

    def register(self, _endpoint, **_):
        return Registration("id", "secret", 9e9)

    def start_device(self, *_):
        page = "https://x.test/device"
        return DeviceCode("device", "ABCD-EFGH", page, page, seconds=600, interval=self.interval)

    def token_of_device(self, *_):
        raise AwsError("not yet", aws_code="AuthorizationPendingException")


class Slow(Pending):
    """One that is asked often, and that answers only after the notice of the first waiting."""

    interval = 60

    def __init__(self, noticed):
        self.noticed, self.asked = noticed, 0

    def token_of_device(self, *_):
        self.asked += 1
        assert self.noticed.wait(60)
        super().token_of_device()


def log_in_by_device(home, oidc, say):
    """Log in at ``oidc`` until that fails. Returns how many seconds it took."""
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(CONFIG)
    app, now = App({}), [1e9]
    sealed = SealedLogins(app.state_dir, lambda: bytes(32))
    tools = LoginTools(
        aws=SimpleNamespace(sso=oidc),
        sealed=sealed,
        files=LoginFiles({}, sealed=sealed),
        profiles=app.profiles(),
        environ={},
        clock=lambda: now[0],
    )

    def sleep(seconds):
        now[0] += seconds

    person = Person(open_browser=lambda _: False, say=say, sleep=sleep, may_retry=lambda _: False)
    target = target_of_session("corp", app.profiles())
    with pytest.raises(AwsError, match="nobody allowed the login in time"):
        SsoLogins(tools).log_in(target, person, by_device=True, is_shared=False)
    return now[0] - 1e9


def test_no_server_lets_a_login_wait_longer_than_its_code_is_valid(home):
    assert log_in_by_device(home, Pending(), lambda *_: None) <= 600


def test_a_slow_server_is_told_of_once_however_often_it_is_asked(home, monkeypatch):
    monkeypatch.setattr(login_parts, "NOTICE", 0.0)
    noticed, said = threading.Event(), []

    def say(*lines):
        if "not answered" in lines[0]:
            said.append(lines)
            noticed.set()

    oidc = Slow(noticed)
    log_in_by_device(home, oidc, say)
    assert oidc.asked > 5
    assert len(said) == 1

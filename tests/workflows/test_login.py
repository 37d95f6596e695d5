"""A login to IAM Identity Center whose other side is no AWS."""

from types import SimpleNamespace

import pytest

from awscreds.app import App
from awscreds.aws.identity_center import DeviceCode, Registration
from awscreds.errors import AwsError
from awscreds.sandbox.identity_center import START_URL
from awscreds.stores.logins import LoginFiles
from awscreds.stores.sealed_logins import SealedLogins
from awscreds.workflows.login import SsoLogins, target_of_session
from awscreds.workflows.login_parts import LoginTools, Person

CONFIG = f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-central-1\n"


class Pending:
    """An OIDC service that nobody allows a device at, and that wants long pauses."""

    def register(self, _endpoint, **_):
        return Registration("id", "secret", 9e9)

    def start_device(self, *_):
        page = "https://x.test/device"
        return DeviceCode("device", "ABCD-EFGH", page, page, seconds=600, interval=10**7)

    def token_of_device(self, *_):
        raise AwsError("not yet", aws_code="AuthorizationPendingException")


def test_no_server_lets_a_login_wait_longer_than_its_code_is_valid(home):
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(CONFIG)
    app, now = App({}), [1e9]
    sealed = SealedLogins(app.state_dir, lambda: bytes(32))
    tools = LoginTools(
        aws=SimpleNamespace(sso=Pending()),
        sealed=sealed,
        files=LoginFiles({}, sealed=sealed),
        profiles=app.profiles(),
        environ={},
        clock=lambda: now[0],
    )

    def sleep(seconds):
        now[0] += seconds

    person = Person(
        open_browser=lambda _: False, say=lambda *_: None, sleep=sleep, may_retry=lambda _: False
    )
    target = target_of_session("corp", app.profiles())
    with pytest.raises(AwsError, match="nobody allowed the login in time"):
        SsoLogins(tools).log_in(target, person, by_device=True, is_shared=False)
    assert now[0] <= 1e9 + 600

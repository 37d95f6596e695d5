"""Where a login of AWS's sign-in is kept, and what is left of it if that fails."""

import json
import os

import pytest

from awscreds.app import App
from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.stores.logins import LoginFiles
from awscreds.stores.sealed_logins import SealedLogins
from awscreds.workflows.login import target_of_session
from awscreds.workflows.login_parts import LoginTools
from awscreds.workflows.sign_in import SignedIn, SignInLogins, SignInTarget, require_room

ALICE = "arn:aws:iam::123456789012:user/alice"
DOCUMENT = {"accessToken": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE"}, "refreshToken": "r"}
BOTH = pytest.mark.parametrize("is_shared", [False, True], ids=["sealed", "shared"])


class Login:
    """A login of alice for the profile ``web``, in a home of its own."""

    def __init__(self, home, config):
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text("[profile web]\nregion = eu-central-1\n")
        self.app = App({})
        self.target = SignInTarget(
            self.app.profiles().find("web"), "eu-central-1", is_new_region=False
        )
        self.config.write_text(config)
        self.sealed = SealedLogins(self.app.state_dir, lambda: bytes(32))
        self.files = LoginFiles({}, sealed=self.sealed)
        self.path = self.files.login_path(ALICE)
        self.logins = SignInLogins(
            LoginTools(
                aws=None,
                sealed=self.sealed,
                files=self.files,
                profiles=self.app.profiles(),
                environ={},
                clock=lambda: 1e9,
            )
        )

    def keep(self, document=None, *, is_shared):
        found = SignedIn(ALICE, document or dict(DOCUMENT), 2e9)
        self.logins.keep(
            self.target, found, self.app.files, is_shared=is_shared, in_spite_of_findings=False
        )

    def kept(self):
        """What each place has: the secret store, the AWS CLI's file."""
        return [place.read() for place in self.files.login_places(ALICE)]


TAKEN = "[profile web]\ncredential_process = /bin/true\n"
FREE = "[profile web]\nregion = eu-central-1\n"


@BOTH
def test_a_login_that_the_profile_cannot_get_is_kept_nowhere(home, is_shared):
    login = Login(home, TAKEN)
    with pytest.raises(ConfigurationError, match="the login succeeded, but cannot be kept"):
        login.keep(is_shared=is_shared)
    assert login.kept() == [None, None]
    assert not os.path.lexists(login.path)
    assert login.config.read_text() == TAKEN


@BOTH
def test_an_interruption_leaves_no_tokens_behind(home, is_shared, monkeypatch):
    def interrupt(_change):
        raise KeyboardInterrupt

    login = Login(home, FREE)
    monkeypatch.setattr(login.app.files, "edit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        login.keep(is_shared=is_shared)
    assert login.kept() == [None, None]


def test_a_login_that_cannot_be_shared_leaves_the_sealed_one(home):
    login = Login(home, FREE)
    login.keep(is_shared=False)
    login.config.write_text(TAKEN)
    with pytest.raises(ConfigurationError):
        login.keep({**DOCUMENT, "refreshToken": "new"}, is_shared=True)
    assert login.kept() == [DOCUMENT, None]


def test_a_shared_login_takes_the_place_of_the_sealed_one(home):
    login = Login(home, FREE)
    login.keep(is_shared=False)
    login.keep(is_shared=True)
    assert login.kept() == [None, DOCUMENT]
    assert login.config.read_text() == f"{FREE}login_session = {ALICE}\n"


def test_fields_of_other_programs_stay_in_a_shared_login(home):
    login = Login(home, FREE)
    os.makedirs(os.path.dirname(login.path))
    with open(login.path, "w", encoding="utf-8") as file:
        json.dump({"theirs": 1, "refreshToken": "old"}, file)
    login.keep(is_shared=True)
    assert login.kept() == [None, {"theirs": 1, **DOCUMENT}]


def test_a_logout_that_cannot_remove_the_login_says_so(home):
    login = Login(home, FREE)
    os.makedirs(login.path)
    with pytest.raises(AwscredsError) as caught:
        login.logins.log_out(ALICE)
    assert caught.value.message.startswith(f"cannot remove {login.path}: ")
    assert "make sure that you own its folder" in caught.value.hint


ROLES = f"""\
[profile web]
login_session = {ALICE}

[profile corp]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin

[profile key]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = x

[sso-session corp]
sso_start_url = https://x.test/start
sso_region = eu-central-1
""" + "".join(
    f"[profile of-{source}]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
    f"source_profile = {source}\n"
    for source in ("web", "corp", "key", "of-corp", "nobody")
)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("of-web", "awscreds login --profile web"),
        ("of-corp", "awscreds login --profile corp"),
        ("of-of-corp", "awscreds login --profile corp"),
        ("of-key", "awscreds login --profile NEW-NAME"),
        ("of-nobody", "awscreds login --profile NEW-NAME"),
        ("key", "awscreds login --profile NEW-NAME"),
    ],
)
def test_a_role_says_which_profile_logs_in_for_it(name, command, home):
    profiles = Login(home, ROLES).app.profiles()
    with pytest.raises(ConfigurationError) as caught:
        require_room(profiles.find(name), profiles)
    assert caught.value.hint.endswith(command)


@pytest.mark.parametrize(("name", "close"), [("cor", "did you mean corp?"), ("x", "create it")])
def test_an_sso_session_that_is_not_there_names_the_one_that_may_be_meant(name, close, home):
    with pytest.raises(ConfigurationError) as caught:
        target_of_session(name, Login(home, ROLES).app.profiles())
    assert caught.value.hint.startswith(close)

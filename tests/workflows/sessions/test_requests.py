"""Every option of a session, for every kind of profile: it takes effect, or it is refused."""

import sys
import time

import pytest
from click.testing import CliRunner

from awscreds.app import App
from awscreds.app.provider import CredentialProvider
from awscreds.commands import exec as exec_command
from awscreds.commands import export, mfa_session
from awscreds.errors import AwsError, ConfigurationError, UsageError
from awscreds.model import expirations
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.times import format_iso
from tests.workflows.sessions.fakes import (
    ADMIN,
    BAD_CODE,
    DEEP,
    DEV,
    DEV_MFA,
    HOUR,
    ID,
    NOW,
    ROLE,
    SERIAL,
    START,
    World,
)

TRIPLE = (
    "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n"
)
OTHER_SERIAL = SERIAL + "-2"
EFFECT, REFUSED = "takes effect", "is refused"
SSO = f"[profile dev]\nsso_account_id = 1\nsso_role_name = r\n{START}"
LOGIN = "[profile dev]\nlogin_session = arn:aws:iam::1:user/a\n"
PROCESS = "[profile dev]\ncredential_process = /bin/keys\n"
WEB = f"[profile dev]\nrole_arn = {ROLE}w\nweb_identity_token_file = /dev/null\n"
MACHINE = f"[profile admin]\nrole_arn = {ROLE}m\ncredential_source = Ec2InstanceMetadata\n"
ENVIRONMENT = f"[profile admin]\nrole_arn = {ROLE}m\ncredential_source = Environment\n"

# What --token, --serial, --duration and --refresh do, in this order.
TABLE = {
    "a key": ("dev", DEV, "", [EFFECT] * 4),
    "a key with a device": ("dev", DEV_MFA, "", [EFFECT] * 4),
    "a plaintext key": (
        "dev",
        "",
        f"[dev]\naws_access_key_id = {ID}\naws_secret_access_key = s\n",
        [EFFECT] * 4,
    ),
    "a key behind temporary ones": ("dev", DEV_MFA, f"[dev]\n{TRIPLE}", [EFFECT] * 4),
    "temporary keys": ("dev", "", f"[dev]\n{TRIPLE}", [REFUSED] * 4),
    "SSO": ("dev", SSO, "", [REFUSED, REFUSED, REFUSED, EFFECT]),
    "a login": ("dev", LOGIN, "", [REFUSED] * 4),
    "a program's session": ("dev", PROCESS, "", [REFUSED, REFUSED, REFUSED, EFFECT]),
    "a web identity": ("dev", WEB, "", [REFUSED, REFUSED, EFFECT, EFFECT]),
    "a role": ("admin", DEV + ADMIN, "", [EFFECT] * 4),
    "a role with MFA": ("admin", DEV_MFA + ADMIN, "", [EFFECT] * 4),
    "a chain": ("deep", DEV_MFA + ADMIN + DEEP, "", [EFFECT, EFFECT, REFUSED, EFFECT]),
    "a role of temporary keys": (
        "admin",
        ADMIN,
        f"[dev]\n{TRIPLE}",
        [REFUSED, EFFECT, REFUSED, EFFECT],
    ),
    "a role of SSO": ("admin", SSO + ADMIN, "", [REFUSED, REFUSED, REFUSED, EFFECT]),
    "a role of a login": ("admin", LOGIN + ADMIN, "", [REFUSED, EFFECT, REFUSED, EFFECT]),
    "a role of a program": ("admin", PROCESS + ADMIN, "", [REFUSED, EFFECT, REFUSED, EFFECT]),
    "a role of a web identity": ("admin", WEB + ADMIN, "", [REFUSED, REFUSED, REFUSED, EFFECT]),
    "a machine's role": ("admin", MACHINE, "", [REFUSED, REFUSED, REFUSED, EFFECT]),
    "a role of the environment": ("admin", ENVIRONMENT, "", [REFUSED, EFFECT, REFUSED, EFFECT]),
}
OPTIONS = {
    "token": {"token": "424242"},
    "serial": {"serial": OTHER_SERIAL},
    "duration": {"duration": 2 * HOUR},
    "refresh": {"refresh": True},
}
CASES = [
    pytest.param(row[:3], option, outcome, id=f"{kind}-{option}")
    for kind, row in TABLE.items()
    for option, outcome in zip(OPTIONS, row[3], strict=True)
]


@pytest.fixture
def world():
    world = World()
    world.aws.devices = [SERIAL]
    world.store = lambda name: AccessKey(ID, "hidden")
    token = {"AWS_SESSION_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s"}
    world.environ |= {"AWS_ACCESS_KEY_ID": "ASIAENV", **token}
    return world


@pytest.mark.parametrize(("profile", "option", "outcome"), CASES)
def test_an_option_takes_effect_or_is_refused(world, profile, option, outcome):
    name, config, credentials = profile
    before = world.obtain(config, name, credentials).session if option == "refresh" else None
    asked = list(world.asked)
    world.aws.calls.clear()
    if outcome == REFUSED:
        error = world.refusal(UsageError, config, name, credentials, **OPTIONS[option])
        assert error.exit_code == 2
        assert error.hint
        assert world.asked == asked
        assert set(world.aws.names()) <= {"process", "provider"}
        return
    world.aws.provider = Session("ASIANEW", "hidden", "token", NOW + HOUR)
    result = world.obtain(config, name, credentials, **OPTIONS[option])
    made = [call[3] for call in world.aws.calls]
    if option == "token":
        assert [call["code"] for call in made if "code" in call] == ["424242"]
        assert world.asked == asked
    elif option == "serial":
        assert [call["serial"] for call in made if "serial" in call] == [OTHER_SERIAL]
    elif option == "duration":
        assert made[-1]["duration"] == 2 * HOUR
    else:
        assert result.session is not before


class TestTokens:
    @pytest.mark.parametrize("token", ["", "12345", "1234567", "abcdef"])
    @pytest.mark.parametrize("name", ["dev", "admin"])
    def test_what_is_no_code_is_refused_although_it_is_not_needed(self, world, name, token):
        world.obtain(DEV_MFA + ADMIN, name)
        error = world.refusal(UsageError, DEV_MFA + ADMIN, name, token=token)
        assert error.code == "bad-token-code"

    @pytest.mark.parametrize("name", ["dev", "admin", "deep"])
    def test_one_takes_effect_although_a_session_is_cached(self, world, name):
        """A role may want MFA that is recent; and a code that is wrong must not seem right."""
        world.obtain(DEV_MFA + ADMIN + DEEP, name)
        world.aws.calls.clear()
        assert world.obtain(DEV_MFA + ADMIN + DEEP, name, token="424242").notes == []
        assert world.aws.calls[0][3]["code"] == "424242"
        world.aws.fails["session_token"] = BAD_CODE
        world.refusal(AwsError, DEV_MFA + ADMIN + DEEP, name, token="424243", minimum=HOUR)

    def test_with_a_refresh_all_is_made_anew_with_it(self, world):
        """A role may want MFA that is recent (aws:MultiFactorAuthAge)."""
        world.obtain(DEV_MFA + ADMIN + DEEP, "deep")
        result = world.obtain(DEV_MFA + ADMIN + DEEP, "deep", token="424242", refresh=True)
        assert result.notes == []
        assert world.aws.names() == ["session_token", "assume_role", "assume_role"]
        assert world.aws.calls[0][3]["code"] == "424242"

    @pytest.mark.parametrize("serial", ["", " "])
    def test_a_serial_of_nothing_is_refused(self, world, serial):
        assert world.refusal(UsageError, DEV, "dev", serial=serial).code == "bad-serial"


class TestLengths:
    def test_a_session_shorter_than_asked_for_is_an_error_and_kept_for_whoever_asks_less(
        self, world
    ):
        world.aws.longest["session_token"] = HOUR
        error = world.refusal(AwsError, DEV_MFA, "dev", duration=12 * HOUR)
        assert "a session of only 1 hour instead of 12 hours" in error.message
        world.obtain(DEV_MFA, "dev")
        assert (world.aws.calls, len(world.asked)) == ([], 1)
        world.aws.fails["session_token"] = BAD_CODE
        world.refusal(AwsError, DEV_MFA, "dev", duration=12 * HOUR)


class TestTemporaryKeys:
    ENDS = (
        "expiration = {:%Y-%m-%d %H:%M:%S}",  # aws-mfa
        "x_security_token_expires = {:%Y-%m-%dT%H:%M:%S}+00:00",  # saml2aws
        "aws_session_expiration = {:%Y-%m-%dT%H:%M:%S}+0000",
        "aws_expiration = {:%Y-%m-%dT%H:%M:%S}.000Z",
        "x_security_token_expires = {:%Y-%m-%dT%H:%M:%S}Z\nexpiration = 2999-01-01 00:00:00",
        "token_expiry = {:%Y-%m-%d %H:%M:%S} +0000 UTC",  # as Go prints a time
        "session_expires_at = {:%Y-%m-%d %H:%M:%S}.000000001 +0000 GMT m=+0.1",
        "Aws_Credentials_Expiration = {:%Y-%m-%d %H:%M:%S} UTC",
        "expires = {:%a, %d %b %Y %H:%M:%S} GMT",
        'expiration = "{:%Y%m%dT%H%M%S}Z"',
    )

    def credentials(self, line, moment):
        from datetime import UTC, datetime

        return f"[dev]\n{TRIPLE}{line.format(datetime.fromtimestamp(moment, UTC))}\n"

    @pytest.mark.parametrize("line", ENDS)
    @pytest.mark.parametrize("name", ["dev", "admin"])
    def test_that_have_expired_are_never_handed_out(self, world, line, name):
        credentials = self.credentials(line, NOW - 1)
        error = world.refusal(ConfigurationError, ADMIN, name, credentials)
        assert error.code == "credentials-expired"
        assert f"/k:2) expired at {format_iso(NOW - 1)}" in error.message
        assert world.aws.calls == []

    @pytest.mark.parametrize("line", ENDS)
    def test_that_have_not_are_handed_out_with_their_end(self, world, line):
        result = world.obtain("", "dev", self.credentials(line, NOW + HOUR))
        assert result.session.expiration == NOW + HOUR
        assert result.notes == []

    @pytest.mark.parametrize("line", ["", "expiration = soon", "expiration =", "sso_expires = 1"])
    def test_whose_end_is_not_known_are_said_to_be_that(self, world, line):
        (note,) = world.obtain("", "dev", f"[dev]\n{TRIPLE}{line}\n").notes
        assert "does not know when they expire" in note

    def test_of_the_environment_that_have_expired_are_not_used(self, world):
        world.environ["AWS_CREDENTIAL_EXPIRATION"] = format_iso(NOW - 1)
        error = world.refusal(ConfigurationError, ENVIRONMENT, "admin")
        assert error.code == "credentials-expired"

    def test_what_a_variable_of_another_program_says_is_nothing_of_theirs(self, world):
        world.environ["COOKIE_EXPIRATION"] = world.environ["cookie_expires"] = format_iso(NOW - 1)
        world.obtain(ENVIRONMENT, "admin")

    @pytest.mark.parametrize("text", ["1700000000", "1700000000.5", "1700000000000"])
    def test_seconds_and_milliseconds_since_the_epoch_are_read(self, text):
        assert int(expirations.expiration_of({"mfa_expires": text})) == NOW

    @pytest.mark.posix("it has no tzset")
    def test_awsume_writes_this_machines_time(self, monkeypatch):
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        try:
            values = {"expiration": "2023-11-15 07:13:20"}
            assert expirations.expiration_of({**values, "manager": "awsume"}) == NOW
            assert expirations.expiration_of(values) == NOW + 9 * HOUR
        finally:
            monkeypatch.undo()
            time.tzset()


def invoke(command, words):
    # A command keeps the help option of its first context, and others look at its help.
    settings = {"obj": App(), "help_option_names": ["-h", "--help"]}
    CliRunner().invoke(command, words, catch_exceptions=False, **settings)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (mfa_session.command, ["--reveal"]),
        (export.command, ["--reveal"]),
        (exec_command.command, []),
    ],
)
def test_every_command_passes_each_option_on(command, words, monkeypatch, home):
    seen = {}

    class Seen(Exception):
        pass

    def obtain(self, profile, **options):
        seen.update(options)
        raise Seen

    monkeypatch.setattr(CredentialProvider, "obtain", obtain)
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(DEV)
    given = ["--token", "424242", "--serial", SERIAL, "--duration", "2h", "--refresh"]
    after = (
        ["dev", "--", sys.executable] if command is exec_command.command else ["--profile", "dev"]
    )
    with pytest.raises(Seen):
        invoke(command, [*words, *given, *after])
    assert seen == {"token": "424242", "serial": SERIAL, "duration": 2 * HOUR, "refresh": True}


@pytest.mark.parametrize("command", [mfa_session.command, export.command])
def test_of_two_formats_none_is_passed_over(command):
    words = ["--json", "--format", "fish"]
    with pytest.raises(UsageError) as caught:
        invoke(command, words)
    assert caught.value.code == "two-formats"


@pytest.mark.parametrize("command", [mfa_session.command, export.command])
@pytest.mark.parametrize(
    "words", [["--token", "424242"], ["--serial", SERIAL], ["--duration", "2h"], ["--refresh"]]
)
def test_taking_back_a_session_makes_none(command, words):
    with pytest.raises(UsageError) as caught:
        invoke(command, ["--unset", *words])
    assert words[0] in caught.value.message

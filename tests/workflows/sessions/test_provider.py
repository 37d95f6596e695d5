"""What is asked of AWS, of the person and of the store for each kind of profile."""

import base64
import json
import sys

import pytest

from awscreds.calling_shell import line_to_load
from awscreds.errors import (
    AwsError,
    ConfigurationError,
    InputNeeded,
    StoreLocked,
    UsageError,
)
from awscreds.model.credentials import AccessKey, Session
from awscreds.workflows.sessions.cache_keys import default_session_name
from awscreds.workflows.sessions.provider import WITHOUT_MFA
from tests.helpers import command_line
from tests.workflows.sessions.fakes import (
    ADMIN,
    AUDIT,
    BAD_CODE,
    BAD_DEVICE,
    DEEP,
    DENIED,
    DEV,
    DEV_MFA,
    HOUR,
    ID,
    NOW,
    ROLE,
    SERIAL,
    START,
    UNREACHABLE,
    World,
)

YUBI = "arn:aws:iam::123456789012:u2f/user/alice/yubi-ABCDEFGH"


@pytest.fixture
def world():
    return World()


class TestAUser:
    def test_with_a_serial_has_one_session_with_a_code(self, world):
        result = world.obtain(DEV_MFA, "dev", token="123456")
        assert result.notes == []
        assert world.aws.calls == [
            ("session_token", ID, "eu-central-1", {"serial": SERIAL, "code": "123456"})
        ]

    def test_is_asked_once_a_day(self, world):
        first = world.obtain(DEV_MFA, "dev").session
        world.now += 11 * HOUR
        assert world.obtain(DEV_MFA, "dev").session.id == first.id
        assert len(world.asked) == 1
        assert world.read == ["dev"]

    def test_is_asked_again_when_less_than_five_minutes_are_left(self, world):
        world.obtain(DEV_MFA, "dev")
        world.now += 12 * HOUR - 299
        world.obtain(DEV_MFA, "dev")
        assert len(world.asked) == 2

    def test_a_refresh_makes_a_new_one(self, world):
        first = world.obtain(DEV_MFA, "dev").session
        assert world.obtain(DEV_MFA, "dev", refresh=True).session is not first
        assert len(world.asked) == 2

    def test_the_key_is_read_before_the_code_is_taken(self, world):
        def locked(name):
            raise StoreLocked("the keyring is locked")

        world.store = locked
        world.refusal(StoreLocked, DEV_MFA, "dev")
        assert world.asked == []

    def test_without_a_serial_the_devices_are_listed_once(self, world):
        world.aws.devices = [YUBI, SERIAL]
        world.obtain(DEV, "dev")
        assert world.aws.names() == ["mfa_devices", "session_token"]
        assert world.aws.calls[1][3]["serial"] == SERIAL
        world.obtain(DEV, "dev", refresh=True)
        assert world.aws.names() == ["session_token"]

    def test_a_cached_session_of_a_listed_device_reads_no_key(self, world):
        world.aws.devices = [SERIAL]
        first = world.obtain(DEV, "dev").session
        world.read.clear()
        assert world.obtain(DEV, "dev").session is first
        assert (world.read, world.aws.names()) == ([], [])

    def test_without_any_device_has_a_session_without_mfa_and_is_told(self, world):
        for _ in range(2):
            assert world.obtain(DEV, "dev").notes == [WITHOUT_MFA]
        assert world.asked == []

    def test_with_a_fido_device_alone_is_told_why_it_is_not_used(self, world):
        world.aws.devices = [YUBI]
        notes = world.obtain(DEV, "dev").notes
        assert "FIDO" in notes[0]
        assert notes[1] == WITHOUT_MFA

    def test_whose_devices_may_not_be_listed_is_told_how_to_name_one(self, world):
        world.aws.fails["mfa_devices"] = DENIED
        notes = world.obtain(DEV, "dev").notes
        assert "awscreds configure set mfa_serial" in notes[0]
        assert notes[1] == WITHOUT_MFA

    def test_who_gives_a_code_gets_no_session_without_mfa(self, world):
        error = world.refusal(UsageError, DEV, "dev", token="123456")
        assert error.code == "no-device"
        world.aws.fails["mfa_devices"] = DENIED
        assert "--serial" in world.refusal(AwsError, DEV, "dev", token="123456").hint
        assert "session_token" not in world.aws.names()

    def test_a_fido_serial_in_the_profile_is_refused_before_anything(self, world):
        error = world.refusal(UsageError, f"{DEV}mfa_serial = {YUBI}\n", "dev")
        assert error.code == "fido-device"
        assert world.aws.calls == []

    def test_the_serial_of_the_command_line_wins(self, world):
        world.obtain(DEV_MFA, "dev", serial="GAHT12345678")
        assert world.aws.calls[0][3]["serial"] == "GAHT12345678"

    @pytest.mark.parametrize("duration", [899, 129_601])
    def test_an_impossible_duration_is_refused_before_a_code_is_taken(self, world, duration):
        assert world.refusal(UsageError, DEV_MFA, "dev", duration=duration).code == "bad-duration"
        assert world.asked == []

    def test_is_told_where_aws_gives_less_than_the_default(self, world):
        world.aws.longest["session_token"] = HOUR
        (note,) = world.obtain(DEV_MFA, "dev").notes
        assert note.startswith("AWS gave a session of only 1 hour instead of 12 hours")

    def test_temporary_keys_in_the_file_are_used_as_they_are(self, world):
        file = f"[dev]\naws_access_key_id = ASIA{'X' * 16}\naws_secret_access_key = s\n"
        result = world.obtain(
            "", "dev", f"{file}aws_session_token = old\naws_security_token = new\n"
        )
        assert (result.session.id, result.session.token) == (ID, "new")
        assert "temporary credentials" in result.notes[0]
        assert world.aws.calls == []


class TestRoles:
    def test_without_mfa_are_assumed_with_the_key_itself(self, world):
        world.obtain(DEV + ADMIN, "admin")
        ((name, signer, region, given),) = world.aws.calls
        assert (name, signer, region) == ("assume_role", ID, "eu-central-1")
        assert given["role_arn"] == ROLE + "admin"

    def test_of_one_source_and_serial_take_one_code(self, world):
        config = f"{DEV}{ADMIN}mfa_serial = {SERIAL}\n{AUDIT}mfa_serial = {SERIAL}\n{DEEP}"
        world.obtain(config, "admin")
        assert world.aws.names() == ["session_token", "assume_role"]
        assert world.aws.calls[1][1] == "ASIA1"
        world.obtain(config, "audit")
        assert world.aws.names() == ["assume_role"]
        world.obtain(config, "deep")
        assert world.aws.names() == ["assume_role"]
        world.obtain(config, "dev", serial=SERIAL)
        assert world.aws.names() == []
        assert len(world.asked) == 1

    @pytest.mark.parametrize("duration", [HOUR, 36 * HOUR])
    def test_use_a_session_that_was_made_for_some_other_time(self, world, duration):
        world.obtain(DEV_MFA + ADMIN, "dev", duration=duration)
        world.obtain(DEV_MFA + ADMIN, "admin")
        assert world.aws.names() == ["assume_role"]

    def test_at_hand_read_no_key_and_ask_nothing(self, world):
        first = world.obtain(DEV_MFA + ADMIN, "admin").session
        world.read.clear()
        assert world.obtain(DEV_MFA + ADMIN, "admin").session is first
        assert (world.read, world.aws.calls) == ([], [])

    def test_refreshed_keep_the_session_with_the_code(self, world):
        world.obtain(DEV_MFA + ADMIN, "admin")
        world.obtain(DEV_MFA + ADMIN, "admin", refresh=True)
        assert world.aws.names() == ["assume_role"]
        assert len(world.asked) == 1

    def test_are_assumed_with_all_that_the_profile_says(self, world):
        lines = "external_id = e\nrole_session_name = s\nduration_seconds = 7200\n"
        world.obtain(DEV + ADMIN + lines, "admin")
        assert world.aws.calls[0][3] == {
            "role_arn": ROLE + "admin",
            "session_name": "s",
            "external_id": "e",
            "duration": 7200,
        }

    @pytest.mark.parametrize(
        "change",
        [
            ADMIN.replace("admin\n", "other\n"),
            ADMIN + "external_id = e\n",
            ADMIN + "role_session_name = s\n",
            ADMIN + "duration_seconds = 7200\n",
            ADMIN.replace("arn:aws:", "arn:aws-cn:") + "region = cn-north-1\n",
            ADMIN + "region = cn-north-1\n",
            ADMIN + "region = us-east-1\nsts_regional_endpoints = legacy\n",
            ADMIN + "endpoint_url = http://localhost:1\n",
            ADMIN + "mfa_serial = GAHT12345678\n",
        ],
    )
    def test_that_changed_get_no_stale_session(self, world, change):
        old = world.obtain(DEV + ADMIN, "admin").session
        assert world.obtain(DEV + change, "admin").session is not old

    def test_of_another_key_or_store_get_no_stale_session(self, world):
        old = world.obtain(DEV + ADMIN, "admin").session
        other_key = DEV.replace(ID, "AKIAI44QH8DHBEXAMPLE")
        assert world.obtain(other_key + ADMIN, "admin").session is not old
        world.backend = "vault"
        assert world.obtain(DEV + ADMIN, "admin").session is not old

    def test_a_code_on_the_command_line_looks_for_the_device_it_is_of(self, world):
        world.aws.devices = [SERIAL]
        world.obtain(DEV + ADMIN + DEEP, "deep", token="123456")
        assert world.aws.names() == ["mfa_devices", "session_token", "assume_role", "assume_role"]

    def test_that_are_refused_without_mfa_say_how_to_name_the_device(self, world):
        world.aws.fails["assume_role"] = AwsError("no", aws_code="AccessDenied")
        error = world.refusal(AwsError, DEV + ADMIN, "admin")
        assert "awscreds configure set mfa_serial ARN --profile admin" in error.hint

    def test_that_are_refused_with_mfa_keep_the_session_for_the_next_try(self, world):
        world.aws.fails["assume_role"] = AwsError("no", aws_code="AccessDenied")
        world.refusal(AwsError, DEV_MFA + ADMIN, "admin")
        world.aws.fails.clear()
        world.obtain(DEV_MFA + ADMIN, "admin")
        assert len(world.asked) == 1

    def test_an_auditor_can_read_whose_session_it_is(self, world):
        world.obtain(DEV + ADMIN, "admin")
        assert world.aws.calls[0][3]["session_name"].startswith("awscreds-alice-")


class TestChains:
    def test_each_role_is_assumed_with_the_one_before(self, world):
        world.obtain(DEV_MFA + ADMIN + DEEP, "deep")
        assert [(name, signer) for name, signer, *_ in world.aws.calls] == [
            ("session_token", ID),
            ("assume_role", "ASIA1"),
            ("assume_role", "ASIA2"),
        ]

    @pytest.mark.parametrize("source", [DEV, DEV_MFA])
    def test_a_chained_duration_of_more_than_an_hour_that_is_asked_for_is_refused(
        self, world, source
    ):
        error = world.refusal(UsageError, source + ADMIN + DEEP, "deep", duration=2 * HOUR)
        assert "at most one hour" in error.message
        assert (world.asked, world.aws.calls) == ([], [])

    def test_a_chained_duration_of_the_profile_is_capped_and_said(self, world):
        deep = DEEP + "duration_seconds = 7200\n"
        result = world.obtain(DEV + ADMIN + deep, "deep")
        assert world.aws.calls[1][3]["duration"] == HOUR
        (note,) = result.notes
        assert "one hour, not 2 hours" in note

    def test_the_first_role_is_not_capped(self, world):
        assert world.obtain(DEV + ADMIN, "admin", duration=2 * HOUR).notes == []
        assert world.aws.calls[0][3]["duration"] == 2 * HOUR

    @pytest.mark.parametrize("seconds", [600, 43_201])
    def test_a_duration_that_aws_never_gives_is_refused_by_name(self, world, seconds):
        error = world.refusal(
            ConfigurationError, f"{DEV}{ADMIN}duration_seconds = {seconds}\n", "admin"
        )
        assert "of the profile admin" in error.message
        assert world.refusal(UsageError, DEV + ADMIN, "admin", duration=seconds)


class TestLongRoles:
    """AWS gives a role more than an hour only where the long-lived key assumes it."""

    LONG = f"{ADMIN}duration_seconds = 28800\n"
    CODE = (SERIAL, "111111")

    def given(self, world, at=0):
        call = world.aws.calls[at][3]
        return call.get("serial"), call.get("code")

    def test_is_assumed_by_the_key_with_the_code_in_that_very_call(self, world):
        world.obtain(DEV_MFA + self.LONG, "admin")
        ((name, signer, _, given),) = world.aws.calls
        assert (name, signer, given["duration"]) == ("assume_role", ID, 8 * HOUR)
        assert self.given(world) == self.CODE

    def test_a_duration_of_the_command_line_counts_and_wins_over_the_profiles(self, world):
        world.obtain(DEV_MFA + ADMIN, "admin", duration=2 * HOUR)
        assert [call[:2] for call in world.aws.calls] == [("assume_role", ID)]
        world.obtain(DEV_MFA + self.LONG, "admin", duration=HOUR)
        assert world.aws.names() == ["session_token", "assume_role"]

    def test_is_asked_once_for_as_long_as_it_lasts(self, world):
        first = world.obtain(DEV_MFA + self.LONG, "admin").session
        world.now += 7 * HOUR
        world.read.clear()
        assert world.obtain(DEV_MFA + self.LONG, "admin").session is first
        assert (len(world.asked), world.read, world.aws.calls) == (1, [], [])

    def test_a_session_of_the_user_at_hand_is_of_no_use_for_it_and_one_code_is_asked(self, world):
        world.obtain(DEV_MFA, "dev")
        world.obtain(DEV_MFA + self.LONG, "admin")
        assert world.aws.names() == ["assume_role"]
        assert len(world.asked) == 2
        world.obtain(DEV_MFA + AUDIT, "audit")
        assert [call[:2] for call in world.aws.calls] == [("assume_role", "ASIA1")]

    def test_its_code_is_spent_and_that_is_said(self, world):
        (note,) = world.obtain(DEV_MFA + self.LONG, "admin", token="123456").notes
        assert "only for the session of admin" in note
        world.aws.fails["session_token"] = BAD_CODE
        error = world.refusal(AwsError, DEV_MFA, "dev", token="123456")
        assert "was used 1 seconds ago" in error.message

    def test_without_a_device_the_key_assumes_it_without_a_code(self, world):
        assert world.obtain(DEV + self.LONG, "admin").notes == []
        assert world.aws.calls[0][:2] == ("assume_role", ID)
        assert world.asked == []

    def test_a_code_of_the_command_line_goes_into_it(self, world):
        world.aws.devices = [SERIAL]
        world.obtain(DEV + self.LONG, "admin", token="111111")
        assert world.aws.names() == ["mfa_devices", "assume_role"]
        assert self.given(world, 1) == self.CODE

    def test_nobody_is_asked_where_nobody_may_be(self, world):
        error = world.refusal(InputNeeded, DEV_MFA + self.LONG, "admin", may_ask=False)
        assert error.hint == line_to_load("awscreds mfa-session --profile admin")
        assert world.aws.calls == []

    def test_an_hour_is_not_long(self, world):
        world.obtain(DEV_MFA + ADMIN + "duration_seconds = 3600\n", "admin")
        assert world.aws.names() == ["session_token", "assume_role"]

    def test_a_chain_whose_first_link_is_long_takes_one_code(self, world):
        world.obtain(DEV_MFA + self.LONG + DEEP, "deep")
        assert [call[:2] for call in world.aws.calls] == [
            ("assume_role", ID),
            ("assume_role", "ASIA1"),
        ]
        world.now += 2 * HOUR
        world.obtain(DEV_MFA + self.LONG + DEEP, "deep")
        assert [call[:2] for call in world.aws.calls] == [("assume_role", "ASIA1")]
        assert len(world.asked) == 1

    def test_a_chain_whose_first_link_is_long_makes_do_with_the_session_at_hand(self, world):
        world.obtain(DEV_MFA, "dev")
        world.obtain(DEV_MFA + self.LONG + DEEP, "deep")
        assert world.aws.names() == ["assume_role", "assume_role"]
        assert world.aws.calls[0][1] == "ASIA1"
        assert world.aws.calls[0][3]["duration"] == HOUR
        assert len(world.asked) == 1

    def test_is_capped_behind_what_is_a_session_already(self, world):
        config = f"[profile dev]\ncredential_process = /bin/keys\n{self.LONG}"
        (note,) = world.obtain(config, "admin").notes
        assert "one hour, not 8 hours" in note
        world.refusal(UsageError, config, "admin", duration=2 * HOUR)

    def test_of_a_process_that_gives_a_key_it_is_had_as_with_any_key(self, world):
        world.aws.provider = AccessKey("AKIAPROCESS", "hidden")
        world.obtain(f"[profile dev]\ncredential_process = /bin/keys\n{self.LONG}", "admin")
        assert world.aws.calls[1][:2] == ("assume_role", "AKIAPROCESS")

    def test_refreshed_takes_another_code(self, world):
        world.obtain(DEV_MFA + self.LONG, "admin")
        world.obtain(DEV_MFA + self.LONG, "admin", refresh=True)
        assert world.aws.names() == ["assume_role"]
        assert len(world.asked) == 2


class TestLogouts:
    """What is asked each time decides whose role it is: nothing outlives a logout."""

    SOURCES = (
        "[profile dev]\ncredential_process = /bin/keys\n",
        f"[profile dev]\nsso_account_id = 1\nsso_role_name = r\n{START}",
        "[profile dev]\nlogin_session = arn:aws:iam::1:user/a\n",
    )

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_role_is_not_served_after_its_source_gives_nothing(self, world, source):
        world.obtain(source + ADMIN + DEEP, "deep")
        world.aws.fails["provider"] = AwsError("logged out", code="login-needed")
        for name in ("admin", "deep"):
            for minimum in (300, 1200):
                error = world.refusal(AwsError, source + ADMIN + DEEP, name, minimum=minimum)
                assert error.code in ("login-needed", "sso-login-needed")

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_role_of_somebody_else_is_a_new_session(self, world, source):
        mine = world.obtain(source + ADMIN, "admin").session
        world.aws.provider = Session("ASIAOTHER", "hidden", "token", NOW + HOUR)
        others = world.obtain(source + ADMIN, "admin").session
        assert others is not mine
        assert world.aws.calls[-1][:2] == ("assume_role", "ASIAOTHER")

    def test_a_machines_role_is_that_of_the_credentials_it_has_now(self, world):
        config = f"[profile m]\nrole_arn = {ROLE}m\ncredential_source = EcsContainer\n"
        first = world.obtain(config, "m").session
        assert world.obtain(config, "m").session is first
        world.aws.provider = Session("ASIAOTHER", "hidden", "token", NOW + HOUR)
        assert world.obtain(config, "m").session is not first

    def test_a_web_identity_is_its_bearers_own(self, world, tmp_path):
        token = tmp_path / "token"
        config = f"[profile w]\nrole_arn = {ROLE}w\nweb_identity_token_file = {token}\n"

        def obtain(issuer, subject, number):
            claims = json.dumps({"iss": issuer, "sub": subject, "iat": number}).encode()
            token.write_text(f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.s")
            return world.obtain(config, "w").session

        first = obtain("i", "alice", 1)
        assert obtain("i", "alice", 2) is first
        assert obtain("i", "bob", 3) is not first
        assert obtain("j", "alice", 4) is not first
        token.unlink()
        assert world.refusal(ConfigurationError, config, "w").code == "web-identity-token"


class TestOtherSources:
    def test_the_environment_is_asked_for_its_keys(self, world):
        world.environ |= {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "hidden"}
        world.obtain(f"[profile e]\nrole_arn = {ROLE}e\ncredential_source = Environment\n", "e")
        assert world.aws.calls[0][1] == "AKIAENV"

    def test_an_environment_without_keys_is_an_error(self, world):
        config = f"[profile e]\nrole_arn = {ROLE}e\ncredential_source = Environment\n"
        assert world.refusal(ConfigurationError, config, "e").code == "no-credentials"

    def test_temporary_keys_of_the_environment_carry_a_code_to_the_role(self, world):
        world.environ |= {
            "AWS_ACCESS_KEY_ID": "ASIAENV",
            "AWS_SECRET_ACCESS_KEY": "hidden",
            "AWS_SESSION_TOKEN": "token",
        }
        config = f"[profile e]\nrole_arn = {ROLE}e\ncredential_source = Environment\n"
        world.obtain(f"{config}mfa_serial = {SERIAL}\n", "e", token="123456")
        ((name, signer, _, given),) = world.aws.calls
        assert (name, signer) == ("assume_role", "ASIAENV")
        assert (given["serial"], given["code"]) == (SERIAL, "123456")

    def test_sso_is_asked_by_the_token_of_whoever_is_logged_in(self, world):
        config = "[profile p]\nregion = us-east-1\nsso_account_id = 1\nsso_role_name = r\n" + START
        result = world.obtain(config, "p")
        assert result.session is world.aws.provider
        assert world.aws.calls == [("provider", "ASIAPROVIDER", "eu-west-1", {})]

    def test_a_login_at_hand_is_served_as_it_is(self, world):
        session = world.obtain("[profile p]\nlogin_session = arn:aws:iam::1:user/a\n", "p").session
        assert (session.id, session.expiration) == ("ASIAPROVIDER", NOW + 900)
        assert world.aws.calls == []

    def test_a_foreign_process_is_run_each_time(self, world):
        for _ in range(2):
            result = world.obtain("[profile p]\ncredential_process = /bin/keys -x\n", "p")
            assert result.session is world.aws.provider
            assert world.aws.calls == [("process", "/bin/keys -x", "p", {})]

    @pytest.mark.parametrize(
        ("named", "kind"), [("Ec2InstanceMetadata", "ec2"), ("EcsContainer", "ecs")]
    )
    def test_machines_are_asked_through_botocore_and_cap_what_follows(self, world, named, kind):
        config = f"[profile m]\nrole_arn = {ROLE}m\ncredential_source = {named}\n"
        error = world.refusal(UsageError, config, "m", duration=2 * HOUR)
        assert "at most one hour" in error.message
        result = world.obtain(config + "duration_seconds = 7200\n", "m")
        assert world.aws.calls[0] == ("provider", kind, "m", {})
        assert world.aws.calls[1][3]["duration"] == HOUR
        assert len(result.notes) == 1

    def test_role_credentials_take_no_code_and_it_is_said(self, world):
        config = "[profile dev]\nsso_account_id = 1\nsso_role_name = r\n" + START + ADMIN
        result = world.obtain(f"{config}mfa_serial = {SERIAL}\n", "admin")
        assert "mfa_serial has no effect" in result.notes[0]
        assert world.asked == []

    def test_a_role_at_hand_is_served_as_long_as_its_provider_gives_the_same(self, world):
        config = "[profile dev]\ncredential_process = /bin/keys\n" + ADMIN
        first = world.obtain(config, "admin").session
        assert world.obtain(config, "admin").session is first
        assert world.aws.names() == ["process"]
        world.obtain(config.replace("/bin/keys", "/bin/other"), "admin")
        assert world.aws.names() == ["process", "assume_role"]

    def test_a_long_lived_key_of_a_process_gets_its_session_with_mfa(self, world):
        world.aws.provider = AccessKey("AKIAPROCESS", "hidden")
        config = f"[profile dev]\ncredential_process = /bin/keys\nmfa_serial = {SERIAL}\n{ADMIN}"
        world.obtain(config, "admin")
        assert world.aws.names() == ["process", "session_token", "assume_role"]
        world.obtain(config, "dev")
        assert world.aws.names() == ["process"]
        assert len(world.asked) == 1

    def test_a_web_identity_is_read_from_its_file_and_cached(self, world, tmp_path):
        token = tmp_path / "token"
        token.write_text("eyJ")
        config = f"[profile w]\nrole_arn = {ROLE}w\nweb_identity_token_file = {token}\n"
        world.environ["AWS_ROLE_ARN"] = ROLE + "another"
        world.obtain(config, "w")
        ((name, given_token, _, given),) = world.aws.calls
        assert (name, given_token, given["role_arn"]) == ("web_identity", "eyJ", ROLE + "w")
        world.obtain(config, "w")
        assert world.aws.calls == []
        assert world.obtain(config, "w", duration=2 * HOUR).notes == []
        assert world.aws.calls[0][3]["duration"] == 2 * HOUR

    def test_a_web_identity_file_that_cannot_be_read_is_named(self, world, tmp_path):
        path = tmp_path / "gone"
        config = f"[profile w]\nrole_arn = {ROLE}w\nweb_identity_token_file = {path}\n"
        error = world.refusal(ConfigurationError, config, "w")
        assert str(path) in error.message

    def test_an_expired_web_identity_is_said_to_be_that(self, world, tmp_path):
        token = tmp_path / "token"
        token.write_text("eyJ")
        world.aws.fails["web_identity"] = AwsError("no", aws_code="ExpiredTokenException")
        config = f"[profile w]\nrole_arn = {ROLE}w\nweb_identity_token_file = {token}\n"
        assert f"the token in {token} has expired" in world.refusal(AwsError, config, "w").message


ECHO = command_line(sys.executable, "-I", "-S", "-c", "print(424242)")


class TestCodes:
    def test_the_source_has_the_process_where_the_role_has_none(self, world):
        echo = f"mfa_process = {ECHO}\n"
        world.obtain(DEV_MFA + echo + ADMIN, "admin")
        assert world.aws.calls[0][3]["code"] == "424242"

    def test_nobody_is_asked_where_nobody_may_be(self, world):
        world.refusal(InputNeeded, DEV_MFA + ADMIN, "admin", may_ask=False)
        assert (world.asked, world.aws.names()) == ([], [])

    def test_one_that_was_used_is_said_to_be_that(self, world):
        world.obtain(DEV_MFA, "dev", token="123456")
        world.aws.fails["session_token"] = BAD_CODE
        error = world.refusal(AwsError, DEV_MFA, "dev", token="123456", refresh=True)
        assert "was used 1 seconds ago" in error.message

    def test_one_that_was_refused_counts_as_unused(self, world):
        world.aws.fails["session_token"] = BAD_CODE
        world.refusal(AwsError, DEV_MFA, "dev", token="123456")
        assert world.devices.spent == {}

    def test_one_of_a_clock_that_is_off_is_said_to_be_that(self, world):
        world.aws.fails["session_token"] = BAD_CODE
        world.aws.clock.skew = 90.0
        error = world.refusal(AwsError, DEV_MFA + f"mfa_process = {ECHO}\n", "dev")
        assert "this machine's clock is 1 minute 30 seconds behind AWS's" in error.message

    def test_a_typed_one_may_be_of_another_device(self, world):
        world.aws.fails["session_token"] = BAD_CODE
        error = world.refusal(AwsError, DEV_MFA, "dev", token="987654")
        assert "another device" in error.message
        assert "987654" not in error.message + error.hint

    def test_a_device_of_somebody_else_is_said_to_be_that(self, world):
        world.aws.devices = [SERIAL]
        world.obtain(DEV, "dev")
        world.aws.fails["session_token"] = BAD_DEVICE
        error = world.refusal(AwsError, DEV, "dev", refresh=True)
        assert "not an MFA device of this key's user" in error.message
        assert world.devices.serial_of(ID) is None

    def test_any_other_refusal_stays_what_it_is(self, world):
        world.aws.fails["session_token"] = UNREACHABLE
        assert world.refusal(AwsError, DEV_MFA, "dev") is UNREACHABLE


class TestReplacedDevices:
    """A user deleted the device and enrolled another: AWS does not know the old one."""

    NEW = SERIAL + "-2"

    @pytest.fixture
    def replaced(self, world):
        world.aws.devices = [self.NEW]
        world.aws.valid = {self.NEW}
        return world

    def test_one_that_was_remembered_is_looked_up_again_for_the_same_code(self, replaced):
        replaced.devices.serials[ID] = SERIAL
        result = replaced.obtain(DEV, "dev", token="123456")
        assert replaced.aws.names() == ["session_token", "mfa_devices", "session_token"]
        assert replaced.aws.calls[2][3] == {"serial": self.NEW, "code": "123456"}
        assert replaced.devices.serials[ID] == self.NEW
        assert self.NEW in result.notes[0]

    def test_a_typed_code_is_asked_for_once(self, replaced):
        replaced.devices.serials[ID] = SERIAL
        first = replaced.obtain(DEV, "dev").session
        assert replaced.obtain(DEV, "dev").session is first
        assert len(replaced.asked) == 1

    @pytest.mark.parametrize("more", ["", "duration_seconds = 28800\n"])
    def test_roles_go_on_too_and_are_kept_under_the_new_one(self, replaced, more):
        config = DEV_MFA + ADMIN + more
        result = replaced.obtain(config, "admin")
        assert f"awscreds configure set mfa_serial {self.NEW} --profile dev" in result.notes[0]
        assert replaced.obtain(config, "admin").session is result.session
        renamed = config.replace(SERIAL, self.NEW)
        assert replaced.obtain(renamed, "admin").session is result.session
        assert len(replaced.asked) == 1

    def test_one_of_the_profile_that_came_back_is_used_again(self, replaced):
        replaced.obtain(DEV_MFA, "dev")
        replaced.aws.devices = [SERIAL]
        replaced.aws.valid = {SERIAL}
        replaced.obtain(DEV_MFA, "dev", refresh=True)
        replaced.obtain(DEV_MFA, "dev", refresh=True)
        assert replaced.aws.names() == ["session_token"]

    def test_one_of_the_command_line_is_never_another(self, replaced):
        error = replaced.refusal(AwsError, DEV, "dev", serial=SERIAL, token="123456")
        assert error.code == "mfa-device-refused"
        assert replaced.aws.names() == ["session_token"]

    @pytest.mark.parametrize("listed", [[], [NEW, SERIAL + "-3"], [YUBI]])
    def test_where_aws_lists_no_one_device_the_refusal_is_told(self, replaced, listed):
        replaced.devices.serials[ID] = SERIAL
        replaced.aws.devices = listed
        assert replaced.refusal(AwsError, DEV, "dev").code == "mfa-device-refused"

    def test_where_aws_does_not_list_devices_the_refusal_is_told(self, replaced):
        replaced.aws.fails["mfa_devices"] = DENIED
        assert replaced.refusal(AwsError, DEV_MFA, "dev").code == "mfa-device-refused"

    def test_a_new_one_that_is_refused_too_ends_it(self, replaced):
        replaced.aws.valid = set()
        assert replaced.refusal(AwsError, DEV_MFA, "dev").code == "mfa-device-refused"
        assert replaced.aws.names().count("session_token") == 2


class TestRenewal:
    @pytest.mark.parametrize("trouble", [UNREACHABLE, InputNeeded("nobody"), StoreLocked("locked")])
    def test_what_is_left_will_do_where_nothing_new_can_be_had(self, world, trouble):
        first = world.obtain(DEV + ADMIN, "admin", minimum=1200).session
        world.now += HOUR - 600
        world.aws.fails["assume_role"] = trouble
        assert world.obtain(DEV + ADMIN, "admin", minimum=1200).session is first

    def test_it_is_renewed_where_it_can_be(self, world):
        first = world.obtain(DEV + ADMIN, "admin", minimum=1200).session
        world.now += HOUR - 600
        assert world.obtain(DEV + ADMIN, "admin", minimum=1200).session is not first

    def test_what_is_as_good_as_over_is_not_given(self, world):
        world.obtain(DEV + ADMIN, "admin", minimum=1200)
        world.now += HOUR - 299
        world.aws.fails["assume_role"] = UNREACHABLE
        world.refusal(AwsError, DEV + ADMIN, "admin", minimum=1200)

    def test_a_refresh_gives_nothing_old(self, world):
        world.obtain(DEV + ADMIN, "admin", minimum=1200)
        world.aws.fails["assume_role"] = UNREACHABLE
        world.refusal(AwsError, DEV + ADMIN, "admin", minimum=1200, refresh=True)


class TestTheClock:
    @pytest.mark.parametrize(
        ("skew", "said"), [(120.0, "2 minutes behind"), (-600.0, "10 minutes ahead of")]
    )
    def test_one_that_is_off_is_said(self, world, skew, said):
        world.aws.clock.skew = skew
        (note,) = world.obtain(DEV_MFA, "dev").notes
        assert f"this machine's clock is {said} AWS's" in note

    def test_one_that_is_nearly_right_is_not(self, world):
        world.aws.clock.skew = 30.0
        assert world.obtain(DEV_MFA, "dev").notes == []


class TestRegions:
    def test_the_sources_session_is_made_by_the_sources_own_settings(self, world):
        config = DEV_MFA + ADMIN + "region = eu-west-1\n"
        world.obtain(config, "admin")
        assert [region for *_, region, _ in world.aws.calls] == ["eu-central-1", "eu-west-1"]
        world.obtain(config, "dev")
        assert world.aws.calls == []

    @pytest.mark.parametrize("name", ["dev", "admin"])
    def test_a_session_at_hand_serves_in_every_region(self, world, name):
        first = world.obtain(DEV_MFA + ADMIN, name).session
        elsewhere = DEV_MFA.replace("eu-central-1", "ap-south-1") + ADMIN
        assert world.obtain(elsewhere, name).session is first
        world.environ["AWS_REGION"] = "us-east-1"
        assert world.obtain(DEV_MFA.replace("region", "x") + ADMIN, name).session is first
        assert len(world.asked) == 1

    def test_two_profiles_of_one_key_and_device_share_a_code(self, world):
        other = DEV_MFA.replace("profile dev", "profile us").replace("eu-central-1", "us-west-2")
        first = world.obtain(DEV_MFA + other, "dev").session
        assert world.obtain(DEV_MFA + other, "us").session is first

    @pytest.mark.parametrize("line", ["sts_regional_endpoints = legacy\n", ""])
    def test_what_the_old_global_endpoint_gave_is_not_taken_for_more_than_it_is(self, world, line):
        """Its tokens are good only in regions that are on by default."""
        region = "region = us-east-1\n" if line else "region = aws-global\n"
        start = DEV_MFA.replace("region = eu-central-1\n", region + line)
        first = world.obtain(start, "dev").session
        assert world.obtain(start, "dev").session is first
        assert world.obtain(DEV_MFA, "dev").session is not first

    def test_another_endpoint_or_partition_is_another_aws(self, world):
        first = world.obtain(DEV_MFA, "dev").session
        for line in ("region = cn-north-1\n", "endpoint_url = http://localhost:1\n"):
            other = DEV_MFA.replace("region = eu-central-1\n", line)
            assert world.obtain(other, "dev").session is not first

    def test_another_partition_is_found_where_only_the_role_names_a_region(self, world):
        china = ADMIN.replace("arn:aws:", "arn:aws-cn:") + "region = cn-north-1\n"
        source = f"[profile dev]\nawscreds_access_key_id = {ID}\nmfa_serial = {SERIAL}\n"
        world.obtain(source + china, "admin")
        assert [region for *_, region, _ in world.aws.calls] == ["cn-north-1", "cn-north-1"]


class TestSessionNames:
    @pytest.mark.parametrize("user", ["alice", "al ice", "ålice", "x" * 99, "DOMAIN\\alice"])
    def test_are_names_that_sts_takes(self, user):
        import re

        name = default_session_name({"USER": user})
        assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)
        assert name.startswith("awscreds-")

"""How long sessions last, where they serve, and what ends them, with the installed program."""

import json
from datetime import datetime

import pytest

from awscreds.model import totp
from tests.e2e.test_sessions import ROLE, calls, session, user

__all__ = ["user"]

HOUR = 3600


def seconds_left(user, found):
    end = datetime.fromisoformat(found["AWS_CREDENTIAL_EXPIRATION"]).timestamp()
    return end - user.sandbox.control.now()


def signers(user, action):
    return [entry["key_id"] for entry in user.sandbox.control.log(action)]


def environment_of(user, *words, **options):
    printed = user.awscreds("exec", *words, "env", **options).stdout
    return dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)


@pytest.fixture
def long_role(user):
    user.awscreds("configure", "set", "duration_seconds", "28800", "--profile", "admin")
    return user


class TestALongRole:
    def test_is_had_by_one_call_of_the_key_and_serves_every_command(self, long_role):
        user = long_role
        words = ("export", "--profile", "admin", "--token", user.code())
        first = session(user, *words)
        assert 7.9 * HOUR < seconds_left(user, first) <= 8 * HOUR
        assert signers(user, "AssumeRole") == [user.key_id]
        assert calls(user, "GetSessionToken") == 0
        ran = environment_of(user, "admin", "--")
        assert ran["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
        user.awscreds("profile", "wrap", "admin")
        served = json.loads(user.awscreds("credential-process", "--profile", "admin").stdout)
        assert served["AccessKeyId"] == first["AWS_ACCESS_KEY_ID"]
        assert calls(user, "AssumeRole") == 1

    def test_is_had_by_the_duration_of_the_command_line_too(self, user):
        ran = environment_of(user, "--duration", "2h", "--token", user.code(), "admin", "--")
        assert ran["AWS_ACCESS_KEY_ID"].startswith("ASIA")
        assert signers(user, "AssumeRole") == [user.key_id]

    def test_is_no_question_to_an_sdk_but_the_line_to_type(self, long_role):
        user = long_role
        session(user, "mfa-session", "--profile", "alice", "--token", user.code())
        user.awscreds("profile", "wrap", "admin")
        done = user.awscreds("credential-process", "--profile", "admin", rc=6)
        assert "eval $(awscreds mfa-session --profile admin)" in done.stderr
        assert done.stdout == ""


def test_one_code_serves_in_every_region(user):
    first = session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    role = session(user, "export", "--profile", "admin")
    for name in ("alice", "admin"):
        user.awscreds("configure", "set", "region", "us-west-2", "--profile", name)
    words = ("mfa-session", "--no-input", "--profile")
    elsewhere = session(user, *words, "alice")
    assert elsewhere["AWS_REGION"] == "us-west-2"
    assert elsewhere["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]
    assert session(user, *words, "admin")["AWS_ACCESS_KEY_ID"] == role["AWS_ACCESS_KEY_ID"]


def test_the_region_of_a_session_in_this_shell_shapes_no_other_session(user):
    user.awscreds("configure", "unset", "region", "--profile", "alice")
    first = session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    there = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "cn-north-1")
    active = {**there, "AWSCREDS_ACTIVE": ":".join(there)}
    again = session(user, "export", "--profile", "alice", "--no-input", **active)
    assert again["AWS_ACCESS_KEY_ID"] == first["AWS_ACCESS_KEY_ID"]


def test_whoami_tells_keys_that_have_expired(user):
    user.credentials.write_text(
        "[old]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
        "aws_session_token = t\nexpiration = 2020-01-01 00:00:00\n"
    )
    done = user.awscreds("whoami", "--profile", "old", rc=3)
    assert "expired at 2020-01-01T00:00:00Z" in done.stderr


def test_a_replaced_device_is_noticed_in_the_same_command(user):
    iam, control = user.sandbox.client("iam"), user.sandbox.control
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=user.mfa_serial)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="new-phone")["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
    step = totp.step_at(control.now())
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=serial,
        AuthenticationCode1=totp.code(seed, step - 1),
        AuthenticationCode2=totp.code(seed, step),
    )
    token = totp.code(seed, step + 1)
    done = user.awscreds("mfa-session", "--profile", "alice", "--token", token)
    assert "ASIA" in done.stdout
    assert f"awscreds configure set mfa_serial {serial} --profile alice" in done.stderr
    assert "ASIA" in user.awscreds("mfa-session", "--profile", "alice", "--no-input").stdout


@pytest.mark.parametrize("kind", ["role", "wrapped"])
def test_a_role_from_a_program_ends_with_what_the_program_gives(user, kind):
    """The program is a log-in of its own: `cat login`, where logging out removes the file."""
    login = user.folder / "login"

    def log_in(mfa_steps):
        given = user.sandbox.client("sts").get_session_token(
            SerialNumber=user.mfa_serial, TokenCode=user.sandbox.token_code(mfa_steps)
        )["Credentials"]
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        answer = {name: given[name] for name in names} | {"Version": 1}
        login.write_text(json.dumps(answer | {"Expiration": given["Expiration"].isoformat()}))

    user.awscreds("configure", "set", "credential_process", f"/bin/cat {login}", "--profile", "b")
    for key, value in (("role_arn", ROLE), ("source_profile", "b")):
        user.awscreds("configure", "set", key, value, "--profile", "behind")
    words = ("export", "--profile", "behind", "--format", "json")
    if kind == "wrapped":
        user.awscreds("profile", "wrap", "behind")
        words = ("credential-process", "--profile", "behind")
    log_in(0)
    mine = user.awscreds(*words).stdout
    assert user.awscreds(*words).stdout == mine
    assert calls(user, "AssumeRole") == 1
    login.unlink()
    assert "ASIA" not in user.awscreds(*words, rc=3).stdout
    log_in(1)
    assert user.awscreds(*words).stdout != mine
    assert calls(user, "AssumeRole") == 2


def test_temporary_keys_that_hide_a_managed_one_are_named_and_never_handed_out(user):
    """As aws-mfa leaves them: `[alice]` with a session, long dead."""
    dead = "ASIAIOSFODNN7EXAMPLE"
    user.credentials.write_text(
        f"# mine\n[alice]\naws_access_key_id = {dead}\naws_secret_access_key = s\n"
        "aws_session_token = t\naws_security_token = t\nexpiration = 2020-01-01 00:00:00\n"
    )
    user.credentials.chmod(0o600)
    where = "~/.aws/credentials:3: temporary keys (they expire at 2020-01-01T00:00:00Z) hide"
    words = ("--refresh", "--token", user.code(), "--profile", "alice", "--format", "json")
    done = user.awscreds("mfa-session", *words)
    made = json.loads(done.stdout)
    assert made["AWS_ACCESS_KEY_ID"] not in (dead, user.key_id)
    assert calls(user, "GetSessionToken") == 1
    assert done.stderr.count(where) == 1
    ran = environment_of(user, "alice", "--")
    assert ran["AWS_ACCESS_KEY_ID"] == made["AWS_ACCESS_KEY_ID"]
    for command in (("list",), ("configure", "list", "--profile", "alice")):
        assert user.awscreds(*command).stderr.count(where) == 1
    user.awscreds("configure", "unset", "awscreds_access_key_id", "--profile", "alice")
    user.awscreds("configure", "unset", "credential_process", "--profile", "alice")
    for command in (("mfa-session",), ("export",), ("exec", "alice", "--", "env")):
        extra = () if command[0] == "exec" else ("--profile", "alice")
        done = user.awscreds(*command, *extra, rc=3)
        assert "~/.aws/credentials:3) expired at 2020-01-01T00:00:00Z" in done.stderr
        assert dead not in done.stdout


def test_an_sdk_is_told_in_one_line_what_to_run(user):
    plain = user.awscreds("credential-process", "--profile", "admin", rc=3)
    assert "awscreds profile wrap --profile admin" in plain.stderr
    for serve in ("session", "key"):
        user.awscreds("configure", "set", "awscreds_serve", serve, "--profile", "alice")
        user.awscreds("lock")
        words = ("credential-process", "--profile", "alice")
        locked = user.awscreds(*words, rc=4, AWSCREDS_PASSPHRASE=None)
        assert locked.stderr.count("\n") == 1
        assert "vault is locked" in locked.stderr
        assert "`awscreds unlock`" in locked.stderr
        assert "--no-input" not in locked.stderr

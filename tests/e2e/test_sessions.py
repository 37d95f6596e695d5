"""Sessions in the hands of users: MFA once, roles from it, and what is kept of them."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import AWS, PROGRAM
from tests.e2e.terminal import terminal

ROLE = "arn:aws:iam::123456789012:role/admin"


@pytest.fixture
def user(alice):
    """Alice with MFA on her profile, and the role ``admin`` that wants it."""
    alice.configure("alice", "--region", "eu-central-1", "--mfa-serial", alice.mfa_serial)
    return alice


def session(user, *words, **options):
    done = user.awscreds(*words, "--format", "json", **options)
    return json.loads(done.stdout)


def calls(user, action):
    return len(user.sandbox.control.log(action))


def test_one_code_serves_the_user_and_every_role_of_theirs(user):
    user.sandbox.control.require_mfa("alice")
    first = session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    again = session(user, "mfa-session", "--profile", "alice")
    assert first == again
    role = session(user, "export", "--profile", "admin")
    assert role["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    arn = user.run(*AWS, "sts", "get-caller-identity", "--query", "Arn", "--output", "text", **role)
    assert "assumed-role/admin/awscreds-" in arn.stdout
    keys = user.run(*AWS, "iam", "list-access-keys", "--user-name", "alice", **first)
    assert user.key_id in keys.stdout
    assert calls(user, "GetSessionToken") == 1


def test_a_used_code_is_explained(user):
    code = user.code()
    session(user, "mfa-session", "--profile", "alice", "--token", code)
    words = ("mfa-session", "--profile", "alice", "--refresh", "--token", code)
    done = user.awscreds(*words, rc=5)
    assert "used" in done.stderr
    assert done.stdout == "false"
    assert code not in done.stderr


def test_the_code_is_asked_for_at_the_terminal_while_stdout_is_captured(user):
    shell = f'eval "$({PROGRAM} mfa-session --profile alice)" && echo id=$AWS_ACCESS_KEY_ID'
    with terminal(user, "bash", "-c", shell) as screen:
        screen.answer(f"MFA code of {user.mfa_serial}: ", user.code())
        screen.expect("id=ASIA")
        assert screen.end() == 0


def test_on_a_terminal_nothing_secret_is_shown_but_the_line_to_type(user):
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    with terminal(user, PROGRAM, "mfa-session", "--profile", "alice") as screen:
        screen.expect("eval $(awscreds mfa-session --profile alice)")
        assert screen.end() == 2
    assert "ASIA" not in screen.text
    with terminal(user, PROGRAM, "mfa-session", "--profile", "alice", "--reveal") as screen:
        screen.expect("AWS_SECRET_ACCESS_KEY")
        assert screen.end() == 0


@pytest.mark.parametrize(
    "words",
    [
        ("mfa-session", "--profile", "nope"),
        ("mfa-session", "--bogus"),
        ("--profile", "nope", "export"),
        ("export", "--format", "fish", "--profile", "nope"),
        ("export", "--duration", "x"),
        ("mfa-session", "--profile", "alice", "--no-input"),
    ],
)
def test_every_failure_prints_exactly_false(user, words):
    done = user.awscreds(*words, rc=None)
    assert done.returncode not in (0, 1)
    assert done.stdout == "false"
    assert done.stderr.startswith("awscreds: ")


def test_a_failure_is_data_where_data_was_asked_for(user):
    done = user.awscreds("export", "--profile", "nope", "--format", "json", rc=3)
    assert json.loads(done.stdout)["error"]["code"] == "no-such-profile"


def test_exec_becomes_the_command_with_nothing_inherited(user):
    user.awscreds("mfa-session", "--profile", "alice", "--token", user.code())
    inherited = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_PROFILE": "x", "KEPT": "yes"}
    inherited |= {"AWS_ACCOUNT_ID": "999999999999", "AWS_BEARER_TOKEN_BEDROCK": "leaked"}
    done = user.awscreds("exec", "admin", "--", "env", **inherited)
    environment = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["KEPT"] == "yes"
    assert environment["AWS_ACCOUNT_ID"] == "123456789012"
    assert "leaked" not in done.stdout
    assert "AWS_PROFILE" not in environment
    assert not [name for name in environment if name.startswith("AWSCREDS_PASSPHRASE")]
    assert user.awscreds("exec", "admin", "--", "sh", "-c", "exit 42", rc=42)
    assert user.awscreds("exec", "admin", "--", "sh", "-c", "kill -TERM $$", rc=-15)
    assert user.awscreds("exec", "admin", "--", "no-such-command", rc=127)
    no_folder = f"{os.environ['PATH']}:{__file__}"
    done = user.awscreds("exec", "admin", "--", "no-such-command", rc=127, PATH=no_folder)
    assert done.stderr == "awscreds: command not found: 'no-such-command'\n"
    assert user.awscreds("exec", "admin", "--", __file__, rc=126)


def test_a_wrapped_role_serves_the_aws_cli_from_the_session_at_hand(user):
    before = user.config.read_bytes()
    user.awscreds("profile", "wrap", "admin")
    words = ("sts", "get-caller-identity", "--profile", "admin")
    failed = user.run(*AWS, *words, rc=None)
    assert failed.returncode != 0
    assert "eval $(awscreds" in failed.stderr
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    assert "assumed-role/admin" in user.run(*AWS, *words).stdout
    user.awscreds("profile", "unwrap", "admin")
    assert user.config.read_bytes() == before


def test_a_profile_can_serve_its_session_instead_of_its_key(user):
    user.awscreds("configure", "set", "awscreds_serve", "session", "--profile", "alice")
    words = ("credential-process", "--profile", "alice")
    assert "mfa-session" in user.awscreds(*words, rc=6).stderr
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    answer = json.loads(user.awscreds(*words).stdout)
    assert answer["AccessKeyId"].startswith("ASIA")
    assert answer["SessionToken"]


@pytest.mark.slow
def test_fifty_at_once_make_one_call_and_get_equal_answers(user):
    user.awscreds("profile", "wrap", "admin")
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    with ThreadPoolExecutor(50) as pool:
        words = ("credential-process", "--profile", "admin")
        outs = set(pool.map(lambda _: user.awscreds(*words).stdout, range(50)))
    assert len(outs) == 1
    assert calls(user, "AssumeRole") == 1
    user.awscreds("sessions", "clear", "--profile", "admin")
    with ThreadPoolExecutor(50) as pool:
        words = ("export", "--profile", "admin")
        outs = set(pool.map(lambda _: user.awscreds(*words).stdout, range(50)))
    assert len(outs) == 1
    assert calls(user, "AssumeRole") == 2


def test_sessions_are_listed_and_really_cleared(user):
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    session(user, "export", "--profile", "admin")
    listed = json.loads(user.awscreds("sessions", "list", "--json").stdout)["sessions"]
    assert {row["role"] for row in listed} == {None, ROLE}
    assert (
        "12h" in user.awscreds("sessions", "list").stdout
        or "11h" in user.awscreds("sessions", "list").stdout
    )
    user.awscreds("sessions", "clear")
    assert json.loads(user.awscreds("sessions", "list", "--json").stdout)["sessions"] == []
    user.awscreds("mfa-session", "--profile", "alice", "--no-input", rc=6)


def test_lock_drops_sessions_too(user):
    session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    user.awscreds("lock")
    user.awscreds("mfa-session", "--profile", "alice", "--no-input", rc=6)


def test_no_session_is_on_disk_in_the_clear(user):
    found = session(user, "mfa-session", "--profile", "alice", "--token", user.code())
    for secret in (found["AWS_SECRET_ACCESS_KEY"], found["AWS_SESSION_TOKEN"]):
        holding = [path for path, data in user.files().items() if secret.encode() in data]
        assert holding == []


def test_a_user_without_mfa_is_told_what_the_session_cannot_do(alice):
    alice.sandbox.client("iam").deactivate_mfa_device(
        UserName="alice", SerialNumber=alice.mfa_serial
    )
    alice.configure()
    done = alice.awscreds("mfa-session", "--profile", "alice")
    assert "this session has no MFA" in done.stderr
    assert "ASIA" in done.stdout


def test_durations_are_taken_in_hours_and_bounded(user):
    words = ("mfa-session", "--profile", "alice", "--token", user.code(), "--duration")
    user.awscreds(*words, "40h", rc=2)
    found = session(user, *words, "90m")
    from datetime import datetime

    left = datetime.fromisoformat(found["AWS_CREDENTIAL_EXPIRATION"]).timestamp() - time.time()
    assert 5000 < left <= 5401


def test_an_old_key_is_warned_about_once_a_day_and_never_to_sdks(user):
    state = user.aws / "awscreds" / "state.json"
    document = json.loads(state.read_text())
    document["entries"][user.key_id]["created_at"] = "2020-01-01T00:00:00Z"
    state.write_text(json.dumps(document))
    words = ("mfa-session", "--profile", "alice")
    assert user.awscreds("credential-process", "--profile", "alice").stderr == ""
    first = user.awscreds(*words, "--token", user.code()).stderr
    assert "awscreds rotate --profile alice" in first
    assert "rotate" not in user.awscreds(*words).stderr


@pytest.mark.parametrize("region", ["eu'; touch pwned; '", "$(touch pwned)", "eu  *", "kä"])
def test_a_region_that_is_none_is_refused_and_runs_nothing(user, region):
    user.awscreds("configure", "set", "region", region, "--profile", "alice", rc=2)
    user.awscreds("configure", "set", "region", "eu-central-1", "--profile", "alice")
    user.config.write_bytes(user.config.read_bytes().replace(b"eu-central-1", region.encode()))
    shell = f"eval $({PROGRAM} mfa-session --profile alice --token {user.code()}) && echo went on"
    done = user.run("bash", "-c", shell, rc=1)
    assert done.stdout == ""
    assert list(user.folder.iterdir()) == []

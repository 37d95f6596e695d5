"""`status`, and bare `awscreds`: where somebody stands, and the next command."""

import json
import os
import re

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

PLAIN = "[{}]\naws_access_key_id = AKIASP2TPHJSQH3FJXYZ\naws_secret_access_key = {}\n"
ROLE = (
    "\n[profile admin]\nrole_arn = arn:aws:iam::210987654321:role/admin\nsource_profile = alice\n"
)


def status(user, **environment):
    return json.loads(user.awscreds("status", "--json", **environment).stdout)


def bare(user, *words, width=80, **environment):
    with terminal(user, PROGRAM, *words, COLUMNS=str(width), **environment) as screen:
        assert screen.end() == 0
    return screen.text.replace("\r", "")


@pytest.fixture
def managed(alice):
    alice.configure("alice")
    return alice


def test_an_empty_home_gets_the_first_step(alice):
    alice.config.unlink()
    assert status(alice)["next"] == "awscreds configure --profile NAME"
    shown = bare(alice, "--no-color")
    assert "awscreds configure --profile NAME" in shown
    assert "awscreds sandbox tour" in shown


def test_bare_is_the_overview_at_a_terminal_and_the_help_elsewhere(managed):
    shown = bare(managed, "--no-color")
    assert "Usage:" not in shown
    assert re.search(r"^Store +the vault file ~", shown, re.MULTILINE)
    assert managed.awscreds().stdout.startswith("Usage:")
    assert "Usage:" in bare(managed, "--help")


def test_status_by_name_says_the_same_as_bare(managed):
    managed.awscreds("lock")  # how long it stays open changes meanwhile
    first, second = (bare(managed, *words, "--no-color") for words in ((), ("status",)))
    assert first == second


def test_the_active_profile_and_its_session(managed, sandbox):
    with managed.config.open("a") as config:
        config.write(ROLE)
    found = status(managed, AWS_PROFILE="admin")
    assert (found["profile"], found["profile_exists"]) == ("admin", True)
    assert (found["account"], found["session_seconds"]) == ("210987654321", None)
    managed.awscreds("mfa-session", "alice", "--token", sandbox.token_code())
    found = status(managed, AWS_PROFILE="alice")
    assert found["session_in"] == "cache"
    assert found["session_seconds"] > 3600


@pytest.mark.parametrize(
    ("end", "seconds", "command"),
    [("2020-01-01T00:00:00Z", 0, "mfa-session"), ("no time", None, "whoami")],
)
def test_the_session_of_this_shell(managed, end, seconds, command):
    found = status(
        managed,
        AWS_ACCESS_KEY_ID="ASIAEXAMPLE",
        AWSCREDS_PROFILE="alice",
        AWS_CREDENTIAL_EXPIRATION=end,
    )
    assert found["profile"] == "alice"
    assert found["session_seconds"] == seconds
    assert command in found["next"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AWS_PROFILE": "nope"}, "nope, which does not exist"),
        ({"AWS_PROFILE": "alice", "AWS_DEFAULT_PROFILE": "b"}, "are different"),
        ({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}, "none: programs use the key"),
        ({}, "no profile default"),
    ],
)
def test_it_says_why_no_profile_is_active(managed, environment, said):
    assert said in bare(managed, "--no-color", width=200, **environment)
    assert status(managed, **environment)["profile_exists"] is False


def test_what_needs_attention_is_named_and_the_worst_is_next(managed):
    with managed.config.open("a") as config:
        config.write("[profile lost]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = gone\n")
    managed.credentials.write_text(PLAIN.format("plain", "s" * 40))
    managed.credentials.chmod(0o600)
    state = managed.aws / "awscreds" / "state.json"
    document = json.loads(state.read_text())
    document["entries"][managed.key_id]["created_at"] = "2020-01-01T00:00:00Z"
    state.write_text(json.dumps(document))
    found = status(managed)
    assert (found["plaintext"], found["overdue"], found["broken"]) == (
        ["plain"],
        ["alice"],
        ["lost"],
    )
    assert found["next"] == "awscreds doctor"
    shown = bare(managed)
    assert re.search("\x1b\\[[0-9;]*mPLAINTEXT\x1b\\[0m +plain", shown)
    assert "\x1b[" not in bare(managed, NO_COLOR="1")


def test_an_error_that_is_about_no_profile_is_counted(managed):
    assert status(managed)["errors"] == 0
    with managed.config.open("a") as config:
        config.write("this is not a line of a config file\n[unclosed\n")
    found = status(managed)
    assert found["errors"] > 0
    assert found["next"] == "awscreds doctor"
    assert "in the AWS files" in bare(managed, "--no-color")


def test_an_unfinished_rotation_comes_first_and_is_said_once(managed):
    journal = managed.aws / "awscreds" / f"rotation-{managed.key_id}.jsonl"
    journal.write_text("garbage\n")
    journal.chmod(0o600)
    assert status(managed)["unfinished"] == [managed.key_id]
    assert status(managed)["next"] == "awscreds rotate --resume"
    for words in ((), ("status",)):
        assert bare(managed, *words, "--no-color").count(managed.key_id) == 1


def test_the_vault_is_shown_as_open_or_locked_without_opening_it(managed):
    managed.awscreds("lock")
    found = status(managed, AWSCREDS_PASSPHRASE="")
    assert (found["store"], found["store_open"]) == ("vault", False)
    assert found["next"] == "awscreds unlock"
    assert "locked" in bare(managed, "--no-color", AWSCREDS_PASSPHRASE="")


def test_no_keyring_is_opened_and_nobody_is_contacted(managed):
    before = len(managed.sandbox.control.log())
    found = status(
        managed, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere", AWSCREDS_BACKEND="keyring"
    )
    assert (found["store"], found["store_open"]) == ("keyring", None)
    assert len(managed.sandbox.control.log()) == before
    assert os.listdir(managed.folder) == []


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 140])
def test_lines_fit_the_terminal(managed, width):
    shown = bare(managed, "--no-color", width=width)
    too_long = [line for line in shown.splitlines() if len(line) > max(width, 60)]
    assert too_long == []


def test_in_a_pipe_each_fact_is_a_line_with_a_tab(managed):
    lines = managed.awscreds("status").stdout.splitlines()
    assert [line.count("\t") for line in lines] == [1] * len(lines)


def test_hostile_names_are_text(alice):
    hostile = "x\x1b]0;owned\x07\u202egpj"
    alice.config.write_text(f"[profile {hostile}]\nregion = x\n", encoding="utf-8")
    alice.credentials.write_text(PLAIN.format(hostile, "s" * 40), encoding="utf-8")
    alice.credentials.chmod(0o600)
    shown = bare(alice, "--no-color", AWS_PROFILE=hostile)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("damage", ["{", "[]", '{"version": 99}'])
def test_a_damaged_record_of_keys_is_named_in_an_overview(managed, damage):
    state = managed.aws / "awscreds" / "state.json"
    state.write_text(damage)
    found = status(managed, AWS_PROFILE="alice")
    assert found["state_error"]["code"] in ("state-damaged", "state-version")
    assert (found["profile"], found["profiles"]) == ("alice", 2)
    assert found["next"] == "awscreds doctor"
    shown = bare(managed, "--no-color", width=200)
    assert re.search(r"^Damaged +.*state\.json", shown, re.MULTILINE)
    assert re.search(r"^Profiles +2", shown, re.MULTILINE)
    assert "upgrade" in shown or "~/.aws/awscreds/state.json.damaged" in shown
    assert state.read_text() == damage

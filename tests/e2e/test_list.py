"""`list`: one line for each profile, on terminals of any width and in pipes."""

import json
import os
import re

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

ROLES = """
[profile admin]
role_arn = arn:aws:iam::210987654321:role/team/admin
source_profile = alice
region = eu-west-1

[profile round]
role_arn = arn:aws:iam::210987654321:role/x
source_profile = about
[profile about]
role_arn = arn:aws:iam::210987654321:role/y
source_profile = round
[profile behind]
role_arn = arn:aws:iam::210987654321:role/z
source_profile = round

[profile a-name-that-is-much-longer-than-most-names-of-profiles-are]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = ReadOnly

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""
PLAIN = (
    "[plain]\naws_access_key_id = AKIASP2TPHJSQH3FJXYZ\naws_secret_access_key = " + "s" * 40 + "\n"
)


@pytest.fixture
def user(alice):
    """Alice's managed profile, and others of all kinds."""
    alice.configure("alice")
    with alice.config.open("a") as config:
        config.write(ROLES)
    alice.credentials.write_text(PLAIN)
    alice.credentials.chmod(0o600)
    return alice


def listed(user, *words, **environment):
    report = json.loads(user.awscreds("list", *words, "--json", **environment).stdout)
    return {row["profile"]: row for row in report["profiles"]}


def test_each_profile_has_its_kind_source_account_and_identity(user):
    rows = listed(user)
    admin, alice, plain = rows["admin"], rows["alice"], rows["plain"]
    assert (admin["kind"], admin["source"], admin["identity"]) == ("role", "alice", "admin")
    assert (admin["account"], admin["account_from"]) == ("210987654321", "role_arn")
    assert (alice["kind"], alice["identity"], alice["account_from"]) == (
        "managed",
        "alice",
        "recorded",
    )
    assert alice["age_days"] == 0
    assert (plain["account"], plain["account_from"]) == ("171436882533", "access_key_id")
    assert plain["notes"] == ["PLAINTEXT"]


def test_a_profile_whose_source_is_in_a_loop_is_broken_too(user):
    rows = listed(user)
    broken = {name for name, row in rows.items() if "broken" in row["notes"]}
    assert broken == {"round", "about", "behind"}


def test_secrets_that_a_role_hides_and_keys_that_are_incomplete_are_marked(user):
    with user.credentials.open("a") as file:
        file.write(PLAIN.replace("plain", "admin"))  # SDKs assume the role, and the secret is there
        file.write("[half]\naws_access_key_id = AKIASP2TPHJSQH3FJXYZ\n[local]\n")
        file.write("aws_access_key_id = test\naws_secret_access_key = test\n")
    rows = listed(user)
    assert (rows["admin"]["kind"], rows["admin"]["notes"]) == ("role", ["PLAINTEXT"])
    assert rows["half"]["notes"] == ["broken"]
    shown = user.awscreds("list").stdout.splitlines()
    (local,) = (line.split("\t") for line in shown if line.startswith("-\tlocal\t"))
    assert local[7] == "-"  # "test" is no access key ID, so it has no last four characters


@pytest.mark.parametrize(
    ("environment", "active"),
    [
        ({"AWS_PROFILE": "admin"}, {"admin"}),
        ({"AWS_PROFILE": "admin", "AWS_DEFAULT_PROFILE": "alice"}, set()),
        ({"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_PROFILE": "alice"}, set()),
        ({"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWSCREDS_PROFILE": "alice"}, {"alice"}),
        ({}, set()),
    ],
)
def test_the_profile_that_programs_of_this_shell_use_is_marked(user, environment, active):
    assert {name for name, row in listed(user, **environment).items() if row["active"]} == active


def test_only_the_profiles_asked_for_are_listed(user):
    assert set(listed(user, "--kind", "static")) == {"plain"}
    assert set(listed(user, "--account", "171436882533")) == {"plain"}
    assert set(listed(user, "--filter", "AB")) == {"about"}
    assert set(listed(user, "--filter", "a", "--kind", "managed")) == {"alice"}
    assert listed(user, "--older-than", "1d") == {}
    assert "No profile matches" in user.awscreds("list", "--kind", "login").stderr


def test_an_old_key_is_overdue_and_older_than_its_days(user):
    state = user.aws / "awscreds" / "state.json"
    document = json.loads(state.read_text())
    document["entries"][user.key_id]["created_at"] = "2020-01-01T00:00:00Z"
    state.write_text(json.dumps(document))
    rows = listed(user, "--older-than", "90d")
    assert set(rows) == {"alice"}
    assert rows["alice"]["notes"] == ["overdue"]
    assert rows["alice"]["age_days"] > 365 * 6


def test_in_a_pipe_every_line_has_all_fields_whole(user):
    lines = user.awscreds("list").stdout.splitlines()
    assert len(lines) == len(listed(user))
    rows = [line.split("\t") for line in lines]
    assert {len(row) for row in rows} == {11}
    assert all(field for row in rows for field in row)
    by_name = {row[1]: row for row in rows}
    assert by_name["admin"][2:6] == ["role ← alice", "210987654321", "admin", "eu-west-1"]
    assert by_name["plain"][3] == "171436882533?"
    assert "a-name-that-is-much-longer-than-most-names-of-profiles-are" in by_name


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 140, 200])
def test_on_a_terminal_each_profile_is_one_line_that_fits(user, width):
    names = set(listed(user))
    with terminal(user, PROGRAM, "list", "--no-color", COLUMNS=str(width)) as screen:
        assert screen.end() == 0
    lines = [line for line in screen.text.replace("\r", "").splitlines() if line]
    at = next(at for at, line in enumerate(lines) if "PROFILE" in line)
    table = lines[at:]
    assert len(table) == 1 + len(names)
    assert all(len(line) <= max(width, 40) for line in table), table
    assert sum("…" in line for line in table) <= 1
    plain = next(line for line in table if "plain " in line)
    assert plain.endswith("PLAINTEXT")
    shown = [title for title in ("NOTES", "ACCOUNT", "KIND", "REGION", "KEY") if title in table[0]]
    assert shown == ["NOTES", "ACCOUNT", "KIND", "REGION", "KEY"][: len(shown)]


def test_words_are_coloured_only_where_colours_are_wanted(user):
    with terminal(user, PROGRAM, "list") as screen:
        assert screen.end() == 0
    assert re.search("\x1b\\[[0-9;]*mPLAINTEXT\x1b\\[0m", screen.text)
    with terminal(user, PROGRAM, "list", NO_COLOR="1") as screen:
        assert screen.end() == 0
    assert "\x1b[" not in screen.text


def test_hostile_names_are_text(alice):
    alice.credentials.unlink(missing_ok=True)
    hostile = "x\x1b]0;owned\x07\u202egpj"
    alice.config.write_text(
        f"[profile {hostile}]\nrole_arn = arn:aws:iam::1:role/\x1b[2J\n", encoding="utf-8"
    )
    done = alice.awscreds("list")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_no_secret_store_is_opened_and_nobody_is_contacted(user):
    before = len(user.sandbox.control.log())
    done = user.awscreds(
        "list", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere", AWSCREDS_BACKEND="keyring"
    )
    assert done.stdout
    assert len(user.sandbox.control.log()) == before
    assert os.listdir(user.folder) == []


def test_a_secret_in_the_wrong_place_is_not_shown(alice):
    secret = alice.secret
    alice.config.write_text(
        f"[profile r]\nrole_arn = arn:aws:iam::123456789012:role/{secret}\n"
        f"source_profile = {secret}\n"
        f"[profile s]\nsso_account_id = {secret}\nsso_role_name = {secret}\nregion = {secret}\n"
        f"[profile k]\naws_access_key_id = {secret}\n"
    )
    for words in ((), ("--json",)):
        assert secret not in alice.awscreds("list", *words).stdout

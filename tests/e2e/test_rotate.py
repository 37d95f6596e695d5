"""``awscreds rotate`` as its user meets it: what it refuses, says, leaves and finishes."""

import json
import os
import subprocess
import sys

import pytest

from awscreds.stores.journal import Journal
from awscreds.stores.state_dir import StateDir
from tests.e2e.conftest import PROGRAM
from tests.e2e.person import DAY, person, zygote
from tests.e2e.terminal import terminal
from tests.stores import support

__all__ = ["person", "zygote"]


def stored(person):
    """The ids of the keys whose secrets can be read from the store."""
    code = """
from awscreds.app import App
app = App()
print(*(i for i in app.state.ids("access-key") if app.stores.of(i).find_access_key(i)))
"""
    environment = person.user.environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


# -- what it does ------------------------------------------------------------------------------


def test_the_key_is_replaced_everywhere(person):
    old, _ = person.sandbox.key
    done = person.rotate("--profile", "alice")
    new = person.pointer()
    assert person.at_aws() == {new: "Active"}
    assert new != old
    assert "Other machines and CI that use this key will stop" in done.stderr
    assert "last used" in done.stderr
    assert done.stdout == ""
    assert person.journals() == []


def test_json_reports_each_stage(person):
    old, _ = person.sandbox.key
    (report,) = json.loads(person.rotate("--profile", "alice", "--json").stdout)["rotations"]
    assert [stage["stage"] for stage in report["stages"]] == [
        *("create", "store", "verify", "switch", "deactivate", "check", "delete", "forget")
    ]
    assert (report["old"], report["new"]) == (old, person.pointer())
    assert (report["status"], report["user"], report["profiles"]) == ("rotated", "alice", ["alice"])


def test_dry_run_shows_the_stages_with_their_actions_and_changes_nothing(person):
    before = person.user.files()
    old, _ = person.sandbox.key
    done = person.rotate("--profile", "alice", "--dry-run")
    for words in ("iam:CreateAccessKey", "iam:DeleteAccessKey", f"Delete the old key {old}"):
        assert words in done.stdout
    assert person.at_aws() == {old: "Active"}
    after = person.user.files()
    changed = {path.name for path in after if after[path] != before.get(path)}
    assert changed <= {"vault", *(path.name for path in after if "locks" in path.parts)}
    assert {"CreateAccessKey"} & {e["action"] for e in person.control.log()} == set()
    planned = json.loads(person.rotate("--profile", "alice", "--dry-run", "--json").stdout)
    (report,) = planned["rotations"]
    assert report["status"] == "planned"
    assert report["planned"][0] == {
        "stage": "create",
        "actions": ["iam:ListAccessKeys", "iam:CreateAccessKey"],
    }


def test_a_plaintext_key_moves_only_with_consent(person):
    person.user.configure("alice", "--plaintext")
    before = person.user.credentials.read_bytes()
    done = person.rotate("--profile", "alice", "--no-input", rc=1)
    assert "--keep-plaintext" in done.stderr
    with terminal(person.user, PROGRAM, "rotate", "--profile", "alice") as screen:
        screen.answer("Move it to the secret store? [Y/n] ", "n")
        assert screen.end() == 1
    assert person.user.credentials.read_bytes() == before
    person.rotate("--profile", "alice", "--yes")
    assert not person.user.credentials.exists() or b"aws_" not in (
        person.user.credentials.read_bytes()
    )
    assert person.at_aws() == {person.pointer(): "Active"}


@pytest.mark.slow
def test_at_a_terminal_the_plan_is_shown_and_agreed_to_before_anything_begins(person):
    before = person.at_aws()
    endpoint = person.user.environment["AWS_ENDPOINT_URL"]
    question = f"Rotate {person.sandbox.key[0]}? [y/N] "
    with terminal(person.user, PROGRAM, "rotate", "--profile", "alice", "--quiet") as screen:
        screen.answer(question, "")
        assert screen.end() == 1
    assert f"at {endpoint}" in screen.text
    assert "iam:CreateAccessKey" in screen.text
    assert "iam:DeleteAccessKey" in screen.text
    assert (person.at_aws(), person.journals()) == (before, [])
    with terminal(person.user, PROGRAM, "rotate", "--profile", "alice") as screen:
        screen.answer(question, "y")
        assert screen.end() == 0
    assert person.at_aws() == {person.pointer(): "Active"} != before


@pytest.mark.parametrize("which", [("--profile", "alice"), ("--all",)])
def test_with_nobody_to_ask_it_takes_yes(person, which):
    before = person.at_aws()
    done = person.user.awscreds("rotate", *which, rc=6)
    assert "--yes" in done.stderr
    person.user.awscreds("rotate", *which, "--no-input", "--json", rc=6)
    assert (person.at_aws(), person.journals()) == (before, [])


def test_what_another_program_writes_meanwhile_survives(person):
    person.rotate("--profile", "alice", at="after verify done", how="file_is_edited")
    assert "[profile foreign]\noutput = text\n" in person.user.config.read_text()
    assert person.at_aws() == {person.pointer(): "Active"}


# -- what it refuses ---------------------------------------------------------------------------


def refused(person, *argv, rc, **environment):
    """What it says, with AWS and the files as they were."""
    keys, config = person.at_aws(), person.user.config.read_bytes()
    done = person.rotate(*argv, rc=rc, **environment)
    assert (person.at_aws(), person.user.config.read_bytes()) == (keys, config)
    assert person.journals() == []
    return done.stderr


def test_a_root_key_is_refused_and_why_it_must_go(person):
    person.user.key_id, person.user.secret = person.sandbox.root_key
    person.user.configure("root")
    assert "removed" in refused(person, "--profile", "root", rc=1)


def test_a_role_is_refused_with_its_source_named(person):
    assert "awscreds rotate --profile alice" in refused(person, "--profile", "admin", rc=3)


def test_temporary_credentials_are_refused(person):
    key_id, secret, token = person.sandbox.session(mfa=False)
    person.user.credentials.write_text(
        f"[temp]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        f"aws_session_token = {token}\n"
    )
    assert "temporary" in refused(person, "--profile", "temp", rc=3)


@pytest.mark.parametrize("action", ["List", "Update", "Delete"])
def test_a_missing_permission_is_named_with_the_policy_that_gives_it(person, action):
    person.deny(f"iam:{action}AccessKey*")
    said = refused(person, "--profile", "alice", rc=5)
    assert f"iam:{action}AccessKey" in said
    assert "awscreds policy rotate --profile alice" in said


def test_profiles_that_share_the_key_must_reach_the_same_aws(person):
    text = person.user.config.read_text()
    section = text[text.index("[profile alice]") :].replace("us-east-1", "cn-north-1")
    person.user.config.write_text(text + "\n" + section.replace("alice]", "bob]"))
    said = refused(person, "--profile", "alice", rc=3)
    assert "aws-cn" in said
    assert "bob" in said


def test_an_endpoint_that_is_not_aws_must_be_confirmed(person):
    environment = {"AWS_ENDPOINT_URL": "https://iam.example.com"}
    assert "--endpoint-ok" in refused(person, "--profile", "alice", rc=3, **environment)


def test_a_mounted_config_file_is_found_out_before_anything_is_done(person):
    if not support.can_mount():
        support.missing_tool("unshare --mount is not permitted here")
    config = person.user.config
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    line = f'mount --bind "{config}" "{config}" && exec "$@" rotate --profile alice'
    done = subprocess.run(
        ["unshare", "--mount", *user, "sh", "-ec", line, "sh", PROGRAM],
        env=person.user.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "mounted" in done.stderr
    assert person.at_aws() == {person.sandbox.key[0]: "Active"}


def test_a_store_that_cannot_be_written_is_found_out_before_anything_is_done(person):
    person.user.awscreds("lock")
    said = refused(person, "--profile", "alice", rc=4, AWSCREDS_PASSPHRASE="wrong")
    assert "passphrase" in said


def test_a_second_key_goes_only_when_it_is_said(person):
    old, _ = person.sandbox.key
    other = person.root.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    said = refused(person, "--profile", "alice", "--no-input", "--yes", rc=1)
    assert other in said
    assert "never used" in said
    person.rotate("--profile", "alice", "--replace-other")
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.pointer() not in (old, other)


def test_a_second_key_that_a_profile_uses_never_goes(person):
    other = person.root.create_access_key(UserName="alice")["AccessKey"]
    person.user.key_id, person.user.secret = other["AccessKeyId"], other["SecretAccessKey"]
    person.user.configure("second")
    said = refused(person, "--profile", "alice", "--replace-other", "--yes", rc=1)
    assert "second" in said


def test_mfa_that_is_demanded_and_cannot_be_had_is_said(person):
    person.control.require_mfa("alice")
    assert "mfa_serial" in refused(person, "--profile", "alice", rc=5)


# -- what goes wrong ---------------------------------------------------------------------------


def test_a_new_key_that_never_works_goes_and_all_is_as_before(person):
    person.control.propagation(appear=1000)
    said = refused(person, "--profile", "alice", rc=1)
    assert "everything is as it was before" in said


def test_the_old_key_comes_back_where_the_new_one_fails_without_it(person):
    old, _ = person.sandbox.key
    person.user.awscreds(
        *("configure", "set", "mfa_serial", person.sandbox.facts["mfa_serial"]),
        *("--profile", "alice"),
    )
    token = person.sandbox.token_code()
    person.rotate(
        *("--profile", "alice", "--token", token),
        rc=1,
        at="after deactivate done",
        how="new_key_dies",
    )
    assert person.at_aws() == {old: "Active"}
    assert person.pointer() == old
    assert person.journals() == []


@pytest.mark.slow
def test_a_new_key_that_is_disabled_once_the_old_one_is_inactive_is_waited_for(person):
    old, _ = person.sandbox.key
    done = person.rotate("--profile", "alice", rc=7, at="after deactivate done", how="new_key_dies")
    new = person.pointer()
    assert person.at_aws() == {old: "Inactive", new: "Inactive"}
    assert f"accepts no key of alice that is stored here ({new}, {old})" in done.stderr
    assert "administrator" in done.stderr
    assert "accepts no key" in person.rotate("--resume", rc=7).stderr
    person.root.update_access_key(UserName="alice", AccessKeyId=new, Status="Active")
    person.rotate("--resume", rc=1)
    assert person.at_aws() == {old: "Active"}
    assert person.pointer() == old
    assert stored(person) == [old]


def test_a_permission_that_is_taken_away_half_way_is_named_and_waited_for(person):
    old, _ = person.sandbox.key
    # The first DeleteAccessKey is the preflight's.
    person.control.fail("DeleteAccessKey", "AccessDenied", status=403, nth=2, count=None)
    done = person.rotate("--profile", "alice", rc=7)
    assert "awscreds policy rotate --profile alice" in done.stderr
    assert "awscreds rotate --resume" in done.stderr
    assert person.at_aws() == {old: "Inactive", person.pointer(): "Active"}
    person.rotate("--resume", rc=7)
    person.control.clear_faults()
    person.rotate("--resume")
    assert person.at_aws() == {person.pointer(): "Active"}


def test_a_permission_to_create_that_is_missing_is_named_with_the_policy_that_gives_it(person):
    person.deny("iam:CreateAccessKey")
    said = refused(person, "--profile", "alice", rc=5)
    assert "iam:CreateAccessKey" in said
    assert "everything is as it was before" in said
    assert "awscreds policy rotate --profile alice" in said


def test_mfa_that_only_changes_of_keys_need_is_found_out(person):
    statement = {
        "Effect": "Deny",
        "Action": ["iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    person.root.put_user_policy(UserName="alice", PolicyName="mfa", PolicyDocument=document)
    person.rotate("--profile", "alice", "--token", person.sandbox.token_code())
    assert person.at_aws() == {person.pointer(): "Active"}


def test_what_another_awscreds_is_rotating_is_left_to_it(person):
    old, _ = person.sandbox.key
    path = person.user.aws / "awscreds"
    state = StateDir(str(path), lock_folder=str(path / "locks"))
    with Journal(state, old, clock=person.control.now).lock():
        done = person.rotate("--profile", "alice", rc=1)
    assert f"another awscreds is rotating {old}" in done.stderr
    assert "run this again" not in done.stderr  # which would rotate the new key
    assert person.at_aws() == {old: "Active"}


def test_ctrl_c_says_that_it_can_be_resumed(person):
    done = person.rotate("--profile", "alice", rc=130, at="after store done", how="interrupt")
    assert "awscreds rotate --resume" in done.stderr


def test_every_command_but_the_one_for_sdks_says_that_a_rotation_is_unfinished(person):
    person.rotate("--profile", "alice", rc=-9, at="after store done")
    listed = person.user.awscreds("list")
    (line,) = listed.stderr.splitlines()
    assert "unfinished" in line
    assert "awscreds rotate --resume" in line
    assert person.user.awscreds("credential-process", "--profile", "alice").stderr == ""


def test_a_new_rotate_of_the_key_finishes_the_one_that_was_cut_off(person):
    person.rotate("--profile", "alice", rc=-9, at="after verify done")
    new = set(person.at_aws()) - {person.sandbox.key[0]}
    person.rotate("--profile", "alice")
    assert {person.pointer()} == new
    assert person.at_aws() == {person.pointer(): "Active"}


def test_the_journal_holds_no_secret(person):
    person.rotate("--profile", "alice", rc=-9, at="before close")
    (journal,) = person.journals()
    served = json.loads(person.user.awscreds("credential-process", "--profile", "alice").stdout)
    text = journal.read_text()
    assert served["SecretAccessKey"] not in text
    assert person.sandbox.key[1] not in text
    assert served["AccessKeyId"] in text


def test_a_rotation_is_resumed_only_with_the_files_it_is_about(person, tmp_path):
    person.rotate("--profile", "alice", rc=-9, at="after verify done")
    elsewhere = tmp_path / "config"
    elsewhere.write_bytes(person.user.config.read_bytes())
    done = person.rotate("--resume", rc=7, AWS_CONFIG_FILE=str(elsewhere))
    assert "AWS_CONFIG_FILE" in done.stderr
    person.rotate("--resume")


def test_a_rotation_is_resumed_only_at_the_endpoint_it_is_about(person):
    person.rotate("--profile", "alice", rc=-9, at="after verify done")
    person.rotate("--resume", rc=7, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    person.rotate("--resume")


def test_the_key_of_a_lost_answer_goes_only_with_consent(person):
    old, _ = person.sandbox.key
    person.rotate("--profile", "alice", rc=-9, at="before create done")
    (orphan,) = set(person.at_aws()) - {old}
    done = person.rotate("--resume", "--no-input", rc=7)
    assert orphan in done.stderr
    assert person.at_aws() == {old: "Active", orphan: "Active"}
    person.rotate("--resume", "--yes")
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.pointer() != orphan


@pytest.mark.parametrize("made", ["used", "too late"])
def test_a_key_that_may_be_somebody_elses_is_left_alone(person, made):
    old, _ = person.sandbox.key
    person.rotate("--profile", "alice", rc=-9, at="after create intent")
    if made == "too late":
        person.control.advance(600)
    theirs = person.root.create_access_key(UserName="alice")["AccessKey"]
    if made == "used":
        key = (theirs["AccessKeyId"], theirs["SecretAccessKey"])
        person.sandbox.client("sts", *key).get_caller_identity()
    done = person.rotate("--resume", "--yes", rc=7)
    assert "awscreds keys list" in done.stderr
    assert person.at_aws() == {old: "Active", theirs["AccessKeyId"]: "Active"}


def test_the_other_key_stays_where_it_stands_in_a_place_that_botocore_does_not_read(person):
    other = person.root.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    before = person.at_aws()
    with person.user.config.open("a") as file:
        file.write(f"[profile x]\naws_access_key_id = {other}\n[profile 'x']\nregion = x\n")
    done = person.rotate("--profile", "alice", "--replace-other", "--yes", rc=1)
    assert "~/.aws/config:" in done.stderr
    assert person.at_aws() == before


# -- the end -----------------------------------------------------------------------------------


def test_in_its_grace_the_old_key_works_and_after_it_resume_removes_it(person):
    old, _ = person.sandbox.key
    done = person.rotate("--profile", "alice", "--grace", "24h")
    assert "awscreds rotate --resume" in done.stderr
    assert "stop working when the grace period ends" in done.stderr
    new = person.pointer()
    assert person.at_aws() == {old: "Active", new: "Active"}
    assert person.user.awscreds("list").stderr == ""
    person.rotate("--resume")
    assert person.at_aws() == {old: "Active", new: "Active"}
    person.control.advance(DAY + 60)
    person.rotate("--resume")
    assert person.at_aws() == {new: "Active"}


def test_a_later_rotate_removes_the_key_whose_grace_is_over(person):
    person.rotate("--profile", "alice", "--grace", "1h")
    second = person.pointer()
    person.control.advance(3700)
    person.rotate("--profile", "alice")
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.pointer() != second


def test_an_old_key_that_came_back_to_the_files_ends_with_its_grace_and_is_not_rotated(person):
    old, _ = person.sandbox.key
    person.rotate("--profile", "alice", "--grace", "1h")
    with person.user.config.open("a") as file:
        file.write(f"[profile back]\nawscreds_access_key_id = {old}\n")
    person.control.advance(3700)
    done = person.rotate("--profile", "back")
    assert "back: " in done.stderr
    assert person.pointer("back") == person.pointer()
    assert person.at_aws() == {person.pointer(): "Active"}


@pytest.mark.parametrize(
    ("argv", "last", "end"),
    [
        (("--grace", "24h"), "4", "after the grace period: awscreds rotate --resume"),
        (("--keep-old", "active"), "4", "The old key stays active."),
        (("--keep-old", "inactive"), "6", "The old key stays inactive."),
    ],
)
def test_a_dry_run_tells_what_becomes_of_an_old_key_that_is_not_deleted(person, argv, last, end):
    lines = person.rotate("--profile", "alice", "--dry-run", *argv).stdout.splitlines()
    assert lines[-2].startswith(f"  {last}. ")
    assert lines[-1].endswith(end)


@pytest.mark.parametrize(("kept", "status"), [("active", "Active"), ("inactive", "Inactive")])
def test_the_old_key_is_kept_as_it_is_said_and_how_to_finish_is_told(person, kept, status):
    old, _ = person.sandbox.key
    done = person.rotate("--profile", "alice", "--keep-old", kept)
    assert f"awscreds keys delete {old} --profile alice" in done.stderr
    assert ("keep working until you delete it" in done.stderr) == (kept == "active")
    assert person.at_aws() == {old: status, person.pointer(): "Active"}
    assert person.journals() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plaintext", "kept"),
    [("moved", "active"), ("kept-plaintext", "inactive"), ("managed", "inactive")],
)
def test_a_key_that_was_kept_is_deleted_with_its_secret(person, plaintext, kept):
    old, _ = person.sandbox.key
    argv = ["--profile", "alice", "--keep-old", kept, "--yes"]
    if plaintext != "managed":
        person.user.configure("alice", "--plaintext")
    if plaintext == "kept-plaintext":
        argv.append("--keep-plaintext")
    person.rotate(*argv)
    (new,) = person.at_aws().keys() - {old}
    assert person.at_aws() == {old: kept.capitalize(), new: "Active"}
    assert old in stored(person)
    person.user.awscreds("keys", "delete", old, "--profile", "alice", "--yes")
    assert stored(person) == ([] if plaintext == "kept-plaintext" else [new])
    assert person.at_aws() == {new: "Active"}


def test_the_mfa_sessions_of_the_old_key_are_dropped(person):
    serial = person.sandbox.facts["mfa_serial"]
    person.user.awscreds("configure", "set", "mfa_serial", serial, "--profile", "alice")
    person.rotate("--profile", "alice", "--token", person.sandbox.token_code())
    assert json.loads(person.user.awscreds("sessions", "list", "--json").stdout)["sessions"] == []


def test_one_cached_session_serves_the_whole_rotation(person):
    person.control.require_mfa("alice")
    serial = person.sandbox.facts["mfa_serial"]
    person.user.awscreds("configure", "set", "mfa_serial", serial, "--profile", "alice")
    code = person.sandbox.token_code()
    person.rotate("--profile", "alice", "--token", code, command="mfa-session")
    person.rotate("--profile", "alice", "--no-input", "--yes")
    assert person.at_aws() == {person.pointer(): "Active"}
    assert len(person.control.log("GetSessionToken")) == 1


# -- options --------------------------------------------------------------------------------------


def test_nothing_to_resume_is_no_failure(person):
    assert "no unfinished rotation" in person.rotate("--resume").stderr
    assert json.loads(person.rotate("--resume", "--json").stdout)["rotations"] == []


@pytest.mark.parametrize(
    "argv",
    [
        ("--grace", "1h", "--keep-old", "active"),
        ("--resume", "--all"),
        ("--resume", "--dry-run"),
        ("--resume", "--keep-plaintext"),
        ("--resume", "--endpoint-ok"),
        ("--older-than", "soon"),
    ],
)
def test_wishes_that_make_no_sense_are_usage_errors(person, argv):
    refused(person, *argv, rc=2)

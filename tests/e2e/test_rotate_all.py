"""``awscreds rotate --all``: many keys in one run, at a terminal, in cron, and cut off."""

import configparser
import json
import os
import signal
import subprocess
import time

import pytest

from awscreds.commands.rotate.batch import AT_ONCE
from awscreds.commands.rotate.progress import fitted
from tests.e2e.conftest import PROGRAM
from tests.e2e.person import DAY, Person, person, zygote
from tests.e2e.terminal import terminal

pytestmark = pytest.mark.slow

__all__ = ["person", "zygote"]

CRON = ("--all", "--yes", "--no-input", "--quiet")


def statuses(done):
    """The status of each rotation that ``--json`` reports, by its first profile."""
    reports = json.loads(done.stdout)["rotations"]
    return {report["profiles"][0]: report["status"] for report in reports}


def add_plaintext(person, name, key):
    with person.user.credentials.open("a") as file:
        file.write(
            f"[{name}]\naws_access_key_id = {key['AccessKeyId']}\n"
            f"aws_secret_access_key = {key['SecretAccessKey']}\n"
        )
    person.user.credentials.chmod(0o600)


def plaintext_user(person, name):
    """A user whose key stands in plaintext in a profile of that name."""
    key = person.make_user(name)
    add_plaintext(person, name, key)
    return key["AccessKeyId"]


def test_all_rotates_every_key_once_and_a_failure_stops_no_other(person):
    names = [f"user{number}" for number in range(9)]
    before = {name: person.new_user(name) for name in names}
    person.user.config.write_text(
        person.user.config.read_text() + "\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n"
        "source_profile = user1\n"
    )
    person.deny("iam:UpdateAccessKey", name="user3")
    done = person.rotate("--all", "--no-input", "--yes", rc=1)
    for name in names:
        if name == "user3":
            assert person.at_aws(name) == {before[name]: "Active"}
        else:
            assert person.at_aws(name) == {person.pointer(name): "Active"}
            assert person.pointer(name) != before[name]
    assert done.stdout.count("rotated") == 9
    assert "iam:UpdateAccessKey" in done.stderr
    assert person.journals() == []


def test_all_is_silent_with_nothing_to_do(person):
    cron = (*CRON, "--older-than", "90d")
    done = person.rotate(*cron)
    assert (done.stdout, done.stderr) == ("", "")
    old, _ = person.sandbox.key
    assert person.at_aws() == {old: "Active"}
    person.control.advance(91 * DAY)
    done = person.rotate(*cron)
    assert (done.stdout, done.stderr) == ("", "")
    assert old not in person.at_aws()


def test_several_unfinished_rotations_are_resumed_together(person):
    person.new_user("bob")
    person.rotate("--profile", "alice", rc=-9, at="after verify done")
    person.rotate("--profile", "bob", rc=-9, at="after create done")
    assert len(person.journals()) == 2
    report = json.loads(person.rotate("--resume", "--yes", "--json").stdout)
    assert [one["status"] for one in report["rotations"]] == ["rotated", "rotated"]
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.at_aws("bob") == {person.pointer("bob"): "Active"}


def test_both_keys_of_an_unfinished_rotation_are_one_rotation_of_one_user(person):
    old = person.sandbox.key
    person.rotate("--profile", "alice", rc=-9, at="after switch done")
    add_plaintext(person, "back", {"AccessKeyId": old[0], "SecretAccessKey": old[1]})
    reports = json.loads(person.rotate(*CRON, "--json").stdout)["rotations"]
    ended = [report["status"] for report in reports]
    assert sorted(ended) == ["ended by another awscreds", "rotated"]
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.pointer("back") == person.pointer()
    assert person.journals() == []


def test_all_rotates_every_key_though_aws_gets_too_many_requests(person):
    names = ["alice", *(f"user{number}" for number in range(5))]
    for name in names[1:]:
        person.new_user(name)
    person.control.throttle("*", count=60)
    done = person.rotate("--all", "--yes", "--no-input", "--verbose")
    assert "AWS gets too many requests: wait 1 second" in done.stderr
    for name in names:
        assert person.at_aws(name) == {person.pointer(name): "Active"}
    assert person.journals() == []


# -- which keys --------------------------------------------------------------------------------


def test_without_a_key_there_is_nothing_to_do_and_nobody_is_asked(person):
    person.user.config.write_text("[profile role]\nrole_arn = arn:aws:iam::1:role/x\n")
    (person.user.aws / "awscreds" / "vault").unlink()
    nobody = {"AWSCREDS_PASSPHRASE": ""}
    done = person.rotate(*CRON, **nobody)
    assert (done.stdout, done.stderr) == ("", "")
    assert "no access key" in person.rotate("--all", **nobody).stderr
    assert json.loads(person.rotate(*CRON, "--json", **nobody).stdout)["rotations"] == []


def test_with_young_keys_alone_no_store_is_opened(person):
    person.user.awscreds("lock")
    done = person.rotate(*CRON, "--older-than", "90d", AWSCREDS_PASSPHRASE="")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_key_under_two_names_is_rotated_once(person):
    text = person.user.config.read_text()
    section = text[text.index("[profile alice]") :]
    person.user.config.write_text(text + "\n" + section.replace("alice]", "ops]"))
    (report,) = json.loads(person.rotate(*CRON, "--json").stdout)["rotations"]
    assert report["profiles"] == ["alice", "ops"]
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.pointer("ops") == person.pointer()


def test_profiles_of_other_endpoints_are_rotated_there(person):
    person.new_user("bob")
    words = ("configure", "set", "endpoint_url")
    person.user.awscreds(*words, person.control.url, "--profile", "alice")
    person.user.awscreds(*words, "http://127.0.0.1:9", "--profile", "bob")
    done = person.rotate(*CRON, "--json", rc=1, AWS_ENDPOINT_URL="")
    assert statuses(done) == {"alice": "rotated", "bob": "failed"}


def test_a_key_whose_secret_is_in_the_other_file_is_named_with_what_to_do(person):
    key = person.make_user("bob")
    with person.user.config.open("a") as file:
        file.write(f"\n[profile half]\naws_access_key_id = {key['AccessKeyId']}\n")
    person.user.credentials.write_text(
        f"[half]\naws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    done = person.rotate(*CRON, rc=1)
    assert "half has the ID of an access key without its secret in the same file" in done.stderr
    assert "awscreds configure --profile half" in done.stderr
    assert person.at_aws("bob") == {key["AccessKeyId"]: "Active"}


def test_what_is_no_access_key_id_is_left_alone_and_never_shown(person):
    odd = {"AccessKeyId": "../wJalrXUtnFEMI/K7MDENG", "SecretAccessKey": "x"}
    add_plaintext(person, "odd", odd)
    add_plaintext(person, "local", {"AccessKeyId": "test", "SecretAccessKey": "test"})
    assert statuses(person.rotate(*CRON, "--json")) == {"alice": "rotated"}
    done = person.rotate("--profile", "odd", rc=3)
    assert "awscreds configure --profile odd" in done.stderr
    assert "wJalr" not in done.stderr


def test_a_key_of_unknown_age_is_asked_for_once(person):
    state = person.user.aws / "awscreds" / "state.json"
    document = json.loads(state.read_text())
    del document["entries"][person.sandbox.key[0]]["created_at"]
    state.write_text(json.dumps(document))
    cron = (*CRON, "--older-than", "90d", "--json")
    assert statuses(person.rotate(*cron)) == {"alice": "young enough"}
    asked = len(person.control.log())
    assert "ListAccessKeys" in {entry["action"] for entry in person.control.log()}
    assert statuses(person.rotate(*cron)) == {"alice": "young enough"}
    assert len(person.control.log()) == asked


def test_a_span_that_says_nothing_clear_rotates_nothing(person):
    for span in ("0d", "90", "-1d", "", "1y", "d", "9999999999d", "9999999999999d"):
        for option in ("--older-than", "--grace"):
            assert "like" in person.rotate(*CRON, option, span, rc=2).stderr
    for span in ("1h", "3650d"):
        person.rotate(*CRON, "--older-than", span)
    assert list(person.at_aws()) == [person.sandbox.key[0]]


def test_all_and_one_profile_are_two_different_options(person):
    assert "--profile" in person.rotate("--all", "--profile", "alice", rc=2).stderr
    done = person.rotate("--all", "--json", AWS_PROFILE="nobody")
    assert statuses(done) == {"alice": "rotated"}


# -- what is said ------------------------------------------------------------------------------


def test_dry_run_shows_what_would_happen_to_each(person):
    person.new_user("bob")
    done = person.rotate("--all", "--dry-run", "--no-input")
    for name in ("alice", "bob"):
        (key_id,) = person.at_aws(name)
        assert f"{name}: steps to rotate {key_id} of {name}:" in done.stdout
    assert done.stdout.count("iam:CreateAccessKey") == 2
    assert "last used" in done.stderr
    assert len(person.at_aws("alice")) == len(person.at_aws("bob")) == 1


def test_a_failure_is_told_with_its_remedy_and_the_same_exit_code_in_json(person):
    person.new_user("bob")
    person.deny("iam:DeleteAccessKey", name="bob")
    person.root.create_access_key(UserName="alice")
    said = person.rotate(*CRON, rc=1).stderr
    assert "awscreds policy rotate --profile bob" in said
    assert "--replace-other" in said
    done = person.rotate(*CRON, "--json", rc=1)
    reports = json.loads(done.stdout)["rotations"]
    assert [report["error"]["code"] for report in reports] == ["two-keys", "permissions-missing"]
    assert done.stderr == ""


def test_how_to_finish_what_is_kept_is_told_once(person):
    person.new_user("bob")
    done = person.rotate("--all", "--grace", "24h", "--no-input", "--yes")
    assert done.stderr.count("awscreds rotate --resume") == 1
    assert done.stdout.count("in grace") == 2
    again = person.rotate(*CRON, "--older-than", "1d")
    assert (again.stdout, again.stderr) == ("", "")


def test_several_unfinished_rotations_are_noticed_in_one_line(person):
    person.new_user("bob")
    for name in ("alice", "bob"):
        person.rotate("--profile", name, rc=-9, at="after verify done")
    (line,) = person.user.awscreds("list").stderr.splitlines()
    assert "2 rotations are unfinished" in line
    assert "awscreds rotate --resume" in line


def test_an_unfinished_rotation_is_finished_beside_the_others(person):
    old = person.new_user("bob")
    person.rotate("--profile", "bob", rc=-9, at="after switch done")
    done = person.rotate(*CRON, "--json")
    assert statuses(done) == {"alice": "rotated", "bob": "rotated"}
    assert old not in person.at_aws("bob")
    assert len(person.at_aws("bob")) == 1
    assert person.journals() == []


def test_a_key_in_a_locked_vault_fails_alone(keyring_user, zygote):
    keyring_user.configure("alice", "--region", "us-east-1")
    person = Person(keyring_user, zygote)
    vault = {"AWSCREDS_BACKEND": "vault", "AWSCREDS_PASSPHRASE": "a passphrase"}
    keyring_user.environment |= vault
    bobs = person.new_user("bob")
    for name in vault:
        del keyring_user.environment[name]
    keyring_user.awscreds("lock")
    done = person.rotate(*CRON, rc=1)
    assert "bob" in done.stderr
    assert "awscreds unlock" in done.stderr
    assert person.at_aws() == {person.pointer(): "Active"}
    assert list(person.at_aws("bob")) == [bobs]
    with terminal(keyring_user, PROGRAM, "rotate", "--all", "--dry-run", "--quiet") as screen:
        screen.answer("Passphrase of the awscreds vault: ", "a passphrase")
        assert screen.end() == 0
    assert "bob: steps to rotate" in screen.text


def test_the_line_of_progress_never_wraps():
    assert fitted("alice: stored", 8) == "alice: s"
    assert fitted("alice", 8) == "alice   "
    assert fitted("日本語日本", 8) == "日本語日"
    assert fitted("a日本語日本", 8) == "a日本語 "


# -- what a person is asked --------------------------------------------------------------------


def test_each_mfa_user_is_asked_for_a_code_and_one_that_is_wrong_stops_no_other(person):
    devices = {"alice": person.sandbox.facts["mfa_serial"]}
    person.demand_mfa("alice", devices["alice"])
    for name in ("bob", "carol"):
        person.new_user(name)
        devices[name] = person.new_device(name)
    with terminal(person.user, PROGRAM, "rotate", "--all", "--dry-run") as screen:
        for name, serial in devices.items():
            right = person.code(serial)
            wrong = f"{(int(right) + 1) % 10**6:06}"
            screen.answer(f"MFA code of {serial}: ", wrong if name == "bob" else right)
        assert screen.end() == 1
    assert screen.text.count("MFA code") == 3
    assert "alice: steps to rotate" in screen.text
    assert "carol: steps to rotate" in screen.text
    assert "bob: steps to rotate" not in screen.text
    assert "AWS rejected this code" in screen.text
    assert len(person.control.log("GetSessionToken")) == 3


def test_with_nobody_to_ask_mfa_users_fail_singly_with_the_remedy(person):
    person.new_user("bob")
    person.demand_mfa("alice", person.sandbox.facts["mfa_serial"])
    done = person.rotate(*CRON, rc=1)
    assert "eval $(awscreds mfa-session --profile alice)" in done.stderr
    assert person.at_aws("bob") == {person.pointer("bob"): "Active"}
    assert list(person.at_aws()) == [person.sandbox.key[0]]
    assert person.control.log("GetSessionToken") == []


def test_one_code_is_for_one_device(person):
    serial = person.sandbox.facts["mfa_serial"]
    person.demand_mfa("alice", serial)
    person.rotate(*CRON, "--token", person.code(serial))
    person.new_user("bob")
    person.new_device("bob")
    done = person.rotate(*CRON, "--token", "123456", rc=2)
    assert "omit --token" in done.stderr
    assert len(person.control.log("GetSessionToken")) == 1


def test_mfa_that_only_the_second_profile_of_a_key_names_is_done_once(person):
    text = person.user.config.read_text()
    section = text[text.index("[profile alice]") :].replace("us-east-1", "us-west-2")
    person.user.config.write_text(text + "\n" + section.replace("alice]", "ops]"))
    serial = person.sandbox.facts["mfa_serial"]
    person.control.require_mfa("alice")
    person.user.awscreds("configure", "set", "mfa_serial", serial, "--profile", "ops")
    person.rotate(*CRON, "--token", person.code(serial))
    assert person.at_aws() == {person.pointer(): "Active"}
    assert len(person.control.log("GetSessionToken")) == 1


def test_one_question_is_asked_for_all_plaintext_keys_and_a_no_fails_those_alone(person):
    plain = {name: plaintext_user(person, name) for name in ("bob", "carol")}
    with terminal(person.user, PROGRAM, "rotate", "--all", "--quiet") as screen:
        question = "The key of bob, carol is stored in plaintext. Move it to the secret store?"
        person.deny("iam:UpdateAccessKey")  # alice would take her time
        screen.answer("Rotate these 3 keys? [y/N] ", "y")
        screen.answer(f"{question} [Y/n] ", "n")
        assert screen.end() == 1
    assert "[Y/n]" not in screen.text.partition("[Y/n]")[2]
    assert screen.text.count("--keep-plaintext") == 2
    for name, key_id in plain.items():
        assert list(person.at_aws(name)) == [key_id]
    done = person.rotate("--all", "--no-input", "--json", rc=6)
    assert json.loads(done.stdout)["error"]["code"] == "input-needed"


def test_an_orphan_of_a_lost_answer_is_asked_about_by_nobody_while_others_run(person):
    person.new_user("bob")
    person.control.drop("CreateAccessKey", when="after", count=2)
    with terminal(person.user, PROGRAM, "rotate", "--all") as screen:
        screen.answer("Rotate these 2 keys? [y/N] ", "y")
        assert screen.end() == 7
    assert "Delete it?" not in screen.text.replace("\r", "")
    assert screen.text.count("awscreds rotate --resume --yes") == 2
    done = person.rotate("--resume", "--yes", "--json")
    assert set(statuses(done).values()) == {"rotated"}
    for name in ("alice", "bob"):
        assert person.at_aws(name) == {person.pointer(name): "Active"}


# -- cut off -----------------------------------------------------------------------------------


def many(person, count):
    """Alice and others, of whom every rotation hangs as it makes its new key."""
    names = [f"user{number}" for number in range(1, count)]
    for name in names:
        plaintext_user(person, name)
    person.control.hang("CreateAccessKey", count=None)
    return ["alice", *names]


def wait_until_they_create(person, times):
    end = time.monotonic() + 30
    while sum('"stage": "create"' in journal.read_text() for journal in person.journals()) < times:
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def finish_together(person, names):
    """Every rotation is finished by one command, and nothing is lost or left behind."""
    person.control.clear_faults()
    person.rotate("--resume", "--yes", "--no-input")
    assert person.journals() == []
    credentials = configparser.RawConfigParser()
    credentials.read(person.user.credentials)
    for name in names:
        if credentials.has_section(name):
            key = credentials[name]["aws_access_key_id"], credentials[name]["aws_secret_access_key"]
            person.sandbox.client("sts", *key).get_caller_identity()
        else:
            person.user.awscreds("whoami", "--profile", name)
            key = (person.pointer(name), "")
        assert person.at_aws(name) == {key[0]: "Active"}


PLAIN = ("rotate", "--all", "--keep-plaintext", "--yes")


@pytest.mark.daily(2)
@pytest.mark.parametrize(("how", "count"), [("Ctrl-C", AT_ONCE + 1), ("SIGTERM", 2), ("SIGHUP", 2)])
def test_all_stop_where_each_can_be_resumed_and_are_resumed_together(person, how, count):
    names = many(person, count)
    at_work = names[:AT_ONCE]
    with terminal(person.user, PROGRAM, *PLAIN) as screen:
        wait_until_they_create(person, len(at_work))
        if how == "Ctrl-C":
            screen.interrupt(f"[0/{count}]")
        elif how == "SIGTERM":
            os.kill(screen.pid, signal.SIGTERM)
        else:
            screen.close_terminal()
        if how != "SIGHUP":
            screen.expect("stopping")
        person.control.release()
        code = screen.end()
    if how != "SIGHUP":
        assert code == {"Ctrl-C": 130, "SIGTERM": 143}[how]
        left = f"{len(at_work)} unfinished and {count - len(at_work)} not begun"
        assert screen.text.count(left) == screen.text.count("warning:") == 1
    assert len(person.journals()) == len(at_work)
    stored = person.user.awscreds("store", "show", "--json").stdout
    for name in at_work:
        assert all(key_id in stored for key_id in person.at_aws(name))  # none was made in vain
    finish_together(person, at_work)


def test_a_second_ctrl_c_ends_it_at_once_and_loses_no_key(person):
    names = many(person, 2)
    with terminal(person.user, PROGRAM, *PLAIN) as screen:
        wait_until_they_create(person, 2)
        screen.interrupt("[0/2]")
        screen.interrupt("stopping")
        screen.end()
        assert screen.signal == signal.SIGINT
    finish_together(person, names)


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_ctrl_c_of_one_rotation_waits_for_the_secret_of_its_new_key(person, again):
    many(person, 1)
    words = ("rotate", "--profile", "alice", "--keep-plaintext", "--yes")
    with terminal(person.user, PROGRAM, *words) as screen:
        wait_until_they_create(person, 1)
        screen.interrupt("Create a new key")
        screen.expect("Wait for the answer with the new key")
        if again:
            screen.interrupt("stop at once")
        else:
            person.control.release()
        assert screen.end() == 130
    if not again:
        assert len(person.at_aws()) == 2
    person.control.clear_faults()
    # Nobody is there to agree that the new key is deleted.
    person.rotate("--resume", "--no-input", rc=7 if again and len(person.at_aws()) == 2 else 0)
    person.rotate("--resume", "--no-input", "--yes")
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.journals() == []


def test_what_whoever_started_us_ignores_stays_ignored(person):
    many(person, 1)
    line = 'trap "" HUP; exec "$@"'
    with started(person, "sh", "-c", line, "sh", PROGRAM, "rotate", *CRON) as process:
        wait_until_they_create(person, 1)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        person.control.release()
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_interrupted_json_is_one_document_that_tells_what_is_left(person):
    names = many(person, 2)
    with started(person, PROGRAM, *PLAIN, "--no-input", "--json", "--quiet") as process:
        wait_until_they_create(person, 2)
        process.send_signal(signal.SIGINT)
        person.control.release()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    document = json.loads(out)
    assert document["error"]["code"] == "interrupted"
    assert [report["status"] for report in document["rotations"]] == ["unfinished"] * 2
    assert err == ""
    finish_together(person, names)


def started(person, *argv):
    return subprocess.Popen(
        argv,
        env=person.user.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread here
    )

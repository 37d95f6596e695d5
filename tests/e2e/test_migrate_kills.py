"""SIGKILL, a full disk and other writers during `migrate`: no key is lost, a second run completes.

Files with every way in which a key moves: for two profiles, to a profile beside a role, for both
halves of a pair of aws-mfa; and an expired session.
"""

import errno
import io
import json
import os
import time

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.errors import ConfigurationError
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.journal import Journal
from awscreds.stores.migration_record import MigrationRecord
from tests.e2e.test_migrate import EXPIRED, KEY_ID, LONG, ROLE, SECRET, SERIAL, entries, pair
from tests.e2e.test_profile_kills import kill
from tests.e2e.test_profiles import aws_files
from tests.stores.test_aws_files import STEPS
from tests.test_findings import User

OPS_ID, OPS_SECRET = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
CONFIG = f"""\
# top
[profile dev]
region = eu-west-1
mfa_serial = {SERIAL}
[profile ops]
{ROLE}source_profile = ops
"""
CREDENTIALS = f"""\
# mine
[dev]
{pair()}
[default]
{pair()}
[ops]
{pair(OPS_ID, OPS_SECRET)}
{LONG}[x]
{EXPIRED}
[old]
{EXPIRED}"""
ALL = ("migrate", "--all", "--no-verify", "--yes")


@pytest.fixture
def user(home, capsys):
    user = User(home, capsys)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    return user


@pytest.fixture
def wanted(user):
    """Both files after a migration that nothing disturbs; then all is as before."""
    assert user(*ALL).code == 0, user.err
    found = aws_files(user)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    for key_id in entries(user):
        assert user("store", "forget", key_id, "--yes").code == 0, user.err
    return found


def keys_at_hand(user):
    """The keys that somebody could still read: from the file, or from the store."""
    text = (user.aws / "credentials").read_text()
    found = {key_id for key_id, secret in KEYS.items() if secret in text}
    for name in ("dev", "ops-source"):
        done = user("credential-process", "--profile", name)
        if done.code == 0:
            answer = json.loads(done.out)
            assert answer["SecretAccessKey"] == KEYS[answer["AccessKeyId"]]
            found.add(answer["AccessKeyId"])
    return found


KEYS = {KEY_ID: SECRET, OPS_ID: OPS_SECRET}


def no_copies(user):
    """No secret is in any other file."""
    for path, data in user.files().items():
        if path.name != "credentials":
            assert not any(secret.encode() in data for secret in KEYS.values()), path


@pytest.mark.slow
@pytest.mark.daily(10)
@pytest.mark.parametrize("step", ["planned", "stored", *STEPS, "edited"])
def test_a_killed_migration_loses_nothing_and_a_second_run_completes(user, wanted, step):
    kill(user, ALL, step)
    assert keys_at_hand(user) == set(KEYS)
    assert user(*ALL).code == 0, user.err
    assert aws_files(user) == wanted
    assert keys_at_hand(user) == set(KEYS)
    assert sorted(entries(user)) == sorted(KEYS)
    no_copies(user)


# -- what else can happen meanwhile --------------------------------------------------------------


def run_with(user, words, step):
    """Run a command that calls ``step`` between its steps: the exit code, and what it said."""
    said = io.StringIO()
    app = App(dict(user.environ), stdin=io.StringIO(), stderr=said, step=step)
    app.files = AwsFiles(app.files.config_path, app.files.credentials_path, step=step)
    code = run([*words, "--no-input"], app)
    return code, said.getvalue() + user._capsys.readouterr().err


def at(fatal, do):
    """Do something once, when the step ``fatal`` is reached."""
    done = []

    def step(reached):
        if reached == fatal and not done:
            done.append(reached)
            do()

    return step


def nothing_is_left(user):
    assert entries(user) == []
    assert list((user.aws / "awscreds").glob("migrated-*")) == []


@pytest.mark.parametrize("step", ["planned", "stored"])
def test_a_key_that_another_program_replaces_meanwhile_is_not_taken_for_the_planned_one(user, step):
    changed = CREDENTIALS.replace(OPS_SECRET, OPS_SECRET[::-1])
    before = aws_files(user)
    code, said = run_with(user, ALL, at(step, lambda: user.write("credentials", changed)))
    assert code == 3
    assert "another program changed the keys of ops" in said
    assert aws_files(user) == {**before, "credentials": changed.encode()}
    nothing_is_left(user)


def test_what_another_program_adds_meanwhile_stays(user):
    added = CREDENTIALS + "[new]\n" + pair("AKIAIOSFODNN7ANOTHER", OPS_SECRET[::-1])
    code, said = run_with(user, ALL, at("stored", lambda: user.write("credentials", added)))
    assert code == 0, said
    text = (user.aws / "credentials").read_text()
    assert OPS_SECRET[::-1] in text
    assert SECRET not in text


def full():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["planned", "stored", "changed", "kept config", "ready config"])
def test_a_full_disk_leaves_everything_as_it_was(user, step):
    before = aws_files(user)
    code, said = run_with(user, ALL, at(step, full))
    assert code != 0, said
    assert aws_files(user) == before
    nothing_is_left(user)


def test_a_record_that_cannot_be_written_stops_it(user, monkeypatch):
    def refuse(*_):
        raise ConfigurationError("cannot write it: the disk is full", code="disk-full")

    before = aws_files(user)
    monkeypatch.setattr(MigrationRecord, "write", refuse)
    assert user(*ALL).code == 3
    assert aws_files(user) == before
    nothing_is_left(user)


def test_a_key_whose_rotation_is_unfinished_waits_for_it(user):
    app = App(dict(user.environ))
    journal = Journal(app.state_dir, KEY_ID, clock=time.time)
    journal.facts = {"old": KEY_ID, "profiles": ["dev"]}
    journal.write("begin", "intent")
    before = aws_files(user)
    done = user(*ALL)
    assert done.code == 7
    assert "awscreds rotate --resume" in done.err
    assert aws_files(user) == before
    nothing_is_left(user)


def test_a_damaged_record_is_named_with_what_to_do(user):
    assert user(*ALL).code == 0, user.err
    [record] = (user.aws / "awscreds").glob("migrated-*.json")
    record.write_text("{}")
    done = user("migrate", "--undo", "--all", "--yes")
    assert done.code == 3
    assert "damaged" in done.err
    record.unlink()
    assert user("migrate", "--undo", "--profile", "dev", "--yes").code == 0
    assert SECRET in (user.aws / "credentials").read_text()

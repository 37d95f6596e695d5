"""SIGKILL, a full disk and other writers during `migrate`: no key is lost, a second run completes.

Files with every way in which a key moves: for two profiles, to a profile beside a role, for both
halves of a pair of aws-mfa; and an expired session.
"""

import json

import pytest

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


@pytest.mark.parametrize("step", ["planned", "stored", *STEPS, "edited"])
def test_a_killed_migration_loses_nothing_and_a_second_run_completes(user, wanted, step):
    kill(user, ALL, step)
    assert keys_at_hand(user) == set(KEYS)
    assert user(*ALL).code == 0, user.err
    assert aws_files(user) == wanted
    assert keys_at_hand(user) == set(KEYS)
    assert sorted(entries(user)) == sorted(KEYS)
    no_copies(user)

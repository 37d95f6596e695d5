"""SIGKILL at each step of rename, copy and remove: nothing is lost, and a second run completes."""

import json

import pytest

from awscreds.app import App
from tests.e2e.test_profiles import aws_files
from tests.stores.support import KILL_STATUS, KILLED_COMMAND, start
from tests.stores.test_aws_files import STEPS
from tests.test_findings import KEY_ID, SECRET, User

CONFIG = """\
# about dev
[profile dev]
region = eu-west-1

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev
"""
CREDENTIALS = "[other]\naws_session_token = t\n\n[dev]\n# of dev\noutput = json\n"
RENAME, COPY = ("profile", "rename", "dev", "prod"), ("profile", "copy", "dev", "prod")
REMOVE = ("profile", "remove", "dev", "--yes")
BETWEEN_THE_FILES = STEPS[STEPS.index("replaced config") : STEPS.index("replaced credentials")]


@pytest.fixture
def user(home, capsys):
    """Somebody with a managed profile that is in both files."""
    user = User(home, capsys)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=SECRET).code == 0, user.err
    return user


def kill(user, words, step):
    process = start(KILLED_COMMAND, step, json.dumps(user.environ), *words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == KILL_STATUS, err


def secret_of(user, profile):
    words = ("configure", "get", "aws_secret_access_key", "--profile", profile)
    return user(*words).out.strip()


def after(user, words):
    """Both files after the command was run to its end; they are put back."""
    before = aws_files(user)
    assert user(*words).code == 0, user.err
    wanted = aws_files(user)
    for name, data in before.items():
        user.write(name, data)
    return wanted


def journals(user):
    return list((user.aws / "awscreds").glob("profile-move-*"))


@pytest.mark.slow
@pytest.mark.daily(16)
@pytest.mark.parametrize("step", ["begun", *STEPS, "moved", "recorded"])
@pytest.mark.parametrize("words", [RENAME, COPY], ids=["rename", "copy"])
def test_a_killed_move_loses_nothing_and_a_second_run_completes(user, words, step):
    wanted = after(user, words)
    App(user.environ).state.note_warning("dev", 5.0)
    kill(user, words, step)
    assert secret_of(user, "dev" if words is COPY or not is_begun(user) else "prod") == SECRET
    assert user(*words).code == 0, user.err
    assert aws_files(user) == wanted
    assert journals(user) == []
    assert secret_of(user, "prod") == SECRET
    assert App(user.environ).state.warned_at("prod" if words is RENAME else "dev") == 5.0


def is_begun(user):
    return b"[profile prod]" in (user.aws / "config").read_bytes()


@pytest.mark.parametrize("step", BETWEEN_THE_FILES)
def test_a_killed_rename_can_be_taken_back(user, step):
    before = aws_files(user)
    kill(user, RENAME, step)
    assert aws_files(user) != before
    assert user("profile", "rename", "prod", "dev").code == 0, user.err
    assert aws_files(user) == before
    assert journals(user) == []


@pytest.mark.parametrize("words", [RENAME, COPY], ids=["rename", "copy"])
def test_another_move_waits_until_a_killed_one_is_finished(user, words):
    wanted = after(user, words)
    kill(user, words, "replaced config")
    half = (user.aws / "config").read_bytes(), (user.aws / "credentials").read_bytes()
    for other in (("rename", "admin", "ops"), ("copy", "admin", "ops"), ("copy", "prod", "dev")):
        refused = user("profile", *other)
        assert refused.code == 3
        assert "only partly" in refused.err
        assert f"awscreds {' '.join(words)}" in refused.err
    assert half == ((user.aws / "config").read_bytes(), (user.aws / "credentials").read_bytes())
    assert user(*words).code == 0
    assert aws_files(user) == wanted


def test_a_profile_that_only_looks_half_renamed_is_not_taken_for_one(user):
    user.write("config", CONFIG.replace("dev]", "prod]"))
    before = aws_files(user)
    assert user(*RENAME).code == 3
    assert "already exists" in user.err
    assert aws_files(user) == before


@pytest.mark.slow
@pytest.mark.daily(8)
@pytest.mark.parametrize("step", ["noted", *STEPS, "removed"])
def test_a_killed_removal_loses_nothing_else_and_a_second_run_completes(user, step):
    other = b"[other]\naws_session_token = t\n"
    kill(user, REMOVE, step)
    if (b"dev]") in (user.aws / "config").read_bytes():
        assert secret_of(user, "dev") == SECRET
    assert other in (user.aws / "credentials").read_bytes()
    done = user(*REMOVE)
    assert done.code == 0, done.err
    assert f"Deleted the secret of {KEY_ID}" in done.err
    assert (user.aws / "config").read_bytes() == CONFIG[CONFIG.index("[profile admin]") :].encode()
    assert (user.aws / "credentials").read_bytes() == other
    assert json.loads(user("store", "show", "--json").out)["entries"] == []
    assert user(*REMOVE).code == 3  # now there is nothing of it


def test_a_killed_removal_of_the_last_profile_forgets_its_secret_too(user):
    user.write("config", CONFIG[: CONFIG.index("[profile admin]")])
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=SECRET).code == 0, user.err
    kill(user, REMOVE, "removed")
    assert (user.aws / "config").read_bytes() == b""
    assert f"Deleted the secret of {KEY_ID}" in user(*REMOVE).err
    assert user(*REMOVE).code == 3

"""SIGKILL, and a full disk, at each step of login, refresh, wrap, unwrap and logout.

Nothing is half written, a second run completes, and no token is lost that could be kept.
"""

import io
import json
import os
import signal
import sys
import time

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.sandbox.identity_center import TOKEN
from awscreds.stores.aws_files import AwsFiles
from tests.e2e.employee import ARN, PROFILE, SESSION, Employee
from tests.helpers import need_posix
from tests.stores.test_aws_files import STEPS

pytestmark = pytest.mark.slow

CHANGES = frozenset({"os.rename", "os.remove", "http.client.send"})
"""Before each of these, a process is ended: files are only renamed and removed."""

MOST = 12
"""No command here makes more changes; a number beyond them is a run without a fault."""

LOGIN = ("login", "--profile", "ro")
WHOAMI = ("whoami", "--profile", "ro")
FLOWS = {
    "pkce": LOGIN,
    "device": (*LOGIN, "--use-device-code"),
    "shared": (*LOGIN, "--share"),
}


@pytest.fixture
def employee(alice):
    need_posix("it has no fork")
    return Employee(alice)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk():
    """From now on, no file takes a byte."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def forked(employee, words, *, at=None, fault=kill, ahead=0, step=None):
    """The exit code of a command, with ``fault`` before its change number ``at``, or its start.

    Its clock is so many seconds ahead. ``step`` is that of an edit of the AWS files.
    """
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 99
    try:
        os.setsid()
        os.environ.clear()
        os.environ.update(employee.alice.environment)
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        app = App(clock=lambda: time.time() + ahead)
        if step is not None:
            paths = app.files.config_path, app.files.credentials_path
            app.files = AwsFiles(*paths, step=step)
        changes = 0

        def audit(event, _):
            nonlocal changes
            if event in CHANGES:
                changes += 1
                if changes == at:
                    fault()

        if at == 0:
            fault()
        sys.addaudithook(audit)
        code = run(list(words), app)
    finally:
        os._exit(code)


def is_whole(employee):
    """Whether each file of a login can be read."""
    for path in (employee.alice.aws / "sso" / "cache").glob("[!.]*.json"):
        assert json.loads(path.read_bytes()), path
    return all(path.read_bytes() for path in employee.state.glob("login-*"))


AT_EACH_CHANGE = pytest.mark.parametrize("at", range(1, MOST + 1))
BOTH_FAULTS = pytest.mark.parametrize("fault", [kill, fill_the_disk])


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@pytest.mark.parametrize("flow", FLOWS)
def test_a_first_login_is_whole_or_not_there_and_the_next_one_works(employee, flow, at, fault):
    code = forked(employee, FLOWS[flow], at=at, fault=fault)
    assert is_whole(employee)
    if code == 0:
        assert employee.arn().startswith(ARN)
    assert employee(*FLOWS[flow]).returncode == 0
    assert employee.arn().startswith(ARN)


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@pytest.mark.parametrize("flow", FLOWS)
def test_a_second_login_that_fails_leaves_the_first(employee, flow, at, fault):
    employee(*FLOWS[flow])
    forked(employee, FLOWS[flow], at=at, fault=fault)
    assert is_whole(employee)
    employee("sessions", "clear")
    assert employee.arn().startswith(ARN)


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@pytest.mark.parametrize("words", [LOGIN, FLOWS["shared"]], ids=["sealed", "shared"])
def test_a_refresh_loses_a_login_only_with_the_answer_of_aws(employee, words, at, fault):
    """Whoever dies between AWS's answer and the file has the only copy of the new token."""
    employee(*words)
    before = employee.count("CreateToken")
    ahead = TOKEN - 60
    employee.control.advance(ahead)
    code = forked(employee, WHOAMI, at=at, fault=fault, ahead=ahead)
    assert is_whole(employee)
    was_asked = employee.count("CreateToken") > before
    again = forked(employee, WHOAMI, ahead=ahead)
    if not was_asked or (code == 0 and fault is kill):
        assert again == 0
    if again:
        assert employee(*words).returncode == 0
        assert employee.arn().startswith(ARN)


@pytest.mark.parametrize("words", [LOGIN, FLOWS["shared"]], ids=["sealed", "shared"])
def test_with_a_full_disk_no_refresh_token_is_spent(employee, words):
    employee(*words)
    before = employee.count("CreateToken")
    ahead = TOKEN - 60
    employee.control.advance(ahead)
    assert forked(employee, WHOAMI, at=0, fault=fill_the_disk, ahead=ahead) == 0
    assert employee.count("CreateToken") == before
    employee.control.advance(120)
    assert forked(employee, ("sessions", "clear")) == 0
    assert forked(employee, WHOAMI, at=0, fault=fill_the_disk, ahead=ahead + 120) == 3
    assert forked(employee, WHOAMI, ahead=ahead + 120) == 0
    assert employee.count("CreateToken") == before + 1


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@pytest.mark.parametrize("words", [LOGIN, FLOWS["shared"]], ids=["sealed", "shared"])
def test_a_logout_that_is_killed_is_completed_by_the_next(employee, words, at):
    employee(*words)
    employee.arn()
    forked(employee, ("logout", "--profile", "ro"), at=at)
    employee("logout", "--profile", "ro")
    assert employee.cli_files == list(employee.state.glob("login-*")) == []
    assert employee.count("Logout") >= 1
    assert "awscreds login --profile ro" in employee.arn(rc=5)
    assert "No sessions" in employee("sessions", "list").stderr


SPLIT = PROFILE.replace("sso_account_id = 012345678901\n", "")
CREDENTIALS = "[other]\naws_session_token = t\n\n[ro]\n# of ro\nsso_account_id = 012345678901\n"


def files(employee):
    alice = employee.alice
    return alice.config.read_text(), alice.credentials.read_text()


@pytest.fixture
def split(employee):
    """An employee whose profile is in both files."""
    employee.alice.config.write_text(SESSION + SPLIT)
    employee.alice.credentials.write_text(CREDENTIALS)
    employee.alice.credentials.chmod(0o600)
    return employee


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_wrap_is_completed_or_taken_back(split, step):
    def at(reached):
        if reached == step:
            kill()

    before = files(split)
    for last in ("wrap", "unwrap"):
        assert forked(split, ("profile", "wrap", "ro"), step=at) == -signal.SIGKILL
        assert forked(split, ("profile", last, "ro")) in (0, 3)  # 3: there is nothing of it
        if last == "wrap":
            wrapped = files(split)
            assert "\nsso_account_id" not in wrapped[1]
            assert "\nsso_session" not in wrapped[0][len(SESSION) :]
            assert forked(split, ("profile", "unwrap", "ro"), step=at) == -signal.SIGKILL
            assert forked(split, ("profile", "unwrap", "ro")) in (0, 3)
        assert files(split) == before

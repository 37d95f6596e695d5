"""The line in the config file, warm: what it loads, what it notices, and when it ends."""

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import time
from uuid import uuid4

import cryptography
import pytest

import awscreds
from awscreds import warm
from awscreds.sandbox.signin import TOKEN
from awscreds.stores.kernel_keyring import kernel
from tests.e2e.conftest import PROGRAM
from tests.e2e.employee import Employee
from tests.e2e.visitor import Visitor
from tests.helpers import missing_tool

pytestmark = pytest.mark.posix("no answer is kept there")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(awscreds.__file__)))
PACKAGES = os.path.dirname(os.path.dirname(cryptography.__file__))
BANNED = (
    "click",
    "json",
    "re",
    "logging",
    "typing",
    "dataclasses",
    "pathlib",
    "enum",
    "subprocess",
    "keyring",
    "cryptography",
    "rich",
    "boto3",
)
SPARED = (
    "os",
    "__future__",
    "awscreds.hotpath",
    "awscreds.start",
    "ctypes",
    "contextlib",
    "functools",
    "hashlib",
    "importlib.util",
    "site",
    "awscreds.app",
)
"""Not banned, and too dear all the same."""
NEEDLESS = {*BANNED, "collections", "contextlib", "ctypes", "functools", "site"} - {"cryptography"}
"""What the answer with a key of the vault needs nothing of, if packages are installed beside us."""

# The room in the kernel's key store is the user's, and whoever runs tests beside these takes some
# of it, so that answers would go at any instant. Each test has entries of another name, and so a
# room of its own.
OWNED = """
import sys
from awscreds import warm
warm.OWN = sys.argv.pop(1)
from awscreds.__main__ import main
main()
"""

# As the line starts it, but for the clock, which is so many seconds ahead: answers are kept only
# once the files are two seconds old.
AHEAD = f"""
import posix, sys, time
sys.path.append({ROOT!r})
real, ahead = time.time, float(sys.argv.pop(1))
time.time = lambda: real() + ahead
from awscreds import warm
warm.OWN = sys.argv.pop(1)
leave = posix._exit
def exit_now(code):
    posix.write(2, b"MODULES " + " ".join(sys.modules).encode())
    leave(code)
posix._exit = exit_now
from awscreds.__main__ import main
main()
"""


INSTALLED = AHEAD.replace(f"append({ROOT!r})", f"extend([{ROOT!r}, {PACKAGES!r}])")
"""As AHEAD, where the packages are beside ours, as pip and its like install all."""

SHARED_ROOM = warm.OWN


class Line:
    """How an SDK starts us for one profile."""

    def __init__(self, user, profile, program=AHEAD):
        self.user = user
        self.profile = profile
        self.program = program
        self.loaded = ()

    def __call__(self, ahead=5, rc=0, **environment):
        words = (
            "-I",
            "-S",
            "-c",
            self.program,
            str(ahead),
            warm.OWN,
            "credential-process",
            "--profile",
        )
        done = self.user.run(sys.executable, *words, self.profile, rc=rc, **environment)
        self.told, _, modules = done.stderr.partition("MODULES ")
        self.loaded = set(modules.split())
        assert "awscreds.warm" in self.loaded, done.stderr
        return done.stdout

    @property
    def was_warm(self):
        return "awscreds.hotpath" not in self.loaded

    @property
    def words(self):
        """Those in the config file."""
        section = self.user.config.read_text().partition(f"[profile {self.profile}]")[2]
        rows = [row for row in section.splitlines() if row.startswith("credential_process")]
        return shlex.split(rows[0].partition("=")[2])


def scope(user):
    return kernel.scope(str(user.aws / "awscreds"))


def kept(user):
    return kernel.names(scope(user) + "answer:")


def say(user, row):
    """Put a row into the profile's section, which is the last one."""
    with open(user.config, "a") as config:
        config.write(f"{row}\n")


@pytest.fixture
def own_room(monkeypatch):
    monkeypatch.setattr(warm, "OWN", f"awscreds-test-{uuid4().hex}:")


@pytest.fixture
def alice(own_room, alice):
    """Alice, whose entries in the kernel's key store nobody displaces."""
    alice.program = (sys.executable, "-c", OWNED, warm.OWN)
    return alice


@pytest.fixture
def line(alice):
    """The line of a profile whose key may be held in memory for a while."""
    if not kernel.put(scope(alice) + "probe", b"x", 60):
        missing_tool("this kernel, or its container, refuses the key store")
    kernel.drop(scope(alice) + "probe")
    alice.configure("alice", "--no-verify")
    say(alice, "awscreds_key_cache = 15m")
    return Line(alice, "alice")


@pytest.fixture
def session_line(alice):
    """The line of a profile that serves its MFA session, which is at hand."""
    alice.configure("alice", "--no-verify", "--mfa-serial", alice.mfa_serial)
    say(alice, "awscreds_serve = session")
    alice.awscreds("mfa-session", "--profile", "alice", "--token", alice.code(), "--reveal")
    return Line(alice, "alice")


# What it loads and prints


@pytest.mark.parametrize("kind", ["line", "session_line"])
def test_a_warm_answer_is_the_cold_one_byte_for_byte_and_loads_nothing_dear(kind, request):
    line = request.getfixturevalue(kind)
    cold = line()
    assert not line.was_warm
    assert set(BANNED) & line.loaded  # the list is not idle
    warm = line()
    assert line.was_warm
    assert warm == cold
    assert sorted({*BANNED, *SPARED} & line.loaded) == []
    assert json.loads(warm)["Version"] == 1


def test_a_cold_answer_from_the_vault_loads_only_what_it_needs(line):
    installed = Line(line.user, line.profile, INSTALLED)
    assert json.loads(installed())["Version"] == 1
    assert "cryptography" in installed.loaded
    assert sorted(NEEDLESS & installed.loaded) == []


def test_a_cold_answer_from_the_keyring_needs_no_library_for_d_bus(keyring_user):
    keyring_user.configure("alice", "--no-verify")
    say(keyring_user, "awscreds_key_cache = 0")
    installed = Line(keyring_user, "alice", INSTALLED)
    assert json.loads(installed())["SecretAccessKey"] == keyring_user.secret
    assert "awscreds.stores.backends.unlocked_item" in installed.loaded
    slow = {*NEEDLESS, "cryptography", "jeepney", "socket", "struct"}
    assert sorted(slow & installed.loaded) == []


def test_the_very_line_in_the_file_answers_warm(line, monkeypatch):
    user = line.user
    kernel.drop_all(scope(user))
    user.program = (PROGRAM,)  # the line itself knows no room but the one of all
    monkeypatch.setattr(warm, "OWN", SHARED_ROOM)
    time.sleep(2.1)  # the one test that leaves the clock alone
    for _ in range(50):
        cold = user.run(*line.words).stdout
        before = kept(user)
        time.sleep(1.1)  # another one would end at another second
        again = user.run("sh", "-c", shlex.join(line.words), rc=None)
        typed = user.awscreds("credential-process", "--profile", "alice", rc=None)
        if before and kept(user) == before:  # and nobody has displaced it meanwhile
            break
    assert cold
    assert (again.stdout, typed.stdout) == (cold, cold)


def test_a_wrapped_role_is_served_warm_and_sdks_take_it(alice):
    alice.configure("alice", "--no-verify", "--mfa-serial", alice.mfa_serial)
    alice.awscreds("mfa-session", "--profile", "alice", "--token", alice.code(), "--reveal")
    alice.awscreds("profile", "wrap", "admin")
    line = Line(alice, "admin")
    cold = line()
    assert line() == cold
    assert line.was_warm
    assert json.loads(cold)["SessionToken"]
    assert len(alice.sandbox.control.log("AssumeRole")) == 1


def test_a_session_is_made_with_all_that_python_loads_at_its_start(alice):
    """As a package that has every program trust the certificates of the system."""
    alice.configure("alice", "--no-verify", "--mfa-serial", alice.mfa_serial)
    alice.awscreds("mfa-session", "--profile", "alice", "--token", alice.code(), "--reveal")
    alice.awscreds("profile", "wrap", "admin")
    line = Line(alice, "admin", INSTALLED)
    assert json.loads(line())["SessionToken"]
    assert {"botocore", "site"} <= line.loaded


@pytest.mark.slow
def test_a_wrapped_login_is_served_warm_until_its_last_five_minutes(alice):
    """They live for fifteen minutes: other sessions are renewed before they have so little left."""
    visitor = Visitor(alice)
    visitor.log_in()
    visitor("profile", "wrap", "web")
    line = Line(alice, "web")
    cold = line()
    for ahead in (5, TOKEN - 305):
        assert line(ahead=ahead) == cold
        assert line.was_warm
    assert visitor.count() == 1
    ahead = TOKEN - 295
    visitor.control.advance(ahead)
    assert line(ahead=ahead) != cold
    assert visitor.count() == 2
    visitor("logout", "--profile", "web")
    assert line(rc=5) == ""


@pytest.mark.slow
def test_a_wrapped_sso_profile_is_served_warm_until_the_logout(alice):
    employee = Employee(alice)
    employee.log_in()
    alice.awscreds("profile", "wrap", "ro")
    line = Line(alice, "ro")
    cold = line()
    assert set(BANNED) & line.loaded
    assert line() == cold
    assert line.was_warm
    assert sorted({*BANNED, *SPARED} & line.loaded) == []
    assert employee.count("GetRoleCredentials") == 1
    alice.awscreds("logout", "--profile", "ro")
    assert line(rc=5) == ""
    assert "awscreds login --profile ro" in line.told


# What it notices


@pytest.mark.slow
@pytest.mark.parametrize("span", ["0", "soon", "900"])
def test_a_span_that_is_none_keeps_nothing_and_serves_all_the_same(line, span):
    say(line.user, f"awscreds_key_cache = {span}")
    assert json.loads(line())["AccessKeyId"] == line.user.key_id
    assert line.told == ""
    assert kept(line.user) == []


def test_nothing_is_kept_while_a_file_is_new(line):
    line.user.config.touch()
    line(ahead=-60)  # by which it was changed in the future, however slow this machine is
    assert kept(line.user) == []


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_changed_file_is_noticed(line, name):
    line()
    with open(line.user.aws / name, "a") as file:
        file.write("\n# changed\n")
    line()
    assert not line.was_warm
    line()
    assert line.was_warm


def test_another_key_is_served_at_once(line):
    old = line()
    key_id, secret = line.user.sandbox.root_key
    words = ("configure", "--profile", "alice", "--access-key-id", key_id, "--secret-stdin")
    line.user.awscreds(*words, stdin=secret)
    assert json.loads(line())["AccessKeyId"] == key_id != json.loads(old)["AccessKeyId"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_what_is_served_is_not_guessed(line, name):
    """A typo in `session` must not hand out the long-lived key."""
    line()
    if name == "config":
        say(line.user, "awscreds_serve = sesion")
    else:
        line.user.credentials.write_text("[alice]\nawscreds_serve = sesion\n")
    assert line(rc=3) == ""
    at = len(getattr(line.user, name).read_text().splitlines())
    assert f"(~/.aws/{name}:{at})" in line.told
    assert "awscreds configure set awscreds_serve session --profile alice" in line.told
    line.user.awscreds("configure", "set", "awscreds_serve", "session", "--profile", "alice")
    assert line(rc=6) == ""
    assert "awscreds mfa-session" in line.told


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("credential-process",),
        ("--profile", "alice", "credential-process"),
        ("credential-process", "--no-input", "--profile", "alice"),
    ],
)
def test_the_passphrase_of_the_environment_opens_the_vault_however_it_is_typed(alice, words):
    alice.configure("alice", "--no-verify")
    alice.awscreds("lock")
    done = alice.awscreds(*words, AWS_PROFILE="alice")
    assert json.loads(done.stdout)["AccessKeyId"] == alice.key_id


def test_a_profile_that_is_gone_is_not_served(line):
    line()
    line.user.config.write_text("[default]\n")
    assert line(rc=3) == ""
    assert "alice" in line.told


def test_a_success_says_nothing_on_stderr_whatever_is_amiss(line):
    """The C++ SDK parses both streams as one: a word beside the answer is no credentials."""
    say(line.user, "awscreds_serve = KEY\nawscreds_key_cache = soon\nawscreds_max_key_age = x")
    say(line.user, "awscreds_nonsense = 1")
    line.user.credentials.write_text("[alice]\naws_access_key_id = x\n")
    line.user.credentials.chmod(0o644)
    for _ in range(2):
        assert json.loads(line())["AccessKeyId"] == line.user.key_id
        assert line.told == ""
    done = line.user.awscreds("--verbose", "credential-process", "--profile", "alice")
    assert (json.loads(done.stdout)["AccessKeyId"], done.stderr) == (line.user.key_id, "")


def test_a_session_is_served_with_nothing_on_stderr(session_line):
    session_line.user.credentials.write_text("[other]\n")
    session_line.user.credentials.chmod(0o644)
    assert json.loads(session_line())["SessionToken"]
    assert session_line.told == ""


@pytest.mark.parametrize("words", [("lock",), ("sessions", "clear")])
def test_what_drops_the_cache_drops_answers(line, words):
    line()
    assert len(kept(line.user)) == 1
    line.user.awscreds(*words)
    assert kept(line.user) == []


# How long


def test_a_key_is_kept_no_longer_than_the_user_said(line):
    say(line.user, "awscreds_key_cache = 5m")
    line()
    assert 0 < kernel.seconds_left(kept(line.user)[0]) <= 300


def test_a_key_is_kept_no_longer_than_the_vault_stays_open(line):
    line.user.awscreds("lock")
    line.user.awscreds("unlock", "--for", "5m")
    line()
    assert 0 < kernel.seconds_left(kept(line.user)[0]) <= 300


def test_a_session_with_little_left_is_looked_for_anew(session_line):
    cold = session_line()
    left = 12 * 3600 - 1100  # under twenty minutes
    assert session_line(ahead=left) == cold
    assert not session_line.was_warm


@pytest.mark.slow
def test_a_role_from_a_log_in_is_never_kept_ready_and_ends_with_it(alice):
    login = alice.folder / "login"
    given = alice.sandbox.client("sts").get_session_token(
        SerialNumber=alice.mfa_serial, TokenCode=alice.code()
    )["Credentials"]
    fields = {name: given[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    login.write_text(json.dumps({"Version": 1, **fields}))
    for key, value in (
        ("role_arn", alice.sandbox.facts["role_arn"]),
        ("source_profile", "base"),
    ):
        alice.awscreds("configure", "set", key, value, "--profile", "behind")
    process = f"/bin/cat {login}"
    alice.awscreds("configure", "set", "credential_process", process, "--profile", "base")
    alice.awscreds("profile", "wrap", "behind")
    line = Line(alice, "behind")
    served = line()
    assert json.loads(served)["SessionToken"]
    assert line() == served
    assert kept(alice) == []
    login.unlink()
    assert line(rc=3) == ""


def test_a_session_that_is_cleared_is_served_no_more(session_line):
    session_line()
    session_line.user.awscreds("sessions", "clear")
    assert session_line(rc=6) == ""
    assert "awscreds mfa-session" in session_line.told


# Starting without the search for packages


def search_path(interpreter, *flags, environ=None, code=""):
    program = f"{code}\nimport sys; print(*sys.path, sep='\\n')"
    done = subprocess.run(
        [interpreter, *flags, "-c", program],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


COMPLETED = f"""
import sys; sys.path.append({ROOT!r})
from awscreds.process import complete_search_path
complete_search_path()
sys.path.remove({ROOT!r})
"""


@pytest.mark.parametrize("flags", [("-I",), ("-E", "-P")])
@pytest.mark.parametrize("which", ["venv", "base"])
def test_what_a_cold_start_finds_is_what_it_finds_without_our_flag(home, flags, which):
    interpreter = sys.executable if which == "venv" else os.path.realpath(sys.executable)
    user_site = sysconfig.get_path("purelib", "posix_user", {"userbase": str(home / ".local")})
    os.makedirs(user_site)
    environ = {**os.environ, "HOME": str(home)}
    plain = search_path(interpreter, *flags, environ=environ)
    ours = search_path(interpreter, *flags, "-S", environ=environ, code=COMPLETED)
    assert [path for path in plain if path != ROOT] == [path for path in ours if path != ROOT]
    if which == "base" and "-I" not in flags:
        assert user_site in ours


def test_a_program_started_with_packages_is_left_as_it_is():
    before = search_path(sys.executable, "-I")
    code = f"import sys; sys.path.append({ROOT!r})\nfrom awscreds import process\n"
    code += f"process.complete_search_path(); sys.path.remove({ROOT!r})"
    after = search_path(sys.executable, "-I", code=code)
    assert [p for p in after if p != ROOT] == [p for p in before if p != ROOT]


LATER = f"""
import sys; sys.path.append({ROOT!r})
from awscreds.process import complete_search_path_later
complete_search_path_later()
"""


@pytest.mark.parametrize(("beside", "is_completed"), [(PACKAGES, False), ("/nowhere", True)])
def test_the_search_path_is_completed_for_what_is_not_beside_us(beside, is_completed):
    code = f"{LATER}import cryptography; print('site' in sys.modules)"
    code = code.replace(f"append({ROOT!r})", f"extend([{ROOT!r}, {beside!r}])")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(is_completed)


def test_what_is_nowhere_is_looked_for_once_in_all_of_it():
    code = f"""{LATER}
import site
runs = []
site.main = lambda: runs.append(1)
for name in ("nowhere_a", "nowhere_b.c"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name)
print(runs)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["nowhere_a", "nowhere_b", "[1]"]


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such flag")
def test_nobody_else_can_read_the_memory_of_a_warm_start():
    code = f"""
import sys; sys.path.append({ROOT!r})
from awscreds.process import harden
from awscreds.libc import Long, function
harden()
sys.exit(function("prctl")(Long(3), *map(Long, (0, 0, 0, 0))) & 0xffffffff)
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False)
    assert done.returncode == 0

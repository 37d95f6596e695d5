"""Programs that a profile names: ended whole at their deadline, and never in a circle."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awscreds import process_tree
from awscreds.errors import ConfigurationError
from awscreds.model import process_chain
from awscreds.workflows.sessions import subprocesses
from tests.helpers import command_line


def shell(script):
    return f"/bin/sh -c {shlex.quote(script)}"


def run(line, deadline=20.0, **environ):
    return subprocesses.run(line, {**os.environ, **environ}, deadline=deadline, awaited="an answer")


def living(folder):
    """The processes that wrote down their ids in ``folder``, of which none is to be left."""
    found = []
    for name in folder.glob("pid*"):
        with contextlib.suppress(ProcessLookupError, ValueError):
            pid = int(name.read_text())
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] != "Z":  # ended, not yet waited for
                    found.append(pid)
    return found


def all_end(folder):
    """Whether nothing is left: what is killed may take a moment to be gone."""
    deadline = time.monotonic() + 20
    while living(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not living(folder)


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    for pid in living(tmp_path):
        os.kill(pid, signal.SIGKILL)


SLEEP = "exec sleep 600"
OVERRUNNING = {
    "by itself": f"echo $$ >pid1; {SLEEP}",
    "with a child": f"echo $$ >pid1; (sh -c 'echo $$ >pid2; {SLEEP}'); true",
    "with one in the background": f"echo $$ >pid1; sh -c 'echo $$ >pid2; {SLEEP}' & {SLEEP}",
    "with one whose parent is gone": (
        f"echo $$ >pid1; (sh -c 'echo $$ >pid2; {SLEEP}' &); {SLEEP}"
    ),
    "with one in a session of its own": (
        f"echo $$ >pid1; (setsid sh -c 'echo $$ >pid2; {SLEEP}' &); {SLEEP}"
    ),
    "with one that ignores all it can": (
        f"echo $$ >pid1; (trap '' TERM HUP INT; sh -c 'echo $$ >pid2; {SLEEP}' &); {SLEEP}"
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans cannot be told")
@pytest.mark.parametrize("script", OVERRUNNING.values(), ids=OVERRUNNING)
def test_at_its_deadline_all_of_a_program_is_ended(folder, monkeypatch, script):
    monkeypatch.chdir(folder)
    wanted = 2 if "pid2" in script else 1

    class Clock:
        """The deadline comes once every process is there, and not before."""

        looks = 0

        def monotonic(self):
            self.looks += 1
            there = [path for path in folder.glob("pid*") if path.read_text().strip()]
            return 1e9 if self.looks > 1 and len(there) == wanted else 0.0

        monotonic_ns = staticmethod(time.monotonic_ns)

    monkeypatch.setattr(subprocesses, "time", Clock())
    with pytest.raises(subprocesses.RunError, match="did not return an answer within"):
        run(shell(script))
    assert all_end(folder)


@pytest.mark.posix("it is a script of sh")
def test_output_is_taken_though_a_child_holds_the_pipe_and_the_child_is_left_alone(
    folder, monkeypatch
):
    monkeypatch.chdir(folder)
    finished = run(shell("sh -c 'echo $$ >pid1; exec sleep 600' & echo out; echo err >&2"), 600.0)
    assert (finished.output, finished.stderr) == (b"out\n", "err\n")
    while not living(folder):  # it may be an agent, as ssh-agent is
        time.sleep(0.01)


def test_a_program_that_prints_without_end_is_ended():
    with pytest.raises(subprocesses.RunError, match="printed too much"):
        run(command_line(sys.executable, "-c", "while True: print('y' * 999)"), deadline=600.0)


@pytest.mark.posix("it is a script of sh")
def test_an_interrupted_wait_ends_the_program_too(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(
        subprocesses, "_output", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        run(shell(f"echo $$ >pid1; {SLEEP}"))
    assert all_end(folder)


# Circles

FILES = ("/home/me/.aws/config", "/home/me/.aws/credentials")


def entered(*names, environ=None):
    environ = environ or {}
    for name in names:
        environ = process_chain.enter_profile(environ, name, FILES)
    return environ


@pytest.mark.parametrize(
    ("names", "circle"),
    [
        (("dev", "dev"), "dev → dev"),
        (("a", "b", "a"), "a → b → a"),
        (("x", "a", "b", "c", "a"), "a → b → c → a"),
        (("a,b@c", "a,b@c"), "a,b@c → a,b@c"),
        (("é\x1b", "é\x1b"), "é\x1b → é\x1b"),
    ],
)
def test_a_circle_is_refused_with_its_names(names, circle):
    with pytest.raises(ConfigurationError) as caught:
        entered(*names)
    assert caught.value.code == "profile-loop"
    assert caught.value.exit_code == 3
    assert caught.value.message.endswith(circle)
    said = f"awscreds: {caught.value.message}\n  hint\n"
    document = json.dumps({"error": {"message": caught.value.message}}).encode()
    for told in (process_chain.reported_loop(b"", said), process_chain.reported_loop(document, "")):
        assert told.message == caught.value.message


@given(name=st.text())
@example(name="team-1_a")
@example(name="-")
def test_a_name_is_passed_on_as_urls_quote_it_and_comes_back(name):
    environ = entered(name)
    entry, _, _ = environ[process_chain.VARIABLE].partition("@")
    assert entry == quote(name[: process_chain.LONGEST_NAME], safe="")
    assert process_chain.names(environ) == [name[: process_chain.LONGEST_NAME]]


def test_the_way_to_a_session_loads_only_what_each_session_needs():
    """A kept session takes little more than the start of Python, and these would show."""
    modules = "awscreds.app.provider", "awscreds.workflows.sessions.provider"
    code = "import sys; __import__(sys.argv[1]); __import__(sys.argv[2]); print(*sys.modules)"
    words = [sys.executable, "-c", code, *modules]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert set(modules) <= set(loaded)
    dear = {"base64", "csv", "hashlib", "secrets", "subprocess", "urllib.parse"}
    assert not dear & set(loaded)


@pytest.mark.parametrize("output", [b"", b"x", b"[]", b'{"error": 1}', b"[" * 9999, b"\xff"])
def test_what_a_program_prints_is_no_circle_unless_it_says_so(output):
    assert process_chain.reported_loop(output, "no luck") is None


def test_the_same_name_in_other_files_is_another_profile():
    environ = entered("dev")
    assert process_chain.enter_profile(environ, "dev", ("/elsewhere", FILES[1]))


def test_a_chain_without_a_circle_has_an_end_too():
    with pytest.raises(ConfigurationError, match="p0 → p1"):
        entered(*(f"p{n}" for n in range(process_chain.DEEPEST + 1)))


def test_the_chain_stays_short_whatever_the_names():
    environ = entered(*("é" * 9999 + str(n) for n in range(process_chain.DEEPEST)))
    assert len(environ[process_chain.VARIABLE]) < 8192


@pytest.mark.parametrize("value", ["", ",,,", "x", "%ff@", "\x00", "@" * 99, ","])
def test_a_variable_that_somebody_made_up_is_no_reason_to_fail(value):
    assert entered("dev", environ={process_chain.VARIABLE: value})


@pytest.mark.parametrize(
    ("chain", "refused"), [("dev", True), ("a,dev,b", True), ('"d,ev",x', False), ('"', False)]
)
def test_the_chain_of_the_aws_cli_is_obeyed(chain, refused):
    environ = {process_chain.AWS_CLI: chain}
    with pytest.raises(ConfigurationError) if refused else contextlib.nullcontext():
        process_chain.refuse_loop_of_aws_cli(environ, "dev")


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        (("awscreds export --profile b", "awscreds export --profile=b"), ["b", "b"]),
        (("a --profile b", "sh x", "env a --profile dev", "a --profile b"), ["b", "dev", "b"]),
        (("a --profile b", "timeout 9 a --profile c", "a --profile c"), ["b", "c", "b"]),
        (("a credential-process --profile-hex 64c3a4", "a --profile-hex 64C3A4"), ["dä", "dä"]),
        (("a --profile-hex zz", "a --profile-hex zz"), ["dev", "dev"]),
        (("a whoami", "a whoami"), ["dev", "dev"]),
        ((), ["dev", "dev"]),
    ],
)
def test_a_circle_with_a_cleared_environment_is_told_by_its_command_lines(commands, told):
    environ = process_chain.enter_profile({}, "dev", [])
    words = [command.split() for command in commands]
    assert process_chain.profiles_in_loop(words, environ) == told


def test_the_commands_of_one_round_are_those_from_one_like_us_on_down_to_us(monkeypatch):
    lines = {7: b"other\0", 6: b"us\0", 5: b"them\0b\0", 4: b"us\0"}
    monkeypatch.setattr(process_tree, "_ancestors", lambda: iter([5, 6, 7]))
    monkeypatch.setattr(process_tree, "_of_process", lambda pid, _name: lines[pid])
    monkeypatch.setattr(os, "getpid", lambda: 4)
    assert process_tree.commands_above() == [["us"], ["them", "b"], ["us"]]
    monkeypatch.setattr(process_tree, "_ancestors", lambda: iter([5, 7]))
    assert process_tree.commands_above() == []

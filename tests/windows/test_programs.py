"""Programs that a profile names: found as they should be, and ended with all they have started."""

import json
import os
import subprocess
import sys
import time

import pytest

from awscreds.stores.processes import is_gone
from awscreds.workflows.sessions import subprocesses
from tests.helpers import command_line

HOLD = "import time; time.sleep(600)"
NOTE = "import os; open(os.path.join({!r}, f'pid{{os.getpid()}}'), 'w').close(); "


def run(line, deadline=60.0):
    return subprocesses.run(line, os.environ, deadline=deadline, awaited="an answer")


def script(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def noted(folder):
    return [int(path.name.removeprefix("pid")) for path in folder.glob("pid*")]


def all_end(pids):
    deadline = time.monotonic() + 20
    while not all(is_gone(str(pid), time.time()) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def family(tmp_path):
    """The words of a program that starts a child, which holds its pipes; and what they note."""
    child = script(tmp_path, "child.py", NOTE.format(str(tmp_path)) + HOLD)
    start = "import subprocess, sys; subprocess.Popen([sys.executable, {!r}]); print('out'); "
    yield NOTE.format(str(tmp_path)) + start.format(child)
    for pid in noted(tmp_path):
        subprocess.run(["taskkill", "/F", "/PID", str(pid)], capture_output=True, check=False)


def test_at_its_deadline_a_program_is_ended_with_its_children(tmp_path, monkeypatch, family):
    class Clock:
        """The deadline comes when both are there."""

        sleep = staticmethod(time.sleep)

        @staticmethod
        def monotonic():
            return 1e9 if len(noted(tmp_path)) == 2 else 0.0

    monkeypatch.setattr(subprocesses, "time", Clock())
    with pytest.raises(subprocesses.RunError, match="did not return an answer within"):
        run(command_line(sys.executable, script(tmp_path, "program.py", family + HOLD)))
    assert all_end(noted(tmp_path))


def test_output_is_taken_though_a_child_holds_the_pipe_and_the_child_is_left_alone(
    tmp_path, family
):
    done = run(command_line(sys.executable, script(tmp_path, "program.py", family)), 600.0)

    assert (done.status, done.output) == (0, b"out\r\n")
    while len(noted(tmp_path)) < 2:
        time.sleep(0.01)
    time.sleep(0.1)
    assert [is_gone(str(pid), time.time()) for pid in noted(tmp_path)].count(False) == 1


def test_a_program_is_ended_with_us_whatever_ends_us(tmp_path, family):
    line = command_line(sys.executable, script(tmp_path, "program.py", family + HOLD))
    code = (
        "import os, sys; from awscreds.workflows.sessions import subprocesses\n"
        "subprocesses.run(sys.argv[1], os.environ, deadline=600.0, awaited='x')"
    )
    ours = subprocess.Popen([sys.executable, "-c", code, line])
    while len(noted(tmp_path)) < 2:
        time.sleep(0.01)
    ours.kill()
    ours.wait()
    assert all_end(noted(tmp_path))


def test_much_output_is_taken_whole(tmp_path):
    program = script(
        tmp_path, "much.py", "import sys; sys.stdout.write('x' * 900_000); sys.exit(3)"
    )

    done = run(command_line(sys.executable, program))

    assert (done.status, done.output) == (3, b"x" * 900_000)


SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))"


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder of the PATH with a program of one's own, `tell.cmd`."""
    folder = tmp_path / "tools"
    folder.mkdir()
    show = script(folder, "show.py", SHOW)
    script(folder, "tell.cmd", f'@"{sys.executable}" "{show}" %*\n')
    monkeypatch.setenv("PATH", f"{folder};{os.environ['PATH']}")
    return folder


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("name", ["tell", "tell.cmd"])
def test_a_batch_file_gets_the_words_that_botocore_makes_of_the_line(name):
    words = ["a b", "a&b", "a^b", 'a"b', "C:\\", "grün", ""]

    done = run(f"{name} {command_line(*words)}")

    assert json.loads(done.output) == words


def test_what_cmd_would_read_in_the_words_for_a_batch_file_is_refused(tools):
    with pytest.raises(subprocesses.RunError, match="a batch file cannot have %"):
        run("tell %AWS_SECRET_ACCESS_KEY%")


def test_a_program_of_the_current_folder_is_not_taken(tmp_path, tools, monkeypatch):
    (tmp_path / "tell.exe").write_text("not a program")
    script(tmp_path, "other.cmd", "@echo 123456\n")
    monkeypatch.chdir(tmp_path)

    assert json.loads(run("tell x").output) == ["x"]
    with pytest.raises(subprocesses.RunError, match="its program is not on the PATH"):
        run("other")


@pytest.mark.parametrize("line", ['"C:\\a b', '""', '"a\0b"', "C:\\nowhere.exe"])
def test_a_line_that_cannot_be_run_says_why(line):
    with pytest.raises(subprocesses.RunError, match=r"no closing quote|not on the PATH"):
        run(line)

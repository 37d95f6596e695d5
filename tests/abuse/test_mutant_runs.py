"""What is told of a mutant is what came of it."""

import subprocess
import sys
from pathlib import Path

import pytest

import tests

pytestmark = pytest.mark.posix("it forks")

CODE = """
def doubled(number):
    if number < 0:
        raise ValueError
    return number * 2

def unused():
    return 1
"""
TESTS = """
import _thread
import os
import queue
import code_under_test as code

def test_it_doubles():
    assert code.doubled(2) == 4

def test_in_a_child():
    pid = os.fork()
    if pid == 0:
        os._exit(code.doubled(1) - 2)
    assert os.waitpid(pid, 0)[1] == 0

def test_in_a_thread():
    done = queue.SimpleQueue()
    _thread.start_new_thread(lambda: done.put(code.doubled(3)), ())
    assert done.get() == 6

def test_nothing():
    pass
"""
TOOL = """
import os, signal, sys, time
from pathlib import Path
from tests.abuse import mutant_runs
import code_under_test as code

path = code.__file__

def exchanged(name, function):
    return lambda: setattr(code, name, function)

def work(session):
    for silence, lines, change in (
        (60, range(5, 6), exchanged("doubled", lambda number: 0)),
        (60, range(5, 6), exchanged("doubled", lambda number: number * 2)),
        (60, range(4, 5), exchanged("doubled", lambda number: 3 if number == 1 else number * 2)),
        (60, range(4, 5), exchanged("doubled", lambda number: min(number * 2, 4))),
        (60, range(8, 9), exchanged("unused", lambda: 2)),
        (5, range(5, 6), exchanged("doubled", lambda number: signal.pause())),
    ):
        mutant_runs.SILENCE = silence
        run = session.run(path, lines, change)
        print(run.test, run.has_hung, run.is_reached, run.reached_by, file=sys.__stdout__)

mutant_runs.with_session([path], [sys.argv[1]], work)
"""


def told(folder, code, tests_of_it):
    (folder / "code_under_test.py").write_text(code)
    (folder / "test_it.py").write_text(tests_of_it)
    (folder / "pytest.ini").write_text("[pytest]\n")
    root = str(Path(tests.__file__).parents[1])
    path = f"import sys; sys.path[:0] = [{root!r}, {str(folder)!r}]\n"
    return subprocess.run(
        [sys.executable, "-c", path + TOOL, str(folder / "test_it.py")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_is_the_test_that_noticed_it_or_none_and_how(tmp_path):
    done = told(tmp_path, CODE, TESTS)

    assert done.stderr == ""
    assert [line.replace(f"{tmp_path.name}/", "") for line in done.stdout.splitlines()] == [
        "test_it.py::test_it_doubles False True 1",
        "None False True 1",
        "test_it.py::test_in_a_child False False 1",
        "test_it.py::test_in_a_thread False False 1",
        "None False False 0",
        "test_it.py::test_it_doubles True True 1",
    ]


def test_it_is_nothing_if_a_test_fails_without_a_change(tmp_path):
    done = told(tmp_path, CODE, TESTS.replace("== 4", "== 5"))

    assert done.returncode == 1
    assert done.stdout == ""
    assert "test_it_doubles" in done.stderr.splitlines()[-1]

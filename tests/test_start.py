"""How a process of ours starts and ends."""

import subprocess
import sys
import threading

import pytest

from awscreds.process import in_time

START = """
import atexit, gc, os, sys
atexit.register(os.write, 1, b"PYTHON'S OWN END")
gc.callbacks.append(lambda *_: "awscreds.start" in sys.modules and os.write(1, b"A SEARCH"))
from awscreds.__main__ import main
main()
"""


def start(home, *words, before="", **more):
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    words = (sys.executable, "-c", before + START, *words)
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=110, check=False, **more
    )


@pytest.fixture(autouse=True, scope="module")
def compiled(tmp_path_factory):
    """Python has compiled all modules: after a change, that makes more objects than a command."""
    for words in (("--help",), ("status", "--json")):
        start(tmp_path_factory.mktemp("home"), *words)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--help",), 0, "Usage: awscreds"),
        (("--nonsense",), 2, ""),
        (("configure", "get", "region", "--profile", "nobody"), 3, ""),
        (("status", "--json"), 0, '"version"'),
    ],
)
def test_a_command_leaves_without_pythons_own_end_and_all_is_written(tmp_path, words, code, said):
    done = start(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert said in done.stdout
    assert ("awscreds: " in done.stderr) == (code != 0)
    assert "PYTHON'S OWN END" not in done.stdout
    assert "A SEARCH" not in done.stdout  # for unreachable objects


def test_an_interrupted_command_leaves_without_pythons_own_end(tmp_path):
    before = (
        "import os, signal, click\n"
        "click.Group.invoke = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = start(tmp_path, "status", before=before)
    assert done.returncode == 130, done.stderr
    assert "PYTHON'S OWN END" not in done.stdout


THREAD_THAT_LOADS_THREADING = """
import _thread, sys
from awscreds.process import start_thread
assert "threading" not in sys.modules
ended = _thread.allocate_lock()
ended.acquire()
def load():
    import threading
    ended.release()
start_thread(load)
ended.acquire()
import threading
print(threading.current_thread() is threading.main_thread())
"""


def test_the_main_thread_stays_the_main_one_whatever_another_loads():
    done = subprocess.run(
        [sys.executable, "-c", THREAD_THAT_LOADS_THREADING],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "True\n"


INTERRUPTED_ELSEWHERE = """
import signal, threading
from awscreds.process import in_time
def act():
    threading.Event().wait(0.3)  # until it is waited for
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    threading.Event().wait(120)
try:
    in_time(act, 100)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no thread of Windows can be sent a signal")
def test_an_interrupt_ends_a_wait_also_if_another_thread_gets_it():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_ELSEWHERE],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "interrupted\n"


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_a_wait_ends_with_its_time(seconds):
    with pytest.raises(TimeoutError):
        in_time(threading.Event().wait, seconds)

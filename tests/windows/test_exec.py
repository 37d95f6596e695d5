"""`exec` starts the program that is meant, and hands over its arguments as they are."""

import os
import subprocess
import sys
import time

import pytest

from awscreds.commands.exec import find_program
from awscreds.stores.processes import is_gone

WORDS = [
    "a b",
    "",
    "a&b",
    "a^b",
    "a|b>c<d",
    'a"b',
    'a"&echo b',
    "a\\",
    'a\\"',
    "!x!",
    "(x)",
    "grün",
]
SHOW = "import os, sys; sys.stdout.buffer.write(ascii(sys.argv[1:]).encode()); sys.exit(7)"
BECOME = "import os, sys; from awscreds.commands.exec import become; become(*{}, dict(os.environ))"


@pytest.fixture
def show(tmp_path):
    """A program that prints its arguments and ends with 7."""
    script = tmp_path / "show.py"
    script.write_text(SHOW)
    return script


def ran(program, words):
    code = BECOME.format((str(program), ["it", *words]))
    return subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_program_gets_its_arguments_and_its_exit_code_is_ours(show):
    words = [*WORDS, "%PATH%", "a\nb"]

    done = ran(sys.executable, [str(show), *words])

    assert (done.stdout, done.returncode) == (ascii(words), 7), done.stderr


@pytest.mark.parametrize("name", ["batch.cmd", "a batch & file.bat"])
def test_a_batch_file_gets_them_too(show, name):
    batch = show.with_name(name)
    batch.write_text(f'@"{sys.executable}" "{show}" %*\n')

    done = ran(batch, WORDS)

    assert (done.stdout, done.returncode) == (ascii(WORDS), 7), done.stderr


def test_a_program_of_the_current_folder_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "whoami.exe").write_text("not a program")
    (tmp_path / "cmd.bat").write_text("not a program")
    monkeypatch.chdir(tmp_path)

    assert find_program("cmd", os.environ).lower().endswith(r"system32\cmd.exe")


@pytest.mark.parametrize("code", [1, 259, 0x7FFFFFFF, 0x80000003, 0xC000013A, 0xFFFFFFFF])
def test_every_exit_code_is_handed_on(tmp_path, code):
    ending = f"import ctypes; ctypes.WinDLL('kernel32').ExitProcess(ctypes.c_uint({code}))"

    assert ran(sys.executable, ["-c", ending]).returncode == code


# What happens at a console of its own, which has no window.

INTERRUPT = """
import ctypes, sys
kernel = ctypes.WinDLL("kernel32", use_last_error=True)
kernel.FreeConsole()
assert kernel.AttachConsole(int(sys.argv[1])), ctypes.get_last_error()
kernel.SetConsoleCtrlHandler(None, True)  # not us; and 0 is Ctrl-C: Wine sends no Ctrl-Break
assert kernel.GenerateConsoleCtrlEvent(0, 0), ctypes.get_last_error()
"""
HANDLES = """
import os, signal, sys, time
def interrupted(number, frame):
    print("interrupted", flush=True)
    time.sleep(1)  # longer than anyone in a hurry would wait for us
    print("cleaned up", flush=True)
    sys.exit(5)
signal.signal(signal.SIGINT, interrupted)
print("started", flush=True)
while True:
    time.sleep(0.01)
"""


def test_an_interrupt_is_for_the_program_alone():
    code = BECOME.format((sys.executable, ["it", "-c", HANDLES]))
    ours = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        creationflags=subprocess.CREATE_NO_WINDOW,
    )
    assert ours.stdout.readline() == "started\n"
    subprocess.run(
        [sys.executable, "-c", INTERRUPT, str(ours.pid)],
        check=True,
        creationflags=subprocess.DETACHED_PROCESS,
    )
    stdout, stderr = ours.communicate(timeout=60)

    assert (ours.returncode, stdout, stderr) == (5, "interrupted\ncleaned up\n", "")


def test_the_program_ends_with_us_but_not_what_it_has_started():
    child = "print('child', flush=True); import time; time.sleep(600)"
    program = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    code = BECOME.format((sys.executable, ["it", "-c", program]))
    ours = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    program_id, child_id = ours.stdout.readline().decode().split()
    try:
        ours.kill()
        ours.wait()
        while not is_gone(program_id, time.time()):
            time.sleep(0.01)
        assert not is_gone(child_id, time.time())
    finally:
        subprocess.run(["taskkill", "/F", "/PID", child_id], capture_output=True, check=False)
        ours.stdout.close()

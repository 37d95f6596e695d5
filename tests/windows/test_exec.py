"""`exec` starts the program that is meant, and hands over its arguments as they are."""

import os
import subprocess
import sys

import pytest

from awscreds.commands.exec import find_program

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

"""What a message tells a person to type works in cmd.exe, and is code in no shell."""

import os
import subprocess
import sys

import pytest

from awscreds.calling_shell import line_to_load, line_with_variable
from awscreds.model.text import quoted
from awscreds.stores.remedies import to_remove, to_rename

SHOW = "import sys; sys.stdout.buffer.write(ascii(sys.argv[1:]).encode())"
NAMES = [
    "dev", "a b", "a & echo code", "a|b>c<d^e", "it's", "@team", "a,b;c", "(x)", "grün", "",
    "C:\\a b\\", "-x", "~x", "a#b", "!x!",
]  # fmt: skip


def in_cmd(line, **environ):
    shell = os.path.join(os.environ["SYSTEMROOT"], "System32", "cmd.exe")
    return subprocess.run(
        f'"{shell}" /d /s /c "{line}"',
        executable=shell,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_name_reaches_a_program_through_cmd(tmp_path, name):
    script = tmp_path / "show.py"
    script.write_text(SHOW)

    done = in_cmd(f'"{sys.executable}" {script} {quoted(name)}')

    assert done.stdout == ascii([name]), done.stderr


def test_files_are_removed_and_renamed_as_a_message_says(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    path = folder / "a & b.jsonl"
    path.write_text("x")

    assert in_cmd(to_rename(str(path), ".damaged")).returncode == 0
    assert [each.name for each in folder.iterdir()] == ["a & b.jsonl.damaged"]
    in_cmd(to_remove(str(path) + ".damaged"))
    assert list(folder.iterdir()) == []


def test_a_shell_that_nobody_knows_is_taken_for_powershell():
    assert line_to_load("awscreds export") == "awscreds export | Out-String | iex"
    line = line_with_variable("AWS_CONFIG_FILE", "C:\\a b", "awscreds list")
    assert line == "$Env:AWS_CONFIG_FILE = 'C:\\a b'; awscreds list"


@pytest.mark.parametrize("command", [("--help",), ("mfa-session", "--help"), ("exec", "--help")])
def test_help_has_no_example_for_sh(command):
    ask = "import sys; from awscreds.__main__ import main; sys.argv = sys.argv[1:]; main()"
    done = subprocess.run(
        [sys.executable, "-c", ask, "awscreds", *command],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "eval" not in done.stdout
    assert "AWS_PROFILE=dev " not in done.stdout

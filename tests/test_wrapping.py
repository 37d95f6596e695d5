"""Long messages on a terminal: broken at words, with commands kept whole."""

import os
import re
import struct
import subprocess
import sys

import pytest

from awscreds import cli
from awscreds.model.text import COMMANDS, columns, wrapped
from awscreds.process import FAILURE, WARNING, tell
from awscreds.render import print_text
from tests.test_sentences import sentences

fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty", exc_type=ImportError)
termios = pytest.importorskip("termios")

WIDTHS = (60, 100)
OLD_KEY = (
    "warning: the access key AKIAIOSFODNN7EXAMPLE is at least 120 days old; rotate it: "
    "awscreds rotate --profile 'a profile with a long name'"
)
IN_USE = (
    "  `awscreds rotate` gives these profiles a new key; or deactivate it first, and check that "
    "nothing needs it: awscreds keys deactivate AKIAIOSFODNN7EXAMPLE"
)
DAMAGED = (
    "  move it away: mv ~/.aws/awscreds/a_long_folder/state.json "
    "~/.aws/awscreds/a_long_folder/state.json.damaged; awscreds finds the stored keys again"
)
STORE = (
    "The key AKIAIOSFODNN7EXAMPLE that was at ~/.aws/config:3 is now in the vault file "
    "~/.aws/awscreds/vault; `awscreds store forget AKIAIOSFODNN7EXAMPLE` deletes it there."
)
WHOLE = {
    OLD_KEY: "awscreds rotate --profile 'a profile with a long name'",
    IN_USE: "awscreds keys deactivate AKIAIOSFODNN7EXAMPLE",
    DAMAGED: "mv ~/.aws/awscreds/a_long_folder/state.json "
    "~/.aws/awscreds/a_long_folder/state.json.damaged;",
    STORE: "`awscreds store forget AKIAIOSFODNN7EXAMPLE`",
}
"""Messages, and the command in each."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("line", WHOLE)
def test_no_command_is_broken_and_one_at_the_end_has_a_line_of_its_own(line, width):
    lines = wrapped(line, width)
    assert any(WHOLE[line] in each for each in lines)
    if line.endswith(WHOLE[line]):
        assert lines[-1].strip() == WHOLE[line]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_sentence_is_broken_at_blanks_only_and_fits(width):
    for _, sentence in sentences():
        line = sentence.replace("\n", " ").strip()
        lines = wrapped(line, width, used=2)
        assert " ".join(" ".join(lines).split()) == " ".join(line.split())
        for number, each in enumerate(lines):
            room = width - 2 * (number == 0)
            is_one_unit = len(wrapped(each.strip(), 1)) == 1
            assert columns(each) <= room or is_one_unit, each


def test_what_fits_stays_as_it_is():
    assert wrapped("  a  line   with blanks", 60) == ["  a  line   with blanks"]
    assert wrapped("日本語 日本語", 8) == ["日本語", "日本語"]


def test_a_sentence_about_awscreds_is_no_command():
    line = "temporary credentials expire within hours: awscreds does not store them"
    assert wrapped(line, 60) == [
        "temporary credentials expire within hours: awscreds does not",
        "store them",
    ]


def test_every_command_of_ours_is_known_to_be_one():
    assert sorted(COMMANDS) == sorted(cli.COMMANDS)


def shown(*lines, width, **words):
    """What a terminal of ``width`` columns shows of a message."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        tell(*lines, stream=stream, **words)
        text = os.read(ours, 10000).decode()
    os.close(ours)
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mark", [WARNING, FAILURE, ""])
def test_a_terminal_shows_a_long_message_in_lines_that_fit(width, mark, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    text = shown(OLD_KEY, IN_USE, width=width, mark=mark)
    lines = text.splitlines()
    assert len(lines) > 3
    assert all(len(line) <= width for line in lines)
    assert text.startswith(f"{mark} warning:" if mark else "warning:")
    assert f"\n{'    ' if mark else '  '}{WHOLE[OLD_KEY]}\n" in text
    assert f"\n    {WHOLE[IN_USE]}\n" in text


def test_a_terminal_that_does_not_know_its_size_breaks_lines_itself():
    assert shown(STORE, width=0) == f"{STORE}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pseudo-terminals")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_of_a_file_is_never_broken(width):
    assert shown(STORE, width=width, is_exact=True) == f"{STORE}\n"


@pytest.mark.parametrize("width", WIDTHS)
def test_an_error_of_the_program_is_shown_so(width, tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    command = [sys.executable, "-m", "awscreds", "whoami", "a-profile-that-does-not-exist"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "NO_COLOR": "1"}
    done = subprocess.run(
        command, check=False, stderr=theirs, stdin=subprocess.DEVNULL, env=environment
    )
    os.close(theirs)
    text = os.read(ours, 10000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert done.returncode == 3
    assert all(len(line) <= width for line in text.splitlines())
    assert re.search(r"awscreds configure --profile NAME$", text, re.MULTILINE)


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_of_a_result_are_broken_at_words_and_show_the_home_as_a_tilde(width, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    place = "New secrets go to the vault file /home/alice/.aws/awscreds/vault (open), said twice. "
    step = "  1. Create a new key, and wait for it (iam:ListAccessKeys, iam:CreateAccessKey)"
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        print_text(place * 2, step)
        terminal.flush()
        lines = os.read(ours, 10000).decode().splitlines()
    os.close(ours)
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == " ".join(
        f"{place * 2}{step}".replace("/home/alice", "~").split()
    )
    assert lines[-1].startswith("  ")


def test_lines_of_a_result_are_whole_in_a_pipe(capsys):
    print_text("word " * 100)
    assert capsys.readouterr().out == "word " * 100 + "\n"

"""A list on a terminal: what is typed beside it gets nowhere, and the terminal is as it was."""

import os
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX's", allow_module_level=True)

import signal
import termios

from awscreds.errors import InputNeeded
from awscreds.model.choice import Choice
from awscreds.prompts import Terminal
from tests.test_prompts import Screen

LIST = "Esc: leave."


@pytest.fixture
def screen(monkeypatch):
    made = Screen(monkeypatch)
    before = termios.tcgetattr(made.theirs), signal.getsignal(signal.SIGWINCH)
    made.type_at()
    yield made
    made.end()
    assert (termios.tcgetattr(made.theirs), signal.getsignal(signal.SIGWINCH)) == before
    os.close(made.ours)
    os.close(made.theirs)


def choose():
    return Terminal().choose(Choice("Profile:", ["dev", "prod", "prüf"], lambda _: ()))


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (b"\r", "dev"),
        (b"\x1b[B\x1bOB\x1b[A\r", "prod"),
        (b"\x1b[F\r", "prüf"),
        (b"\x1b[4~\x1b[1~\r", "dev"),
        ("ü\r".encode(), "prüf"),
        (b"pX\x7f\x0e\r", "prüf"),
        (b"nothing\x15\r", "dev"),
        (b"\x1b[200~\x1bx\x1b[1;5C\r", "dev"),  # sequences that mean nothing here
    ],
)
def test_keys_are_read_as_terminals_send_them(screen, keys, chosen):
    screen.type_at((LIST, keys))
    assert choose() == chosen


def test_only_what_is_typed_at_the_list_chooses_and_the_rest_of_a_paste_is_dropped(screen):
    screen.type_now(b"prod\n")
    screen.type_at((LIST, b"\r"), ("\x1b[?1049l", b"rm -rf\n"))
    assert choose() == "dev"


@pytest.mark.parametrize("key", [b"\x1b", b"\x04"])
def test_to_leave_is_to_interrupt(screen, key):
    screen.type_at((LIST, b"prod" + key))
    with pytest.raises(KeyboardInterrupt):
        choose()
    assert screen.end().endswith("\x1b[?1049l")


def test_a_new_size_draws_it_again(screen):
    class Resized(Choice):
        sizes = 0

        def lines(self, width, height):
            self.sizes += 1
            if self.sizes == 1:
                os.kill(os.getpid(), signal.SIGWINCH)
            else:
                os.write(screen.ours, b"\r")
            return super().lines(width, height)

    choice = Resized("Profile:", ["dev", "prod"], lambda _: ())
    assert Terminal().choose(choice) == "dev"
    assert choice.sizes == 2


def test_a_terminal_that_hangs_up_is_nobody_to_choose(monkeypatch):
    screen = Screen(monkeypatch)
    os.close(screen.theirs)

    class Gone(Choice):
        def lines(self, width, height):
            os.close(screen.ours)
            return super().lines(width, height)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with pytest.raises(InputNeeded):
            Terminal().choose(Gone("Profile:", ["dev", "prod"], lambda _: ()))
    finally:
        signal.signal(signal.SIGHUP, before)

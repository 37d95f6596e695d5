"""A question at a terminal: asked again in place, and nothing typed beside it gets anywhere."""

import os
import sys
import threading

import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX's", allow_module_level=True)

import re
import select
import signal
import termios

from awscreds import console
from awscreds.errors import InputNeeded, UsageError
from awscreds.prompts import TRIES, Piped, Terminal

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Screen:
    """A pseudo-terminal and a person: what is shown, and each thing typed once a text is there."""

    def __init__(self, monkeypatch):
        self.ours, self.theirs = os.openpty()
        monkeypatch.setattr(console, "TERMINAL", os.ttyname(self.theirs))
        self.shown = ""

    def type_at(self, *answers):
        """Type each (question, bytes) when its question is shown anew."""

        def person():
            for question, answer in answers:
                seen = len(self.shown)
                while question not in self.shown[seen:]:
                    self.look(2)
                os.write(self.ours, answer)

        self.person = threading.Thread(target=person, daemon=True)
        self.person.start()

    def type_now(self, lines):
        """Type whole lines while nobody reads, and see them arrive: the kernel takes its time."""
        os.write(self.ours, lines)
        assert select.select([self.theirs], [], [], 10)[0]

    def look(self, patience=0):
        if select.select([self.ours], [], [], patience)[0]:
            self.shown += os.read(self.ours, 65536).decode("utf-8", "surrogateescape")

    def end(self):
        self.person.join(10)
        console.give_back()  # as the end of a command does
        while select.select([self.ours], [], [], 0.05)[0]:
            self.look()
        return self.shown.replace("\r\n", "\n")

    def left_for_the_shell(self):
        """What a shell would read next."""
        attributes = termios.tcgetattr(self.theirs)
        assert attributes[3] & termios.ECHO
        assert attributes[3] & termios.ICANON
        return select.select([self.theirs], [], [], 0)[0]


@pytest.fixture
def screen(monkeypatch):
    screen = Screen(monkeypatch)
    yield screen
    console.give_back()
    os.close(screen.ours)
    os.close(screen.theirs)


def checked(text):
    if text != "good":
        raise UsageError(f"{len(text)} letters are not good", hint="not shown")
    return text.upper()


@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_refused_answer_is_asked_for_again_with_the_reason_in_a_line(screen, is_hidden):
    screen.type_at(("Q: ", b"bad\n"), ("Q: ", b"worse\n"), ("Q: ", b"good\n"))
    assert Terminal().ask_for("Q: ", checked, is_hidden=is_hidden) == "GOOD"
    lines = screen.end().splitlines()
    assert lines == [
        "Q: " if is_hidden else "Q: bad",
        "3 letters are not good",
        "Q: " if is_hidden else "Q: worse",
        "5 letters are not good",
        "Q: " if is_hidden else "Q: good",
    ]


def test_an_interrupt_is_noticed_that_another_thread_gets_instead_of_the_one_that_reads(screen):
    is_over, helped = threading.Event(), threading.Event()

    def person():
        while "Q: " not in screen.shown:
            screen.look(2)
        screen.look(0.3)  # until the answer is waited for
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        if not is_over.wait(10):
            helped.set()
            os.write(screen.ours, b"good\n")

    screen.person = threading.Thread(target=person, daemon=True)
    screen.person.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            Terminal().ask("Q: ")
    finally:
        is_over.set()
        screen.end()
    assert not helped.is_set()


def test_after_three_refused_answers_it_ends_with_the_last_reason(screen):
    screen.type_at(("Q: ", b"a\n"), ("Q: ", b"bb\n"), ("Q: ", b"ccc\n"))
    with pytest.raises(UsageError, match="3 letters"):
        Terminal().ask_for("Q: ", checked)
    assert screen.end().count("Q: ") == TRIES


def test_a_piped_answer_is_refused_at_once():
    import io

    with pytest.raises(UsageError, match="3 letters"):
        Piped(io.StringIO("bad\ngood\n")).ask_for("Q: ", checked)


@pytest.mark.parametrize("letter", ["x", "\0"])
def test_an_endless_stdin_is_no_answer(letter):
    import io

    from awscreds.app.dialogue import Dialogue
    from awscreds.prompts import LONGEST

    class Endless(io.TextIOBase):
        def readline(self, size=-1):
            return letter * size

        read = readline

    assert len(Endless().read(3)) == 3
    dialogue = Dialogue({}, stdin=Endless())
    for ask in (lambda: Piped(Endless()).ask("Q: "), lambda: dialogue.secret_from_stdin("Q: ")):
        with pytest.raises(UsageError, match=f"at most {LONGEST:,} characters") as caught:
            ask()
        assert caught.value.code == "answer-too-long"


def test_a_stdin_in_another_encoding_is_no_answer():
    import io

    stream = io.TextIOWrapper(io.BytesIO(b"no mark of the order\n"), encoding="utf-16")
    with pytest.raises(UsageError, match="cannot be read as text"):
        Piped(stream).ask("Q: ")


def test_the_end_of_input_is_no_answer_and_not_asked_again(screen):
    screen.type_at(("Q: ", b"\x04"))
    with pytest.raises(InputNeeded):
        Terminal().ask_for("Q: ", checked)
    assert screen.end().count("Q: ") == 1


@pytest.mark.parametrize("is_hidden", [False, True])
def test_of_a_paste_of_several_lines_the_first_counts_and_no_other_is_seen_or_left(
    screen, is_hidden
):
    screen.type_at(("Q: ", f"good\n{SECRET}\ntouch /tmp/executed\n".encode()))
    assert Terminal().ask_for("Q: ", str, is_hidden=is_hidden) == "good"
    shown = screen.end()
    assert SECRET not in shown
    assert "touch" not in shown
    assert console.ONLY_FIRST in shown
    assert not screen.left_for_the_shell()


def test_what_comes_a_moment_after_the_first_line_is_of_the_same_paste(screen, monkeypatch):
    monkeypatch.setattr(console, "PASTE_PAUSE", 0.5)
    screen.type_at(("Q: ", b"good\nx"))

    def slowly():
        screen.person.join()
        for byte in b"\nrm -rf x\n":
            os.write(screen.ours, bytes([byte]))

    slow = threading.Thread(target=slowly)
    slow.start()
    assert Terminal().ask("Q: ") == "good"
    slow.join()
    assert "rm" not in screen.end()
    assert not screen.left_for_the_shell()


@pytest.mark.parametrize("ask", [Terminal.ask, Terminal.ask_secret])
def test_what_was_typed_before_a_question_does_not_answer_it(screen, ask):
    screen.type_now(b"y\nfrom before\n")
    screen.type_at(("Q: ", b"answer\n"))
    assert ask(Terminal(), "Q: ") == "answer"
    screen.end()
    assert not screen.left_for_the_shell()


def test_consent_typed_ahead_is_none(screen):
    screen.type_now(b"y\ny\ny\n")
    screen.type_at(("[y/N] ", b"\n"))
    assert Terminal().confirm("Delete it?", default=False) is False


@pytest.mark.parametrize(
    ("typed", "default", "agreed"),
    [
        (b"y\n", False, True),
        (b"YES\n", False, True),
        (b"\n", True, True),
        (b"\n", False, False),
        (b"n\n", True, False),
    ],
)
def test_yes_and_no_are_read_in_either_case(screen, typed, default, agreed):
    screen.type_at(("Sure? ", typed))
    assert Terminal().confirm("Sure?", default=default) is agreed


def test_what_is_neither_yes_nor_no_three_times_is_no_consent(screen):
    screen.type_at(*[("Sure? ", b"perhaps\n")] * TRIES)
    assert Terminal().confirm("Sure?", default=True) is False
    assert screen.end().count("answer y or n") == TRIES - 1


def test_a_shell_gets_nothing_that_was_typed_while_a_command_went_on_after_its_questions(screen):
    terminal = Terminal()
    screen.type_at(("Q: ", b"good\n"))
    terminal.ask("Q: ")
    screen.end()
    screen.type_now(b"rm -rf x\n")
    terminal.drop_typed_ahead()
    assert not screen.left_for_the_shell()


def test_one_that_asked_nothing_leaves_what_was_typed_to_the_shell(screen):
    screen.type_now(b"ls\n")
    Terminal().drop_typed_ahead()
    assert screen.left_for_the_shell()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (b"abx\x7fc\n", "abc"),
        (b"abx\bc\n", "abc"),
        (b"\x7f\x7fa\n", "a"),
        (b"wrong\x15right\n", "right"),
        (b"one two \x17three\n", "one three"),
        (b"a\x1b[Db\x1b[3~c\x1bOPd\n", "abcd"),
        ("käse日\x7f\n".encode(), "käse"),
        (b"answer\r", "answer"),
        (b"answer\x04", "answer"),
    ],
)
def test_a_line_is_edited_as_at_any_terminal(screen, typed, line, monkeypatch):
    monkeypatch.setattr("locale.getencoding", lambda: "utf-8")
    screen.type_at(("Q: ", typed))
    assert Terminal().ask("Q: ") == line
    screen.end()


def test_what_is_typed_is_shown_escaped(screen):
    screen.type_at(("Q: ", b"a\x01b\n"))
    Terminal().ask("Q: ")
    assert screen.end() == "Q: a\\x01b\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "\\xfc\\u65e5"), ("latin-1", "\udcfc\\u65e5"), ("utf-8", "ü日")],
)
def test_a_question_can_be_asked_in_any_locale(screen, monkeypatch, encoding, shown):
    monkeypatch.setattr(console, "encoding", lambda: encoding)
    screen.type_at(("Q: ", b"yes\n"))
    assert Terminal().ask("ü日 Q: ") == "yes"
    assert screen.end() == f"{shown} Q: yes\n"


def test_a_private_screen_goes_if_it_is_interrupted_while_it_is_shown(screen, monkeypatch):
    write = console.Console.write

    def interrupted(self, text):
        write(self, text)
        if "private" in text:
            raise KeyboardInterrupt

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(console.Console, "write", interrupted)
    with pytest.raises(KeyboardInterrupt), Terminal().private_screen(["private"]):
        pass
    screen.person = threading.Thread(target=str)
    screen.person.start()
    assert screen.end().endswith("private\n\x1b[?1049l")


def test_a_secret_is_not_shown(screen):
    screen.type_at(("Q: ", SECRET.encode() + b"\n"))
    assert Terminal().ask_secret("Q: ") == SECRET
    assert screen.end() == "Q: \n"


def test_the_terminal_is_as_it_was_after_an_interruption(screen):
    def interrupt():
        while "Q: " not in screen.shown:
            screen.look(2)
        os.write(screen.ours, b"half of a secret")
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        Terminal().ask_secret("Q: ")
    assert not screen.left_for_the_shell()


def test_a_terminal_that_hangs_up_is_nobody(screen):
    def hang_up():
        while "Q: " not in screen.shown:
            screen.look(2)
        os.close(screen.ours)
        screen.ours = os.dup(screen.theirs)

    person = threading.Thread(target=hang_up, daemon=True)
    person.start()
    with pytest.raises(InputNeeded):
        Terminal().ask_secret("Q: ")
    person.join(10)  # it may not yet have put the other end into the place of the closed one


def test_between_two_questions_nothing_typed_is_seen_or_answers_the_next(screen):
    before = termios.tcgetattr(screen.theirs)
    terminal = Terminal()
    screen.type_at(("A: ", b"first\n"))
    terminal.ask("A: ")
    screen.person.join(10)
    screen.type_now(f"{SECRET}\n".encode())
    attributes = termios.tcgetattr(screen.theirs)
    assert not attributes[3] & termios.ECHO
    assert attributes[3] & termios.ICANON
    screen.type_at(("B: ", b"second\n"))
    assert terminal.ask("B: ") == "second"
    screen.person.join(10)
    screen.type_now(f"{SECRET}\n".encode())
    terminal.drop_typed_ahead()
    assert termios.tcgetattr(screen.theirs) == before
    assert not screen.left_for_the_shell()
    assert SECRET not in screen.end()


def test_a_terminal_that_has_gone_is_not_held_beyond_that(screen, monkeypatch):
    terminal = Terminal()
    screen.type_at(("A: ", b"first\n"))
    terminal.ask("A: ")
    screen.person.join(10)
    other = Screen(monkeypatch)
    other.type_at(("B: ", b"second\n"))
    assert terminal.ask("B: ") == "second"
    assert termios.tcgetattr(screen.theirs)[3] & termios.ECHO
    other.end()
    os.close(other.ours)
    os.close(other.theirs)


def test_a_program_that_a_profile_names_may_ask_at_the_terminal_with_its_echo(screen):
    from awscreds.workflows.sessions import subprocesses

    screen.type_at(("Q: ", b"good\n"))
    Terminal().ask("Q: ")
    subprocesses.run("true", os.environ, deadline=20.0, awaited="answer")
    assert not screen.left_for_the_shell()


ASKING = """
import os, signal, sys, time
child = os.fork()
if child:  # the shell, whose job it is
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        print(f"[status {status}]", flush=True)
        if not os.WIFSTOPPED(status):
            sys.exit()
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.setpgid(0, 0)
os.tcsetpgrp(0, os.getpid())
signal.signal(signal.SIGTTOU, signal.SIG_DFL)
from awscreds.prompts import Terminal
terminal = Terminal()
try:
    terminal.ask("Q: ")
    print(f"[pid {os.getpid()}]", flush=True)
    if sys.argv[1:]:
        terminal.ask("again: ")
    while True:  # one that comes right before signal.pause() would not end it
        time.sleep(0.05)
except KeyboardInterrupt:
    pass
finally:
    terminal.drop_typed_ahead()
"""


class Job:
    """``ASKING`` at a terminal of its own, as the job of a shell."""

    def __init__(self, *words):
        import pty

        self.shell, self.screen = pty.fork()
        if self.shell == 0:
            os.execv(sys.executable, [sys.executable, "-c", ASKING, *words])
        self.shown = ""

    def wait_for(self, pattern):
        while not (found := re.search(pattern, self.shown)):
            assert select.select([self.screen], [], [], 20)[0], self.shown
            self.shown += os.read(self.screen, 4096).decode()
        self.shown = self.shown[found.end() :]
        return found

    def modes(self):
        return termios.tcgetattr(self.screen)

    def end(self):
        os.close(self.screen)
        os.waitpid(self.shell, 0)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGTERM, []),
        (signal.SIGINT, []),
        (signal.SIGHUP, ["again"]),
        (signal.SIGQUIT, ["again"]),
    ],
)
def test_however_a_dialogue_is_stopped_or_ended_the_terminal_is_as_it_was(number, words):
    job = Job(*words)
    before = job.modes()
    try:
        job.wait_for("Q: ")
        os.write(job.screen, b"answer\n")
        asking = int(job.wait_for(r"\[pid (\d+)\]")[1])
        if words:
            job.wait_for("again: ")
        assert not job.modes()[3] & termios.ECHO
        os.kill(asking, signal.SIGTSTP)
        job.wait_for("status")
        assert job.modes() == before
        os.kill(asking, signal.SIGCONT)
        if words:
            job.wait_for("again: ")
            assert not job.modes()[3] & termios.ECHO
        os.kill(asking, number)
        job.wait_for("status")
        assert job.modes() == before
    finally:
        job.end()


def test_rotate_all_holds_no_terminal_while_a_second_signal_would_end_it_at_once(
    screen, home, monkeypatch
):
    from awscreds.app import App
    from awscreds.cli import run
    from awscreds.commands.rotate import batch

    aws = home / ".aws"
    aws.mkdir(mode=0o700)
    text = f"[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
    (aws / "credentials").write_text(text)
    (aws / "credentials").chmod(0o600)
    app = App(
        {**os.environ, "AWSCREDS_PASSPHRASE": "a long passphrase", "AWSCREDS_BACKEND": "vault"}
    )
    screen.type_at(("Q: ", b"good\n"))
    app.dialogue.terminal.ask("Q: ")
    modes = []

    def rotate(*_arguments):
        modes.append(termios.tcgetattr(screen.theirs)[3])
        return []

    monkeypatch.setattr(batch, "map_concurrently", rotate)
    run(["rotate", "--all", "--yes", "--dry-run"], app)
    assert modes
    assert modes[0] & termios.ECHO

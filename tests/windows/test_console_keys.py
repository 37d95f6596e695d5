"""What is typed at a real console is read as a person means it.

The console has no window under Wine without a display: only the check for one is left out here.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HELPER = Path(__file__).with_name("console_helper.py")
ASK = """
import json, sys
from awscreds import console
from awscreds.errors import AwscredsError
from awscreds.prompts import Terminal
console._has_window = lambda kernel: True
terminal = Terminal()
for line in sys.stdin:
    text, is_hidden = json.loads(line)
    show = console.Console.read_line
    def read_line(self, *arguments, **options):
        print(json.dumps("asking"), flush=True)
        return show(self, *arguments, **options)
    console.Console.read_line = read_line
    try:
        answer = terminal.ask_secret(text) if is_hidden else terminal.ask(text)
    except KeyboardInterrupt:
        answer = {"interrupt": True}
    except AwscredsError as error:
        answer = {"exit": error.exit_code}
    console.Console.read_line = show
    print(json.dumps(answer), flush=True)
"""


class Process:
    """A process that answers each line of JSON with such lines."""

    def __init__(self, *words, **options):
        self._process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **options,
        )
        self.pid = self._process.pid

    def tell(self, order):
        print(json.dumps(order), file=self._process.stdin, flush=True)

    def hear(self):
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line) if line != "typed\n" else "typed"

    def end(self):
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()  # not read to its end: the console may have it open


class Person:
    """Somebody at the console of a program that asks."""

    def __init__(self):
        self._asker = Process("-c", ASK, creationflags=subprocess.CREATE_NO_WINDOW)
        self._keyboard = None

    def asked(self, keys, *, is_hidden=False, before=(), text="Name: "):
        """The answer to a question that ``keys`` are typed at."""
        if before:
            self.type(before)
        self._asker.tell([text, is_hidden])
        assert self._asker.hear() == "asking"
        while text.strip() not in self.screen():
            pass
        self.type(keys)
        return self._asker.hear()

    def type(self, keys):
        self.keyboard.tell(list(keys))
        assert self.keyboard.hear() == "typed"

    def screen(self):
        self.keyboard.tell("screen")
        return self.keyboard.hear()

    @property
    def keyboard(self):
        if self._keyboard is None:
            options = {"creationflags": subprocess.DETACHED_PROCESS}
            self._keyboard = Process(str(HELPER), str(self._asker.pid), **options)
        return self._keyboard

    def end(self):
        for process in (self._keyboard, self._asker):
            if process:
                process.end()


@pytest.fixture
def person():
    somebody = Person()
    yield somebody
    somebody.end()


ENTER, ERASE = "\r", "\b"


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ([*"dev", ENTER], "dev"),
        ([*"grün", ENTER], "grün"),
        (["à", "b", ENTER], "àb"),
        (["\U0001f600", "b", ENTER], "\U0001f600b"),
        (["a", "\U0001f600", ERASE, "b", ENTER], "ab"),
        (["a", "Left", "b", "F1", "c", "F10", "Delete", "Shift", ENTER], "abc"),
        (["a", "Alt+é", ENTER], "aé"),
        (["a", ERASE, ERASE, "b", ENTER], "b"),
        (["a", "\x1a"], "a"),
        (["\x1a"], {"exit": 6}),
        (["a", "\x03"], {"interrupt": True}),
    ],
)
def test_an_answer_is_what_was_typed(person, keys, answer):
    assert person.asked(keys) == answer


def test_only_what_is_typed_at_the_question_answers_it_and_the_rest_of_a_paste_is_dropped(person):
    assert person.asked([*"first", ENTER, *"calc.exe", ENTER], before=["x", ENTER]) == "first"

    shown = person.screen()
    assert "Name: first" in shown
    assert "Only the first line was used." in shown
    assert "calc" not in shown
    assert person.asked([*"second", ENTER], text="Again: ") == "second"


def test_a_secret_is_on_no_screen(person):
    assert person.asked([*"hunter2", "\U0001f600", ENTER], is_hidden=True) == "hunter2\U0001f600"
    assert "hunter" not in person.screen()


def test_a_console_that_is_gone_ends_the_wait():
    code = (
        "from awscreds import console, prompts\n"
        "console._has_window = lambda kernel: True\n"
        "require = console.Console._require_person\n"
        "def closing(self):\n"
        "    mode = require(self)\n"
        "    self._kernel.CloseHandle(self._input)\n"
        "    return mode\n"
        "console.Console._require_person = closing\n"
        "try:\n"
        "    prompts.Terminal().ask('Name: ')\n"
        "except prompts.InputNeeded as error:\n"
        "    raise SystemExit(error.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        creationflags=subprocess.CREATE_NO_WINDOW,
        timeout=60,
        check=False,
    )
    assert done.returncode == 6, done.stderr

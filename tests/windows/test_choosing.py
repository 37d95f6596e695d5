"""A list at a real console: keys choose, and the screen before comes back."""

import subprocess

import pytest

from tests.windows.test_console_keys import HELPER, Process

CHOOSE = """
import json, sys
from awscreds import console
from awscreds.model.choice import Choice
from awscreds.prompts import Terminal
console._has_window = lambda kernel: True
terminal = Terminal()
terminal.tell("before the list")
for line in sys.stdin:
    try:
        choice = Choice("Profile:", json.loads(line), lambda _: ("1" * 12, "2h left"))
        answer = terminal.choose(choice)
    except KeyboardInterrupt:
        answer = {"interrupt": True}
    print(json.dumps(answer), flush=True)
"""
NAMES = ["dev", "prod", "pr\u00fcf", "x\x1b[31m\u202e"]
ENTER, ESCAPE = "\r", "\x1b"


class Person:
    """Somebody at the console of a program that shows a list."""

    def __init__(self):
        self._program = Process("-c", CHOOSE, creationflags=subprocess.CREATE_NO_WINDOW)
        self._keyboard = None

    def chosen(self, keys, *, names=NAMES):
        self._program.tell(names)
        self.wait_for("Esc: leave.")
        self._keyboard.tell(list(keys))
        assert self._keyboard.hear() == "typed"
        return self._program.hear()

    def wait_for(self, text):
        while text not in (shown := self.screen()):
            pass
        return shown

    def screen(self):
        if self._keyboard is None:
            options = {"creationflags": subprocess.DETACHED_PROCESS}
            self._keyboard = Process(str(HELPER), str(self._program.pid), **options)
        self._keyboard.tell("screen")
        return self._keyboard.hear()

    def end(self):
        for process in (self._keyboard, self._program):
            if process:
                process.end()


@pytest.fixture
def person():
    somebody = Person()
    yield somebody
    somebody.end()


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ([ENTER], "dev"),
        (["Down", "Down", "Up", ENTER], "prod"),
        (["End", ENTER], NAMES[-1]),
        ([*"\u00dcf", ENTER], "pr\u00fcf"),
        ([*"prx", "\b", "Shift", "F1", "Down", ENTER], "pr\u00fcf"),
        ([*"nothing", ENTER, "\x15", ENTER], "dev"),
        ([ESCAPE], {"interrupt": True}),
        (["\x03"], {"interrupt": True}),
    ],
)
def test_keys_choose_as_elsewhere(person, keys, answer):
    assert person.chosen(keys) == answer


def test_the_list_is_text_and_the_screen_before_comes_back(person):
    person._program.tell(NAMES)
    shown = person.wait_for("Esc: leave.")
    assert shown.startswith("Profile:")
    assert "> dev" in shown
    assert "x\\x1b[31m\\u202e" in shown
    assert "111111111111  2h left" in shown
    assert "before" not in shown
    person._keyboard.tell([ESCAPE])
    assert person._keyboard.hear() == "typed"
    assert person._program.hear() == {"interrupt": True}
    assert "before the list" in person.wait_for("before the list")
    assert "Esc: leave." not in person.screen()


def test_what_was_typed_before_or_comes_after_chooses_nothing(person):
    person.screen()
    person._keyboard.tell([*"prod", ENTER])
    assert person._keyboard.hear() == "typed"
    assert person.chosen([ENTER, *"calc.exe", ENTER]) == "dev"
    assert person.chosen(["Down", ENTER]) == "prod"

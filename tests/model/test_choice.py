"""What typing and arrows make of a list, and that any names fit on any screen as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.model import choice as c
from awscreds.model.choice import Choice, shortened
from awscreds.model.text import columns, escaped

NAMES = ["prod-eu", "prod-us", "Dev", "prod", "日本語", "esc\x1b[31m", "x\u202ey", "two\nlines"]


def made(names=NAMES, details=lambda name: ()):
    return Choice("Profile:", names, details)


def rows(choice, width=80, height=24):
    lines, _, _ = choice.lines(width, height)
    return [line[2:] for line in lines[1:-1]]


def press(choice, *keys):
    for key in keys:
        choice.press(key)
    return choice


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", NAMES),
        ("US", ["prod-us"]),
        ("eu prod", ["prod-eu"]),
        ("prod", ["prod", "prod-eu", "prod-us"]),
        ("dev", ["Dev"]),
        ("本", ["日本語"]),
        ("\\x1b", ["esc\x1b[31m"]),
        ("nothing", []),
    ],
)
def test_typed_letters_narrow_and_a_whole_name_comes_first(typed, found):
    assert rows(press(made(), *typed)) == [escaped(name) for name in found]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ([c.ENTER], "prod-eu"),
        ([c.DOWN, c.DOWN, c.UP, c.ENTER], "prod-us"),
        ([c.UP, c.ENTER], "prod-eu"),
        ([c.LAST, c.DOWN, c.ENTER], "two\nlines"),
        ([c.LAST, c.FIRST, c.ENTER], "prod-eu"),
        ([c.DOWN, *"dev", c.ENTER], "Dev"),
        ([*"devx", c.ERASE, c.ENTER], "Dev"),
        ([*"us nothing", c.ERASE_WORD, c.ENTER], "prod-us"),
        ([*"nothing", c.ENTER, c.ERASE_ALL, c.ENTER], "prod-eu"),
        ([*"nothing", c.DOWN, c.UP, c.PAGE_DOWN, c.ENTER], None),
        (["\x00", "\x07", "", "\u202e", c.ENTER], "prod-eu"),
        ([c.LEAVE], None),
    ],
)
def test_keys_choose_what_a_person_means(keys, chosen):
    choice = press(made(), *keys)
    assert choice.chosen == chosen
    assert choice.is_over == (chosen is not None or c.LEAVE in keys)


def test_a_page_is_what_the_screen_shows():
    choice = made([f"p{at}" for at in range(100)])
    choice.lines(80, 12)
    press(choice, c.PAGE_DOWN, c.PAGE_DOWN)
    lines, current, _ = choice.lines(80, 12)
    assert lines[current] == "> p20"
    assert len(lines) == 12
    assert press(choice, c.PAGE_UP, c.ENTER).chosen == "p10"


def test_of_many_names_only_those_on_the_screen_are_looked_at():
    asked = []
    choice = made([f"profile-{at}" for at in range(10_000)], lambda name: asked.append(name) or ())
    choice.lines(80, 24)
    press(choice, *"99")
    lines, _, _ = choice.lines(80, 24)
    assert len(asked) == 2 * 22
    assert lines[-1].startswith("280 of 10000. ")


def test_details_leave_before_the_name_is_unreadable():
    choice = made(["production-administrator"], lambda name: ("123456789012", "11h 42m left"))
    shown = {width: rows(choice, width=width)[0] for width in (80, 60, 40, 30, 20)}
    assert shown[80] == "production-administrator  123456789012  11h 42m left"
    assert shown[60] == shown[80]
    assert shown[40] == "production-…ministrator  11h 42m left"
    assert shown[30] == "production-administrator"
    assert shown[20] == "producti…istrator"


strange = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\n\u202e\u0301\u200d日👍é\udcff\u3164")),
    max_size=40,
)


@given(
    st.lists(strange, min_size=1, max_size=30, unique=True),
    strange,
    st.integers(1, 90),
    st.integers(1, 30),
    st.lists(st.sampled_from([c.DOWN, c.PAGE_DOWN, c.LAST, c.UP]), max_size=5),
)
def test_any_names_stay_text_within_the_screen(names, typed, width, height, moves):
    choice = press(made(names, lambda name: ("1" * 12, "9h left")), *typed, *moves)
    lines, current, column = choice.lines(width, height)
    assert len(lines) <= height
    assert 0 <= column < max(width, 1) + 1
    for line in lines:
        assert columns(line) <= max(width - 1, 2), line
        assert "\x1b" not in line
        assert "\n" not in line
        assert "\u202e" not in line
    if len(lines) > 2 and not lines[-1].startswith("No name"):
        assert lines[current].startswith(">") or not lines[current]


@given(strange, st.integers(1, 30))
def test_a_shortened_text_fits_and_begins_and_ends_as_before(text, width):
    text = escaped(text)
    short = shortened(text, width)
    assert columns(short) <= width
    head, _, tail = short.partition("…")
    if columns(text) > width:
        assert text.startswith(head)
        assert text.endswith(tail)

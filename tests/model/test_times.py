"""Durations and points in time as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.times import LONGEST, format_duration, format_iso, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("90m", 5400),
        ("12h", 43200),
        ("90d", 7776000),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 8H ", 28800),
        ("8 hours", 28800),
        ("1 hour 30 minutes", 5400),
        ("15 min", 900),
        ("0h30m", 1800),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    assert parse_duration(text) == seconds


NONSENSE = [
    "",
    " ",
    "0",
    "00",
    "0s",
    "0h0m",
    "h",
    "-5",
    "-5m",
    "+5m",
    "1.5h",
    "1,5h",
    "1e3",
    "12x",
    "1w",
    "1mo",
    "1h30",
    "30m1h",
    "1h1h",
    "1m60",
    "٣h",
    "３h",  # noqa: RUF001 - a digit that is not ASCII
    "²h",
    "soon",
    "12h!",
    "1\x00h",
    "1h\n30m",
    "9" * 5000,
    "9" * 13 + "h",
]
"""What is a duration nowhere, whatever a bare number means."""


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("bare_seconds", [False, True])
def test_what_is_not_a_duration_is_refused(text, bare_seconds):
    with pytest.raises(UsageError) as refused:
        parse_duration(text, bare_seconds=bare_seconds)
    assert refused.value.code == "bad-duration"


@pytest.mark.parametrize("text", ["3651d", "999999999999s", "999999d23h"])
def test_more_than_ten_years_is_refused_with_what_was_understood(text):
    with pytest.raises(UsageError, match=r"days.* is too long"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1", "90", " 3600 ", "007"])
def test_a_bare_number_is_refused_unless_it_means_seconds(text):
    with pytest.raises(UsageError, match="needs a unit, like 8h"):
        parse_duration(text, example="8h")
    assert parse_duration(text, bare_seconds=True) == int(text)


def test_a_long_text_is_not_repeated():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    for text in (secret, "1" * 40):
        with pytest.raises(UsageError) as refused:
            parse_duration(text)
        assert text not in refused.value.message


@given(st.integers(1, LONGEST), st.booleans())
def test_what_is_printed_can_be_typed(seconds, short):
    assert parse_duration(format_duration(seconds, short=short)) == seconds


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0, "0 seconds", "0s"),
        (-3, "0 seconds", "0s"),
        (1, "1 second", "1s"),
        (8, "8 seconds", "8s"),
        (90.9, "1 minute 30 seconds", "1m 30s"),
        (43200, "12 hours", "12h"),
        (129_600, "36 hours", "36h"),
        (176_461, "2 days 1 hour 1 minute 1 second", "2d 1h 1m 1s"),
    ],
)
def test_durations_are_printed_in_whole_units(seconds, long, short):
    assert format_duration(seconds) == long
    assert format_duration(seconds, short=True) == short


def test_the_smaller_units_can_be_dropped():
    assert format_duration(176_461, parts=1) == "2 days"
    assert format_duration(43_261, short=True, parts=2) == "12h 1m"


@given(st.integers(0, 4_000_000_000))
def test_instants_are_iso_8601_in_utc_that_python_reads_back(seconds):
    from datetime import datetime

    assert datetime.fromisoformat(format_iso(seconds)).timestamp() == seconds

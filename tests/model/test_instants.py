"""Spans and points of time as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageProblem
from awscreds.model.instants import iso, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("900", 900),
        ("90m", 5400),
        ("12h", 43200),
        ("90d", 7776000),
        ("1h30m", 5400),
        (" 8H ", 28800),
    ],
)
def test_spans_are_read_as_people_write_them(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "h", "-5", "1.5h", "12x", "1h30", "٣h", "1 h"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(UsageProblem, match="no span of time"):
        seconds_of(text)


@given(st.integers(0, 4_000_000_000))
def test_instants_are_iso_8601_in_utc_that_python_reads_back(seconds):
    from datetime import datetime

    assert datetime.fromisoformat(iso(seconds)).timestamp() == seconds

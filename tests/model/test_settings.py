"""Our own settings: one list, from which everybody reads."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import awscreds
from awscreds.completion.values import CONFIG_KEYS
from awscreds.errors import UsageError
from awscreds.model import settings
from awscreds.model.settings import KEY_CACHE, MAX_KEY_AGE, MFA_PROCESS, SERVE, SETTINGS

ROOT = Path(__file__).parents[2]
PACKAGE = Path(awscreds.__file__).parent


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (None, "key"),
        ("key", "key"),
        ("session", "session"),
        (" Session ", "session"),
        ("SESSION", "session"),
        ("sesion", None),
        ("sessions", None),
        ("true", None),
        ("", None),
        ('"session"', None),
        ("session # MFA", None),
        ({"session": "1"}, None),
    ],
)
def test_what_is_served_is_said_in_words_that_are_known(value, mode):
    assert SERVE.read(value) == mode


@given(st.text())
def test_only_the_word_key_and_no_word_at_all_let_the_long_lived_key_be_served(value):
    assert (SERVE.read(value) == "key") is (value.strip().lower() == "key")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("15m", 900), ("0", 0), (None, 0), ("15", 0), ("900", 0), ("soon", 0), ("", 0), ({}, 0)],
)
def test_a_key_is_cached_only_for_a_time_with_its_unit(value, seconds):
    assert KEY_CACHE.read(value) == seconds


@given(st.none() | st.text() | st.dictionaries(st.text(), st.text()))
def test_a_warnings_setting_never_stops_a_job(value):
    assert MAX_KEY_AGE.read(value) > 0


@pytest.mark.parametrize("value", ["90", "ninety days", "", "0", "-1d"])
def test_of_an_age_that_is_none_the_default_counts(value):
    assert MAX_KEY_AGE.read(value) == MAX_KEY_AGE.default == 90 * 86_400
    assert not MAX_KEY_AGE.understands(value)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("awscreds_serve", "Sesion", "key or session"),
        ("awscreds_key_cache", "15", "unit"),
        ("awscreds_max_key_age", "soon", "unit"),
        ("mfa_process", "'ykman", "quotes"),
        ("awscreds_access_key_id", "dev", "id of an access key"),
        ("awscreds_role_arn", "", "text"),
    ],
)
def test_a_value_that_means_nothing_is_refused_naming_what_would(name, value, named):
    with pytest.raises(UsageError) as caught:
        SETTINGS[name].checked(value)
    assert named in caught.value.message
    assert not value or value not in caught.value.message


@pytest.mark.parametrize("setting", settings.documented(), ids=str)
def test_every_listed_value_and_every_example_is_understood(setting):
    listed = getattr(setting, "values", ())
    off = setting.expected.partition(", or ")[2:]  # "a time with its unit, or never"
    for value in (*listed, *off, *setting.example.partition(" = ")[2:]):
        assert not value or setting.understands(value)


def test_a_choice_is_written_as_it_is_spelled_here():
    assert SERVE.checked(" Session ") == "session"


def test_a_program_is_any_line_whose_quotes_are_closed():
    assert MFA_PROCESS.checked("ykman oath code 'AWS dev'") == "ykman oath code 'AWS dev'"


def test_an_unknown_setting_is_answered_with_the_one_that_was_meant():
    assert settings.unknown(["awscreds_serv", "region", "awscreds_serve"]) == ["awscreds_serv"]
    assert "did you mean awscreds_serve?" in settings.did_you_mean("awscreds_serv")
    assert "did you mean mfa_process?" in settings.did_you_mean("awscreds_mfa_process")
    assert "did you mean" not in settings.did_you_mean("awscreds_42")


def test_a_setting_knows_what_it_does_not_understand():
    values = {"awscreds_serve": "nope", "mfa_process": "x", "awscreds_key_cache": {"a": "b"}}
    understood = [name for name in values if settings.SETTINGS[name].understands(values[name])]
    assert understood == ["mfa_process"]


def test_the_table_of_the_reference_is_this_list():
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    table = page.partition("| Setting | Meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE)
    assert rows == [(setting.example, setting.doc) for setting in settings.documented()]


def test_completion_offers_this_list():
    offered = [key for key in CONFIG_KEYS.split(",") if key in SETTINGS or "awscreds" in key]
    assert offered == [setting.name for setting in settings.documented()]


def test_reading_a_setting_loads_nothing_dear():
    code = (
        "import sys; before = set(sys.modules); import awscreds.model.settings;"
        "print(*sorted(name for name in set(sys.modules) - before if name[:8] != 'awscreds'))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert set(done.stdout.split()) <= {"__future__", "time"}


def test_no_other_module_spells_the_name_of_a_setting():
    """A second place that knows a name is a second parser of its value."""
    names = "|".join(setting.name for setting in settings.documented())
    quoted = re.compile(rf"""["'](?:{names})["']""")
    found = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if path.name != "settings.py" and quoted.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []

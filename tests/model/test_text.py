"""Text from elsewhere cannot steer a terminal or pose as another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.model.text import escaped, nearest, quoted, to_load


@given(st.text())
def test_nothing_that_a_terminal_obeys_or_that_reorders_text_survives(text):
    shown = escaped(text)
    assert shown.isprintable()
    assert not set(shown) & set("\u202e\u2066\u200b\ufeff\x1b\x07")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_shown_as_it_is(text):
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("käse", "käse"),
        ("a\u202eb", "a\\u202eb"),
        (b"\xff".decode("utf-8", "surrogateescape"), "\\xff"),
        ("line\nbreak", "line\\x0abreak"),
    ],
)
def test_escapes_are_readable(text, shown):
    assert escaped(text) == shown


def test_the_nearest_names_come_first_whatever_their_case():
    assert nearest("prdo", ["dev", "Prod", "prod-eu"])[0] == "Prod"
    assert nearest("zzz", ["dev"]) == []


@pytest.mark.posix("its shells have other quotes")
@pytest.mark.parametrize("name", ["dev", "a b", "$(touch x)", "`x`;'\"", "-x", ""])
def test_a_name_in_a_command_to_copy_is_one_word_and_no_code(name):
    import shlex

    assert shlex.split(f"cmd {quoted(name)}") == ["cmd", name]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("dev-1", "dev-1"),
        ("C:\\Users\\me\\.aws\\config", "C:\\Users\\me\\.aws\\config"),
        ("C:\\Users\\Jörg Groß\\x", '"C:\\Users\\Jörg Groß\\x"'),
        ("a & calc", '"a & calc"'),
        ("a;b", '"a;b"'),
        ("(x)", '"(x)"'),
        ("$(calc)", '"`$(calc)"'),
        ("`x`", '"``x``"'),
        ('a" & calc', '"a\\x22 & calc"'),
        ("", '""'),
    ],
)
def test_on_windows_it_is_one_word_for_cmd_and_for_powershell(name, word, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sys.platform", "win32")
        assert quoted(name) == word


@pytest.mark.parametrize(
    ("platform", "line"),
    [("linux", "eval $(awscreds x)"), ("win32", "awscreds x | Out-String | iex")],
)
def test_the_line_that_loads_a_session_is_one_for_the_shells_of_the_system(
    platform, line, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("sys.platform", platform)
        assert to_load("awscreds x") == line

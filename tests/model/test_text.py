"""Text from elsewhere cannot steer a terminal or pose as another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.model.text import escaped, nearest, quoted, quoted_on_windows


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
        ("$(calc)", '"\\x24(calc)"'),
        ("`x`", '"\\x60x\\x60"'),
        ('a" & calc', '"a\\x22 & calc"'),
        ("C:\\a b\\", '"C:\\a b\\\\"'),
        ("@team", '"@team"'),
        ("team@x", "team@x"),
        ("", '""'),
    ],
)
def test_on_windows_it_is_one_word_for_cmd_and_for_powershell(name, word, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sys.platform", "win32")
        assert quoted(name) == word


@given(st.text("ab \\\"'`$%&|<>^!@,;()“”„ä", max_size=20))
def test_a_word_for_windows_is_code_in_none_of_its_shells(word):
    text = quoted_on_windows(word)

    if text != word:
        assert text[0] == text[-1] == '"'
        assert not set(text[1:-1]) & set('"$`“”„')
        assert (len(text[1:-1]) - len(text[1:-1].rstrip("\\"))) % 2 == 0
    else:
        assert set(word) <= set("ab\\@")
        assert not word.startswith("@")

"""Renaming a key leaves all else of its line, and renaming it back leaves no trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.ini import sections
from awscreds.model.ini.document import PROFILE, Document

DEV = (PROFILE, "dev")


def wrapped(name):
    return f"awscreds_{name}"


def test_only_the_name_changes():
    text = (
        b"[profile dev]\r\n  Role_ARN\t =  arn:x ; y\r\nregion=a\r\n[profile other]\r\nrole_arn=z"
    )
    document = Document.parse(text)
    assert document.rename_key(DEV, "role_arn", wrapped)
    assert document.render() == text.replace(b"Role_ARN", b"awscreds_Role_ARN")
    assert document.get(DEV, "awscreds_role_arn") == "arn:x ; y"
    assert not document.rename_key(DEV, "role_arn", wrapped)


def test_duplicates_and_other_spellings_of_the_section_are_renamed_together():
    text = b"[profile dev]\na=1\na=2\n[profile 'dev']\na=3\n"
    document = Document.parse(text)
    document.rename_key(DEV, "a", wrapped)
    assert document.render() == text.replace(b"a=", b"awscreds_a=")


def test_a_name_that_could_not_be_read_back_is_refused():
    document = Document.parse(b"[profile dev]\na=1\n")
    with pytest.raises(UsageError):
        document.rename_key(DEV, "a", lambda name: f"[{name}")
    assert document.render() == b"[profile dev]\na=1\n"


LINES = st.lists(
    st.sampled_from(
        [
            "role_arn = x",
            "ROLE_ARN:y",
            "# role_arn = c",
            "  more",
            "s3 =",
            "  role_arn = nested",
            "",
        ]
    )
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_there_and_back_restores_every_byte(lines, ending):
    text = ending.join(["[profile dev]", *lines]).encode()
    document = Document.parse(text)
    document.rename_key(DEV, "role_arn", wrapped)
    document.rename_key(DEV, "awscreds_role_arn", lambda name: name[len("awscreds_") :])
    assert document.render() == text


def test_sections_that_exchange_their_names_keep_the_rest_of_their_lines():
    document = Document.parse(b"[profile a] ; one\nx = 1\n[profile  'b c'] # two\nx = 2\n")
    a, b = (PROFILE, "a"), (PROFILE, "b c")
    sections.rename(document, {a: b, b: a})
    lines = document.render().decode().splitlines()
    assert [line.partition("]")[2] for line in lines[::2]] == [" ; one", " # two"]
    assert Document.parse(document.render()).sections() == [b, a]
    assert lines[1::2] == ["x = 1", "x = 2"]

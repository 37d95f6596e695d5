"""Edits of whole sections change these alone, and nothing if they refuse."""

import pytest

from awscreds.errors import UsageError
from awscreds.model.ini import sections
from awscreds.model.ini.document import PROFILE, SSO_SESSION, Document

A, B, C, D = ((PROFILE, name) for name in "abcd")
S = (SSO_SESSION, "s")


def parse(text, **more):
    return Document.parse(text.encode(), **more)


def after(change, text, *arguments, **more):
    """The text after a change of the document, which knows what it would be parsed as."""
    document = parse(text, **more)
    document = change(document, *arguments) or document
    again = Document.parse(document.render(), **more)
    assert document.sections() == again.sections()
    assert [document.values(key) for key in document.sections()] == [
        again.values(key) for key in again.sections()
    ]
    return document.render().decode()


def refused(change, text, *arguments, **more):
    document = parse(text, **more)
    with pytest.raises(UsageError) as caught:
        change(document, *arguments)
    assert document.render() == text.encode()
    return caught.value.message


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        (sections.rename, {A: B}),
        (sections.remove, [A]),
        (sections.with_added, {B: {}}),
        (lambda document, keys: sections.substitute(document, keys, lambda *_: "x"), ["region"]),
    ],
    ids=["rename", "remove", "add", "substitute"],
)
def test_a_file_that_no_tool_reads_is_not_edited(change, argument):
    document = Document.parse("[profile a]\nregion = x\n".encode("utf-16"))
    with pytest.raises(UsageError, match="UTF-16"):
        change(document, argument)


# Renaming


def test_names_can_be_exchanged_and_all_else_stays():
    text = "# c\n[profile a] # x\n  [profile b]\nregion = b\n\n[profile c]\n"
    assert after(sections.rename, text, {A: B, B: A, C: D}) == (
        "# c\n[profile b] # x\n  [profile a]\nregion = b\n\n[profile d]\n"
    )


def test_all_headers_of_a_section_are_renamed():
    text = "[profile a]\nregion = x\n[profile a]\noutput = y\n"
    assert after(sections.rename, text, {A: (PROFILE, "x y")}) == (
        "[profile 'x y']\nregion = x\n[profile 'x y']\noutput = y\n"
    )


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({A: B}, "already exists, at line 2"),
        ({A: D, C: D}, "no section 'profile c'"),
        ({A: D, B: D}, "the same name"),
        ({A: (PROFILE, "x]")}, "cannot be the header"),
    ],
)
def test_a_name_that_is_taken_missing_or_impossible_renames_nothing(names, why):
    assert why in refused(sections.rename, "[profile a]\n[profile b]\n", names)


@pytest.mark.parametrize(
    "change",
    [sections.rename, lambda document, names: sections.copy(document, A, B)],
    ids=["rename", "copy"],
)
def test_a_name_that_only_some_tools_see_is_taken(change):
    text = "[profile a]\n[ profile b]\n"
    assert "already exists, at line 2" in refused(change, text, {A: B})


# Removing


def test_a_removed_section_goes_with_its_comments_and_leaves_those_of_others():
    text = "# of a\n[profile a]\n# in a\n\n# of b\n[profile b]\nregion = b\n# of c\n[profile c]\n"
    assert (
        after(sections.remove, text, [B]) == "# of a\n[profile a]\n# in a\n\n# of c\n[profile c]\n"
    )
    assert after(sections.remove, text, [A, B]) == "# of c\n[profile c]\n"
    assert after(sections.remove, text, []) == text


# Adding


@pytest.mark.parametrize(
    ("before", "gap"),
    [
        ("", ""),
        ("[profile x]\n", "\n"),
        ("[profile x]\nregion = x\n\n", ""),
        ("# c\r\n", "\r\n"),
    ],
)
def test_added_sections_come_last_with_a_blank_line_before_each(before, gap):
    ending = "\r\n" if "\r" in before else "\n"
    rows = ["[profile a]", "region = x", "", "[sso-session s]"]
    added = {A: {"region": "x"}, S: {}}
    assert after(sections.with_added, before, added) == before + gap + "".join(
        row + ending for row in rows
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_without_a_last_line_break_has_none_afterwards(ending):
    text = ending.join(["[profile x]", "region = x"])
    assert after(sections.with_added, text, {A: {"output": "y"}}) == ending.join(
        ["[profile x]", "region = x", "", "[profile a]", "output = y"]
    )


def test_nothing_to_add_changes_nothing():
    assert after(sections.with_added, "[profile x]", {}) == "[profile x]"


@pytest.mark.parametrize(
    ("added", "why"),
    [
        ({B: {}, A: {}}, "already exists, at line 1"),
        ({(PROFILE, "x]"): {}}, "cannot be the header"),
        ({B: {"a=b": "x"}}, "cannot be the name"),
        ({B: {"region": " x"}}, "begins or ends with a space"),
    ],
)
def test_what_is_there_or_cannot_be_read_back_is_not_added(added, why):
    assert why in refused(sections.with_added, "[profile a]\n", added)


def test_a_section_that_only_some_tools_see_is_not_added_again():
    text = "[profile b]\n[ profile a]\n"
    assert "already exists, at line 2" in refused(sections.with_added, text, {A: {}})


# Copying


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_copy_has_the_lines_but_not_the_comments_around_them(end):
    text = (
        "# of a\n[profile a] # x\nregion = a\n# within\ns3 =\n  b = c\n# of b\n\n"
        f"[profile b]\nregion = b{end}"
    )
    assert after(sections.copy, text, A, D) == (
        f"{text}{'' if end else chr(10)}\n[profile d]\nregion = a\n# within\ns3 =\n  b = c{end}"
    )


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_copy_of_the_last_section_has_its_lines(end):
    assert after(sections.copy, f"[profile a]\nregion = a{end}", A, B) == (
        f"[profile a]\nregion = a\n\n[profile b]\nregion = a{end}"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[profile a]\n[profile b]\n", "already exists, at line 2"),
        ("[profile a]\n[profile c]\n[profile a]\n", "several times (lines 1, 3)"),
    ],
)
def test_a_section_is_copied_only_if_it_is_one_and_the_name_is_free(text, why):
    assert why in refused(sections.copy, text, A, B)


# Values


def test_values_of_some_keys_are_replaced_wherever_they_are():
    text = (
        "[profile a]\nsource_profile = x\nregion = x\n[profile b]\nSource_Profile: x # c\n"
        "source_profile =\n  x = y\n"
    )
    seen = []

    def change(section, key, value):
        seen.append((section, key, value))
        return "new" if value == "x" else None

    changed = after(
        lambda document: sections.substitute(document, ["source_profile"], change), text
    )

    assert changed == text.replace("source_profile = x", "source_profile = new")
    assert seen[0] == (A, "source_profile", "x")
    assert {section for section, *_ in seen} == {A, B}


# Comments


def test_comments_are_of_the_section_below_or_around_them():
    text = "; of a\n[profile a]\n# in a\nregion = x\n\n# of b\n# too\n[profile b]\n# last\n"
    assert [(key, line, row.strip()) for key, line, row in sections.comments(parse(text))] == [
        (A, 1, "; of a"),
        (A, 3, "# in a"),
        (A, 6, "# of b"),
        (A, 7, "# too"),
        (B, 6, "# of b"),
        (B, 7, "# too"),
        (B, 9, "# last"),
    ]
    assert [line for line, _ in sections.comments_of(parse(text), A)] == [1, 3, 6, 7]


# Bare headers


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("[profile a]\n\n", True),
        ("\n  [profile a]  \n[profile b]\n", True),
        ("[profile a]\n[profile a]\n", True),
        ("[profile a] # c\n", False),
        ("[profile a]\n# c\n", False),
        ("[profile a]\nx = [y]\n", False),
        ("[profile a]\n[profile a]\nregion = x\n", False),
        ("[profile b]\n", False),
    ],
)
def test_a_section_is_bare_if_there_is_only_its_header(text, is_bare):
    assert parse(text).is_bare(A) == is_bare

"""What is inside the value of another key for botocore, and may be meant as more than that."""

import pytest

from awscreds.errors import UsageError
from awscreds.model.ini.document import PROFILE, Document, scan
from awscreds.model.ini.inside import lines_of, swallowed

A, B, DEV = (PROFILE, "a"), (PROFILE, "b"), (PROFILE, "dev")
TEXT = """# a comment
[profile a]
Region = one
  region = two
  output = x

s3 =
  region = three
  no key
[profile b]
output = y
[profile c]
region
"""


def parse(text):
    return Document.parse(text.encode())


def found(*keys, **more):
    return [
        (each.section, each.line, each.key, each.text)
        for each in lines_of(parse(TEXT), *keys, **more)
    ]


def test_each_line_that_may_give_a_key_a_value_is_found_with_its_place():
    assert found("region") == [
        (A, 3, "region", "one"),
        (A, 4, "region", "two"),
        (A, 8, "region", "three"),
    ]
    assert found("output", "region")[-1] == (B, 11, "output", "y")
    assert found("absent") == []


def test_only_the_sections_that_were_asked_for_are_looked_at():
    assert [section for section, *_ in found("output", sections={B})] == [B]
    assert found("output", sections=()) == []


def test_a_header_that_a_value_has_swallowed_is_found_with_its_line():
    text = (
        "[profile a]\nregion = x\n  [profile b]\n  []\n  [\n  [no end\n  text [b]\n"
        "[profile c]\nregion = [d]\n\n   [e] x\n"
    )
    assert swallowed(parse(text)) == [(3, "[profile b]"), (11, "[e] x")]
    assert swallowed(parse("[profile a]\nregion = x\n[profile b]\n")) == []


@pytest.mark.parametrize(
    "header",
    [
        "profile dev",
        'profile "dev"',
        "profile 'dev'",
        'profile d"ev"',
        "profile d'ev'",
        "profile d\\ev",
    ],
)
def test_a_section_is_found_however_its_header_spells_its_name(header):
    text = f"[profile other]\nregion = y\n[{header}]\nregion = x\n"
    assert parse(text).values(DEV) == {"region": "x"}
    assert scan(text.encode(), DEV) == {"region": "x"}
    assert scan(text.encode(), (PROFILE, "none")) is None


@pytest.mark.parametrize("end", ["\\", '"', "'"])
def test_a_header_whose_words_have_no_end_is_a_section_of_its_text(end):
    text = f"profile dev{end}"
    document = parse(f"[{text}]\nregion = x\n")
    assert document.sections() == [(text, "")]
    assert document.values((text, "")) == {"region": "x"}


@pytest.mark.parametrize(
    ("header", "credentials"),
    [(" profile dev", False), (" profile dev ", False), (" dev", True), ("dev ", True)],
)
def test_a_header_with_a_blank_at_an_end_may_be_meant_for_the_one_without(header, credentials):
    name = "dev" if credentials else "profile dev"
    text = f"[{header}]\nregion = x\n[{name}]\nregion = y\n"
    document = Document.parse(text.encode(), credentials=credentials)
    [key] = [key for key in document.spelled(DEV) if key != DEV]
    assert document.values(key) == {"region": "x"}
    assert document.values(DEV) == {"region": "y"}
    assert "dev" in document.ambiguous()


@pytest.mark.parametrize(
    ("above", "is_comment"),
    [
        ("", False),
        ("# c\n", True),
        ("; c\r\n", True),
        ("[profile b]\n# c\n", True),
        ("# c\n[profile b]\nregion = x # no comment\n", False),
        ("# c\n\n", False),
    ],
)
def test_a_comment_is_above_a_section_if_it_is_in_the_line_before(above, is_comment):
    assert parse(f"{above}[profile dev]\nregion = x\n").has_comment_above(DEV) == is_comment


def test_a_comment_above_any_of_the_headers_counts():
    document = parse("[profile dev]\nregion = x\n# c\n[profile dev]\noutput = y\n")
    assert document.has_comment_above(DEV)
    assert not document.has_comment_above((PROFILE, "none"))


@pytest.mark.parametrize(("indent", "kept"), [("", ""), ("  ", "  "), ("   ", "")])
def test_a_header_keeps_its_indent_unless_it_would_continue_the_key_before_it(indent, kept):
    begin, end = "[profile a]\n  region = x\n", "[profile c]\nregion = z\n"
    document = parse(f"{begin}[profile b]\n{indent}{end}")
    assert document.sections() == [A, B, (PROFILE, "c")]

    document.remove_section(B)

    assert document.render().decode() == f"{begin}{kept}{end}"


@pytest.mark.parametrize(
    ("sub", "left"),
    [
        ("a", "s3 =\n    b = 2\r\n    # c\n    d = 4\n"),
        ("b", "s3 =\n    a = 1\r\n    # c\n    d = 4\n"),
        ("d", "s3 =\n    a = 1\x0bb = 2\r\n    # c\n"),
        ("c", None),
    ],
)
def test_of_two_nested_keys_in_one_line_only_the_one_that_is_meant_goes(sub, left):
    """A vertical tab ends a line for botocore within a value, but not a line of the file."""
    text = "[profile a]\ns3 =\n    a = 1\x0bb = 2\r\n    # c\n    d = 4\n"
    document = parse(text)
    assert document.values(A) == {"s3": {"a": "1", "b": "2", "d": "4"}}

    assert document.unset(A, "s3", sub) == (left is not None)

    assert document.render().decode() == (f"[profile a]\n{left}" if left else text)


def test_the_profiles_with_several_headers_are_these_and_no_others():
    document = parse("[profile a]\n[profile b]\n[profile b]\n[plugins]\n[plugins]\n")
    assert document.repeated() == {B, ("plugins", "")}
    assert document.ambiguous() == ["b"]
    assert parse("[profile a]\n[profile b]\n").ambiguous() == []


@pytest.mark.parametrize(
    "char", ["\0", "\x08", "\n", "\r", "\x1f", "\x7f", "\x80", "\x9f", "\u2028", "\u2029", "\udc80"]
)
def test_a_control_character_is_written_in_no_value_key_or_name(char):
    document = parse("[profile a]\nregion = x\n")
    for write in (
        lambda: document.set(A, "region", f"x{char}y"),
        lambda: document.set(A, f"re{char}gion", "y"),
        lambda: document.add_section((PROFILE, f"x{char}y")),
    ):
        with pytest.raises(UsageError):
            write()
    assert document.render() == b"[profile a]\nregion = x\n"


@pytest.mark.parametrize("char", [" ", "\t", "~", "\xa0", "é", "\u2027", "\ud7ff", "\ue000"])
def test_any_other_character_is_written_in_a_value(char):
    document = parse("[profile a]\n")
    document.set(A, "region", f"x{char}y")
    assert parse(document.render().decode()).values(A) == {"region": f"x{char}y"}

"""The writing half of the document: what an edit changes, and that nothing else does."""

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.ini.document import PROFILE, SERVICES, SSO_SESSION, Document, scan
from awscreds.model.problems.lines import problems_of
from awscreds.model.problems.problem import BOTOCORE_REFUSES
from tests.model.ini import cases

DEFAULT = (PROFILE, "default")
DEV = (PROFILE, "dev")

SECTIONS = st.sampled_from(
    [DEFAULT, DEV, (PROFILE, "a b"), (SERVICES, "x"), ("plugins", ""), (PROFILE, 'it\'s "x\\y"')]
)
KEYS = st.sampled_from(["region", "Region", "s3", "aws_secret_access_key", "new_key", "x y"])
SUBS = st.none() | st.sampled_from(["a", "B", "b", "max_concurrent_requests"])
VALUES = st.sampled_from(["eu-west-1", "", "x # y", "a=b", "[x]", "ü", "# v", "a:b", "=", "]"])
FILES = cases.texts() | cases.soups


@st.composite
def files_and_sections(draw):
    """A file's text, and a section that is there."""
    text = draw(FILES)
    sections = parse(text).sections()
    assume(sections)
    return text, draw(st.sampled_from(sections))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("ini"))


def parse(text):
    return Document.parse(text.encode())


def render(document):
    """The text, and proof that the document knows what it would be parsed as."""
    data = document.render()
    again = Document.parse(data)
    assert everything(document) == everything(again)
    assert problems_of(document) == problems_of(again)
    return data.decode()


def everything(document):
    return {section: document.values(section) for section in document.sections()}


def refusals(document):
    return {problem.code for problem in problems_of(document)} & BOTOCORE_REFUSES


def rows(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def edited(text, *edit, **more):
    document = parse(text)
    document.set(*edit, **more)
    return render(document)


# Laws


@cases.law(FILES, SECTIONS, KEYS, VALUES, SUBS)
def test_what_is_set_is_read_back_and_nothing_else_changes(text, section, key, value, sub):
    document = parse(text)
    before = everything(document)
    document.set(section, key, value, sub)
    assert document.get(section, key, sub) == value
    assert scan(document.render(), section) == document.values(section)
    render(document)

    after = everything(document)
    if section not in before and len(after) == len(before):
        return  # a padded header was mended, and what its section holds came with it
    was, now = before.pop(section, {}), after.pop(section)
    if sub is not None:
        block = was.get(key.lower())
        rest = block if isinstance(block, dict) else {}
        assert now[key.lower()] == {**rest, sub: value}
    was.pop(key.lower(), None)
    del now[key.lower()]
    assert now == was
    assert after == before


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(FILES, SECTIONS, KEYS, VALUES, SUBS)
def test_botocore_reads_the_new_value(folder, text, section, key, value, sub):  # noqa: PLR0917 - drawn
    document = parse(text)
    assume(not refusals(document))
    document.set(section, key, value, sub)
    loaded = cases.by_botocore(document.render(), folder)
    assert loaded is not None
    name = cases.KINDS.get(section[0])
    values = loaded[name][section[1]] if name else loaded[section[0]]
    assert (values[key.lower()] if sub is None else values[key.lower()][sub]) == value


@cases.law(files_and_sections(), KEYS, VALUES)
def test_setting_a_key_touches_no_line_but_its_own(place, key, value):
    text, section = place
    document = parse(text)
    line, was = document.line_of(section, key), document.get(section, key)
    document.set(section, key, value)
    old, new = rows(text), rows(document.render().decode())
    if line is None:
        del new[document.line_of(section, key) - 1]
        assert new == old
    else:
        height = len(old) - len(new) + 1
        assert height == 1 or "\n" in str(was) or isinstance(was, dict)
        assert new[: line - 1] == old[: line - 1]
        assert new[line:] == old[line - 1 + height :]


@cases.law(files_and_sections(), VALUES, SUBS)
def test_set_and_unset_of_an_absent_key_restore_the_bytes(place, value, sub):
    text, section = place
    document = parse(text)
    document.set(section, "absent", value, sub)
    assert document.unset(section, "absent", sub)
    assert document.render() == text.encode()


@cases.law(files_and_sections(), KEYS, SUBS)
def test_unset_removes_every_definition_and_nothing_else(place, key, sub):
    text, section = place
    document = parse(text)
    before = everything(document)
    was = document.get(section, key, sub)
    found = document.unset(section, key, sub)
    assert found or was is None
    assert document.get(section, key, sub) is None
    assert not document.unset(section, key, sub)
    render(document)
    after = everything(document)
    if was is not None:
        present = before[section].pop(key.lower())
        if sub is not None:
            rest = {name: each for name, each in present.items() if name != sub}
            assert after[section].pop(key.lower(), {}) == rest
    assert after == before


@cases.law(FILES, st.sampled_from(["x = 1", "x = 1\n", "# c\r\n"]))
def test_a_section_that_is_added_can_be_removed_without_a_trace(text, end):
    text += "\n[end]\n" + end
    document = parse(text)
    document.add_section((PROFILE, "new one"))
    assert document.values((PROFILE, "new one")) == {}
    assert render(document).startswith(text)
    assert document.remove_section((PROFILE, "new one"))
    assert render(document) == text


@cases.law(files_and_sections())
def test_removing_a_section_leaves_all_others(place):
    text, section = place
    document = parse(text)
    before = everything(document)
    assert document.remove_section(section)
    del before[section]
    assert not document.has(section)
    assert everything(document) == before
    render(document)


@cases.law(files_and_sections(), SECTIONS)
def test_renaming_a_section_keeps_what_it_holds_and_where_it_stands(place, new):
    text, section = place
    document = parse(text)
    before = everything(document)
    try:
        document.rename_section(section, new)
    except UsageError:
        assert document.render() == text.encode()
        return
    assert list(everything(document).items()) == [
        (new if each == section else each, values) for each, values in before.items()
    ]
    assert len(rows(render(document))) == len(rows(text))


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(FILES, st.text(min_size=1, max_size=8), st.booleans())
def test_a_name_is_written_so_that_botocore_reads_it_or_not_at_all(folder, text, name, credentials):
    document = Document.parse(text.encode(), credentials=credentials)
    assume(not refusals(document))
    try:
        document.set((PROFILE, name), "region", "x")
    except UsageError:
        assert document.render() == text.encode()
        return
    if credentials:
        profiles = cases.sections_by_botocore(document.render(), folder)
    else:
        profiles = cases.by_botocore(document.render(), folder)["profiles"]
    assert profiles[name]["region"] == "x"


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(
    st.text(max_size=6) | st.text("ab =:#;[]\n\r\t\0", max_size=5),
    st.text(max_size=6) | st.text("ab =:#;[]\n\r\t\0\x85\u2028", max_size=5),
    st.none() | st.text(max_size=6) | st.text("ab =:#;[]\n\r\t\0", max_size=5),
)
def test_a_key_and_a_value_read_back_or_are_refused(folder, key, value, sub):
    document = parse("[default]\n\n  [profile dev]\n")
    before = document.render()
    try:
        document.set(DEFAULT, key, value, sub)
    except UsageError:
        assert document.render() == before
        return
    assert document.get(DEFAULT, key, sub) == value
    loaded = cases.by_botocore(document.render(), folder)["profiles"]
    assert loaded["default"][key.lower()] == (value if sub is None else {sub: value})
    assert loaded["dev"] == {}


def test_a_clone_goes_its_own_way():
    document = parse("[default]\ns3 =\n  a = 1\n")
    copy = document.clone()
    copy.set(DEFAULT, "s3", "text")
    copy.add_section(DEV)
    document.set(DEFAULT, "s3", "2", "b")
    assert render(document) == "[default]\ns3 =\n  a = 1\n  b = 2\n"
    assert render(copy) == "[default]\ns3 = text\n\n[profile dev]\n"


# Golden examples: lines


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("region = old", "region = new"),
        ("region=old", "region=new"),
        ("region : old", "region : new"),
        ("Region\t=\told", "Region\t=\tnew"),
        ("   REGION   =   old  ", "   REGION   =   new  "),
        ("region = old # note", "region = new"),
        ("region =", "region = new"),
        ("region=", "region=new"),
        ("region = a = b : c", "region = new"),
        ("region = old\n  more", "region = new"),
        ("region =\n  a = 1\n  # c\n\n  b = 2", "region = new"),
        ("region = old\nregion = older", "region = old\nregion = new"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# about x\n[x]\ny=1"])
def test_an_edited_line_keeps_its_form(line, after, ending, end):
    text = f"[default]\n{line}{end}".replace("\n", ending)
    wanted = f"[default]\n{after}{end}".replace("\n", ending)
    assert edited(text, DEFAULT, "region", "new") == wanted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "region = x\n"),
        ("a = 1\n", "a = 1\nregion = x\n"),
        ("a=1\n", "a=1\nregion=x\n"),
        ("a: 1\n", "a: 1\nregion: x\n"),
        ("    a = 1\n", "    a = 1\n    region = x\n"),
        ("\ta = 1\n", "\ta = 1\n\tregion = x\n"),
        ("output  = 1\n", "output  = 1\nregion  = x\n"),
        (
            "a_long_key   = 1\nb            = 2\n",
            "a_long_key   = 1\nb            = 2\nregion       = x\n",
        ),
        ("s3 =\n  b = 1\n", "s3 =\n  b = 1\nregion = x\n"),
        ("s3=\n  b = 1\n", "s3=\n  b = 1\nregion=x\n"),
        ("a = 1\n\n# about the next\n", "a = 1\nregion = x\n\n# about the next\n"),
        ("# only words\n", "region = x\n# only words\n"),
        ("  a = 1\n b = 2\n", "  a = 1\n b = 2\n region = x\n"),
        ("   junk\n", "   junk\nregion = x\n"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("next_section", ["", "[next]\nregion = n\n"])
def test_a_new_key_goes_after_the_last_one_in_its_style(before, after, ending, next_section):
    text = f"[default]\n{before}{next_section}".replace("\n", ending)
    wanted = f"[default]\n{after}{next_section}".replace("\n", ending)
    assert edited(text, DEFAULT, "region", "x") == wanted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s3 =\n  a = 0\n", "s3 =\n  a = 1\n"),
        ("s3 =\n  b=0\n", "s3 =\n  b=0\n  a=1\n"),
        ("s3 =\n\tb = 0\n\n# next", "s3 =\n\tb = 0\n\ta = 1\n\n# next"),
        ("s3 =\n", "s3 =\n    a = 1\n"),
        ("  s3 =\n", "  s3 =\n      a = 1\n"),
        ("s3 = text\n  more\nx = y\n", "s3 =\n    a = 1\nx = y\n"),
        ("x=y\n", "x=y\ns3=\n    a = 1\n"),
        ("s3 =\n  b = 0", "s3 =\n  b = 0\n  a = 1"),
        ("s3 =\n  a = 0\n  a = 0\n", "s3 =\n  a = 0\n  a = 1\n"),
        ("s3 =\n  a : b = 0\n", "s3 =\n  a : b = 0\n  a = 1\n"),
    ],
)
def test_a_nested_key_is_edited_in_its_block(before, after):
    assert edited(f"[default]\n{before}", DEFAULT, "S3", "1", "a") == f"[default]\n{after}".replace(
        "s3=\n", "S3=\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s3 =\n  a = 1\n  b = 2\n", "s3 =\n  b = 2\n"),
        ("s3 =\n  b = 2\n  a = 1", "s3 =\n  b = 2"),
        ("x = y\ns3 =\n  # c\n  a = 1\n", "x = y\n"),
        ("s3 =\n  a = 1\ns3 =\n  a = 2\n  c = 3\n", "s3 =\n  c = 3\n"),
    ],
)
def test_a_nested_key_is_removed_and_a_block_left_empty_with_it(before, after):
    document = parse(f"[default]\n{before}")
    assert document.unset(DEFAULT, "s3", "a")
    assert render(document) == f"[default]\n{after}"


def test_unset_takes_the_whole_block_and_every_duplicate():
    document = parse("[default]\nS3 =\n  a = 1\n\n  b = 2\n# c\nx = y\n[default]\ns3 = z\n  more\n")
    assert document.unset(DEFAULT, "s3")
    assert render(document) == "[default]\n# c\nx = y\n[default]\n"


def test_unset_reaches_the_shadowed_spelling_too():
    document = parse("[default]\nregion = x\n[profile default]\noutput = json\n")
    assert document.unset(DEFAULT, "region")
    assert render(document) == "[default]\n[profile default]\noutput = json\n"


def test_an_edit_goes_to_the_definition_that_counts():
    text = "[default]\nregion = a\n[profile default]\nregion = b\n[x]\n[profile default]\ny = z\n"
    assert edited(text, DEFAULT, "region", "c") == text.replace("region = b", "region = c")
    assert edited(text, DEFAULT, "new", "c") == text + "new = c\n"


def test_a_key_before_an_indented_header_does_not_swallow_it():
    text = "[default]\n  [profile dev]\n  a = 1\n"
    assert edited(text, DEFAULT, "region", "x") == (
        "[default]\n  region = x\n  [profile dev]\n  a = 1\n"
    )


def test_the_end_of_a_section_does_not_swallow_an_indented_header():
    document = parse("[default]\na = 1\n[x]\n  [profile dev]\n  b = 2\n")
    document.remove_section(("x", ""))
    assert render(document) == "[default]\na = 1\n[profile dev]\n  b = 2\n"


# Golden examples: sections


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "[profile dev]\n"),
        ("\ufeff", "\ufeff[profile dev]\n"),
        ("[x]\n", "[x]\n\n[profile dev]\n"),
        ("[x]", "[x]\n\n[profile dev]"),
        ("[x]\r\na = 1", "[x]\r\na = 1\r\n\r\n[profile dev]"),
        ("[x]\ra = 1\r", "[x]\ra = 1\r\r[profile dev]\r"),
        ("[x]\na = 1\n\n", "[x]\na = 1\n\n[profile dev]\n"),
        ("# c\n", "# c\n\n[profile dev]\n"),
        ("[x]\r\n  \r\n", "[x]\r\n  \r\n[profile dev]\r\n"),
    ],
)
def test_a_new_section_is_set_off_by_one_blank_line(text, after):
    document = parse(text)
    document.add_section(DEV)
    document.add_section(DEV)
    assert render(document) == after


@pytest.mark.parametrize(
    ("section", "header"),
    [
        (DEFAULT, "default"),
        (DEV, "profile dev"),
        ((PROFILE, "plugin"), "profile plugin"),
        ((PROFILE, "a.b@c+d/e"), "profile a.b@c+d/e"),
        ((PROFILE, "a b"), "profile 'a b'"),
        ((PROFILE, 'a "b"'), "profile 'a \"b\"'"),
        ((PROFILE, "it's"), 'profile "it\'s"'),
        ((PROFILE, "it's \"\\"), 'profile "it\'s \\"\\\\"'),
        ((PROFILE, "DEFAULT"), "profile DEFAULT"),
        ((SSO_SESSION, "my sso"), "sso-session 'my sso'"),
        ((SERVICES, "x"), "services x"),
        (("plugins", ""), "plugins"),
    ],
)
def test_a_header_is_quoted_only_where_it_must_be(section, header):
    assert edited("", section, "k", "v") == f"[{header}]\nk = v\n"


@pytest.mark.parametrize(
    "section",
    [
        (PROFILE, ""),
        (PROFILE, " a"),
        (PROFILE, "a]"),
        (PROFILE, "a\nb"),
        (PROFILE, "a\rb"),
        (PROFILE, "a\0b"),
        (PROFILE, "a\u2028b"),
        (PROFILE, "\udcff"),
        ("DEFAULT", ""),
        ("default", ""),
        ("profile dev", ""),
        ("", ""),
        ("x]", ""),
    ],
)
def test_a_section_that_cannot_be_expressed_is_refused(section):
    document = parse("[default]\n")
    with pytest.raises(UsageError):
        document.set(section, "k", "v")
    with pytest.raises(UsageError):
        document.rename_section(DEFAULT, section)
    assert render(document) == "[default]\n"


@pytest.mark.parametrize("section", [("plugins", ""), (PROFILE, "DEFAULT"), (SERVICES, "x")])
def test_a_credentials_file_takes_only_profiles(section):
    document = Document.parse(b"", credentials=True)
    with pytest.raises(UsageError):
        document.add_section(section)


def test_names_in_a_credentials_file_are_literal():
    document = Document.parse(b"[default]\n", credentials=True)
    document.set((PROFILE, "it's a"), "k", "v")
    assert document.render() == b"[default]\n\n[it's a]\nk = v\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[profile dev]\na = 1\n", ""),
        ("# c\n[profile dev]\na = 1\n", "# c\n"),
        ("[a]\nx = 1\n\n[profile dev]\ny = 1\n", "[a]\nx = 1\n"),
        ("[a]\nx = 1\n\n[profile dev]\ny = 1", "[a]\nx = 1"),
        ("[profile dev]\ny = 1\n\n[b]\n", "[b]\n"),
        ("[a]\n\n[profile dev]\ny = 1\n\n[b]\n", "[a]\n\n[b]\n"),
        ("[a]\n\n[profile dev]\ny = 1\n\n# b\n[b]\n", "[a]\n\n# b\n[b]\n"),
        ("[a]\n\n[profile dev]\ny = 1\n# z = 1\n\n[b]\n", "[a]\n\n[b]\n"),
        ("[a]\n\n[profile dev]\ny = 1\n# b\n[b]\n", "[a]\n\n# b\n[b]\n"),
        ("[a]\n[profile dev]\n[b]\n[profile 'dev']\nx=1\n[c]\n", "[a]\n[b]\n[c]\n"),
        ("[a]\r\n\r\n[profile dev]\r\ny = 1", "[a]"),
    ],
)
def test_a_removed_section_leaves_one_gap_and_the_comments_of_the_next(text, after):
    document = parse(text)
    assert document.remove_section(DEV)
    assert render(document) == after


def test_a_renamed_header_keeps_its_surroundings():
    text = "\ufeff  [profile dev] # mine\r\nx = 1\r\n"
    document = parse(text)
    document.rename_section(DEV, (PROFILE, "a b"))
    assert render(document) == text.replace("dev", "'a b'")
    document.rename_section((PROFILE, "a b"), DEFAULT)
    assert render(document) == text.replace("profile dev", "default")


def test_renaming_takes_duplicates_along():
    document = parse("[profile dev]\na = 1\n[x]\n[profile dev]\nb = 2\n")
    document.rename_section(DEV, (PROFILE, "new"))
    assert render(document) == "[profile new]\na = 1\n[x]\n[profile new]\nb = 2\n"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("[default]\n", (PROFILE, "new")),
        ("[profile dev]\n[profile new]\n", (PROFILE, "new")),
        ("[profile dev]\n[profile 'dev']\n", (PROFILE, "new")),
        ("[ profile dev ]\n[profile dev]\n", (PROFILE, "new")),
    ],
)
def test_a_renaming_that_would_lose_something_is_refused(text, new):
    document = parse(text)
    with pytest.raises(UsageError):
        document.rename_section(DEV, new)
    assert render(document) == text


def test_a_bare_section_holds_not_even_a_comment():
    document = parse("[default]\n\n[profile dev]\n# c\n[x]\na = 1\n")
    assert document.is_bare(DEFAULT)
    assert not document.is_bare(DEV)
    assert not document.is_bare(("x", ""))
    assert not document.is_bare(("absent", ""))


def test_a_utf16_file_is_read_as_nothing_and_never_edited():
    data = "[default]\nregion = x\n".encode("utf-16")
    document = Document.parse(data)
    for edit in (
        lambda: document.set(DEFAULT, "a", "b"),
        lambda: document.unset(DEFAULT, "a"),
        lambda: document.add_section(DEV),
        lambda: document.remove_section(DEFAULT),
        lambda: document.rename_section(DEFAULT, DEV),
    ):
        with pytest.raises(UsageError, match="UTF-16"):
            edit()
    assert document.render() == data


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", " abc", "abc\t", "\0", "\x1b[0m", "a\u2028b", "\udcff"]
)
def test_a_value_that_would_not_read_back_is_refused_and_not_quoted(value):
    document = parse("[default]\n")
    with pytest.raises(UsageError) as caught:
        document.set(DEFAULT, "k", value)
    assert value not in caught.value.message
    assert render(document) == "[default]\n"


@pytest.mark.parametrize("key", ["", " a", "a=b", "a:b", "#a", ";a", "[a", "a\n", "a\0", "\udcff"])
def test_a_name_that_would_not_read_back_is_refused(key):
    document = parse("[default]\n")
    with pytest.raises(UsageError):
        document.set(DEFAULT, key, "v")
    with pytest.raises(UsageError):
        document.set(DEFAULT, "s3", "v", key)
    assert render(document) == "[default]\n"


# The known defects of `aws configure`


def test_crlf_stays_crlf():
    text = "[default]\r\nregion = a\r\n; c\r\n"
    assert edited(text, DEFAULT, "output", "json") == (
        "[default]\r\nregion = a\r\noutput = json\r\n; c\r\n"
    )


@pytest.mark.parametrize(
    "header", ["[profile\tdev]", "[profile 'dev']", '[profile "dev"]', "[profile  dev]"]
)
def test_a_header_spelled_another_way_gets_no_second_section(header):
    assert edited(f"{header}\n", DEV, "region", "x") == f"{header}\nregion = x\n"


def test_a_padded_header_is_mended_rather_than_doubled(folder):
    text = "[ default ] # home\noutput = json\n\n[ profile dev ]\n"
    after = edited(text, DEFAULT, "region", "x")
    assert after == "[default] # home\noutput = json\nregion = x\n\n[ profile dev ]\n"
    assert cases.by_botocore(after.encode(), folder)["profiles"]["default"]["region"] == "x"
    assert edited(after, DEV, "a", "b").endswith("\n[profile dev]\na = b\n")


def test_a_padded_header_beside_the_right_one_is_left_alone():
    text = "[ default ]\na = 1\n[default]\nb = 2\n"
    assert edited(text, DEFAULT, "a", "3") == text + "a = 3\n"


def test_a_byte_order_mark_stays_and_gets_no_second_section():
    assert edited("\ufeff[default]\r\n", DEFAULT, "region", "x") == (
        "\ufeff[default]\r\nregion = x\r\n"
    )


def test_a_key_in_capitals_is_edited_and_not_doubled():
    assert edited("[default]\nRegion = a\n", DEFAULT, "region", "b") == "[default]\nRegion = b\n"


def test_a_text_over_a_nested_block_leaves_no_orphans():
    text = "[default]\ns3 =\n  a = 1\n  b = 2\nregion = x\n"
    assert edited(text, DEFAULT, "s3", "off") == "[default]\ns3 = off\nregion = x\n"


def test_a_nested_key_at_the_end_of_a_file_without_a_newline_joins_no_lines():
    text = "[default]\ns3 =\n  a = 1"
    assert edited(text, DEFAULT, "s3", "2", "b") == "[default]\ns3 =\n  a = 1\n  b = 2"


def test_bytes_that_are_no_utf8_survive_an_edit():
    data = b"[default]\n# caf\xe9\nx = \xff\xfe\n"
    document = Document.parse(data)
    document.set(DEFAULT, "region", "x")
    assert document.render() == data + b"region = x\n"


@pytest.mark.parametrize("name", ["p", "plug", "plugin", "plugins"])
def test_a_profile_named_like_a_part_of_plugins_keeps_its_prefix(folder, name):
    after = edited("[plugins]\nx = 1\n", (PROFILE, name), "region", "x")
    assert after == f"[plugins]\nx = 1\n\n[profile {name}]\nregion = x\n"
    assert cases.by_botocore(after.encode(), folder)["profiles"] == {name: {"region": "x"}}

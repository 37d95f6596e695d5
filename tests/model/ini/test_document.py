"""The reading half of `awscreds.model.ini.document`, with botocore as the judge."""

import os
import shlex
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example
from hypothesis import strategies as st

from awscreds.model.ini.blocks import split_words
from awscreds.model.ini.document import (
    PROFILE,
    SERVICES,
    SSO_SESSION,
    Document,
    scan,
)
from awscreds.model.problems.lines import problems_of
from awscreds.model.problems.problem import BOTOCORE_REFUSES, Problem
from tests.model.ini import cases

DEFAULT = (PROFILE, "default")
DEV = (PROFILE, "dev")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("ini"))


def codes(data, **kind):
    return {problem.code for problem in problems_of(Document.parse(data, **kind))}


# Laws


@cases.law(st.binary() | cases.texts().map(str.encode) | cases.soups.map(str.encode))
@example(b"\xef\xbb\xbf[default]\r\nregion = \xff\xfe\r")
@example("[default]\n  [x]\n".encode("utf-16"))
def test_a_document_renders_to_the_bytes_it_was_parsed_from(data):
    assert Document.parse(data).render() == data
    assert Document.parse(data, credentials=True).render() == data


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(cases.texts(cases.TIDY) | cases.soups)
def test_values_are_botocores_and_where_it_refuses_a_problem_says_so(folder, text):
    document = Document.parse(text.encode())
    loaded = cases.by_botocore(text.encode(), folder)
    refusals = {problem.code for problem in problems_of(document)} & BOTOCORE_REFUSES
    if loaded is None:
        assert refusals
    else:
        assert not refusals
        assert cases.as_botocore(document) == cases.comparable(loaded)


@cases.law(cases.texts(cases.TIDY) | cases.soups)
def test_duplicates_merge_as_if_botocores_parser_were_not_strict(text):
    loaded = cases.by_lenient_botocore(text)
    if loaded is not None:
        assert cases.as_botocore(Document.parse(text.encode())) == cases.comparable(loaded)


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(cases.texts() | cases.soups)
def test_default_in_capitals_is_the_one_difference_to_botocore(folder, text):
    document = Document.parse(text.encode())
    loaded = cases.by_botocore(text.encode(), folder)
    if loaded is not None:
        spread = document.values(("DEFAULT", ""))
        ours = cases.as_botocore(document)
        ours.pop("DEFAULT", None)
        for name, values in ours.items():
            if name not in cases.KINDS.values():
                ours[name] = spread | values
                continue
            for each in values:
                values[each] = spread | values[each]
        assert ours == cases.comparable(loaded)


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(cases.texts(cases.TIDY) | cases.soups)
def test_sections_of_a_credentials_file_are_profiles_by_their_literal_header(folder, text):
    document = Document.parse(text.encode(), credentials=True)
    loaded = cases.sections_by_botocore(text.encode(), folder)
    if loaded is not None:
        assert {name: document.values((PROFILE, name)) for name in document.profiles()} == loaded
        assert document.sections() == [(PROFILE, name) for name in loaded]


@cases.law(cases.texts() | cases.soups, st.booleans())
def test_a_scan_reads_what_the_document_does(text, credentials):
    data = text.encode()
    document = Document.parse(data, credentials=credentials)
    for section in [*document.sections(), DEFAULT, DEV, ("plugins", ""), (PROFILE, "a b")]:
        expected = document.values(section) if document.has(section) else None
        assert scan(data, section, credentials=credentials) == expected


@cases.law(cases.texts() | cases.soups)
def test_the_line_of_a_key_holds_its_definition(text):
    data = text.encode()
    rows = Document.parse(data).render().decode().removeprefix("\ufeff")
    rows = rows.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    document = Document.parse(data)
    for section in document.sections():
        assert rows[document.line_of(section) - 1].strip().startswith("[")
        for key in document.values(section):
            assert rows[document.line_of(section, key) - 1].strip().lower().startswith(key)


@cases.law(st.text(alphabet="ab \t\r\n\"'\\#\x0b\u00a0\u3000é", max_size=12) | st.text(max_size=12))
@example("a\\")
@example('"a\\')
@example("a 'b")
@example('a"b\\"c\\d"')
def test_headers_part_into_words_as_shlex_parts_them(text):
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(ValueError):
            split_words(text)
    else:
        assert split_words(text) == expected


@cases.law(cases.texts() | cases.soups)
def test_no_problem_quotes_a_value_or_a_line_without_a_key(text):
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    text = text.replace("eu-central-1", secret).replace("junk", secret).replace("a = 1", secret)
    assert secret.lower() not in str(problems_of(Document.parse(text.encode()))).lower()


# Golden examples


@pytest.mark.parametrize(
    ("header", "section"),
    [
        ("default", DEFAULT),
        ("profile default", DEFAULT),
        ("profile dev", DEV),
        ("profile\tdev", DEV),
        ("profile 'dev'", DEV),
        ('profile "a b"', (PROFILE, "a b")),
        ("profile 'a b'", (PROFILE, "a b")),
        ("profilefoo bar", (PROFILE, "bar")),
        ("profile a.b@c+d/e", (PROFILE, "a.b@c+d/e")),
        ("profile plugin", (PROFILE, "plugin")),
        ("sso-session x", (SSO_SESSION, "x")),
        ("services x", (SERVICES, "x")),
        ("plugins", ("plugins", "")),
        ("plugin", ("plugin", "")),
        (" default ", (" default ", "")),
        ("profile a b", ("profile a b", "")),
        ("profile", ("profile", "")),
    ],
)
def test_a_header_stands_for_the_section_botocore_takes_it_for(header, section):
    document = Document.parse(f"[{header}]\nregion = x\n".encode())
    assert document.sections() == [section]
    assert document.values(section) == {"region": "x"}


def test_in_a_credentials_file_every_header_is_a_literal_name():
    data = b"[profile dev]\na=1\n[default]\na=2\n[a b]\na=3\n"
    document = Document.parse(data, credentials=True)
    assert document.profiles() == ["profile dev", "default", "a b"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("region = eu # not a comment", {"region": "eu # not a comment"}),
        ("a : b = c", {"a": "b = c"}),
        ("a = b : c", {"a": "b : c"}),
        ("REGION = x", {"region": "x"}),
        ("s3 =\n  Max = 1\n  b = 2", {"s3": {"Max": "1", "b": "2"}}),
        ("s3 =\n", {"s3": ""}),
        ("s3 =\n  # only a comment\n", {"s3": ""}),
        ("s3 =\n\n  a = 1\n# c\n  b = 2", {"s3": {"a": "1", "b": "2"}}),
        ("s3 = x\n  a = 1", {"s3": "x\na = 1"}),
        ("a = 1\n\n  2\n\nb = 3", {"a": "1\n\n2", "b": "3"}),
        ("  a = 1\n  b = 2\n c = 3", {"a": "1", "b": "2", "c": "3"}),
    ],
)
def test_values_are_read_as_botocore_reads_them(folder, text, values):
    data = b"[default]\n" + text.encode()
    assert Document.parse(data).values(DEFAULT) == values
    assert cases.by_botocore(data, folder)["profiles"]["default"] == values


def test_of_default_and_profile_default_the_later_replaces_the_other_wholly():
    one, two = b"[default]\na = 1\nb = 1\n", b"[profile default]\na = 2\n"
    assert Document.parse(one + two).values(DEFAULT) == {"a": "2"}
    assert Document.parse(two + one).values(DEFAULT) == {"a": "1", "b": "1"}


def test_duplicates_merge_and_the_last_property_wins():
    document = Document.parse(b"[default]\na = 1\nb = 1\n[x]\n[default]\na = 2\nA = 3\n")
    assert document.values(DEFAULT) == {"a": "3", "b": "1"}
    assert document.line_of(DEFAULT) == 1
    assert document.line_of(DEFAULT, "A") == 7
    assert document.line_of(DEFAULT, "b") == 3


def test_a_byte_order_mark_does_not_hide_the_first_header():
    data = b"\xef\xbb\xbf[default]\r\nregion = x\r\n"
    assert Document.parse(data).get(DEFAULT, "region") == "x"
    assert scan(data, DEFAULT) == {"region": "x"}


def test_the_keys_of_default_in_capitals_are_not_spread():
    document = Document.parse(b"[DEFAULT]\nregion = x\n[profile dev]\noutput = json\n")
    assert document.values(DEV) == {"output": "json"}
    assert problems_of(document)[0].code == "default-section"


def test_get_finds_nested_keys_and_only_those():
    document = Document.parse(b"[default]\nRegion = x\ns3 =\n  a = 1\n")
    assert document.get(DEFAULT, "REGION") == "x"
    assert document.get(DEFAULT, "s3") == {"a": "1"}
    assert document.get(DEFAULT, "S3", "a") == "1"
    assert document.get(DEFAULT, "s3", "A") is None
    assert document.get(DEFAULT, "region", "a") is None
    assert document.get(DEV, "region") is None


def test_what_is_missing_has_no_values_and_no_line():
    document = Document.parse(b"[default]\n")
    assert not document.has(DEV)
    assert document.values(DEV) == {}
    assert document.line_of(DEV) is None
    assert document.line_of(DEFAULT, "region") is None
    assert scan(b"[default]\n", DEV) is None
    assert scan(b"[default]\n", DEFAULT) == {}


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        (b"\xef\xbb\xbf[default]\n", 1, "bom"),
        (b"[default]\r\na = \xff\r\n", 2, "encoding"),
        (b"\xff\xfe[\x00a\x00]\x00", 1, "encoding"),
        (b"# c\nregion = x\n[default]\n", 2, "key-before-section"),
        (b"[default]\n\njunk\n", 3, "keyless-line"),
        (b"[default]\n= x\n", 2, "keyless-line"),
        (b"[default]\r[a]\r[default]\r", 3, "duplicate-section"),
        (b"[default]\na = 1\nA = 2\n", 3, "duplicate-key"),
        (b"[default]\na = 1\n[x]\n[default]\na = 2\n", 5, "duplicate-key"),
        (b"[default]\ns3 =\n  junk\n", 2, "keyless-nested-line"),
        (b"[default]\ns3 =\n  a = 1\n  a = 2\n", 2, "duplicate-nested-key"),
        (b"[default]\n[profile default]\n", 1, "shadowed-section"),
        (b"\n[profile x]\n[profile 'x']\n", 2, "shadowed-section"),
        (b"[ default ]\n", 1, "padded-header"),
        (b"[ profile dev]\n", 1, "padded-header"),
        (b"[profile a b]\n", 1, "unreadable-header"),
        (b"[profile 'a]\n", 1, "unreadable-header"),
        (b"[DEFAULT]\n", 1, "default-section"),
    ],
)
def test_a_problem_names_its_line(data, line, code):
    assert (line, code) in [(p.line, p.code) for p in problems_of(Document.parse(data))]


def test_a_credentials_header_with_the_word_profile_is_a_problem():
    assert codes(b"[profile dev]\n", credentials=True) == {"profile-prefix"}
    assert codes(b"[dev]\n[a.b@c+d/e:f%g]\n[default]\n", credentials=True) == set()


def test_a_tidy_file_has_no_problems():
    data = b"# c\n[default]\nregion = x\ns3 =\n  a = 1\n\n[profile dev]\n[plugins]\n[services x]\n"
    assert problems_of(Document.parse(data)) == []


def test_a_problem_shows_itself_in_an_assertion():
    assert repr(Problem(3, "bom", "text")) == "Problem(3, 'bom', 'text')"
    assert Problem(3, "bom", "text") == Problem(3, "bom", "text")


def test_reading_imports_nothing_heavy():
    code = (
        "import sys; before = set(sys.modules); import awscreds.model.ini.document;"
        "print(*sorted(name for name in set(sys.modules) - before if name[:8] != 'awscreds'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert set(done.stdout.split()) <= {"__future__"}


def test_threads_that_share_a_document_all_learn_its_lines():
    """`rotate --all` looks up the endpoints of many profiles at once."""
    text = "".join(f"[profile p{number}]\nregion = x\n" for number in range(500)).encode()
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for _ in range(20):
                document, all_here = Document.parse(text), threading.Barrier(4)

                def look(_, document=document, all_here=all_here):
                    all_here.wait()
                    return document.line_of((PROFILE, "p499"), "region")

                assert list(threads.map(look, range(4))) == [1000] * 4
    finally:
        sys.setswitchinterval(switch)

"""The sections that one pattern finds are those that are read line by line."""

import pytest
from hypothesis import example
from hypothesis import strategies as st

from awscreds.model.ini import blocks, document, tidy
from awscreds.model.ini.document import Document
from awscreds.model.problems.lines import problems_of
from tests.model.ini import cases

NAMES = [
    *("profile a", "profile b", "profile profile", "profile DEFAULT", "profile a b"),
    *("default", "a", "plugins", "DEFAULT"),
]
LINES = [
    "region = eu-west-1",
    "role_arn = arn:aws:iam::210987654321:role/team/x",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE AKIA",
    "credential_process = /usr/bin/true --profile x = y",
    "awscreds_serve = nonsense",
    "mfa_process =",
    "output = = json",
    "output = js#on",
    "s3 =\n  a = b",
    "[not a header",
    " [profile c]",
]


@st.composite
def regular(draw):
    """Files that are mostly tidy: long runs of plain sections, and others between them."""
    ending = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    sections = st.tuples(
        st.sampled_from(NAMES), st.lists(st.sampled_from(LINES), max_size=3), st.integers(0, 2)
    )
    found = draw(st.lists(sections | cases.lines(), max_size=6))
    text = "".join(
        part
        if isinstance(part, str)
        else f"[{part[0]}]\n" + "".join(f"{line}\n" for line in part[1]) + "\n" * part[2]
        for part in found
    )
    return text.replace("\n", ending) if "\r" not in text else text


hostile = regular() | cases.texts() | cases.soups | st.text()


def parsed(data, monkeypatch, *, credentials, long):
    monkeypatch.setattr(document, "_LONG", long)
    return Document.parse(data, credentials=credentials)


@pytest.mark.parametrize("credentials", [False, True])
def test_both_readers_find_the_same_in_any_file(credentials):
    @cases.law(hostile)
    @example("[profile a]\nregion = x\n[not a header\noutput = y\n")
    @example("[profile a]\nregion = x\n\n[profile a]\nregion = y\n")
    @example("[default]\nregion = x\nregion = y\n")
    @example("\n\n[default]\nregion = x")
    @example("[DEFAULT]\nregion = x\n[DEFAULT2]\n[a]\nregion = y\n")
    def law(text):
        data = text.encode(errors="surrogatepass")
        with pytest.MonkeyPatch.context() as patch:
            closely = parsed(data, patch, credentials=credentials, long=1 << 30)
            quickly = parsed(data, patch, credentials=credentials, long=-1)
        shape = [(block.raw, block.header, block.key) for block in closely.blocks]
        assert [(block.raw, block.header, block.key) for block in quickly.blocks] == shape
        for section in closely.sections():
            assert quickly.values(section) == closely.values(section)
            assert list(quickly.values(section)) == list(closely.values(section))
        assert quickly.profiles() == closely.profiles()
        assert quickly.render() == data
        found, expected = problems_of(quickly), problems_of(closely)
        assert [(repr(each), each.tools, each.section, each.remedy) for each in found] == [
            (repr(each), each.tools, each.section, each.remedy) for each in expected
        ]

    law()


def test_almost_all_sections_of_a_plain_file_are_tidy():
    text = "".join(f"[profile p{n}]\nrole_arn = arn:aws:iam::1:role/r\n\n" for n in range(100))
    for ending in ("\n", "\r\n"):
        lines = (text + "[profile x]\nregion = 'y'\n").replace("\n", ending)
        read = tidy.read_blocks(lines, credentials=False)
        assert [block.is_tidy for block in read] == [False] + [True] * 100 + [False]
        assert len(blocks.read_blocks(lines, credentials=False)) == len(read)

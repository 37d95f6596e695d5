"""A file that is read as a plain one is what the document says, and nothing is wrong with it."""

import pytest
from hypothesis import example
from hypothesis import strategies as st

from awscreds.model import plain_files
from awscreds.model.ini.document import PROFILE, SSO_SESSION, Document
from awscreds.model.problems.lines import problems_of
from tests.model.ini import cases
from tests.model.ini.test_tidy import regular

HEADS = ("profile a", "profile b.c", "default", "sso-session s", "a", "b", "DEFAULT", "profile a b")
LINES = (
    "region = eu-west-1",
    "output = json",
    "role_arn = arn:aws:iam::210987654321:role/team/x",
    "source_profile = a",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "aws_session_token = a b",
    "credential_process = /usr/bin/true --profile x",
    "credential_process = x = region",
    "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "awscreds_access_key_id = x",
    "awscreds_serve = session",
    "awscreds_key_cache = soon",
    "mfa_process = x\\",
    "region",
    "output",
    "region = x = output",
    "region= x",
    "region =",
    "region = ",
    "region = x ",
    "region =  x",
    "Region = x",
    "region : x",
    "regoin = x",
    "region = [x",
    "region = 'x'",
    "region = x # y",
    "s3 =\n  a = b",
    "# region = x = y [z]",
    "; é",
    " # x",
    "",
    " ",
    "[",
    "[]",
    "[x",
)


PLAIN = "[default]\n# x\n\n\nregion = x\n\n"
ALIKE = "[default]\nregion = x\n\n[profile a]\nregion = y\n\n[profile b]\nregion = z\n"
GOOD = (*LINES[:6], LINES[7], LINES[9], LINES[11], LINES[29], "")
"""Most lines are from here, so that half of the files are plain ones."""


@st.composite
def nearly_plain(draw):
    section = st.tuples(
        st.sampled_from(HEADS[:4] * 9 + HEADS),
        st.lists(st.sampled_from(GOOD * 24 + LINES), max_size=3, unique=True),
    )
    parts = draw(st.lists(section, max_size=3, unique_by=lambda part: part[0]))
    text = "".join(f"[{head}]\n" + "".join(f"{row}\n" for row in rows) for head, rows in parts)
    text = draw(st.sampled_from([*[""] * 9, "\n", "region = x\n"])) + text
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    return text.replace("\n", draw(st.sampled_from([*["\n"] * 7, "\r\n", "\r"])))


ODD = ("region = x = output", "json", "region", "output", "= x", "x = [y", "s3 = \n[b]")


@st.composite
def alike(draw):
    """Sections with the same lines, of which at most one line is another one."""
    lines = draw(st.lists(st.sampled_from(GOOD[:5] * 3 + LINES + ODD * 3), max_size=4, unique=True))
    between = draw(st.sampled_from(["", "", "\n", "\n\n"]))
    kind = draw(st.sampled_from(["", "profile "]))
    end = draw(st.sampled_from([*["]"] * 9, "", "] "]))
    names = draw(st.lists(st.sampled_from(["a", "bc", "de", "fg"]), min_size=2, unique=True))
    rows = []
    for name in names:
        rows += [f"[{kind}{name}{end}", *lines, *["" for _ in between]]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(rows) - 1))
        odd = (
            "[x",
            "[profile ]",
            "[plugins_x]",
            "[profile a]",
            "[a]",
            "[default]",
            "[sso-session s]",
            *LINES,
        )
        rows[at] = draw(st.sampled_from(odd + ODD))
    return "\n".join(rows) + draw(st.sampled_from(["", "\n"]))


def read(data, *, credentials):
    """The file, and the values of each profile by its name; None if it is not a plain one."""
    file = plain_files.PlainFile(data, credentials=credentials)
    try:
        return file, {name: some.values_of(name) for some in file.read() for name in some.names}
    except plain_files.NotPlain:
        return None


@pytest.mark.parametrize("at_once", [1, 40, 1 << 15])
@pytest.mark.parametrize("credentials", [False, True])
def test_what_is_read_in_a_plain_file_is_in_the_document_and_in_order(
    credentials, at_once, monkeypatch
):
    monkeypatch.setattr(plain_files, "_AT_ONCE", at_once)
    was_read = []

    @cases.law(nearly_plain() | alike() | nearly_plain() | alike() | regular() | st.text())
    @example("[default]\nregion = x = output\njson\n")
    @example("[default]\nregion = x = xoutput\njson\n")
    @example("[default]\nregion = x\noutput\ns3\n")
    @example("[default]\nregion = x\nregion = y\n")
    @example("[default]\nregion = x\nregion\noutput\n")
    @example("[default]\nregion = output = x\n[a]\nregion\n")
    @example("[default]\nregion = x\n[default]\noutput = y\n")
    @example("[default]\n[profile default]\n")
    @example("[a]\naws_session_token = a b\n")
    @example("[DEFAULT]\nregion = x\n")
    @example("[a]x\nregion = x\n")
    @example("\ufeff[default]\n")
    @example("# é\n[default]\n")
    @example("[plugins_x]\nregion = x\n[profile b]\nregion = y\n")
    @example("[profile a]\nregion = x\n[profile bc\nregion = y\n")
    @example(ALIKE)
    @example("[sso-session s]\nawscreds_access_key_id = x\n")
    @example("[sso-session s]\nregion = x\n[sso-session t]\naws_session_token = a b\n")
    @example(PLAIN)
    def law(text):
        data = text.encode(errors="surrogatepass")
        found = read(data, credentials=credentials)
        if found is None:
            return
        was_read.append(text)
        file, values = found
        document = Document.parse(data, credentials=credentials)
        assert list(file.profiles) == list(values) == document.profiles()
        sessions = [name for kind, name in document.sections() if kind == SSO_SESSION]
        assert sorted(file.sessions) == sorted(sessions)
        for name, its in values.items():
            assert list(its.items()) == list(document.values((PROFILE, name)).items())
            assert file.profiles[name].names == tuple(its)
        assert problems_of(document) == []

    law()
    # The law is not idle.
    assert PLAIN in was_read
    assert (ALIKE in was_read) != credentials


def test_a_file_as_people_have_it_is_plain():
    text = (
        "# of work\n[default]\nregion = eu-west-1\n\n\n[profile a]\n"
        "credential_process = /x/python -I /x/awscreds/__main__.py credential-process --profile a\n"
        "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "awscreds_mfa_serial = arn:aws:iam::123456789012:mfa/a\n\n"
        "[profile b]\n; old\nrole_arn = arn:aws:iam::210987654321:role/b\nsource_profile = a\n"
        "[profile empty]\n\n"
        "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1"
    )
    for ending in ("\n", "\r\n"):
        data = text.replace("\n", ending).encode()
        file, _ = read(data, credentials=False)
        assert list(file.profiles) == ["default", "a", "b", "empty"]
    for nothing in (b"", b"\n\n"):
        assert read(nothing, credentials=False)[1] == {}


@pytest.mark.parametrize("blank", ["", "\n"], ids=["close together", "with blank lines"])
@pytest.mark.parametrize("credentials", [False, True])
def test_alike_profiles_are_read_without_a_look_at_each(credentials, blank, monkeypatch):
    """But for the last ones: nothing follows these, or there is only one left."""
    names = [f"p{number}" for number in range(50)]
    prefix = "" if credentials else "profile "
    text = blank.join(f"[{prefix}{name}]\nregion = {name}\noutput = x\n" for name in names)
    looked_at, look = [], plain_files.PlainFile._sections

    def noted(file, lines):
        looked_at.append(lines.count("region"))
        return look(file, lines)

    monkeypatch.setattr(plain_files.PlainFile, "_sections", noted)
    monkeypatch.setattr(plain_files, "_AT_ONCE", 300)

    _, values = read(text.encode(), credentials=credentials)

    assert values == {name: {"region": name, "output": "x"} for name in names}
    assert sum(looked_at) < 12


def test_the_header_of_a_credentials_file_has_an_end():
    for text in ("[a\nregion = x\n", "[a]\nregion = x\n[b\nregion = y\n", "[a]\n[default\n"):
        assert read(text.encode(), credentials=True) is None

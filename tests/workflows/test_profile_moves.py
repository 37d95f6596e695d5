"""Renaming, copying and removing a profile change its own lines, and no other byte."""

import re

import pytest
from hypothesis import assume, example
from hypothesis import strategies as st

from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.profile_references import references
from awscreds.stores.profile_journal import COPY, RENAME, Move
from awscreds.workflows.profile_moves import apply
from awscreds.workflows.profile_removal import remove_from
from tests.model.ini.cases import HEADERS, law, texts

DEV, NEW = (PROFILE, "dev"), (PROFILE, "new")
LINE = "/opt/python -I /opt/awscreds/__main__.py credential-process"
MESSY = (
    b"# top\r\n\r\n# about dev\r\n[profile dev]\r\n region : eu-west-1 ; home\r\n# inside\r\n"
    b"output=json\r\n\r\n; about admin\n[profile admin]\nsource_profile = dev\n"
    b"Source_Profile=dev  # once more\nrole_arn = x\n[profile other]\nsource_profile = device\n"
)


def documents(config=b"", credentials=b""):
    if isinstance(config, str):
        config = config.encode("utf-8", "surrogateescape")
    if isinstance(credentials, str):
        credentials = credentials.encode("utf-8", "surrogateescape")
    return AwsDocuments(
        Document.parse(config), Document.parse(credentials, credentials=True), "/c", "/k"
    )


def rows(document):
    text = document.render().decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return re.split(r"\r\n|\r|\n", text)


def moved(files, action):
    """After the move; None if it is refused, and then nothing has changed."""
    before = files.config.render(), files.credentials.render()
    trial = files.clone()
    try:
        apply(Move(action, "dev", "new"), trial)
    except (UsageError, ConfigurationError):
        assert (files.config.render(), files.credentials.render()) == before
        return None
    return trial


OTHERS = [header for header in HEADERS if "dev" not in header]


@st.composite
def around(draw, header):
    """A messy file with this header in it, and sometimes once more."""
    before = draw(texts(OTHERS))
    after = draw(texts(OTHERS if draw(st.integers(0, 3)) else HEADERS)).removeprefix("\ufeff")
    gap = draw(st.sampled_from(["", "\n", "\r\n", "# about it\n", "\n; about it\r\n"]))
    return f"{before}\n{gap}{header}\n{after.removeprefix('[default]')}"


FILES = st.tuples(around("[profile dev]"), st.one_of(around("[dev]"), texts(OTHERS)))


@law(FILES)
@example((MESSY.decode(), "[dev]\nx = 1\n"))
def test_a_rename_changes_headers_and_sources_and_no_other_line(both):
    files = documents(*both)
    assume(files.config.has(DEV) or files.credentials.has(DEV))
    after = moved(files, RENAME)
    assume(after is not None)
    for old, new in ((files.config, after.config), (files.credentials, after.credentials)):
        assert new.values(NEW) == old.values(DEV)
        assert not new.has(DEV)
        assert {s: new.values(s) for s in new.sections() if s != NEW} == {
            s: old.values(s) for s in old.sections() if s != DEV
        } or b"source_profile" in old.render()
        assert len(rows(old)) == len(rows(new))
        for was, became in zip(rows(old), rows(new), strict=True):
            is_about = was.lstrip().startswith("[") or "source_profile" in was.lower()
            assert was == became or (is_about and "dev" in was and "new" in became)


@law(FILES)
@example((MESSY.decode(), "[dev]\nx = 1"))
@example(("[profile dev]\ns3 =\n  a = 1\n  b = 2", ""))
def test_a_copy_leaves_every_byte_and_has_the_same_values(both):
    files = documents(*both)
    assume(files.config.has(DEV) or files.credentials.has(DEV))
    after = moved(files, COPY)
    assume(after is not None)
    for old, new in ((files.config, after.config), (files.credentials, after.credentials)):
        assert new.render().startswith(old.render())
        assert new.values(NEW) == old.values(DEV)
        assert {s: new.values(s) for s in new.sections() if s != NEW} == {
            s: old.values(s) for s in old.sections()
        }


@law(FILES)
@example((MESSY.decode(), "# a\n# [dev]\n[dev]\nx = 1\n# end"))
@example(("[default]\n[profile dev]\n\n[ profile dev]", "[ dev ]\nx = 1\n[other]\nx = 2"))
def test_a_removal_takes_its_lines_and_the_comments_above_and_nothing_else(both):
    files = documents(*both)
    after = files.clone()
    remove_from(after, "dev")
    for old, new in ((files.config, after.config), (files.credentials, after.credentials)):
        going = old.spelled(DEV)  # also with blanks, as the plan names them
        if not going:
            assert new.render() == old.render()
            continue
        assert {s: new.values(s) for s in new.sections()} == {
            s: old.values(s) for s in old.sections() if s not in going
        }
        left = iter(row.strip() for row in rows(old))
        assert all(row.strip() in left for row in rows(new)), "not a part, in order"


def test_of_a_messy_file_a_rename_keeps_comments_endings_and_spelling():
    after = moved(documents(MESSY), RENAME)
    expected = MESSY.replace(b"[profile dev]", b"[profile new]")
    expected = expected.replace(b"source_profile = dev\n", b"source_profile = new\n")
    assert after.config.render() == expected.replace(b"Profile=dev ", b"Profile=new ")


def test_of_a_messy_file_a_removal_takes_the_comments_of_the_section():
    files = documents(MESSY)
    remove_from(files, "dev")
    assert (
        files.config.render()
        == b"# top\r\n\r\n; about admin\n" + MESSY.partition(b"; about admin\n")[2]
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# [profile old]\n# x = 1\n[profile dev]\n", "# [profile old]\n# x = 1\n"),
        ("[profile a]\n# b\n[profile dev]\n", "[profile a]\n"),
        (
            "# licence\n\n[profile dev]\nx=1\n\n# next\n[default]\n",
            "# licence\n\n# next\n[default]\n",
        ),
        ("[profile dev]\nx=1\n# a\n[profile 'dev']\nx=2\n[p]\n", "[p]\n"),
    ],
)
def test_comments_go_with_what_they_are_about(before, after):
    files = documents(before)
    remove_from(files, "dev")
    assert files.config.render().decode() == after


@pytest.mark.parametrize("header", ["[default]", "[profile default]", "[profile 'default']"])
def test_default_is_renamed_in_every_spelling(header):
    files = documents(f"{header}\nx = 1\n", "[default]\ny = 1\n")
    apply(Move(RENAME, "default", "mine"), files)
    assert files.config.render().decode() == "[profile mine]\nx = 1\n"
    assert files.credentials.render().decode() == "[mine]\ny = 1\n"


@pytest.mark.parametrize("name", ["new", "a b", "o'q", "ü"])
@pytest.mark.parametrize("more", ["", " --home /x", " --config-file /c"])
def test_our_line_follows_a_rename_and_only_its_profile_changes(name, more):
    from awscreds.model.credential_process import request_of

    line = f"{LINE} --profile dev{more}"
    files = documents(f"[profile dev]\ncredential_process = {line}\n[profile x]\na = 1\n")
    apply(Move(RENAME, "dev", name), files)
    [found] = files.config.definitions("credential_process")
    assert found.text.startswith(f"{LINE} --profile")
    assert found.text.endswith(more)
    assert request_of(found.text).profile == name


def test_lines_that_are_not_ours_or_not_about_it_stay():
    text = (
        "[profile dev]\nx = 1\n[profile a]\ncredential_process = aws-vault exec dev --json\n"
        "[profile b]\ncredential_process = /x aws configure export-credentials --profile=dev\n"
        f"[profile c]\ncredential_process = {LINE} --profile dev --config-file /another\n"
        f"[profile d]\ncredential_process = {LINE} --profile device\n"
        "[profile e]\nmfa_process = totp 'dev'\n[profile f]\ncredential_process = dev --json\n"
    )
    files = documents(text)
    result = apply(Move(RENAME, "dev", "new"), files)
    assert files.config.render().decode() == text.replace("[profile dev]", "[profile new]")
    assert [each.user for each in result.left] == ["a", "b", "e"]


def test_a_wrapped_role_and_one_with_its_own_keys_follow_their_source():
    text = "[profile dev]\nawscreds_source_profile = dev\n[profile x]\nsource_profile = dev\n"
    files = documents(text)
    assert [each.line for each in references(files, "dev")] == [2, 4]
    apply(Move(COPY, "dev", "new"), files)
    assert files.config.get(NEW, "awscreds_source_profile") == "new"
    assert files.config.get((PROFILE, "x"), "source_profile") == "dev"


@pytest.mark.parametrize(
    "text",
    [
        "[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {}\n",
        "[dev]\nx = 1\n# aws_secret_access_key = {}\n",
        "[dev]\nx = 1\n# was {}\n\ny = 2\n",
    ],
)
def test_a_copy_never_writes_a_secret_again_unless_it_is_told_to(text):
    text = text.format("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    files = documents(credentials=text)
    with pytest.raises(UsageError) as refused:
        apply(Move(COPY, "dev", "new"), files)
    assert refused.value.code == "plaintext-copy"
    assert "wJalr" not in refused.value.whole
    apply(Move(COPY, "dev", "new"), files, with_plaintext=True)
    assert files.credentials.values(NEW) == files.credentials.values(DEV)

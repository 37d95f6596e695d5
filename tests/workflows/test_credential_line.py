"""Beside our line no other credential property is left, and taking it out restores every byte."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import awscreds
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.settings import NOT_BESIDE, is_not_beside
from awscreds.workflows import credential_line

LINE = "/venv/bin/python -I -S /venv/awscreds/__main__.py credential-process --profile dev"

PROPERTIES = st.sampled_from(
    [*NOT_BESIDE, "sso_account_id", "sso_region", "Mfa_Serial", "region", "output", "s3", "other"]
)
LINES = st.lists(
    st.tuples(
        PROPERTIES, st.sampled_from([" = ", "=", "  :  "]), st.sampled_from(["a", "b c", ""])
    ),
    max_size=6,
    unique_by=lambda line: line[0].lower(),
)
EXTRAS = st.sampled_from(["", "# a comment\n", "\n", "; mfa_serial = no\n"])


@st.composite
def sections(draw, header):
    lines = [f"{draw(EXTRAS)}{key}{sep}{value}\n" for key, sep, value in draw(LINES)]
    return f"# top\n[{header}]\n{''.join(lines)}{draw(EXTRAS)}\n[other]\nmfa_serial = theirs\n"


def documents(config, credentials):
    return AwsDocuments(
        Document.parse(config.encode()),
        Document.parse(credentials.encode(), credentials=True),
        "config",
        "credentials",
    )


def rendered(found):
    return found.config.render().decode(), found.credentials.render().decode()


def values(found, name="dev"):
    profile = Profiles(found.config, found.credentials).find(name)
    return {**profile.config, **profile.credentials}


@settings(max_examples=60, deadline=None)
@given(sections("profile dev"), sections("dev"))
def test_the_line_comes_alone_and_goes_without_a_trace(config, credentials):
    found = documents(config, credentials)
    before = values(found)
    credential_line.write(found, "dev", LINE)
    after = values(found)
    assert [key for key in after if is_not_beside(key)] == []
    assert after["credential_process"] == LINE
    for key, value in before.items():
        assert after["awscreds_" + key if is_not_beside(key) else key] == value
    assert values(found, "other") == {"mfa_serial": "theirs"}
    credential_line.remove(found, "dev")
    assert rendered(found) == (config, credentials)


@pytest.mark.parametrize("where", ["config", "credentials"])
def test_an_older_profile_is_mended_and_what_the_user_added_is_left(where):
    config = f"[profile dev]\ncredential_process = {LINE}\nawscreds_access_key_id = AKIAX\n"
    credentials = ""
    added = "mfa_serial = arn:a  # mine\nsource_profile = base\n"
    if where == "config":
        config += added
    else:
        credentials = "[dev]\n" + added
    found = documents(config, credentials)
    credential_line.set_mfa_serial_aside(found, "dev")
    assert rendered(found) == tuple(
        text.replace("mfa_serial", "awscreds_mfa_serial") for text in (config, credentials)
    )


def test_a_profile_that_is_not_served_by_us_keeps_its_properties():
    config = "[profile dev]\ncredential_process = /bin/other\nmfa_serial = arn:a\n"
    found = documents(config, "")
    credential_line.set_mfa_serial_aside(found, "dev")
    credential_line.remove(found, "dev")
    assert rendered(found) == (config, "")
    assert credential_line.stored_name(found, "dev", "mfa_serial") == "mfa_serial"


def test_what_is_named_again_replaces_what_was_set_aside():
    config = (
        f"[profile dev]\nawscreds_mfa_serial = old\ncredential_process = {LINE}\nmfa_serial = new\n"
    )
    found = documents(config, "")
    credential_line.set_mfa_serial_aside(found, "dev")
    assert values(found)["awscreds_mfa_serial"] == "new"
    assert found.config.render().count(b"mfa_serial") == 1


def test_one_place_in_the_code_writes_our_line():
    writes = re.compile(r"\.set\([^)]*\bPROCESS\b|\.set\([^)]*credential_process", re.DOTALL)
    folder = Path(awscreds.__file__).parent
    writers = [p.name for p in folder.rglob("*.py") if writes.search(p.read_text("utf-8"))]
    assert writers == ["credential_line.py"]


def test_another_line_in_the_credentials_file_does_not_stay_to_win():
    """SDKs prefer the credentials file: a line that stays there would be the one in force."""
    found = documents("[profile dev]\nregion = x\n", "[dev]\ncredential_process = /bin/other\n")
    credential_line.write(found, "dev", LINE)
    assert values(found)["credential_process"] == LINE
    assert "credential_process" not in rendered(found)[1]


@pytest.mark.parametrize("in_credentials", [False, True])
def test_a_renewed_line_has_no_device_beside_it(in_credentials):
    old = f"credential_process = /old{LINE}\nmfa_serial = arn:a\n"
    config = f"[profile dev]\nregion = x\n{'' if in_credentials else old}"
    found = documents(config, f"[dev]\n{old}" if in_credentials else "")
    credential_line.renew(found, "dev", f"/old{LINE}", LINE)
    after = values(found)
    assert after["credential_process"] == LINE
    assert (after.get("mfa_serial"), after["awscreds_mfa_serial"]) == (None, "arn:a")


@settings(max_examples=60, deadline=None)
@given(sections("profile dev"))
def test_many_lines_at_once_are_written_as_one_by_one(config):
    config = config.replace("[other]", "[profile other]").removesuffix("\n")
    one_by_one, at_once = documents(config, ""), documents(config, "")
    lines = {name: LINE.replace("dev", name) for name in ("dev", "other")}
    for name, line in lines.items():
        credential_line.write(one_by_one, name, line)
    credential_line.write_many(at_once, lines)
    assert rendered(at_once) == rendered(one_by_one)

"""What an edit takes away is found by looking only at what it has changed."""

from hypothesis import given
from hypothesis import strategies as st

from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.blocks import PROFILE
from awscreds.model.ini.document import Document
from awscreds.model.pairs import losses
from awscreds.model.profile import KEY_ID, SECRET, STATIC

IDS = ("AKIAIOSFODNN7EXAMPLE", '"AKIAI44QH8DHBEXAMPLE"', "test")
SECRETS = ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
NAMES = ("a", "b")

LINES = st.sampled_from(
    [
        *(f"{KEY_ID} = {each}\n" for each in IDS),
        *(f"{SECRET} = {each}\n" for each in SECRETS),
        *("region = x\n", "s3 =\n  a = b\n", f"AWS_Secret_Access_Key={SECRETS[0]}\n"),
        *(f"x = y\n  {SECRET} = {SECRETS[1]}\n", "# c\n", "aws_session_token = t\n"),
    ]
)
SECTIONS = st.tuples(st.sampled_from(NAMES), st.lists(LINES, max_size=4))
FILES = st.lists(SECTIONS, max_size=4)
EDITS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["set", "unset", "remove", "add"]),
        st.sampled_from([*NAMES, "c"]),
        st.sampled_from(STATIC),
        st.sampled_from([*IDS, *SECRETS]),
    ),
    max_size=3,
)


def documents(config, credentials):
    texts = [
        "".join(f"[{prefix}{name}]\n{''.join(lines)}" for name, lines in sections)
        for prefix, sections in (("profile ", config), ("", credentials))
    ]
    return parsed(*(text.encode() for text in texts))


def parsed(config, credentials):
    return AwsDocuments(
        Document.parse(config), Document.parse(credentials, credentials=True), "C", "S"
    )


def edit(found, edits):
    for in_credentials, what, name, key, value in edits:
        document = found.credentials if in_credentials else found.config
        section = (PROFILE, name)
        if what == "set":
            document.set(section, key, value)
        elif what == "unset":
            document.unset(section, key)
        elif what == "add":
            document.add_section(section)
        else:
            document.remove_section(section)


@given(FILES, FILES, EDITS)
def test_what_is_lost_is_the_same_as_if_every_section_were_looked_at(config, credentials, edits):
    before = documents(config, credentials)
    after = before.clone()
    edit(after, edits)
    # Parsed again, nothing in it is known to be as before.
    anew = parsed(after.config.render(), after.credentials.render())
    assert losses(before, after) == losses(before, anew)


def test_a_key_in_quotes_is_not_lost_by_an_edit_of_another_profile():
    before = documents(
        [("b", [])], [("a", [f"{KEY_ID} = {IDS[1]}\n", f"{SECRET} = {SECRETS[0]}\n"])]
    )
    for change in ([], [(False, "set", "b", KEY_ID, "test")], [(True, "set", "c", KEY_ID, "test")]):
        after = before.clone()
        edit(after, change)
        assert losses(before, parsed(after.config.render(), after.credentials.render())) == []
    edit(after, [(True, "set", "a", KEY_ID, IDS[0])])
    assert [pair.secret for pair in losses(before, after)] == [SECRETS[0]]


@given(FILES, EDITS)
def test_a_copy_of_a_document_is_edited_alone(sections, edits):
    found = documents(sections, sections)
    text = found.config.render()
    copy = found.clone()
    edit(copy, edits)
    assert found.config.render() == text
    again = parsed(copy.config.render(), copy.credentials.render())
    assert copy.config.sections() == again.config.sections()
    for section in again.config.sections():
        assert dict(copy.config.values(section)) == dict(again.config.values(section))

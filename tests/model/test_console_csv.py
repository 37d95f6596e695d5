"""The console's CSV, in every shape that it and people give it."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.console_csv import read

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffAccess key ID,Secret access key\n{ID},{SECRET}\n",
        f"Access key ID,Secret access key\r\n{ID},{SECRET}\r\n\r\n",
        f'"secret ACCESS key", Access Key ID\n"{SECRET}", {ID}',
        f"User Name,Password,Access key ID,Secret access key,Link\nalice,,{ID},{SECRET},x\n",
    ],
)
def test_columns_stand_in_any_order_and_case_with_or_without_a_user(text):
    (row,) = read(text, "keys.csv")
    assert (row.key.id, row.key.secret) == (ID, SECRET)
    assert row.user == ("alice" if "alice" in text else None)


def test_a_bad_row_is_named_by_its_line_and_never_quoted():
    good = f"{ID},{SECRET}"
    rows = list(
        read(f"Access key ID,Secret access key\n{good}\n{SECRET},{ID} x\n{good}\n", "k.csv")
    )
    assert [isinstance(row, UsageError) for row in rows] == [False, True, False]
    assert rows[1].message.startswith("k.csv:3: ")
    assert SECRET not in f"{rows[1].message} {rows[1].hint}"


@pytest.mark.parametrize(
    "text", ["", "\n", "a,b\nc,d\n", f"{ID},{SECRET}\n", 'Access key ID,Secret access key\n"x']
)
def test_what_is_no_csv_of_keys_is_refused_without_quoting_it(text):
    with pytest.raises(UsageError) as caught:
        list(read(text, "k.csv"))
    assert SECRET not in str(caught.value)
    assert "k.csv:" in str(caught.value)


HEADER = ("User Name", "Access key ID", "Secret access key", "Console login link")
ROW = ("alice", ID, SECRET, "https://x.signin.aws.amazon.com/console")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("delimiter", "first"),
    [(",", ""), (";", ""), ("\t", ""), (";", "sep=;"), (",", "SEP=,"), ("\t", "sep=\t")],
)
def test_what_spreadsheets_save_is_taken(encoding, ending, quote, delimiter, first):
    lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in cells) for cells in (HEADER, ROW)]
    text = "".join(line + ending for line in [*([first] if first else []), lines[0], "", lines[1]])
    (row,) = read(text.encode(encoding), "keys.csv")
    assert (row.user, row.key.id, row.key.secret) == ("alice", ID, SECRET)
    assert row.line == (4 if first else 3)


def test_a_byte_order_mark_tells_the_byte_order():
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        text = f"Access key ID\tSecret access key\r\n{ID}\t{SECRET}\r\n"
        (row,) = read(mark + text.encode(encoding), "k.csv")
        assert row.key.secret == SECRET


def test_another_code_page_matters_only_in_the_columns_that_are_not_read():
    text = "User Name,Access key ID,Secret access key,Büro\n{},{},{},Köln\n"
    (row,) = read(text.format("alice", ID, SECRET).encode("cp1252"), "k.csv")
    assert row.key.id == ID
    (bad,) = read(text.format("jürgen", ID, SECRET).encode("cp1252"), "k.csv")
    assert bad.message.startswith("k.csv:2: ")


@pytest.mark.parametrize(
    "text",
    [
        f"AWSAccessKeyId={ID}\nAWSSecretKey={SECRET}\n",
        f"\ufeffAWSAccessKeyId={ID}\r\nAWSSecretKey={SECRET}\r\n",
        f"\n  awsSecretKey = {SECRET}\nAWSACCESSKEYID={ID}",
        f"AWSAccessKeyId;AWSSecretKey\n{ID};{SECRET}\n",
        f'"AWSAccessKeyId","{ID}"\n"AWSSecretKey","{SECRET}"\n',
    ],
)
def test_the_root_users_file_is_said_to_be_that(text):
    with pytest.raises(UsageError, match="a key of the ROOT user") as caught:
        read(text.encode(), "rootkey.csv")
    assert caught.value.code == "root-key-file"
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    "cells",
    [
        (SECRET, ID, "alice"),
        ("alice", SECRET, ID),
        (SECRET, ID, SECRET),
        ("a", "ASIA" + ID[4:], SECRET),
    ],
)
def test_a_row_whose_cells_are_in_each_others_place_is_refused_unquoted(cells):
    (row,) = read(f"User Name,Access key ID,Secret access key\n{','.join(cells)}\n", "k.csv")
    assert isinstance(row, UsageError)
    assert row.message.startswith("k.csv:2: ")
    assert SECRET not in f"{row.message} {row.hint}"


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(UsageError, match="twice"):
        read(f"Access key ID,Secret access key,access KEY id\n{ID},{SECRET},{ID}\n", "k.csv")


PIECES = st.one_of(
    st.sampled_from(
        [
            *",;\t\"'=|\0\r\n",
            "\r\n",
            "sep=",
            "Access key ID",
            "Secret access key",
            "User Name",
            ID,
            SECRET,
        ]
    ),
    st.text(max_size=5),
)


@settings(deadline=None, max_examples=300)
@given(
    text=st.lists(PIECES, max_size=25).map("".join),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    torn=st.integers(0, 2),
)
def test_the_reader_raises_only_its_own_error_and_never_quotes_what_it_read(text, encoding, torn):
    data = text.encode(encoding, errors="replace")
    try:
        rows = read(data[torn:], "k.csv")
    except UsageError as error:
        rows = [error]
    for row in rows:
        if isinstance(row, UsageError):
            assert SECRET not in f"{row.message} {row.hint}"
            assert ID not in row.message
            assert row.message.startswith("k.csv:")
        else:
            assert (row.key.id, row.key.secret) != ("", "")


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_at_all_are_read_or_refused(data):
    with contextlib.suppress(UsageError):
        read(data, "k.csv")


@pytest.mark.parametrize(
    "header",
    [
        "AccessKeyId,SecretAccessKey",
        "access_key_id,secret_access_key",
        "aws_access_key_id,aws_secret_access_key",
        "AWS Access Key ID,AWS Secret Access Key",
        "Access\u00a0key  ID,Secret-Access-Key",
    ],
)
def test_columns_are_known_in_every_spelling_that_aws_has_for_them(header):
    (row,) = read(f"UserName,{header}\nalice,{ID},{SECRET}\n", "k.csv")
    assert (row.user, row.key.id, row.key.secret) == ("alice", ID, SECRET)


def test_a_separator_line_that_is_not_true_is_passed_over():
    (row,) = read(f"sep=;\r\nAccess key ID,Secret access key\r\n{ID},{SECRET}\r\n", "k.csv")
    assert row.key.secret == SECRET


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_whatever_its_first_letter_is(encoding):
    text = f"Жж,Access key ID,Secret access key\nЖ,{ID},{SECRET}\n"
    (row,) = read(text.encode(encoding), "k.csv")
    assert row.key.secret == SECRET

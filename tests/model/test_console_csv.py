"""The console's CSV, in every shape that it and people give it."""

import pytest

from awscreds.errors import UsageProblem
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
    assert [isinstance(row, UsageProblem) for row in rows] == [False, True, False]
    assert rows[1].message.startswith("k.csv:3: ")
    assert SECRET not in f"{rows[1].message} {rows[1].hint}"


@pytest.mark.parametrize(
    "text", ["", "\n", "a,b\nc,d\n", f"{ID},{SECRET}\n", 'Access key ID,Secret access key\n"x']
)
def test_what_is_no_csv_of_keys_is_refused_without_quoting_it(text):
    with pytest.raises(UsageProblem) as caught:
        list(read(text, "k.csv"))
    assert SECRET not in str(caught.value)
    assert "k.csv:" in str(caught.value)

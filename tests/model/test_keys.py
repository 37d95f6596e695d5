"""Access keys and their companions: what is taken, and that nothing typed is ever quoted back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model import keys, names
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.keys import mask

ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

CHECKS = [keys.checked_key_id, keys.checked_secret, keys.checked_mfa_serial, names.checked]


def refusal(check, text):
    try:
        check(text)
    except UsageError as error:
        return f"{error.message} {error.hint}"
    return ""


@pytest.mark.parametrize("check", CHECKS)
@given(text=st.text(min_size=8).filter(lambda text: len(text.strip()) >= 8))  # "profile " is ours
def test_a_refusal_never_quotes_what_was_typed(check, text):
    said = refusal(check, text)
    if text.strip() in ("__proto__", "have a ]", "have a # or ;"):
        return  # words of ours too, which only their own refusals say
    # Words of ours may be typed, too: then the refusal of something else says them as well.
    assert text.strip() not in said or said == refusal(check, "\0 \0")


@pytest.mark.parametrize(
    "key_id", [ID, "ASIA" + ID[4:], "AKIA" + "A" * 124, "LKIAQAAAAAAALILNVHFS"]
)
def test_an_id_has_a_documented_prefix_and_upper_case_letters_and_digits(key_id):
    assert keys.is_key_id(key_id)
    assert keys.shown_key_id(key_id) == key_id
    for wrong in (key_id.lower(), key_id[:-1] + "a", key_id[:-1] + "/", "AKIA" + "A" * 125):
        assert not keys.is_key_id(wrong)
        assert keys.shown_key_id(wrong) == keys.NOT_AN_ID


@pytest.mark.parametrize("prefix", ["ABIA", "ACCA", "AIDA", "AROA", "AGPA", "APKA", "ASCA"])
def test_an_id_of_something_else_is_no_access_keys(prefix):
    assert not keys.is_key_id(prefix + ID[4:])


@given(
    text=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+", min_size=21)
)
def test_what_does_not_look_like_an_id_is_shown_in_no_form(text):
    if keys.has_id_form(text):
        return
    shown = keys.shown_key_id(text) + keys.masked_key_id(text) + repr(AccessKey(text, "x"))
    assert text not in shown
    assert text[-4:] not in keys.masked_key_id(text)
    assert keys.shown_entry(text) == keys.NOT_AN_ID


def test_the_documented_examples_are_taken_with_blanks_around_them():
    assert keys.checked_key_id(f" {ID}\n") == ID
    assert keys.checked_secret(f"{SECRET}\r\n") == SECRET
    for arn in ("arn:aws:iam::123456789012:mfa/alice", "arn:aws-cn:iam::123456789012:mfa/a/b"):
        assert keys.checked_mfa_serial(arn) == arn
    assert keys.checked_mfa_serial("GAHT12345678") == "GAHT12345678"


def test_a_secret_pasted_at_the_id_prompt_is_refused():
    with pytest.raises(UsageError, match="not an access key ID"):
        keys.checked_key_id(SECRET)


@pytest.mark.parametrize("secret", ["", "  ", "two words", "a\tb", "käse", "x\x1b[0m"])
def test_a_secret_that_cannot_be_one_is_refused(secret):
    with pytest.raises(UsageError):
        keys.checked_secret(secret)


def test_a_mask_shows_the_end_of_a_long_value_and_nothing_of_a_short_one():
    assert mask(ID) == "****************MPLE"
    assert mask("abc") == "****************"
    assert mask(None) == mask("") == "None"


@pytest.mark.parametrize("credentials", [AccessKey(ID, SECRET), Session(ID, SECRET, SECRET)])
def test_no_text_form_of_credentials_shows_the_secret(credentials):
    import pickle

    assert SECRET not in f"{credentials} {credentials!r} {[credentials]}"
    with pytest.raises(TypeError):
        pickle.dumps(credentials)


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("ASIAVJ2E6QGR2WZILJFM", "364679954851"),
        ("AKIASP2TPHJSQH3FJXYZ", "171436882533"),
        ("AKIAQAAAAAAAGMKEM7X5", "000000000000"),
        ("AKIARZPUZDIKGB2VALC4", "123456789012"),
        ("AKIAIOSFODNN7EXAMPLE", None),  # of before accounts stood in ids
        ("AKIA7777777777777777", None),  # of no account
        ("AKIARZPUZDIKGB2VALC", None),
        ("AKIARZPUZDIKGB2VALC1", None),
        ("AROARZPUZDIKGB2VALC4", None),
        ("test", None),
        ("", None),
    ],
)
def test_an_id_shows_its_account_where_it_surely_does(key_id, account):
    assert keys.account_in(key_id) == account

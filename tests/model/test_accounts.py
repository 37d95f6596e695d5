"""The account of a session, told from the files and what was written down."""

import pytest

from awscreds.model import accounts
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import resolve_chain

CONFIG = """
[profile user]
awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE
credential_process = x
[profile device]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = s
mfa_serial = arn:aws-cn:iam::222222222222:mfa/me
[profile role]
role_arn = arn:aws:iam::333333333333:role/path/admin
source_profile = device
[profile sso]
sso_account_id = 444444444444
sso_role_name = r
[profile web]
role_arn = arn:aws:iam::555555555555:role/web
web_identity_token_file = /t
[profile told]
credential_process = p
aws_account_id = 666666666666
[profile odd]
credential_process = p
aws_account_id = $(id)
[profile unknown]
credential_process = p
"""


@pytest.mark.parametrize(
    ("name", "recorded", "account"),
    [
        ("user", "111111111111", "111111111111"),
        ("user", None, None),
        ("device", None, "222222222222"),
        ("role", "111111111111", "333333333333"),
        ("sso", None, "444444444444"),
        ("web", None, "555555555555"),
        ("told", None, "666666666666"),
        ("odd", None, None),
        ("unknown", None, None),
    ],
)
def test_the_account_is_that_of_the_last_role_or_of_the_key(name, recorded, account):
    profiles = Profiles(Document.parse(CONFIG.encode()), Document())
    chain = resolve_chain(profiles, name)
    assert accounts.of_chain(chain, profiles.find(chain.source.profile), recorded) == account


@pytest.mark.parametrize("arn", [None, "", "x", "arn:aws:iam::12:role/r", "a:b:c:d:123456789012:e"])
def test_what_is_no_arn_tells_no_account(arn):
    assert accounts.of_arn(arn) is None


LOGIN = "[profile p]\nlogin_session = arn:aws:iam::123456789012:user/a\n"
DEVICE = "[profile p]\nmfa_serial = arn:aws:iam::222222222222:mfa/me\n"
MANAGED = "[profile p]\nawscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
THEIRS = (
    "[p]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    "aws_session_token = t\naws_account_id = 999999999999\n"
)


@pytest.mark.parametrize(
    ("config", "credentials", "account"),
    [
        (LOGIN, "", "123456789012"),
        (MANAGED, THEIRS, None),
        ("", THEIRS, "999999999999"),
        (DEVICE, THEIRS, "999999999999"),
        (DEVICE, THEIRS.partition("aws_account_id")[0], None),
        (f"{DEVICE}credential_process = p\n", "", None),
    ],
)
def test_the_account_is_never_that_of_keys_which_the_session_is_not_made_of(
    config, credentials, account
):
    profiles = Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )
    chain = resolve_chain(profiles, "p")
    assert accounts.of_chain(chain, profiles.find("p"), None) == account


@pytest.mark.parametrize(
    ("key_id", "account"),
    [
        # https://awsteele.com/blog/2020/09/26/aws-access-key-format.html, and other published ones
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("ASIAVJ2E6QGR2WZILJFM", "364679954851"),
        ("AKIASP2TPHJSQH3FJXYZ", "171436882533"),
        ("AKIAIOSFODNN7EXAMPLE", None),  # an old one
        ("AKIAJOSFODNN7EXAMPLE", None),
        ("AROASP2TPHJSQH3FJXYZ", None),  # not a key
        ("AKIASP2TPHJSQH3FJXY", None),
        ("AKIA0P2TPHJSQH3FJXYZ", None),  # not in base 32
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None),
        (None, None),
    ],
)
def test_the_account_in_the_id_of_a_key(key_id, account):
    assert accounts.of_key_id(key_id) == account

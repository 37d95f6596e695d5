"""Which setting a misspelled key means."""

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from awscreds.completion.values import CONFIG_KEYS
from awscreds.model.known_keys import _COMMON, KNOWN, meant
from awscreds.model.settings import NOT_BESIDE, SETTINGS


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("aws_acess_key_id", "aws_access_key_id"),
        ("aws_secret_acces_key", "aws_secret_access_key"),
        ("regoin", "region"),
        ("reigon", "region"),
        ("ouptut", "output"),
        ("sourceprofile", "source_profile"),
        ("role-arn", "role_arn"),
        ("mfa_seral", "mfa_serial"),
        ("credentials_process", "credential_process"),
        ("sso_sesion", "sso_session"),
    ],
)
def test_a_misspelled_key_means_its_neighbour(typed, known):
    assert meant(typed) == known


def test_any_two_letters_of_a_key_may_be_exchanged():
    for known in _COMMON:
        for at in range(len(known) - 1):
            typed = f"{known[:at]}{known[at + 1]}{known[at]}{known[at + 2 :]}"
            assert meant(typed) is None or meant(typed) == known or typed in KNOWN
            assert typed == known or typed in KNOWN or meant(typed) == known


def test_a_key_of_any_tool_means_itself():
    of_botocore = {
        name
        for each in BOTOCORE_DEFAUT_SESSION_VARIABLES.values()
        for name in (each[0] if isinstance(each[0], tuple) else (each[0],))
        if isinstance(name, str)
    }
    of_completion = {name for name in CONFIG_KEYS.split(",") if "." not in name}
    for key in of_botocore | of_completion | set(SETTINGS) | set(NOT_BESIDE):
        assert meant(key) is None, key
    for key in ("granted_sso_start_url", "x_principal_arn", "aws_mfa_device", "azure_tenant_id"):
        assert meant(key) is None, key

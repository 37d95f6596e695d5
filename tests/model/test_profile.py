"""Profiles over both files, held against what botocore makes of the same files."""

import itertools

import pytest

from awscreds.errors import ConfigurationError
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profile, Profiles

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"

SOURCES = {
    "role": "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n",
    "web-identity": "web_identity_token_file = /nowhere\n"
    "role_arn = arn:aws:iam::123456789012:role/r\n",
    "sso": "sso_account_id = 123456789012\nsso_role_name = r\nsso_region = eu-west-1\n"
    "sso_start_url = https://example.com\n",
    "login": "login_session = arn:aws:iam::123456789012:user/alice\n",
    "process": "credential_process = false\n",
    "config-keys": KEYS,
    "credentials-keys": None,
    "nothing": "region = eu-west-1\n",
}
PROVIDERS = {
    "assume-role": "role",
    "assume-role-with-web-identity": "web-identity",
    "sso": "sso",
    "shared-credentials-file": "static",
    "login": "login",
    "custom-process": "process",
    "config-file": "static",
}


def profiles(config="", credentials=""):
    return Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )


def pair(first, second):
    config = "[profile base]\n" + KEYS + "[profile p]\n"
    seen = set()
    for name in (first, second):
        for line in (SOURCES[name] or "").splitlines():
            key = line.partition(" ")[0]
            if key not in seen:
                seen.add(key)
                config += line + "\n"
    credentials = f"[p]\n{KEYS}" if "credentials-keys" in (first, second) else ""
    return config, credentials


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(SOURCES, 2)))
def test_the_kind_is_that_of_the_provider_botocore_takes(first, second, tmp_path):
    import botocore.session

    config, credentials = pair(first, second)
    for name, text in (("config", config), ("credentials", credentials)):
        (tmp_path / name).write_text(text)
    session = botocore.session.Session(profile="p")
    session.set_config_variable("config_file", str(tmp_path / "config"))
    session.set_config_variable("credentials_file", str(tmp_path / "credentials"))
    taken = None
    for provider in session.get_component("credential_provider").providers:
        if provider.METHOD in ("container-role", "iam-role"):
            continue
        try:
            found = provider.load()
        except Exception:  # noqa: BLE001 - what is incomplete or cannot be reached was taken all the same
            found = True
        if found:
            taken = provider.METHOD
            break
    if "login" in (first, second) and "login" not in {
        p.METHOD for p in session.get_component("credential_provider").providers
    }:
        pytest.skip("this botocore knows no login sessions")
    expected = PROVIDERS[taken] if taken else "settings"
    assert profiles(config, credentials).find("p").kind == expected


@pytest.mark.parametrize("config", ["", KEYS])
def test_a_managed_profile_is_called_so_whatever_keys_stand_beside_it(config):
    managed = f"[profile p]\ncredential_process = x\nawscreds_access_key_id = {ID}\n{config}"
    found = profiles(managed, f"[p]\n{KEYS}").find("p")
    assert found.kind == "managed"
    assert found.has_static_keys


def test_an_sso_session_for_tokens_alone_still_bars_management():
    found = profiles("[profile p]\nsso_session = corp\n").find("p")
    assert found.kind == "sso"
    assert found.overriding_setting == "sso_session"


def test_values_of_the_credentials_file_come_first_key_by_key():
    found = profiles("[profile p]\nregion = a\noutput = b\n", "[p]\nregion = c\n").find("p")
    assert (found.get("region"), found.get("output")) == ("c", "b")


def test_names_are_in_the_configs_order_and_then_the_credentials_own():
    both = profiles("[profile z]\n[default]\n[profile a]\n", "[a]\n[m]\n")
    assert both.names() == ["z", "default", "a", "m"]


def test_an_unknown_name_is_an_error_with_the_nearest():
    with pytest.raises(ConfigurationError) as caught:
        profiles("[profile production]\n").get("prodution")
    assert "production" in caught.value.hint
    assert caught.value.code == "no-such-profile"


def test_what_is_no_id_points_to_no_stored_key_and_is_called_misplaced():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    pointer = Profile("x", {"awscreds_access_key_id": secret}, {})
    assert (pointer.stored_key_id, pointer.access_key_id) == (None, None)
    assert pointer.misplaced == "awscreds_access_key_id"
    assert Profile("x", {}, {"aws_access_key_id": secret}).misplaced == "aws_access_key_id"
    right = Profile("x", {"awscreds_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, {})
    assert (right.stored_key_id, right.misplaced) == ("AKIAIOSFODNN7EXAMPLE", None)

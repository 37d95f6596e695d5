"""After any command that writes, no profile with our line has a credential property beside it."""

import re

import pytest

from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.settings import is_not_beside

SERIAL = "arn:aws:iam::123456789012:mfa/alice"


def served(user):
    """The profiles with our line: their values in both files."""
    config = Document.parse(user.config.read_bytes())
    data = user.credentials.read_bytes() if user.credentials.exists() else b""
    profiles = Profiles(config, Document.parse(data, credentials=True))
    return {p.name: {**p.config, **p.credentials} for p in profiles.all() if p.has_our_process}


def beside(user):
    return {
        name: found
        for name, values in served(user).items()
        if (found := sorted(key for key in values if is_not_beside(key)))
    }


@pytest.fixture
def older(alice):
    """A managed profile as an earlier release left it, and a role that wants MFA."""
    alice.configure("dev", "--no-verify", "--region", "eu-west-1")
    with alice.config.open("a") as file:
        file.write(
            f"# my device\nmfa_serial = {alice.mfa_serial}\n\n[profile ops]\n"
            f"role_arn = {alice.sandbox.facts['role_arn']}\nsource_profile = dev\n"
            f"mfa_serial = {alice.mfa_serial}\nexternal_id = us\nrole_session_name = me\n"
            "duration_seconds = 1800\n"
        )
    assert beside(alice) == {"dev": ["mfa_serial"]}
    return alice


WRITERS = {
    "configure": ["configure", "--profile", "dev", "--region", "eu-west-3"],
    "configure a device": ["configure", "--profile", "dev", "--mfa-serial", SERIAL],
    "configure set": ["configure", "set", "region", "eu-west-3", "--profile", "dev"],
    "configure set mfa_serial": ["configure", "set", "mfa_serial", SERIAL, "--profile", "dev"],
    "configure unset": ["configure", "unset", "region", "--profile", "dev"],
    "configure unset mfa_serial": ["configure", "unset", "mfa_serial", "--profile", "dev"],
    "rotate": ["rotate", "--profile", "dev", "--yes"],
    "rotate --all": ["rotate", "--all", "--yes"],
}


@pytest.mark.slow
@pytest.mark.daily(7)
@pytest.mark.parametrize("name", WRITERS)
def test_a_command_that_writes_a_profile_mends_it(older, name):
    words = WRITERS[name]
    if "rotate" in name:
        words = [*words, "--token", older.code()] if "--all" not in words else words
        if "--all" in words:
            older.awscreds("mfa-session", "--profile", "dev", "--token", older.code())
    older.awscreds(*words)
    assert beside(older) == {}
    text = older.config.read_text()
    assert "# my device\n" in text
    if "unset mfa_serial" not in name:
        assert "# my device\nawscreds_mfa_serial = " in text


def test_a_profile_is_set_up_with_its_device_aside(alice):
    alice.configure("dev", "--mfa-serial", alice.mfa_serial)
    assert served(alice)["dev"]["awscreds_mfa_serial"] == alice.mfa_serial
    assert beside(alice) == {}


def test_a_device_that_was_there_before_is_set_aside_in_its_place(alice):
    text = f"[profile dev]\n# the blue one\nMFA_Serial = {alice.mfa_serial}  \nregion = eu-west-1\n"
    alice.config.write_text(text)
    alice.configure("dev", "--no-verify")
    assert alice.config.read_text().startswith(text.replace("MFA_Serial", "awscreds_MFA_Serial"))
    alice.configure("dev", "--plaintext", "--no-verify")
    assert alice.config.read_text() == text


def test_a_wrapped_role_keeps_nothing_beside_our_line_and_unwrapping_restores_the_bytes(older):
    before = older.config.read_bytes()
    older.awscreds("profile", "wrap", "ops")
    assert beside(older) == {"dev": ["mfa_serial"]}
    older.awscreds("export", "--profile", "ops", "--token", older.code(), "--format", "json")
    older.awscreds("profile", "unwrap", "ops")
    assert older.config.read_bytes() == before


def test_values_are_read_and_set_by_their_usual_name(older):
    def value(profile):
        return older.awscreds("configure", "get", "mfa_serial", "--profile", profile).stdout

    assert value("dev") == f"{older.mfa_serial}\n"
    done = older.awscreds("configure", "set", "mfa_serial", SERIAL, "--profile", "dev")
    assert "written as awscreds_mfa_serial" in done.stderr
    assert value("dev") == f"{SERIAL}\n"
    older.awscreds("configure", "unset", "mfa_serial", "--profile", "dev")
    older.awscreds("configure", "get", "mfa_serial", "--profile", "dev", rc=1)
    older.awscreds("profile", "wrap", "ops")
    older.awscreds("configure", "set", "external_id", "them", "--profile", "ops")
    assert served(older)["ops"]["awscreds_external_id"] == "them"


@pytest.mark.parametrize("key", ["role_arn", "source_profile", "sso_account_id", "external_id"])
def test_a_property_that_sdks_disagree_on_is_not_set_beside_our_line(older, key):
    before = older.config.read_bytes()
    done = older.awscreds("configure", "set", key, "x", "--profile", "dev", rc=2)
    assert re.search(
        rf"cannot have {key}, .* some SDKs would not find .* others would read {key} differently",
        done.stderr,
    )
    assert older.config.read_bytes() == before

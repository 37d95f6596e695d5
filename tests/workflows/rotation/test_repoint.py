"""Which profiles get the new key, and what of the files stays as it was."""

import types

import pytest

from awscreds.model.credentials import AccessKey
from awscreds.model.ini.document import Document
from awscreds.model.key_usage import users_of
from awscreds.model.profile import Profiles
from awscreds.workflows.key_secrets import plaintext_key
from awscreds.workflows.rotation.repoint import repoint, repoint_stored, stays_plaintext

OLD = "AKIAIOSFODNN7EXAMPLE"
OTHER = "AKIAI44QH8DHBEXAMPLE"
NEW = AccessKey("AKIANEW", "a-new-secret")
LINE = "/p -I /awscreds/__main__.py credential-process --profile "


def pair(key_id=OLD, secret="an-old-secret"):
    return f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"


def managed(key_id=OLD, name="x"):
    return f"credential_process = {LINE}{name}\nawscreds_access_key_id = {key_id}\n"


def switched(config, credentials, *, keep_plaintext=False):
    """Both files after the switch, and the profiles that were changed."""
    documents = types.SimpleNamespace(
        config=Document.parse(config.encode()),
        credentials=Document.parse(credentials.encode(), credentials=True),
    )
    names = repoint(
        documents,
        OLD,
        NEW,
        keep_plaintext=keep_plaintext,
        process_line=lambda name: LINE + name,
    )
    assert users_of(OLD, Profiles(documents.config, documents.credentials)) == []
    return documents.config.render().decode(), documents.credentials.render().decode(), names


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("", f"[default]\n{pair()}"),
        (f"[default]\n{pair()}", ""),
        (f"[profile default]\n{pair()}", ""),
        (f"# a\n[profile x]\nregion = y\n{pair()}# b\n", f"[x]\r\n{pair()}".replace("\n", "\r\n")),
        (f"[profile 'a b']\n{pair()}", f"[a b]\n{pair()}; end"),
    ],
)
def test_kept_in_plaintext_nothing_but_the_pair_changes_wherever_it_stands(config, credentials):
    after = switched(config, credentials, keep_plaintext=True)[:2]
    new = [
        text.replace(OLD, NEW.id).replace("an-old-secret", NEW.secret)
        for text in (config, credentials)
    ]
    assert list(after) == new


@pytest.mark.parametrize("config", [f"[profile x]\nregion = y\n{pair()}", "[profile x]\n", ""])
def test_what_moves_leaves_its_plaintext_in_neither_file(config):
    after, credentials, names = switched(config, f"[x]\n{pair()}[y]\n{pair(OTHER, 'their-secret')}")
    assert names == ["x"]
    assert managed(NEW.id) in after
    assert "an-old-secret" not in after + credentials
    assert credentials == f"[y]\n{pair(OTHER, 'their-secret')}"


def test_a_profile_and_one_that_is_called_profile_x_are_two():
    config, credentials, names = switched(
        f"[profile x]\n{managed()}", f"[profile x]\n{pair()}", keep_plaintext=True
    )
    assert names == ["x", "profile x"]
    assert managed(NEW.id) in config
    assert credentials == f"[profile x]\n{pair(NEW.id, NEW.secret)}"


def test_roles_that_borrow_the_key_stay_as_they_are():
    role = "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = x\n"
    config, _, names = switched(f"{role}[profile x]\n{managed()}", "")
    assert names == ["x"]
    assert config.startswith(role)


def test_a_role_that_borrows_from_itself_gets_the_new_pair_in_place():
    role = f"[profile x]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = x\n{pair()}"
    config, _, _ = switched(role, "")
    assert config == role.replace(OLD, NEW.id).replace("an-old-secret", NEW.secret)


@pytest.mark.parametrize("keep_plaintext", [False, True])
@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        (f"[profile x]\n{pair()}", f"[x]\n{pair(OTHER, 'their-secret')}"),
        (f"[profile x]\n{pair(OTHER, 'their-secret')}", f"[x]\n{pair()}"),
        (f"[profile x]\n{managed(OTHER)}", f"[x]\n{pair()}"),
        (f"[profile x]\n{managed()}", f"[x]\n{pair(OTHER, 'their-secret')}"),
    ],
)
def test_of_a_profile_that_names_two_keys_the_other_one_stays(config, credentials, keep_plaintext):
    before = config + credentials
    after = "".join(switched(config, credentials, keep_plaintext=keep_plaintext)[:2])
    assert OTHER in after
    assert ("their-secret" in after) == ("their-secret" in before)
    profiles = Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )
    assert "several keys" in stays_plaintext(profiles.find("x"))


def test_a_pointer_in_the_credentials_file_is_one_too():
    _, credentials, names = switched("", f"[x]\nawscreds_access_key_id = {OLD}\n")
    assert (credentials, names) == (f"[x]\nawscreds_access_key_id = {NEW.id}\n", ["x"])


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        (f"[profile x]\naws_access_key_id = {OLD}\n", "[x]\naws_secret_access_key = half\n"),
        ("[profile x]\naws_secret_access_key = half\n", f"[x]\naws_access_key_id = {OLD}\n"),
    ],
)
def test_half_a_key_in_each_file_is_no_key_and_is_cleared_away(config, credentials):
    profiles = Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )
    assert plaintext_key(OLD, profiles) is None
    assert "half" not in "".join(switched(config, credentials)[:2])


@pytest.mark.parametrize("where", ["config", "credentials"])
def test_a_profile_of_another_config_file_is_mended_when_its_pointer_is_written(where):
    text = f"{managed()}# blue\nmfa_serial = arn\n"
    config = f"[profile x]\n{text}" if where == "config" else ""
    credentials = f"[x]\n{text}" if where == "credentials" else ""
    documents = types.SimpleNamespace(
        config=Document.parse(config.encode()),
        credentials=Document.parse(credentials.encode(), credentials=True),
    )
    repoint_stored(documents, OLD, NEW.id)
    after = getattr(documents, where).render().decode()
    assert "# blue\nawscreds_mfa_serial = arn\n" in after
    assert f"= {NEW.id}\n" in after

"""What doctor finds around the AWS files: variables, what hides what, our state, token caches."""

import io
import json
import os

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.stores.journal import INTENT, Journal
from awscreds.stores.state_dir import StateDir
from tests.helpers import need_posix
from tests.workflows.checks.conftest import KEY_ID, NOW, PAIR, POINTER, SECRET

OTHER = "AKIAI44QH8DHBEXAMPLE"
DAY = 86_400
KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}

VARIABLES = {
    "a key": (KEYS, ["keys-in-environment"]),
    "a session": ({**KEYS, "AWS_SESSION_TOKEN": "t"}, ["keys-in-environment"]),
    "our session": ({**KEYS, "AWSCREDS_ACTIVE": "AWS_ACCESS_KEY_ID"}, []),
    "a profile and keys": (
        {**KEYS, "AWS_PROFILE": "dev"},
        ["keys-and-profile", "keys-in-environment"],
    ),
    "an expired one": (
        {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2024-01-01T00:00:00Z"},
        ["expired-environment"],
    ),
    "two profiles": (
        {"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "b"},
        ["ambiguous-profile"],
    ),
    "one twice": ({"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "dev"}, []),
    "no such profile": ({"AWS_PROFILE": "nobody"}, ["missing-profile"]),
    "a hostile profile": ({"AWS_PROFILE": "\x1b[2J"}, ["missing-profile"]),
    "two regions": (
        {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"},
        ["ambiguous-region"],
    ),
    "another region": ({"AWS_REGION": "us-east-1"}, ["region-from-environment"]),
    "the same region": ({"AWS_REGION": "eu-west-1"}, []),
    "no region": ({"AWS_REGION": SECRET}, ["bad-region"]),
    "a file that is gone": ({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, ["missing-file"]),
    "an endpoint": ({"AWS_ENDPOINT_URL_STS": "http://x\\@localhost"}, ["bad-endpoint"]),
    "plain http": ({"AWS_ENDPOINT_URL": "http://example.com"}, ["plain-http"]),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_that_changes_what_tools_use_is_found(user, name):
    environ, expected = VARIABLES[name]
    user.config("[profile dev]\nregion = eu-west-1\n[profile b]\noutput = json\n")
    found = user.find("environment", **environ)
    assert sorted(each.code for each in found) == sorted(expected)
    for each in found:
        assert each.path in environ
        assert each.remedy
        assert "\x1b" not in str(each)


HIDDEN = {
    "a setting in both files": (
        "[profile dev]\nregion = eu-west-1\n",
        "[dev]\nregion = us-east-1\n",
        ["shadowed-setting"],
    ),
    "the same in both": (
        "[profile dev]\nregion = eu-west-1\n",
        "[dev]\nregion = eu-west-1\n",
        [],
    ),
    "a role and a program": (
        "[profile dev]\nrole_arn = r\nsource_profile = x\ncredential_process = y\n",
        "",
        ["several-sources"],
    ),
    "keys and a program": (
        "[profile dev]\ncredential_process = y\n",
        f"[dev]\n{PAIR}",
        ["several-sources"],
    ),
    "a role of its own keys": (
        "[profile dev]\nrole_arn = r\nsource_profile = dev\n",
        f"[dev]\n{PAIR}",
        [],
    ),
    "a web identity": (
        "[profile dev]\nrole_arn = r\nweb_identity_token_file = f\n",
        "",
        [],
    ),
    "one source": ("[profile dev]\ncredential_process = y\nregion = eu-west-1\n", "", []),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_hides_what_in_a_profile_is_found(user, name):
    config, credentials, expected = HIDDEN[name]
    user.config(config)
    user.credentials(credentials)
    found = user.find("precedence")
    assert [each.code for each in found] == expected
    assert all(each.profile == "dev" for each in found)


# Stored entries


def record(user, *, used=(), **facts):
    """Our state with an entry for each ID of ``facts``."""
    entries = {
        key_id: {"kind": "access-key", "backend": "vault", **more} for key_id, more in facts.items()
    }
    user.write(".aws/awscreds/state.json", json.dumps({"version": 1, "entries": entries}))
    (user.aws / "awscreds").chmod(0o700)
    user.config(
        "".join(f"[profile p{n}]\nawscreds_access_key_id = {k}\n" for n, k in enumerate(used))
    )


def test_an_entry_that_no_profile_uses_is_a_note(user):
    record(user, used=[KEY_ID], **{KEY_ID: {}, OTHER: {}})
    [found] = user.find("stored_entries")
    assert (found.code, found.remedy.rpartition(" ")[2]) == ("orphaned-entry", OTHER)


def test_an_entry_that_another_known_file_uses_is_not(user):
    other = user.write("other/config", f"[profile x]\n{POINTER.replace(KEY_ID, OTHER)}")
    gone = user.home / "unmounted" / "config"
    for path in (other, gone):
        record(user, **{OTHER: {"files": {str(path): 0}}})
        assert user.codes("stored_entries") == []
    other.write_text("[profile x]\n", encoding="utf-8")
    record(user, **{OTHER: {"files": {str(other): 0}}})
    assert user.codes("stored_entries") == ["orphaned-entry"]


def test_a_key_without_a_record_is_a_note_since_the_record_is_only_a_help(user):
    record(user, used=[KEY_ID])
    assert [(each.code, each.severity) for each in user.find("stored_entries")] == [
        ("unrecorded-entry", "note")
    ]


def test_a_copy_that_a_killed_move_left_is_found(user):
    record(user, used=[KEY_ID], **{KEY_ID: {"left_in": "keyring"}})
    [found] = user.find("stored_entries")
    assert (found.code, found.remedy.endswith("--to vault")) == ("doubled-entry", True)


def test_a_key_is_due_after_the_age_that_its_profile_says(user):
    record(user, used=[KEY_ID], **{KEY_ID: {"created_at": "2026-10-01T00:00:00Z"}})
    [found] = user.find("stored_entries")
    assert (found.code, found.profile) == ("old-key", "p0")
    with (user.aws / "config").open("a") as config:
        config.write("awscreds_max_key_age = 900d\n")
    assert user.codes("stored_entries") == []


def test_a_vault_that_is_open_is_compared_and_one_that_is_closed_stays_closed(user):
    need_posix("no kernel key store")
    app = user.app(AWSCREDS_BACKEND="vault", AWSCREDS_PASSPHRASE="a long passphrase")
    store = app.stores.for_writing()
    store.write("access-key", KEY_ID, {"secret_access_key": SECRET})
    user.config(f"[profile a]\n{POINTER}[profile b]\n{POINTER.replace(KEY_ID, OTHER)}")
    app.state.note(OTHER, kind="access-key", backend="vault")
    app.stores.lock()
    assert user.codes("stored_entries") == []
    app.stores.backend("vault").unlock(60)
    [found] = user.find("stored_entries")
    assert (found.code, found.profile) == ("missing-entry", "b")


def test_a_copy_in_the_other_store_is_found_where_that_lists_its_entries(user):
    need_posix("no kernel key store")
    app = user.app(AWSCREDS_BACKEND="vault", AWSCREDS_PASSPHRASE="a long passphrase")
    app.stores.for_writing().write("access-key", KEY_ID, {"secret_access_key": SECRET})
    app.stores.backend("vault").unlock(60)
    app.state.note(KEY_ID, kind="access-key", backend="keyring")
    user.config(f"[profile a]\n{POINTER}")
    [found] = user.find("stored_entries")
    assert found.code == "doubled-entry"
    assert found.remedy.endswith("awscreds store move --to keyring")


@pytest.mark.parametrize("backend", ["keyring", "vault"])
def test_offline_says_of_which_keys_it_cannot_see_the_entries(user, backend, capsys):
    user.config(f"[profile a]\n{POINTER}{user.line('a')}")
    user.app().state.note(KEY_ID, kind="access-key", backend=backend)
    said = io.StringIO()
    assert run(["doctor", "--offline"], App(user.environ, stderr=said)) == 0
    assert f"whether the {backend} has the secret of 1 access key" in said.getvalue()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 99}', '{"version": 1, "entries": 1}'])
def test_a_damaged_state_is_one_finding_and_stops_no_other_check(user, text):
    record(user)
    user.write(".aws/awscreds/state.json", text)
    user.config("[profile dev]\nregion\n")
    codes = user.codes()
    assert "keyless-line" in codes
    assert {"state-damaged", "state-version"} & set(codes)


# Rotations


def journal(user, old=KEY_ID):
    folder = user.aws / "awscreds"
    folder.mkdir(mode=0o700, exist_ok=True)
    written = Journal(StateDir(str(folder)), old, clock=lambda: NOW)
    written.facts = {"old": old}
    written.write("create", INTENT)
    return written


def test_an_unfinished_rotation_is_found_and_one_in_its_grace_is_a_note(user):
    written = journal(user)
    assert user.codes("rotations") == ["unfinished-rotation"]
    written.write("grace", "done", until=NOW + DAY)
    [found] = user.find("rotations")
    assert (found.code, found.severity) == ("old-key-active", "note")
    written.write("grace", "done", until=NOW - DAY)
    assert user.codes("rotations") == ["unfinished-rotation"]
    written.close()
    assert user.codes("rotations") == []


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"\xff\n", b'{"version": 9}\n'])
def test_a_damaged_journal_is_found(user, damage):
    written = journal(user)
    with open(written.path, "r+b") as file:
        file.truncate()
        file.write(damage)
    assert user.codes("rotations") == ["journal-damaged"]


def test_a_rotation_that_somebody_works_on_is_no_finding(user):
    with journal(user).lock():
        assert user.codes("rotations") == []


# Token caches

TOKEN = {"accessToken": SECRET, "refreshToken": SECRET, "clientSecret": SECRET}
SESSION = {"Credentials": {"SecretAccessKey": SECRET, "Expiration": "2099-01-01T00:00:00Z"}}
CACHES = {
    ".aws/sso/cache/a.json": {**TOKEN, "expiresAt": "2099-01-01T00:00:00UTC"},
    ".aws/sso/cache/b.json": {**TOKEN, "expiresAt": "2024-01-01T00:00:00Z"},
    ".aws/cli/cache/c.json": SESSION,
    ".aws/login/cache/d.json": {"accessToken": {"secretAccessKey": SECRET}, "dpopKey": "x"},
    ".awsume/cache/e": SESSION,
}


def test_tokens_in_plaintext_are_counted_by_folder_and_never_shown(user):
    for name, content in CACHES.items():
        user.write(name, json.dumps(content))
    user.write(".aws/sso/cache/none.json", '{"startUrl": "x"}')
    user.write(".aws/sso/cache/hostile.json", "[" * 100_000)
    found = user.find("token_caches")
    assert {each.path for each in found} == {
        str(user.home / os.path.dirname(name)) for name in CACHES
    }
    [sso] = [each for each in found if each.path.endswith(os.path.join("sso", "cache"))]
    assert "1 valid, 1 expired" in sso.message
    assert {each.severity for each in found} == {"warning"}


def test_only_expired_tokens_are_a_note(user):
    user.write(".aws/sso/cache/b.json", json.dumps(CACHES[".aws/sso/cache/b.json"]))
    assert [each.severity for each in user.find("token_caches")] == ["note"]


@pytest.mark.posix("no modes")
def test_a_token_that_others_can_read_is_an_error(user):
    user.write(".aws/cli/cache/c.json", json.dumps(SESSION), mode=0o644)
    found = user.find("token_caches")
    assert [each.code for each in found] == ["readable-token", "plaintext-token"]

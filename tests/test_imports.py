"""What `awscreds import` does with the files, in this process, without AWS (``--no-verify``)."""

import json
import os

import pytest

from awscreds.model.names import breaks
from tests import other_tools as tools
from tests.helpers import shown
from tests.stores.support import KILL_STATUS, KILLED_COMMAND, start
from tests.test_findings import KEY_ID, SECRET, User
from tests.test_writers import HOSTILE, is_clean

pytestmark = pytest.mark.usefixtures("at_rest")

OTHER_ID, OTHER_SECRET = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
PASSPHRASE = "OpensAVault1 that is another program's"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
IMPORT = ("import", "--from", "aws-vault", "--no-verify", "--yes")
OTHER_PAIR = f"aws_access_key_id = {OTHER_ID}\naws_secret_access_key = {OTHER_SECRET}\n"
LINE = "credential_process = aws-vault exec --json dev\n"


@pytest.fixture
def user(home, capsys):
    """Somebody whose aws-vault keeps its keys in files."""
    user = User(home, capsys)
    user.environ["AWS_VAULT_FILE_PASSPHRASE"] = PASSPHRASE
    user.folder = home / ".awsvault" / "keys"
    return user


def vault(user, name="dev", key_id=KEY_ID, secret=SECRET, folder=None):
    data = tools.credentials(key_id, secret)
    return tools.write_file(folder or user.folder, name, data, PASSPHRASE)


def texts(user):
    return {
        name: (user.aws / name).read_text() if (user.aws / name).exists() else None
        for name in ("config", "credentials")
    }


def states(user, *words):
    done = user(*IMPORT, *words, "--json")
    assert "has a bug" not in done.err
    document = json.loads(done.out)
    return {each["profile"]: (each["state"], each["reason"]) for each in document["found"]}


def secret_of(user, profile):
    words = ("configure", "get", "aws_secret_access_key", "--profile", profile)
    return user(*words).out.strip()


LINES = {
    "aws-vault exec dev --json": True,
    "aws-vault exec --json dev": True,
    "aws-vault exec -j -n dev": True,
    "aws-vault export --format=json dev": True,
    "aws-vault export dev --format json --no-session": True,
    "/usr/local/bin/aws-vault --prompt=osascript exec --json --duration=12h dev": True,
    '"/opt/my tools/aws-vault" exec --json dev': True,
    "aws-vault --backend file exec --json dev": True,
    "aws-vault --backend=secret-service exec --json dev": False,
    "aws-vault --file-dir /elsewhere exec --json dev": False,
    "aws-vault exec dev": False,
    "aws-vault exec dev --json -- env": False,
    "aws-vault export dev": False,
    "aws-vault list": False,
    "aws-vault": False,
    "env X=1 aws-vault exec --json dev": False,
    "bash -c 'aws-vault exec --json dev'": False,
    "aws-vault exec --json other": False,
}


@pytest.mark.parametrize("line", LINES)
def test_only_a_line_that_is_understood_and_whose_key_is_here_becomes_ours(user, line):
    vault(user)
    config = f"# a\n[profile dev]\n# b\ncredential_process = {line}\nregion = eu-west-1\n"
    user.write("config", config)
    done = user(*IMPORT)
    assert done.code == 0
    text = texts(user)["config"]
    assert text.startswith("# a\n[profile dev]\n# b\n")
    if LINES[line]:
        assert "aws-vault" not in text
        assert f"awscreds_access_key_id = {KEY_ID}" in text
    else:
        assert text == config
        assert "config:4: the aws-vault line of dev stays" in done.err


def test_a_line_of_another_name_for_the_same_key_becomes_ours_too(user):
    vault(user)
    user.write("config", f"[profile ci]\n{LINE}[profile dev]\nregion = eu-west-1\n")
    assert states(user) == {"ci": ("imported", None), "dev": ("imported", None)}
    assert secret_of(user, "ci") == secret_of(user, "dev") == SECRET


@pytest.mark.parametrize(
    "settings",
    ["role_arn = arn:aws:iam::123456789012:role/x", "include_profile = x", "source_profile = x"],
)
def test_a_line_whose_entry_is_a_role_or_takes_another_profile_stays(user, settings):
    vault(user)
    config = f"[profile ci]\n{LINE}[profile dev]\n{settings}\n"
    user.write("config", config)
    user(*IMPORT)
    assert "the aws-vault line of ci stays" in user.err
    assert texts(user)["config"].startswith(f"[profile ci]\n{LINE}")


def granted(user, name="dev"):
    folder = user.folder.parent.parent / ".granted" / "secure-storage-aws-iam-credentials"
    user.environ["CF_KEYRING_FILE_PASSWORD"] = PASSPHRASE
    return vault(user, name, folder=folder)


def test_granted_has_its_own_folder_and_line(user):
    granted(user)
    user.write(
        "config",
        "[profile dev]\ncredential_process = granted credential-process --profile=dev\n"
        "[profile sso]\ngranted_sso_start_url = https://x.awsapps.com/start\n"
        "granted_sso_account_id = 123456789012\n"
        "credential_process = granted credential-process --profile sso --auto-login\n",
    )
    done = user("import", "--from", "granted", "--no-verify", "--yes")
    assert done.code == 0
    assert "the granted line of sso stays: it signs in to IAM Identity Center" in done.err
    assert secret_of(user, "dev") == SECRET
    text = texts(user)["config"]
    assert "credential_process = granted credential-process --profile sso --auto-login" in text
    assert "--profile=dev" not in text


def test_a_folder_that_granted_was_told_is_found(user, tmp_path):
    granted(user).parent.rename(tmp_path / "there")
    settings = user.folder.parent.parent / ".granted" / "config"
    settings.write_text(f"[Keyring]\nBackend = 'file'\nFileDir = '{tmp_path / 'there'}'\n")
    done = user("import", "--from", "granted", "--no-verify", "--yes")
    assert f"Imported {KEY_ID}" in done.err


@pytest.mark.parametrize("backend", ["pass", "kwallet", "op", "\x1b[2J"])
def test_a_store_that_cannot_be_read_is_told_with_what_to_do(user, backend):
    vault(user)
    done = user(*IMPORT, AWS_VAULT_BACKEND=backend)
    assert done.code == 4
    assert is_clean(done.err)
    assert "of aws-vault: awscreds cannot read this kind of store" in done.err
    assert "aws-vault exec NAME --no-session -- awscreds configure import --from-env" in done.err


def test_only_the_store_that_aws_vault_was_told_to_use_is_read(user):
    vault(user)
    assert "Found no access keys" in user(*IMPORT, AWS_VAULT_BACKEND="keychain").err
    assert f"Imported {KEY_ID}" in user(*IMPORT, AWS_VAULT_BACKEND="file").err


CLASHES = {
    "another plaintext key": ("", f"[dev]\n{OTHER_PAIR}"),
    "another secret": (
        "",
        f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {OTHER_SECRET}\n",
    ),
    "temporary credentials": (
        "",
        f"[dev]\n{OTHER_PAIR.replace('AKIA', 'ASIA')}aws_session_token = t\n",
    ),
    "another key in the config": (f"[profile dev]\n{OTHER_PAIR}", ""),
    "another stored key": (f"[profile dev]\nawscreds_access_key_id = {OTHER_ID}\n", ""),
    "another program": ("[profile dev]\ncredential_process = /opt/other\n", ""),
    "a role": (
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = a\n",
        "",
    ),
    "SSO": ("[profile dev]\nsso_session = s\nsso_account_id = 1\n[sso-session s]\n", ""),
    "a login": ("[profile dev]\nlogin_session = arn:aws:iam::1:user/a\n", ""),
    "a header below a key": (
        f"[profile dev]\n{LINE}  [profile lost]\n  region = eu-west-1\n",
        "",
    ),
}


@pytest.mark.parametrize("kind", CLASHES)
def test_a_clash_is_told_and_left_and_the_others_go_on(user, kind):
    config, credentials = CLASHES[kind]
    vault(user)
    vault(user, "fine", OTHER_ID, OTHER_SECRET)
    user.write("config", config)
    user.write("credentials", credentials)
    done = user(*IMPORT)
    assert f"{'dev was not imported' if 'below' not in kind else 'dev'}" in done.err
    after = texts(user)
    assert after["config"].startswith(config)
    assert after["credentials"] == credentials
    assert secret_of(user, "fine") == OTHER_SECRET


def test_the_same_key_in_plaintext_leaves_the_files(user):
    vault(user)
    user.write("config", "[profile dev]\nregion = eu-west-1\n")
    user.write(
        "credentials",
        f"# top\n[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n",
    )
    assert states(user) == {"dev": ("imported", None)}
    assert SECRET not in "".join(texts(user).values())
    assert secret_of(user, "dev") == SECRET


def test_two_programs_with_different_keys_of_one_name_are_told(user):
    vault(user)
    granted(user).unlink()
    folder = user.folder.parent.parent / ".granted" / "secure-storage-aws-iam-credentials"
    vault(user, "dev", OTHER_ID, OTHER_SECRET, folder)
    done = user("import", "--from", "all", "--no-verify", "--yes", "--json")
    [found] = json.loads(done.out)["found"]
    assert found["state"] == "left"
    assert KEY_ID in found["reason"]
    assert OTHER_ID in found["reason"]


def test_another_stored_secret_of_the_key_is_not_replaced_without_aws(user):
    words = ("configure", "--profile", "a", "--access-key-id", KEY_ID, "--secret-stdin")
    user(*words, "--no-verify", stdin=OTHER_SECRET)
    vault(user)
    assert states(user)["dev"][0] == "left"
    assert secret_of(user, "a") == OTHER_SECRET


def test_only_the_profile_that_was_named_is_imported(user):
    vault(user)
    vault(user, "other", OTHER_ID, OTHER_SECRET)
    assert states(user, "--profile", "other") == {"other": ("imported", None)}
    assert "[profile dev]" not in texts(user)["config"]


def test_a_dry_run_changes_nothing_and_asks_nobody(user):
    vault(user)
    user.write("config", f"[profile dev]\nmfa_serial = {SERIAL}\n{LINE}")
    before = user.files()
    done = user("import", "--from", "aws-vault", "--dry-run")
    assert done.code == 0
    place = shown(".awsvault", "keys", "dev")
    for word in ("dev", KEY_ID, SERIAL, place, "will be imported"):
        assert word in done.out
    assert SECRET not in done.out + done.err
    assert user.files() == before


def test_without_consent_nothing_changes(user):
    vault(user)
    before = user.files()
    done = user("import", "--from", "aws-vault", "--no-verify")
    assert done.code == 6
    assert "--yes" in done.err
    assert user.files() == before


@pytest.mark.posix("its file names take few of these characters")
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_name_is_named_and_is_no_profile(user, kind):
    name = HOSTILE[kind].replace("\0", "")
    try:
        vault(user, name)
    except UnicodeEncodeError:
        os.rename(vault(user), user.folder / os.fsdecode(b"a\xff"))
    vault(user, "fine", OTHER_ID, OTHER_SECRET)
    done = user(*IMPORT)
    assert is_clean(done.err)
    assert "[profile fine]" in texts(user)["config"]
    assert texts(user)["config"].count("[profile") == (1 if breaks(name) else 2)
    user("import", "--from", "aws-vault", "--dry-run")
    assert is_clean(user.err)


# -- deleting the source -------------------------------------------------------------------------


def test_the_source_stays_unless_it_is_asked_apart(user):
    path = vault(user)
    user(*IMPORT)
    assert path.exists()
    done = user(*IMPORT, "--delete-source")
    assert f"Deleted dev from {path}" in done.err.replace("~", str(user.aws.parent))
    assert not path.exists()
    assert secret_of(user, "dev") == SECRET


def test_an_entry_that_another_line_needs_stays(user):
    path = vault(user)
    line = "credential_process = aws-vault exec dev -- other\n"
    user.write("config", f"[profile dev]\nregion = eu-west-1\n[profile ci]\n{line}")
    done = user(*IMPORT, "--delete-source")
    assert done.code == 3
    assert "ci still gets its credentials from aws-vault" in done.err
    assert path.exists()


def test_an_entry_whose_own_profile_is_not_ours_stays(user):
    path = vault(user)
    user.write("config", f"[profile ci]\n{LINE}[profile dev]\nregion = eu-west-1\n")
    done = user(*IMPORT, "--profile", "ci", "--delete-source")
    assert f"Imported {KEY_ID}" in done.err
    assert "the profile dev does not use the stored key" in done.err
    assert path.exists()


def test_a_key_that_no_line_names_is_told(user):
    vault(user)
    vault(user, "ci", OTHER_ID, OTHER_SECRET)
    user.write("config", f"[profile ci]\n{LINE}")
    said = user(*IMPORT).err
    assert secret_of(user, "ci") == secret_of(user, "dev") == SECRET
    assert "ci was not imported: the credential_process line of the profile names another" in said


def test_what_was_left_is_not_deleted(user):
    path = vault(user)
    user.write("config", "[profile dev]\ncredential_process = /opt/other\n")
    user(*IMPORT, "--delete-source")
    assert path.exists()


def test_if_our_entry_is_gone_the_source_stays(user):
    path = vault(user)
    user(*IMPORT)
    state = user.aws / "awscreds" / "vault"
    state.unlink()
    user(*IMPORT, "--delete-source")
    assert path.exists()


# -- SIGKILL at each step ------------------------------------------------------------------------

KILLED_AT = [
    *("stored", "locked", "changed", "replaced config", "replaced credentials", "placed"),
    *("imported", "deleted"),
]
"""The other steps of an edit differ in nothing that an import could see."""


@pytest.mark.slow
@pytest.mark.daily(5)
@pytest.mark.posix("its processes end in another way (tests/windows)")
@pytest.mark.parametrize("step", KILLED_AT)
def test_a_killed_import_loses_nothing_and_a_second_run_completes(user, step):
    path = vault(user)
    vault(user, "other", OTHER_ID, OTHER_SECRET)
    user.write("config", f"[profile dev]\nmfa_serial = {SERIAL}\n{LINE}")
    user.write(
        "credentials",
        f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n# end\n",
    )
    words = (*IMPORT, "--delete-source")
    process = start(KILLED_COMMAND, step, json.dumps(user.environ), *words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == KILL_STATUS, err
    in_files = SECRET in "".join(texts(user).values())
    assert in_files or secret_of(user, "dev") == SECRET
    assert path.exists() or secret_of(user, "dev") == SECRET

    done = user(*words)
    assert done.code == 0, done.err
    for name, secret in (("dev", SECRET), ("other", OTHER_SECRET)):
        assert secret_of(user, name) == secret
    assert list(user.folder.iterdir()) == []
    assert SECRET not in "".join(texts(user).values())
    text = texts(user)["config"]
    assert f"awscreds_mfa_serial = {SERIAL}" in text
    assert text.count("credential_process") == 2
    assert "aws-vault" not in text


@pytest.mark.posix("its processes end in another way (tests/windows)")
def test_an_edit_that_fails_leaves_no_new_entry(user, monkeypatch):
    vault(user)
    user.aws.chmod(0o500)
    if os.access(user.aws, os.W_OK):  # root
        monkeypatch.setattr(
            "awscreds.stores.edited_file.EditedFile.stage",
            lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")),
        )
        user.aws.chmod(0o700)
    user(*IMPORT)
    user.aws.chmod(0o700)
    assert user.code != 0
    assert json.loads(user("store", "show", "--json").out)["entries"] == []


# -- what other programs keep in the AWS files ----------------------------------------------------

LONG_TERM = (
    f"# of aws-mfa\n[work-long-term]\naws_access_key_id = {KEY_ID}\n"
    f"aws_secret_access_key = {SECRET}\naws_mfa_device = {SERIAL}\n\n"
)


def test_a_pair_of_aws_mfa_is_migrated(user):
    user.write("credentials", LONG_TERM)
    done = user("import", "--from", "aws-mfa", "--no-verify", "--yes")
    assert done.code == 0, done.err
    assert SECRET not in texts(user)["credentials"]
    assert secret_of(user, "work-long-term") == SECRET


def test_with_all_the_pairs_of_aws_mfa_are_named_with_the_command_that_moves_them(user):
    user.write("credentials", LONG_TERM + "[b-long-term]\nregion = x\n")
    done = user("import", "--from", "all", "--no-verify", "--yes")
    assert done.code == 0
    assert "awscreds migrate --profile work-long-term" in done.err
    assert "b-long-term" not in done.err
    assert SECRET in texts(user)["credentials"]


def test_only_the_pair_that_was_named_is_migrated(user):
    user.write("credentials", LONG_TERM + LONG_TERM.replace("work", "home"))
    words = ("import", "--from", "aws-mfa", "--no-verify", "--yes", "--profile", "work", "--json")
    migrated = json.loads(user(*words).out)["migration"]
    assert {each["profile"] for each in migrated["items"]} == {"work-long-term"}


def test_leftovers_of_awsume_are_named_with_what_removes_them(user):
    cache = user.aws.parent / ".awsume" / "cache"
    cache.mkdir(parents=True)
    (cache / "aws-credentials-x").write_text("{}")
    token = "aws_access_key_id = ASIAI44QH8DHBEXAMPLE\naws_session_token = t\n"
    user.write("credentials", f"[autoawsume-dev]\n{token}[x]\nmanager = awsume\n{token}")
    said = user("import", "--from", "awsume", "--yes").err
    assert user.code == 0
    for name in ("autoawsume-dev", "x"):
        assert f"awscreds profile remove --profile {name}" in said
        assert user("profile", "remove", name, "--yes").code == 0, user.err
    assert "sessions of awsume" in said
    assert user("import", "--from", "awsume", "--yes", "--profile", "x").err.startswith("Found no")


def test_awskeyring_is_named_where_its_keys_cannot_be_read(user):
    (user.aws.parent / ".awskeyring").write_text('{"awskeyring": "awskeyring"}')
    assert "a keychain of macOS" in user("import", "--from", "awskeyring", "--yes").err

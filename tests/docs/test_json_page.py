"""The JSON documents of all commands have the keys and types that the reference says."""

import re

import pytest

from awscreds.cli import root
from awscreds.model.sso_names import DEFAULT_TEMPLATE, Naming, SsoRole
from awscreds.sandbox.browser import Browser
from awscreds.sandbox.identity_center import START_URL
from awscreds.stores.kernel_keyring import kernel
from awscreds.workflows.rotation import results
from tests.docs.documents import Person, described
from tests.docs.pages import REFERENCE, code, rows
from tests.docs.tree import read
from tests.other_tools import credentials, write_file

OTHER_DEVICE = "arn:aws:iam::123456789012:mfa/alice-2"
PAGE = (REFERENCE / "json.md").read_text(encoding="utf-8")
WITHOUT = "Commands without such a document"
SECTIONS = dict(re.findall(r"^## (.*)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))
DOCUMENTS = {
    command: described([row for row in rows(text) if len(row) == 3])
    for title, text in SECTIONS.items()
    for command in code(title)
}
OTHERS = {command for row in rows(SECTIONS[WITHOUT]) for command in code(row[0])}


def leaves():
    tree = read(root)
    return {entry.path for entry in tree.entries if not entry.subcommands} | {"configure"}


def test_every_command_is_on_the_page():
    assert set(DOCUMENTS) | OTHERS == leaves() | {"sandbox"}


def with_other_keys(sandbox, profile):
    """A profile with a pair in one file, and temporary credentials in the other."""
    text = "aws_access_key_id = {}\naws_secret_access_key = {}\n"
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write(f"\n[profile {profile}]\n" + text.format(*sandbox.root_key))
    with (sandbox.home / ".aws" / "credentials").open("a") as credentials:
        credentials.write(f"[{profile}]\n" + text.format("ASIAEXAMPLE", "secret" * 6))
        credentials.write("aws_session_token = token\n")


class Clicking:
    """A browser in which somebody allows whatever is asked."""

    def open(self, url):
        browser = Browser()
        browser.open(url)
        is_sign_in = "Continue as alice" in browser.page
        return browser.click("Continue as alice" if is_sign_in else "Allow access")


def see_logins(see, sandbox, monkeypatch):
    """``login`` and ``logout``: of an sso-session, a profile without one, and of `aws login`."""
    monkeypatch.setattr("webbrowser.get", Clicking)
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write(
            f"\n[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = {START_URL}\n"
            "[profile ro]\nsso_session = corp\nsso_account_id = 012345678901\n"
            "sso_role_name = ReadOnlyAccess\n"
            f"[profile old]\nsso_region = eu-central-1\nsso_start_url = {START_URL}\n"
            "sso_account_id = 012345678901\nsso_role_name = ReadOnlyAccess\n"
        )
    for which in (["--sso-session", "corp"], ["--profile", "old"]):
        see("login", *which, DISPLAY=":0")
        see("whoami", "--profile", "ro" if which[1] == "corp" else "old")
        see("logout", *which)
        see("logout", *which)
    see("login", "web", "--region", "eu-central-1", DISPLAY=":0")
    see("logout", "web")
    see_populate(see, sandbox)


def see_populate(see, sandbox):
    """``sso populate``: new, renamed, gone and removed profiles, and others in the way."""
    see("login", "--sso-session", "corp", DISPLAY=":0")
    see("sso populate", "--dry-run")
    see("sso populate")
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write("\n[profile deploy]\nsource_profile = Sandbox-ReadOnlyAccess\nrole_arn = x\n")
        role = SsoRole("000000000002", "x", "b")
        names = Naming(DEFAULT_TEMPLATE, "", "corp").candidates(role)
        config.writelines(f"[profile {name}]\n" for name in names)
    with (sandbox.home / ".aws" / "credentials").open("a") as credentials:
        credentials.write("[Sandbox-AdministratorAccess]\n")
    roles = ["AdministratorAccess", "ReadOnlyAccess"]
    for accounts in (
        {"123456789012": {"name": "Renamed", "roles": roles}},
        {"000000000002": {"name": "x", "roles": ["b"]}},
    ):
        sandbox.control.assign(accounts)
        see("sso populate")
    see("sso populate", "--prune")
    see("logout", "--sso-session", "corp")


def see_console(see, profile, monkeypatch):
    """`console`: the link, and a browser that opens it."""
    see("console", *profile, "--print")
    monkeypatch.setattr("webbrowser.get", Browser)
    see("console", *profile, DISPLAY=":0")


def see_profiles(see, sandbox):
    """What `profile` does, but wrapping."""
    role = ("--role-arn", sandbox.facts["role_arn"], "--source", "alice")
    see("profile add", "plain", *role)
    more = ("--mfa-serial", sandbox.facts["mfa_serial"], "--external-id", "them")
    see("profile add", "full", *role, *more, "--duration", "1h", "--region", "us-east-1")
    see("profile copy", "alice", "twin")
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write("\n[profile ci]\ncredential_process = vault exec twin\n")
        config.write("[profile user]\nsource_profile = twin\n")
    see("profile show", "twin")
    see("profile show", "user", AWS_REGION="us-east-2")
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write("[profile lost]\nsource_profile = nobody\nrole_arn = x\n")
    see("profile show", "lost")
    see("profile rename", "twin", "second")
    with_other_keys(sandbox, "second")
    see("profile remove", "second")


def see_migration(see, sandbox):
    """What `migrate` does: a key that can move, and one that cannot."""
    with (sandbox.home / ".aws" / "credentials").open("a") as credentials:
        for name, key_id in (("moving", sandbox.root_key[0]), ("staying", "")):
            credentials.write(
                f"[{name}]\naws_access_key_id = {key_id}\n"
                f"aws_secret_access_key = {sandbox.root_key[1]}\n"
            )
    names = ("--profile", "moving", "--profile", "staying")
    for flags in (["--dry-run"], ["--yes"]):
        see("migrate", *names, *flags)
    for flags in (["--dry-run"], ["--yes"]):
        see("migrate", "--undo", "--profile", "moving", *flags)
    see("migrate", "--profile", "moving", "--yes")


def see_import(see, sandbox):
    folder = sandbox.home / ".awsvault" / "keys"
    data = credentials(*sandbox.key)
    write_file(folder, "vault", data, "x")
    path = write_file(folder, "foreign", data, "x")
    (folder / "broken").write_text("x")
    with (sandbox.home / ".aws" / "config").open("a") as config:
        config.write("\n[profile foreign]\ncredential_process = /other\nmfa_serial = 123456789\n")
        config.write("[profile gone]\ncredential_process = aws-vault exec --json gone\n")
    with (sandbox.home / ".aws" / "credentials").open("a") as file:
        file.write("[mfa-long-term]\naws_access_key_id = {}\n".format(*sandbox.root_key))
        file.write("aws_secret_access_key = {1}\n".format(*sandbox.root_key))
        file.write("[broken-long-term]\naws_secret_access_key = {}\n".format("s" * 40))
    (sandbox.home / ".awskeyring").write_text("{}")
    see("import", "--from", "all", "--delete-source", rc=4, AWS_VAULT_FILE_PASSPHRASE="x")
    see("import", "--from", "aws-mfa")
    for each in (path, folder / "broken"):
        each.unlink()


def see_devices(see, profile):
    """What `mfa` does with a device whose seed is stored."""
    see("mfa enable", *profile, "--store-seed")
    see("mfa enable", *profile, "--store-seed", "--name", "another")
    see("mfa code", *profile)
    see("mfa list", *profile)
    see("mfa remove", *profile)
    see("mfa remove", *profile, "--serial", OTHER_DEVICE)


def see_rotations(see, *profile):
    """What `rotate` and `keys` do. Returns one rotation."""
    see("rotate", *profile, "--dry-run")
    rotated = see("rotate", *profile, "--keep-old", "active", "--yes")["rotations"][0]
    see("rotate", *profile, "--yes", rc=1)  # there are two keys now
    see("rotate", "--all", "--yes", rc=1)
    see("keys list", *profile)
    for command in ("keys deactivate", "keys activate", "keys deactivate", "keys delete"):
        see(command, rotated["old"], *profile)
    see("rotate", *profile, "--grace", "1h", "--yes")
    return rotated


@pytest.fixture
def seen(sandbox, monkeypatch):
    """What the documents of all commands have, by command."""
    monkeypatch.setenv("HOME", str(sandbox.home))
    alice = Person(sandbox)
    see = alice.note
    profile = ("--profile", "alice")
    words = ("--access-key-id", alice.key_id, "--secret-stdin")
    see("configure", *profile, *words, stdin=alice.secret)
    see("configure", *profile, "--region", "us-east-1")
    with_other_keys(sandbox, "other")
    for flags in ([], ["--clients"]):
        see("doctor", *flags)
    see("configure", "--profile", "other", *words, stdin=alice.secret)
    with_other_keys(sandbox, "imported")
    csv = f"Access key ID,Secret access key\n{alice.key_id},{alice.secret}\n"
    see("configure import", "--csv", "-", "--profile", "imported", stdin=csv)
    see_migration(see, sandbox)
    see_import(see, sandbox)
    see("configure get", "region", *profile)
    see("configure get", "nothing", *profile, rc=1)
    see("configure list", *profile)
    see("configure list-profiles")
    see("whoami", *profile)

    see("mfa-session", *profile, "--token", sandbox.token_code())
    see_profiles(see, sandbox)
    see("profile wrap", "admin")
    see("export", "--profile", "admin")
    see("sessions list")
    see("list")
    see("status", AWS_PROFILE="admin")
    record = sandbox.home / ".aws" / "awscreds" / "state.json"
    sound = record.read_bytes()
    record.write_bytes(b"{")
    see("status")
    record.write_bytes(sound)
    see("profile unwrap", "admin")
    see_logins(see, sandbox, monkeypatch)
    see_console(see, profile, monkeypatch)
    see("sessions clear")
    see_devices(see, profile)

    rotated = see_rotations(see, *profile)

    see("store show")
    see("store move", "--to", "vault")
    for command in ("lock", "unlock", "store passwd"):
        see(command)
    alice.json("configure", "unset", "awscreds_access_key_id", *profile)
    see("store forget", rotated["new"], AWSCREDS_PASSPHRASE="another passphrase")
    see("store release", "/nowhere/config")
    see("completion", "bash")
    see("completion", "bash", "--install")
    see("completion", "fish", "--install")
    yield alice.seen
    kernel.drop_all(kernel.scope(str(sandbox.home / ".aws" / "awscreds")))


def test_each_document_has_the_keys_and_types_of_its_table(seen):
    assert set(seen) == set(DOCUMENTS)
    for command, keys in DOCUMENTS.items():
        elements = {key for key in keys if key.endswith("[]")}  # a list may be empty
        assert set(seen[command]) <= set(keys), command
        assert set(keys) - elements <= set(seen[command]), command
        for key, types in seen[command].items():
            assert types <= keys[key], f"{command}: {key}"
            assert types & (keys[key] - {"null"}), f"{command}: {key} is never anything but null"


def test_the_words_for_what_a_rotation_came_to_are_on_the_page():
    names = ("ROTATED", "KEPT_OLD", "WAITING", "ROLLED_BACK")
    status = {getattr(results, name) for name in names}
    names = ("PLANNED", "SKIPPED", "FAILED", "UNFINISHED", "NOT_BEGUN", "ENDED_ELSEWHERE")
    status |= {getattr(results, name) for name in names}
    assert {code(row[0])[0] for row in rows(SECTIONS["`rotate`"]) if len(row) == 2} == status

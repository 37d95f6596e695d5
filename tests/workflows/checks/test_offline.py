"""What doctor finds on this computer: one case for each code, and a clean home for none."""

import os
import shlex
import sys

import pytest

from awscreds.cli import run
from awscreds.model.settings import NOT_BESIDE
from awscreds.stores.temporary_names import temporary_name
from tests.helpers import need_posix
from tests.workflows.checks.conftest import KEY_ID, PAIR, POINTER, SECRET

ROLE = "role_arn = arn:aws:iam::123456789012:role/x\n"
SESSION = (
    "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
    f"aws_secret_access_key = {SECRET}\naws_session_token = {'t' * 40}\n"
)


def test_a_clean_home_has_no_findings(user):
    assert user.find() == []
    user.config(f"[profile dev]\nregion = eu-central-1\n{POINTER}{user.line('dev')}")
    user.app().state.note(KEY_ID, kind="access-key", backend="vault")
    assert user.find() == []


# The check, the config file, the credentials file, and the codes with their lines.
CASES = {
    "plaintext": ("plaintext_keys", "", f"[dev]\n{PAIR}", ["plaintext-key:2"]),
    "plaintext in the config": (
        "plaintext_keys",
        f"[profile dev]\n{PAIR}",
        "",
        ["plaintext-key:2"],
    ),
    "beside a managed one": (
        "plaintext_keys",
        f"[profile dev]\n{POINTER}",
        f"[dev]\n{PAIR}",
        ["plaintext-beside-managed:2"],
    ),
    "in no profile": ("plaintext_keys", f"[sso-session s]\n{PAIR}", "", ["plaintext-key:2"]),
    "in a nested block": (
        "plaintext_keys",
        "[profile dev]\ns3 =\n  " + PAIR.replace("\n", "\n  ", 1),
        "",
        ["plaintext-key:3"],
    ),
    "shared": (
        "plaintext_keys",
        "",
        f"[dev]\n{PAIR}[old]\n{PAIR}",
        ["plaintext-key:2", "plaintext-key:5", "shared-key:2"],
    ),
    "only an id": (
        "plaintext_keys",
        "",
        f"[dev]\naws_access_key_id = {KEY_ID}\n",
        ["half-key:2"],
    ),
    "only a secret": (
        "plaintext_keys",
        "",
        f"[dev]\naws_secret_access_key = {SECRET}\n",
        ["half-key:2"],
    ),
    "a session": ("plaintext_keys", "", f"[dev]\n{SESSION}", ["plaintext-session:2"]),
    "a secret as id": (
        "plaintext_keys",
        "",
        f"[dev]\naws_access_key_id = {SECRET}\naws_secret_access_key = {KEY_ID}\n",
        ["misplaced-secret:2", "plaintext-key:2"],
    ),
    "no line": ("programs", f"[profile dev]\n{POINTER}", "", ["no-line:2"]),
    "moved": (
        "programs",
        (
            f"[profile dev]\n{POINTER}credential_process = /no/python -I /no/awscreds/__main__.py "
            "credential-process --profile dev\n"
        ),
        "",
        ["moved-program:3"],
    ),
    "missing": (
        "programs",
        "[profile dev]\ncredential_process = aws-vault-is-not-here exec\n",
        "",
        ["missing-program:2"],
    ),
    "relative": (
        "programs",
        "[profile dev]\ncredential_process = ./tool\n",
        "",
        ["relative-program:2"],
    ),
    "tilde": (
        "programs",
        "[profile dev]\ncredential_process = ~/bin/tool\n",
        "",
        ["unexpanded-path:2"],
    ),
    "no mfa program": (
        "programs",
        "[profile dev]\nmfa_process = no-such-thing -x\n",
        "",
        ["missing-program:2"],
    ),
    "missing source": (
        "sources",
        f"[profile a]\n{ROLE}source_profile = b\n",
        "",
        ["missing-link:3"],
    ),
    "no source": ("sources", f"[profile a]\n{ROLE}", "", ["no-source:2"]),
    "two sources": (
        "sources",
        f"[profile a]\n{ROLE}source_profile = b\ncredential_source = Environment\n[profile b]\n",
        "",
        ["two-sources:3"],
    ),
    "bad source": (
        "sources",
        f"[profile a]\n{ROLE}credential_source = environment\n",
        "",
        ["bad-credential-source:3"],
    ),
    "no credentials": (
        "sources",
        f"[profile a]\n{ROLE}source_profile = b\n[profile b]\nregion = eu-west-1\n",
        "",
        ["no-credentials:3"],
    ),
    "loop": (
        "sources",
        (
            f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = c\n"
            f"[profile c]\n{ROLE}source_profile = b\n"
        ),
        "",
        ["loop:6"],
    ),
    "itself": ("sources", f"[profile a]\n{ROLE}source_profile = a\n", "", ["loop:3"]),
    "itself with keys": ("sources", f"[profile a]\n{ROLE}source_profile = a\n{PAIR}", "", []),
    "a source with keys": (
        "sources",
        f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = b\n{PAIR}",
        "",
        [],
    ),
    "wrapped": (
        "sources",
        (
            "[profile a]\nawscreds_role_arn = arn:aws:iam::123456789012:role/x\n"
            "awscreds_source_profile = b\n"
        ),
        "",
        ["missing-link:3"],
    ),
    "web identity": (
        "sources",
        "[profile a]\nweb_identity_token_file = /token\n",
        "",
        ["no-role-arn:2"],
    ),
    "sso-session": (
        "sources",
        "[profile a]\nsso_session = s\n",
        "",
        ["missing-sso-session:2"],
    ),
    "services": ("sources", "[profile a]\nservices = s\n", "", ["missing-services:2"]),
    "bad arn": ("values", "[profile a]\nrole_arn = admin\n", "", ["bad-arn:2"]),
    "account of an arn": (
        "values",
        "[profile a]\nrole_arn = arn:aws:iam::12345678901:role/x\n",
        "",
        ["bad-arn:2"],
    ),
    "partition": (
        "values",
        "[profile a]\nrole_arn = arn:awz:iam::123456789012:role/x\n",
        "",
        ["bad-arn:2"],
    ),
    "mfa": ("values", "[profile a]\nmfa_serial = alice's phone\n", "", ["bad-arn:2"]),
    "mfa set aside": (
        "values",
        "[profile a]\nawscreds_mfa_serial = arn:aws:iam::1:alice\n",
        "",
        ["bad-arn:2"],
    ),
    "fido": (
        "values",
        "[profile a]\nmfa_serial = arn:aws:iam::123456789012:u2f/user/alice/k\n",
        "",
        ["fido-device:2"],
    ),
    "account": ("values", "[profile a]\nsso_account_id = 1234\n", "", ["bad-account:2"]),
    "duration": ("values", "[profile a]\nduration_seconds = 1h\n", "", ["bad-duration:2"]),
    "too long": ("values", "[profile a]\nduration_seconds = 43201\n", "", ["bad-duration:2"]),
    "endpoint": (
        "values",
        "[profile a]\nendpoint_url = https://evil.example\\@localhost\n",
        "",
        ["bad-endpoint:2"],
    ),
    "http": ("values", "[profile a]\nendpoint_url = http://evil.example\n", "", ["plain-http:2"]),
    "local http": ("values", "[profile a]\nendpoint_url = http://localhost:4566\n", "", []),
    "region": ("values", "[profile a]\nregion = eu central\n", "", ["bad-region:2"]),
    "secret region": ("values", f"[profile a]\nregion = {SECRET}\n", "", ["bad-region:2"]),
    "no region": ("values", "[profile a]\nregion = frankfurt\n", "", ["unknown-region:2"]),
    "typing error": ("values", "[profile a]\nregion = eu-centrl-1\n", "", ["unknown-region:2"]),
    "another partition": (
        "values",
        f"[profile a]\n{ROLE}region = cn-north-1\n",
        "",
        ["partition-mismatch:3"],
    ),
    "a device of another partition": (
        "values",
        f"[profile a]\n{ROLE}mfa_serial = arn:aws-cn:iam::123456789012:mfa/alice\n",
        "",
        ["partition-mismatch:3"],
    ),
    "an unknown kind of section": (
        "file_lines",
        "[proflie x]\n[sso-sesion y]\nsso_regoin = x\n[session z]\n[granted_registry a b]\n[a b]\n",
        "",
        ["unknown-section:1", "unknown-section:2", "unknown-section:4", "unknown-section:6"],
    ),
    "an unknown setting near a known one": (
        "file_lines",
        "[profile a]\nregoin = x\nouput = x\nsso_account_name = x\nx_principal_arn = x\n",
        "[a]\naws_acess_key_id = x\nsession_token = x\n",
        ["unknown-key:2", "unknown-key:2", "unknown-key:3", "unknown-key:3"],
    ),
    "a line of the file": ("file_lines", "[profile a]\nregion\n", "", ["keyless-line:2"]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_problem_is_found_with_its_line_and_nothing_else(user, name):
    check, config, credentials, expected = CASES[name]
    user.config(config)
    user.credentials(credentials)
    found = user.find(check)
    assert sorted(f"{each.code}:{each.line}" for each in found) == sorted(expected)
    for each in found:
        assert os.path.dirname(each.path) == str(user.aws)


def test_every_case_has_a_remedy_and_every_severity_is_one_of_the_levels(user):
    for check, config, credentials, _ in CASES.values():
        user.config(config)
        user.credentials(credentials)
        for each in user.find(check):
            assert each.remedy or each.code == "shared-key"
            assert each.severity in ("error", "warning", "note")


BESIDE = {
    "mfa_serial = arn:aws:iam::123456789012:mfa/a": "mfa-serial-beside-our-line",
    "source_profile = b": "setting-beside-our-line",
    "sso_region = eu-west-1": "setting-beside-our-line",
    "role_session_name = me": "setting-beside-our-line",
    "endpoint_url = http://localhost:1": "setting-beside-our-line",
}


@pytest.mark.parametrize("line", BESIDE)
@pytest.mark.parametrize("file", ["config", "credentials"])
def test_what_hides_a_managed_profile_from_an_sdk_is_found_in_either_file(user, line, file):
    ours = f"[profile dev]\n{POINTER}{user.line('dev')}"
    user.config(ours + (f"{line}\n" if file == "config" else ""))
    user.credentials(f"[dev]\n{line}\n" if file == "credentials" else "")
    [found] = user.find("beside_our_line")
    assert (found.code, os.path.basename(found.path)) == (BESIDE[line], file)
    assert found.line == (2 if file == "credentials" else 4)
    assert ".NET" in found.message


@pytest.mark.parametrize("key", [*NOT_BESIDE, "sso_account_id", "sso_start_url"])
def test_each_setting_that_net_does_not_accept_is_found_and_worst_if_other_sdks_use_it(user, key):
    user.config(f"[profile dev]\n{POINTER}{user.line('dev')}{key} = x\n")
    [found] = user.find("beside_our_line")
    used = key in ("role_arn", "web_identity_token_file", "sso_account_id", "login_session")
    assert (found.severity, "and not awscreds" in found.message) == (
        "error" if used else "warning",
        used,
    )
    user.config(f"[profile dev]\ncredential_process = /bin/other\n{key} = x\n")
    assert user.find("beside_our_line") == []


def test_the_fix_for_a_device_beside_our_line_is_a_command_that_mends_it(user):
    serial = "arn:aws:iam::123456789012:mfa/alice"
    user.config(f"[profile dev]\n{POINTER}{user.line('dev')}mfa_serial = {serial}\n")
    [found] = user.find("beside_our_line")
    words = shlex.split(found.remedy.rpartition("awscreds ")[2])
    assert words == ["configure", "set", "mfa_serial", serial, "--profile", "dev"]
    assert run(words, user.app()) == 0
    assert user.find("beside_our_line") == []


def test_a_line_of_this_installation_that_it_would_write_differently_is_a_note(user):
    line = user.line("dev")
    user.config(f"[profile dev]\n{POINTER}{line}")
    assert user.codes("programs") == []
    user.config(f"[profile dev]\n{POINTER}{line.replace(' -S ', ' ')}")
    assert user.codes("programs") == ["outdated-line"]
    user.config(f"[profile dev]\n{POINTER}{line.replace('--profile dev', '--profile other')}")
    assert user.codes("programs") == ["outdated-line"]
    user.config(f"[profile dev]\n{line}")
    assert user.codes("programs") == ["line-without-key"]


def test_each_other_installation_is_told_once_with_its_version(user):
    other = user.home / "venv" / "awscreds"
    user.write("venv/awscreds/__main__.py", "")
    user.write("venv/awscreds/__init__.py", '__version__ = "0.9.1"\n')
    python = sys.executable
    line = f"credential_process = {python} -I {other}/__main__.py credential-process --profile "
    user.config("".join(f"[profile p{n}]\n{POINTER}{line}p{n}\n" for n in range(3)))
    [found] = user.find("programs")
    assert (found.code, found.profile, found.line) == ("several-installations", "p0", 3)
    assert "version 0.9.1" in found.message
    assert os.path.isfile(python)


def test_no_program_that_a_file_names_is_started(user):
    touched = user.home / "touched"
    tool = user.write("tool", f"#!/bin/sh\ntouch {touched}\n", mode=0o700)
    user.config(
        f"[profile a]\ncredential_process = {tool}\nmfa_process = {tool}\n"
        f"[profile b]\n{ROLE}source_profile = a\n"
    )
    user.find()
    assert not touched.exists()


# Copies of secrets


@pytest.mark.parametrize(
    "line",
    [
        f"# aws_secret_access_key = {SECRET}",
        f"  ;{SECRET}",
        f"# {KEY_ID},{SECRET} # old",
        f"#AWS_SECRET_ACCESS_KEY={'a' * 40}",
    ],
)
@pytest.mark.parametrize("above", ["", "[profile a]\nregion = eu-west-1\n"])
def test_a_secret_in_a_comment_is_found_and_not_shown(user, line, above):
    user.config(f"{above}{line}\n[profile b]\nregion = eu-west-1\n")
    [found] = user.find("plaintext_keys")
    assert (found.code, found.line) == ("plaintext-comment", 1 + above.count("\n"))
    assert SECRET not in str(found) + found.remedy


@pytest.mark.parametrize(
    "line", ["# of commit 356a192b7913b04c54574d18c28d46e6395428ab", "region = a # b", "# none"]
)
def test_a_comment_without_a_secret_is_no_finding(user, line):
    user.config(f"[profile a]\n{line}\n")
    assert user.find("plaintext_keys") == []


COPIES = {
    ".aws/credentials.bak": (f"[dev]\n{PAIR}", "plaintext-copy"),
    ".aws/old": (f"[profile dev]\r\n  AWS_SECRET_ACCESS_KEY={SECRET}\r\n", "plaintext-copy"),
    ".bashrc": (f"export AWS_SECRET_ACCESS_KEY='{SECRET}'\n", "plaintext-in-shell-file"),
    ".config/fish/config.fish": (
        f"set -gx AWS_SECRET_ACCESS_KEY {SECRET}\n",
        "plaintext-in-shell-file",
    ),
    ".bash_history": (
        f"AWS_SECRET_ACCESS_KEY={SECRET} aws s3 ls\n",
        "plaintext-in-shell-file",
    ),
    ".s3cfg": (f"[default]\nsecret_key = {SECRET}\n", "plaintext-of-program"),
    ".passwd-s3fs": (f"{KEY_ID}:{SECRET}\n", "plaintext-of-program"),
    ".config/rclone/rclone.conf": (
        f"[s3]\nsecret_access_key = {SECRET}\n",
        "plaintext-of-program",
    ),
    "Downloads/alice_accessKeys.csv": (
        f"\ufeffAccess key ID,Secret access key\r\n{KEY_ID},{SECRET}\r\n",
        "plaintext-csv",
    ),
    "rootkey.csv": (f"Access key ID,Secret access key\n{KEY_ID},{SECRET}\n", "plaintext-csv"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_a_secret_is_found_where_tools_and_people_leave_it(user, name):
    text, code = COPIES[name]
    path = user.write(name, text)
    [found] = user.find("plaintext_copies")
    assert (found.code, found.path) == (code, str(path))
    path.write_text(text.replace(SECRET, "…"), encoding="utf-8")
    assert user.codes("plaintext_copies") == []


def test_what_another_program_wrote_beside_an_edit_is_no_leftover_of_ours(user):
    path = temporary_name(str(user.aws / "credentials"), (0, 0, 0, 0))
    user.write(os.path.relpath(path, user.home), COPIES[".aws/credentials.bak"][0])
    [found] = user.find("plaintext_copies")
    assert (found.code, found.path) == ("plaintext-copy", path)
    assert found.remedy.startswith("if you do not need it: ")


def test_a_download_is_not_stored_again_if_a_profile_has_its_key(user):
    path = user.write("Downloads/alice.csv", COPIES["rootkey.csv"][0])
    user.config(f"[profile alice]\ncredential_process = x\nawscreds_access_key_id = {KEY_ID}\n")
    [found] = user.find("plaintext_copies")
    assert "awscreds whoami --profile alice; then: " in found.remedy
    assert "import" not in found.remedy
    path.write_text(f"{path.read_text()}AKIAI44QH8DHBEXAMPLE,{SECRET}\n")
    [found] = user.find("plaintext_copies")
    assert "import" in found.remedy


def test_a_download_of_a_key_that_is_deleted_is_not_stored_but_deleted(user):
    path = user.write("Downloads/alice.csv", COPIES["rootkey.csv"][0])
    user.app().state.note_deleted(KEY_ID)
    [found] = user.find("plaintext_copies")
    assert "deleted at AWS" in found.message
    assert found.remedy == f"the key in it is no longer in use: rm {path}"
    for more in (f"AKIAI44QH8DHBEXAMPLE,{SECRET}\n", "a line that cannot be read\n"):
        path.write_text(COPIES["rootkey.csv"][0] + more)
        [found] = user.find("plaintext_copies")
        assert "deleted at AWS" not in found.message
        assert "import" in found.remedy


def test_what_is_not_an_ordinary_file_is_not_opened(user):
    need_posix("it has no FIFOs in folders")
    os.mkfifo(user.aws / "credentials.bak")
    os.mkfifo(user.home / ".bashrc")
    os.symlink("/dev/zero", user.home / ".s3cfg")
    assert user.codes("plaintext_copies") == []


# Modes


@pytest.mark.posix("no modes")
def test_modes_that_let_others_read_or_write_are_found(user):
    user.config("[profile dev]\nregion = eu-west-1\n").chmod(0o644)
    assert user.codes("permissions") == []
    user.credentials("").chmod(0o640)
    [found] = user.find("permissions")
    assert (found.code, found.severity) == ("readable-by-others", "warning")
    user.credentials(f"[dev]\n{PAIR}").chmod(0o644)
    [found] = user.find("permissions")
    assert (found.code, found.severity) == ("readable-by-others", "error")
    assert found.remedy == f"chmod 600 {user.aws}/credentials"
    (user.aws / "credentials").chmod(0o600)
    (user.aws / "config").chmod(0o666)
    [found] = user.find("permissions")
    assert (found.code, found.path) == ("writable-by-others", str(user.aws / "config"))


@pytest.mark.posix("no modes")
def test_our_own_files_are_checked_and_not_read(user):
    user.write(".aws/awscreds/state.json", '{"version": 1}\n')
    user.write(".aws/awscreds/vault", "x", mode=0o644)
    (user.aws / "awscreds").chmod(0o700)
    [found] = user.find("permissions")
    assert (found.code, found.path) == ("unsafe-state", str(user.aws / "awscreds" / "vault"))
    (user.aws / "awscreds").chmod(0o755)
    [found] = user.find("permissions")
    assert (found.code, found.path) == ("unsafe-state", str(user.aws / "awscreds"))


@pytest.mark.posix("no modes")
def test_a_state_folder_on_a_windows_drive_is_a_note_and_its_modes_are_none(user, monkeypatch):
    user.credentials(f"[dev]\n{PAIR}").chmod(0o777)
    user.write(".aws/awscreds/vault", "x", mode=0o777)
    (user.aws / "awscreds").chmod(0o777)
    device = os.stat(user.aws).st_dev
    place = f"{os.major(device)}:{os.minor(device)} / /mnt/c rw"
    drive = f"40 29 {place} - 9p C:\\134 rw,aname=drvfs;path=C:\\\n"
    monkeypatch.setattr("awscreds.stores.trust._mounts", lambda: [drive])
    [found] = user.find("permissions")
    assert (found.code, found.severity) == ("state-on-windows-drive", "note")
    assert "AWSCREDS_HOME" in found.remedy


# Hostile and many


def test_names_and_values_that_control_a_terminal_are_text(user):
    evil = "\x1b[2J\u202eevil"
    user.config(
        f"[profile {evil}]\n{ROLE}source_profile = {evil}x\nregion = {evil}\n"
        f"credential_process = {evil}\nsso_session = {evil}\n"
    )
    for each in user.find("sources", "values", "programs", "beside_our_line"):
        assert "\x1b" not in each.message + each.remedy
        assert "\u202e" not in each.message + each.remedy


def test_a_secret_in_the_place_of_any_value_is_not_shown(user):
    keys = (
        "region", "output", "role_arn", "source_profile", "credential_source", "mfa_serial",
        "credential_process", "mfa_process", "sso_session", "sso_account_id", "services",
        "endpoint_url", "duration_seconds", "awscreds_access_key_id", "sso_region",
    )  # fmt: skip
    user.config("".join(f"[profile {key}]\n{key} = {SECRET}\n" for key in keys))
    assert len(user.find()) > 8  # which looks for the secret in each


def test_the_work_grows_with_the_number_of_profiles_and_not_with_its_square(user):
    def calls(count):
        user.config(
            "".join(
                f"[profile r{n}]\n{ROLE}source_profile = r{n + 1}\nregion = eu-west-{n}\n"
                f"credential_process = tool{n}\n"
                for n in range(count)
            )
        )
        user.credentials("".join(f"[k{n}]\n{PAIR}" for n in range(count)))
        made = 0

        def count_one(*_):
            nonlocal made
            made += 1

        sys.setprofile(count_one)
        try:
            user.app().findings()
        finally:
            sys.setprofile(None)
        return made

    calls(1)  # what is imported
    few, many = calls(60), calls(240)
    assert many < few * 5

"""No key comes to depend on a file that others can write; where it is only read, that is said."""

import os
import struct

import pytest

from awscreds.app import App
from awscreds.app.dialogue import Dialogue
from awscreds.app.passphrases import Passphrases
from awscreds.cli import run
from awscreds.errors import ConfigurationError
from awscreds.stores import remedies, trust
from awscreds.stores.state_dir import StateDir
from tests.other_tools import credentials, write_file
from tests.test_cli_help import commands

if not hasattr(os, "geteuid"):
    pytest.skip("Windows has no modes", allow_module_level=True)

LINE = "/venv/bin/python -I -S /venv/awscreds/__main__.py credential-process --profile dev"
CONFIG = (
    f"[profile dev]\nregion = eu-west-1\ncredential_process = {LINE}\n"
    "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = dev\n"
    f"[profile wrapped]\ncredential_process = {LINE[:-3]}wrapped\n"
    "awscreds_role_arn = arn:aws:iam::123456789012:role/ops\nawscreds_source_profile = dev\n"
)
PLAIN = (
    "[old]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = " + "s" * 40 + "\n"
)


@pytest.fixture
def aws(home):
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    for name, text in (("config", CONFIG), ("credentials", PLAIN)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    data = credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40)
    write_file(home / ".awsvault" / "keys", "new", data, "a long passphrase")
    return folder


def acl_for(uid, allowed, mask):
    """user_obj rwx, user UID, group ---, mask, other --- (linux/posix_acl_xattr.h)."""
    nobody = 2**32 - 1
    entries = [(1, 7, nobody), (2, allowed, uid), (4, 0, nobody), (16, mask, nobody)]
    packed = b"".join(struct.pack("<HHI", *entry) for entry in [*entries, (32, 0, nobody)])
    return struct.pack("<I", 2) + packed


def set_acl(path, uid, allowed, mask=7):
    try:
        os.setxattr(path, "system.posix_acl_access", acl_for(uid, allowed, mask))
    except (AttributeError, OSError) as error:
        pytest.skip(f"this file system has no access control lists: {error}")


def open_by_acl(path):
    set_acl(path, 4712, 7)


def given_to_a_group(path):
    """The file is for the group of somebody else: nobody knows who is in it."""
    os.chown(path, -1, 4713)
    path.chmod(0o660)


def linked_elsewhere(aws):
    theirs = aws.parent.parent / "theirs"
    theirs.mkdir()
    (aws / "config").rename(theirs / "config")
    os.chown(theirs, 4712, 4712)
    (aws / "config").symlink_to(theirs / "config")


OPENINGS = {
    "a config file that everybody can write": lambda aws: (aws / "config").chmod(0o666),
    "a credentials file that everybody can write": lambda aws: (aws / "credentials").chmod(0o602),
    "a folder that everybody can write": lambda aws: aws.chmod(0o777),
    "a home that everybody can write": lambda aws: aws.parent.chmod(0o777),
    "a folder with an access control list": open_by_acl,
    "a file with an access control list": lambda aws: open_by_acl(aws / "config"),
}
IF_ROOT = {
    "a config file that a group can write": lambda aws: given_to_a_group(aws / "config"),
    "a config file of another user": lambda aws: os.chown(aws / "config", 4712, 4712),
    "a link into the folder of another user": linked_elsewhere,
}
"""What only root can arrange."""

if os.geteuid() == 0:
    OPENINGS |= IF_ROOT

REFUSED = (
    ["configure", "--profile", "new", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin"],
    ["configure", "import", "--from-env", "--profile", "new", "--no-verify"],
    ["import", "--from", "aws-vault", "--yes", "--no-verify"],
    ["profile", "wrap", "ops"],
    ["rotate", "--profile", "old", "--yes"],
    ["rotate", "--all", "--yes"],
    ["configure", "set", "aws_secret_access_key", "-", "--profile", "old", "--yes"],
)
ONCE = (  # one opening will do: they come to the same gate
    [*REFUSED[0], "--plaintext"],
    ["configure", "import", "--csv", "KEYS", "--profile", "new", "--no-verify"],
    ["migrate", "--all", "--no-verify", "--yes"],
    ["migrate", "--all", "--no-verify", "--dry-run"],
    ["configure", "set", "aws_access_key_id", "AKIAI44QH8DHBEXAMPLE", "--profile", "dev"],
    ["rotate", "--profile", "old", "--keep-plaintext", "--yes"],
    ["rotate", "--profile", "old", "--dry-run"],
    ["sso", "populate", "--yes"],
)
WARNED = (
    ["list"],
    ["configure", "list", "--profile", "dev"],
    ["configure", "get", "region", "--profile", "dev"],
    ["configure", "list-profiles"],
    ["store", "show"],
    ["whoami", "--profile", "dev"],
    ["export", "--profile", "dev", "--format", "json"],
    ["exec", "dev", "true"],
    ["keys", "list", "--profile", "dev"],
    ["keys", "deactivate", "AKIAI44QH8DHBEXAMPLE", "--profile", "old", "--yes"],
    ["mfa-session", "--profile", "old"],
    ["mfa", "enable", "--profile", "old", "--store-seed"],
    ["mfa", "list", "--profile", "old"],
    ["mfa", "remove", "--profile", "old", "--yes"],
    ["mfa", "code", "--profile", "old"],
    ["profile", "unwrap", "wrapped"],
    ["console", "--profile", "old", "--print"],
    ["login", "--profile", "dev"],
    ["logout", "--profile", "dev"],
    ["configure", "set", "region", "eu-west-3", "--profile", "dev"],
    ["configure", "unset", "region", "--profile", "dev"],
    ["configure", "export-credentials", "--profile", "dev", "--format", "process"],
    ["profile", "add", "more", "--role-arn", "arn:aws:iam::123456789012:role/x", "--source", "dev"],
    ["profile", "show", "dev"],
    ["profile", "copy", "ops", "twin"],
    ["profile", "rename", "ops", "other"],
    ["profile", "remove", "ops", "--yes"],
)
SILENT = {
    "credential-process": "the line was run by now, and SDKs show what it prints",
    "doctor": "reports it in its table (tests/workflows/checks)",
    "keys activate": "as keys deactivate",
    "keys delete": "as keys deactivate",
    "sessions list": "reads no AWS file",
    "sessions clear": "reads no AWS file",
    "status": "counts what doctor reports (tests/e2e/test_status.py)",
    "store forget": "reads pointers, not profiles",
    "store move": "reads pointers, not profiles",
    "store passwd": "reads no AWS file",
    "store release": "reads pointers, not profiles",
    "lock": "reads no AWS file",
    "unlock": "reads no AWS file",
    "policy mfa": "reads no AWS file",
    "policy revoke-sessions": "reads no AWS file",
    "policy rotate": "reads no AWS file",
    "completion": "reads no AWS file",
    "sandbox": "has files of its own",
    "sandbox code": "has files of its own",
    "sandbox tour": "has files of its own",
}
"""Commands that need not judge the files, and why."""


def started(words, capfd):
    environ = {
        **os.environ,
        "AWSCREDS_BACKEND": "vault",
        "AWSCREDS_PASSPHRASE": "a long passphrase",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x" * 40,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_VAULT_FILE_PASSPHRASE": "a long passphrase",
    }
    code = run([*words, "--no-input"] if words[0] != "exec" else words, App(environ))
    return code, capfd.readouterr().err


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
@pytest.mark.parametrize("opening", OPENINGS)
def test_no_key_comes_to_depend_on(aws, capfd, monkeypatch, opening, words):
    refuses(aws, capfd, monkeypatch, words, OPENINGS[opening])


@pytest.mark.parametrize("words", ONCE, ids=" ".join)
def test_nor_by_another_door(aws, capfd, monkeypatch, words):
    csv = aws.parent / "keys.csv"
    csv.write_text(f"Access key ID,Secret access key\nAKIAIOSFODNN7EXAMPLE,{'x' * 40}\n")
    words = [str(csv) if word == "KEYS" else word for word in words]
    refuses(aws, capfd, monkeypatch, words, lambda aws: (aws / "config").chmod(0o666))


def refuses(aws, capfd, monkeypatch, words, open_it):
    if "--secret-stdin" in words:
        words = [*words, "--no-verify"]
    monkeypatch.setattr(Dialogue, "secret_from_stdin", lambda *_: "x" * 40)
    open_it(aws)
    before = {path.name: path.read_bytes() for path in aws.iterdir() if path.is_file()}
    code, err = started(words, capfd)
    assert code == 3, err
    said = [line for line in err.splitlines() if "can be written by other users" in line]
    assert not said[-1].startswith("warning"), err
    assert sum(line.startswith("warning") for line in said) <= 1, err
    assert {path.name: path.read_bytes() for path in aws.iterdir() if path.is_file()} == before
    assert not (aws / "awscreds" / "vault").exists()


@pytest.mark.parametrize("words", WARNED, ids=" ".join)
def test_it_is_said_once_where_the_files_are_only_read(aws, capfd, monkeypatch, words):
    monkeypatch.setattr(os, "execve", lambda *_: None)
    monkeypatch.setattr(os, "execvpe", lambda *_: None)
    aws.chmod(0o777)
    _, err = started(words, capfd)
    assert err.count("can be written by other users") == 1, err
    assert "chmod go-w" in err


@pytest.mark.parametrize("words", WARNED, ids=" ".join)
def test_nothing_is_said_of_files_that_are_the_users_own(aws, capfd, monkeypatch, words):
    monkeypatch.setattr(os, "execve", lambda *_: None)
    monkeypatch.setattr(os, "execvpe", lambda *_: None)
    _, err = started(words, capfd)
    assert "can be written by" not in err


def test_a_run_that_looks_twice_says_it_once(aws, capfd):
    aws.chmod(0o777)
    app = App({})
    app.file_warnings.report()
    app.file_warnings.report(every=True)
    assert capfd.readouterr().err.count("can be written by other users") == 1


def test_sdks_are_told_nothing_by_the_line_that_was_run_already(aws, capfd):
    aws.chmod(0o777)
    _, err = started(["credential-process", "--profile", "dev"], capfd)
    assert "can be written" not in err


def test_every_command_refuses_or_warns_or_has_its_reason():
    known = [" ".join(words) for words in (*REFUSED, *ONCE, *WARNED)]
    groups = {"policy", "sessions"}  # which only list their commands
    paths = {" ".join(path) for path, _ in commands()} - groups
    unknown = {
        path
        for path in paths - SILENT.keys()
        if not any(f"{k} ".startswith(f"{path} ") for k in known)
    }
    assert unknown == set()
    assert SILENT.keys() <= paths


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else")
def test_a_file_of_another_user_is_a_weakness_wherever_a_link_leads(aws, tmp_path):
    elsewhere = tmp_path / "theirs"
    elsewhere.write_text(CONFIG)
    os.chown(elsewhere, 4712, 4712)
    (aws / "config").unlink()
    (aws / "config").symlink_to(elsewhere)
    weak = trust.writable_by_others(str(aws / "config"))
    assert weak.path == str(elsewhere)
    assert "belongs to" in weak.why


def test_a_sticky_folder_and_a_device_are_no_weakness(tmp_path):
    tmp_path.chmod(0o1777)
    assert trust.writable_by_others(str(tmp_path / "config")) is None
    assert trust.writable_by_others(os.devnull) is None


@pytest.mark.parametrize(("shell_users", "safe"), [([], True), ([999], True), ([1000], False)])
def test_the_group_of_root_is_trusted_only_without_people_in_it(monkeypatch, shell_users, safe):
    import pwd

    users = [pwd.struct_passwd(("root", "x", 0, 0, "", "/root", "/bin/sh"))]
    users += [
        pwd.struct_passwd((f"u{uid}", "x", uid, 0, "", "/", "/bin/sh")) for uid in shell_users
    ]
    monkeypatch.setattr(pwd, "getpwall", lambda: users)
    assert trust._is_ours_alone(0) is safe


def test_an_access_control_list_that_lets_nobody_else_in_is_no_weakness(aws):
    for uid, allowed in ((os.geteuid(), 7), (4712, 5)):
        set_acl(aws, uid, allowed)
        assert trust.writable_by_others(str(aws / "config")) is None
    set_acl(aws, 4712, 7)
    assert "uid 4712" in trust.writable_by_others(str(aws / "config")).why


def test_in_a_folder_that_was_judged_each_entry_is_judged_still_and_where_a_link_leads(aws):
    judged = set()
    assert trust.writable_by_others(str(aws / "config"), judged) is None
    assert judged == {str(aws)}
    theirs = aws.parent / "theirs"
    theirs.mkdir()
    (theirs / "file").touch()
    theirs.chmod(0o777)
    (aws / "link").symlink_to(theirs / "file")
    (aws / "open").touch()
    (aws / "open").chmod(0o666)
    assert trust.writable_by_others(str(aws / "link"), judged).path == str(theirs)
    assert trust.writable_by_others(str(aws / "open"), judged).path == str(aws / "open")
    assert trust.writable_by_others(str(theirs / "file"), judged).path == str(theirs)
    assert judged == {str(aws)}


@pytest.mark.parametrize("path", ["config/x", "circle", "circle/x"])
def test_where_there_is_no_way_the_reader_says_so(aws, path):
    (aws / "circle").symlink_to("circle")
    assert trust.writable_by_others(str(aws / path)) is None


# -- what mends it -------------------------------------------------------------------------------


def test_the_home_can_be_shut_by_its_user_but_no_folder_above_it(aws, tmp_path):
    assert remedies.to_shut(str(aws.parent), "otherwise") == f"chmod go-w {aws.parent}"
    assert remedies.to_shut(str(tmp_path), "otherwise") == "otherwise"


def test_nobody_is_told_to_change_the_mode_of_what_is_not_theirs(aws, monkeypatch):
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 4711)
    hint = remedies.to_shut(str(aws), "otherwise")
    assert (
        hint
        == f'check that everything in this folder is yours, then run: sudo chown "$(id -un)" {aws}'
    )
    assert remedies.to_shut(str(aws.parent.parent), "otherwise") == "otherwise"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else")
def test_root_is_not_told_to_take_what_is_a_users(aws):
    os.chown(aws, 4712, 4712)
    assert remedies.to_shut(str(aws), "otherwise") == "otherwise"


@pytest.mark.parametrize(
    ("system", "keeps_no_modes"),
    [
        ("9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000;metadata", None),
        ("drvfs C: rw,noatime,metadata", None),
        ("cifs //server/share rw,uid=1000", "cifs"),
        ("9p share rw,trans=virtio", None),
        ("vfat /dev/sda1 rw,uid=1000", "vfat"),
        ("ext4 /dev/sda1 rw", None),
    ],
)
def test_where_chmod_does_nothing_it_is_not_named_and_the_reason_is(
    aws, monkeypatch, system, keeps_no_modes
):
    device = os.stat(aws).st_dev
    line = f"40 29 {os.major(device)}:{os.minor(device)} / /mnt/c rw,noatime - {system}\n"
    monkeypatch.setattr(trust, "_mounts", lambda: [line])
    aws.chmod(0o777)
    weak = trust.writable_by_others(str(aws / "config"))
    hint = remedies.to_shut(str(aws), "otherwise")
    if keeps_no_modes:
        assert (
            weak.why
            == f"mode 0777; its file system, {keeps_no_modes}, gives this mode to all files"
        )
        assert hint == "otherwise"
    else:
        assert (weak.why, hint) == ("mode 0777", f"chmod go-w {aws}")


# -- Windows drives in WSL -----------------------------------------------------------------------


DRIVES = [
    "9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/",
    "drvfs C: rw,noatime,uid=1000,gid=1000",
    "virtiofs drvfsC0 rw",
]
OTHERS = [
    "ext4 /dev/sda1 rw",
    "9p share rw,trans=virtio",
    "9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000;metadata",
    "drvfs C: rw,metadata",
    "virtiofs share rw",
    "fuse.drvfs C: rw,aname=drvfs",
    "vfat /dev/sda1 rw",
    "tmpfs drvfs rw",
]


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """Shows everything below as on another file system, with all modes as on a Windows drive."""

    def mount(system):
        device = os.stat(tmp_path).st_dev
        line = f"40 29 {os.major(device)}:{os.minor(device)} / /mnt/c rw,noatime - {system}\n"
        monkeypatch.setattr(trust, "_mounts", lambda: [line])

    def lose_modes(*paths):
        for top in paths:
            for folder, _, files in os.walk(top):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    os.chmod(path, 0o777)

    mount.lose_modes = lose_modes
    return mount


@pytest.mark.parametrize("drive", DRIVES)
def test_on_a_windows_drive_modes_say_nothing(aws, mounted, drive):
    mounted(drive)
    mounted.lose_modes(aws)
    config = str(aws / "config")
    assert trust.writable_by_others(config) is None
    assert trust.why_others_read(config, os.stat(config)) is None


@pytest.mark.parametrize("system", OTHERS)
def test_on_every_other_file_system_they_do(aws, mounted, system):
    mounted(system)
    mounted.lose_modes(aws)
    config = str(aws / "config")
    assert trust.writable_by_others(config).path == str(aws)
    assert trust.why_others_read(config, os.stat(config))


def test_on_a_windows_drive_another_owner_still_counts(aws, mounted, monkeypatch):
    mounted(DRIVES[0])
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 4711)
    assert mine == 0 or "belongs to" in str(trust.writable_by_others(str(aws / "config")))
    with pytest.raises(ConfigurationError, match="belongs to"):
        StateDir(str(aws)).read("config")


def test_our_state_is_read_on_a_windows_drive_and_nowhere_else_with_these_modes(tmp_path, mounted):
    state = StateDir(str(tmp_path / "state"))
    mounted(DRIVES[0])
    state.write("file", b"one")
    mounted.lose_modes(state.path)
    assert state.read("file") == b"one"
    state.write("file", b"two")
    assert (state.read("file"), state.problems()) == (b"two", [])
    for system in OTHERS:
        mounted(system)
        with pytest.raises(ConfigurationError, match="by others") as caught:
            state.read("file")
        assert caught.value.code == "unsafe-state"


def test_a_passphrase_file_on_a_windows_drive_is_read(secret, mounted):
    mounted(DRIVES[0])
    secret.chmod(0o777)
    assert given(secret) == "a long passphrase"


def test_the_mounts_of_this_machine_are_understood(tmp_path):
    assert trust.modeless(os.stat(tmp_path)) in (None, *trust._MODELESS, "9p")


# -- the file of the passphrase ------------------------------------------------------------------


def given(path):
    environ = {"AWSCREDS_PASSPHRASE_FILE": str(path)}
    return Passphrases(environ, None, warn=lambda _: None).existing()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text("a long passphrase\n")
    path.chmod(0o600)
    return path


def test_a_passphrase_file_of_ones_own_is_read(secret):
    assert given(secret) == "a long passphrase"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_one_that_others_can_read_or_write_is_refused_with_the_chmod(secret, mode):
    secret.chmod(mode)
    with pytest.raises(ConfigurationError, match="by other users") as caught:
        given(secret)
    assert caught.value.code == "passphrase-file"
    assert caught.value.hint.startswith("chmod ")
    assert "a long passphrase" not in caught.value.message


def test_one_in_a_folder_that_others_can_write_is_refused(secret):
    secret.parent.chmod(0o777)
    with pytest.raises(ConfigurationError, match="can be written by other users"):
        given(secret)


@pytest.mark.parametrize("is_for_us", [True, False])
def test_a_list_that_lets_only_this_user_read_is_how_systemd_hands_a_credential_over(
    secret, monkeypatch, is_for_us
):
    us = os.geteuid() or 4711  # who starts this as root is the user of the service
    set_acl(secret, us if is_for_us else us + 1, 4, mask=4)
    monkeypatch.setattr(os, "geteuid", lambda: us)
    assert secret.stat().st_mode & 0o040
    if is_for_us:
        assert given(secret) == "a long passphrase"
    else:
        with pytest.raises(ConfigurationError, match="can be read by other users"):
            given(secret)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else")
def test_one_of_another_user_is_refused_and_nobody_told_to_chmod_it(secret):
    os.chown(secret, 4712, 4712)
    with pytest.raises(ConfigurationError, match="belongs to uid 4712") as caught:
        given(secret)
    assert "chmod" not in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a secret as container runtimes do")
def test_a_container_s_secret_of_root_may_be_readable(secret, monkeypatch):
    secret.chmod(0o444)
    with pytest.raises(ConfigurationError):
        given(secret)
    monkeypatch.setattr(trust, "_OF_CONTAINERS", (f"{secret.parent}/",))
    assert given(secret) == "a long passphrase"


def test_a_pipe_is_nobody_elses(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"a long passphrase\n")
    os.close(writing)
    try:
        assert given(f"/dev/fd/{reading}") == "a long passphrase"
    finally:
        os.close(reading)

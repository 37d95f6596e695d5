"""No key comes to depend on a file that others can write; where it is only read, that is said."""

import os
import struct

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.errors import ConfigurationError
from awscreds.passphrases import Passphrases
from awscreds.stores import trust

if not hasattr(os, "geteuid"):
    pytest.skip("Windows has no modes", allow_module_level=True)

LINE = "/venv/bin/python -I -S /venv/awscreds/__main__.py credential-process --profile dev"
CONFIG = (
    f"[profile dev]\nregion = eu-west-1\ncredential_process = {LINE}\n"
    "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = dev\n"
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
    return folder


def acl_for(uid):
    """user_obj rwx, user UID rwx, group ---, mask rwx, other --- (linux/posix_acl_xattr.h)."""
    nobody = 2**32 - 1
    entries = [(1, 7, nobody), (2, 7, uid), (4, 0, nobody), (16, 7, nobody), (32, 0, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def open_by_acl(path):
    try:
        os.setxattr(path, "system.posix_acl_access", acl_for(4712))
    except OSError as error:
        pytest.skip(f"this file system has no access control lists: {error}")


OPENINGS = {
    "a config file that everybody can write": lambda aws: (aws / "config").chmod(0o666),
    "a credentials file that everybody can write": lambda aws: (aws / "credentials").chmod(0o602),
    "a folder that everybody can write": lambda aws: aws.chmod(0o777),
    "a home that everybody can write": lambda aws: aws.parent.chmod(0o777),
    "a folder with an access control list": open_by_acl,
    "a file with an access control list": lambda aws: open_by_acl(aws / "config"),
}

REFUSED = (
    ["configure", "--profile", "new", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin"],
    ["configure", "import", "--from-env", "--profile", "new", "--no-verify"],
    ["profile", "wrap", "ops"],
    ["rotate", "--profile", "old", "--yes"],
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
)


def started(words, capfd):
    environ = {
        **os.environ,
        "AWSCREDS_BACKEND": "vault",
        "AWSCREDS_PASSPHRASE": "a long passphrase",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x" * 40,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    code = run([*words, "--no-input"] if words[0] != "exec" else words, App(environ))
    return code, capfd.readouterr().err


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
@pytest.mark.parametrize("opening", OPENINGS)
def test_no_key_comes_to_depend_on(aws, capfd, monkeypatch, opening, words):
    if "--secret-stdin" in words:
        words = [*words, "--no-verify"]
        monkeypatch.setattr(App, "secret_from_stdin", lambda *_: "x" * 40)
    OPENINGS[opening](aws)
    before = {path.name: path.read_bytes() for path in aws.iterdir() if path.is_file()}
    code, err = started(words, capfd)
    assert code == 3, err
    assert "can be written by other users" in err
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


def test_a_pipe_is_nobody_elses(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"a long passphrase\n")
    os.close(writing)
    try:
        assert given(f"/dev/fd/{reading}") == "a long passphrase"
    finally:
        os.close(reading)

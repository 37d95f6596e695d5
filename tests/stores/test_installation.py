"""The running installation names itself, and only where nobody else can replace it."""

import os
import stat
import subprocess
import sys

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import installation, trust
from awscreds.stores.trust import why_others_write
from tests.stores.support import open_to_others


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An installation in a folder whose own parents are taken for safe."""
    venv = tmp_path / "venv"
    for folder in (venv / "bin", venv / "lib" / "awscreds"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    interpreter = venv / "bin" / "python"
    interpreter.touch(mode=0o755)
    for path in [venv, *venv.rglob("*")]:
        path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    monkeypatch.setattr(
        installation.awscreds, "__file__", str(venv / "lib" / "awscreds" / "__init__.py")
    )
    return venv


def refused(match):
    return pytest.raises(ConfigurationError, match=match)


def test_the_starter_starts_this_installation_from_anywhere(tmp_path):
    command = installation.starter()
    assert all(os.path.isabs(word) for word in (command[0], command[-1]))
    done = subprocess.run(
        [*command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.startswith("awscreds ")


def test_an_installation_of_ones_own_is_isolated(root):
    interpreter, isolated, *_, main = installation.starter()
    assert isolated == "-I"
    assert interpreter == str(root / "bin" / "python")
    assert main == str(root / "lib" / "awscreds" / "__main__.py")


def test_an_installation_in_the_user_site_keeps_that_one_on_the_path(root, monkeypatch):
    import site

    monkeypatch.setattr(site, "getusersitepackages", lambda: str(root / "lib"))
    assert installation.starter()[1:3] == ["-E", "-P"]


@pytest.mark.parametrize("part", ["", "bin", "bin/python", "lib/awscreds"])
def test_what_everybody_can_write_is_refused(root, part):
    open_to_others(root / part, 0o777)
    with refused("can be written by other users") as caught:
        installation.starter()
    assert str(root / part) in caught.value.hint


@pytest.mark.posix("no sticky folders")
def test_a_sticky_folder_above_is_no_danger(root):
    root.chmod(0o1777)
    installation.starter()


def test_each_stop_of_a_chain_of_links_is_looked_at(root, tmp_path):
    real, stop = tmp_path / "real", tmp_path / "stop"
    for folder in (real, stop):
        folder.mkdir(mode=0o755)
    (real / "python").touch(mode=0o755)
    (stop / "python").symlink_to("../real/python")
    (root / "bin" / "python").unlink()
    (root / "bin" / "python").symlink_to(stop / "python")
    assert installation.starter()[0] == str(root / "bin" / "python")
    open_to_others(stop, 0o777)
    with refused("stop"):
        installation.starter()


def test_the_folder_behind_a_linked_package_is_looked_at(root, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "lib").rename(elsewhere / "lib")
    (root / "lib").symlink_to(elsewhere / "lib")
    open_to_others(elsewhere, 0o777)
    with refused("elsewhere"):
        installation.starter()


@pytest.mark.posix("it has no numbers for users")
def test_a_file_of_another_user_is_refused(root, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    if os.stat(root).st_uid == 0:
        os.chown(root / "bin", 4712, 0)
    with refused("other users"):
        installation.starter()


def group_writable(gid):
    return os.stat_result((stat.S_IFDIR | 0o775, 0, 0, 0, 0, gid, 0, 0, 0, 0))


@pytest.mark.posix("its lists know no group of a file")
@pytest.mark.parametrize(
    ("name", "members", "safe"),
    [("me", [], True), ("me", ["me"], True), ("me", ["me", "you"], False), ("staff", [], False)],
)
def test_a_group_may_write_only_where_it_is_this_user_alone(monkeypatch, name, members, safe):
    import grp
    import pwd

    me = pwd.struct_passwd(("me", "x", 4711, 4711, "", "/home/me", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: me)
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((name, "x", gid, members)))
    assert (why_others_write("there", group_writable(4711)) is None) is safe


@pytest.mark.posix("its lists know no group of a file")
def test_a_group_that_nobody_knows_is_not_trusted(monkeypatch):
    import grp

    def unknown(gid):
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", unknown)
    assert why_others_write("there", group_writable(4711))


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/.cache/uv/archive-v0/Xy3/bin/python",
        "/tmp/.tmpAb1/archive-v0/Xy3/bin/python",
        "/opt/cache/environments-v2/tool-1/bin/python",
        "/home/me/.cache/uv/builds-v0/.tmpQ/bin/python",
        "C:\\Users\\me\\AppData\\Local\\uv\\cache\\archive-v0\\Xy3\\Scripts\\python.exe",
        "/home/me/.cache/pipx/1f2e/bin/python",
        "/home/me/.local/pipx/.cache/1f2e/bin/python",
        "/Users/me/Library/Caches/pipx/1f2e/bin/python",
        "C:\\Users\\me\\AppData\\Local\\pipx\\pipx\\Cache\\1f2e\\Scripts\\python.exe",
    ],
)
def test_caches_that_are_emptied_at_will_are_refused(path):
    with refused("can empty it at any time"):
        installation._refuse_ephemeral(path)


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/.local/share/pipx/venvs/awscreds/bin/python",
        "/home/me/.local/share/uv/tools/awscreds/bin/python",
        "/home/me/archive-vault/bin/python",
        "/home/me/.cache/mine/bin/python",
    ],
)
def test_installations_that_last_are_not(path):
    installation._refuse_ephemeral(path)


def test_a_python_that_does_not_know_itself_cannot_be_started_again(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    with refused("path of this Python is not known"):
        installation.starter()


@pytest.mark.posix("its lists know no group of a file")
def test_a_user_whose_primary_group_is_ours_is_a_member(monkeypatch):
    import grp
    import pwd

    me, carl = (
        pwd.struct_passwd((name, "x", uid, 4711, "", "/", "/bin/sh"))
        for name, uid in (("me", 4711), ("carl", 4712))
    )
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: me)
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("me", "x", gid, [])))
    for users, safe in (([me], True), ([me, carl], False)):
        monkeypatch.setattr(pwd, "getpwall", lambda users=users: users)
        assert trust._is_ours_alone(4711) is safe


@pytest.mark.posix("it has other lists")
def test_a_folder_whose_acl_lets_others_write_is_refused(root, monkeypatch):
    import struct

    # user_obj rwx, user 4712 rwx, group r-x, mask rwx, other r-x (linux/posix_acl_xattr.h)
    entries = [(1, 7, 2**32 - 1), (2, 7, 4712), (4, 5, 2**32 - 1), (16, 7, 2**32 - 1)]
    acl = struct.pack("<I", 2)
    acl += b"".join(struct.pack("<HHI", *entry) for entry in [*entries, (32, 5, 2**32 - 1)])
    monkeypatch.setattr(trust, "_is_ours_alone", lambda _gid: True)
    installation.starter()
    os.setxattr(root / "lib", "system.posix_acl_access", acl)
    with refused("can be written by other users"):
        installation.starter()


def test_our_own_files_are_looked_at_one_by_one(root):
    inner = root / "lib" / "awscreds" / "stores"
    inner.mkdir(mode=0o755)
    (inner / "keys.py").touch()
    open_to_others(inner / "keys.py", 0o666)
    with refused("keys.py can be written by other users"):
        installation.starter()


@pytest.mark.parametrize("name", ["evil.pth", "cryptography"])
def test_each_entry_of_the_folders_that_python_searches_is_looked_at(root, monkeypatch, name):
    monkeypatch.setattr(sys, "path", [str(root / "lib")])
    (root / "lib" / name).touch()
    open_to_others(root / "lib" / name, 0o666)
    with refused(f"{name} can be written by other users"):
        installation.starter()


def test_the_environments_own_settings_are_looked_at(root, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(root))
    (root / "pyvenv.cfg").touch()
    open_to_others(root / "pyvenv.cfg", 0o666)
    with refused(r"pyvenv\.cfg can be written by other users"):
        installation.starter()

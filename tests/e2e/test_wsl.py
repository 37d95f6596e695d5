"""A home of WSL: AWS files, or all of ~/.aws, on a Windows drive that shows mode 0777 for all."""

import json
import os
import sys

import pytest

pytestmark = pytest.mark.posix("WSL is a Linux")

IN_WSL = """
import os, sys
from awscreds.stores import trust
folder, system = sys.argv[1:3]
del sys.argv[1:3]
device = os.stat(folder).st_dev
trust._mounts = lambda: [
    f"40 29 {os.major(device)}:{os.minor(device)} / /mnt/c rw,noatime - {system}"
]
# Without effect, as there.
os.chmod = os.fchmod = lambda *_, **__: None
make, mkdir = os.open, os.mkdir
os.open = lambda path, flags, mode=0o777, **more: make(path, flags, 0o777, **more)
os.mkdir = lambda path, mode=0o777, **more: mkdir(path, 0o777, **more)
os.umask(0)
from awscreds.__main__ import main
sys.exit(main())
"""
DRIVE = "9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000;gid=1000;symlinkroot=/mnt/"


@pytest.fixture
def drive(alice):
    """The folder of a Windows drive, where all that is made has mode 0777."""
    folder = alice.folder / "mnt" / "c"
    folder.mkdir(parents=True)
    open_up(folder)
    alice.environment["AWSCREDS_BACKEND"] = "vault"
    alice.program = (sys.executable, "-c", IN_WSL, str(folder), DRIVE)
    return folder


def open_up(folder):
    for path in (folder, *folder.rglob("*")):
        os.chmod(path, 0o777)


def modes(folder):
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def test_a_config_file_of_windows_gets_a_profile(alice, drive):
    config = drive / "Users" / "alice" / ".aws" / "config"
    config.parent.mkdir(parents=True)
    config.write_text("[default]\nregion = eu-central-1\n")
    open_up(drive)
    there = {"AWS_CONFIG_FILE": str(config)}

    done = alice.configure("alice", **there)

    assert "written by other users" not in done.stderr
    assert config.read_text().startswith("[default]\nregion = eu-central-1\n")
    served = alice.awscreds("credential-process", "--profile", "alice", **there).stdout
    assert json.loads(served)["SecretAccessKey"] == alice.secret
    assert alice.awscreds("list", **there).stderr == ""


def test_a_home_that_is_wholly_on_the_drive_works(alice, drive):
    alice.aws.rename(drive / ".aws")
    alice.aws.symlink_to(drive / ".aws")
    open_up(drive)

    alice.configure("alice")
    alice.awscreds("lock")

    served = alice.awscreds("credential-process", "--profile", "alice").stdout
    assert json.loads(served)["SecretAccessKey"] == alice.secret
    assert modes(drive) == {0o777}
    assert "state-on-windows-drive" in alice.awscreds("doctor", "--offline", "--json").stdout
    assert "unsafe" not in alice.awscreds("doctor", "--offline").stdout


def test_the_same_modes_on_another_file_system_are_refused(alice, drive):
    config = drive / "config"
    config.write_text("")
    open_up(drive)
    alice.program = (*alice.program[:-1], "ext4 /dev/sda1 rw")

    refused = alice.configure("alice", rc=3, AWS_CONFIG_FILE=str(config))

    assert "can be written by other users (mode 0777)" in refused.stderr
    assert config.read_text() == ""

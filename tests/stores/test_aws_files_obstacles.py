"""What can stand in the way of an edit: each is named before anything has changed."""

import errno
import os
import shutil
import stat

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import mounts as mounts_module
from awscreds.stores.aws_files import AwsFiles
from tests.stores.support import AS_NOBODY, FIFO, mounts, names, need_root, open_folder, run
from tests.stores.test_aws_files import (
    CONFIG,
    CREDENTIALS,
    CREDENTIALS_CHANGED,
    DEV,
    Place,
    change,
    nowhere,
    place,
)

__all__ = ["nowhere", "place"]  # fixtures

# Tries an edit and the check before it; prints what each says, one line each.
TRY = """
import os, sys
from awscreds.errors import ConfigurationError
from awscreds.stores.aws_files import AwsFiles

def change(documents):
    documents.config.set(("profile", "dev"), "output", "json")
    documents.credentials.set(("profile", "dev"), "aws_session_token", "x" * 3000)

folder, locks = sys.argv[1:]
files = AwsFiles(folder + "/config", folder + "/credentials", lock_folder=locks)
for act in (files.check_replaceable, lambda: files.edit(change)):
    try:
        act()
        print("done")
    except ConfigurationError as error:
        print(error.code, error.message, error.hint, sep="|")
print(sorted(os.listdir(folder)))
if os.access(folder + "/config", os.R_OK):
    print(open(folder + "/config", "rb").read() + open(folder + "/credentials", "rb").read())
"""
UNTOUCHED = [str(["config", "credentials"]), str(CONFIG + CREDENTIALS)]


def refusals(files):
    """What the check says and what an edit says, which must be the same."""
    said = []
    for act in (files.check_replaceable, lambda: files.edit(change)):
        with pytest.raises(ConfigurationError) as caught:
            act()
        said.append((caught.value.code, caught.value.message, caught.value.hint))
    assert said[0] == said[1]
    return said[0]


class TestCheck:
    def test_passes_where_an_edit_would_and_leaves_no_trace(self, place):
        before = place.stamps()

        place.files().check_replaceable()

        assert place.is_untouched()
        assert place.stamps() == before

    def test_makes_no_folder(self, nowhere):
        nowhere.files().check_replaceable()

        assert not nowhere.folder.exists()

    def test_is_no_judge_of_a_file_that_vanishes_meanwhile(self, place):
        files = place.files(lambda reached: place.config.unlink(missing_ok=True))

        files.check_replaceable()

        assert names(place.folder) == ["credentials"]


class TestWrongKind:
    @pytest.mark.parametrize("make", ["mkdir", FIFO])
    @pytest.mark.parametrize("name", ["config", "credentials"])
    def test_in_the_place_of_a_file(self, place, name, make):
        path = place.folder / name
        path.unlink()
        getattr(os, make)(path)

        code, message, hint = refusals(place.files())

        kind = "a folder" if make == "mkdir" else "not a regular file"
        assert (code, message) == ("unreadable", f"cannot read {path}: it is {kind}")
        assert str(path) in hint
        assert names(place.folder) == ["config", "credentials"]

    @pytest.mark.parametrize("name", ["config", "credentials"])
    def test_the_null_device_is_not_replaced(self, place, tmp_path, name):
        """A device in a folder of our own: as a rule it is protected by the folder's owner."""
        need_root()
        device = tmp_path / "null"
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        setattr(place, name, device)

        code, message, hint = refusals(place.files())

        assert (code, message) == ("not-a-file", f"cannot edit {device}: it is not a regular file")
        assert ("AWS_CONFIG_FILE" if name == "config" else "AWS_SHARED_CREDENTIALS_FILE") in hint
        assert stat.S_ISCHR(os.stat(device).st_mode)

    def test_a_file_in_the_place_of_the_folder(self, tmp_path):
        place = Place(tmp_path / "aws")
        place.folder.write_bytes(b"")

        _, message, _ = refusals(place.files())

        assert message == f"cannot read {place.config}: {os.strerror(errno.ENOTDIR)}"

    def test_a_link_to_a_folder(self, place):
        place.config.unlink()
        place.config.symlink_to(".")

        assert refusals(place.files())[0] == "unreadable"


class TestOwner:
    def test_of_the_folder_must_be_the_one_who_edits(self, place):
        need_root()
        os.chown(place.folder, 65534, -1)

        code, message, hint = refusals(place.files())

        assert code == "foreign-owner"
        assert f"{place.folder} belongs to nobody (uid 65534)" in message
        assert "without sudo" in hint
        assert place.is_untouched()

    def test_of_the_file_must_be_the_one_who_edits(self, place):
        need_root()
        os.chown(place.credentials, 65534, -1)

        code, message, _ = refusals(place.files())

        assert code == "foreign-owner"
        assert str(place.credentials) in message
        assert place.is_untouched()

    def test_of_a_file_that_the_edit_leaves_alone_may_be_anybody(self, place):
        """A config file that an administrator keeps for all, and credentials of one's own."""
        need_root()
        os.chown(place.config, 65534, -1)

        place.files().edit(
            lambda documents: documents.credentials.set(DEV, "aws_session_token", "none")
        )

        assert place.data() == (CONFIG, CREDENTIALS_CHANGED)

    def test_of_the_folder_with_the_link_too(self, place, tmp_path):
        """Root, in the home of another, would follow a link laid for it to any place."""
        need_root()
        theirs = Place(tmp_path / "theirs")
        theirs.folder.mkdir()
        theirs.config.symlink_to(place.config)
        os.chown(theirs.folder, 65534, -1)

        assert refusals(theirs.files())[0] == "foreign-owner"
        assert place.is_untouched()

    def test_of_a_linked_folder_too(self, place, tmp_path):
        need_root()
        theirs = Place(tmp_path / "theirs")
        theirs.folder.symlink_to(place.folder)
        os.lchown(theirs.folder, 65534, -1)

        assert refusals(theirs.files())[0] == "foreign-owner"
        assert place.is_untouched()

    def test_of_the_folder_above_decides_where_none_is_yet(self, tmp_path):
        need_root()
        home = tmp_path / "alice"
        home.mkdir()
        os.chown(home, 65534, -1)

        place = Place(home / ".aws")
        place.locks = tmp_path / "locks"
        assert refusals(place.files())[0] == "foreign-owner"
        assert names(home) == []

    def test_of_the_home_is_looked_at_before_a_lock_is_made_there(self, tmp_path, monkeypatch):
        """What sudo does that keeps HOME."""
        need_root()
        home = tmp_path / "alice"
        home.mkdir()
        os.chown(home, 65534, -1)
        monkeypatch.setenv("HOME", str(home))

        code, message, hint = refusals(AwsFiles.from_environment({}))

        assert code == "lock"
        assert f"{home} belongs to nobody" in message
        assert "sudo" in hint
        assert names(home) == []

    def test_of_the_folder_above_decides_where_a_link_leads_to_none_yet(self, place, tmp_path):
        need_root()
        home = tmp_path / "alice"
        home.mkdir()
        os.chown(home, 65534, -1)
        place.config.unlink()
        place.config.symlink_to(home / "new" / "config")

        assert refusals(place.files())[0] == "foreign-owner"
        assert names(home) == []

    def test_may_not_be_root_for_a_shared_folder_that_holds_the_file(self):
        """In /tmp itself anybody could have laid the link that is followed."""
        need_root()
        with open_folder() as folder:
            os.chown(folder, 0, 0)
            folder.chmod(0o1777)

            said = run(AS_NOBODY + TRY.rpartition("print(sorted")[0], folder, folder / "locks")

            assert [line.split("|")[0] for line in said.splitlines()] == ["foreign-owner"] * 2
            assert names(folder) == ["locks"]

    def test_may_be_root_for_a_shared_folder_above(self):
        need_root()
        with open_folder() as folder:
            os.chown(folder, 0, 0)
            folder.chmod(0o1777)

            said = run(AS_NOBODY + "os.mkdir(__import__('sys').argv[1], 0o700)" + TRY,
                       folder / "aws", folder / "locks")  # fmt: skip

        assert said.splitlines()[:2] == ["done", "done"]


class TestPermissions:
    def attempt(self, folder, prepare):
        place = Place(folder / "aws").fill()
        for path in (place.folder, place.config, place.credentials):
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        prepare(place)
        said = run(AS_NOBODY + TRY, place.folder, folder / "locks").splitlines()
        place.folder.chmod(0o700)
        return place, said

    def test_a_read_only_folder(self):
        with open_folder() as folder:
            place, said = self.attempt(folder, lambda place: place.folder.chmod(0o500))

            check, edit, *rest = said
            assert edit.startswith(f"unwritable|cannot write {place.config}: Permission denied")
            assert "neither file was changed" in edit
            assert check == edit.replace("; neither file was changed", "")
            assert f"{place.folder} is a folder that you own and can write" in check
            assert rest == UNTOUCHED

    def test_a_read_only_folder_above_a_missing_one(self):
        with open_folder() as folder:
            (folder / "above").mkdir()
            (folder / "above").chmod(0o500)
            if os.geteuid() == 0:
                os.chown(folder / "above", 65534, 65534)

            said = run(
                AS_NOBODY + TRY.rpartition("print(sorted")[0],
                folder / "above" / "aws",
                folder / "locks",
            )

            for line in said.splitlines():
                assert line.startswith("unwritable|")
                assert "above" in line

    def test_a_file_that_cannot_be_read(self):
        with open_folder() as folder:
            place, said = self.attempt(folder, lambda place: place.config.chmod(0))
            place.config.chmod(0o600)

            assert said[0] == said[1]
            assert said[0].startswith(f"unreadable|cannot read {place.config}: Permission denied")
            assert place.is_untouched()

    def test_a_lock_folder_that_cannot_be_written(self):
        with open_folder() as folder:
            (folder / "locks").mkdir()
            (folder / "locks").chmod(0o500)
            if os.geteuid() == 0:
                os.chown(folder / "locks", 65534, 65534)
            _, said = self.attempt(folder, lambda place: None)

            assert said[0] == said[1]
            assert said[0].startswith(f"lock|cannot open a lock file in {folder}/locks")
            assert said[2:] == UNTOUCHED


class TestMounts:
    def attempt(self, shell, place):
        return mounts(shell, TRY, place.folder, place.locks).splitlines()

    @pytest.mark.parametrize("name", ["config", "credentials"])
    def test_a_file_mounted_alone_is_found_out_before_anything_moves(self, place, tmp_path, name):
        path = place.folder / name
        outside = tmp_path / "outside"
        shutil.copy2(path, outside)

        check, edit, *rest = self.attempt(f"mount --bind {outside} {path}", place)

        assert check == edit
        assert check.startswith(f"mounted-file|cannot replace {path}: it is mounted as a single")
        assert f"mount the folder {place.folder}" in check
        assert rest == UNTOUCHED

    def test_a_file_mounted_alone_is_met_by_the_rename_where_proc_is_silent(self, place, tmp_path):
        """The first file has been replaced by then, and goes back."""
        outside = tmp_path / "outside"
        shutil.copy2(place.credentials, outside)
        blind = (
            "from awscreds.stores import edited_file\nedited_file.is_mounted = lambda path: False\n"
        )

        said = mounts(
            f"mount --bind {outside} {place.credentials}",
            blind + TRY,
            place.folder,
            place.locks,
        ).splitlines()

        assert said[1].startswith(f"mounted-file|cannot replace {place.credentials}")
        assert "neither file was changed" in said[1]
        assert said[2:] == UNTOUCHED
        assert outside.read_bytes() == CREDENTIALS

    def test_a_folder_mounted_whole_is_no_obstacle(self, place, tmp_path):
        (tmp_path / "other").mkdir()

        said = self.attempt(f"mount --bind {place.folder} {place.folder}", place)

        assert said[:2] == ["done", "done"]

    def test_a_read_only_file_system(self, place):
        check, edit, *rest = self.attempt(
            f"mount --bind {place.folder} {place.folder} && "
            f"mount -o remount,ro,bind {place.folder}",
            place,
        )

        assert check.startswith(f"unwritable|cannot write {place.config}: Read-only file system")
        assert "read-only; run this where you can write to it" in check
        assert edit.startswith("unwritable|")
        assert rest == UNTOUCHED

    @pytest.mark.parametrize("room", [0, 1])
    def test_a_full_disk_is_met_before_anything_moves(self, place, room):
        """With room for one page, the new content of the config file fits, and no more."""
        folder = place.folder
        _, edit, *rest = self.attempt(
            f"cp -p {folder}/config {folder}/credentials {folder.parent} "
            f"&& mount -t tmpfs -o size=64k,mode=700 none {folder} "
            f"&& mv {folder.parent}/config {folder.parent}/credentials {folder} "
            f"&& (head -c {(16 - 2 - room) * 4096} /dev/zero > {folder}/filler)",
            place,
        )

        assert edit.startswith(f"disk-full|cannot write {folder}/")
        assert (f"{folder}/credentials:" in edit) == bool(room)
        assert "No space left on device; neither file was changed" in edit
        assert "make room" in edit
        assert rest == [str(["config", "credentials", "filler"]), UNTOUCHED[1]]


@pytest.mark.posix("it has no mounts of single files")
def test_mounts_are_no_matter_where_proc_cannot_be_read(place, monkeypatch):
    def unreadable(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(mounts_module, "_mount_id", unreadable)

    place.files().check_replaceable()

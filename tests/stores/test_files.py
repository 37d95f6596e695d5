"""Files replaced whole, and the locks around that."""

import errno
import os
import struct
import subprocess
import sys

import pytest

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.stores import files
from awscreds.stores.files import (
    FileLock,
    fsync_folder,
    make_private_folder,
    remove_leftovers,
    replace_file,
    stage_file,
)
from awscreds.stores.temporary_names import temporary_name
from tests.helpers import missing_tool
from tests.stores.support import (
    AS_NOBODY,
    KILL_STATUS,
    mode,
    names,
    need_root,
    open_folder,
    run,
    start,
    umask,
)

UMASKS = [0o000, 0o022, 0o077, 0o777]
STEPS = ["created", "written", "staged", "replaced"]


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


class TestReplaceFile:
    def test_puts_the_new_content_in_place_of_the_old(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        replace_file(str(path), b"new")

        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["file", "home"]

    def test_takes_a_name_without_a_folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        replace_file("file", b"new")

        assert (tmp_path / "file").read_bytes() == b"new"

    @pytest.mark.parametrize("mask", UMASKS)
    def test_makes_a_private_file_under_any_umask(self, tmp_path, mask):
        with umask(mask):
            replace_file(str(tmp_path / "file"), b"new")

        assert mode(tmp_path / "file") == 0o600

    @pytest.mark.parametrize("mask", UMASKS)
    def test_gives_the_mode_asked_for_under_any_umask(self, tmp_path, mask):
        with umask(mask):
            replace_file(str(tmp_path / "file"), b"new", mode=0o644)

        assert mode(tmp_path / "file") == 0o644

    def test_goes_on_after_a_write_that_took_only_a_part(self, tmp_path, monkeypatch):
        write = os.write
        monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))

        replace_file(str(tmp_path / "file"), b"ten bytes!")

        assert (tmp_path / "file").read_bytes() == b"ten bytes!"

    @pytest.mark.parametrize("failing", ["created", "written", "staged"])
    def test_leaves_all_as_it_was_when_the_disk_is_full(self, tmp_path, failing):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        def step(name):
            if name == failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with pytest.raises(OSError, match="No space"):
            replace_file(str(path), b"new", step=step)

        assert path.read_bytes() == b"old"
        assert names(tmp_path) == ["file", "home"]

    def test_replaces_a_symlink_and_not_what_it_points_at(self, tmp_path):
        (tmp_path / "target").write_bytes(b"target")
        (tmp_path / "link").symlink_to("target")

        replace_file(str(tmp_path / "link"), b"new")

        assert (tmp_path / "target").read_bytes() == b"target"
        assert not (tmp_path / "link").is_symlink()

    @pytest.mark.parametrize("fatal", STEPS)
    def test_a_killed_writer_leaves_the_old_content_or_the_new(self, tmp_path, fatal):
        path = tmp_path / "file"
        path.write_bytes(b"old" * 1000)
        writer = start(
            """
            import os, signal, sys
            from awscreds.stores.files import replace_file

            def step(name):
                if name == sys.argv[2]:
                    os.kill(os.getpid(), 9)

            os.umask(0)
            replace_file(sys.argv[1], b"new" * 1000, step=step)
            """,
            path,
            fatal,
        )
        writer.communicate()

        assert writer.returncode == KILL_STATUS
        assert path.read_bytes() == (b"new" if fatal == "replaced" else b"old") * 1000
        assert [mode(left) for left in tmp_path.glob(".*")] == [0o600] * (fatal != "replaced")
        remove_leftovers(str(path))
        assert names(tmp_path) == ["file", "home"]


class TestStageFile:
    def test_lets_nobody_else_read_before_the_rename(self, tmp_path):
        model = tmp_path / "file"
        model.write_bytes(b"old")
        model.chmod(0o666)
        seen = []

        with umask(0):
            staged, wanted = stage_file(
                str(model),
                b"new",
                like=str(model),
                step=lambda _: seen.extend(mode(left) for left in tmp_path.glob(".*")),
            )

        assert seen == [0o600, 0o600]
        assert mode(staged) == 0o600
        assert wanted == 0o666

    def test_keeps_the_group(self, tmp_path):
        need_root()
        model = tmp_path / "file"
        model.write_bytes(b"old")
        os.chown(model, -1, 4321)
        model.chmod(0o640)

        staged, wanted = stage_file(str(model), b"new", like=str(model))

        assert os.stat(staged).st_gid == 4321
        assert wanted == 0o640

    def test_gives_a_group_nothing_that_was_meant_for_another(self):
        need_root()
        with open_folder() as folder:
            model = folder / "file"
            model.write_bytes(b"old")
            os.chown(model, 65534, 4321)
            model.chmod(0o664)

            wanted = run(
                AS_NOBODY
                + """
import sys
from awscreds.stores.files import stage_file
print(stage_file(sys.argv[1], b"new", like=sys.argv[1])[1])
""",
                model,
            )

        assert int(wanted) == 0o604


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are read on Linux only")
class TestAttributes:
    ACCESS = "system.posix_acl_access"
    DEFAULT = "system.posix_acl_default"

    @staticmethod
    def acl(named):
        """u::rw-, u:1234:NAMED, g::---, m::rw-, o::---."""
        nobody = 0xFFFFFFFF
        entries = [
            (1, 6, nobody),
            (2, named, 1234),
            (4, 0, nobody),
            (16, 6, nobody),
            (32, 0, nobody),
        ]
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

    @staticmethod
    def set(path, name, value):
        try:
            os.setxattr(path, name, value)
        except OSError as error:
            missing_tool(f"no {name} on this file system: {error.strerror}")

    def replace(self, path):
        staged, wanted = stage_file(str(path), b"new", like=str(path))
        os.chmod(staged, wanted)
        return staged

    def test_are_kept(self, tmp_path):
        (tmp_path / "file").write_bytes(b"old")
        self.set(tmp_path / "file", "user.comment", b"mine")

        assert os.getxattr(self.replace(tmp_path / "file"), "user.comment") == b"mine"

    def test_an_acl_is_kept_and_closed_until_the_rename(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")
        self.set(path, self.ACCESS, self.acl(named=4))

        staged, wanted = stage_file(str(path), b"new", like=str(path))

        assert (
            mode(staged) == 0o600
        )  # with an ACL the group's bits are its mask: nobody named reads
        os.chmod(staged, wanted)
        assert os.getxattr(staged, self.ACCESS) == self.acl(named=4)

    def test_an_acl_that_cannot_be_kept_opens_the_file_to_nobody(self, tmp_path, monkeypatch):
        path = tmp_path / "file"
        path.write_bytes(b"old")
        self.set(path, self.ACCESS, self.acl(named=4))

        def refuse(*_):
            raise OSError(errno.ENOTSUP, "no ACL here")

        monkeypatch.setattr(os, "setxattr", refuse)

        assert mode(self.replace(path)) == 0o600

    def test_a_default_acl_of_the_folder_is_not_added(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")
        path.chmod(0o660)
        self.set(tmp_path, self.DEFAULT, self.acl(named=6))

        assert self.ACCESS not in os.listxattr(self.replace(path))

    def test_a_full_disk_is_reported_and_leaves_nothing(self, tmp_path, monkeypatch):
        path = tmp_path / "file"
        path.write_bytes(b"old")
        self.set(path, "user.comment", b"mine")

        def refuse(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "setxattr", refuse)

        with pytest.raises(OSError, match="No space"):
            self.replace(path)
        assert names(tmp_path) == ["file", "home"]


class TestLeftovers:
    def leave(self, path, pid):
        left = path.parent / f".{path.name}.awscreds-{pid}-0123456789ab"
        left.write_bytes(b"left")
        return left

    def test_of_a_dead_process_are_removed(self, tmp_path):
        left = self.leave(tmp_path / "file", dead_pid())

        remove_leftovers(str(tmp_path / "file"))

        assert not left.exists()

    def test_of_a_living_process_are_kept(self, tmp_path):
        left = self.leave(tmp_path / "file", os.getppid())

        remove_leftovers(str(tmp_path / "file"))

        assert left.exists()

    def test_under_our_own_number_are_of_a_dead_namesake(self, tmp_path):
        left = temporary_name(str(tmp_path / "file"))
        open(left, "wb").close()

        remove_leftovers(str(tmp_path / "file"))

        assert not os.path.exists(left)

    def test_only_ours_are_removed(self, tmp_path):
        pid = dead_pid()
        other = self.leave(tmp_path / "other", pid)
        odd = tmp_path / ".file.awscreds-backup"
        odd.write_bytes(b"")
        folder = tmp_path / f".file.awscreds-{pid}-folder"
        folder.mkdir()
        link = tmp_path / f".file.awscreds-{pid}-link"
        link.symlink_to(odd)

        remove_leftovers(str(tmp_path / "file"))

        assert {other.name, odd.name, folder.name, link.name} <= set(names(tmp_path))

    def test_of_somebody_else_are_kept(self, tmp_path):
        need_root()
        left = self.leave(tmp_path / "file", dead_pid())
        os.chown(left, 65534, -1)

        remove_leftovers(str(tmp_path / "file"))

        assert left.exists()

    def test_a_number_that_no_process_can_have_is_gone(self, tmp_path):
        left = self.leave(tmp_path / "file", 10**30)

        remove_leftovers(str(tmp_path / "file"))

        assert not left.exists()

    def test_a_missing_folder_has_none(self, tmp_path):
        remove_leftovers(str(tmp_path / "missing" / "file"))


class TestPrivateFolder:
    @pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
    def test_and_all_made_above_it_are_private_under_any_umask(self, tmp_path, mask):
        with umask(mask):
            make_private_folder(str(tmp_path / "a" / "b"))

        assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]

    def test_leaves_a_folder_that_is_there_as_it_is(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a").chmod(0o755)

        make_private_folder(str(tmp_path / "a"))

        assert mode(tmp_path / "a") == 0o755

    def test_is_not_made_in_a_file(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")

        with pytest.raises(OSError):
            make_private_folder(str(tmp_path / "file" / "folder"))

    def test_is_not_made_in_the_folder_of_another(self, tmp_path):
        need_root()
        os.chown(tmp_path, 65534, -1)

        with pytest.raises(PermissionError, match="belongs to"):
            make_private_folder(str(tmp_path / "a" / "b"))
        assert names(tmp_path) == ["home"]

    def test_may_be_made_in_a_shared_folder_of_root(self):
        need_root()
        with open_folder() as folder:
            os.chown(folder, 0, 0)
            folder.chmod(0o1777)

            run(
                AS_NOBODY
                + """
import sys
from awscreds.stores.files import make_private_folder
make_private_folder(sys.argv[1])
""",
                folder / "mine",
            )

            assert os.stat(folder / "mine").st_uid == 65534

    def test_is_found_there_by_those_who_come_second(self, tmp_path, monkeypatch):
        mkdir = os.mkdir

        def overtaken(path, mode):
            mkdir(path, mode)
            raise FileExistsError

        monkeypatch.setattr(os, "mkdir", overtaken)

        make_private_folder(str(tmp_path / "a" / "b"))

        assert (tmp_path / "a" / "b").is_dir()


class TestFsyncFolder:
    @pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
    def test_accepts_a_file_system_that_has_no_such_thing(self, tmp_path, monkeypatch, code):
        def refuse(_):
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", refuse)

        fsync_folder(str(tmp_path))

    @pytest.mark.posix("it cannot sync a folder")
    def test_reports_a_disk_that_fails(self, tmp_path, monkeypatch):
        def refuse(_):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "fsync", refuse)

        with pytest.raises(OSError, match="Input/output"):
            fsync_folder(str(tmp_path))

    def test_passes_over_a_folder_that_cannot_be_listed(self):
        with open_folder() as folder:
            folder.chmod(0o300)
            run(
                AS_NOBODY
                + """
import sys
from awscreds.stores.files import replace_file
replace_file(sys.argv[1], b"new")
""",
                folder / "file",
            )
            folder.chmod(0o700)
            assert (folder / "file").read_bytes() == b"new"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class TestFileLock:
    @pytest.fixture
    def folder(self, tmp_path):
        return tmp_path / "locks"

    def lock(self, tmp_path, folder, name="file", clock=None, **options):
        clock = clock or Clock()
        return FileLock(
            str(tmp_path / name),
            folder=str(folder),
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            **options,
        )

    def test_is_held_by_one_at_a_time(self, tmp_path, folder):
        clock = Clock()
        with self.lock(tmp_path, folder), pytest.raises(AwscredsError) as caught:
            self.lock(tmp_path, folder, clock=clock, deadline=7).__enter__()

        assert caught.value.code == "locked"
        assert str(tmp_path / "file") in caught.value.message
        assert "7 seconds" in caught.value.message
        assert clock.now >= 7
        with self.lock(tmp_path, folder):
            pass

    def test_waits_for_who_holds_it(self, tmp_path, folder):
        clock = Clock()
        first = self.lock(tmp_path, folder).__enter__()
        sleep = clock.sleep

        def sleep_and_let_go(seconds):
            sleep(seconds)
            if len(clock.slept) == 3:
                first.__exit__(None, None, None)

        clock.sleep = sleep_and_let_go
        with self.lock(tmp_path, folder, clock=clock):
            assert len(clock.slept) == 3

    def test_of_another_file_is_another_lock(self, tmp_path, folder):
        with self.lock(tmp_path, folder, "one"), self.lock(tmp_path, folder, "two"):
            assert len(names(folder)) == 2

    def test_of_a_link_is_the_lock_of_its_target(self, tmp_path, folder):
        (tmp_path / "link").symlink_to("file")

        assert self.lock(tmp_path, folder, "link").path == self.lock(tmp_path, folder, "file").path

    def test_stays_the_same_file_when_its_target_is_replaced(self, tmp_path, folder):
        with self.lock(tmp_path, folder) as lock:
            before = os.stat(lock.path).st_ino
            replace_file(str(tmp_path / "file"), b"new")

        assert os.stat(lock.path).st_ino == before

    def test_is_free_when_its_holder_is_killed(self, tmp_path, folder):
        holder = start(
            """
            import os, signal, sys
            from awscreds.stores.files import FileLock
            with FileLock(sys.argv[1], folder=sys.argv[2]):
                os.kill(os.getpid(), 9)
            """,
            tmp_path / "file",
            folder,
        )
        holder.communicate()
        assert holder.returncode == KILL_STATUS

        with self.lock(tmp_path, folder, deadline=0):
            pass

    @pytest.mark.parametrize("mask", [0o000, 0o777])
    def test_is_a_private_file_under_any_umask(self, tmp_path, folder, mask):
        with umask(mask), self.lock(tmp_path, folder) as lock:
            assert mode(lock.path) == 0o600
        assert mode(folder) == 0o700

    @pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
    def test_refuses_what_is_no_file_in_its_place(self, tmp_path, folder, kind):
        folder.mkdir()
        lock = self.lock(tmp_path, folder)
        if kind == "link":
            os.symlink(tmp_path / "elsewhere", lock.path)
        elif kind == "folder":
            os.mkdir(lock.path)
        else:
            os.mkfifo(lock.path)

        with pytest.raises(ConfigurationError) as caught:
            lock.__enter__()

        assert caught.value.code == "lock"
        assert str(folder) in caught.value.message
        assert not (tmp_path / "elsewhere").exists()

    def test_makes_nothing_in_the_folder_of_another(self, tmp_path, folder):
        need_root()
        folder.mkdir()
        os.chown(folder, 65534, -1)

        with pytest.raises(ConfigurationError, match="belongs to nobody"):
            self.lock(tmp_path, folder).__enter__()
        assert names(folder) == []

    def test_says_so_where_the_file_system_has_no_locks(self, tmp_path, folder, monkeypatch):
        def refuse(*_):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(files, "_try_lock", refuse)

        with pytest.raises(ConfigurationError, match="No locks available"):
            self.lock(tmp_path, folder).__enter__()

    def test_lets_no_increment_of_twenty_processes_be_lost(self, tmp_path, folder):
        (tmp_path / "count").write_bytes(b"0")
        code = """
            import sys
            from awscreds.stores.files import FileLock, replace_file
            path = sys.argv[1]
            for _ in range(10):
                with FileLock(path, folder=sys.argv[2]):
                    with open(path, "rb") as file:
                        count = int(file.read())
                    replace_file(path, b"%d" % (count + 1))
            """
        counters = [start(code, tmp_path / "count", folder) for _ in range(20)]

        assert [counter.communicate()[1] for counter in counters] == [""] * 20
        assert (tmp_path / "count").read_bytes() == b"200"

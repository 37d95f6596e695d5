"""The folder of our own state: private, or not read at all."""

import errno
import os
import sys

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import state_dir
from awscreds.stores.remedies import to_close
from awscreds.stores.state_dir import StateDir, key_name
from tests.stores.support import (
    AS_NOBODY,
    FIFO,
    KILL_STATUS,
    ON_WINDOWS,
    mode,
    names,
    need_root,
    open_folder,
    open_to_others,
    run,
    start,
    umask,
)

ONLY_THE_GROUP = pytest.param(0o750, marks=pytest.mark.posix("its lists know no group of a file"))


@pytest.fixture
def state(tmp_path):
    return StateDir(str(tmp_path / "a" / "state"), lock_folder=str(tmp_path / "locks"))


@pytest.fixture
def filled(state):
    state.write("file", b"secret")
    return state


def refusals(state_dir):
    """What every way in says; all must refuse."""
    said = []
    for act in (
        lambda: state_dir.read("file"),
        lambda: state_dir.write("file", b"new"),
        lambda: state_dir.remove("file"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            act()
        assert caught.value.code == "unsafe-state"
        assert caught.value.hint
        said.append(caught.value.message)
    return said


class TestUse:
    def test_gives_back_what_was_written(self, state):
        state.write("file", b"one")
        state.write("file", b"two")

        assert state.read("file") == b"two"
        assert names(state.path) == ["file"]

    def test_reads_none_and_makes_nothing_where_nothing_is(self, state, tmp_path):
        assert state.read("file") is None
        assert state.remove("file") is False
        assert names(tmp_path) == ["home"]

    def test_names_the_files_that_begin_alike(self, state):
        assert state.names("session-") == []
        for name in ("session-b", "session-a", "state.json", ".session-a"):
            state.write(name, b"")
        assert state.names("session-") == ["session-a", "session-b"]
        assert len(state.names("")) == 4

    def test_reads_none_for_another_file(self, filled):
        assert filled.read("other") is None

    def test_removes_a_file_once(self, filled):
        assert filled.remove("file") is True
        assert filled.remove("file") is False
        assert filled.read("file") is None

    @pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
    def test_is_private_under_any_umask(self, state, tmp_path, mask):
        with umask(mask):
            state.write("file", b"secret")

        made = [tmp_path / "a", state.path, state.file("file")]
        assert [mode(path) for path in made] == [0o700, 0o700, 0o600]

    @pytest.mark.parametrize("name", ["", ".", "..", "../file", "folder/file", "/etc/passwd"])
    def test_takes_no_name_that_leads_out_of_the_folder(self, filled, name):
        for act in (filled.read, filled.remove, filled.lock, lambda name: filled.write(name, b"")):
            with pytest.raises(ValueError, match="plain file name"):
                act(name)

    def test_locks_a_file_outside_of_itself(self, filled, tmp_path):
        with filled.lock("file"):
            assert names(filled.path) == ["file"]
            assert len(names(tmp_path / "locks")) == 1

    def test_knows_its_path_when_the_working_folder_changes(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        state_dir = StateDir("state")
        state_dir.write("file", b"secret")
        monkeypatch.chdir("/")

        assert state_dir.read("file") == b"secret"

    @pytest.mark.parametrize("fatal", ["written", "staged"])
    def test_cleans_up_after_a_killed_writer(self, filled, fatal):
        writer = start(
            """
            import os, signal, sys
            from awscreds.stores.files import replace_file

            def step(reached):
                if reached == sys.argv[2]:
                    os.kill(os.getpid(), 9)

            replace_file(sys.argv[1], b"half", step=step)
            """,
            filled.file("file"),
            fatal,
        )
        writer.communicate()
        assert writer.returncode == KILL_STATUS
        assert len(names(filled.path)) == 2

        filled.write("file", b"new")

        assert names(filled.path) == ["file"]


class TestFolder:
    @pytest.mark.parametrize("bits", [ONLY_THE_GROUP, 0o705, 0o707, 0o777])
    def test_open_to_others_is_refused(self, filled, bits):
        open_to_others(filled.path, bits)

        why = ON_WINDOWS if sys.platform == "win32" else f"mode {bits:04o}"
        for message in refusals(filled):
            assert message == f"{filled.path} can be read or written by others ({why})"

        with pytest.raises(ConfigurationError) as caught:
            filled.read("file")
        assert to_close(filled.path, 0o700, "") in caught.value.hint

    def test_that_is_a_link_is_refused(self, filled, tmp_path):
        (tmp_path / "link").symlink_to(filled.path)

        for message in refusals(StateDir(str(tmp_path / "link"))):
            assert f"{tmp_path / 'link'} is a symbolic link" in message
        assert filled.read("file") == b"secret"

    def test_that_is_a_link_to_nothing_is_refused(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

        refusals(StateDir(str(tmp_path / "link")))

        assert names(tmp_path) == ["home", "link"]

    def test_that_is_a_file_is_refused(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")

        refusals(StateDir(str(tmp_path / "file")))

    def test_below_a_file_is_refused(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")

        for message in refusals(StateDir(str(tmp_path / "file" / "state"))):
            assert "Not a directory" in message or "is not a folder" in message

    def test_below_a_link_in_a_circle_is_refused(self, tmp_path):
        (tmp_path / "circle").symlink_to("circle")

        refusals(StateDir(str(tmp_path / "circle" / "state")))

    def test_of_another_is_refused(self, filled):
        need_root()
        os.chown(filled.path, 65534, -1)

        for message in refusals(filled):
            assert f"{filled.path} belongs to nobody (uid 65534)" in message

    def test_is_not_made_in_the_home_of_another(self, tmp_path):
        need_root()
        (tmp_path / "alice").mkdir()
        os.chown(tmp_path / "alice", 65534, -1)

        with pytest.raises(ConfigurationError, match="belongs to nobody"):
            StateDir(str(tmp_path / "alice" / "state")).write("file", b"secret")
        assert names(tmp_path / "alice") == []

    def test_that_cannot_be_written_is_reported_and_left(self):
        with open_folder() as folder:
            said = run(
                AS_NOBODY
                + """
import sys
from awscreds.errors import ConfigurationError
from awscreds.stores.state_dir import StateDir
state_dir = StateDir(sys.argv[1] + "/state")
state_dir.write("file", b"old")
os.chmod(state_dir.path, 0o500)
for act in (lambda: state_dir.write("file", b"new"), lambda: state_dir.remove("file")):
    try:
        act()
    except ConfigurationError as error:
        print(error.message)
print(state_dir.read("file"))
""",
                folder,
            )

        refusal = f"cannot use {folder}/state/file: Permission denied"
        assert said.splitlines() == [refusal, refusal, "b'old'"]


class TestAppend:
    def test_writes_after_what_counts_and_cuts_the_rest(self, filled):
        filled.append("file", b" one", after=6)
        filled.append("file", b" two", after=6)

        assert filled.read("file") == b"secret two"

    @pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
    def test_makes_what_is_not_there_private(self, state, mask):
        with umask(mask):
            state.append("file", b"one", after=0)

        assert [mode(path) for path in (state.path, state.file("file"))] == [0o700, 0o600]
        assert state.read("file") == b"one"

    def test_of_a_new_file_is_on_disk_with_its_name(self, state, monkeypatch):
        synced = []
        os.makedirs(state.path, mode=0o700)
        monkeypatch.setattr(state_dir, "fsync_folder", synced.append)
        monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_ino))
        state.append("file", b"one", after=0)
        state.append("file", b"two", after=3)

        file = os.stat(state.file("file")).st_ino
        assert synced == [file, state.path, file]

    @pytest.mark.parametrize("bits", [0o604, 0o606])
    def test_to_a_file_that_others_can_use_is_refused_and_leaves_it(self, filled, bits):
        open_to_others(filled.file("file"), bits)

        with pytest.raises(ConfigurationError) as caught:
            filled.append("file", b"more", after=0)

        assert caught.value.code == "unsafe-state"
        with open(filled.file("file"), "rb") as file:
            assert file.read() == b"secret"


class TestRoom:
    def test_that_is_there_is_given_back(self, filled):
        filled.require_room("other", 1000)

        assert names(filled.path) == ["file"]

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    def test_that_is_missing_is_said_and_leaves_nothing(self, filled, monkeypatch, code):
        def full(*_):
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(ConfigurationError, match="cannot write") as caught:
            filled.require_room("other", 1000)

        assert caught.value.code == "disk-full"
        assert names(filled.path) == ["file"]

    def test_in_a_folder_that_others_can_use_is_none(self, filled):
        open_to_others(filled.path, 0o707)

        with pytest.raises(ConfigurationError) as caught:
            filled.require_room("other", 1000)

        assert caught.value.code == "unsafe-state"


class TestProblems:
    def test_are_none_where_all_is_private_or_nothing_is(self, state, filled, tmp_path):
        os.mkdir(filled.file("folder"))

        assert filled.problems() == []
        assert StateDir(str(tmp_path / "none")).problems() == []

    def test_are_each_file_that_would_be_refused(self, filled):
        for name in ("a", "b"):
            filled.write(name, b"")
        open_to_others(filled.file("a"), 0o604)
        os.remove(filled.file("b"))
        os.symlink("file", filled.file("b"))

        found = filled.problems()

        assert [path for _, path in found] == [filled.file("a"), filled.file("b")]
        assert {error.code for error, _ in found} == {"unsafe-state"}

    def test_are_the_folder_alone_if_that_is_refused(self, filled):
        open_to_others(filled.file("file"), 0o604)
        open_to_others(filled.path, 0o707)

        [(error, path)] = filled.problems()

        assert (error.code, path) == ("unsafe-state", filled.path)

    def test_are_not_of_a_file_that_has_just_gone(self, filled, monkeypatch):
        monkeypatch.setattr(filled, "names", lambda _: ["gone", "file"])
        open_to_others(filled.file("file"), 0o604)

        assert [path for _, path in filled.problems()] == [filled.file("file")]


class TestKeyName:
    def test_is_the_id_of_a_key_or_a_digest_of_what_may_be_a_secret(self):
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

        assert key_name("AKIAIOSFODNN7EXAMPLE") == "AKIAIOSFODNN7EXAMPLE"
        assert key_name(secret).startswith("#")
        assert secret not in key_name(secret)
        assert key_name("a\udcff") != key_name("b\udcff")


class TestFile:
    @pytest.mark.parametrize("bits", [ONLY_THE_GROUP, 0o604, 0o606, 0o666])
    def test_open_to_others_is_not_read(self, filled, bits):
        open_to_others(filled.file("file"), bits)

        why = ON_WINDOWS if sys.platform == "win32" else f"mode {bits:04o}"
        with pytest.raises(ConfigurationError, match=why) as caught:
            filled.read("file")

        assert to_close(filled.file("file"), 0o600, "") in caught.value.hint

    def test_of_another_is_not_read(self, filled):
        need_root()
        os.chown(filled.file("file"), 65534, -1)

        with pytest.raises(ConfigurationError, match="belongs to nobody"):
            filled.read("file")

    def test_that_is_a_link_is_not_read(self, filled):
        os.symlink("file", filled.file("link"))

        with pytest.raises(ConfigurationError, match="it is a symbolic link"):
            filled.read("link")

    def test_that_is_a_link_is_replaced_or_removed_itself(self, filled, tmp_path):
        (tmp_path / "target").write_bytes(b"theirs")
        for name in ("one", "two"):
            os.symlink(tmp_path / "target", filled.file(name))

        filled.write("one", b"mine")
        filled.remove("two")

        assert filled.read("one") == b"mine"
        assert (tmp_path / "target").read_bytes() == b"theirs"

    @pytest.mark.parametrize("make", ["mkdir", FIFO])
    def test_that_is_none_is_not_read(self, filled, make):
        getattr(os, make)(filled.file("odd"))

        with pytest.raises(ConfigurationError, match="is not a regular file"):
            filled.read("odd")

    def test_that_is_a_folder_is_not_written_over(self, filled):
        os.mkdir(filled.file("odd"))

        with pytest.raises(ConfigurationError, match=os.strerror(errno.EISDIR)):
            filled.write("odd", b"new")
        assert names(filled.path) == ["file", "odd"]

    def test_keeps_its_content_when_the_disk_is_full(self, filled, monkeypatch):
        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", full)

        with pytest.raises(ConfigurationError, match="No space left"):
            filled.write("file", b"new")
        assert filled.read("file") == b"secret"
        assert names(filled.path) == ["file"]

    @pytest.mark.posix("an open file keeps its name")
    def test_that_is_swapped_for_a_link_after_the_look_is_not_read(self, filled, monkeypatch):
        """What was judged is what is read: the open file, not its name."""
        elsewhere = filled.path + "-elsewhere"
        judge = StateDir._check_private

        def judge_and_swap(self, path, *rest, **named):
            judge(self, path, *rest, **named)
            if path == filled.file("file"):
                os.rename(path, elsewhere)
                os.symlink("/dev/zero", path)

        monkeypatch.setattr(state_dir.StateDir, "_check_private", judge_and_swap)

        assert filled.read("file") == b"secret"

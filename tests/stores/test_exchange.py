"""What others do to a file between our last look at it and the exchange that replaces it."""

import ast
import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import edited_file, snapshot
from awscreds.stores import exchange as module
from tests.stores.support import KILL_STATUS, names, start
from tests.stores.test_aws_files import (
    CONFIG,
    CONFIG_CHANGED,
    CREDENTIALS,
    CREDENTIALS_CHANGED,
    change,
    fail,
    place,
)
from tests.stores.test_other_writers import EXPECTED, NAMES, PARTS

__all__ = ["place"]  # a fixture

REFUSALS = [
    *(errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV),
    errno.ENOTSUP,  # another number than EOPNOTSUPP on macOS
]


@pytest.fixture
def before_exchange(place, monkeypatch):
    """Does each of ``acts`` right before one exchange of a file's names, in this order."""

    def arrange(name, *acts):
        real, left = module.exchange, list(acts)

        def act_first(one, other):
            if str(place.folder / name) in (one, other) and left:
                left.pop(0)()
            real(one, other)

        monkeypatch.setattr(module, "exchange", act_first)
        return left

    return arrange


def save(place, name, text=None):
    """What an editor does that saves by a rename: its line before all others, or ``text``."""
    path = place.folder / name
    new = place.folder.parent / f"new {name}"
    new.write_bytes(PARTS[name][1] + path.read_bytes() if text is None else text)
    new.chmod(0o600)
    new.replace(path)


def nothing():
    pass


def test_names_are_exchanged_here(place):
    inodes = [os.stat(path).st_ino for path in (place.config, place.credentials)]

    assert module.replace(str(place.config), str(place.credentials)) is True

    assert place.data() == (CREDENTIALS, CONFIG)
    assert [os.stat(path).st_ino for path in (place.credentials, place.config)] == inodes


@pytest.mark.parametrize("refusal", REFUSALS)
def test_where_they_cannot_be_exchanged_a_file_is_renamed(place, monkeypatch, refusal):
    monkeypatch.setattr(module, "exchange", lambda *_: fail(refusal)())

    place.files().edit(change)

    assert place.is_changed()


def test_where_an_exchange_is_taken_for_a_rename_it_is_one(place, monkeypatch):
    monkeypatch.setattr(module, "exchange", os.rename)

    place.files().edit(change)

    assert place.is_changed()


def test_once_it_is_certain_nobody_waits_for_the_old_file_to_be_removed(place, monkeypatch):
    seen = []

    def removing(path):
        fd = os.open(place.config, os.O_RDONLY | os.O_NONBLOCK)  # waits for nobody
        seen.append(os.read(fd, 4096))
        os.close(fd)
        os.unlink(path)

    monkeypatch.setattr(edited_file, "discard", removing)

    place.files().edit(change)

    assert set(seen) == {CONFIG_CHANGED}


def test_an_error_of_the_disk_is_none_of_these_refusals(place, monkeypatch):
    monkeypatch.setattr(module, "exchange", lambda *_: fail(errno.EIO)())

    with pytest.raises(ConfigurationError, match=r"Input/output error; neither file was changed"):
        place.files().edit(change)

    assert place.is_untouched()


class TestEditor:
    @pytest.mark.parametrize("name", NAMES)
    def test_that_renames_in_this_instant_loses_nothing(self, place, before_exchange, name):
        left = before_exchange(name, lambda: save(place, name))

        place.files().edit(change)

        assert left == []
        assert place.data() == EXPECTED[name]
        assert place.is_tidy()
        assert place.warnings == []

    @pytest.mark.parametrize("name", NAMES)
    def test_that_comes_again_and_again_loses_nothing(self, place, before_exchange, name):
        """Before our exchange and before the one that takes it back."""
        times = [lambda: save(place, name), nothing] * 5
        left = before_exchange(name, *times)

        place.files().edit(change)

        assert left == []
        data = (place.folder / name).read_bytes()
        assert data == PARTS[name][1] * 5 + EXPECTED[name][NAMES.index(name)][len(PARTS[name][1]) :]
        assert place.is_tidy()

    def test_that_puts_a_link_there_has_it_followed(self, place, before_exchange):
        other = place.folder.parent / "other"
        other.write_bytes(b"# theirs\r\n" + CONFIG)

        def link():
            place.config.unlink()
            place.config.symlink_to(other)

        before_exchange("config", link)

        place.files().edit(change)

        assert place.config.is_symlink()
        assert place.data() == EXPECTED["config"]
        assert place.is_tidy()

    def test_that_removes_the_file_has_it_made_anew(self, place, before_exchange):
        before_exchange("config", place.config.unlink)

        place.files().edit(change)

        assert place.data() == (b"[profile dev]\noutput = json\n", CREDENTIALS_CHANGED)
        assert place.is_tidy()

    def test_that_has_seen_both_of_two_texts_leaves_the_newer_one(self, place, before_exchange):
        """It saves a second time before the first text has its name back."""
        first = b"# theirs\r\n" + CONFIG
        left = before_exchange(
            "config",
            lambda: save(place, "config"),
            lambda: save(place, "config", b"# again\r\n" + first),
        )

        place.files().edit(change)

        assert left == []
        assert place.config.read_bytes() == b"# again\r\n# theirs\r\n" + CONFIG_CHANGED
        assert place.is_tidy()
        assert place.warnings == []

    def test_whose_text_another_one_replaces_unseen_has_it_saved(self, place, before_exchange):
        before_exchange(
            "config",
            lambda: save(place, "config"),
            lambda: save(place, "config", b"# of a third one\r\n" + CONFIG),
        )

        place.files().edit(change)

        assert place.config.read_bytes() == b"# of a third one\r\n" + CONFIG_CHANGED
        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == b"# theirs\r\n" + CONFIG
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_is_met_on_the_way_back_too(self, place, before_exchange):
        """The second file fails; the first one is put back, and somebody saves it just then."""
        before_exchange(
            "config", nothing, lambda: save(place, "config", b"# theirs\r\n" + CONFIG_CHANGED)
        )

        def step(reached):
            if reached == "ready credentials":
                fail(errno.EIO)()

        with pytest.raises(ConfigurationError, match="did not restore the old content"):
            place.files(step).edit(change)

        assert place.data() == (b"# theirs\r\n" + CONFIG_CHANGED, CREDENTIALS)
        assert place.is_tidy()

    def test_is_met_where_a_new_file_goes_again_too(self, place, monkeypatch):
        """There was no config file; the credentials fail, and somebody saves the new one."""
        place.config.unlink()
        read, theirs = snapshot.read, b"# theirs\n[profile dev]\noutput = json\n"
        failed = []

        def step(reached):
            if reached == "ready credentials":
                failed.append(reached)
                fail(errno.EIO)()

        def read_then_saved(path):
            found = read(path)
            if failed and path == str(place.config):
                failed.clear()
                save(place, "config", theirs)
            return found

        monkeypatch.setattr(snapshot, "read", read_then_saved)
        with pytest.raises(ConfigurationError, match="did not restore the old content"):
            place.files(step).edit(change)

        assert place.data() == (theirs, CREDENTIALS)
        assert place.is_tidy()

    def test_is_not_lost_where_a_third_one_makes_the_file_again(self, place, monkeypatch):
        """A new file goes, the text that an editor saved over it is in hand, and is no more new."""
        place.config.unlink()
        real, theirs = os.rename, b"# theirs\n"

        def renamed(source, target):
            if source == str(place.config):
                save(place, "config", theirs)
                real(source, target)
                place.config.write_bytes(b"# of a third one\n")
            else:
                real(source, target)

        monkeypatch.setattr(os, "rename", renamed)
        with pytest.raises(ConfigurationError):
            place.files(lambda reached: reached == "ready credentials" and fail(errno.EIO)()).edit(
                change
            )

        assert place.data() == (b"# of a third one\n", CREDENTIALS)
        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == theirs
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_that_starts_the_edit_again_does_not_hide_what_could_not_be_restored(
        self, place, before_exchange
    ):
        """The credentials are overtaken, and the disk fails when the config is put back."""
        before_exchange("config", nothing, fail(errno.EIO))
        before = iter([True])

        def step(reached):
            if reached == "ready credentials" and next(before, False):
                save(place, "credentials")

        place.files(step).edit(change)

        assert place.data() == EXPECTED["credentials"]
        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == CONFIG
        [warning] = place.warnings
        assert "could not restore" in warning
        assert str(saved) in warning

    def test_is_not_lost_by_ctrl_c_either(self, place, monkeypatch):
        real = module.exchange

        def interrupted(one, other):
            monkeypatch.setattr(module, "exchange", real)
            save(place, "config")
            real(one, other)
            raise KeyboardInterrupt

        monkeypatch.setattr(module, "exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            place.files().edit(change)

        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == b"# theirs\r\n" + CONFIG
        assert place.data() == (CONFIG, CREDENTIALS)
        assert [str(saved) in warning for warning in place.warnings] == [True]


COMES = """
import os, sys
path, mode = sys.argv[1:]
sys.stdin.readline()
print("come", flush=True)
fd = os.open(path, os.O_RDONLY if mode == "read" else os.O_RDWR)
data = os.read(fd, 1 << 16)
if mode == "write":
    os.write(fd, b"# written\\n")
print(data)
"""


class Comer:
    """A program that opens a file to ``mode`` it, and is let in only later."""

    def __init__(self, path, mode):
        self.process = start(COMES, path, mode, stdin=True)

    def come(self):
        """Be stopped at the file."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()
        state = Path(f"/proc/{self.process.pid}/stat")
        while state.read_text().rpartition(")")[2].split()[0] != "S":
            pass

    def has_read(self):
        out, err = self.process.communicate(timeout=60)
        assert err == ""
        return ast.literal_eval(out)


class TestWhoOpensOurs:
    """Between the exchange that took the wrong file and the one that puts it back."""

    def test_reads_the_text_that_has_the_name_again(self, place, before_exchange):
        reader = Comer(place.config, "read")
        before_exchange("config", lambda: save(place, "config"), reader.come)

        place.files().edit(change)

        assert reader.has_read() == b"# theirs\r\n" + CONFIG
        assert place.data() == EXPECTED["config"]
        assert place.is_tidy()

    def test_to_write_has_its_text_saved(self, place, before_exchange):
        writer = Comer(place.config, "write")
        before_exchange("config", lambda: save(place, "config"), writer.come)

        place.files().edit(change)

        theirs = b"# theirs\r\n" + CONFIG
        assert writer.has_read() == theirs
        assert place.data() == EXPECTED["config"]
        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == theirs + b"# written\n"
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_to_write_is_told_of_beside_who_writes_the_former_file(self, place, before_exchange):
        writer = Comer(place.config, "write")
        before_exchange("config", lambda: save(place, "config"), writer.come)

        once = iter([True])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(edited_file.EditedFile, "_is_written_since", lambda _: next(once, False))
            place.files().edit(change)

        writer.has_read()
        saved = {str(path): path.read_bytes() for path in place.folder.glob(".config.saved-*")}
        theirs = b"# theirs\r\n" + CONFIG
        assert {*saved.values()} == {theirs + b"# written\n", CONFIG}
        assert {path for path in saved if path in "".join(place.warnings)} == {*saved}

    def test_reads_ours_where_it_stays(self, place, before_exchange):
        """It is the right file that is replaced: nobody waits for longer than the exchange."""
        reader = Comer(place.config, "read")
        real = module.is_at
        came = []

        def come(path, found):
            if not came:
                came.append(path)
                reader.come()
            return real(path, found)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(edited_file, "is_at", come)
            place.files().edit(change)

        assert reader.has_read() == CONFIG_CHANGED

    def test_as_a_reader_of_ours_waits_although_it_says_not_to(self, place):
        """O_NONBLOCK is there for a FIFO."""
        found = []
        with module.Shut(str(place.config)) as shut:
            shut.shut()
            reader = threading.Thread(
                target=lambda: found.append(snapshot.read(str(place.config)).data)
            )
            reader.start()
            while fcntl.fcntl(shut._fd, fcntl.F_GETLEASE) == fcntl.F_WRLCK:
                pass
            assert found == []
        reader.join()
        assert found == [CONFIG]

    def test_that_is_refused_the_lease_is_as_it_was(self, place, monkeypatch, before_exchange):
        """On a system without leases."""
        monkeypatch.setattr(module, "hold_alone", lambda _fd: None)
        before_exchange("config", lambda: save(place, "config"))

        place.files().edit(change)

        assert place.data() == EXPECTED["config"]
        assert place.is_tidy()


KILLED = """
    import errno, os, sys
    from pathlib import Path
    from awscreds.stores import exchange
    from tests.stores.test_aws_files import CONFIG_CHANGED, Place, change, fail
    from tests.stores.test_exchange import Comer, save

    folder, name, deed = sys.argv[1:]
    place = Place(Path(folder))
    real = exchange.exchange

    def killed(one, other):
        if str(place.folder / name) not in (one, other):
            return real(one, other)
        if deed == "save":
            save(place, name)
        elif deed == "link":
            place.config.unlink()
            place.config.symlink_to("other")
        real(one, other)
        os.kill(os.getpid(), 9)

    def killed_on_the_way_back(one, other):
        if place.data()[0] == CONFIG_CHANGED:
            save(place, name, b"# theirs\\r\\n" + CONFIG_CHANGED)
            real(one, other)
            os.kill(os.getpid(), 9)
        real(one, other)

    def step(reached):
        if deed == "way back" and reached == "ready credentials":
            fail(errno.EIO)()

    acts = [lambda: save(place, name), lambda: Comer(place.config, "write").come()]

    def met(one, other):
        acts.pop(0)()
        real(one, other)

    exchange.exchange = killed
    if deed == "way back":
        os.link = lambda *_: fail(errno.EPERM)()
        exchange.exchange = killed_on_the_way_back
    elif deed == "writer":
        exchange.exchange = met
        exchange.awaited_by_writer = lambda _fd: os.kill(os.getpid(), 9)
    place.files(step).edit(change)
    """


class TestKilled:
    def kill(self, place, name, deed):
        process = start(KILLED, place.folder, name, deed)
        _, err = process.communicate(timeout=60)
        assert process.returncode == KILL_STATUS, err

    @pytest.mark.parametrize("name", NAMES)
    def test_with_the_text_of_an_editor_in_hand_that_is_saved_and_told_of(self, place, name):
        self.kill(place, name, "save")

        place.files().edit(change)

        assert place.data() == (CONFIG_CHANGED, CREDENTIALS_CHANGED)
        [saved] = place.folder.glob(f".{name}.saved-*")
        assert saved.read_bytes() == PARTS[name][1] + PARTS[name][0]
        assert [str(saved) in warning for warning in place.warnings] == [True]
        assert place.files().remove_leftovers() == ([], [])
        assert len(names(place.folder)) == 3

    def test_with_a_link_in_hand_that_is_saved_and_told_of_too(self, place):
        self.kill(place, "config", "link")

        place.files().remove_leftovers()

        [saved] = place.folder.glob(".config.saved-*")
        assert os.readlink(saved) == "other"
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_it_is_saved_too_by_who_looks_without_an_edit(self, place):
        self.kill(place, "config", "save")

        removed, stuck = place.files().remove_leftovers()

        [saved] = place.folder.glob(".config.saved-*")
        assert (len(removed), stuck) == (3, [])  # the former texts, and the new one of the other
        assert [str(saved) in warning for warning in place.warnings] == [True]

    @pytest.mark.parametrize("name", NAMES)
    def test_with_the_former_text_in_hand_that_is_removed(self, place, name):
        self.kill(place, name, "")

        place.files().edit(change)

        assert place.data() == (CONFIG_CHANGED, CREDENTIALS_CHANGED)
        assert place.is_tidy()
        assert place.warnings == []

    def test_what_a_program_wrote_to_the_former_file_is_saved(self, place):
        """It had the file open before."""
        self.kill(place, "config", "")
        former = next(place.folder.glob(".config.awscreds-*"))
        with former.open("ab") as file:
            file.write(b"# written\n")

        place.files().edit(change)

        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == CONFIG + b"# written\n"
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_what_a_program_saved_on_the_way_back_is_saved_where_there_are_no_links(self, place):
        self.kill(place, "config", "way back")

        place.files().edit(change)

        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == b"# theirs\r\n" + CONFIG_CHANGED
        assert [str(saved) in warning for warning in place.warnings] == [True]

    def test_what_a_program_writes_that_waited_for_ours_is_saved(self, place):
        """It had found the name while that was ours, and is let in by our death."""
        self.kill(place, "config", "writer")
        theirs = b"# theirs\r\n" + CONFIG
        written = []
        while not written:
            written = [
                path
                for path in place.folder.glob(".*")
                if path.read_bytes() == theirs + b"# written\n"
            ]

        place.files().edit(change)

        assert place.data() == EXPECTED["config"]
        [saved] = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == theirs + b"# written\n"
        assert [str(saved) in warning for warning in place.warnings] == [True]

"""A program that has an AWS file open and writes it slowly, beside an edit of ours.

It is staged at each of its steps, at each of ours: whatever it wrote and whatever the edit changed
must both be there in the end, or the edit is refused with the file left to that program.
"""

import errno
import fcntl
import itertools
import os
import subprocess
import sys
import threading

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import aws_files, edited_file, exchange, other_writers, snapshot
from awscreds.stores import leases as file_leases
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.other_writers import Time, undoes
from tests.stores.support import NOBODY, NoTime, need_root
from tests.stores.test_aws_files import (
    CONFIG,
    CONFIG_CHANGED,
    CREDENTIALS,
    CREDENTIALS_CHANGED,
    DEV,
    STEPS,
    Place,
    at,
    change,
    fail,
    place,
)

__all__ = ["place"]  # a fixture

NAMES = ["config", "credentials"]
OPENED, TRUNCATED, HALF, WRITTEN, CLOSED = range(1, 6)
PARTS = {"config": (CONFIG, b"# theirs\r\n"), "credentials": (CREDENTIALS, b"# theirs\n")}
EXPECTED = {
    "config": (b"# theirs\r\n" + CONFIG_CHANGED, CREDENTIALS_CHANGED),
    "credentials": (CONFIG_CHANGED, b"# theirs\n" + CREDENTIALS_CHANGED),
}


class Writer:
    """Another program that reads a file, truncates it and writes it again, step by step."""

    def __init__(self, place, name):
        self.path = place.folder / name
        self.line = PARTS[name][1]
        self.done = 0

    def go_on(self, until=None):
        """Do the next step, or all up to ``until``."""
        until = min(CLOSED, self.done + 1) if until is None else until
        while self.done < until:
            self.done += 1
            self._do(self.done)

    def _do(self, step):
        if step == OPENED:
            self.fd = os.open(self.path, os.O_RDWR)
            self.data = self.line + os.read(self.fd, 1 << 16)
            os.lseek(self.fd, 0, os.SEEK_SET)
        elif step == TRUNCATED:
            os.ftruncate(self.fd, 0)
        elif step == HALF:
            os.write(self.fd, self.data[: len(self.data) // 2])
        elif step == WRITTEN:
            os.write(self.fd, self.data[len(self.data) // 2 :])
        else:
            os.close(self.fd)


@pytest.fixture(params=["lease", "no lease"])
def leases(request, monkeypatch):
    """Where the system has leases, and where it has none."""
    if request.param == "no lease":
        monkeypatch.setattr(edited_file, "hold", lambda _fd: None)
        monkeypatch.setattr(snapshot, "is_free", lambda _fd, _path: None)
    return request.param


class TestStaged:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("reached", range(OPENED, CLOSED + 1))
    @pytest.mark.parametrize("moment", STEPS)
    def test_who_pauses_and_goes_on_while_we_wait_loses_nothing(self, place, moment, reached, name):
        writer = Writer(place, name)

        def step(ours):
            if ours == moment and not writer.done:
                writer.go_on(reached)
            elif ours.startswith("waiting"):
                writer.go_on()

        files = place.files(step)
        files.edit(change)
        if writer.done < CLOSED:  # we were done before it began
            assert moment == "placed"
            writer.go_on(CLOSED)

        assert place.data() == EXPECTED[name]
        assert place.is_tidy()

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("stride", [1, 2, 3])
    @pytest.mark.parametrize("moment", STEPS[:-5])
    def test_who_takes_a_step_at_each_few_of_ours_loses_nothing(self, place, moment, stride, name):
        writer, count = Writer(place, name), itertools.count()
        began = []

        def step(ours):
            began.extend([ours] if ours == moment else [])
            if began and (next(count) % stride == 0 or ours.startswith("waiting")):
                writer.go_on()

        place.files(step).edit(change)
        writer.go_on(CLOSED)

        assert place.data() == EXPECTED[name]
        assert place.is_tidy()

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("reached", range(OPENED, CLOSED))
    @pytest.mark.parametrize("moment", STEPS[:-1])
    def test_who_never_finishes_has_the_edit_refused_and_the_file_to_itself(
        self, place, moment, reached, name
    ):
        writer = Writer(place, name)

        with pytest.raises(ConfigurationError) as caught:
            place.files(at(moment, lambda: writer.go_on(reached))).edit(change)

        assert (caught.value.code, caught.value.exit_code) == ("files-busy", 3)
        path = str(place.folder / name)
        assert f"another program is still writing {path}" in caught.value.message
        assert path in caught.value.hint
        assert place.warnings[-1] == f"waiting for another program to finish writing {path}"
        writer.go_on(CLOSED)
        read_ours = f"replaced {name}" in STEPS[: STEPS.index(moment) + 1]
        assert ("did not restore the old content" in caught.value.message) == read_ours
        data = EXPECTED[name][NAMES.index(name)] if read_ours else PARTS[name][1] + PARTS[name][0]
        assert (place.folder / name).read_bytes() == data
        (other,) = set(NAMES) - {name}
        assert (place.folder / other).read_bytes() == PARTS[other][0]
        assert place.is_tidy()

    @pytest.mark.parametrize("name", NAMES)
    def test_who_never_finishes_is_told_of_before_anything_is_begun(self, place, name):
        writer = Writer(place, name)
        writer.go_on(OPENED)

        with pytest.raises(ConfigurationError, match="another program is still writing"):
            place.files().check_replaceable()

        writer.go_on(CLOSED)

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("reached", [TRUNCATED, HALF])
    def test_without_leases_a_file_that_moves_is_waited_for(
        self, place, leases, monkeypatch, reached, name
    ):
        """The writer takes its next steps while we wait for stillness."""
        writer = Writer(place, name)
        writer.go_on(reached)
        time = NoTime(lambda _: writer.go_on())

        place.files(time=time).edit(change)

        assert writer.done == CLOSED
        assert place.data() == EXPECTED[name]

    def test_a_file_emptied_and_closed_a_moment_ago_is_waited_for(self, place, leases):
        """``: > config; cat new >> config``."""
        place.config.write_bytes(b"")

        def go_on(slept):
            if slept > 0.2 and not place.config.stat().st_size:
                place.config.write_bytes(CONFIG)

        place.files(time=NoTime(go_on)).edit(change)

        assert place.data() == (CONFIG_CHANGED, CREDENTIALS_CHANGED)

    def test_a_file_that_stays_empty_is_an_empty_file(self, place, leases):
        place.config.write_bytes(b"")
        time = NoTime()

        place.files(time=time).edit(change)

        assert place.config.read_bytes() == b"[profile dev]\noutput = json\n"
        assert 0.4 < time.slept < 3

    def test_nobody_is_waited_for_where_nobody_writes(self, place):
        os.utime(place.config)
        time = NoTime()
        files = place.files(time=time)
        later = time.clock
        time.clock = lambda: later() + 60  # the files were made a minute ago

        files.load()
        files.check_replaceable()
        files.edit(change)
        files.edit(lambda documents: documents.config.set(DEV, "output", "text"))

        assert time.slept == 0

    def test_what_we_wrote_ourselves_is_not_waited_for(self, place):
        time = NoTime()
        files = place.files(time=time)
        files.edit(change)
        files.edit(lambda documents: documents.credentials.remove_section(DEV))
        slept = time.slept

        files.edit(lambda documents: documents.credentials.set(DEV, "aws_session_token", "none"))

        assert time.slept == slept


@pytest.fixture(params=["exchange", "rename"])
def renames(request, monkeypatch):
    """Where names can be exchanged, and where a file can only be renamed over another."""
    if request.param == "rename":
        monkeypatch.setattr(exchange, "exchange", lambda *_: fail(errno.ENOSYS)())
    return request.param


@pytest.mark.usefixtures("renames")
class TestRename:
    """The instant of the rename itself: who opens the file then has the old one before them."""

    @pytest.mark.parametrize("name", NAMES)
    def test_who_comes_to_write_right_then_writes_the_file_that_has_the_name(
        self, place, monkeypatch, name
    ):
        path = place.folder / name
        line = PARTS[name][1]
        replace, came, opened = exchange.replace, [], []

        def come():
            with open(path, "r+b") as file:  # waits for the lease
                opened.append(os.path.samestat(os.fstat(file.fileno()), path.stat()))
                data = file.read()
                file.seek(0)
                file.write(line + data)

        def replaced(source, target):
            if target == str(path) and not came:
                came.append(threading.Thread(target=come))
                came[0].start()
                fd = os.open(path, os.O_RDONLY)
                # The lease that is held is broken as soon as the other one waits.
                while file_leases.hold(fd):
                    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
                os.close(fd)
            return replace(source, target)

        monkeypatch.setattr(edited_file, "replace", replaced)
        place.files(time=Time()).edit(change)  # the other one is a real thread
        came[0].join()

        assert opened == [True]
        assert place.data() == EXPECTED[name]
        assert place.is_tidy()

    @pytest.mark.parametrize("name", NAMES)
    def test_who_has_the_former_file_open_is_waited_for(self, place, name):
        """Opened in the instant of the rename, and not written yet when we look again."""
        writer = Writer(place, name)

        def step(reached):
            if reached == f"replaced {name}" and not writer.done:
                (writer.path,) = place.folder.glob(f".{name}.awscreds-*")
                writer.go_on(OPENED)
            elif reached.startswith("waiting"):
                writer.go_on()

        place.files(step).edit(change)

        assert place.data() == EXPECTED[name]
        assert place.is_tidy()

    @pytest.mark.parametrize("name", NAMES)
    def test_where_the_rename_cannot_hold_a_lease_it_is_looked_before(
        self, place, monkeypatch, name
    ):
        """On Windows a file that is open cannot be replaced."""
        monkeypatch.setattr(edited_file, "hold", lambda _fd: None)
        writer, replaced = Writer(place, name), []

        def step(reached):
            if reached == "changed" and not writer.done:
                writer.go_on(OPENED)
            elif reached.startswith("waiting"):
                writer.go_on()
            elif writer.done in range(OPENED, CLOSED) and reached.startswith("replaced"):
                replaced.append(reached)

        place.files(step).edit(change)

        assert replaced == []
        assert place.data() == EXPECTED[name]

    @pytest.mark.parametrize("name", NAMES)
    def test_who_read_before_and_writes_after_does_not_undo_ours(self, place, name):
        """As the AWS CLI does; what it read lacks what we wrote."""
        path = place.folder / name
        data = path.read_bytes()
        line = PARTS[name][1]
        written = []

        def write(slept):
            if not written and path.read_bytes() != data:
                written.append(slept)
                path.write_bytes(line + data)

        place.files(time=NoTime(write)).edit(change)

        assert written
        assert place.data() == EXPECTED[name]
        assert place.is_tidy()
        assert place.warnings == []

    @pytest.mark.parametrize("name", NAMES)
    def test_a_file_made_meanwhile_is_not_replaced(self, tmp_path, monkeypatch, name):
        place = Place(tmp_path / "aws")
        link = os.link

        def linked(source, target):
            if target == str(place.folder / name) and not os.path.exists(target):
                (place.folder / name).write_bytes(PARTS[name][0])
            link(source, target)

        monkeypatch.setattr(os, "link", linked)
        place.files().edit(change)

        assert PARTS[name][0].rstrip() in (place.folder / name).read_bytes()

    def test_what_was_written_to_the_former_file_is_kept_where_both_were_written(self, place):
        """One program had the old file open; another one has changed the new one since."""
        both = iter([True])

        def step(reached):
            if reached == "ready credentials" and next(both, False):
                (kept,) = place.folder.glob(".config.awscreds-*")
                kept.write_bytes(b"# to the former file\n")
                place.config.write_bytes(b"# to the new one\n" + place.config.read_bytes())

        place.files(step).edit(change)

        (saved,) = place.folder.glob(".config.saved-*")
        assert saved.read_bytes() == b"# to the former file\n"
        assert [str(saved) in warning for warning in place.warnings] == [True]


class TestReaders:
    @pytest.mark.parametrize("reached", range(OPENED, CLOSED))
    def test_see_what_is_there_once_it_is_written(self, place, reached):
        writer = Writer(place, "config")
        writer.go_on(reached)
        files = place.files(lambda _: writer.go_on())

        assert files.read_config() == b"# theirs\r\n" + CONFIG
        assert files.load().config.get(DEV, "region") == "eu-central-1"

    def test_take_no_empty_file_that_is_being_written_for_one_without_profiles(self, place):
        writer = Writer(place, "config")
        writer.go_on(TRUNCATED)

        for read in (place.files().load, place.files().read_config):
            with pytest.raises(
                ConfigurationError, match="another program is still writing"
            ) as caught:
                read()
            assert caught.value.code == "files-busy"
        writer.go_on(CLOSED)

    def test_are_not_kept_off_by_a_program_that_never_closes_the_file(self, place):
        with place.config.open("ab"):
            assert place.files().read_config() == CONFIG

    def test_of_a_file_of_somebody_else_need_no_lease(self, place, monkeypatch):
        """Only its owner and who has CAP_LEASE may take one."""

        def refuse(*_):
            raise PermissionError(errno.EACCES, "no")

        monkeypatch.setattr(file_leases.fcntl, "fcntl", refuse)
        assert place.files().read_config() == CONFIG


class TestLease:
    def test_tells_whether_somebody_has_the_file_open_for_writing(self, place):
        fd = os.open(place.config, os.O_RDONLY)
        assert file_leases.is_free(fd, "") is True
        with place.config.open("ab"):
            assert file_leases.is_free(fd, "") is False
        with place.config.open("rb"):
            assert file_leases.is_free(fd, "") is True
        os.close(fd)

    def test_that_is_broken_ends_nobody(self, place):
        """The kernel's default signal would end the process that holds it."""
        fd = os.open(place.config, os.O_RDONLY)
        assert file_leases.hold(fd) is True
        assert not file_leases.is_wanted(fd)
        with pytest.raises(BlockingIOError):
            os.open(place.config, os.O_WRONLY | os.O_NONBLOCK)
        assert file_leases.is_wanted(fd)
        os.close(fd)

    def test_that_another_user_may_not_take_is_unknown(self, place):
        need_root()
        place.config.chmod(0o644)
        pid = os.fork()
        if pid == 0:
            fd = os.open(place.config, os.O_RDONLY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os._exit(0 if file_leases.is_free(fd, "") is None else 1)
        assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize(
    ("before", "after", "now", "undone"),
    [
        (b"[a]\nx = 1\n", b"[a]\nx = 2\n", b"[a]\nx = 1\n", True),
        (b"[a]\nx = 1\n", b"[a]\nx = 2\n", b"[a]\nx = 1\ny = 3\n", True),
        (b"[a]\nx = 1\n", b"[a]\nx = 2\n", b"[a]\nx = 2\ny = 3\n", False),
        (b"[a]\ns = 1\n[b]\n", b"[a]\n[b]\n", b"[a]\n[b]\ns = 1\n", False),
        (b"[a]\ns = 1\n[b]\n", b"[a]\n[b]\n", b"[b]\n[a]\ns = 1\n", True),
        (b"", b"[a]\n", b"", True),
        (b"", b"[a]\n", b"[b]\n[a]\n", False),
    ],
)
def test_a_write_undoes_ours_if_it_lacks_what_we_did(before, after, now, undone):
    assert undoes(before, after, now) is undone


UPDATES = """
import sys, time
from awscli.customizations.configure.writer import ConfigFileWriter
writer, count, pause = ConfigFileWriter(), int(sys.argv[3]), float(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    for path in sys.argv[1:3]:
        section = ("profile " if path.endswith("config") else "") + f"theirs{number % 25}"
        writer.update_config({"__section__": section, f"k{number // 25}": str(number)}, path)
    time.sleep(pause)
"""


def test_the_aws_clis_own_writer_in_a_loop_and_ours_lose_nothing(tmp_path, request):
    """All of it (2,500 updates beside 60 edits) with ``--full``, some half a minute."""
    full = request.config.getoption("--full")
    updates, edits, pause = (2500, 60, 0) if full else (60, 6, 0.01)
    place = Place(tmp_path / "aws").fill()
    theirs = subprocess.Popen(
        [sys.executable, "-c", UPDATES, place.config, place.credentials, str(updates), str(pause)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    theirs.stdout.readline()
    theirs.stdin.write("\n")
    theirs.stdin.flush()
    files = AwsFiles(str(place.config), str(place.credentials), lock_folder=str(tmp_path / "locks"))
    refused = []
    for number in range(edits):

        def ours(documents, number=number):
            documents.config.set(("profile", f"ours{number}"), "region", str(number))
            documents.credentials.set(("profile", f"ours{number}"), "x", str(number))

        try:
            files.edit(ours)
        except ConfigurationError as error:
            assert error.code == "files-busy"
            refused.append(number)
    theirs.communicate()

    documents = files.load()
    for document, key in ((documents.config, "region"), (documents.credentials, "x")):
        for number in range(updates):
            section = ("profile", f"theirs{number % 25}")
            assert document.get(section, f"k{number // 25}") == str(number)
        for number in range(edits):
            found = document.get(("profile", f"ours{number}"), key)
            assert found == (None if number in refused else str(number))
    assert documents.config.get(DEV, "region") == "eu-central-1"
    assert place.is_tidy()


def test_an_edit_tries_no_longer_than_it_says():
    assert aws_files.ATTEMPTS * other_writers.PAUSE <= 30

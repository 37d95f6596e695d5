"""Files that other programs have open, and locks."""

import concurrent.futures
import contextlib
import errno
import os
import stat
import threading
import time

import pytest
from botocore.configloader import raw_config_parse

from awscreds.errors import ConfigurationError
from awscreds.stores import files, open_files
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.files import FileLock
from awscreds.stores.journal import INTENT, Journal
from awscreds.stores.leases import is_free
from awscreds.stores.locations import file_paths, real_path, state_path
from awscreds.stores.open_files import InUse, move_over
from awscreds.stores.processes import is_gone
from awscreds.stores.state_dir import StateDir
from awscreds.stores.windows_files import changed_ns, handle_of
from tests.stores.support import start
from tests.stores.test_aws_files import Place, change, place

__all__ = ["place"]  # a fixture

PATIENTLY = open_files._patiently.__kwdefaults__
GENERIC_READ, READERS = 0x80000000, 1

ADD = """
    import sys
    from awscreds.stores.aws_files import AwsFiles

    config, credentials, locks, name = sys.argv[1:]

    def change(documents):
        documents.config.set(("profile", name), "region", name)
        documents.credentials.set(("profile", name), "aws_access_key_id", name)

    AwsFiles(config, credentials, lock_folder=locks).edit(change)
    """


class Clock:
    """Time that passes only in `sleep`."""

    def __init__(self, at_sleep=lambda: None):
        self.now = 0.0
        self._at_sleep = at_sleep

    def sleep(self, seconds):
        self.now += seconds
        self._at_sleep()


def test_twenty_processes_that_add_twenty_profiles_lose_none(tmp_path):
    place = Place(tmp_path / "aws")
    everyone = [f"p{number:02}" for number in range(20)]

    writers = [start(ADD, place.config, place.credentials, place.locks, name) for name in everyone]

    assert [writer.communicate()[1] for writer in writers] == [""] * 20
    documents = place.files().load()
    assert sorted(documents.config.profiles()) == everyone
    assert sorted(documents.credentials.profiles()) == everyone
    assert place.is_tidy()


def test_a_file_that_is_open_is_replaced_once_it_is_closed(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    reader = old.open()
    clock = Clock(at_sleep=reader.close)

    move_over(str(new), str(old), monotonic=lambda: clock.now, sleep=clock.sleep)

    assert old.read_text() == "new"
    assert clock.now > 0


def test_a_file_that_stays_open_is_named(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    clock = Clock()

    with old.open(), pytest.raises(InUse, match="another program has it open") as caught:
        move_over(str(new), str(old), monotonic=lambda: clock.now, sleep=clock.sleep)

    assert caught.value.filename == str(old)
    assert clock.now >= open_files.DEADLINE


def test_what_is_refused_for_another_reason_is_not_waited_for_long(tmp_path, monkeypatch):
    (tmp_path / "new").write_text("new")
    slept = []

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Access denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError) as caught:
        move_over(str(tmp_path / "new"), str(tmp_path / "old"), sleep=slept.append)

    assert not isinstance(caught.value, InUse)
    assert 0 < sum(slept) < 1


@contextlib.contextmanager
def opened(path, *, share=0):
    """The file, open in a program that shares it with nobody, or as it says."""
    with handle_of(str(path), GENERIC_READ, share=share):
        yield


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(open_files, "DEADLINE", 0.1)


@pytest.mark.parametrize("share", [0, READERS])
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_an_edit_names_the_file_that_a_program_keeps_open(place, name, share, impatient):
    path = getattr(place, name)

    with opened(path, share=share), pytest.raises(ConfigurationError) as caught:
        place.files().edit(change)

    assert caught.value.code == "in-use"
    assert f"{path}: another program has it open" in caught.value.message
    assert "close the program" in caught.value.hint
    assert place.is_untouched()


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_who_reads_waits_for_a_program_that_shares_the_file_with_nobody(place, name, monkeypatch):
    program = contextlib.ExitStack()
    program.enter_context(opened(getattr(place, name)))
    monkeypatch.setitem(PATIENTLY, "sleep", lambda _: program.close())

    assert place.files().load().config.profiles()


@pytest.fixture
def state(tmp_path):
    state = StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))
    state.write("vault", b"secret")
    return state


@pytest.mark.parametrize(
    "act",
    [
        lambda state: state.read("vault"),
        lambda state: state.write("vault", b"new"),
        lambda state: state.append("vault", b"new", after=6),
        lambda state: state.remove("vault"),
    ],
)
def test_a_file_of_our_own_that_a_program_keeps_open_is_named(state, act, impatient):
    with opened(state.file("vault")), pytest.raises(ConfigurationError) as caught:
        act(state)

    assert caught.value.code == "in-use"
    assert caught.value.message == (
        f"cannot use {state.file('vault')}: another program has it open"
    )
    assert "close the program" in caught.value.hint
    assert state.read("vault") == b"secret"
    assert os.listdir(state.path) == ["vault"]


def test_a_journal_waits_for_a_program_that_has_it_open(state, monkeypatch):
    journal = Journal(state, "AKIAIOSFODNN7EXAMPLE", clock=lambda: 0.0)
    journal.write("begin", INTENT)
    program = contextlib.ExitStack()
    program.enter_context(opened(journal.path))
    monkeypatch.setitem(PATIENTLY, "sleep", lambda _: program.close())

    journal.write("create", INTENT)

    assert len(Journal(state, "AKIAIOSFODNN7EXAMPLE", clock=lambda: 0.0).entries) == 2


def test_a_copy_with_secrets_is_removed_once_a_program_that_scans_it_closes_it(
    tmp_path, monkeypatch
):
    (tmp_path / "copy").write_text("secret")
    program = contextlib.ExitStack()
    program.enter_context(opened(tmp_path / "copy", share=READERS))
    monkeypatch.setitem(PATIENTLY, "sleep", lambda _: program.close())

    open_files.discard(str(tmp_path / "copy"))

    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_file_marked_as_read_only_is_not_replaced(place, name):
    path = getattr(place, name)
    path.chmod(stat.S_IREAD)

    for act in (place.files().check_replaceable, lambda: place.files().edit(change)):
        with pytest.raises(ConfigurationError) as caught:
            act()
        assert caught.value.code == "unwritable"
        assert f"{path}: it is marked as read-only" in caught.value.message
        assert caught.value.hint.endswith(f"attrib -r {path}")
    assert place.is_untouched()


def test_nor_is_a_file_of_our_own(state):
    os.chmod(state.file("vault"), stat.S_IREAD)

    with pytest.raises(ConfigurationError, match="marked as read-only") as caught:
        state.write("vault", b"new")

    assert caught.value.hint.endswith(f"attrib -r {state.file('vault')}")
    assert state.read("vault") == b"secret"
    assert os.listdir(state.path) == ["vault"]


def test_a_new_file_has_the_line_ends_of_windows_and_another_keeps_its_own(tmp_path):
    place = Place(tmp_path / "aws")
    place.files().edit(lambda documents: documents.config.set(("profile", "a"), "region", "x"))
    place.files().edit(lambda documents: documents.config.set(("profile", "b"), "region", "y"))

    assert place.config.read_bytes().count(b"\n") == place.config.read_bytes().count(b"\r\n") >= 4
    place.config.write_bytes(b"[profile a]\nregion = x\n")
    place.files().edit(lambda documents: documents.config.set(("profile", "b"), "region", "y"))
    assert b"\r" not in place.config.read_bytes()


def test_the_files_are_those_that_botocore_reads(home, monkeypatch):
    monkeypatch.setenv("PLACE", str(home / "AppData"))
    named = {"AWS_CONFIG_FILE": "%PLACE%\\config", "AWS_SHARED_CREDENTIALS_FILE": "~\\keys"}
    assert file_paths(named) == (str(home / "AppData" / "config"), str(home / "keys"))
    (home / "AppData").mkdir()
    (home / "AppData" / "config").write_text("[profile a]\nregion = x\n")
    assert raw_config_parse(named["AWS_CONFIG_FILE"]) == {"profile a": {"region": "x"}}


ODD = "Łucja O'Hara & Söhne (100%)"


def test_a_name_that_is_in_no_code_page_hides_no_program(tmp_path):
    path = tmp_path / ODD
    path.write_text("")
    with opened(path, share=READERS):
        assert open_files._is_in_the_way(str(path))
    assert not open_files._is_in_the_way(str(path))
    with path.open("a"):
        assert is_free(-1, str(path)) is False
    assert is_free(-1, str(path)) is True
    assert changed_ns(str(path)) >= 1


def test_a_home_with_such_a_name_has_all_our_files(tmp_path):
    (tmp_path / ODD).mkdir()
    place = Place(tmp_path / ODD / "aws").fill()
    state = StateDir(str(tmp_path / ODD / "state"), lock_folder=str(place.locks))

    place.files().edit(change)
    state.write("vault", b"secret")
    state.append("journal", b"line\n", after=0)

    assert place.is_changed()
    assert (state.read("vault"), state.read("journal")) == (b"secret", b"line\n")
    assert state.remove("vault")


def test_a_second_name_is_as_old_as_the_link(tmp_path):
    """Its time of creation is that of the file, which is older than the process that links it."""
    old, link = tmp_path / "config", tmp_path / ".config.awscreds-1-x"
    old.write_text("")
    time.sleep(0.05)
    before = time.time()
    os.link(old, link)

    assert os.stat(link).st_ctime < before
    assert files._changed(str(link), os.lstat(link)) >= before - 0.02


def test_a_lock_that_is_held_is_waited_for(tmp_path):
    target, folder = str(tmp_path / "config"), str(tmp_path / "locks")
    first = files.FileLock(target, folder=folder)
    slept = []

    def release(seconds):
        slept.append(seconds)
        first.__exit__(None, None, None)

    first.__enter__()
    with files.FileLock(target, folder=folder, sleep=release):
        assert len(slept) == 1


def test_a_killed_writer_is_known_to_be_gone_and_a_living_one_is_not(tmp_path):
    process = start("input()", stdin=True)
    started = time.time()

    assert not is_gone(str(process.pid), started)
    assert is_gone(str(process.pid), started - 60)  # its number was another's before
    process.kill()
    process.communicate()
    assert is_gone(str(process.pid), started)


def test_files_and_the_state_folder_may_have_long_paths(tmp_path):
    folder = tmp_path.joinpath(*["a folder with a long name"] * 12)
    assert len(str(folder)) > 260
    config, credentials = file_paths({"AWS_CONFIG_FILE": str(folder / "config")})
    state = state_path({"AWSCREDS_HOME": str(folder / "state")})
    aws = AwsFiles(config, str(tmp_path / "credentials"), lock_folder=str(tmp_path / "locks"))

    aws.edit(change)
    StateDir(state).write("state.json", b"{}")

    assert StateDir(state).read("state.json") == b"{}"
    assert AwsFiles(config, credentials, lock_folder=str(tmp_path / "locks")).load().config.render()


def test_a_file_has_one_name_while_it_comes_and_goes(tmp_path):
    path, seen = str(tmp_path / "f"), set()
    is_over = threading.Event()

    def come_and_go():
        while not is_over.is_set():
            (tmp_path / "new").write_bytes(b"")
            os.replace(tmp_path / "new", path)
            os.unlink(path)

    with concurrent.futures.ThreadPoolExecutor(1) as other:
        other.submit(come_and_go)
        for _ in range(10_000):
            seen.add(real_path(path))
        is_over.set()

    assert seen == {path}


@pytest.mark.parametrize(
    ("path", "extended"),
    [(r"C:\a\f", r"\\?\C:\a\f"), (r"\\server\share\f", r"\\?\UNC\server\share\f")],
)
def test_the_extended_form_of_a_name_is_the_same_lock(monkeypatch, tmp_path, path, extended):
    plain = FileLock(path, folder=str(tmp_path)).path
    monkeypatch.setattr(os.path, "realpath", lambda _: extended)
    assert FileLock(path, folder=str(tmp_path)).path == plain
    assert real_path(extended) == extended

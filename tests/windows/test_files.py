"""Files that other programs have open, and locks."""

import time

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import files
from awscreds.stores.files import InUse, move_over
from awscreds.stores.processes import is_gone
from tests.stores.support import start
from tests.stores.test_aws_files import Place, change, place

__all__ = ["place"]  # a fixture

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
    assert clock.now >= files.IN_USE_DEADLINE


def test_what_is_refused_for_another_reason_is_not_waited_for_long(tmp_path):
    (tmp_path / "new").write_text("new")
    (tmp_path / "folder").mkdir()
    slept = []

    with pytest.raises(PermissionError) as caught:
        move_over(str(tmp_path / "new"), str(tmp_path / "folder"), sleep=slept.append)

    assert not isinstance(caught.value, InUse)
    assert sum(slept) < 1


def test_an_edit_names_the_file_that_a_program_keeps_open(place, monkeypatch):
    monkeypatch.setattr(files, "IN_USE_DEADLINE", 0.1)

    with place.config.open(), pytest.raises(ConfigurationError) as caught:
        place.files().edit(change)

    assert caught.value.code == "in-use"
    assert str(place.config) in caught.value.message


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

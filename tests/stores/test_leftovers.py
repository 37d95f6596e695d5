"""What a killed edit leaves beside the AWS files is found, removed and told of."""

import os
from pathlib import Path

import pytest

from awscreds.stores import edited_file, processes
from awscreds.stores.files import FileLock, remove_leftovers
from awscreds.stores.temporary_names import temporary_name
from tests.stores.support import names
from tests.stores.test_aws_files import STEPS, place
from tests.stores.test_aws_files_processes import kill

__all__ = ["place"]  # a fixture


@pytest.mark.slow
@pytest.mark.daily(8)
@pytest.mark.parametrize("moment", STEPS)
def test_of_an_edit_killed_at_any_move_nothing_is_left_after_the_next_look(place, moment):
    kill(place, moment)
    left = sorted(str(path) for path in place.folder.glob(".*"))

    assert place.files().remove_leftovers() == (left, [])

    assert names(place.folder) == ["config", "credentials"]


def test_of_an_edit_that_goes_on_are_left_to_it(place):
    left = place.folder / ".config.awscreds-999999999-0123456789ab"
    left.touch()
    with FileLock(str(place.config), folder=str(place.locks)):
        assert place.files().remove_leftovers() == ([], [])
    assert left.exists()


def test_where_there_are_none_no_lock_is_made(place):
    assert place.files().remove_leftovers() == ([], [])
    assert not place.locks.exists()


def test_that_cannot_be_removed_are_named(place, monkeypatch):
    left = place.folder / ".config.awscreds-999999999-0123456789ab"
    left.touch()

    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(os, "unlink", refuse)
    assert place.files().remove_leftovers() == ([], [str(left)])


def test_of_another_machine_are_kept_for_an_hour(tmp_path, monkeypatch):
    path = str(tmp_path / "file")
    left = temporary_name(path)
    open(left, "w").close()
    changed = os.stat(left).st_ctime
    monkeypatch.setattr(processes, "_where", lambda: "another")

    assert remove_leftovers(path, clock=lambda: changed + 3599) == ([], [])
    assert remove_leftovers(path, clock=lambda: changed + 3601) == ([left], [])


def test_of_a_dead_process_whose_number_another_has_now_are_removed():
    parent = str(os.getppid())
    assert processes.is_gone(parent, 0.0)
    assert not processes.is_gone(parent, 2.0**40)


def test_a_rehearsal_writes_as_much_as_there_is_and_nothing_of_it(place, monkeypatch):
    place.credentials.write_bytes(b"[dev]\naws_secret_access_key = " + b"s" * 40)
    written = []
    discard = edited_file.discard

    def seen(path):
        written.append(Path(path).read_bytes())
        discard(path)

    monkeypatch.setattr(edited_file, "discard", seen)
    place.files().check_replaceable()

    assert [len(data) for data in written] == [len(data) for data in place.data()]
    assert all(b"aws" not in data and b"region" not in data for data in written)

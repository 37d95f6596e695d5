"""What a killed edit leaves beside the AWS files is found, removed and told of."""

import os
from pathlib import Path

import pytest

from awscreds.stores import edited_file, processes
from awscreds.stores.files import FileLock, remove_leftovers
from awscreds.stores.temporary_names import temporary_name
from tests.stores.support import NOBODY, mounts, names, need_root
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


def test_of_another_program_are_not_named_to_be_removed_where_no_lock_is_possible(place):
    left = Path(temporary_name(str(place.config)))
    theirs = Path(temporary_name(str(place.config), (0, 0, 0, 0)))
    for path in (left, theirs):
        path.write_bytes(b"text")
    place.locks.touch()  # where a folder has to be

    assert place.files().remove_leftovers() == ([], [str(left)])

    assert [str(theirs) in warning for warning in place.warnings] == [True]
    assert theirs.exists()


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


@pytest.mark.parametrize("name", [".awscreds-config", "my.awscreds-config", "config"])
def test_of_a_file_whose_name_looks_like_one_of_them_are_removed(tmp_path, name):
    folder = tmp_path / "aws"
    folder.mkdir()
    path, other = folder / name, folder / name.partition(".awscreds-")[0]
    path.touch()
    left, saved = (Path(temporary_name(str(path), *known)) for known in ([], [(0, 0, 0, 0)]))
    for each in (left, saved):
        each.write_bytes(b"secret")
    if other != path:
        assert remove_leftovers(str(other)) == ([], [])
    told = []

    assert remove_leftovers(str(path), saved=told.append) == ([str(left)], [])

    [aside] = folder.glob(f".{name}.saved-*")
    assert told == [str(aside)]
    assert names(folder) == sorted([name, aside.name])


def test_of_a_program_of_another_user_are_set_aside_too(tmp_path):
    need_root()
    known, theirs = (
        Path(temporary_name(str(tmp_path / "file"), *known)) for known in ([], [(0, 0, 0, 0)])
    )
    for path in (known, theirs):
        path.write_bytes(b"text")
        os.chown(path, NOBODY, NOBODY)
    told = []

    assert remove_leftovers(str(tmp_path / "file"), saved=told.append) == ([], [])

    [aside] = tmp_path.glob(".file.saved-*")
    assert told == [str(aside)]
    assert known.exists()


def test_of_another_program_that_cannot_be_set_aside_are_told_of_where_they_are(
    tmp_path, monkeypatch
):
    left = Path(temporary_name(str(tmp_path / "file"), (0, 0, 0, 0)))
    left.write_bytes(b"theirs")
    told = []

    def refuse(source, _target):
        raise PermissionError(source)

    monkeypatch.setattr(os, "rename", refuse)
    assert remove_leftovers(str(tmp_path / "file"), saved=told.append) == ([], [])

    assert told == [str(left)]
    assert left.exists()


ON_AN_OVERLAY = """
    import os, subprocess, sys
    from pathlib import Path
    from tests.stores.test_aws_files import Place, change
    from tests.stores.test_aws_files_processes import kill

    folder, fatal = sys.argv[1:]
    place = Place(Path(folder))
    kill(place, fatal)
    place.files().edit(change)
    print(place.is_changed())
    """


@pytest.mark.parametrize("fatal", ["kept config", "placed"])
def test_of_files_that_get_other_numbers_by_a_link_are_removed(place, tmp_path, fatal):
    """In an overlay of two file systems, the first change of a file gives it another number."""
    upper = tmp_path / "upper"
    upper.mkdir()
    shell = (
        f"mount -t tmpfs none {upper} && mkdir {upper}/up {upper}/work && mount -t overlay none "
        f"-o lowerdir={place.folder},upperdir={upper}/up,workdir={upper}/work {place.folder}"
    )

    assert mounts(shell, ON_AN_OVERLAY, place.folder, fatal) == "True\n"

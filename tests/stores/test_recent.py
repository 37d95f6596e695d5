"""Which profiles were used last, and that nothing ever waits or fails for it."""

import json
import os

import pytest

from awscreds.stores.recent import FILE, MOST, RecentProfiles
from awscreds.stores.state_dir import StateDir


@pytest.fixture
def state_dir(tmp_path):
    return StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))


@pytest.fixture
def recent(state_dir):
    return RecentProfiles(state_dir)


def test_the_last_one_is_first_and_each_is_there_once(recent):
    for name in ("dev", "prod", "a\nb\udcff", "dev"):
        recent.note(name)
    assert recent.names() == ["dev", "a\nb\udcff", "prod"]


def test_it_does_not_grow_forever(recent):
    for at in range(MOST + 5):
        recent.note(f"p{at}")
    assert len(recent.names()) == MOST
    assert recent.names()[0] == f"p{MOST + 4}"


def test_the_same_profile_again_writes_nothing(recent, state_dir):
    recent.note("dev")
    before = os.stat(state_dir.file(FILE)).st_ino
    recent.note("dev")
    assert os.stat(state_dir.file(FILE)).st_ino == before


def test_a_renamed_profile_keeps_its_place(recent):
    for name in ("dev", "prod"):
        recent.note(name)
    recent.rename("dev", "prod-2")
    recent.rename("nobody", "x")
    assert recent.names() == ["prod", "prod-2"]


@pytest.mark.parametrize(
    "damage", [b"", b"\xff", b"{}", b'["a", 1, null]', b"[" * 100_000, b'"a"', b"null"]
)
def test_a_damaged_file_is_no_reason_to_fail(recent, state_dir, damage):
    state_dir.write(FILE, damage)
    assert recent.names() in ([], ["a"])
    recent.note("dev")
    assert recent.names()[0] == "dev"


def test_nobody_waits_for_another_process_that_writes_now(recent, state_dir):
    with state_dir.lock(FILE):
        recent.note("dev")
    assert recent.names() == []


@pytest.mark.posix("its folders have other rights")
def test_an_unsafe_folder_is_not_written(recent, state_dir):
    os.mkdir(state_dir.path, 0o777)
    os.chmod(state_dir.path, 0o777)
    recent.note("dev")
    assert os.listdir(state_dir.path) == []
    assert recent.names() == []


def test_a_full_disk_is_no_reason_to_fail(recent, state_dir, monkeypatch):
    recent.note("dev")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awscreds.stores.state_dir.replace_file", full)
    recent.note("prod")
    assert json.loads(state_dir.read(FILE)) == ["dev"]

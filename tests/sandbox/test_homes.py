"""Throwaway homes that nobody is in any more are removed, and nothing else is."""

import os
import subprocess
import sys

import pytest

from awscreds.sandbox import homes


@pytest.fixture
def abandoned(tmp_path):
    """A home as a killed sandbox leaves it."""

    def make(*, furnished=True):
        home = homes.make(str(tmp_path))
        if furnished:
            (home.path / ".aws").mkdir(mode=0o700)
            (home.path / ".aws" / "config").write_text(homes.FIRST_LINE + "[profile x]\n")
            (home.path / "file").write_text("x")
        os.close(home.lock)
        return home.path

    return make


@pytest.mark.parametrize("furnished", [True, False])
def test_what_nobody_holds_goes(tmp_path, abandoned, furnished):
    path = abandoned(furnished=furnished)
    assert homes.sweep(str(tmp_path)) == [path]
    assert not path.exists()


def test_one_that_was_being_furnished_goes(tmp_path, abandoned):
    path = abandoned(furnished=False)
    (path / ".aws").mkdir()
    assert homes.sweep(str(tmp_path)) == [path]


def test_a_live_one_stays_and_so_does_one_with_a_program_in_it(tmp_path):
    home = homes.make(str(tmp_path))
    assert homes.sweep(str(tmp_path)) == []
    program = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(home.lock,)
    )
    with program:
        os.close(home.lock)
        assert homes.sweep(str(tmp_path)) == []
        program.communicate(b"\n")
    assert homes.sweep(str(tmp_path)) == [home.path]


def test_a_home_that_is_removed_leaves_nothing(tmp_path):
    homes.make(str(tmp_path)).remove()
    assert list(tmp_path.glob(f"{homes.PREFIX}*")) == []


def test_one_that_is_swept_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    made = []
    locked = homes._locked

    def swept_before(path, *, wait):
        made.append(path)
        if len(made) == 1:
            path.rmdir()
        return locked(path, wait=wait)

    monkeypatch.setattr(homes, "_locked", swept_before)
    home = homes.make(str(tmp_path))
    assert home.path == made[1]
    home.remove()


def test_what_is_not_sure_to_be_ours_stays(tmp_path, abandoned):
    shared, foreign, renamed = abandoned(), abandoned(), abandoned()
    shared.chmod(0o755)
    (foreign / ".aws" / "config").write_text("[profile mine]\n")
    renamed.rename(tmp_path / "awscreds-sandbox-notes-of-mine")
    other = tmp_path / "elsewhere"
    other.mkdir(mode=0o700)
    (tmp_path / "awscreds-sandbox-abcdefgh").symlink_to(other)
    (tmp_path / "awscreds-sandbox-abcdefgi").write_text("x")
    fifo = abandoned()
    (fifo / ".aws" / "config").unlink()
    os.mkfifo(fifo / ".aws" / "config")
    before = sorted(tmp_path.iterdir())
    assert homes.sweep(str(tmp_path)) == []
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give away")
def test_another_users_stays(tmp_path, abandoned):
    path = abandoned()
    os.chown(path, 65534, 65534)
    assert homes.sweep(str(tmp_path)) == []
    assert path.exists()


def test_where_there_is_no_such_folder_there_is_nothing_to_sweep(tmp_path):
    assert homes.sweep(str(tmp_path / "none")) == []

"""Edits that are killed, and edits by many at once."""

import pytest

from awscreds.stores.files import FileLock
from tests.stores.support import KILL_STATUS, mode, names, start
from tests.stores.test_aws_files import (
    CONFIG,
    CONFIG_CHANGED,
    CREDENTIALS,
    CREDENTIALS_CHANGED,
    STEPS,
    Place,
    change,
    place,
)

pytestmark = pytest.mark.slow

__all__ = ["place"]  # a fixture

KILLED = """
    import os, signal, sys
    from awscreds.stores.aws_files import AwsFiles
    from tests.stores.test_aws_files import change

    folder, locks, fatal, order = sys.argv[1:]

    def step(reached):
        if reached == fatal:
            os.kill(os.getpid(), 9)

    os.umask(0)
    files = AwsFiles(folder + "/config", folder + "/credentials", lock_folder=locks, step=step)
    files.edit(change, credentials_first=order == "credentials")
    """

ADD = """
    import sys
    from awscreds.stores.aws_files import AwsFiles

    config, credentials, locks, name = sys.argv[1:]

    def change(documents):
        documents.config.set(("profile", name), "region", name)
        documents.credentials.set(("profile", name), "aws_access_key_id", name)

    AwsFiles(config, credentials, lock_folder=locks).edit(change)
    """


def kill(place, fatal, order="config"):
    writer = start(KILLED, place.folder, place.locks, fatal, order)
    _, err = writer.communicate(timeout=60)
    assert writer.returncode == KILL_STATUS, err


def in_turn(order):
    """The steps, as they come with this file first."""
    if order == "config":
        return STEPS
    swap = {"config": "credentials", "credentials": "config"}
    return [" ".join(swap.get(word, word) for word in step.split()) for step in STEPS]


class TestKilled:
    @pytest.mark.daily(12)
    @pytest.mark.parametrize("order", ["config", "credentials"])
    @pytest.mark.parametrize("index", range(len(STEPS)))
    def test_at_any_move_it_leaves_each_file_wholly_old_or_wholly_new(self, place, index, order):
        steps = in_turn(order)
        reached = steps[: index + 1]

        kill(place, steps[index], order)

        assert place.data() == (
            CONFIG_CHANGED if "replaced config" in reached else CONFIG,
            CREDENTIALS_CHANGED if "replaced credentials" in reached else CREDENTIALS,
        )
        assert [mode(path) for path in place.folder.iterdir()] == [0o600] * len(names(place.folder))
        # The locks are free, and the next edit finishes the work and leaves no trace of the first.
        place.files().edit(change)
        assert place.is_changed()

    def test_what_it_leaves_is_no_more_open_than_the_file_was(self, place):
        place.config.chmod(0o644)
        place.credentials.chmod(0o640)

        kill(place, "replaced config")

        left = sorted((path.name.split(".")[1], mode(path)) for path in place.folder.glob(".*"))
        assert left == [("config", 0o644), ("credentials", 0o600), ("credentials", 0o640)]
        place.files().edit(change)
        assert place.is_changed()

    @pytest.mark.parametrize("fatal", ["staged credentials", "replaced credentials"])
    def test_on_a_bare_machine_it_leaves_each_file_absent_or_whole(self, tmp_path, fatal):
        place = Place(tmp_path / "new" / "aws")

        kill(place, fatal)

        whole = ["config", "credentials"] if fatal == "replaced credentials" else []
        assert [name for name in names(place.folder) if not name.startswith(".")] == whole
        assert all(mode(path) == 0o600 for path in place.folder.iterdir())
        place.files().edit(change)
        assert names(place.folder) == ["config", "credentials"]


class TestTogether:
    def test_twenty_processes_that_add_twenty_profiles_lose_none(self, tmp_path):
        place = Place(tmp_path / "aws")
        everyone = [f"p{number:02}" for number in range(20)]

        writers = [
            start(ADD, place.config, place.credentials, place.locks, name) for name in everyone
        ]

        assert [writer.communicate()[1] for writer in writers] == [""] * 20
        documents = place.files().load()
        assert sorted(documents.config.profiles()) == everyone
        assert sorted(documents.credentials.profiles()) == everyone
        assert place.is_tidy()

    def test_edits_that_name_the_files_the_other_way_round_lock_them_in_one_order(
        self, place, monkeypatch
    ):
        """Else each of two would hold what the other waits for."""
        order = []
        enter = FileLock.__enter__

        def noted(lock):
            order.append(lock.path)
            return enter(lock)

        monkeypatch.setattr(FileLock, "__enter__", noted)
        place.files().edit(change)
        place.config, place.credentials = place.credentials, place.config
        place.files().edit(change)

        assert len(set(order)) == 2
        assert order[:2] == order[2:]

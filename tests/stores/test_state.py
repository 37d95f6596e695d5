"""What is remembered between runs: lost to no change at the same time, refused where damaged."""

import json
import os
import sys

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores.state import State
from awscreds.stores.state_dir import StateDir
from awscreds.warm import STATE_FILE
from tests.stores.backends.contract import run_together


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "state")


@pytest.fixture
def state(folder):
    return State(StateDir(folder))


def test_nothing_is_remembered_at_first_and_asking_makes_no_file(state, tmp_path):
    assert (state.backend, state.keyring_class, state.ids(), state.entry("x")) == (
        None,
        None,
        [],
        {},
    )
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_what_was_noted_is_there_in_the_next_run(state, folder):
    state.choose("vault")
    state.remember_keyring("a.B")
    state.add("AKIA1", "access-key", "vault")
    state.note("AKIA1", account="123456789012")
    later = State(StateDir(folder))
    assert (later.backend, later.keyring_class) == ("vault", "a.B")
    assert later.entry("AKIA1") == {
        "kind": "access-key",
        "backend": "vault",
        "account": "123456789012",
    }
    assert later.ids("access-key") == ["AKIA1"]
    assert later.ids("totp") == []


def test_what_is_removed_is_gone(state):
    state.add("AKIA1", "access-key", "vault")
    state.remove("AKIA1")
    state.remove("AKIA1")
    assert state.ids() == []


def test_of_deleted_keys_the_last_ones_are_remembered_each_once(state, folder, monkeypatch):
    monkeypatch.setattr("awscreds.stores.state.MOST_DELETED", 3)
    for number in (0, 1, 2, 1):
        state.note_deleted(f"AKIA{number}")
    later = State(StateDir(folder))
    assert later.is_deleted("AKIA0")
    assert not later.is_deleted("AKIA")
    later.note_deleted("AKIA3")
    assert not later.is_deleted("AKIA0")
    assert all(later.is_deleted(f"AKIA{number}") for number in (1, 2, 3))


def test_a_record_of_deleted_keys_that_is_damaged_is_begun_anew(state, folder):
    state.choose("vault")
    StateDir(folder).write(STATE_FILE, b'{"version": 1, "deleted": "AKIA1"}')
    later = State(StateDir(folder))
    assert not later.is_deleted("AKIA1")
    later.note_deleted("AKIA2")
    assert later.is_deleted("AKIA2")


def test_a_change_starts_from_the_file_as_it_is_and_not_as_it_was_read(folder):
    first, second = State(StateDir(folder)), State(StateDir(folder))
    assert first.ids() == second.ids() == []
    first.add("AKIA1", "access-key", "vault")
    second.add("AKIA2", "access-key", "vault")
    assert State(StateDir(folder)).ids() == ["AKIA1", "AKIA2"]


def test_a_note_that_changes_nothing_writes_nothing(state, monkeypatch):
    state.add("AKIA1", "access-key", "vault")
    state.choose("vault")
    monkeypatch.setattr(StateDir, "write", lambda *_: pytest.fail("written"))
    state.add("AKIA1", "access-key", "vault")
    state.choose("vault")
    state.remove("AKIA2")


def test_a_warning_is_of_its_profile_and_goes_with_its_name(state, folder):
    state.note_warning("dev", 5.0)
    state.note_warning("prod", 7.0)
    assert (state.warned_at("dev"), state.warned_at("prod"), state.warned_at("x")) == (5.0, 7.0, 0)

    state.rename_profile("dev", "work")

    later = State(StateDir(folder))
    assert (later.warned_at("dev"), later.warned_at("work"), later.warned_at("prod")) == (0, 5, 7)


def test_a_renamed_profile_without_a_warning_writes_nothing(state, monkeypatch):
    state.note_warning("prod", 7.0)
    monkeypatch.setattr(StateDir, "write", lambda *_: pytest.fail("written"))

    state.rename_profile("dev", "work")

    assert (state.warned_at("work"), state.warned_at("prod")) == (0.0, 7.0)


def test_a_warning_that_another_process_has_moved_meanwhile_is_left_alone(state, folder):
    state.note_warning("dev", 5.0)
    State(StateDir(folder)).rename_profile("dev", "work")

    state.rename_profile("dev", "other")

    assert (state.warned_at("work"), state.warned_at("other")) == (5.0, 0.0)


@pytest.mark.parametrize("warned", [5, [], {"dev": "x"}, {"dev": None}])
def test_warnings_that_are_not_ours_count_as_none_and_are_replaced(state, folder, warned):
    StateDir(folder).write(STATE_FILE, json.dumps({"version": 1, "warned": warned}).encode())
    assert state.warned_at("dev") == 0.0
    state.rename_profile("dev", "work")
    assert state.warned_at("work") == 0.0

    state.note_warning("dev", 5.0)

    assert state.warned_at("dev") == 5.0


def test_the_files_that_may_point_to_an_entry_are_noted_and_dropped_one_by_one(state, folder):
    state.add("AKIA1", "access-key", "vault")
    state.note_file("AKIA1", "/a", 1)
    state.note_file("AKIA1", "/b", 2)
    state.note_file("AKIA1", "/a", 3)
    assert State(StateDir(folder)).files_of("AKIA1") == {"/a": 3, "/b": 2}

    state.drop_file("AKIA1", "/a")

    assert State(StateDir(folder)).files_of("AKIA1") == {"/b": 2}
    assert state.entry("AKIA1") == {"kind": "access-key", "backend": "vault"}


def test_a_file_that_is_noted_already_or_was_never_there_writes_nothing(state, monkeypatch):
    state.note_file("AKIA1", "/a", 1)
    monkeypatch.setattr(StateDir, "write", lambda *_: pytest.fail("written"))
    state.note_file("AKIA1", "/a", 1)
    state.drop_file("AKIA1", "/b")
    state.drop_file("AKIA2", "/a")
    assert state.files_of("AKIA1") == {"/a": 1}


@pytest.mark.parametrize(
    ("files", "read"), [("x", {}), ([], {}), ({"/a": "x"}, {"/a": 0}), ({"/a": 1}, {"/a": 1})]
)
def test_files_of_another_kind_count_as_none_and_a_device_as_unknown(state, folder, files, read):
    document = {"version": 1, "entries": {"AKIA1": {"files": files}}}
    StateDir(folder).write(STATE_FILE, json.dumps(document).encode())
    assert state.files_of("AKIA1") == read

    state.note_file("AKIA1", "/c", 3)

    assert state.files_of("AKIA1") == {**read, "/c": 3}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"version": 1, "entries": []}'],
)
def test_damage_is_named_and_never_written_over(state, folder, data):
    StateDir(folder).write(STATE_FILE, data)
    for use in (state.ids, lambda: state.add("AKIA1", "access-key", "vault")):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert caught.value.code == "state-damaged"
        assert STATE_FILE in caught.value.message
        assert f"{STATE_FILE}.damaged" in caught.value.hint
        assert caught.value.hint.count(os.path.join(folder, STATE_FILE)) == (
            1 if sys.platform == "win32" else 2  # `ren` takes the new name without its folder
        )
    assert StateDir(folder).read(STATE_FILE) == data


@pytest.mark.parametrize("version", [2, 0, None, "1"])
def test_the_file_of_another_version_is_left_alone(state, folder, version):
    StateDir(folder).write(STATE_FILE, json.dumps({"version": version}).encode())
    with pytest.raises(ConfigurationError) as caught:
        state.choose("vault")
    assert caught.value.code == "state-version"
    assert "upgrade" in caught.value.hint


def test_values_of_another_kind_count_as_none(state, folder):
    document = {"version": 1, "backend": 5, "keyring_class": [], "entries": {"AKIA1": "x"}}
    StateDir(folder).write(STATE_FILE, json.dumps(document).encode())
    assert (state.backend, state.keyring_class, state.entry("AKIA1")) == (None, None, {})


def test_facts_that_must_be_texts_and_are_none_are_left_out_of_an_entry(state, folder):
    facts = {"kind": "totp", "backend": None, "account": 5, "left_in": 5, "files": {}, "new": "x"}
    document = {"version": 1, "entries": {"AKIA1": facts}}
    StateDir(folder).write(STATE_FILE, json.dumps(document).encode())
    assert state.entry("AKIA1") == {"kind": "totp", "left_in": 5, "new": "x"}
    assert (state.ids("totp"), state.ids("access-key"), state.ids()) == (["AKIA1"], [], ["AKIA1"])


def test_twenty_processes_lose_no_change(folder):
    source = (
        "from awscreds.stores.state_dir import StateDir\nfrom awscreds.stores.state import State\n"
        "state = State(StateDir({folder!r}))\nstate.ids()\ngo()\n"
        "state.add('AKIA{n}', 'access-key', 'vault')\n"
    )
    run_together([source.format(folder=folder, n=n) for n in range(20)])
    assert sorted(State(StateDir(folder)).ids()) == sorted(f"AKIA{n}" for n in range(20))


def test_a_note_that_another_thread_has_read_again_meanwhile_is_still_read(folder):
    class Racing(State):
        """Forgets, as another thread may, whenever it was looked at."""

        @property
        def _document(self):
            found, self._kept = self._kept, None
            return found

        @_document.setter
        def _document(self, document):
            self._kept = document

    state = Racing(StateDir(folder))
    state.note("AKIAIOSFODNN7EXAMPLE", account="123456789012")
    for _ in range(2):
        assert state.entry("AKIAIOSFODNN7EXAMPLE") == {"account": "123456789012"}

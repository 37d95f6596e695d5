"""The journal: each line on disk before more is done, and read again after any death."""

import errno
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awscreds.errors import AwscredsError, ConfigurationError, RotationUnfinished
from awscreds.stores.journal import (
    DONE,
    GRACE,
    INTENT,
    Journal,
    _sealed,
    unfinished,
    waiting_for_somebody,
)
from awscreds.stores.state_dir import StateDir
from tests.stores.support import mode, open_to_others, run, start

OLD = "AKIAIOSFODNN7EXAMPLE"
FACTS = {
    "account": "123456789012",
    "user": "alice",
    "endpoint": "",
    "config": "/home/alice/.aws/config",
    "credentials": "/home/alice/.aws/credentials",
    "old": OLD,
    "new": None,
    "profiles": ["dev"],
}


@pytest.fixture
def state(tmp_path):
    return StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))


def journal(state, **more):
    return Journal(state, OLD, clock=lambda: 1_000_000_000.0, **more)


@pytest.fixture
def begun(state):
    begun = journal(state)
    begun.facts = dict(FACTS)
    begun.write("begin", INTENT, grace=0)
    return begun


def path(state):
    return os.path.join(state.path, f"rotation-{OLD}.jsonl")


def lines(state):
    with open(path(state), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_each_line_names_account_user_endpoint_files_keys_profiles_and_time(begun, state):
    begun.facts["new"] = "AKIAI44QH8DHBEXAMPLE"
    begun.write("create", DONE)
    for line, new in zip(lines(state), (None, "AKIAI44QH8DHBEXAMPLE"), strict=True):
        assert line["time"] == "2001-09-09T01:46:40Z"
        assert {name: line[name] for name in FACTS} == {**FACTS, "new": new}


def test_it_is_read_again_as_it_was_written(begun, state):
    begun.facts["new"] = "AKIAI44QH8DHBEXAMPLE"
    begun.write("create", INTENT, before=["a"], at=7)
    again = journal(state)
    assert again.facts == begun.facts
    assert again.entries == begun.entries
    assert again.find("create", INTENT) == {"before": ["a"], "at": 7}
    assert again.find("create", DONE) is None


def test_the_last_line_of_a_kind_is_the_one_that_counts(begun):
    begun.write("create", INTENT, at=1)
    begun.write("create", INTENT, at=2)
    assert begun.find("create", INTENT) == {"at": 2}


def test_it_is_private_whatever_the_umask(state):
    before = os.umask(0)
    try:
        journal(state).write("begin", INTENT)
    finally:
        os.umask(before)
    assert mode(path(state)) == 0o600
    assert mode(state.path) == 0o700


@pytest.mark.parametrize("torn", range(1, 60, 7))
def test_a_torn_last_line_is_as_if_it_had_never_been_begun(begun, state, torn):
    begun.write("create", INTENT, at=1)
    whole = len(begun.entries)
    begun.write("create", DONE)
    with open(path(state), "rb+") as file:
        file.truncate(os.path.getsize(path(state)) - torn)
    again = journal(state)
    assert len(again.entries) == whole
    again.write("store", INTENT)
    assert [(line["stage"], line["event"]) for line in lines(state)] == [
        ("begin", INTENT),
        ("create", INTENT),
        ("store", INTENT),
    ]


@pytest.mark.parametrize("left", [0, 1, 10])
def test_one_that_was_emptied_is_damaged_and_still_an_unfinished_rotation(begun, state, left):
    with open(path(state), "rb+") as file:
        file.truncate(left)
    with pytest.raises(RotationUnfinished) as caught:
        journal(state)
    assert caught.value.code == "journal-damaged"
    assert unfinished(state) == [OLD]
    assert waiting_for_somebody(state, lambda: 0.0) == [OLD]


def test_the_first_line_is_there_wholly_or_not_at_all(state, monkeypatch):
    """Otherwise one that died here could not be told from one that was emptied."""

    def never(*_words, **_more):
        raise AssertionError

    monkeypatch.setattr(state, "append", never)
    begun = journal(state)
    begun.facts = dict(FACTS)
    begun.write("begin", INTENT, grace=0)
    assert len(journal(state).entries) == 1


@given(st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40 if sys.platform == "win32" else 150,
    deadline=None,
)
def test_no_damage_passes_for_a_fact(begun, state, data):
    """A changed, cut, doubled or moved byte or line is noticed, but for the torn last line."""
    if len(begun.entries) == 1:
        begun.write("create", INTENT, before=["a"], at=7)
        begun.facts["new"] = "AKIAI44QH8DHBEXAMPLE"
        begun.write("create", DONE)
    sound = written(begun)
    damaged = data.draw(damages(sound))
    with open(path(state), "wb") as file:
        file.write(damaged)
    try:
        entries = journal(state).entries
    except RotationUnfinished as error:
        assert error.code == "journal-damaged"
        assert error.hint
    else:
        assert entries == begun.entries[: len(entries)]
        assert sound.startswith(damaged[: damaged.rfind(b"\n") + 1])


def written(begun):
    """What is in the file of ``begun`` by its own account."""
    whole, check = b"", b""
    for entry in begun.entries:
        line, check = _sealed(json.dumps(entry).encode(), check)
        whole += line
    return whole


def damages(sound):
    at = st.integers(0, len(sound) - 1)
    lines = sound.splitlines(keepends=True)
    return st.one_of(
        st.builds(lambda n: sound[:n], at),
        st.builds(lambda n, b: sound[:n] + bytes([b]) + sound[n + 1 :], at, st.integers(0, 255)),
        st.builds(lambda n, b: sound[:n] + b + sound[n:], at, st.binary(min_size=1, max_size=8)),
        st.builds(lambda n, m: sound[: min(n, m)] + sound[max(n, m) :], at, at),
        st.permutations(lines).map(b"".join),
        st.lists(st.sampled_from(lines), max_size=4).map(b"".join),
        st.binary(max_size=100),
        st.builds(lambda n: sound[:n] + bytes(len(sound) - n), at),
    )


@pytest.mark.parametrize(
    "data", [b"no json\n", b'{"version": 1}\n', b"[]\n", b"3\n", b'{"version": 9}\n', b"\xff\xfe\n"]
)
def test_a_damaged_journal_is_never_guessed_at(begun, state, data):
    with open(path(state), "ab") as file:
        file.write(data)
    with pytest.raises(RotationUnfinished) as caught:
        journal(state)
    assert path(state) in str(caught.value)
    assert "no json" not in str(caught.value)


def test_one_of_a_newer_awscreds_is_left_to_that(begun, state):
    with open(path(state), "w", encoding="utf-8") as file:
        file.write('{"version": 2, "what": ["a newer one", "writes"]}\n')
    with pytest.raises(RotationUnfinished, match="another version") as caught:
        journal(state)
    assert "with that version" in caught.value.hint
    assert "remove" not in caught.value.hint


def test_within_the_lock_it_is_what_others_have_made_of_it(begun, state):
    stale = journal(state)
    begun.facts["new"] = "AKIAI44QH8DHBEXAMPLE"
    begun.write("create", DONE)
    with stale.lock():
        assert stale.facts["new"] == "AKIAI44QH8DHBEXAMPLE"
        stale.write("store", INTENT)
    assert [line["stage"] for line in lines(state)] == ["begin", "create", "store"]


def test_within_the_lock_one_that_others_have_ended_is_not_there(begun, state):
    stale = journal(state)
    begun.close()
    with stale.lock():
        assert not stale.is_there
        assert stale.entries == []
        assert stale.facts == {"old": OLD}


@pytest.mark.posix("no limit of file sizes")
def test_a_first_line_that_cannot_be_written_leaves_no_file(state):
    code = f"""
        import resource, signal, sys
        from awscreds.errors import AwscredsError
        from awscreds.stores.state_dir import StateDir
        from awscreds.stores.journal import Journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))
        try:
            Journal(StateDir(sys.argv[1]), {OLD!r}, clock=lambda: 0.0).write("begin", "intent")
        except AwscredsError as error:
            print(error.code)
    """
    assert run(code, state.path) == "disk-full\n"
    assert unfinished(state) == []


def test_a_symlink_in_its_place_is_refused(state, tmp_path):
    os.makedirs(state.path, mode=0o700)
    os.symlink(tmp_path / "elsewhere", path(state))
    with pytest.raises(ConfigurationError):
        Journal(state, OLD, clock=lambda: 0.0)
    assert not (tmp_path / "elsewhere").exists()


def test_a_journal_that_others_can_write_is_refused(begun, state):
    open_to_others(path(state), 0o666)
    with pytest.raises(ConfigurationError):
        begun.write("create", INTENT)
    with pytest.raises(ConfigurationError):
        journal(state)
    assert stat.S_ISREG(os.stat(path(state)).st_mode)


def test_it_is_gone_once_it_is_closed(begun, state):
    begun.close()
    assert unfinished(state) == []
    assert journal(state).entries == []


def test_the_step_before_a_line_finds_it_unwritten_and_the_one_after_it_written(state):
    seen = []
    stepped = journal(state, step=lambda name: seen.append((name, len(journal(state).entries))))
    stepped.write("begin", INTENT)
    stepped.write("create", INTENT)
    stepped.close()
    assert seen == [
        ("before begin intent", 0),
        ("after begin intent", 1),
        ("before create intent", 1),
        ("after create intent", 2),
        ("before close", 2),
        ("after close", 0),
    ]


def test_a_line_that_a_full_disk_takes_half_of_leaves_the_file_as_it_was(begun, state, monkeypatch):
    before = Path(path(state)).read_bytes()
    whole, calls = os.write, []

    def half(fd, data):
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(fd, bytes(data)[:40])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(ConfigurationError) as caught:
        begun.write("create", INTENT)
    monkeypatch.setattr(os, "write", whole)

    assert (caught.value.code, len(calls)) == ("disk-full", 2)
    assert Path(path(state)).read_bytes() == before
    begun.write("create", INTENT)
    assert len(journal(state).entries) == 2


@pytest.mark.posix("no limit of file sizes")
def test_a_line_that_a_full_disk_takes_half_of_is_taken_back(begun, state):
    before = os.path.getsize(path(state))
    code = f"""
        import resource, signal, sys
        from awscreds.errors import AwscredsError
        from awscreds.stores.state_dir import StateDir
        from awscreds.stores.journal import Journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        journal = Journal(StateDir(sys.argv[1]), {OLD!r}, clock=lambda: 0.0)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({before + 40}, resource.RLIM_INFINITY))
        try:
            journal.write("create", "intent")
        except AwscredsError as error:
            print(error.code)
    """
    assert run(code, state.path) == "disk-full\n"
    assert os.path.getsize(path(state)) == before
    begun.write("create", INTENT)
    assert len(journal(state).entries) == 2


def test_one_that_somebody_is_at_work_on_waits_for_nobody(begun, state, tmp_path):
    assert waiting_for_somebody(state, lambda: 0.0) == [OLD]
    code = f"""
        import sys
        from awscreds.stores.state_dir import StateDir
        from awscreds.stores.journal import Journal
        state_dir = StateDir(sys.argv[1], lock_folder=sys.argv[2])
        with Journal(state_dir, {OLD!r}, clock=lambda: 0.0).lock():
            print("held", flush=True)
            sys.stdin.read()
    """
    process = start(code, state.path, tmp_path / "locks", stdin=True)
    assert process.stdout.readline() == "held\n"
    assert waiting_for_somebody(state, lambda: 0.0) == []
    with pytest.raises(AwscredsError), begun.lock():
        pass
    process.kill()
    process.communicate()
    assert waiting_for_somebody(state, lambda: 0.0) == [OLD]


def test_one_in_its_grace_waits_for_nobody_until_that_is_over(begun, state):
    begun.write(GRACE, DONE, until=500.0)
    assert begun.grace_end == 500.0
    assert waiting_for_somebody(state, lambda: 499.0) == []
    assert waiting_for_somebody(state, lambda: 500.0) == [OLD]


def test_one_that_cannot_be_read_waits_for_somebody(begun, state):
    with open(path(state), "ab") as file:
        file.write(b"no json\n")
    assert waiting_for_somebody(state, lambda: 0.0) == [OLD]


def test_a_journal_under_the_name_of_another_key_is_not_believed(tmp_path):
    state_dir = StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))
    journal = Journal(state_dir, "AKIAIOSFODNN7EXAMPLE", clock=lambda: 0.0)
    journal.write("begin", INTENT)
    state_dir.write(
        "rotation-AKIAIOSFODNN7EXAMPL2.jsonl", state_dir.read(os.path.basename(journal.path))
    )
    with pytest.raises(RotationUnfinished) as caught:
        Journal(state_dir, "AKIAIOSFODNN7EXAMPL2", clock=lambda: 0.0)
    assert caught.value.code == "journal-damaged"


@pytest.mark.parametrize(
    "line",
    [
        {"old": OLD},
        {"old": OLD, "stage": 1, "event": DONE, "detail": {}},
        {"old": OLD, "stage": GRACE, "event": DONE, "detail": []},
        {"old": OLD, "stage": GRACE, "event": DONE, "detail": {"until": None}},
    ],
)
def test_a_line_with_the_right_digest_that_is_not_ours_is_damage_and_no_bug(state, line):
    state.write(f"rotation-{OLD}.jsonl", _sealed(json.dumps(line).encode(), b"")[0])
    with pytest.raises(RotationUnfinished, match="damaged"):
        journal(state)
    assert waiting_for_somebody(state, lambda: 0.0) == [OLD]

"""Who asks for a session that another process makes now, and what the kernel is told of its end.

``test_sessions_processes`` has real processes; here each is another cache.
"""

import contextlib

import pytest

from awscreds.errors import AwscredsError
from tests.stores.cache.test_sessions import HOUR, World, fields, key, never
from tests.stores.fakes import MemoryKernel


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def lock_of(world, shape):
    return world.state_dir.lock(f"session-{shape.digest}", deadline=0)


def while_waiting(world, monkeypatch, happens):
    """Let something happen between the first look and the lock."""
    lock = world.state_dir.lock

    def late(*given, **named):
        monkeypatch.setattr(world.state_dir, "lock", lock)
        happens()
        return lock(*given, **named)

    monkeypatch.setattr(world.state_dir, "lock", late)


@pytest.mark.parametrize("refresh", [False, True])
def test_one_that_was_made_while_we_waited_serves_however_short_it_is(world, monkeypatch, refresh):
    made = []

    def happens():
        world.now += 5
        made.append(world.keep(key(), lasting=60))

    cache = world.cache()
    while_waiting(world, monkeypatch, happens)

    found = cache.fetch(key(), never, minimum=HOUR, refresh=refresh)

    assert fields(found) == fields(made[0])


def test_one_that_ended_while_we_waited_does_not_serve(world, monkeypatch):
    def happens():
        world.now += 5
        world.keep(key(), lasting=60)
        world.now += 60

    cache, made = world.cache(), world.session(number=7)
    while_waiting(world, monkeypatch, happens)

    assert cache.fetch(key(), lambda: made, refresh=True) is made


def test_one_of_the_same_instant_is_not_newer_than_the_question(world, monkeypatch):
    cache, made = world.cache(), world.session(number=7)
    while_waiting(world, monkeypatch, lambda: world.keep(key()))

    assert cache.fetch(key(), lambda: made, refresh=True) is made


def test_who_waits_more_than_a_second_says_so_once_and_goes_on(world):
    made, slept = world.session(number=7), []
    with contextlib.ExitStack() as held:
        held.enter_context(lock_of(world, key()))

        def sleep(seconds):
            slept.append(seconds)
            if sum(slept) <= 1:
                assert world.notes == []
            elif sum(slept) > 3:
                held.close()

        assert world.cache(sleep=sleep).fetch(key(), lambda: made) is made

    [note] = world.notes
    assert note.startswith("waiting: another awscreds process is creating the session of 'dev'")


def test_who_waits_for_too_long_is_told_by_whom_it_is_held_up(world):
    with lock_of(world, key()), pytest.raises(AwscredsError, match="within 0 seconds") as caught:
        world.cache(patience=0).fetch(key(), never)
    assert caught.value.code == "session-busy"
    assert "stop it" in caught.value.hint


def test_what_cannot_be_locked_is_made_all_the_same_and_this_is_said(world, tmp_path):
    (tmp_path / "locks").write_text("no folder")
    made = world.session(number=7)

    assert world.cache().fetch(key(), lambda: made) is made

    assert any("cannot share sessions" in note for note in world.notes)


def test_the_kernel_keeps_a_session_to_its_end_and_no_longer(world):
    world.kernel = MemoryKernel()
    world.keep(key(), lasting=HOUR)
    assert world.kernel.seconds_left("") == HOUR

    world.kernel = MemoryKernel()
    world.now += 600
    assert world.cache().get(key())
    assert world.kernel.seconds_left("") == HOUR - 600


@pytest.mark.parametrize("lasting", [0, -1])
def test_a_session_that_has_ended_is_kept_nowhere(world, lasting):
    world.kernel = MemoryKernel()
    world.keep(key(), lasting=lasting)
    assert (world.files, world.kernel.held) == ([], {})


def test_clear_counts_what_nobody_can_read_and_no_half_written_file(world):
    world.keep(key())
    world.plant(".session-00.awscreds-1-abc", b"half")
    world.plant("session-00", b"nonsense")
    assert world.cache().clear() == 2
    assert world.state_dir.names("") == []

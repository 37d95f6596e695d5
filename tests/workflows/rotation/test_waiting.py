"""How long a rotation waits, in memory: asked where AWS answers, slept only where it must be."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.aws.iam import ACTIVE, INACTIVE
from awscreds.errors import AwscredsError, AwsError, RotationUnfinished
from awscreds.model import rotation as table
from awscreds.model.rotation import RotationOptions
from awscreds.stores.journal import INTENT, Journal, unfinished
from awscreds.workflows.crew import map_concurrently
from awscreds.workflows.rotation.interrupt import GracefulInterrupt
from awscreds.workflows.rotation.results import KEPT_OLD, ROTATED, WAITING
from awscreds.workflows.rotation.waiting import (
    CHECKS,
    FIRST_PAUSE,
    LIMIT,
    LONGEST_PAUSE,
    SPACING,
    Deadline,
    patiently,
)
from tests.workflows.rotation.world import OLD, Died, World, finish

NEW = "AKIANEW1"
UNKNOWN = AwsError("no", aws_code="InvalidClientTokenId")
BUSY = AwsError("busy", aws_code="Throttling")
PAUSE = table.STAGES[table.DEACTIVATE].pause
DAY = 86_400


class Slept:
    """The sleeps of a world; ``in_pause`` is called in the one before the deactivation."""

    def __init__(self, world, in_pause=lambda: None):
        self.world, self.in_pause, self.seconds, self.pauses = world, in_pause, [], 0
        world.sleep = self

    def __call__(self, seconds):
        self.seconds.append(seconds)
        self.world.now += seconds
        if self.world.told[-1] == table.STAGES[table.DEACTIVATE].reason_for_pause:
            self.pauses += 1
            self.in_pause()


def dies():
    raise Died


def journal_of(world):
    return Journal(world.state_dir, OLD.id, clock=world.clock)


# -- the pause before the deactivation -------------------------------------------------------------


def test_where_aws_answers_at_once_a_rotation_waits_for_little_but_the_pause(tmp_path):
    world = World(tmp_path)
    slept = Slept(world)
    assert world.rotation().begin().status == ROTATED
    asked = [SPACING, SPACING]
    assert slept.seconds == [*asked, PAUSE, *asked]
    assert PAUSE == 1.0


def test_the_old_key_is_still_active_a_second_after_the_last_profile_left_it(tmp_path):
    world = World(tmp_path)
    at = {}

    def note(name):
        at.setdefault(name, world.now)
        if name == f"before update {OLD.id}":
            assert OLD.id not in world.config + world.credentials
            assert world.now >= at["after edit"] + 1.0

    world.at_action = note
    assert world.rotation().begin().status == ROTATED
    assert at[f"before update {OLD.id}"] > at["after edit"]


@pytest.mark.parametrize("stage", [table.VERIFY, table.SWITCH, table.DEACTIVATE])
def test_a_resume_pauses_before_it_deactivates_whatever_the_first_run_did(tmp_path, stage):
    world = World(tmp_path)
    with pytest.raises(Died):
        world.rotation(step=lambda name: dies() if name == f"after {stage} done" else None).begin()
    slept = Slept(world)
    finish(world)
    assert slept.pauses == 1
    world.require_good_end()


@pytest.mark.parametrize("death", [Died, KeyboardInterrupt])
@pytest.mark.parametrize("mfa", [False, True], ids=["plain", "mfa"])
def test_cut_off_in_the_pause_the_old_key_is_active_and_a_resume_finishes(tmp_path, death, mfa):
    world = World(tmp_path, mfa=mfa)

    def cut_off():
        raise death

    Slept(world, cut_off)
    with pytest.raises(death):
        world.rotation().begin()
    assert world.usable() == {OLD.id, NEW}
    assert OLD.id not in world.config + world.credentials
    assert journal_of(world).find(table.DEACTIVATE, INTENT) is None
    slept = Slept(world)
    finish(world)
    assert slept.pauses == 1
    world.require_good_end()


@pytest.mark.parametrize("jump", [-DAY, DAY], ids=["the clock steps back", "suspended for a day"])
def test_a_day_more_or_less_in_the_pause_changes_nothing(tmp_path, jump):
    world = World(tmp_path)

    def jumps():
        world.now += jump

    slept = Slept(world, jumps)
    assert world.rotation().begin().status == ROTATED
    assert slept.pauses == 1
    world.require_good_end()


def test_a_file_that_names_the_old_key_again_after_the_pause_stops_the_deactivation(tmp_path):
    world = World(tmp_path)
    before = world.credentials

    def write_back():
        world.credentials = before

    Slept(world, write_back)
    with pytest.raises(RotationUnfinished, match="ops"):
        world.rotation().begin()
    assert world.aws[OLD.id] == ACTIVE
    Slept(world)
    finish(world)
    world.require_good_end()


def test_asked_to_stop_in_the_pause_it_stops_there_and_can_be_resumed(tmp_path):
    world = World(tmp_path)
    interrupt = GracefulInterrupt(lambda _: None, lambda _: None)

    def stop():
        interrupt.signal = 2
        interrupt.sleep(PAUSE)

    Slept(world, stop)
    with pytest.raises(RotationUnfinished) as caught:
        world.rotation(step=interrupt.step).begin()
    assert caught.value.code == "interrupted"
    assert world.aws == {OLD.id: ACTIVE, NEW: ACTIVE}
    Slept(world)
    finish(world)
    world.require_good_end()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (RotationOptions(keep_old="active"), KEPT_OLD),
        (RotationOptions(grace=3600), WAITING),
    ],
    ids=["kept", "grace"],
)
def test_there_is_no_pause_where_the_old_key_stays_active(tmp_path, options, status):
    world = World(tmp_path)
    slept = Slept(world)
    assert world.rotation(options).begin().status == status
    assert slept.pauses == 0


def test_the_pauses_of_many_keys_overlap(tmp_path):
    count = 8
    together = threading.Barrier(count, timeout=60)
    worlds = []
    for number in range(count):
        folder = tmp_path / str(number)
        folder.mkdir()
        worlds.append(World(folder))
        Slept(worlds[-1], together.wait)  # nobody leaves it until all are in it
    done = map_concurrently(worlds, lambda world: world.rotation().begin().status, count)
    assert done == [ROTATED] * count


# -- whether the old key is inactive ---------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2, 5, 20])
def test_an_old_key_that_is_listed_as_active_for_a_while_is_deleted_when_it_is_not(tmp_path, times):
    world = World(tmp_path)
    left = [times]
    listed = world.listed

    def late():
        found = listed()
        if found.get(OLD.id) == INACTIVE and left[0]:
            left[0] -= 1
            return found | {OLD.id: ACTIVE}
        return found

    def never_while_active(name):
        assert name != f"before delete {OLD.id}" or not left[0]

    world.listed, world.at_action = late, never_while_active
    assert world.rotation().begin().status == ROTATED
    assert left == [0]
    world.require_good_end()


def test_an_old_key_that_somebody_activated_again_is_not_deleted(tmp_path):
    world = World(tmp_path)
    began = world.now

    def reactivate(name):
        if name == "after deactivate done":
            world.set_status(OLD.id, ACTIVE)

    with pytest.raises(RotationUnfinished) as caught:
        world.rotation(step=reactivate).begin()
    assert caught.value.code == "old-key-active"
    assert "awscreds rotate --resume" in caught.value.hint
    assert world.aws == {OLD.id: ACTIVE, NEW: ACTIVE}
    assert LIMIT * 0.9 < world.now - began < LIMIT * 1.2
    finish(world)
    world.require_good_end()


def test_an_old_key_that_somebody_deleted_meanwhile_is_no_failure(tmp_path):
    world = World(tmp_path)

    def delete(name):
        if name == "after deactivate done":
            world.set_status(OLD.id, None)

    assert world.rotation(step=delete).begin().status == ROTATED
    world.require_good_end()


# -- whether the new key works ---------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.1, 1, 4, 15, 50])
def test_a_new_key_that_was_refused_must_then_be_accepted_over_several_seconds(tmp_path, seconds):
    world = World(tmp_path)
    began, good = world.now, []
    identity = world.identity

    def spreading(credentials):
        if credentials.id == NEW:
            if world.now < began + seconds:
                raise UNKNOWN
            good.append(world.now)
        return identity(credentials)

    world.identity = spreading
    world.at_action = lambda name: good.append(name) if name == "before edit" else None
    assert world.rotation().begin().status == ROTATED
    checks = good[: good.index("before edit")]
    assert len(checks) == CHECKS
    assert checks[-1] - checks[0] >= (CHECKS - 1) * SPACING
    assert checks[-1] - checks[0] >= min(seconds, (CHECKS - 1) * LONGEST_PAUSE)
    world.require_good_end()


def test_a_new_key_that_is_refused_for_a_minute_is_given_up_and_everything_is_as_before(tmp_path):
    world = World(tmp_path)
    world.fails[f"identity {NEW}"] = UNKNOWN
    slept = Slept(world)
    with pytest.raises(AwscredsError, match=r"within 60 seconds.*as it was before"):
        world.rotation().begin()
    assert LIMIT - LONGEST_PAUSE < sum(slept.seconds[:-2]) <= LIMIT
    assert world.aws == {OLD.id: ACTIVE}
    assert unfinished(world.state_dir) == []


def test_too_many_requests_say_nothing_about_a_key_and_slow_us_down(tmp_path):
    world = World(tmp_path)
    asked = []
    identity = world.identity

    def busy(credentials):
        if credentials.id == NEW:
            asked.append(world.now)
            if len(asked) in (2, 3):
                raise BUSY
        return identity(credentials)

    world.identity = busy
    slept = Slept(world)
    assert world.rotation().begin().status == ROTATED
    # One was good before, so that two more are enough.
    assert slept.seconds[:5] == [SPACING, 1.0, 2.0, SPACING, PAUSE]


@given(answers=st.lists(st.sampled_from(["good", "unknown", "busy"]), max_size=40))
def test_a_key_is_accepted_after_three_good_answers_with_no_refusal_in_between(
    answers, tmp_path_factory
):
    world = World(tmp_path_factory.mktemp("world"))
    given_answers = iter([*answers, *["good"] * CHECKS])
    said = []

    def identity(credentials, usual=world.identity):
        if credentials.id == NEW and len(world.config) and "switched" not in said:
            said.append(next(given_answers))
            if said[-1] != "good":
                raise {"unknown": UNKNOWN, "busy": BUSY}[said[-1]]
        return usual(credentials)

    def edited(name):
        if name == "before edit" and NEW in world.aws:
            said.append("switched")

    world.identity, world.at_action = identity, edited
    began = world.now
    try:
        world.rotation().begin()
    except AwscredsError:
        assert world.now - began > LIMIT / 2
        return
    row = [answer for answer in said[: said.index("switched")] if answer != "busy"]
    assert row[-CHECKS:] == ["good"] * CHECKS
    assert "good good good" not in " ".join(row[:-1])


# -- the time that is spent ------------------------------------------------------------------------


@given(
    seconds=st.floats(0, 120),
    takes=st.lists(st.floats(0, 15), max_size=30),
    jumps=st.lists(st.sampled_from([0, 0, 0, -DAY]), max_size=30),
)
def test_waiting_ends_in_time_whatever_calls_take_and_the_clock_does(
    seconds, takes, jumps, tmp_path_factory
):
    world = World(tmp_path_factory.mktemp("world"))
    slept = []

    def sleep(pause):
        slept.append(pause)
        world.now += pause

    world.sleep = sleep
    deadline = Deadline(world.context, seconds)
    passed, waits = 0.0, 0
    while True:
        took = takes[waits] if waits < len(takes) else 0.0
        jump = jumps[waits] if waits < len(jumps) else 0
        world.now += took + jump
        passed += 0 if jump else took
        waits += 1
        if not deadline.wait():
            break
        passed += slept[-1]
        assert passed <= seconds + 1e-6
    assert slept == sorted(slept)
    assert all(FIRST_PAUSE <= pause <= LONGEST_PAUSE for pause in slept)


def test_what_is_not_worth_another_try_is_raised_at_once(tmp_path):
    world = World(tmp_path)
    slept = Slept(world)

    def call():
        raise UNKNOWN

    with pytest.raises(AwsError):
        patiently(world.context, call, lambda _error: False)
    assert slept.seconds == []

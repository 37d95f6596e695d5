"""How many rotations go on at once, and what "too many requests" does to them."""

import random
import threading

import pytest

from awscreds.aws.iam import ACTIVE
from awscreds.errors import AwscredsError, AwsError
from awscreds.workflows.crew import map_concurrently
from awscreds.workflows.rotation.results import ROTATED
from awscreds.workflows.rotation.traffic import Traffic
from awscreds.workflows.rotation.waiting import BUSY_LIMIT, Deadline
from tests.workflows.rotation.world import OLD, World

BUSY = AwsError("busy", aws_code="Throttling")
AWS = ("network", "list", "create", "update", "delete")


class Gauge:
    """How many are inside at once."""

    def __init__(self):
        self._mutex = threading.Lock()
        self.now = self.most = 0

    def __enter__(self):
        with self._mutex:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self._mutex:
            self.now -= 1


# -- how many at once ------------------------------------------------------------------------------


def test_as_many_as_may_go_on_at_once_do():
    traffic = Traffic(4)
    together = threading.Barrier(4, timeout=60)

    def rotate(_):
        with traffic.turn():
            together.wait()

    map_concurrently(range(8), rotate, 8)


def test_a_complaint_halves_how_many_go_on_and_each_end_adds_one():
    traffic = Traffic(8)
    gauge = Gauge()
    with traffic.turn(), traffic.turn(), traffic.turn(), traffic.turn():
        traffic.slow_down(1)  # 4 are under way: 2 may be
        traffic.slow_down(1)  # says nothing new, for 4 are still under way
        begun = threading.Event()

        def late():
            with traffic.turn(), gauge:
                begun.set()

        thread = threading.Thread(target=late)
        thread.start()
        assert not begun.wait(0.3)
    thread.join(60)
    assert begun.is_set()
    assert traffic._width == 7  # 2, and one for each that ended


def test_one_always_may_go_on_however_often_aws_complains():
    traffic = Traffic(8)
    for _ in range(20):
        with traffic.turn():
            traffic.slow_down(1)
            traffic.slow_down(1)


def test_who_waits_for_a_turn_when_the_command_must_stop_does_not_begin():
    def check():
        raise AwscredsError("interrupted before it began", code="interrupted")

    traffic = Traffic(1, check=check)
    with traffic.turn(), pytest.raises(AwscredsError, match="before it began"), traffic.turn():
        pytest.fail("it began")
    with traffic.turn():
        pass


# -- one of each user ------------------------------------------------------------------------------


def test_rotations_of_one_user_wait_for_each_other_and_others_do_not():
    traffic = Traffic(8)
    gauges = {"alice": Gauge(), "bob": Gauge()}
    both = threading.Barrier(2, timeout=60)

    def rotate(number):
        user = ("alice", "bob")[number % 2]
        with traffic.alone_with("123456789012", user) as has_waited, gauges[user]:
            if number < 2:
                both.wait()
            return has_waited

    waited = map_concurrently(range(8), rotate, 8)
    assert not waited[0]
    assert not waited[1]
    assert {name: gauge.most for name, gauge in gauges.items()} == {"alice": 1, "bob": 1}


def test_users_of_the_same_name_in_two_accounts_are_two_users():
    traffic = Traffic(2)
    with traffic.alone_with("1", "alice") as one, traffic.alone_with("2", "alice") as other:
        assert not one
        assert not other


# -- too many requests -----------------------------------------------------------------------------


def test_many_rotations_that_aws_complains_about_all_end_well(tmp_path):
    traffic = Traffic(8)
    told = []
    traffic._tell = told.append

    def rotate(number):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder)
        world.context.traffic = traffic
        usual = world._maybe_fail
        dice = random.Random(number)

        def maybe_fail(name):
            usual(name)
            if name in AWS and dice.random() < 0.2:
                raise AwsError("busy", aws_code="Throttling")

        world._maybe_fail = maybe_fail
        with traffic.turn():
            plan = world.preflight()
            status = world.rotation().begin().status
        world._maybe_fail = usual
        assert plan.user == "alice"
        world.require_good_end()
        return status

    assert map_concurrently(range(24), rotate, 8) == [ROTATED] * 24
    assert any("too many requests" in text for text in told)


@pytest.mark.parametrize("call", AWS)
def test_three_minutes_of_complaints_fail_nothing(tmp_path, call):
    world = World(tmp_path)
    until = world.now + 180
    usual = world._maybe_fail

    def busy(name):
        usual(name)
        if name == call and world.now < until:
            raise BUSY

    world._maybe_fail = busy
    world.preflight()
    assert world.rotation().begin().status == ROTATED
    world.require_good_end()


def test_complaints_for_ever_undo_a_rotation_before_the_switch(tmp_path):
    world = World(tmp_path)
    began = world.now
    world.fails["create"] = BUSY
    with pytest.raises(AwsError, match="as it was before"):
        world.rotation().begin()
    assert world.aws == {OLD.id: ACTIVE}
    assert world.now - began <= BUSY_LIMIT


def test_complaints_are_no_part_of_the_time_that_a_key_has(tmp_path):
    world = World(tmp_path)
    deadline = Deadline(world.context, 3.5)
    for _ in range(10):
        assert deadline.wait(BUSY)
    assert [deadline.wait() for _ in range(5)] == [True] * 4 + [False]

"""A rotation in memory: every death at every line, and every death of the resume after it."""

import contextlib

import pytest

from awscreds.aws.iam import ACTIVE, INACTIVE
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwscredsError, AwsError, RotationUnfinished, StoreLocked
from awscreds.model import rotation as table
from awscreds.model.rotation import RotationOptions
from awscreds.stores.journal import unfinished
from awscreds.workflows.rotation.results import KEPT_OLD, ROLLED_BACK, ROTATED, WAITING
from tests.workflows.rotation.world import OLD, Died, World, finish, go

STEPS = 36


@pytest.mark.slow
@pytest.mark.daily(60)
@pytest.mark.parametrize("mfa", [False, True], ids=["plain", "mfa"])
@pytest.mark.parametrize("keep_plaintext", [False, True], ids=["moved", "kept"])
@pytest.mark.parametrize("at", range(STEPS))
def test_dead_at_any_line_and_dead_again_at_any_line_of_the_resume(
    tmp_path, mfa, keep_plaintext, at
):
    # Every third line, from another one each time: together they are all there is.
    for again in range(at % 3, STEPS + 8, 3):
        folder = tmp_path / str(again)
        folder.mkdir()
        world = World(folder, mfa=mfa)
        options = RotationOptions(keep_plaintext=keep_plaintext, mfa_serial="arn" if mfa else None)
        assert not go(world, at, options)
        # Nothing is left to be resumed before the first line is there, and after the last is gone.
        if not unfinished(world.state_dir) and OLD.id in world.aws:
            world.rotation(options).begin()
        came_to_its_end = not unfinished(world.state_dir) or go(world, again)
        finish(world)
        world.require_good_end(keep_plaintext=keep_plaintext)
        if came_to_its_end:
            return
    raise AssertionError("the resume never comes to its end")


def test_left_alone_it_goes_through_every_stage(tmp_path):
    world = World(tmp_path)
    rotation = world.rotation()
    assert rotation.begin().status == ROTATED
    assert [name for name, _ in rotation.state.done] == [
        stage.name for stage in table.FORWARD if stage.name not in (table.CLEAN_UP, table.MAKE_ROOM)
    ]
    world.require_good_end()


@pytest.mark.parametrize("when", ["keep", "edit", "identity AKIANEW1", "create"])
def test_a_failure_before_the_old_key_goes_leaves_everything_as_it_was(tmp_path, when):
    world = World(tmp_path)
    before = (dict(world.aws), world.config, world.credentials, dict(world.entries))
    refusal = AwsError("refused", aws_code="InvalidClientTokenId" if "AKIA" in when else "Denied")
    world.fails[when] = StoreLocked("locked") if when == "keep" else refusal
    with pytest.raises(AwscredsError) as caught:
        world.rotation().begin()
    assert not isinstance(caught.value, RotationUnfinished)
    assert "as it was before" in str(caught.value)
    assert (world.aws, world.config, world.credentials, world.entries) == before
    assert unfinished(world.state_dir) == []


@pytest.mark.parametrize(
    ("stage", "lost"),
    [
        (table.VERIFY, "network"),
        (table.CHECK, "network"),
        (table.DELETE, "network"),
        (table.VERIFY, "read"),
        (table.SWITCH, "read"),
        (table.CHECK, "read"),
        (table.DELETE, "read"),
    ],
)
def test_what_is_out_of_reach_for_good_is_waited_for_and_then_gone_on_with(tmp_path, stage, lost):
    world = World(tmp_path)
    failure = AwsError("no network") if lost == "network" else StoreLocked("locked")

    def step(name):
        if name == f"after {stage} intent":
            world.fails[lost] = failure

    with pytest.raises(RotationUnfinished) as caught:
        world.rotation(step=step).begin()
    assert "awscreds rotate --resume" in caught.value.hint
    assert world.usable()
    world.fails.clear()
    finish(world)
    world.require_good_end()


def test_a_deactivation_that_aws_refuses_stops_it_there(tmp_path):
    world = World(tmp_path)
    world.fails["update"] = AwsError("refused", aws_code="AccessDenied")
    steps = []
    with pytest.raises(AwscredsError, match="refused"):
        world.rotation(step=steps.append).begin()
    assert "before check intent" not in steps
    assert world.aws[OLD.id] == ACTIVE
    world.fails.clear()
    finish(world)
    world.require_good_end()


@pytest.mark.parametrize("mfa", [False, True])
def test_a_lost_answer_costs_a_key_nobody_has_and_nothing_else(tmp_path, mfa):
    world = World(tmp_path, mfa=mfa)
    world.fails["answer"] = AnswerLost("lost")
    assert world.rotation().begin().status == ROTATED
    assert "AKIANEW1" not in world.aws
    world.require_good_end()


def test_the_key_of_a_lost_answer_stays_as_it_is_until_somebody_agrees(tmp_path):
    world = World(tmp_path)
    world.fails["answer"] = AnswerLost("lost")
    world.agrees = False
    with pytest.raises(RotationUnfinished):
        world.rotation().begin()
    assert world.aws == {OLD.id: ACTIVE, "AKIANEW1": ACTIVE}
    world.agrees = True
    finish(world)
    world.require_good_end()


def test_a_new_key_that_fails_without_the_old_one_gives_it_its_place_back(tmp_path):
    world = World(tmp_path, mfa=True)

    def step(name):
        if name == "after deactivate done":
            world.fails["identity AKIANEW1"] = AwsError("no", aws_code="InvalidClientTokenId")

    with pytest.raises(AwscredsError, match="as it was before"):
        world.rotation(step=step).begin()
    assert world.aws == {OLD.id: ACTIVE}
    assert set(world.entries) == {OLD.id}
    assert f"awscreds_access_key_id = {OLD.id}" in world.config


@pytest.mark.parametrize("at", range(30))
def test_a_way_back_that_dies_is_gone_to_its_end(tmp_path, at):
    world = World(tmp_path, mfa=True)
    steps = []

    def step(name):
        assert world.usable(), "locked out"
        if name == "after deactivate done":
            world.fails["identity AKIANEW1"] = AwsError("no", aws_code="InvalidClientTokenId")
        steps.append(name)
        if "before reactivate intent" in steps and steps.count("dead") == 0:
            dead_at = steps.index("before reactivate intent") + at
            if len(steps) - 1 == dead_at:
                steps.append("dead")
                raise Died

    with contextlib.suppress(Died, AwscredsError):
        world.rotation(step=step).begin()
    statuses = []
    while unfinished(world.state_dir):
        try:
            statuses.append(world.rotation().resume().status)
        except AwscredsError as error:  # it had not yet turned back, and failed once more
            assert "as it was before" in str(error)
            assert not unfinished(world.state_dir)
    assert world.aws == {OLD.id: ACTIVE}
    assert set(world.entries) == {OLD.id}
    assert set(statuses) <= {ROLLED_BACK}


def test_the_grace_ends_with_the_old_key_gone(tmp_path):
    world = World(tmp_path)
    outcome = world.rotation(RotationOptions(grace=3600)).begin()
    assert (outcome.status, outcome.until) == (WAITING, world.now + 3600)
    assert world.rotation().resume().status == WAITING
    assert world.usable() == {OLD.id, "AKIANEW1"}
    world.now += 3601
    assert world.rotation().resume().status == ROTATED
    world.require_good_end()


@pytest.mark.parametrize(("keep", "status"), [("active", ACTIVE), ("inactive", INACTIVE)])
def test_the_old_key_is_kept_with_its_secret(tmp_path, keep, status):
    world = World(tmp_path)
    assert world.rotation(RotationOptions(keep_old=keep)).begin().status == KEPT_OLD
    assert world.aws == {OLD.id: status, "AKIANEW1": ACTIVE}
    assert world.entries[OLD.id] == OLD


@pytest.mark.parametrize("gone", ["old", "new"])
def test_a_key_that_somebody_took_away_meanwhile_is_gone_on_without(tmp_path, gone):
    world = World(tmp_path)
    assert not go(world, 17)  # in use by the profiles, and the old one still active
    del world.aws[OLD.id if gone == "old" else "AKIANEW1"]
    status = world.rotation().resume().status
    if gone == "old":
        assert status == ROTATED
        world.require_good_end()
    else:
        assert status == ROLLED_BACK
        assert world.usable() == {OLD.id}
        assert f"awscreds_access_key_id = {OLD.id}" in world.config


def test_with_both_keys_gone_it_says_so_and_leaves_everything(tmp_path):
    world = World(tmp_path)
    assert not go(world, 17)
    world.aws.clear()
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    assert set(world.entries) == {OLD.id, "AKIANEW1"}


def test_a_resume_forgets_the_sessions_of_a_key_whose_secret_went_before_the_death(tmp_path):
    world = World(tmp_path)

    def die(name):
        if name == f"after erase {OLD.id}":
            raise Died

    world.at_action = die
    with contextlib.suppress(Died):
        world.rotation().begin()
    assert OLD.id not in world.entries
    assert OLD.id in world.sessions_of
    world.at_action = lambda _name: None
    assert world.rotation().resume().status == ROTATED
    assert OLD.id not in world.sessions_of


def test_a_resume_stops_where_the_keys_are_of_another_user_now(tmp_path):
    world = World(tmp_path)
    assert not go(world, 4)
    before = (dict(world.aws), world.config, world.credentials, dict(world.entries))
    world.arn = "arn:aws:iam::123456789012:user/mallory"
    with pytest.raises(RotationUnfinished, match="mallory") as caught:
        world.rotation().resume()
    assert caught.value.code == "other-owner"
    assert before == (dict(world.aws), world.config, world.credentials, dict(world.entries))

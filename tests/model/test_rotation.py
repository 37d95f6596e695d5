"""The tables of a rotation, gone through for everything that can be found."""

import itertools

import pytest

from awscreds.model import rotation as table

EVERYTHING = [
    table.ObservedState(*found)
    for found in itertools.product(
        (table.ACTIVE, table.INACTIVE, table.GONE),
        (table.ACTIVE, table.INACTIVE, table.GONE, table.UNKNOWN),
        (True, False),
        (True, False),
        (True, False),
    )
]


def usable(found):
    """Whether there is a key that AWS has and whose secret is stored."""
    old = found.old in (table.ACTIVE, table.INACTIVE) and found.old_kept
    new = found.new == table.ACTIVE and found.new_kept
    return old or new


@pytest.mark.parametrize("found", EVERYTHING, ids=str)
def test_there_is_a_way_on_exactly_where_a_stored_key_is_left(found):
    assert (table.next_stage(found) is not None) == usable(found)


@pytest.mark.parametrize("found", EVERYTHING, ids=str)
def test_the_old_key_goes_only_where_the_new_one_is_stored_and_active(found):
    then = table.next_stage(found)
    stages = [stage.name for stage in table.stages_from(then)] if then else []
    if table.DELETE in stages and table.CREATE not in stages:
        assert found.new == table.ACTIVE
        assert found.new_kept


@pytest.mark.parametrize("found", EVERYTHING, ids=str)
def test_the_new_key_goes_only_where_the_old_one_is_stored_and_there(found):
    then = table.next_stage(found)
    stages = [stage.name for stage in table.stages_from(then)] if then else []
    if table.DISCARD in stages or then == table.CLEAN_UP:
        assert found.old != table.GONE
        assert found.old_kept


@pytest.mark.parametrize("found", EVERYTHING, ids=str)
def test_a_stored_and_active_new_key_is_never_thrown_away_to_make_another(found):
    if found.new == table.ACTIVE and found.new_kept:
        assert table.next_stage(found) != table.CLEAN_UP


def test_nothing_is_deactivated_before_the_new_key_is_stored_verified_and_in_use():
    names = [stage.name for stage in table.FORWARD]
    in_order = (
        *(table.CREATE, table.STORE, table.VERIFY, table.SWITCH, table.DEACTIVATE),
        *(table.CHECK, table.DELETE, table.FORGET),
    )
    assert [name for name in names if name in in_order] == list(in_order)


def test_the_way_back_gives_the_old_key_its_place_before_the_new_one_goes():
    names = [stage.name for stage in table.BACK]
    assert names == [table.REACTIVATE, table.SWITCH_BACK, table.DISCARD, table.FORGET_NEW]


def test_what_cannot_be_undone_has_no_way_back():
    for name in (table.DELETE, table.FORGET):
        assert table.STAGES[name].on_failure == table.STOP
    assert all(stage.on_failure == table.STOP for stage in table.BACK)


@pytest.mark.parametrize("stage", table.STAGES.values(), ids=lambda stage: stage.name)
def test_whatever_is_called_is_signed_by_somebody(stage):
    assert bool(stage.actions) == (stage.signed_by != table.NOBODY)
    assert all(action.startswith(("iam:", "sts:")) for action in stage.actions)

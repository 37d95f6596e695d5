"""What changes a profile keeps rotations of its keys away, and is kept away by them."""

import pytest

from awscreds.errors import AwscredsError, RotationUnfinished
from awscreds.stores.journal import INTENT, Journal, no_rotation, unfinished
from awscreds.stores.state_dir import StateDir

OLD = "AKIAIOSFODNN7EXAMPLE"
NEW = "AKIAI44QH8DHBEXAMPLE"
OTHER = "AKIAI44QH8DHBEXAMPL2"


@pytest.fixture
def state(tmp_path):
    return StateDir(str(tmp_path / "state"), lock_folder=str(tmp_path / "locks"))


def journal(state, old):
    return Journal(state, old, clock=lambda: 0.0)


def begin(state, **facts):
    begun = journal(state, OLD)
    begun.facts = {"old": OLD, "new": None, **facts}
    begun.write("begin", INTENT)


def entered(state, profile, key_ids):
    with no_rotation(state, profile, key_ids, lambda: 0.0):
        return True


@pytest.mark.parametrize(
    ("profile", "key_ids"),
    [("dev", []), ("x", [OLD]), ("x", [OTHER, NEW]), ("dev", [OTHER])],
    ids=["the profile", "the old key", "the new key", "the profile, which has another key"],
)
def test_an_unfinished_rotation_of_the_profile_or_a_key_keeps_it_away(state, profile, key_ids):
    begin(state, new=NEW, profiles=["dev"])

    with pytest.raises(RotationUnfinished, match=f"the rotation of {OLD} is unfinished") as caught:
        entered(state, profile, key_ids)

    assert caught.value.hint == "finish it first: awscreds rotate --resume"


def test_a_rotation_that_names_neither_the_profile_nor_a_key_is_no_reason(state):
    begin(state, new=NEW, profiles=["dev"])
    assert entered(state, "x", [OTHER])
    assert entered(state, "x", [])


def test_a_journal_without_profiles_is_about_its_keys(state):
    begin(state)
    assert entered(state, "dev", [OTHER])
    with pytest.raises(RotationUnfinished):
        entered(state, "dev", [OLD])


def test_within_it_no_rotation_of_a_key_begins(state):
    with no_rotation(state, "dev", [OTHER, OLD, "not the ID of a key"], lambda: 0.0):
        for key_id in (OLD, OTHER):
            with pytest.raises(AwscredsError), journal(state, key_id).lock(deadline=0):
                pass
        with journal(state, NEW).lock(deadline=0):
            pass
    for key_id in (OLD, OTHER):
        with journal(state, key_id).lock(deadline=0):
            pass


def test_a_process_that_works_on_a_key_keeps_it_away(state):
    with journal(state, OLD).lock(), pytest.raises(AwscredsError):
        entered(state, "dev", [OLD])
    assert entered(state, "dev", [OLD])


def test_a_file_that_is_no_journal_of_a_key_is_no_rotation(state):
    for name in (f"rotation-{OLD}.jsonl.old", "rotation-x.jsonl", f"rotation-{OLD}"):
        state.write(name, b"")
    assert unfinished(state) == []
    assert entered(state, "dev", [OLD])

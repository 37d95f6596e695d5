"""A rotation that meets what AWS, other people and other programs do, in memory."""

import itertools

import pytest

from awscreds.aws.iam import ACTIVE, INACTIVE, CreatedKey
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwscredsError, AwsError, ConfigurationError, RotationUnfinished
from awscreds.model import rotation as table
from awscreds.model.credentials import AccessKey
from awscreds.model.rotation import RotationOptions
from awscreds.stores.journal import INTENT, unfinished
from awscreds.workflows.rotation.results import KEPT_OLD, ROLLED_BACK, ROTATED
from tests.workflows.rotation.world import LINE, MANAGED, OLD, PLAIN, Died, Iam, World, finish

NEW = "AKIANEW1"
UNKNOWN = AwsError("no", aws_code="InvalidClientTokenId")
DISK_FULL = ConfigurationError("the disk is full", code="disk-full")


def until(world, step, options=None):
    """Rotate until the death at ``step``, which is at a line of the journal or at a action."""

    def die(name):
        if name == step:
            raise Died

    world.at_action = die
    with pytest.raises(Died):
        world.rotation(options, step=die).begin()
    world.at_action = lambda _name: None


def at(step, do):
    """A step of the journal at which ``do`` is called."""
    return lambda name: do() if name == step else None


def usable(world):
    return {key_id for key_id in world.usable() if world.aws.get(key_id) == ACTIVE}


# -- dead inside a stage -----------------------------------------------------------------------


class DiesAtAction:
    """Dies at the ``at``-th action; at each, looks at what is left."""

    def __init__(self, world, at):
        self.world, self.at, self.names = world, at, []

    def __call__(self, name):
        self.names.append(name)
        assert self.world.usable(), f"locked out {name}"
        if OLD.id in self.world.aws:
            files = self.world.config + self.world.credentials
            assert OLD.id in self.world.entries or OLD.secret in files, f"secret lost {name}"
        if len(self.names) - 1 == self.at:
            raise Died


@pytest.mark.parametrize("config", [MANAGED, ""], ids=["managed", "plaintext"])
@pytest.mark.parametrize("mfa", [False, True], ids=["plain", "mfa"])
@pytest.mark.parametrize("keep_plaintext", [False, True], ids=["moved", "kept"])
def test_dead_before_or_after_any_action_no_secret_is_lost_and_resume_finishes(
    tmp_path, config, mfa, keep_plaintext
):
    options = RotationOptions(keep_plaintext=keep_plaintext, mfa_serial="arn" if mfa else None)
    for number in itertools.count():
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder, mfa=mfa, config=config)
        world.at_action = actions = DiesAtAction(world, number)
        try:
            world.rotation(options).begin()
        except Died:
            world.at_action = DiesAtAction(world, None)
            finish(world)
        (key_id,) = world.aws
        assert world.usable() == {key_id} != {OLD.id}
        assert OLD.id not in world.entries
        assert unfinished(world.state_dir) == []
        if len(actions.names) <= number:
            break
    assert number >= 12


def test_a_kept_old_key_of_a_plaintext_profile_keeps_its_secret_wherever_it_died(tmp_path):
    world = World(tmp_path, config="")
    until(world, f"after keep {NEW}", RotationOptions(keep_old="inactive"))
    assert world.rotation().resume().status == KEPT_OLD
    assert world.entries[OLD.id] == OLD
    assert OLD.secret not in world.credentials


# -- what AWS does -----------------------------------------------------------------------------


def test_a_new_key_that_is_listed_late_is_waited_for_by_a_resume(tmp_path):
    world = World(tmp_path)
    world.list_lag = 8
    until(world, "after store done")
    assert world.rotation().resume().status == ROTATED
    world.require_good_end()


def test_a_new_key_that_iam_does_not_know_yet_is_deleted_all_the_same(tmp_path):
    world = World(tmp_path)
    world.list_lag = 8
    rotation = world.rotation(
        step=at("after create done", lambda: world.fails.update(keep=DISK_FULL))
    )
    with pytest.raises(AwscredsError, match="as it was before"):
        rotation.begin()
    assert world.aws == {OLD.id: ACTIVE}


def test_an_old_key_whose_deactivation_is_not_listed_yet_is_made_active_on_the_way_back(tmp_path):
    world = World(tmp_path, mfa=True)

    def step(name):
        if name == "after deactivate intent":
            world.list_lag = world.linger = 300
        if name == "after deactivate done":
            world.fails[f"identity {NEW}"] = UNKNOWN

    with pytest.raises(AwscredsError, match="was before"):
        world.rotation(step=step).begin()
    assert world.aws == {OLD.id: ACTIVE}


def test_a_deactivation_that_is_not_listed_yet_is_no_old_key_to_start_anew_with(tmp_path):
    world = World(tmp_path, mfa=True)

    def lag():
        world.list_lag = world.linger = 300

    rotation = world.rotation(step=at("after deactivate intent", lag))
    world.at_action = lambda name: (
        (_ for _ in ()).throw(Died) if name == f"after update {OLD.id}" else 0
    )
    with pytest.raises(Died):
        rotation.begin()
    world.at_action = lambda _name: None
    del world.entries[NEW]
    assert world.rotation().resume().status == ROLLED_BACK
    assert usable(world) == {OLD.id}


def test_a_key_that_works_now_and_then_is_no_failure_once_it_has_worked_often_enough(tmp_path):
    world = World(tmp_path)
    asked = []
    identity = world.identity

    def flapping(credentials):
        asked.append(credentials.id)
        if credentials.id == NEW and asked.count(NEW) in (1, 3, 4, 8):
            raise UNKNOWN
        return identity(credentials)

    world.identity = flapping
    assert world.rotation().begin().status == ROTATED


def test_a_lost_answer_after_a_throttled_minute_is_still_told_from_a_colleagues_key(tmp_path):
    world = World(tmp_path)
    busy = AwsError("busy", aws_code="Throttling")
    calls = []

    def fail(name):
        if name == "create":
            calls.append(name)
            if len(calls) < 9:
                raise busy
            if len(calls) == 9:
                world.list_lag = 8
                world.fails["answer"] = AnswerLost("lost")

    world._maybe_fail = lambda name, usual=world._maybe_fail: (fail(name), usual(name))
    assert world.rotation().begin().status == ROTATED
    world.require_good_end()


def test_a_colleagues_key_is_no_lost_answer_where_every_answer_came(tmp_path):
    world = World(tmp_path)

    def a_busy_minute():
        if "AKIATHEIRS" not in world.aws:
            world.fails["create"] = AwsError("busy", aws_code="Throttling")

    def sleep(seconds):
        world.now += seconds
        if "create" in world.fails and world.fails.pop("create"):
            world.aws["AKIATHEIRS"], world.created["AKIATHEIRS"] = ACTIVE, world.now

    world.sleep = sleep
    with pytest.raises(AwsError, match="two keys") as caught:
        world.rotation(step=at("after create intent", a_busy_minute)).begin()
    assert "everything is as it was before" in caught.value.message
    assert world.aws == {OLD.id: ACTIVE, "AKIATHEIRS": ACTIVE}


def test_the_key_of_a_lost_answer_that_is_listed_after_all_patience_is_found_all_the_same(tmp_path):
    world = World(tmp_path)
    world.list_lag = 25
    world.fails["answer"] = AnswerLost("lost")
    assert world.rotation().begin().status == ROTATED
    assert NEW not in world.aws
    world.require_good_end()


def test_a_resume_finds_the_place_taken_by_a_key_that_is_listed_late_behind_one_that_is_gone(
    tmp_path,
):
    world = World(tmp_path)
    world.list_lag = 9
    world.fails["answer"] = AnswerLost("lost")
    creations = []

    def die(name):
        creations.extend([name] if name == "after create" else [])
        if len(creations) == 2:
            raise Died

    world.at_action = die
    with pytest.raises(Died):
        world.rotation().begin()
    world.at_action = lambda _name: None
    assert set(world.aws) == {OLD.id, "AKIANEW2"}
    assert world.rotation().resume().status == ROTATED
    assert "AKIANEW2" not in world.aws
    world.require_good_end()


def test_where_every_answer_is_lost_nothing_is_left_of_it(tmp_path):
    world = World(tmp_path)

    def lose(name):
        if name == "after create":
            world.fails["answer"] = AnswerLost("lost")

    world.at_action = lose
    with pytest.raises(AwsError, match="each answer was lost") as caught:
        world.rotation().begin()
    assert "everything is as it was before" in caught.value.message
    assert world.aws == {OLD.id: ACTIVE}
    assert unfinished(world.state_dir) == []


def test_an_old_key_that_is_kept_is_not_in_use_any_more(tmp_path):
    world = World(tmp_path)

    def write_back():
        world.credentials = PLAIN

    rotation = world.rotation(
        RotationOptions(keep_old="inactive"), step=at("after check done", write_back)
    )
    with pytest.raises(RotationUnfinished, match="ops"):
        rotation.begin()
    assert world.rotation().resume().status == KEPT_OLD
    assert OLD.id not in world.config + world.credentials


@pytest.mark.parametrize("jump", [-86400, 86400])
def test_a_clock_that_is_set_meanwhile_neither_ends_nor_stretches_the_waiting(tmp_path, jump):
    world = World(tmp_path)
    world.fails[f"identity {NEW}"] = UNKNOWN
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            world.now += jump
        world.now += seconds

    world.sleep = sleep
    with pytest.raises(AwscredsError, match="as it was before"):
        world.rotation().begin()
    assert 30 <= sum(slept) <= 80


# -- what other people do ----------------------------------------------------------------------


def test_a_plain_users_new_key_that_is_disabled_once_the_old_one_is_inactive(tmp_path):
    world = World(tmp_path)

    def disable():
        world.set_status(NEW, INACTIVE)

    with pytest.raises(RotationUnfinished) as caught:
        world.rotation(step=at("after deactivate done", disable)).begin()
    assert "accepts no key of alice" in caught.value.message
    assert "administrator" in caught.value.hint
    assert "awscreds rotate --resume" in caught.value.hint
    assert set(world.entries) == {OLD.id, NEW}
    with pytest.raises(RotationUnfinished, match="accepts no key of alice"):
        world.rotation().resume()
    world.set_status(NEW, ACTIVE)
    assert world.rotation().resume().status == ROLLED_BACK
    assert usable(world) == {OLD.id}
    assert f"awscreds_access_key_id = {OLD.id}" in world.config


@pytest.mark.parametrize("failing", ["edit", f"identity {NEW}"])
@pytest.mark.parametrize("status", [None, INACTIVE])
@pytest.mark.parametrize("resumed", [False, True])
def test_with_the_old_key_gone_the_new_one_is_never_deleted(tmp_path, failing, status, resumed):
    world = World(tmp_path, mfa=True)

    def fail():
        world.set_status(OLD.id, status)
        world.fails[failing] = DISK_FULL if failing == "edit" else UNKNOWN

    if resumed:
        until(world, "after store done", RotationOptions(mfa_serial="arn"))
        fail()
        rotate = world.rotation().resume
    else:
        rotate = world.rotation(step=at("after store done", fail)).begin
    with pytest.raises(RotationUnfinished):
        rotate()
    assert world.aws[NEW] == ACTIVE
    assert NEW in world.entries
    world.fails.clear()
    world.sessions_of = {NEW}
    if status is None:
        finish(world)
        world.require_good_end()


def test_an_old_key_that_somebody_else_deactivated_is_not_made_active_again(tmp_path):
    world = World(tmp_path, mfa=True)

    def compromise():
        world.set_status(OLD.id, INACTIVE)
        world.fails[f"identity {NEW}"] = UNKNOWN

    with pytest.raises(RotationUnfinished, match="somebody has deactivated"):
        world.rotation(step=at("after store done", compromise)).begin()
    assert world.aws == {OLD.id: INACTIVE, NEW: ACTIVE}


def test_a_permission_that_is_taken_away_half_way_is_named_and_waited_for(tmp_path):
    world = World(tmp_path)
    denied = AwsError("iam:DeleteAccessKey is denied", aws_code="AccessDenied")
    rotation = world.rotation(
        step=at("after check done", lambda: world.fails.update(delete=denied))
    )
    with pytest.raises(RotationUnfinished, match="iam:DeleteAccessKey") as caught:
        rotation.begin()
    assert "awscreds policy rotate --profile dev" in caught.value.hint
    assert "awscreds rotate --resume" in caught.value.hint
    assert world.aws == {OLD.id: INACTIVE, NEW: ACTIVE}
    world.fails.clear()
    finish(world)
    world.require_good_end()


def test_with_a_new_key_whose_secret_is_lost_the_profiles_get_one_that_works(tmp_path):
    world = World(tmp_path)
    until(world, "after switch done")
    del world.entries[NEW]
    assert world.rotation().resume().status == ROTATED
    assert NEW not in world.config + world.credentials
    world.require_good_end()


# -- what other programs do --------------------------------------------------------------------


@pytest.mark.parametrize("stage", [table.DEACTIVATE, table.DELETE])
def test_an_old_key_that_is_written_back_to_the_files_is_not_taken_out_of_service(tmp_path, stage):
    world = World(tmp_path)

    def write_back():
        world.credentials = PLAIN

    with pytest.raises(RotationUnfinished, match="ops") as caught:
        world.rotation(step=at(f"after {stage} intent", write_back)).begin()
    assert "awscreds rotate --resume" in caught.value.hint
    assert OLD.id in world.aws
    finish(world)
    world.require_good_end()


def test_the_other_key_stays_where_a_profile_has_come_to_use_it(tmp_path):
    world = World(tmp_path)
    other = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
    world.aws[other.id], world.created[other.id] = ACTIVE, 0.0
    until(world, "after begin intent", RotationOptions(other=other.id))
    world.config += f"[profile ci]\nawscreds_access_key_id = {other.id}\n"
    with pytest.raises(AwscredsError, match="ci") as caught:
        world.rotation().resume()
    assert not isinstance(caught.value, RotationUnfinished)
    assert world.aws == {OLD.id: ACTIVE, other.id: ACTIVE}


def test_the_right_plaintext_secret_of_a_wrong_stored_one_survives(tmp_path):
    world = World(tmp_path, config="")
    world.entries[OLD.id] = AccessKey(OLD.id, "a" * 40)
    world.mfa = True

    def fail():
        world.fails[f"identity {NEW}"] = UNKNOWN

    with pytest.raises(AwscredsError, match="was before"):
        world.rotation(step=at("after deactivate done", fail)).begin()
    assert world.aws == {OLD.id: ACTIVE}
    assert world.entries[OLD.id] == OLD or OLD.secret in world.credentials


# -- what is left ------------------------------------------------------------------------------


def test_a_way_back_leaves_no_copy_of_a_plaintext_key_in_the_store(tmp_path):
    world = World(tmp_path, config="")
    world.fails[f"identity {NEW}"] = UNKNOWN
    with pytest.raises(AwscredsError, match="everything is as it was before"):
        world.rotation().begin()
    assert world.entries == {}
    assert world.credentials == PLAIN


def test_a_way_back_says_that_the_other_key_stays_deleted(tmp_path):
    world = World(tmp_path)
    world.aws["AKIAOTHER"], world.created["AKIAOTHER"] = ACTIVE, 0.0
    world.fails["create"] = AwsError("denied", aws_code="AccessDenied")
    with pytest.raises(AwscredsError) as caught:
        world.rotation(RotationOptions(other="AKIAOTHER")).begin()
    assert "AKIAOTHER is deleted" in caught.value.message
    assert "everything is as it was" not in caught.value.message


def test_another_key_whose_deletion_got_no_answer_is_not_said_to_be_there(tmp_path):
    world = World(tmp_path)
    world.aws["AKIAOTHER"], world.created["AKIAOTHER"] = ACTIVE, 0.0
    world.at_action = lambda name: (
        (_ for _ in ()).throw(AwsError("no answer")) if name == "after delete AKIAOTHER" else 0
    )
    with pytest.raises(RotationUnfinished):
        world.rotation(RotationOptions(other="AKIAOTHER")).begin()
    world.at_action = lambda _name: None
    finish(world)
    world.require_good_end()


def test_a_way_back_says_that_a_plaintext_key_is_in_the_store_now(tmp_path):
    world = World(tmp_path, mfa=True)

    def fail():
        world.fails[f"identity {NEW}"] = UNKNOWN

    with pytest.raises(AwscredsError, match="the key of ops is in the secret store now") as caught:
        world.rotation(step=at("after deactivate done", fail)).begin()
    assert "everything is" not in caught.value.message
    assert LINE in world.config


def test_a_journal_that_cannot_be_begun_leaves_no_unfinished_rotation(tmp_path, monkeypatch):
    import errno
    import os

    def full(_fd, _data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    world = World(tmp_path)
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(AwscredsError, match="cannot write"):
        world.rotation().begin()
    assert unfinished(world.state_dir) == []
    assert world.aws == {OLD.id: ACTIVE}


@pytest.mark.parametrize("line", [f"{stage.name} {INTENT}" for stage in table.FORWARD])
def test_what_cannot_be_written_down_before_is_not_done(tmp_path, monkeypatch, line):
    import errno
    import os

    def full(_fd, _data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    world = World(tmp_path)
    actions = []

    def fill():
        monkeypatch.setattr(os, "write", full)
        world.at_action = actions.append

    rotation = world.rotation(step=at(f"before {line}", fill))
    if line.split()[0] in (table.CLEAN_UP, table.MAKE_ROOM):
        return  # not gone through in this one
    with pytest.raises(AwscredsError, match="cannot write"):
        rotation.begin()
    assert actions == []
    monkeypatch.undo()
    world.at_action = lambda _name: None
    finish(world)
    if OLD.id in world.aws:
        world.rotation().begin()
    world.require_good_end()


@pytest.mark.parametrize("named", [OLD.id, "AKIAOTHER"])
def test_a_new_key_that_is_called_like_one_that_was_there_overwrites_no_secret(
    tmp_path, monkeypatch, named
):
    world = World(tmp_path, mfa=True)
    world.created["AKIAOTHER"] = 0.0
    answer = CreatedKey(AccessKey(named, "e" * 40), 0.0)
    monkeypatch.setattr(Iam, "create_access_key", lambda *_: answer)
    monkeypatch.setattr(World, "listed", lambda _: dict.fromkeys([OLD.id, "AKIAOTHER"], ACTIVE))
    with pytest.raises(AwsError, match=f"names {named}, .* as it was before") as caught:
        world.rotation().begin()
    assert caught.value.code == "aws-unreadable"
    assert world.entries == {OLD.id: OLD}
    assert (world.config, world.credentials) == (MANAGED, PLAIN)
    assert unfinished(world.state_dir) == []


@pytest.mark.parametrize(
    ("theirs", "used"),
    [
        ({"AKIATHEIRS": 61}, ()),
        ({"AKIATHEIRS": -3}, ()),
        ({"AKIATHEIRS": 1}, ("AKIATHEIRS",)),
        ({"AKIATHEIRS": 1, "AKIAHERS": 1}, ()),
    ],
    ids=["made later", "made before", "used", "one of two"],
)
def test_a_key_that_may_be_a_colleagues_is_left_alone_and_named(tmp_path, theirs, used):
    world = World(tmp_path)
    until(world, "after create intent")
    for key_id, after in theirs.items():
        world.aws[key_id], world.created[key_id] = ACTIVE, world.now + after
    world.used.update(used)
    before = dict(world.aws)
    with pytest.raises(RotationUnfinished, match="AKIATHEIRS") as caught:
        world.rotation().resume()
    assert caught.value.code == "ambiguous-key"
    assert world.aws == before


def test_no_way_leads_back_to_an_old_key_that_does_not_work(tmp_path):
    world = World(tmp_path, mfa=True)

    def fail():
        world.fails[f"identity {NEW}"] = world.fails[f"identity {OLD.id}"] = UNKNOWN

    with pytest.raises(RotationUnfinished):
        world.rotation(step=at("after deactivate done", fail)).begin()
    assert {OLD.id, NEW} == set(world.aws) == set(world.entries)


def test_no_way_leads_back_to_an_old_key_that_is_gone(tmp_path):
    world = World(tmp_path, mfa=True)

    def fail():
        world.fails[f"identity {NEW}"] = UNKNOWN
        world.set_status(OLD.id, None)

    with pytest.raises(RotationUnfinished, match="does not exist any longer") as caught:
        world.rotation(step=at("after deactivate done", fail)).begin()
    assert "awscreds rotate --resume" in caught.value.hint
    assert NEW in world.aws
    assert NEW in world.entries


def test_an_old_key_whose_secret_alone_is_gone_is_still_ended_at_aws(tmp_path):
    world = World(tmp_path, credentials="")
    until(world, "after switch done")
    del world.entries[OLD.id]
    assert world.rotation().resume().status == ROTATED
    assert OLD.id not in world.aws


def test_with_the_new_keys_secret_gone_after_the_old_key_nothing_is_said_to_be_done(tmp_path):
    world = World(tmp_path, credentials="")
    until(world, "after delete done")
    world.entries.clear()
    with pytest.raises(AwscredsError):
        world.rotation().resume()
    assert unfinished(world.state_dir) == [OLD.id]

"""A resumed rotation whose keys AWS refuses: what is said, what is waited for, and how it ends."""

import pytest

from awscreds.aws.gateway import Identity
from awscreds.aws.iam import ACTIVE
from awscreds.commands.rotate.report import result
from awscreds.errors import AwscredsError, AwsError, EntryMissing, RotationUnfinished
from awscreds.model.credentials import AccessKey
from awscreds.model.rotation import RotateOptions
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.rotation.interrupt import INTERRUPTED, GracefulInterrupt
from awscreds.workflows.rotation.results import (
    KEYS_GONE,
    NOT_BEGUN,
    NOTHING_STORED,
    ROLLED_BACK,
    ROTATED,
)
from awscreds.workflows.rotation.service import RotationService
from awscreds.workflows.rotation.waiting import LIMIT
from tests.workflows.rotation.world import OLD, Died, Iam, World, finish

NEW = "AKIANEW1"
BUSY = AwsError("busy", aws_code="Throttling")
THIRD = AccessKey("AKIATHIRD", "t" * 40)

both = pytest.mark.parametrize("mfa", [False, True], ids=["plain", "mfa"])


def died(world, step):
    """A rotation that died at a step of its journal, and whose sessions have expired."""

    def die(name):
        if name == step:
            raise Died

    with pytest.raises(Died):
        world.rotation(step=die).begin()
    world.sessions_of.clear()


def delete_at_aws(world, *key_ids):
    for key_id in key_ids:
        world.set_status(key_id, None)


def configure_another_key(world):
    world.aws[THIRD.id], world.secrets[THIRD.id], world.entries[THIRD.id] = (
        ACTIVE,
        THIRD.secret,
        THIRD,
    )
    world.config = f"[profile dev]\nawscreds_access_key_id = {THIRD.id}\n"
    world.credentials = ""


@both
def test_a_key_that_aws_refuses_is_not_said_to_be_missing_in_the_store(tmp_path, mfa):
    world = World(tmp_path, mfa=mfa)
    died(world, "after create intent")
    delete_at_aws(world, OLD.id)
    with pytest.raises(RotationUnfinished, match="AWS accepts no key of alice") as caught:
        world.rotation().resume()
    assert OLD.id in caught.value.message
    assert "awscreds configure --profile dev" in caught.value.hint


@both
def test_a_key_that_is_not_stored_is_said_to_be_missing(tmp_path, mfa):
    world = World(tmp_path, mfa=mfa, credentials="")
    died(world, "after create intent")
    world.entries.clear()
    with pytest.raises(RotationUnfinished, match="no store has the secret") as caught:
        world.rotation().resume()
    assert "awscreds configure --profile dev; then: awscreds rotate --resume" in caught.value.hint
    configure_another_key(world)
    outcome = world.rotation().resume()
    assert (outcome.status, outcome.left) == (ROLLED_BACK, NOTHING_STORED)
    assert unfinished(world.state_dir) == []


def test_with_mfa_too_many_requests_are_no_refusal_of_a_key(tmp_path):
    world = World(tmp_path, mfa=True)
    died(world, "after store done")
    left = [BUSY] * 4

    def busy(name, usual=world._maybe_fail):
        if left and name.startswith("identity AKIA"):
            raise left.pop()
        usual(name)

    world._maybe_fail = busy
    assert world.rotation().resume().status == ROTATED
    assert left == []
    world.require_good_end()


def test_with_mfa_a_network_that_is_down_is_no_refusal_of_a_key(tmp_path):
    world = World(tmp_path, mfa=True)
    died(world, "after store done")
    world.fails["network"] = AwsError("no connection")
    with pytest.raises(RotationUnfinished, match="no connection") as caught:
        world.rotation().resume()
    assert "accepts no key" not in caught.value.message


def test_whoever_waits_for_a_key_that_aws_refuses_is_told_once(tmp_path):
    world = World(tmp_path)
    died(world, "after create intent")
    delete_at_aws(world, OLD.id)
    world.told.clear()
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    assert len(world.told) == 1
    assert f"up to {LIMIT:.0f} seconds" in world.told[0]


# -- nothing is left to finish ---------------------------------------------------------------------


@both
@pytest.mark.parametrize("step", ["after create intent", "after store done", "after switch done"])
def test_a_rotation_whose_keys_are_gone_ends_once_all_profiles_have_another_key(
    tmp_path, step, mfa
):
    world = World(tmp_path, mfa=mfa)
    died(world, step)
    delete_at_aws(world, *world.aws)
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    stored = dict(world.entries)
    configure_another_key(world)
    outcome = world.rotation().resume()
    assert (outcome.status, outcome.left) == (ROLLED_BACK, KEYS_GONE)
    assert unfinished(world.state_dir) == []
    assert world.entries == {**stored, THIRD.id: THIRD}
    assert world.aws == {THIRD.id: ACTIVE}


@pytest.mark.parametrize("used", [OLD.id, NEW], ids=["the old one", "the new one"])
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_rotation_whose_keys_are_gone_stays_while_a_file_names_one(tmp_path, used, where):
    world = World(tmp_path)
    died(world, "after store done")
    delete_at_aws(world, OLD.id, NEW)
    configure_another_key(world)
    if where == "here":
        world.config += f"[profile ci]\nawscreds_access_key_id = {used}\n"
    else:
        world.elsewhere = used
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    assert unfinished(world.state_dir) == [OLD.id]


@pytest.mark.parametrize("secret", [None, "w" * 40], ids=["lost", "wrong"])
def test_a_rotation_stays_if_nobody_can_tell_whether_aws_has_its_new_key(tmp_path, secret):
    world = World(tmp_path)
    died(world, "after store done")
    delete_at_aws(world, OLD.id)
    configure_another_key(world)
    if secret:
        world.entries[NEW] = AccessKey(NEW, secret)
    else:
        del world.entries[NEW]
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    assert unfinished(world.state_dir) == [OLD.id]


def test_a_rotation_whose_keys_are_stored_stays_whatever_else_is_missing(tmp_path):
    world = World(tmp_path, mfa=True)
    died(world, "after store done")
    configure_another_key(world)

    def session(*_, **__):
        raise EntryMissing("the seed of the MFA device is in no store")

    world.session = session
    with pytest.raises(RotationUnfinished, match="the seed"):
        world.rotation().resume()
    assert unfinished(world.state_dir) == [OLD.id]


def test_a_rotation_that_ended_because_its_keys_are_gone_is_not_said_to_be_undone(tmp_path):
    world = World(tmp_path)
    died(world, "after store done")
    delete_at_aws(world, OLD.id, NEW)
    configure_another_key(world)
    service = RotationService(world.context, world.interaction, lambda _: world.access)
    service._require_same_place = lambda *_: None
    report = service.resume(Journal(world.state_dir, OLD.id, clock=world.clock))
    shown = result([report])
    assert shown.exit_code == 1
    [[text]] = shown.warnings
    assert text.startswith(f"the rotation of {OLD.id} has ended: AWS accepts none of its keys")


# -- a user who is renamed or replaced -------------------------------------------------------------


def died_of(world, user_id):
    """A rotation that died, whose journal has the ID of its user."""
    rotation = world.rotation()
    rotation.state.journal.facts["user_id"] = user_id
    rotation.state.journal._step = lambda name: died_at(name, "after switch done")
    with pytest.raises(Died):
        rotation.begin()


def died_at(name, step):
    if name == step:
        raise Died


@both
def test_the_rotation_of_a_user_who_was_renamed_is_finished_under_the_new_name(
    tmp_path, monkeypatch, mfa
):
    world = World(tmp_path, mfa=mfa)
    died_of(world, "AIDA-ALICE")
    world.arn = "arn:aws:iam::123456789012:user/alice-smith"
    named = []

    def noting(call):
        def note(iam, user_name, *rest, **more):
            named.append(user_name)
            return call(iam, user_name, *rest, **more)

        return note

    for name in ("list_access_keys", "update_access_key", "delete_access_key"):
        monkeypatch.setattr(Iam, name, noting(getattr(Iam, name)))
    assert world.rotation().resume().status == ROTATED
    assert set(named) == {"alice-smith"}
    world.require_good_end()


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_rotation_of_a_user_who_is_another_by_now_is_left_alone(tmp_path, name):
    world = World(tmp_path)
    died_of(world, "AIDA-ALICE")
    arn = f"arn:aws:iam::123456789012:user/{name}"
    world.identity = lambda _: Identity("123456789012", arn, "AIDA-ANOTHER")
    with pytest.raises(RotationUnfinished) as caught:
        world.rotation().resume()
    assert caught.value.code == "other-owner"


# -- Ctrl-C before anything is changed -------------------------------------------------------------


@pytest.mark.parametrize("again", [False, True], ids=["first look", "second look"])
def test_a_rotation_that_is_interrupted_while_it_looks_has_not_begun(tmp_path, again):
    world = World(tmp_path)
    interrupt = GracefulInterrupt(lambda _: None, world.sleep)
    world.sleep = interrupt.sleep
    looks = []

    def busy(name):
        if name == "list":
            looks.append(name)
        if name == "list" and len(looks) > again:
            interrupt.signal = 2
            raise BUSY

    world._maybe_fail = busy
    if again:
        world.context.traffic.alone_with = lambda *_: _Waited()
    service = RotationService(world.context, world.interaction, lambda _: world.access)
    report = service.rotate(OLD.id, RotateOptions())
    assert (report.status, report.error.code) == (NOT_BEGUN, INTERRUPTED)
    assert not isinstance(report.error, RotationUnfinished)
    assert unfinished(world.state_dir) == []
    assert world.aws == {OLD.id: ACTIVE}


class _Waited:
    def __enter__(self):
        return True

    def __exit__(self, *_):
        pass


def test_a_rotation_that_is_interrupted_while_it_waits_is_unfinished(tmp_path):
    world = World(tmp_path)
    interrupt = GracefulInterrupt(lambda _: None, world.sleep)
    world.sleep = interrupt.sleep
    world.fails[f"identity {NEW}"] = AwsError("no", aws_code="InvalidClientTokenId")

    def step(name):
        if name == "after verify intent":
            interrupt.signal = 2

    with pytest.raises(AwscredsError) as caught:
        world.rotation(step=step).begin()
    assert isinstance(caught.value, RotationUnfinished)
    world.fails.clear()
    interrupt.signal = None
    finish(world)
    world.require_good_end()

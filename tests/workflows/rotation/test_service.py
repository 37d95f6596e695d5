"""From what is unfinished to a report."""

import pytest

from awscreds.aws.iam import ACTIVE
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.rotation import RotationOptions
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.rotation.results import ENDED_ELSEWHERE
from awscreds.workflows.rotation.service import RotateOptions, RotationService
from tests.workflows.rotation.world import MANAGED, OLD, PLAIN, World, finish, go

OTHER = "AKIAIOSFODNN7EXAMPL2"


def jobs(world, load=None):
    def not_now(*_):
        raise AssertionError("nothing of it is to be asked")

    return RotationService(
        world.state_dir,
        load or not_now,
        not_now,
        environ={},
        paths=("config", "credentials"),
        clock=world.clock,
        step=lambda _: None,
        known_creation=lambda _: None,
        note_creation=not_now,
        may_move=not_now,
        may_replace=not_now,
        explain=not_now,
    )


def test_a_rotation_that_another_process_ended_meanwhile_is_not_begun_anew(tmp_path):
    world = World(tmp_path)
    assert not go(world, 12)
    seen_before = Journal(world.state_dir, OLD.id, clock=world.clock)
    finish(world)
    report = jobs(world).resume(seen_before)
    assert (report.status, report.is_good) == (ENDED_ELSEWHERE, True)
    assert unfinished(world.state_dir) == []
    world.require_good_end()


def test_a_key_that_no_profile_uses_by_now_is_not_rotated(tmp_path):
    report = jobs(World(tmp_path), lambda: Profiles(Document(), Document())).rotate(
        OLD.id, RotateOptions()
    )
    assert report.error.code == "key-not-used"
    assert OLD.id in report.error.message


@pytest.mark.parametrize(
    ("begun", "wished", "option"),
    [
        ({}, {"keep_old": "active"}, "--keep-old"),
        ({"keep_old": "inactive"}, {"keep_old": "active"}, "--keep-old"),
        ({}, {"grace": 3600}, "--grace"),
        ({"grace": 60}, {"grace": 3600}, "--grace"),
        ({}, {"keep_plaintext": True}, "--keep-plaintext"),
    ],
)
def test_what_was_begun_otherwise_is_not_finished_against_what_is_asked_for_now(
    tmp_path, begun, wished, option
):
    world = World(tmp_path)
    assert not go(world, 12, RotationOptions(**begun))
    before = (dict(world.aws), dict(world.entries), world.config, world.credentials)
    report = jobs(world).rotate(OLD.id, RotateOptions(**wished))
    assert report.error.code == "rotation-unfinished"
    assert option in report.error.message
    assert "awscreds rotate --resume" in report.error.hint
    assert (world.aws, world.entries, world.config, world.credentials) == before
    assert world.aws[OLD.id] == ACTIVE


def real_jobs(world, means_of, *, may_replace=lambda _: True):
    return RotationService(
        world.state_dir,
        lambda: Profiles(
            Document.parse(world.config.encode()),
            Document.parse(world.credentials.encode(), credentials=True),
        ),
        means_of,
        environ={},
        paths=(world.config_path, world.credentials_path),
        clock=world.clock,
        step=lambda _: None,
        known_creation=lambda _: None,
        note_creation=lambda *_: None,
        may_move=lambda _: True,
        may_replace=may_replace,
        explain=lambda *_: None,
    )


def test_a_rotation_that_another_process_has_begun_and_left_meanwhile_is_not_begun_again(tmp_path):
    world = World(tmp_path)

    def means_of(_name):
        assert not go(world, 12)
        return world

    report = real_jobs(world, means_of).rotate(OLD.id, RotateOptions())
    assert report.error.code == "rotation-unfinished"
    assert "awscreds rotate --resume" in report.error.hint
    assert len(world.aws) == 2


@pytest.mark.parametrize(
    ("config", "credentials", "elsewhere"),
    [
        ("", "", OTHER),
        (f"[profile x]\nawscreds_access_key_id = {OTHER}\n", "", None),
        ("", f"[x]\naws_access_key_id = {OTHER}\n", None),
        ("", f"[x]\naws_access_key_id = {OTHER}\n[x]\naws_access_key_id = AKIATHIRD\n", None),
    ],
    ids=["another config", "managed", "plaintext", "where botocore does not look"],
)
def test_the_other_key_stays_wherever_a_file_has_it(tmp_path, config, credentials, elsewhere):
    world = World(tmp_path, config=MANAGED + config, credentials=PLAIN + credentials)
    world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    world.elsewhere = elsewhere
    wishes = RotateOptions(replace_other=True, keep_plaintext=True)
    report = real_jobs(world, lambda _: world).rotate(OLD.id, wishes)
    assert report.error.code == "two-keys"
    assert OTHER in report.error.message
    assert "has two keys already" in report.error.message
    assert report.stages == []
    assert set(world.aws) == {OLD.id, OTHER}


def test_the_other_key_goes_only_where_somebody_agrees(tmp_path):
    world = World(tmp_path)
    world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    refusing = real_jobs(world, lambda _: world, may_replace=lambda _: False)
    report = refusing.rotate(OLD.id, RotateOptions(keep_plaintext=True))
    assert report.error.code == "two-keys"
    assert "--replace-other" in report.error.hint
    assert set(world.aws) == {OLD.id, OTHER}

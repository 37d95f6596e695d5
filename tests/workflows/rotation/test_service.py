"""From what is unfinished to a report."""

import contextlib

import pytest

from awscreds.aws.iam import ACTIVE
from awscreds.errors import ConfigurationError
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.rotation import RotateOptions, RotationOptions
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.rotation.interaction import Interaction
from awscreds.workflows.rotation.results import (
    ENDED_ELSEWHERE,
    ROTATED,
    SKIPPED,
    UNFINISHED,
    WAITING,
)
from awscreds.workflows.rotation.service import RotationService, all_keys, key_of
from awscreds.workflows.rotation.traffic import Traffic
from tests.workflows.rotation.world import MANAGED, OLD, PLAIN, World, finish, go

OTHER = "AKIAIOSFODNN7EXAMPL2"


def service_of_journals(world, profiles=None):
    """A service that looks at journals, and has nothing else to do."""

    def not_now(*_):
        raise AssertionError("nothing of it is to be asked")

    world.context.profiles = profiles or not_now
    nobody = Interaction(
        tell=not_now,
        explain=not_now,
        confirm=not_now,
        ask=not_now,
        may_move=not_now,
        may_replace=not_now,
    )
    return RotationService(world.context, nobody, not_now)


def test_a_rotation_that_another_process_ended_meanwhile_is_not_begun_anew(tmp_path):
    world = World(tmp_path)
    assert not go(world, 12)
    seen_before = Journal(world.state_dir, OLD.id, clock=world.clock)
    finish(world)
    report = service_of_journals(world).resume(seen_before)
    assert (report.status, report.is_good) == (ENDED_ELSEWHERE, True)
    assert unfinished(world.state_dir) == []
    world.require_good_end()


@pytest.mark.parametrize("options", [None, {}, {"grace": 60}], ids=["resume", "rotate", "grace"])
def test_a_rotation_that_ends_before_its_journal_is_read_is_not_begun_anew(
    tmp_path, monkeypatch, options
):
    world = World(tmp_path)
    assert not go(world, 12)

    def unfinished_and_then_finished(state_dir):
        found = unfinished(state_dir)
        finish(world)
        return found

    monkeypatch.setattr(f"{RotationService.__module__}.unfinished", unfinished_and_then_finished)
    here = service_of_journals(world)
    reports = (
        here.resume_all() if options is None else [here.rotate(OLD.id, RotateOptions(**options))]
    )
    assert [report.status for report in reports] == [ENDED_ELSEWHERE]
    world.require_good_end()


def test_what_nobody_expects_stops_no_other_resume_and_leaves_it_unfinished(tmp_path):
    world = World(tmp_path)
    assert not go(world, 12)

    def breaks(_name):
        raise OSError(5, "Input/output error")

    here = RotationService(world.context, world.interaction, breaks)
    [report] = here.resume_all()
    assert (report.status, report.error.exit_code) == (UNFINISHED, 7)
    assert f"the rotation of {OLD.id} is unfinished" in report.error.message
    assert "Input/output error" in report.error.message


def test_a_key_that_no_profile_uses_by_now_is_not_rotated(tmp_path):
    report = service_of_journals(World(tmp_path), lambda: Profiles(Document(), Document())).rotate(
        OLD.id, RotateOptions()
    )
    assert report.error.code == "key-not-used"
    assert OLD.id in report.error.message


@pytest.mark.parametrize(
    ("begun", "asked", "option"),
    [
        ({}, {"keep_old": "active"}, "--keep-old"),
        ({"keep_old": "inactive"}, {"keep_old": "active"}, "--keep-old"),
        ({}, {"grace": 3600}, "--grace"),
        ({"grace": 60}, {"grace": 3600}, "--grace"),
        ({}, {"keep_plaintext": True}, "--keep-plaintext"),
    ],
)
def test_what_was_begun_otherwise_is_not_finished_against_what_is_asked_for_now(
    tmp_path, begun, asked, option
):
    world = World(tmp_path)
    assert not go(world, 12, RotationOptions(**begun))
    before = (dict(world.aws), dict(world.entries), world.config, world.credentials)
    report = service_of_journals(world).rotate(OLD.id, RotateOptions(**asked))
    assert report.error.code == "rotation-unfinished"
    assert option in report.error.message
    assert "awscreds rotate --resume" in report.error.hint
    assert (world.aws, world.entries, world.config, world.credentials) == before
    assert world.aws[OLD.id] == ACTIVE


def service(world, access_of=None):
    return RotationService(world.context, world.interaction, access_of or (lambda _: world.access))


def test_a_rotation_that_another_process_has_begun_and_left_meanwhile_is_not_begun_again(tmp_path):
    world = World(tmp_path)

    def access_of(_name):
        assert not go(world, 12)
        return world.access

    report = service(world, access_of).rotate(OLD.id, RotateOptions())
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
    options = RotateOptions(replace_other=True, keep_plaintext=True)
    report = service(world).rotate(OLD.id, options)
    assert report.error.code == "two-keys"
    assert OTHER in report.error.message
    assert "already has two access keys" in report.error.message
    assert report.stages == []
    assert set(world.aws) == {OLD.id, OTHER}


def test_the_other_key_goes_only_where_somebody_agrees(tmp_path):
    world = World(tmp_path)
    world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    world.interaction.may_replace = lambda _: False
    report = service(world).rotate(OLD.id, RotateOptions(keep_plaintext=True))
    assert report.error.code == "two-keys"
    assert "--replace-other" in report.error.hint
    assert set(world.aws) == {OLD.id, OTHER}


def test_after_another_rotation_of_the_user_the_keys_at_aws_are_looked_at_again(tmp_path):
    world = World(tmp_path)
    world.interaction.may_replace = lambda _: False

    class Behind(Traffic):
        @contextlib.contextmanager
        def alone_with(self, account, user):
            assert (account, user) == ("123456789012", "alice")
            world.aws[OTHER], world.created[OTHER] = ACTIVE, world.now
            yield True

    world.context.traffic = Behind()
    report = service(world).rotate(OLD.id, RotateOptions(keep_plaintext=True))
    assert report.error.code == "two-keys"
    assert set(world.aws) == {OLD.id, OTHER}


def test_a_resume_in_another_partition_asks_nobody_and_says_so(tmp_path):
    config = MANAGED.replace("[profile dev]", "[profile dev]\nregion = cn-north-1")
    world = World(tmp_path, config=config, credentials="")
    world.fails["keep"] = world.fails["delete"] = ConfigurationError("the disk is full")
    began = service(world).rotate(OLD.id, RotateOptions())
    assert (began.status, world.reached) == (UNFINISHED, (None, None))
    facts = Journal(world.state_dir, OLD.id, clock=world.clock).facts
    assert (facts["partition"], facts["user_id"]) == ("aws-cn", "AIDA-ALICE")
    world.fails.clear()
    world.config, asked = "", []
    world.at_action = asked.append
    [report] = service(world).resume_all()
    assert report.error.code == "other-endpoint"
    assert "the partition aws-cn, but the region is now us-east-1" in report.error.message
    assert "AWS_REGION" in report.error.hint
    assert asked == []
    world.context.environ = {"AWS_REGION": "cn-northwest-1"}
    [report] = service(world).resume_all()
    assert report.error is None


def test_a_new_key_is_rotated_again_only_after_the_grace_of_the_old_one(tmp_path):
    world = World(tmp_path)
    service(world).rotate(OLD.id, RotateOptions(grace=3600))
    [new] = set(world.aws) - {OLD.id}

    waiting = service(world).rotate(new, RotateOptions(older_than=1))
    assert (waiting.status, waiting.key_id) == (WAITING, OLD.id)
    assert world.aws == {OLD.id: ACTIVE, new: ACTIVE}

    world.now += 3600
    ended = service(world).rotate(new, RotateOptions())
    assert (ended.status, ended.key_id) == (ROTATED, new)
    [newest] = world.aws
    assert newest not in (OLD.id, new)


def test_a_key_is_young_up_to_the_age_that_was_asked_for(tmp_path):
    world = World(tmp_path)
    is_young = service_of_journals(world)._is_young
    options = RotateOptions(older_than=100)
    assert is_young(world.now - 99, options)
    assert not is_young(world.now - 100, options)
    assert not is_young(world.now - 1, RotateOptions())


@pytest.mark.parametrize(("dry_run", "noted"), [(False, [(OLD.id, 0.0)]), (True, [])])
def test_the_age_of_a_young_key_is_noted_but_not_by_a_dry_run(tmp_path, dry_run, noted):
    world, notes = World(tmp_path), []
    world.context.note_creation = lambda *note: notes.append(note)
    options = RotateOptions(older_than=2 * int(world.now), dry_run=dry_run)
    assert service(world).rotate(OLD.id, options).status == SKIPPED
    assert notes == noted


def test_what_is_no_key_id_is_refused_and_not_shown():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    config = f"[profile dev]\naws_access_key_id = {secret}\n"
    profiles = Profiles(Document.parse(config.encode()), Document())
    with pytest.raises(ConfigurationError) as caught:
        key_of(profiles.find("dev"), profiles)
    assert caught.value.code == "bad-access-key-id"
    assert secret not in caught.value.whole


def test_a_profile_without_a_key_of_its_own_has_none_to_rotate():
    ops = b"[profile ops]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = dev\n"
    # A source that does not exist has nothing to rotate either.
    for more, hint in (
        (b"[profile dev]\n", "rotate --profile dev"),
        (b"", "configure --profile ops"),
    ):
        profiles = Profiles(Document.parse(ops + more), Document())
        with pytest.raises(ConfigurationError) as caught:
            key_of(profiles.find("ops"), profiles)
        assert caught.value.code == "no-credentials"
        assert caught.value.hint.endswith(f"awscreds {hint}")


def test_only_long_lived_keys_of_aws_are_all_keys():
    config = "".join(
        f"[profile p{n}]\nawscreds_access_key_id = {key}\n"
        for n, key in enumerate((OLD.id, "ASIAIOSFODNN7EXAMPLE", "test", OLD.id))
    )
    profiles = Profiles(Document.parse(config.encode()), Document())
    assert all_keys(profiles) == [OLD.id]

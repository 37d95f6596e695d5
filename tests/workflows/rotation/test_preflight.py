"""What stops a rotation before anything is done."""

import os
import re
from dataclasses import replace

import pytest

from awscreds.app import App
from awscreds.aws.iam import ACTIVE, INACTIVE
from awscreds.commands.rotate import batch
from awscreds.commands.rotate.progress import ProgressLine
from awscreds.commands.rotate.run import RotateCommand
from awscreds.errors import (
    AwscredsError,
    AwsError,
    ConfigurationError,
    InputNeeded,
    RotationUnfinished,
    UsageError,
)
from awscreds.model.rotation import RotateOptions, RotationOptions
from awscreds.workflows.rotation.context import RotationContext
from awscreds.workflows.rotation.traffic import Traffic
from tests.workflows.rotation.world import MANAGED, OLD, Iam, World, finish


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_an_installation_that_no_line_can_start_is_found_out_where_keys_would_move(world):
    def no_line(_profile):
        raise ConfigurationError("no line can start this", code="unusable-installation")

    world.process_line = no_line
    with pytest.raises(ConfigurationError, match="no line"):
        world.preflight()
    assert world.preflight(keep_plaintext=True).moving() == ["ops"]
    world.credentials = ""
    assert world.preflight().moving() == []


def test_every_action_that_is_refused_is_named(world, monkeypatch):
    monkeypatch.setattr(Iam, "can_update", lambda *_: False)
    monkeypatch.setattr(Iam, "can_delete", lambda *_: False)
    world.fails["list"] = AwsError("no", aws_code="AccessDenied")
    world.device_of = lambda _key: None
    with pytest.raises(AwsError) as caught:
        world.preflight()
    for action in ("iam:ListAccessKeys", "iam:UpdateAccessKey", "iam:DeleteAccessKey"):
        assert action in caught.value.message


@pytest.mark.parametrize("device", ["arn", None])
def test_nobody_is_asked_twice_for_the_mfa_that_changes_need(world, monkeypatch, device):
    asked = []

    def session(_key, _serial, *, may_ask):
        asked.append(may_ask)
        raise InputNeeded("nobody to ask")

    world.session = session
    world.device_of = lambda _key: device
    monkeypatch.setattr(Iam, "can_update", lambda *_: False)
    with pytest.raises(AwsError, match="iam:UpdateAccessKey"):
        world.preflight()
    assert len(asked) == (1 if device else 0)


def test_a_code_that_is_given_takes_effect_though_nothing_asks_for_it(world):
    world.has_token = True
    plan = world.preflight()
    assert plan.mfa_serial == "arn"
    assert plan.session
    world.device_of = lambda _key: None
    with pytest.raises(UsageError, match="has none that shows codes"):
        world.preflight()


def test_the_code_of_token_is_not_spent_on_a_key_that_wants_none(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(
        f"[profile a]\nawscreds_access_key_id = {OLD.id}\n[profile b]\nmfa_serial = arn\n"
        "awscreds_access_key_id = AKIAIOSFODNN7EXAMPL2\n"
    )
    taken = []

    class AwsAccess:
        def __init__(self, _context, name, codes):
            self.name, self.codes = name, codes

        def session(self, *_, **__):
            taken.append((self.name, self.codes.take_token()))

    monkeypatch.setattr(batch, "AwsAccess", AwsAccess)
    monkeypatch.setattr(RotationContext, "key", lambda _, key_id: key_id)
    app = App({"AWS_CONFIG_FILE": str(config), "AWSCREDS_BACKEND": "vault"})
    many = batch.BatchRotation(RotateCommand(app, RotateOptions(dry_run=True, token="123456")))
    monkeypatch.setattr(app.stores.backend("vault"), "check", lambda: None)
    many._make_ready([OLD.id, "AKIAIOSFODNN7EXAMPL2"])
    assert taken == [("b", "123456")]


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, "a"),
        ({"IAM": "http://localhost:1"}, "a at http://localhost:1"),
        ({"STS": "http://localhost:2"}, "a at http://localhost:2"),
        ({"IAM": "http://localhost:1", "STS": "http://localhost:2"},
         "a at http://localhost:1 and http://localhost:2"),
    ],
)  # fmt: skip
def test_what_is_agreed_to_for_all_keys_names_each_endpoint(tmp_path, variables, shown):
    config = tmp_path / "config"
    config.write_text(f"[profile a]\nawscreds_access_key_id = {OLD.id}\n")
    environ = {f"AWS_ENDPOINT_URL_{service}": url for service, url in variables.items()}
    app = App({"AWS_CONFIG_FILE": str(config), **environ})
    many = batch.BatchRotation(RotateCommand(app, RotateOptions()))
    assert many._described(OLD.id) == shown


def test_each_of_many_keys_waits_for_its_turn_before_it_begins(tmp_path):
    config = tmp_path / "config"
    config.write_text(f"[profile a]\nawscreds_access_key_id = {OLD.id}\n")
    app = App({"AWS_CONFIG_FILE": str(config)})
    many = batch.BatchRotation(RotateCommand(app, RotateOptions()))

    class Full(Traffic):
        def turn(self):
            raise AwscredsError("no turn")

    many._context = replace(many._context, traffic=Full())
    report = many._rotate(OLD.id, ProgressLine(app, 1))
    assert report.error.message == "no turn"
    assert report.stages == []


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("us-east-1", "cn-north-1", "aws-cn"),
        ("us-isob-east-1", "us-iso-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "eu-central-1", "aws-eusc"),
    ],
)
def test_profiles_of_two_partitions_share_no_key(world, first, second, shown):
    world.config += f"region = {first}\n[profile ops]\nregion = {second}\n"
    with pytest.raises(ConfigurationError, match=shown):
        world.preflight()


def here(path):
    """The path as this system shows it."""
    return os.path.abspath(path)


OTHER = "aws_access_key_id = AKIAOTHER\naws_secret_access_key = another-secret\n"
PAIR = f"aws_access_key_id = {OLD.id}\naws_secret_access_key = {OLD.secret}\n"


@pytest.mark.parametrize(
    ("config", "credentials", "place"),
    [
        (f"[default]\n{PAIR}[profile default]\n{PAIR}", "", "/aws/config:2"),
        (f"[default]\n{PAIR}[profile default]\nregion = x\n{MANAGED}", "", "/aws/config:2"),
        (f'{MANAGED}[profile x]\n{PAIR}[profile "x"]\n{PAIR}', "", "/aws/config:4"),
        (f"[ default ]\n{PAIR}{MANAGED}", "", "/aws/config:2"),
        ("", f"[x]\n{PAIR}[x]\n{PAIR}", "/aws/credentials:2"),
        ("", f"[x]\naws_access_key_id = {OLD.id}\n{PAIR}", "/aws/credentials:2"),
        ("", f"[x]\naws_secret_access_key = {OLD.secret}\n{PAIR}", "/aws/credentials:2"),
    ],
)
def test_a_key_that_stands_where_botocore_does_not_look_is_refused_unless_it_moves(
    world, config, credentials, place
):
    world.config, world.credentials = config, credentials
    with pytest.raises(ConfigurationError) as caught:
        world.preflight(keep_plaintext=True)
    assert caught.value.code == "key-in-two-places"
    assert f"is also at {here(place)}, which" in caught.value.message
    assert "join the two sections" in caught.value.hint


def test_a_section_indented_below_a_line_that_would_go_is_kept_before_it_begins(world):
    world.config, world.credentials = "", f"[x]\n{PAIR}aws_session_token = t\n  [lost]\n  a = b\n"
    with pytest.raises(ConfigurationError) as caught:
        world.preflight()
    assert (caught.value.code, "credentials:5" in caught.value.message) == (
        "swallowed-header",
        True,
    )


LONE = "aws_secret_access_key = another-secret\n"


@pytest.mark.parametrize("keep_plaintext", [False, True])
@pytest.mark.parametrize(
    ("config", "credentials", "place"),
    [
        ("", f"[x]\n{LONE}{PAIR}", "/aws/credentials:2"),
        (f"[profile x]\n{LONE}", f"[x]\n{PAIR}", "/aws/config:2"),
        (f'[profile x]\n{LONE}[profile "x"]\nregion = x\n', f"[x]\n{PAIR}", "/aws/config:2"),
    ],
)
def test_a_rotation_that_would_take_another_secret_along_is_refused_before_it_begins(
    world, config, credentials, place, keep_plaintext
):
    world.config, world.credentials = config, credentials
    if keep_plaintext:  # nothing moves, and nothing goes
        world.preflight(keep_plaintext=True)
        return
    with pytest.raises(ConfigurationError) as caught:
        world.preflight()
    assert caught.value.code == "several-keys"
    assert f"({place})" in caught.value.message
    assert "another-secret" not in caught.value.message


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        (f"[default]\n{PAIR}[profile default]\n{PAIR}", ""),
        ("", f"[x]\n{PAIR}[x]\n{PAIR}"),
        ("", f"[x]\naws_secret_access_key = a\n{PAIR}"),
    ],
)
def test_a_key_that_moves_to_the_store_leaves_each_place_where_it_stood(world, config, credentials):
    world.config, world.credentials = config, credentials
    world.rotation().begin()
    world.require_good_end()
    assert OLD.id not in world.config + world.credentials
    assert OLD.secret not in world.config + world.credentials


def test_the_old_key_is_not_ended_while_it_stands_where_botocore_does_not_look(world):
    def written_by_another_program(name):
        if name == "after edit":
            world.config = f"[default]\n{PAIR}[profile default]\n" + world.config

    world.at_action = written_by_another_program
    with pytest.raises(
        RotationUnfinished, match=re.escape(f"still at {here('/aws/config')}:2, which")
    ):
        world.rotation().begin()
    assert world.aws[OLD.id] == ACTIVE
    world.config = world.config.replace(PAIR, "")
    world.at_action = lambda _name: None
    finish(world)
    world.require_good_end()


def test_a_key_that_another_program_took_out_of_the_files_is_not_rotated(world):
    world.config = world.credentials = ""
    with pytest.raises(ConfigurationError) as caught:
        world.preflight()
    assert caught.value.code == "key-not-used"


@pytest.mark.parametrize(
    ("config", "credentials", "place"),
    [
        (f"[default]\n{OTHER}[profile default]\n{PAIR}", "", "/aws/config:2"),
        (
            f"[default]\n{OTHER}[profile default]\nregion = x\n",
            f"[default]\n{PAIR}",
            "/aws/config:2",
        ),
        ("", f"[x]\n{OTHER}[x]\n{PAIR}", "/aws/credentials:2"),
        ("", f"[x]\naws_access_key_id = AKIAOTHER\n{PAIR}", "/aws/credentials:2"),
    ],
)
def test_another_key_that_botocore_does_not_see_is_not_lost_with_the_one_that_moves(
    world, config, credentials, place
):
    world.config, world.credentials = config, credentials
    with pytest.raises(ConfigurationError, match=re.escape(f"is at {here(place)}, which")):
        world.preflight()
    assert world.preflight(keep_plaintext=True).key == OLD
    world.rotation(RotationOptions(keep_plaintext=True)).begin()
    assert OLD.id not in world.config + world.credentials
    assert "AKIAOTHER" in world.config + world.credentials


def refusing(code):
    def refuse():
        raise ConfigurationError("no", code=code)

    return refuse


BEFOREHAND = {
    "others-write": lambda world: setattr(world, "require_trusted", refusing("others-write")),
    "store-locked": lambda world: setattr(world.backend, "check", refusing("store-locked")),
    "root-key": lambda world: setattr(world, "arn", "arn:aws:iam::123456789012:root"),
    "not-a-user": lambda world: setattr(
        world, "arn", "arn:aws:sts::123456789012:assumed-role/a/alice"
    ),
    "key-inactive": lambda world: (
        setattr(world, "linger", 60.0),
        world.set_status(OLD.id, INACTIVE),
    ),
    "key-not-listed": lambda world: (
        setattr(world, "linger", 60.0),
        world.set_status(OLD.id, None),
    ),
}


@pytest.mark.parametrize("code", BEFOREHAND)
def test_what_would_stop_a_rotation_half_way_is_found_out_before_it_begins(world, code):
    assert world.preflight().key == OLD
    BEFOREHAND[code](world)
    with pytest.raises(AwscredsError) as caught:
        world.preflight()
    assert caught.value.code == code


def test_files_that_cannot_be_replaced_are_found_out_before_there_is_a_new_key(world):
    def refuse():
        raise ConfigurationError("it is a mount", code="mounted")

    world.check_replaceable = refuse
    with pytest.raises(ConfigurationError, match="mount"):
        world.preflight()


def test_when_a_key_was_last_used_may_stay_unknown_but_no_failure_is_hidden(world, monkeypatch):
    def refused(code):
        def last_used(_self, _key_id):
            raise AwsError("no", aws_code=code)

        monkeypatch.setattr(Iam, "last_used", last_used)

    refused("AccessDenied")
    assert world.preflight().last_used is None
    refused("ServiceFailure")
    with pytest.raises(AwsError):
        world.preflight()

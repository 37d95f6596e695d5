"""What stops a rotation before anything is done."""

import pytest

from awscreds.errors import AwsError, ConfigurationError, InputNeeded
from awscreds.workflows.rotate_preflight import preflight
from tests.workflows.rotate_world import OLD, Iam, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_an_installation_that_no_line_can_start_is_found_out_where_keys_would_move(world):
    def no_line(_profile):
        raise ConfigurationError("no line can start this", code="unusable-installation")

    world.process_line = no_line
    with pytest.raises(ConfigurationError, match="no line"):
        preflight(OLD.id, world, {})
    assert preflight(OLD.id, world, {}, keep_plaintext=True).moving() == ["ops"]
    world.credentials = ""
    assert preflight(OLD.id, world, {}).moving() == []


def test_every_action_that_is_refused_is_named(world, monkeypatch):
    monkeypatch.setattr(Iam, "can_update", lambda *_: False)
    monkeypatch.setattr(Iam, "can_delete", lambda *_: False)
    world.fails["list"] = AwsError("no", aws_code="AccessDenied")
    world.device_of = lambda _key: None
    with pytest.raises(AwsError) as caught:
        preflight(OLD.id, world, {})
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
        preflight(OLD.id, world, {})
    assert len(asked) == (1 if device else 0)


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
        preflight(OLD.id, world, {})

"""The default length of sessions: one constant, which is what AWS is asked for."""

import pytest

from awscreds.workflows.sessions import durations
from tests.workflows.sessions.fakes import ADMIN, DEV, DEV_MFA, HOUR, NOW, World


@pytest.fixture
def world():
    return World()


def sent(world, call="session_token"):
    """The duration in the one call of that name; None if it had none."""
    (given,) = [parameters for name, _, _, parameters in world.aws.calls if name == call]
    return given.get("duration")


@pytest.mark.parametrize("config", [DEV, DEV_MFA])
@pytest.mark.parametrize("default", [None, 8 * HOUR])
def test_the_default_is_what_aws_is_asked_for(world, config, default, monkeypatch):
    monkeypatch.setattr(durations, "DEFAULT_SESSION", default)
    session = world.obtain(config, "dev").session
    assert sent(world) == default
    assert session.expiration == NOW + (default or durations.AWS_DEFAULT_SESSION)


def test_the_default_holds_for_the_session_behind_a_role_and_not_for_the_role(world, monkeypatch):
    monkeypatch.setattr(durations, "DEFAULT_SESSION", 8 * HOUR)
    world.obtain(DEV_MFA + ADMIN, "admin")
    assert (sent(world), sent(world, "assume_role")) == (8 * HOUR, None)


def test_a_duration_that_was_asked_for_wins_over_the_default(world, monkeypatch):
    monkeypatch.setattr(durations, "DEFAULT_SESSION", 8 * HOUR)
    world.obtain(DEV_MFA, "dev", duration=2 * HOUR)
    assert sent(world) == 2 * HOUR


@pytest.mark.parametrize(("default", "hours"), [(None, 12), (8 * HOUR, 8)])
def test_a_session_shorter_than_the_default_is_said_to_be_that(world, default, hours, monkeypatch):
    monkeypatch.setattr(durations, "DEFAULT_SESSION", default)
    world.aws.longest["session_token"] = HOUR
    (note,) = world.obtain(DEV_MFA, "dev").notes
    assert f"a session of only 1 hour instead of {hours} hours" in note

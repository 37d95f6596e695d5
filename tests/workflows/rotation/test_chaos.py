"""Rotations to which anything happens at any moment, in memory, by seed."""

import os
import random

import pytest

from awscreds.aws.once import AnswerLost
from awscreds.errors import AwscredsError, AwsError, ConfigurationError, StoreLocked
from awscreds.model.rotation import RotationOptions
from awscreds.stores.journal import unfinished
from tests.workflows.rotation.world import MANAGED, OLD, Died, World

NEW = "AKIANEW1"
OUTAGES = {
    "network": [AwsError("no network")],
    "list": [AwsError("no answer"), AwsError("denied", aws_code="AccessDenied")],
    "create": [
        AwsError("busy", aws_code="Throttling"),
        AwsError("500", aws_code="InternalFailure"),
    ],
    "answer": [AnswerLost("lost")],
    "update": [AwsError("no answer"), AwsError("denied", aws_code="AccessDenied")],
    "delete": [
        AwsError("busy", aws_code="Throttling"),
        AwsError("denied", aws_code="AccessDenied"),
    ],
    "edit": [ConfigurationError("full", code="disk-full")],
    "keep": [StoreLocked("locked")],
    "read": [StoreLocked("locked")],
    "erase": [StoreLocked("locked")],
    f"identity {NEW}": [AwsError("no", aws_code="InvalidClientTokenId")],
    f"identity {OLD.id}": [AwsError("no", aws_code="InvalidClientTokenId")],
}


class Chaos:
    """What happens at a step or a action, until it is over; and what must hold at each."""

    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.rate = dice.choice([0.02, 0.05, 0.1])
        self.is_over = False

    def __call__(self, name):
        assert self.world.usable(), f"locked out {name}"
        if OLD.id in self.world.aws:
            files = self.world.config + self.world.credentials
            assert OLD.id in self.world.entries or OLD.secret in files, f"secret lost {name}"
        if self.is_over or self.dice.random() > self.rate:
            return
        match self.dice.choice(["death", "outage", "outage", "recovery"]):
            case "death":
                raise Died
            case "outage":
                self.world.fails.clear()
                what = self.dice.choice(list(OUTAGES))
                self.world.fails[what] = self.dice.choice(OUTAGES[what])
            case "recovery":
                self.world.fails.clear()


def a_world(folder, dice):
    mfa, config = dice.random() < 0.5, dice.choice([MANAGED, ""])
    world = World(folder, mfa=mfa, config=config)
    world.list_lag, world.linger = dice.choice([0, 3, 9]), dice.choice([0, 10])
    keep_plaintext = dice.random() < 0.4
    return world, RotationOptions(keep_plaintext=keep_plaintext, mfa_serial="arn" if mfa else None)


@pytest.mark.daily(10)
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_no_secret_is_lost_and_it_comes_to_a_good_end(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _fd: None)
    for number in range(40):
        dice = random.Random(f"{seed} {number}")
        folder = tmp_path / str(number)
        folder.mkdir()
        world, options = a_world(folder, dice)
        world.at_action = chaos = Chaos(world, dice)
        story = []
        while True:
            rotation = world.rotation(options, step=chaos)
            try:
                outcome = rotation.resume() if unfinished(world.state_dir) else rotation.begin()
                story.append(outcome.status)
            except Died:
                story.append("died")
            except AwscredsError as error:
                assert "has a bug" not in error.message, (number, error)
                story.append(error.message)
            if not unfinished(world.state_dir):
                break
            chaos.is_over = len(story) > dice.randrange(1, 4)
            if chaos.is_over:
                world.fails.clear()
                world.now += 60
        ((key_id, _),) = world.aws.items()
        assert world.usable() == {key_id}, (number, story)
        assert set(world.entries) <= {key_id}, (number, story)
        named = {each for each in world.secrets if each in world.config + world.credentials}
        assert named == {key_id}, (number, story)

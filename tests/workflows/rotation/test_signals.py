"""Ctrl-C, SIGTERM and a closed terminal while one rotation asks for its key."""

import signal
import threading

import pytest

from awscreds.aws.iam import ACTIVE
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwsError
from awscreds.stores.journal import unfinished
from awscreds.workflows.rotation.interrupt import signals_held
from awscreds.workflows.rotation.results import ROTATED
from tests.workflows.rotation.world import OLD, World

NEW = "AKIANEW1"


class Ended(BaseException):
    """What SIGTERM and SIGHUP do here."""


def end(*_):
    raise Ended


@pytest.fixture(autouse=True)
def handlers():
    """Python's own for Ctrl-C; the other signals raise Ended."""
    wanted = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: end}
    if hasattr(signal, "SIGHUP"):
        wanted[signal.SIGHUP] = end
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    yield wanted
    assert {number: signal.getsignal(number) for number in wanted} == wanted
    for number, handler in before.items():
        signal.signal(number, handler)


def every_signal(function):
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return pytest.mark.parametrize("number", [getattr(signal, name) for name in names], ids=names)(
        function
    )


def at(step, do):
    return lambda name: do() if name == step else None


@every_signal
@pytest.mark.parametrize("step", ["before create", "after create"])
def test_a_signal_while_aws_creates_the_key_waits_until_the_journal_has_it(tmp_path, number, step):
    world = World(tmp_path)
    world.at_action = at(step, lambda: signal.raise_signal(number))
    with pytest.raises((KeyboardInterrupt, Ended)):
        world.rotation().begin()
    assert world.aws == {OLD.id: ACTIVE, NEW: ACTIVE}
    assert unfinished(world.state_dir) == [OLD.id]
    assert world.told[-1] == "Wait for the answer with the new key (Ctrl-C again: stop at once)"
    # A resume knows whose key this is, and asks nobody.
    world.at_action, world.agrees = lambda _name: None, False
    assert world.rotation().resume().status == ROTATED
    assert NEW not in world.aws
    world.require_good_end()


@every_signal
def test_a_second_signal_does_not_wait(tmp_path, number):
    world = World(tmp_path)
    steps = []

    def twice():
        signal.raise_signal(number)
        signal.raise_signal(number)

    world.at_action = at("before create", twice)
    with pytest.raises((KeyboardInterrupt, Ended)):
        world.rotation(step=steps.append).begin()
    assert "after create done" not in steps
    assert world.aws == {OLD.id: ACTIVE}


@pytest.mark.parametrize("answer", [AnswerLost("lost"), AwsError("no", aws_code="AccessDenied")])
def test_a_signal_that_waited_is_not_forgotten_if_no_key_comes(tmp_path, answer):
    world = World(tmp_path)

    def fail():
        signal.raise_signal(signal.SIGINT)
        raise answer

    world.at_action = at("before create", fail)
    with pytest.raises(KeyboardInterrupt):
        world.rotation().begin()
    assert unfinished(world.state_dir) == [OLD.id]
    world.at_action = lambda _name: None
    assert world.rotation().resume().status == ROTATED
    world.require_good_end()


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with signals_held(pytest.fail):
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
    assert signal.signal(signal.SIGINT, before) == signal.SIG_IGN


def test_in_another_thread_nothing_is_held():
    seen = []

    def hold():
        with signals_held(pytest.fail):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]

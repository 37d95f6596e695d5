"""Rotations cut off at every line of their journal: nothing is lost, and one command finishes them.

Every kill point is run for a plain user whose key is in the vault; of all else there is (other
users, the keyring, Ctrl-C, full disk, lost network, locked keyring, a resume that is killed too)
a sample, the same each time. ``--full`` runs all of it.
"""

import random

import pytest

from tests.e2e import rotation

SAMPLE = 36
SEED = 4


@pytest.fixture(scope="module")
def stand(sandbox_server):
    with rotation.stand(sandbox_server.control) as stand:
        yield stand


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        cases = CASES[metafunc.function.__name__](full)
        metafunc.parametrize("case", cases, ids=str)


def sample(cases, full, count=SAMPLE):
    cases = list(cases)
    return cases if full else random.Random(SEED).sample(cases, count)


CASES = {
    "test_a_rotation_that_is_left_alone_never_locks_anybody_out": lambda _: [
        rotation.Case(user, store) for user in rotation.USERS for store in rotation.STORES
    ],
    "test_killed_at_any_line_it_can_be_resumed": lambda _: rotation.kill_points("plain", "vault"),
    "test_any_mishap_at_any_line_ends_with_one_good_key": lambda full: sample(
        rotation.mishaps(), full
    ),
    "test_a_resume_that_is_killed_can_be_resumed": lambda full: sample(
        rotation.killed_twice(), full, 12
    ),
    "test_lost_answers_refusals_and_slow_keys_are_lived_with": lambda full: sample(
        [case for user in rotation.USERS for case in rotation.faults(user)], full, 16
    ),
}


def require(result):
    assert not result.problems, "\n".join([*result.problems, result.transcript])
    assert result.secrets_lost == 0, result.transcript
    assert result.lock_outs == 0, result.transcript


def test_a_rotation_that_is_left_alone_never_locks_anybody_out(stand, case):
    result = stand.run(case, watch=True)
    require(result)
    assert result.steps == rotation.expected_steps()


def test_killed_at_any_line_it_can_be_resumed(stand, case):
    require(stand.run(case))


def test_any_mishap_at_any_line_ends_with_one_good_key(stand, case):
    require(stand.run(case))


def test_a_resume_that_is_killed_can_be_resumed(stand, case):
    require(stand.run(case))


def test_lost_answers_refusals_and_slow_keys_are_lived_with(stand, case):
    require(stand.run(case))

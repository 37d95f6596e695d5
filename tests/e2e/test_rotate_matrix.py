"""Rotations cut off at every line of their journal: nothing is lost, and one command finishes them.

A plain user whose key is in the vault is killed at every line, those of the way back and those
after a lost answer included; then there are other users, the keyring, Ctrl-C, a full disk, a lost
network, a locked keyring, slow keys, and a resume that is killed too. A sample is run, another one
every day; ``--full`` runs all of it.
"""

import random
from collections import defaultdict

import pytest

from tests.e2e import rotation
from tests.e2e import rotation_cases as cases
from tests.e2e.rotation_cases import Blow, Case
from tests.helpers import missing_tool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stand(sandbox_server):
    with rotation.stand(sandbox_server.control) as stand:
        yield stand


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames and metafunc.function.__name__ in CASES:
        all_of_them, count = CASES[metafunc.function.__name__]
        chosen = list(all_of_them)
        if count and not metafunc.config.getoption("--full"):
            chosen = sample(chosen, count, metafunc.config.option.day)
        metafunc.parametrize("case", chosen, ids=str)


def sample(population, count, seed):
    """Some of them at random, every sort for every user and store before any comes twice."""
    sorts = defaultdict(list)
    for case in random.Random(seed).sample(population, len(population)):
        sorts[case.kind, case.user, case.store].append(case)
    rounds = [(n, case) for found in sorts.values() for n, case in enumerate(found)]
    return [case for _, case in sorted(rounds, key=lambda numbered: numbered[0])][:count]


CASES = {
    "test_left_alone_it_goes_through_every_line": (cases.undisturbed(), None),
    "test_killed_at_any_line_it_can_be_resumed": (cases.killed("plain", "vault"), None),
    "test_killed_after_a_lost_answer_it_can_be_resumed": (
        list(cases.killed("plain", "vault", cases.LOST_KEY))[-8:],
        None,
    ),
    "test_killed_on_its_way_back_it_can_be_resumed": (
        [case for case in cases.ways_back("plain", "vault") if case.fault != cases.NEVER],
        None,
    ),
    "test_any_mishap_at_any_line_ends_with_one_good_key": (cases.mishaps(), 24),
    "test_any_mishap_in_the_pause_ends_with_one_good_key": (cases.in_the_pause(), 18),
    "test_killed_before_any_change_it_can_be_resumed": (cases.killed_in_between(), 6),
    "test_a_resume_that_is_killed_can_be_resumed": (cases.killed_twice(), 4),
    "test_anybodys_way_back_ends_with_one_good_key": (cases.all_ways_back(), 4),
    "test_killed_while_aws_is_slow_or_silent_it_can_be_resumed": (cases.killed_under_faults(), 8),
    "test_lost_answers_refusals_and_slow_keys_are_lived_with": (cases.all_faults(), 10),
}
"""What each test is run with, and of how many of them CI makes do."""


def run(stand, case):
    """Run it, and see that nothing was lost on the way to a good end."""
    try:
        result = stand.run(case)
    except rotation.NoSmallDisk as error:
        missing_tool(f"a full disk cannot be staged: {error}")
    assert not result.problems, "\n".join([*result.problems, result.transcript])
    assert (result.secrets_lost, result.lock_outs, result.plaintext_left) == (0, 0, 0)
    assert result.looks > 2 * len(result.steps), "nobody looked"
    return result


@pytest.mark.daily(5)
def test_left_alone_it_goes_through_every_line(stand, case):
    result = run(stand, case)
    assert result.steps == cases.expected_steps(case.user)
    if case.user in cases.USERS:
        assert result.calls == cases.calls_of(case.user)  # each of them is lost in a case


@pytest.mark.daily(12)
def test_killed_at_any_line_it_can_be_resumed(stand, case):
    run(stand, case)


@pytest.mark.daily(3)
def test_killed_after_a_lost_answer_it_can_be_resumed(stand, case):
    run(stand, case)


@pytest.mark.daily(10)
def test_killed_on_its_way_back_it_can_be_resumed(stand, case):
    run(stand, case)


def test_any_mishap_at_any_line_ends_with_one_good_key(stand, case):
    run(stand, case)


def test_any_mishap_in_the_pause_ends_with_one_good_key(stand, case):
    run(stand, case)


def test_killed_before_any_change_it_can_be_resumed(stand, case):
    run(stand, case)


def test_a_resume_that_is_killed_can_be_resumed(stand, case):
    run(stand, case)


def test_anybodys_way_back_ends_with_one_good_key(stand, case):
    run(stand, case)


def test_killed_while_aws_is_slow_or_silent_it_can_be_resumed(stand, case):
    run(stand, case)


def test_lost_answers_refusals_and_slow_keys_are_lived_with(stand, case):
    run(stand, case)


def full(how, user, store, at):
    return Case(user, store, (Blow(how, at),))


@pytest.mark.daily(2)
@pytest.mark.parametrize(
    ("full_disk", "what"),
    [
        (full(cases.PAGE_LEFT, "plain", "vault", "after store intent"), "awscreds/vault"),
        (full(cases.DISK_FULL, "plain", "keyring", "after store intent"), "awscreds/state.json"),
        # Which config files will point to the new key is noted before any of them does.
        (full(cases.DISK_FULL, "plain", "vault", "after switch intent"), "awscreds/state.json"),
        (full(cases.DISK_FULL, "kept-plaintext", "vault", "after switch intent"), "state.json"),
        (full(cases.DISK_FULL, cases.LONG, "vault", "before store intent"), ".jsonl"),
        (full(cases.DISK_FULL, cases.LONG, "vault", "before deactivate done"), ".jsonl"),
    ],
    ids=str,
)
def test_a_full_disk_stops_the_writing_of(stand, full_disk, what):
    result = run(stand, full_disk)
    first_run, _, _ = result.transcript.partition("\n-> ")
    assert f"{what}: No space left on device" in first_run, result.transcript

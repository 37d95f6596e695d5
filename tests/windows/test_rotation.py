"""Rotations on Windows, killed at lines of their journal, looked at before every change.

The cases, the watch and the verdict are those of tests/e2e/test_rotate_matrix.py.
"""

import pytest

from tests.e2e import rotation
from tests.e2e import rotation_cases as cases
from tests.e2e.rotation_cases import Blow, Case
from tests.e2e.test_rotate_matrix import run, sample

SEED = 4


@pytest.fixture(scope="module")
def stand(sandbox_server):
    with rotation.stand(sandbox_server.control) as stand:
        yield stand


# Each case takes seconds: a sixth of the lines, in turn with either store. Just before an intent
# is nearly the same as after the line before it.
STEPS = [at for at in cases.expected_steps() if not (at.startswith("before") and "intent" in at)]


def struck(how, store, steps):
    """A plain user, struck at each of the steps."""
    return [Case("plain", store, (Blow(how, at),)) for at in steps]


TAKEN_BACK = [case for case in cases.ways_back("plain", "vault") if case.fault != cases.NEVER]


@pytest.mark.parametrize(
    "case",
    [Case("mfa", "keyring"), Case("shared", "vault"), Case("kept-plaintext", "vault")],
    ids=str,
)
def test_left_alone_it_goes_through_every_line(stand, case):
    result = run(stand, case)
    assert result.steps == cases.expected_steps(case.user)


@pytest.mark.parametrize(
    "case",
    [*struck("kill", "vault", STEPS[::12]), *struck("kill", "keyring", STEPS[6::12])],
    ids=str,
)
def test_killed_at_any_line_it_can_be_resumed(stand, case):
    run(stand, case)


@pytest.mark.parametrize(
    "case",
    [
        *sample(list(cases.killed_in_between()), 1, SEED),
        *sample(list(cases.killed_twice()), 1, SEED),
        *sample(TAKEN_BACK, 1, SEED),
        *struck("interrupt", "keyring", STEPS[5::15]),
        *struck("network_lost", "vault", STEPS[8::15]),
    ],
    ids=str,
)
def test_any_mishap_ends_with_one_good_key(stand, case):
    run(stand, case)

"""The list of mutants that may survive keeps up with the code."""

import pytest

from tests.abuse.mutation import PARTS, explained, mutants

pytestmark = pytest.mark.posix("it forks")


def test_each_known_survivor_is_a_change_that_can_be_made():
    names = {str(mutant) for part in PARTS for mutant in mutants(part)}

    assert explained() - names == set()

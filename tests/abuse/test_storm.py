"""64 mixed commands at once on one home, half of them to be killed: nothing is lost or left over.

The commands and the times of the kills come from the seed; when a kill falls within the command
does not, as that is the machine's.
"""

import time

import pytest

from tests.abuse.storm import Storm

pytestmark = pytest.mark.posix("it forks, and kills what it forked")


@pytest.mark.daily(1)
@pytest.mark.parametrize("store", ["alice", "keyring_user"])
def test_a_storm_of_killed_commands_loses_no_key_and_leaves_nothing(request, store, capsys):
    options = request.config.option
    storm = Storm(request.getfixturevalue(store), f"{store}/{options.day}")
    end = time.monotonic() + 60 * options.abuse_minutes
    storm.round()
    while time.monotonic() < end:
        storm.round()
        with capsys.disabled():
            print(f"\nseed {storm.seed}: {storm.figures}", flush=True)

"""Two machines have the same key, each in its own store, and both rotate it.

One stops at a line of its journal, there the other rotates from its beginning to its end, then the
first goes on, or was killed and resumes. AWS is what both have in common: no key that works may be
without its secret, nobody may be locked out, and who cannot go on says why.
"""

import json

import pytest

from tests.e2e.person import person, zygote
from tests.e2e.rotation_cases import expected_steps

__all__ = ["person", "zygote"]

pytestmark = pytest.mark.posix("one run forks another")

ROTATE = ["rotate", "--profile", "alice", "--yes"]


class Machines:
    """The first is the person's home; into the second she typed the same key."""

    def __init__(self, person):
        self.person, self.user = person, person.user
        second = person.user.home.parent / "second"
        second.mkdir(mode=0o700)
        first = {**person.user.environment}
        self.environments = [first, {**first, "HOME": str(second), "USERPROFILE": str(second)}]
        person.user.configure("alice", "--region", "us-east-1", **self.environments[1])

    def run(self, machine, *argv, meanwhile=None, kill=None, its=ROTATE, shown_late=False):
        """The end of a command there; and what the other machine did ``meanwhile``, if so.

        ``shown_late``: IAM does not show yet that any key was used.
        """
        blows = [(meanwhile, "other_machine")] if meanwhile else []
        blows += [(kill, "kill")] if kill else []
        blows += [(0, "use_is_shown_later")] if shown_late else []
        answer = self.person.zygote(
            "run",
            self.environments[machine],
            argv=[*argv],
            blows=blows,
            root=self.person.sandbox.root_key,
            other=self.environments[not machine],
            its=its,
        )
        other = next((json.loads(line) for line in answer["told"] if line[0] == "{"), None)
        for each in filter(None, (answer, other)):
            transcript = f"{each['out']}\n{each['err']}\nrc={each['code']}"
            assert "Traceback" not in transcript, transcript
            assert "has a bug" not in transcript, transcript
        return answer, other

    def keys(self):
        """The ID that each machine's profile has, if AWS takes what is signed with its secret."""
        at_aws = self.person.control.keys()
        found = []
        for environment in self.environments:
            words = ("credential-process", "--profile", "alice")
            done = self.user.awscreds(*words, rc=None, **environment)
            answer = json.loads(done.stdout) if done.returncode == 0 else {}
            key = at_aws.get(answer.get("AccessKeyId"))
            usable = key and key["accepted"] and key["secret"] == answer["SecretAccessKey"]
            found.append(answer["AccessKeyId"] if usable else None)
        return found

    def carry_over(self, keys):
        """What the person does: she types the key of the one machine into the other."""
        [holder] = [machine for machine in (0, 1) if keys[machine]]
        done = self.user.awscreds(
            "credential-process", "--profile", "alice", **self.environments[holder]
        )
        self.user.awscreds(
            *("configure", "--profile", "alice", "--secret-stdin"),
            *("--access-key-id", keys[holder]),
            stdin=json.loads(done.stdout)["SecretAccessKey"],
            **self.environments[not holder],
        )


@pytest.fixture
def machines(person):
    return Machines(person)


@pytest.mark.daily(6)
@pytest.mark.parametrize("how", ["goes on", "is killed"])
@pytest.mark.parametrize("step", expected_steps())
def test_a_key_that_two_rotate_is_lost_by_neither(machines, step, how):
    kill = step if how == "is killed" else None
    first, second = machines.run(0, *ROTATE, meanwhile=step, kill=kill)
    ended = [(first["code"], first["err"]), (second["code"], second["err"])]
    if kill:
        again, _ = machines.run(0, "rotate", "--resume", "--yes")
        ended.append((again["code"], again["err"]))
    keys = machines.keys()
    assert sorted(map(bool, keys)) == [False, True], (keys, ended)
    assert list(machines.person.at_aws()) == [key for key in keys if key]
    for code, said in ended:
        assert code in (0, -9) or "key" in said.splitlines()[-1], said

    machines.carry_over(keys)

    assert len({*machines.keys()}) == 1
    for machine in (0, 1):
        done, _ = machines.run(machine, "rotate", "--resume", "--yes")
        undone = "was undone" in done["err"]
        assert done["code"] == undone, done["err"]
        assert done["err"].startswith("There is no unfinished rotation") or undone, done["err"]
    assert len({*machines.keys()}) == 1
    assert machines.run(0, *ROTATE)[0]["code"] == 0
    assert machines.run(0, "rotate", "--resume", "--yes")[0]["err"].startswith("There is no")


@pytest.fixture
def lost_answer(machines):
    """The keys after the first has lost the answer about a new one, while the other got one.

    AWS never got the first's request. The old key stays, and so the first can go on.
    """
    step = "after create intent"
    machines.run(0, *ROTATE, meanwhile=step, kill=step, its=[*ROTATE, "--keep-old", "active"])
    old, new = machines.keys()
    assert machines.person.at_aws() == {old: "Active", new: "Active"}
    return old, new


def test_a_key_that_another_machine_uses_is_not_taken_for_one_that_was_lost(machines, lost_answer):
    done, _ = machines.run(0, "rotate", "--resume", "--yes")

    assert done["code"] == 7
    assert "or somebody else's" in done["err"]
    assert machines.keys() == [*lost_answer]


def test_before_iam_shows_its_use_it_stays_as_it_is_until_somebody_agrees(machines, lost_answer):
    old, new = lost_answer

    done, _ = machines.run(0, "rotate", "--resume", "--no-input", shown_late=True)

    assert done["code"] == 7
    assert machines.person.at_aws() == {old: "Active", new: "Active"}
    assert "if no other computer uses it" in done["err"].replace("\n  ", " ")
    assert machines.keys() == [old, new]


def test_before_iam_shows_its_use_it_is_deleted_only_if_somebody_agrees(machines, lost_answer):
    done, _ = machines.run(0, "rotate", "--resume", "--yes", shown_late=True)

    assert done["code"] == 0
    first, second = machines.keys()
    assert (list(machines.person.at_aws()), second) == ([first], None)
    machines.carry_over([first, second])
    assert machines.keys() == [first, first]

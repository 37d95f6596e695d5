"""``awscreds rotate --all``: many keys in one run, at a terminal, in cron, and cut off."""

import json

from tests.e2e.person import DAY, person, zygote

__all__ = ["person", "zygote"]


def test_all_rotates_every_key_once_and_a_failure_stops_no_other(person):
    names = [f"user{number}" for number in range(9)]
    before = {name: person.new_user(name) for name in names}
    person.user.config.write_text(
        person.user.config.read_text() + "\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n"
        "source_profile = user1\n"
    )
    person.deny("iam:UpdateAccessKey", name="user3")
    done = person.rotate("--all", "--no-input", "--yes", rc=1)
    for name in names:
        if name == "user3":
            assert person.at_aws(name) == {before[name]: "Active"}
        else:
            assert person.at_aws(name) == {person.pointer(name): "Active"}
            assert person.pointer(name) != before[name]
    assert done.stdout.count("rotated") == 9
    assert "iam:UpdateAccessKey" in done.stderr
    assert person.journals() == []


def test_all_is_silent_with_nothing_to_do(person):
    cron = ("--all", "--older-than", "90d", "--yes", "--no-input", "--quiet")
    done = person.rotate(*cron)
    assert (done.stdout, done.stderr) == ("", "")
    old, _ = person.sandbox.key
    assert person.at_aws() == {old: "Active"}
    person.control.advance(91 * DAY)
    done = person.rotate(*cron)
    assert (done.stdout, done.stderr) == ("", "")
    assert old not in person.at_aws()


def test_several_unfinished_rotations_are_resumed_together(person):
    person.new_user("bob")
    person.rotate("--profile", "alice", rc=-9, at="after verify done")
    person.rotate("--profile", "bob", rc=-9, at="after create done")
    assert len(person.journals()) == 2
    report = json.loads(person.rotate("--resume", "--yes", "--json").stdout)
    assert [one["status"] for one in report["rotations"]] == ["rotated", "rotated"]
    assert person.at_aws() == {person.pointer(): "Active"}
    assert person.at_aws("bob") == {person.pointer("bob"): "Active"}

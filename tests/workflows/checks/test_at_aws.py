"""What doctor concludes from AWS's answers: ages, uses, and each user once."""

from awscreds.aws.gateway import Identity
from awscreds.aws.iam import KeyInfo, LastUsed
from awscreds.errors import AwsError
from awscreds.workflows.checks import at_aws
from tests.workflows.checks.conftest import KEY_ID, NOW, POINTER, SECRET

OTHER = "AKIAI44QH8DHBEXAMPLE"
DAY = 86_400
ALICE = Identity("123456789012", "arn:aws:iam::123456789012:user/alice", "AIDA1")
ROOT = Identity("123456789012", "arn:aws:iam::123456789012:root", "123456789012")


def found(user, *answers):
    return list(at_aws.findings(user.app().surroundings(), list(answers)))


def answer(user, name="dev", *, key_id=KEY_ID, days=1.0, used_days=0.0, **more):
    profile = user.app().profiles().find(name)
    given = at_aws.KeyAtAws(key_id, profile, ALICE, devices=["mfa"], now=NOW, can_rotate=True)
    given.keys = [KeyInfo(key_id, "Active", NOW - days * DAY)]
    when = None if used_days is None else NOW - used_days * DAY
    given.last_used = {key_id: LastUsed(when, "s3", "eu-west-1")}
    for attribute, value in more.items():
        setattr(given, attribute, value)
    return given


def codes(user, *answers):
    return [each.code for each in found(user, *answers)]


def dev(user):
    user.config(f"[profile dev]\n{POINTER}")
    return user


def test_a_young_key_in_use_has_no_findings(user):
    assert codes(dev(user), answer(user)) == []


def test_an_old_key_is_found_unless_its_age_is_on_record(user):
    assert codes(dev(user), answer(user, days=91)) == ["old-key"]
    user.app().state.note(KEY_ID, created_at="2026-01-01T00:00:00Z")
    assert codes(user, answer(user, days=91)) == []


def test_a_key_that_nobody_uses_is_a_note_and_a_new_one_is_not(user):
    assert codes(dev(user), answer(user, used_days=None)) == []
    assert codes(user, answer(user, days=2, used_days=None)) == ["unused-key"]
    assert codes(user, answer(user, days=89, used_days=91)) == ["unused-key"]


def test_what_concerns_the_user_comes_once_for_two_keys(user):
    user.config(f"[profile dev]\n{POINTER}[profile b]\n{POINTER.replace(KEY_ID, OTHER)}")
    both = [KeyInfo(KEY_ID, "Active", NOW), KeyInfo(OTHER, "Active", NOW)]
    answers = [
        answer(user, name, key_id=key_id, keys=both, devices=[])
        for name, key_id in (("dev", KEY_ID), ("b", OTHER))
    ]
    assert codes(user, *answers) == ["no-mfa"]


def test_the_root_user_has_only_that_finding(user):
    assert codes(dev(user), answer(user, identity=ROOT, devices=None, keys=[])) == ["root-key"]


def test_equal_failures_of_the_network_are_one_finding(user):
    error = AwsError("cannot reach STS", code=at_aws.UNREACHABLE, hint="check the network")
    lost = [answer(dev(user), identity=None, error=error) for _ in range(1000)]
    [finding] = found(user, *lost)
    assert (finding.code, "1000 access keys" in finding.message) == ("not-asked", True)


def test_a_clock_that_is_a_little_off_is_not_a_finding(user):
    assert codes(dev(user), answer(user, skew=30.0)) == []
    assert codes(user, answer(user, skew=-90.0)) == ["clock-skew"]


def test_names_from_aws_are_text(user):
    evil = Identity("1\x1b", "arn:aws:iam::1:user/\x1b[2J", "AIDA1")
    for each in found(dev(user), answer(user, identity=evil, devices=[], can_rotate=False)):
        assert "\x1b" not in str(each)
        assert SECRET not in str(each)

"""Each policy allows what it is for, and nothing else, as the sandbox's evaluator judges it."""

import json

import pytest

from awscreds.model import policies
from awscreds.sandbox.policy import Call, Decision, decide

PARTITIONS = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"]
ACCOUNT = "123456789012"
NOW = 1_790_000_000.25  # 2026-09-21T14:13:20Z

ROTATE = [
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
]
MFA_SELF_SERVICE = [
    ("iam:GetMFADevice", "user/alice"),
    ("iam:GetUser", "user/alice"),
    ("iam:ListMFADevices", "user/alice"),
    ("iam:ResyncMFADevice", "user/alice"),
]
ENROLMENT = [
    ("iam:EnableMFADevice", "user/alice"),
    ("iam:CreateVirtualMFADevice", "mfa/alice"),
]
WITH_MFA_ALONE = [
    ("iam:DeactivateMFADevice", "user/alice"),
    ("iam:DeleteVirtualMFADevice", "mfa/alice"),
]
ALLOW_ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def judged(policy, action, resource, *, partition="aws", mfa=None, issued=None, beside=()):
    """The decision for alice. ``mfa`` None: a long-lived key; else a session with or without."""
    context = {"aws:username": "alice"}
    if mfa is not None:
        context["aws:multifactorauthpresent"] = str(mfa).lower()
    if issued is not None:
        context["aws:tokenissuetime"] = issued
    if resource != "*":
        resource = f"arn:{partition}:iam::{ACCOUNT}:{resource}"
    return decide([*beside, policy], Call(action, resource, context))


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("user", ["user/alice", "user/division/team/alice"])
@pytest.mark.parametrize("action", ROTATE)
def test_rotate_allows_what_rotation_calls_on_ones_own_user(partition, user, action):
    policy = policies.rotate(partition)
    assert judged(policy, action, user, partition=partition) is Decision.ALLOW


@pytest.mark.parametrize("action", ROTATE)
def test_rotate_allows_nothing_on_another_user_or_in_another_partition(action):
    policy = policies.rotate("aws")
    for other in ("user/bob", "user/alice/bob", "user/malice", "user/alice2", "*"):
        assert judged(policy, action, other) is Decision.SILENT
    assert judged(policy, action, "user/alice", partition="aws-cn") is Decision.SILENT


def test_rotate_allows_no_other_action():
    policy = policies.rotate("aws")
    for action in ("iam:CreateUser", "iam:PutUserPolicy", "iam:CreateLoginProfile", "s3:GetObject"):
        assert judged(policy, action, "user/alice") is Decision.SILENT


@pytest.mark.parametrize("action", ROTATE)
def test_rotate_can_require_mfa(action):
    policy = policies.rotate("aws", require_mfa=True)
    assert judged(policy, action, "user/alice", mfa=True) is Decision.ALLOW
    assert judged(policy, action, "user/alice", mfa=False) is Decision.SILENT
    assert judged(policy, action, "user/alice", mfa=None) is Decision.SILENT


@pytest.mark.parametrize("enrol", [False, True])
@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("mfa", [None, False, True])
@pytest.mark.parametrize(("action", "resource"), MFA_SELF_SERVICE)
def test_mfa_lets_a_user_see_and_resync_a_device_without_mfa(
    partition, mfa, action, resource, enrol
):
    policy = policies.mfa(partition, enrol=enrol)
    assert judged(policy, action, resource, partition=partition, mfa=mfa) is Decision.ALLOW
    assert judged(policy, "iam:ListVirtualMFADevices", "*", mfa=mfa) is Decision.ALLOW


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("mfa", [None, False, True])
@pytest.mark.parametrize(("action", "resource"), ENROLMENT)
def test_only_with_enrol_can_a_device_be_added_without_mfa(partition, mfa, action, resource):
    """With one of their own, the holder of a leaked key would pass for MFA."""
    policy = policies.mfa(partition)
    beside = [ALLOW_ALL]
    expected = Decision.ALLOW if mfa else Decision.DENY
    assert judged(policy, action, resource, partition=partition, mfa=mfa) is expected
    assert judged(policy, action, resource, mfa=mfa, beside=beside) is expected
    policy = policies.mfa(partition, enrol=True)
    assert judged(policy, action, resource, partition=partition, mfa=mfa) is Decision.ALLOW


def every_action_of(service):
    import botocore.session

    model = botocore.session.Session().get_service_model(service)
    return [f"{service}:{name}" for name in model.operation_names]


@pytest.mark.parametrize("mfa", [None, False])
def test_without_mfa_a_leaked_key_changes_nothing_whatever_else_allows_it(mfa):
    policy = policies.mfa("aws")
    allowed = {
        action
        for service in ("iam", "sts")
        for action in every_action_of(service)
        for resource in ("user/alice", "mfa/alice", "*")
        if judged(policy, action, resource, mfa=mfa, beside=[ALLOW_ALL]) is Decision.ALLOW
    }
    assert allowed == {
        "iam:GetMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
        "iam:ResyncMFADevice",  # which takes two codes of the device itself
        "sts:GetSessionToken",
    }


@pytest.mark.parametrize(("action", "resource"), WITH_MFA_ALONE)
def test_mfa_lets_a_user_remove_a_device_with_mfa_alone(action, resource):
    policy = policies.mfa("aws")
    assert judged(policy, action, resource, mfa=True) is Decision.ALLOW
    assert judged(policy, action, resource, mfa=False) is Decision.DENY
    assert judged(policy, action, resource, mfa=None) is Decision.DENY


def test_mfa_without_its_deny_still_wants_mfa_to_remove_a_device():
    policy = policies.mfa("aws")
    policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    for action, resource in WITH_MFA_ALONE:
        assert judged(policy, action, resource, mfa=None) is Decision.SILENT


@pytest.mark.parametrize("action", ["s3:GetObject", "iam:CreateAccessKey", "sts:AssumeRole"])
def test_mfa_denies_everything_else_without_mfa_whatever_else_allows_it(action):
    policy = policies.mfa("aws")
    beside = [ALLOW_ALL]
    assert judged(policy, action, "*", mfa=None, beside=beside) is Decision.DENY
    assert judged(policy, action, "*", mfa=False, beside=beside) is Decision.DENY
    assert judged(policy, action, "*", mfa=True, beside=beside) is Decision.ALLOW
    assert judged(policy, "sts:GetSessionToken", "*", beside=beside) is Decision.ALLOW


def test_mfa_lets_nobody_touch_another_users_devices():
    policy = policies.mfa("aws")
    for action, resource in [*MFA_SELF_SERVICE, *ENROLMENT, *WITH_MFA_ALONE]:
        if resource == "user/alice":
            assert judged(policy, action, "user/bob", mfa=True) is Decision.SILENT


@pytest.mark.parametrize(
    ("issued", "decision"),
    [
        ("2020-01-01T00:00:00Z", Decision.DENY),
        ("2026-09-21T14:13:20Z", Decision.DENY),  # this very second
        ("2026-09-21T14:13:21Z", Decision.ALLOW),
        (None, Decision.ALLOW),  # a long-lived key
    ],
)
def test_revoke_sessions_ends_those_issued_until_now_and_no_others(issued, decision):
    policy = policies.revoke_sessions(NOW)
    for action in ("s3:GetObject", "iam:CreateAccessKey", "sts:AssumeRole"):
        assert judged(policy, action, "*", issued=issued, beside=[ALLOW_ALL]) is decision


@pytest.mark.parametrize(
    "policy",
    [
        policies.rotate("aws"),
        policies.rotate("aws-cn", require_mfa=True),
        policies.mfa("aws"),
        policies.mfa("aws-us-gov", enrol=True),
        policies.revoke_sessions(NOW),
    ],
)
def test_a_policy_fits_into_an_inline_policy_of_a_user(policy):
    # 2,048 characters without white space in all of a user's inline policies.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert len("".join(json.dumps(policy).split())) <= 2048
    assert policy["Version"] == "2012-10-17"
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)

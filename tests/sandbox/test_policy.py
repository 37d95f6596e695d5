import pytest

from awscreds.sandbox.policy import Call, Decision, decide


def statement(effect="Allow", action="iam:*", resource="*", **more):
    return {"Statement": {"Effect": effect, "Action": action, "Resource": resource, **more}}


LIST = Call("iam:ListUsers", "*")


def test_nothing_is_allowed_that_no_policy_allows():
    assert decide([], LIST) is Decision.SILENT
    assert decide([statement(action="s3:*")], LIST) is Decision.SILENT


@pytest.mark.parametrize("action", ["*", "iam:*", "IAM:listusers", "iam:List*", "iam:ListUser?"])
def test_actions_match_by_wildcard_and_in_any_case(action):
    assert decide([statement(action=action)], LIST) is Decision.ALLOW


def test_an_explicit_deny_wins_wherever_it_stands():
    assert decide([statement("Deny"), statement()], LIST) is Decision.DENY
    assert decide([statement(), statement("Deny")], LIST) is Decision.DENY


def test_not_action_is_every_other_action():
    document = {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}
    assert decide([document], LIST) is Decision.SILENT
    assert decide([document], Call("sts:AssumeRole", "*")) is Decision.ALLOW


def test_a_resource_may_name_the_caller_by_a_variable():
    document = statement(resource="arn:aws:iam::*:user/${aws:username}")
    own = Call("iam:GetUser", "arn:aws:iam::123456789012:user/alice", {"aws:username": "alice"})
    other = Call("iam:GetUser", "arn:aws:iam::123456789012:user/bob", {"aws:username": "alice"})
    assert decide([document], own) is Decision.ALLOW
    assert decide([document], other) is Decision.SILENT


def test_brackets_in_a_pattern_are_no_wildcards():
    assert decide([statement(resource="a[bc]")], Call("iam:X", "ab")) is Decision.SILENT
    assert decide([statement(resource="a[bc]")], Call("iam:X", "a[bc]")) is Decision.ALLOW


MFA = "aws:MultiFactorAuthPresent"


@pytest.mark.parametrize(
    ("operator", "present", "applies"),
    [
        ("Bool", "true", False),
        ("Bool", "false", True),
        ("Bool", None, False),
        ("BoolIfExists", None, True),
        ("BoolIfExists", "true", False),
    ],
)
def test_a_deny_without_mfa_tells_an_absent_key_from_a_false_one(operator, present, applies):
    document = statement("Deny", Condition={operator: {MFA: "false"}})
    context = {} if present is None else {MFA.lower(): present}
    expected = Decision.DENY if applies else Decision.SILENT
    assert decide([document], Call("iam:X", "*", context)) is expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"sts:ExternalId": ["a", "x-1"]}}, True),
        ({"StringEquals": {"sts:ExternalId": "X-1"}}, False),
        ({"StringNotEquals": {"sts:ExternalId": "x-1"}}, False),
        ({"StringNotEquals": {"aws:none": "x-1"}}, True),
        ({"StringLike": {"sts:ExternalId": "x-*"}}, True),
        ({"Null": {"sts:ExternalId": "true"}}, False),
        ({"Null": {"aws:none": "true"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "10"}}, False),
        ({"DateLessThan": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}, False),
    ],
)
def test_conditions_hold_as_the_user_guide_says(condition, holds):
    context = {
        "sts:externalid": "x-1",
        "aws:multifactorauthage": "60.5",
        "aws:tokenissuetime": "2026-01-01T00:00:00+00:00",
    }
    document = statement(Condition=condition)
    expected = Decision.ALLOW if holds else Decision.SILENT
    assert decide([document], Call("iam:X", "*", context)) is expected


def test_an_operator_nobody_taught_it_is_an_error_not_a_guess():
    document = statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    with pytest.raises(NotImplementedError, match="IpAddress"):
        decide([document], Call("iam:X", "*", {"aws:sourceip": "10.1.1.1"}))


def test_a_trust_policy_applies_to_the_principals_it_names():
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sts:*"}
        ]
    }
    call = Call("sts:AssumeRole", "arn:aws:iam::1:role/r")
    assert decide([trust], call, principals=["arn:aws:iam::1:root"]) is Decision.ALLOW
    assert decide([trust], call, principals=["arn:aws:iam::2:root"]) is Decision.SILENT

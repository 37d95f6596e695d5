"""The IAM policies that awscreds prints, ready to paste, each for one partition.

The user is ``${aws:username}``, so that one policy works for everybody it is attached to. That
variable is only the name, but a user's ARN also has its path. So there are two resources for a
user. Names are unique in an account, with any path.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import math

from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Policy = dict[str, Any]

VERSION = "2012-10-17"

ROTATE_ACTIONS = (
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
)
"""What ``rotate`` and ``keys`` call. GetCallerIdentity needs no permission."""

_CREATE_DEVICE = "iam:CreateVirtualMFADevice"
_ENABLE_DEVICE = "iam:EnableMFADevice"

_WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
_WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def rotate(partition: str, *, require_mfa: bool = False) -> Policy:
    """Lets users rotate their own access keys; with ``require_mfa``, only in sessions with MFA."""
    statement: dict[str, Any] = {
        "Sid": "RotateOwnAccessKeys",
        "Effect": "Allow",
        "Action": list(ROTATE_ACTIONS),
        "Resource": _own_user(partition),
    }
    if require_mfa:
        statement["Condition"] = _WITH_MFA
    return _policy(statement)


def mfa(partition: str, *, enrol: bool = False) -> Policy:
    """Lets users manage their own MFA devices, and denies everything else without MFA.

    It follows AWS's own example, with two differences: to remove a device and, without ``enrol``,
    to add one needs MFA. A user may have eight devices, so a thief with a leaked key could add one
    of their own and use it as MFA. ``enrol`` is for users who have no device yet.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
    """
    device = f"arn:{partition}:iam::*:mfa/*"
    without_mfa = [
        "iam:GetMFADevice",
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
        "iam:ResyncMFADevice",
        "sts:GetSessionToken",
    ]
    adding: dict[str, Any] = {"Condition": _WITH_MFA}
    if enrol:
        without_mfa += [_CREATE_DEVICE, _ENABLE_DEVICE]
        adding = {}
    return _policy(
        {
            "Sid": "AllowViewAccountInfo",
            "Effect": "Allow",
            "Action": "iam:ListVirtualMFADevices",
            "Resource": "*",
        },
        {
            "Sid": "AllowViewAndResyncOwnMFA",
            "Effect": "Allow",
            "Action": [
                "iam:GetMFADevice",
                "iam:GetUser",
                "iam:ListMFADevices",
                "iam:ResyncMFADevice",
            ],
            "Resource": _own_user(partition),
        },
        {
            "Sid": "AllowCreateVirtualMFADevice" + ("" if enrol else "WithMFA"),
            "Effect": "Allow",
            "Action": _CREATE_DEVICE,
            "Resource": device,
            **adding,
        },
        {
            "Sid": "AllowEnableOwnMFADevice" + ("" if enrol else "WithMFA"),
            "Effect": "Allow",
            "Action": _ENABLE_DEVICE,
            "Resource": _own_user(partition),
            **adding,
        },
        {
            "Sid": "AllowRemoveOwnMFADeviceWithMFA",
            "Effect": "Allow",
            "Action": "iam:DeactivateMFADevice",
            "Resource": _own_user(partition),
            "Condition": _WITH_MFA,
        },
        {
            # A device that is enabled for anybody cannot be deleted.
            "Sid": "AllowDeleteUnusedMFADeviceWithMFA",
            "Effect": "Allow",
            "Action": "iam:DeleteVirtualMFADevice",
            "Resource": device,
            "Condition": _WITH_MFA,
        },
        {
            "Sid": "DenyAllExceptListedIfNoMFA",
            "Effect": "Deny",
            "NotAction": sorted(
                [*without_mfa, *([_CREATE_DEVICE, _ENABLE_DEVICE] if enrol else [])]
            ),
            "Resource": "*",
            "Condition": _WITHOUT_MFA,
        },
    )


def revoke_sessions(now: float) -> Policy:
    """Denies everything to sessions issued before ``now``, in seconds since the epoch.

    It is what the console's "Revoke active sessions" attaches. Long-lived keys have no issue time,
    so it does not apply to them. A session of exactly this second counts as an old one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
    """
    return _policy(
        {
            "Sid": "RevokeOlderSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": format_iso(math.floor(now) + 1)}},
        }
    )


def _own_user(partition: str) -> list[str]:
    user = f"arn:{partition}:iam::*:user"
    return [f"{user}/${{aws:username}}", f"{user}/*/${{aws:username}}"]


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": VERSION, "Statement": list(statements)}

"""``awscreds policy rotate|mfa|revoke-sessions``."""

from __future__ import annotations

import json

import click

from awscreds.commands.common import (
    JSON,
    PROFILE,
    common_options,
    need_subcommand,
    profile_argument,
)
from awscreds.commands.groups import Group
from awscreds.errors import AwsError
from awscreds.model import policies
from awscreds.model.partitions import partition_of
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.policies import Policy
    from awscreds.model.profile import Profile


@click.group("policy", cls=Group, invoke_without_command=True)
@common_options(PROFILE, JSON)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the IAM policy that a task needs.

    \b
    Examples:
      awscreds policy rotate
      awscreds policy revoke-sessions > policy.json
    """
    need_subcommand(ctx)


@command.command("rotate")
@profile_argument
@click.option("--require-mfa", is_flag=True, help="Allow it only with MFA.")
@common_options(PROFILE, JSON)
@click.pass_obj
def rotate(app: App, *, require_mfa: bool) -> None:
    """Print the policy that lets users rotate their own keys.

    It fits the AWS partition of the profile (like aws or aws-cn). You can attach it to any user.

    \b
    Examples:
      awscreds policy rotate
      awscreds policy rotate dev --require-mfa
    """
    _print(policies.rotate(_partition(app), require_mfa=require_mfa))
    app.say(
        "Attach it to each user that you rotate keys for, or to a group of these users:",
        "  aws iam put-group-policy --group-name GROUP --policy-name RotateOwnAccessKeys "
        "--policy-document file://policy.json",
    )


@command.command("mfa")
@profile_argument
@click.option("--enrol", is_flag=True, help="For new users: the first device needs no MFA.")
@common_options(PROFILE, JSON)
@click.pass_obj
def mfa(app: App, *, enrol: bool) -> None:
    """Print the policy that lets users manage their MFA devices.

    It requires MFA for everything else. It also requires MFA for adding a device: otherwise
    somebody with a leaked key could add a device. Users without a device need the policy of --enrol
    first.

    \b
    Examples:
      awscreds policy mfa
      awscreds policy mfa --enrol > new-users.json
    """
    _print(policies.mfa(_partition(app), enrol=enrol))
    app.say(
        "Attach it to the user, or to a group of users. Its last statement denies "
        "everything else to keys and sessions without MFA."
    )
    if enrol:
        app.warn(
            "with this policy, everybody who has the access key of a user can add an "
            "MFA device without MFA, also somebody with a leaked key. They can then "
            "use this device as the user's MFA. Attach the policy only to new users. "
            "As soon as they have a device, replace it with the policy of `awscreds "
            "policy mfa`"
        )
    else:
        app.say(
            "With this policy, a user without a device cannot add the first one: "
            "`awscreds policy mfa --enrol` prints the policy for new users."
        )


@command.command("revoke-sessions")
@profile_argument
@common_options(PROFILE, JSON)
@click.pass_obj
def revoke_sessions(app: App) -> None:
    """Print the policy that ends all sessions started before now.

    Sessions stay valid after you deactivate or delete the access key that they were made from.
    After a leak, first deactivate the key, then end its sessions with this policy.

    \b
    Examples:
      awscreds policy revoke-sessions
      awscreds policy revoke-sessions --json > policy.json
    """
    until, clock = _now(app)
    _print(policies.revoke_sessions(until))
    app.say(f"It ends all sessions that started up to {format_iso(until)} (time from {clock}).")
    app.say(
        "Deactivate the leaked key first (awscreds keys deactivate KEYID --profile NAME), or new "
        "sessions can be made from it. Then attach the policy (`Revoke active "
        "sessions` in the AWS console does the same):",
        "  to the user, for sessions made by GetSessionToken:",
        "    aws iam put-user-policy --user-name USER --policy-name AWSRevokeOlderSessions "
        "--policy-document file://policy.json",
        "  to every role that the key could assume (this ends all sessions of the "
        "role, also those of other people):",
        "    aws iam put-role-policy --role-name ROLE --policy-name AWSRevokeOlderSessions "
        "--policy-document file://policy.json",
        "Access keys and later sessions still work. Remove the policy when the "
        "longest session is over: after 36 hours for users, after 12 hours for "
        "roles.",
    )


def _print(policy: Policy) -> None:
    from awscreds.render import print_data

    print_data(json.dumps(policy, indent=2) + "\n")


def _now(app: App) -> tuple[float, str]:
    """The time by which sessions are revoked, and whose it is.

    AWS's, since by a clock that is slow the sessions made last would be spared.
    """
    from awscreds.model.service_endpoint import resolve_endpoint

    how = resolve_endpoint("sts", _profile(app), app.profiles(), app.environ)
    try:
        return app.aws.ask_time(how), "AWS's clock"
    except AwsError as error:
        app.warn(
            f"cannot get the time from AWS ({error.message}), so the policy uses the "
            "clock of this machine; if this clock is slow, the newest sessions do not "
            "end"
        )
        return app.clock(), "this machine's clock"


def _profile(app: App) -> Profile:
    return app.selection.profile_or_default()


def _partition(app: App) -> str:
    """The partition the profile's key belongs to, as far as that can be told without asking AWS."""
    from awscreds.model.service_endpoint import region_of

    profile = _profile(app)
    known = app.state.entry(profile.stored_key_id or "").get("arn")
    arns = (known, profile.of_role("role_arn"), profile.of_role("mfa_serial"))
    region = region_of(profile, app.profiles(), app.environ)
    return partition_of(region, arns)

"""Values that AWS or SDKs refuse: ARNs, regions, partitions, accounts, durations, endpoints."""

from __future__ import annotations

import re

from awscreds.errors import ConfigurationError, UsageError
from awscreds.model import partitions
from awscreds.model.endpoint import parse_endpoint
from awscreds.model.keys import checked_mfa_serial
from awscreds.model.problems.problem import NOTE, WARNING
from awscreds.model.service_endpoint import is_region
from awscreds.model.text import nearest
from awscreds.workflows.checks.surroundings import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.problems.finding import Finding
    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

_ROLE = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}")
_SHORTEST, _LONGEST = 900, 43_200
"""Seconds of a role's session.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""

_FIDO = ":u2f/"


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the values of each profile."""
    meant: dict[str, str | None] = {}
    for profile in surroundings.every_profile:
        for key, judge in _JUDGES.items():
            value = profile.of_role(key)
            problem = judge(value) if value else None
            if problem:
                yield surroundings.bad_value(profile, key, problem)
        yield from _region(surroundings, profile, meant)
        yield from _partition(surroundings, profile)


def _role_arn(value: str) -> BadValue | None:
    if not _ROLE.fullmatch(value):
        return BadValue(
            "bad-arn",
            "is not the ARN of a role",
            "an ARN is like arn:aws:iam::123456789012:role/admin: "
            "awscreds configure set role_arn ARN --profile PROFILE",
        )
    return _of_partition(value)


def _mfa_serial(value: str) -> BadValue | None:
    try:
        checked_mfa_serial(value)
    except UsageError:
        return BadValue(
            "bad-arn",
            "is not the serial of an MFA device",
            "a serial is like arn:aws:iam::123456789012:mfa/alice: "
            "awscreds configure set mfa_serial ARN --profile PROFILE",
        )
    if _FIDO in value:
        return BadValue(
            "fido-device",
            "is a FIDO key, which gives no codes, so no program can use it here",
            "name a device that shows codes: awscreds configure set mfa_serial ARN "
            "--profile PROFILE",
            WARNING,
        )
    return _of_partition(value) if value.startswith("arn:") else None


def _of_partition(arn: str) -> BadValue | None:
    if arn.split(":")[1] in partitions.names():
        return None
    return BadValue(
        "bad-arn",
        "has an unknown partition, the word after arn:",
        f"it is one of {', '.join(partitions.names())}",
    )


def _account(value: str) -> BadValue | None:
    if _ACCOUNT.fullmatch(value):
        return None
    return BadValue("bad-account", "is not an account: 12 digits", "correct it")


def _duration(value: str) -> BadValue | None:
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    if is_number and _SHORTEST <= int(value) <= _LONGEST:
        return None
    return BadValue(
        "bad-duration",
        f"is not a number of seconds from {_SHORTEST} to {_LONGEST}",
        "awscreds configure set duration_seconds 3600 --profile PROFILE",
    )


def _endpoint(value: str) -> BadValue | None:
    try:
        endpoint = parse_endpoint(value)
    except ConfigurationError as error:
        why = error.message.rpartition(" is refused: ")[2]
        return BadValue(
            "bad-endpoint", f"is refused: {why}", "an endpoint is like http://localhost:4566"
        )
    if endpoint.is_plain_http and not endpoint.is_loopback:
        return BadValue(
            "plain-http",
            "is plain http to another machine: everybody on the way can read it, and awscreds "
            "never sends a secret there",
            "use https",
            WARNING,
        )
    return None


_JUDGES: dict[str, Callable[[str], BadValue | None]] = {
    "role_arn": _role_arn,
    "mfa_serial": _mfa_serial,
    "sso_account_id": _account,
    "aws_account_id": _account,
    "duration_seconds": _duration,
    "endpoint_url": _endpoint,
}


def _region(
    surroundings: Surroundings, profile: Profile, meant: dict[str, str | None]
) -> Iterator[Finding]:
    """A region that none is called, or one that is nearly a known one. ``meant``: known answers."""
    for key in ("region", "sso_region"):
        value = profile.of_role(key)
        if not value:
            continue
        if not is_region(value) or value != value.lower():
            problem = BadValue(
                "bad-region",
                "is not a region",
                f"a region is like eu-central-1: awscreds configure set {key} REGION "
                "--profile PROFILE",
            )
            yield surroundings.bad_value(profile, key, problem)
            continue
        offered = partitions.offered_regions()
        if value not in meant:
            close = [] if value in offered else nearest(value, offered, limit=1)
            meant[value] = close[0] if close else None
        close_one = meant[value]
        if partitions.partition_of_region(value) is None:
            like = f"; did you mean {close_one}?" if close_one else ""
            problem = BadValue(
                "unknown-region",
                f"is {value}, which no region is called{like}",
                f"awscreds configure set {key} {close_one or 'REGION'} --profile PROFILE",
                WARNING,
            )
            yield surroundings.bad_value(profile, key, problem)
        elif close_one:
            problem = BadValue(
                "unknown-region",
                f"is {value}, which this version of awscreds does not know; did you mean "
                f"{close_one}?",
                f"if so: awscreds configure set {key} {close_one} --profile PROFILE",
                NOTE,
            )
            yield surroundings.bad_value(profile, key, problem)


def _partition(surroundings: Surroundings, profile: Profile) -> Iterator[Finding]:
    """A role of one partition, and a region or a device of another."""
    role, region = profile.of_role("role_arn"), profile.get("region")
    if not role or not _ROLE.fullmatch(role) or _of_partition(role):
        return
    partition = role.split(":")[1]
    if region and is_region(region):
        theirs = partitions.partition_of_region(region)
        if theirs not in (None, partition):
            problem = BadValue(
                "partition-mismatch",
                f"is in the partition {theirs}, but its role is in {partition}: AWS refuses the "
                "role there",
                "awscreds configure set region REGION --profile PROFILE",
            )
            yield surroundings.bad_value(profile, "region", problem)
    serial = profile.of_role("mfa_serial") or ""
    if serial.startswith("arn:") and serial.split(":")[1] != partition:
        problem = BadValue(
            "partition-mismatch",
            f"is in another partition than its role, which is in {partition}",
            "awscreds configure set mfa_serial ARN --profile PROFILE",
        )
        yield surroundings.bad_value(profile, "mfa_serial", problem)

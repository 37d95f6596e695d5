"""Settings beside our ``credential_process`` line, because of which some SDK finds no profile.

What each SDK does was tried with the AWS SDK for .NET, v3 and v4, see docs/reference/clients.md.
"""

from __future__ import annotations

import functools

from awscreds.model.problems.finding import DocumentFix, Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.settings import PREFIX, is_not_beside
from awscreds.model.text import escaped, quoted
from awscreds.workflows.checks.surroundings import place
from awscreds.workflows.credential_line import MFA_SERIAL, set_mfa_serial_aside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

DOTNET = "the AWS SDK for .NET and PowerShell's AWS tools"
_ONLY_V3 = ("endpoint_url", "services")


_BEFORE_OURS = (
    "role_arn",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
    "login_session",
)
"""Settings that the other SDKs use before a ``credential_process``."""


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is beside our line in each profile that has it."""
    yield from find(surroundings.documents)


def find(documents: AwsDocuments) -> Iterator[Finding]:
    """The same in two documents, for the commands that meet it."""
    for profile in documents.profiles.all():
        if profile.has_our_process:
            for key in {**profile.config, **profile.credentials}:
                yield from _beside(profile, key, place(documents, profile.name, key))


def _beside(profile: Profile, key: str, at: tuple[str, int]) -> Iterator[Finding]:
    name = escaped(profile.name)
    unset = f"awscreds configure unset {key} --profile {quoted(profile.name)}"
    if key == MFA_SERIAL:
        yield Finding(
            "mfa-serial-beside-our-line",
            WARNING,
            *at,
            f"{DOTNET} do not find the profile {name}, because it has mfa_serial beside the "
            "credential_process line; awscreds reads the device also under the name "
            f"{PREFIX}{MFA_SERIAL}",
            tools=(DOTNET,),
            remedy=f"rename it to {PREFIX}{MFA_SERIAL}: awscreds configure set mfa_serial "
            f"{_shown(profile.get(key))} --profile {quoted(profile.name)}",
            profile=profile.name,
            fix=DocumentFix(functools.partial(set_mfa_serial_aside, name=profile.name)),
        )
    elif is_not_beside(key):
        wins = key in _BEFORE_OURS and bool(profile.get(key))
        yield Finding(
            "setting-beside-our-line",
            ERROR if wins else WARNING,
            *at,
            f"{key} is beside the credential_process line of the profile {name}: "
            + (f"SDKs use {key} and not awscreds, and " if wins else "")
            + (
                f"{DOTNET} fail for it (Value cannot be null)"
                if key.startswith("sso_")
                else f"{DOTNET} do not find the profile"
            ),
            tools=(DOTNET,),
            remedy=f"if you do not need it, remove it: {unset}",
            profile=profile.name,
        )
    elif key in _ONLY_V3:
        yield Finding(
            "setting-beside-our-line",
            NOTE,
            *at,
            f"version 3 of {DOTNET} does not find the profile {name}, because it has {key} "
            "beside the credential_process line; version 4 and all other SDKs do",
            tools=(DOTNET,),
            remedy="use version 4 there",
            profile=profile.name,
        )


def _shown(serial: str | None) -> str:
    """An ARN as it is; the serial number of a device of hardware could be anything else."""
    return quoted(serial) if serial and serial.startswith("arn:") else "ARN"

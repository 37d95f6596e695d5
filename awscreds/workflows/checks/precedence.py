"""Settings of a profile that hide other ones: in the other file, or another source of credentials.

botocore's order of providers is in ``Profile.kind``; settings of the credentials file win.
"""

from __future__ import annotations

from awscreds.model.credential_process import PROCESS
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import NOTE, WARNING
from awscreds.model.profile import KEY_ID, LOGIN, ROLE, SSO, STATIC, STATIC_KEYS, WEB_IDENTITY
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

_SOURCES = {
    WEB_IDENTITY: "web_identity_token_file",
    ROLE: "role_arn",
    SSO: "sso_account_id",
    STATIC_KEYS: KEY_ID,
    LOGIN: "login_session",
    "process": PROCESS,
}
"""The kinds of sources, with a setting by which each is known."""


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is hidden in each profile."""
    for profile in surroundings.every_profile:
        yield from _twice(surroundings, profile)
        if not profile.has_our_process and not profile.stored_key_id:
            yield from _sources(surroundings, profile)


def _twice(surroundings: Surroundings, profile: Profile) -> Iterator[Finding]:
    """Settings in both files with different values. Keys have findings of their own."""
    for key, value in profile.credentials.items():
        if key in STATIC or key not in profile.config or profile.config[key] == value:
            continue
        yield Finding(
            "shadowed-setting",
            NOTE,
            *surroundings.place(profile.name, key),
            f"{key} of the profile {escaped(profile.name)} is in both files, with different "
            "values; the AWS CLI and boto3 use the one of the credentials file",
            remedy=f"awscreds configure unset {key} --profile {quoted(profile.name)}, then set it "
            "again",
            profile=profile.name,
        )


def _sources(surroundings: Surroundings, profile: Profile) -> Iterator[Finding]:
    there = [key for key in _SOURCES.values() if profile.get(key)]
    # A token file belongs to its role, and a role may be assumed with the keys of its own section.
    belong = {_SOURCES[ROLE], _SOURCES[WEB_IDENTITY]}
    if profile.self_sourcing:
        belong = {_SOURCES[ROLE], KEY_ID}
    if len(there) < 2 or set(there) <= belong:
        return
    used = _SOURCES.get(profile.kind, there[0])
    others = [key for key in there if key != used and not {key, used} <= belong]
    if not others:
        return
    yield Finding(
        "several-sources",
        WARNING,
        *surroundings.place(profile.name, used),
        f"the profile {escaped(profile.name)} has several sources of credentials; the AWS CLI and "
        f"boto3 use {used} and ignore {' and '.join(others)}, other tools may choose differently",
        remedy=f"remove the lines that you do not need: awscreds configure unset {others[0]} "
        f"--profile {quoted(profile.name)}",
        profile=profile.name,
    )

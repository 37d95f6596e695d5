"""Keys and sessions of other programs that `import` does not take, and the command for each."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from awscreds.model.ini.document import PROFILE
from awscreds.model.other_tools import AWS_MFA, AWSKEYRING, AWSUME
from awscreds.model.profile import KEY_ID, Profiles
from awscreds.model.text import escaped, quoted
from awscreds.workflows.migration.plan import LONG_TERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile

_AUTOAWSUME = "autoawsume-"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something of ``tool`` at ``place``: what it is, and what to do (empty: nothing)."""

    tool: str
    place: str
    text: str
    remedy: str


def remarks(
    tools: Collection[str], documents: AwsDocuments, *, only: str | None = None
) -> list[Remark]:
    """What of these programs is here. ``only``: of one profile."""
    found: list[Remark] = []
    profiles = Profiles(documents.config, documents.credentials)
    for profile in profiles.all():
        if AWS_MFA in tools and profile.name in long_term_profiles(profiles, only):
            found.append(_of_aws_mfa(profile, documents))
        elif AWSUME in tools and only in (None, profile.name) and _is_of_awsume(profile):
            found.append(_of_awsume(profile, documents))
    if only is None:
        found += [each for each in _folders() if each.tool in tools]
    return found


def long_term_profiles(profiles: Profiles, only: str | None = None) -> list[str]:
    """The profiles in which aws-mfa keeps plaintext keys of users. ``only``: of one profile."""
    return [
        profile.name
        for profile in profiles.all()
        if profile.name.endswith(LONG_TERM)
        and profile.has_static_keys
        and only in (None, profile.name, profile.name.removesuffix(LONG_TERM))
    ]


def _of_aws_mfa(profile: Profile, documents: AwsDocuments) -> Remark:
    return Remark(
        AWS_MFA,
        _place(profile.name, documents),
        f"the plaintext key of {escaped(profile.name)}, from which aws-mfa makes sessions",
        f"awscreds migrate --profile {quoted(profile.name)}",
    )


def _is_of_awsume(profile: Profile) -> bool:
    is_marked = str(profile.get("manager")).lower() == AWSUME or profile.get("autoawsume")
    return bool(is_marked) or profile.name.startswith(_AUTOAWSUME)


def _of_awsume(profile: Profile, documents: AwsDocuments) -> Remark:
    return Remark(
        AWSUME,
        _place(profile.name, documents),
        f"a session that awsume wrote to {escaped(profile.name)}, in plaintext",
        f"awscreds profile remove --profile {quoted(profile.name)}",
    )


def _place(name: str, documents: AwsDocuments) -> str:
    for path, document in (
        (documents.credentials_path, documents.credentials),
        (documents.config_path, documents.config),
    ):
        line = document.line_of((PROFILE, name), KEY_ID) or document.line_of((PROFILE, name))
        if line is not None:
            return f"{path}:{line}"
    return documents.credentials_path


def _folders() -> Iterator[Remark]:
    from awscreds.stores.remedies import to_remove_folder

    cache = os.path.join(os.path.expanduser("~"), ".awsume", "cache")
    if os.path.isdir(cache) and os.listdir(cache):
        yield Remark(
            AWSUME,
            cache,
            "sessions of awsume, in plaintext; its users' keys are in the AWS files (`awscreds "
            "migrate --all` moves them)",
            to_remove_folder(cache),
        )
    settings = os.path.join(os.path.expanduser("~"), ".awskeyring")
    if os.path.isfile(settings) and sys.platform != "darwin":
        yield Remark(
            AWSKEYRING,
            settings,
            "awskeyring keeps its keys in a keychain of macOS, which can be read only there",
            "",
        )

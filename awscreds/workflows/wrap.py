"""Wrapping a role: SDKs come to us for it, so that one session with MFA serves them all.

Wrapping renames three keys in their place and adds our line; unwrapping renames them back, so that
the two together leave the file as it was.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.ini import PROFILE
from awscreds.model.profile import WRAPPED_PREFIX as PREFIX
from awscreds.model.profile import Profile, Profiles
from awscreds.model.serving import PROCESS
from awscreds.model.text import visible, word
from awscreds.workflows.readings import require_one_reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.stores.awsfiles import AwsDocuments, AwsFiles

KEYS = ("role_arn", "source_profile", "mfa_serial")


def wrap(name: str, files: AwsFiles, line: str, *, in_spite_of_findings: bool = False) -> None:
    """Let the role profile ``name`` serve itself by ``line``.

    Raises ConfigurationError, also if not every tool would read it so, unless
    ``in_spite_of_findings``.
    """

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        _refuse_what_cannot_be_wrapped(profile)
        section = (PROFILE, name)
        for key in KEYS:
            documents.config.rename_key(section, key, lambda spelled: PREFIX + spelled)
        documents.config.set(section, PROCESS, line)
        if not in_spite_of_findings:
            require_one_reading(documents, [name])

    files.edit(change)


def unwrap(name: str, files: AwsFiles) -> None:
    """Give the role profile ``name`` back to the SDKs. Raises ConfigurationError."""

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        if not profile.get(PREFIX + "role_arn"):
            raise ConfigurationError(
                f"the profile {visible(name)} is not wrapped", code="not-wrapped"
            )
        section = (PROFILE, name)
        for key in KEYS:
            documents.config.rename_key(section, PREFIX + key, lambda name: name[len(PREFIX) :])
        if profile.line_is_ours:
            documents.config.unset(section, PROCESS)

    files.edit(change)


def _refuse_what_cannot_be_wrapped(profile: Profile) -> None:
    name = visible(profile.name)
    if profile.get(PREFIX + "role_arn"):
        raise ConfigurationError(f"the profile {name} is wrapped already", code="wrapped")
    if not profile.get("role_arn"):
        raise ConfigurationError(
            f"the profile {name} is no role: it has no role_arn",
            code="not-a-role",
            hint="`awscreds list` shows the kind of every profile",
        )
    if any(key in profile.credentials for key in KEYS):
        raise ConfigurationError(
            f"a part of the role {name} stands in the credentials file, where it would stay",
            code="cannot-wrap",
            hint="move role_arn, source_profile and mfa_serial to the config file first",
        )
    if profile.get("web_identity_token_file") or profile.self_sourcing:
        raise ConfigurationError(
            f"the role {name} is not assumed from another profile, so there is no session to share",
            code="cannot-wrap",
        )
    if profile.get(PROCESS):
        raise ConfigurationError(
            f"the profile {name} has a credential_process of its own",
            code="foreign-process",
            hint=f"awscreds configure unset credential_process --profile {word(profile.name)}",
        )

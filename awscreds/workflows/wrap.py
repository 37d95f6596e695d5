"""Wrapping a role: SDKs get it from awscreds, so that one session with MFA serves them all.

Wrapping renames the role's properties in their place and adds our line. Unwrapping renames them
back, so that the file is as it was.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import PROCESS
from awscreds.model.profile import WRAPPED_PREFIX as PREFIX
from awscreds.model.profile import Profile, Profiles
from awscreds.model.settings import is_not_beside
from awscreds.model.text import escaped, quoted
from awscreds.workflows import credential_line
from awscreds.workflows.readings import require_one_reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.documents import AwsDocuments
    from awscreds.stores.aws_files import AwsFiles


def wrap(name: str, files: AwsFiles, line: str, *, in_spite_of_findings: bool = False) -> None:
    """Let the role profile ``name`` get its credentials by ``line``.

    Raises ConfigurationError: also if not every tool would read it so, unless
    ``in_spite_of_findings``.
    """

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        _refuse_what_cannot_be_wrapped(profile)
        credential_line.write(documents, name, line)
        if not in_spite_of_findings:
            require_one_reading(documents, [name])

    files.edit(change)


def unwrap(name: str, files: AwsFiles) -> None:
    """Let SDKs assume the role of profile ``name`` again. Raises ConfigurationError."""

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        if not profile.get(PREFIX + "role_arn"):
            raise ConfigurationError(
                f"the profile {escaped(name)} is not wrapped", code="not-wrapped"
            )
        credential_line.remove(documents, name)

    files.edit(change)


def _refuse_what_cannot_be_wrapped(profile: Profile) -> None:
    name = escaped(profile.name)
    if profile.get(PREFIX + "role_arn"):
        raise ConfigurationError(f"the profile {name} is already wrapped", code="wrapped")
    if not profile.get("role_arn"):
        raise ConfigurationError(
            f"the profile {name} is not a role: it has no role_arn",
            code="not-a-role",
            hint="`awscreds list` shows which profiles are roles",
        )
    if profile.get("web_identity_token_file") or profile.self_sourcing:
        raise ConfigurationError(
            f"the role {name} has no source_profile, so there is no session to share",
            code="cannot-wrap",
        )
    for key, value in {**profile.config, **profile.credentials}.items():
        if is_not_beside(key) and "\n" in str(value):
            raise ConfigurationError(
                f"the lines below {key} of the role {name} are indented, so they are a part of its "
                "value; nothing was changed",
                code="cannot-wrap",
                hint="remove the spaces before these lines, then run this again",
            )
    if profile.get(PROCESS):
        raise ConfigurationError(
            f"the profile {name} already has another credential_process line",
            code="foreign-process",
            hint=f"awscreds configure unset credential_process --profile {quoted(profile.name)}",
        )

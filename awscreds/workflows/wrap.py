"""Wrapping a role or a login: SDKs get it from awscreds, so that one login serves them all.

Wrapping renames the profile's credential settings in their place and adds our line. Unwrapping
renames them back, so that the file is as it was.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import PROCESS
from awscreds.model.profile import LOGIN, SSO, Profile, Profiles
from awscreds.model.profile import WRAPPED_PREFIX as PREFIX
from awscreds.model.settings import is_not_beside
from awscreds.model.text import escaped, quoted
from awscreds.workflows import credential_line
from awscreds.workflows.readings import require_one_reading
from awscreds.workflows.sessions.logins import SsoSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.documents import AwsDocuments
    from awscreds.stores.aws_files import AwsFiles

_OF_LOGINS = ("sso_account_id", "sso_role_name", "login_session")

_LOGINS = (SSO, LOGIN)


def wrap(name: str, files: AwsFiles, line: str, *, in_spite_of_findings: bool = False) -> None:
    """Let the role or login ``name`` get its credentials by ``line``.

    Raises ConfigurationError: also if not every tool would read it so, unless
    ``in_spite_of_findings``.
    """

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        if not _is_half_wrapped(profile):
            _refuse_what_cannot_be_wrapped(profile)
            if profile.kind == SSO:
                SsoSettings(profile, Profiles(documents.config, documents.credentials))
        credential_line.write(documents, name, line)
        if not in_spite_of_findings:
            require_one_reading(documents, [name])

    files.edit(change)


def unwrap(name: str, files: AwsFiles) -> None:
    """Let SDKs get the credentials of ``name`` themselves again. Raises ConfigurationError."""

    def change(documents: AwsDocuments) -> None:
        profile = Profiles(documents.config, documents.credentials).get(name)
        if not is_wrapped(profile):
            raise ConfigurationError(
                f"the profile {escaped(name)} is not wrapped", code="not-wrapped"
            )
        credential_line.remove(documents, name)

    files.edit(change)


def why_not(profile: Profile) -> str | None:
    """Why ``profile`` cannot be wrapped; None if it can."""
    try:
        _refuse_what_cannot_be_wrapped(profile)
    except ConfigurationError as error:
        return error.message
    return None


def is_wrapped(profile: Profile) -> bool:
    """Whether settings of ``profile`` are set aside for our line."""
    return any(profile.get(PREFIX + key) for key in ("role_arn", *_OF_LOGINS))


def _is_half_wrapped(profile: Profile) -> bool:
    """Whether only the config was replaced when a former run was killed."""
    left = any(is_not_beside(key) for key in profile.credentials)
    return left and is_wrapped(profile) and profile.has_our_process


def _refuse_what_cannot_be_wrapped(profile: Profile) -> None:
    name = escaped(profile.name)
    if is_wrapped(profile):
        raise ConfigurationError(f"the profile {name} is already wrapped", code="wrapped")
    if not profile.get("role_arn") and profile.kind not in _LOGINS:
        raise ConfigurationError(
            f"the profile {name} is neither a role nor a login: it has no role_arn, no "
            "sso_account_id and no login_session",
            code="not-a-role",
            hint="`awscreds list` shows of which kind a profile is",
        )
    if profile.get("web_identity_token_file") or profile.self_sourcing:
        raise ConfigurationError(
            f"the role {name} has no source_profile, so there is no session to share",
            code="cannot-wrap",
        )
    _refuse_two_kinds(profile)
    _refuse_indented_lines(profile)
    if profile.get(PROCESS):
        raise ConfigurationError(
            f"the profile {name} already has another credential_process line",
            code="foreign-process",
            hint=f"awscreds configure unset credential_process --profile {quoted(profile.name)}",
        )


def _refuse_two_kinds(profile: Profile) -> None:
    name = escaped(profile.name)
    sources = [
        any(profile.get(key) for key in keys)
        for keys in (("role_arn",), ("sso_account_id", "sso_role_name"), ("login_session",))
    ]
    if sum(sources) > 1:
        raise ConfigurationError(
            f"the profile {name} is more than one of role, SSO profile and login: SDKs differ in "
            "which they use",
            code="cannot-wrap",
            hint=f"awscreds profile show --profile {quoted(profile.name)}",
        )
    if profile.kind in _LOGINS and profile.has_static_keys:
        raise ConfigurationError(
            f"the profile {name} has plaintext keys, which some SDKs prefer",
            code="cannot-wrap",
            hint=f"awscreds configure unset aws_access_key_id --profile {quoted(profile.name)}",
        )


def _refuse_indented_lines(profile: Profile) -> None:
    name = escaped(profile.name)
    for key, value in {**profile.config, **profile.credentials}.items():
        if is_not_beside(key) and "\n" in str(value):
            raise ConfigurationError(
                f"the lines below {key} of {name} are indented, so they are a part of its "
                "value; nothing was changed",
                code="cannot-wrap",
                hint="remove the spaces before these lines, then run this again",
            )

"""A new role profile: it is written only if its chain of sources resolves."""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.accounts import of_arn
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import unless_secret, unquoted
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import check_length, resolve_chain
from awscreds.model.text import escaped
from awscreds.workflows.readings import require_one_reading
from awscreds.workflows.sessions.durations import LONGEST_ROLE, SHORTEST, check_role_durations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.role_chain import Chain
    from awscreds.stores.aws_files import AwsFiles

_ARN_PARTS = 6
_ROLE_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-/")
_EXTERNAL_ID = _ROLE_NAME | frozenset(":")
SHORTEST_EXTERNAL_ID, LONGEST_EXTERNAL_ID = 2, 1224
"""Characters. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """The role profile to write. ``duration`` is in seconds; None: the setting is not written."""

    name: str
    role_arn: str
    source: str
    mfa_serial: str | None = None
    external_id: str | None = None
    duration: int | None = None
    region: str | None = None

    def settings(self) -> dict[str, str]:
        """The lines of the profile, in the order of the file."""
        duration = None if self.duration is None else str(self.duration)
        lines = {
            "role_arn": self.role_arn,
            "source_profile": self.source,
            "mfa_serial": self.mfa_serial,
            "external_id": self.external_id,
            "duration_seconds": duration,
            "region": self.region,
        }
        return {key: value for key, value in lines.items() if value is not None}


def checked_role_arn(typed: str) -> str:
    """The ARN of a role. Raises UsageError."""
    arn = unquoted(typed)
    parts = arn.split(":", _ARN_PARTS - 1)
    kind, _, name = parts[-1].partition("/")
    is_role = (
        of_arn(arn) is not None
        and parts[1].startswith("aws")
        and (parts[2], parts[3], kind) == ("iam", "", "role")
        and name.rpartition("/")[2]
        and set(name) <= _ROLE_NAME
    )
    if not is_role:
        raise UsageError(
            f"{escaped(unless_secret(arn))!r} is not the ARN of a role",
            code="bad-role-arn",
            hint="it is like arn:aws:iam::123456789012:role/admin; the IAM console shows it",
        )
    return arn


def checked_external_id(typed: str) -> str:
    """An external ID, as AWS takes it. Raises UsageError."""
    if not (
        SHORTEST_EXTERNAL_ID <= len(typed) <= LONGEST_EXTERNAL_ID and set(typed) <= _EXTERNAL_ID
    ):
        raise UsageError(
            "this is not an external ID: AWS takes 2 to 1224 letters, digits and _ + = , . @ : / -",
            code="bad-external-id",
            hint="use the ID that the owner of the role gave you",
        )
    return typed


def checked_duration(seconds: int) -> int:
    """How long a role's session may last, in seconds. Raises UsageError."""
    if not SHORTEST <= seconds <= LONGEST_ROLE:
        raise UsageError(
            f"--duration must be between 15m and 12h (got {seconds} seconds)", code="bad-duration"
        )
    return seconds


def add_role(files: AwsFiles, request: RoleRequest, *, in_spite_of_findings: bool = False) -> Chain:
    """Write the role profile at the end of the config file, and return its chain.

    Raises ConfigurationError, with the files as before: if the profile exists, if its chain does
    not resolve, or, unless ``in_spite_of_findings``, if not every tool would read it so.
    """

    def change(documents: AwsDocuments) -> Chain:
        require_new(documents, request.name)
        Profiles(documents.config, documents.credentials).get(request.source)
        for key, value in request.settings().items():
            documents.config.set((PROFILE, request.name), key, value)
        chain = _resolved(documents, request.name)
        if not in_spite_of_findings:
            require_one_reading(documents, [request.name])
        return chain

    return files.edit(change)


def _resolved(documents: AwsDocuments, name: str) -> Chain:
    profiles = Profiles(documents.config, documents.credentials)
    paths = (documents.config_path, documents.credentials_path)
    try:
        chain = resolve_chain(profiles, name, paths=paths)
        check_length(chain)
        check_role_durations(chain, None)
    except ConfigurationError as error:
        raise error.because(message=f"nothing was written: {error.message}") from None
    return chain


def require_new(documents: AwsDocuments, name: str) -> None:
    """Raise ConfigurationError if either file has a profile ``name``, however it is spelled."""
    for document, path in (
        (documents.config, documents.config_path),
        (documents.credentials, documents.credentials_path),
    ):
        for _, line, _ in document.spellings((PROFILE, name)):
            raise ConfigurationError(
                f"the profile {escaped(name)} already exists ({path}:{line}); nothing was changed",
                code="profile-exists",
                hint="choose another name",
            )

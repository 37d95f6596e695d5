"""What can be wrong in an AWS file, as a value; and the settings that matter most.

Messages quote section names and names of settings, never a value, nor a line without a key.
"""

from __future__ import annotations

from awscreds.model import tools
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.ini.blocks import SectionKey

ERROR = "error"
WARNING = "warning"

BOTOCORE_REFUSES = frozenset(
    {
        "bom",
        "encoding",
        "key-before-section",
        "duplicate-section",
        "duplicate-key",
        "keyless-line",
        "unclosed-header",
        "keyless-nested-line",
    }
)
"""Codes of the problems over which botocore, and so the AWS CLI, refuses the whole file."""

OTHER_IDENTITY = "other-identity"
"""The code of what makes some tools use other credentials for a profile than awscreds says."""

COMMANDS = frozenset({"credential_process", MFA_PROCESS.name, "cli_pager", "web_identity_command"})
"""Settings that a shell's rules are applied to: quotes mean something there."""

IDENTITY = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_security_token",
        "role_arn",
        "source_profile",
        "credential_source",
        "credential_process",
        "sso_session",
        "sso_account_id",
        "sso_role_name",
        "sso_start_url",
        "web_identity_token_file",
        "login_session",
    }
)
"""Settings that decide whose credentials a profile gives."""

PROFILES_OWN = IDENTITY | {"region", "output", "mfa_serial", "sso_region"}
"""Settings that nothing but a profile has."""


class Problem:
    """Something in a file that AWS's tools refuse, ignore or disagree on.

    ``line`` counts from 1, ``code`` is stable, ``message`` is for people and quotes no value.
    ``tools`` are those that go wrong, ``mend`` says what to do. ``section`` is the one that it is
    about, None for the whole file.
    """

    __slots__ = ("code", "line", "mend", "message", "section", "severity", "tools")

    def __init__(
        self,
        line: int,
        code: str,
        message: str,
        *,
        severity: str = ERROR,
        about: tuple[str, ...] = tools.ALL,
        mend: str = "",
        section: SectionKey | None = None,
    ) -> None:
        self.line = line
        self.code = code
        self.message = message
        self.severity = severity
        self.tools = about
        self.mend = mend
        self.section = section

    def __repr__(self) -> str:
        return f"Problem({self.line}, {self.code!r}, {self.message!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash((self.line, self.code))


def shown_header(header: str) -> str:
    return f"[{escaped(header)}]"


_SECRET_LENGTH = 40


def shown(key: str) -> str:
    """The name of a setting; one that looks unlike AWS's own could be a secret gone astray."""
    plain = key.replace("_", "").replace("-", "")
    is_plain = len(key) < _SECRET_LENGTH and plain.isascii() and plain.isalnum()
    return key if is_plain else "a setting"

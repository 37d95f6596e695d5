"""A problem in an AWS file as a value, and the settings that matter most.

Messages quote the names of sections and settings. They never quote a value or a line without a key.
"""

from __future__ import annotations

from awscreds.model.records import record
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped
from awscreds.model.tools import ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.ini.blocks import SectionKey

ERROR = "error"
WARNING = "warning"
NOTE = "note"

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
"""The codes of problems for which botocore, and so the AWS CLI, refuses the whole file."""

OTHER_IDENTITY = "other-identity"
"""The code of problems that make some tools use other credentials for a profile than awscreds."""

COMMANDS = frozenset({"credential_process", MFA_PROCESS.name, "cli_pager", "web_identity_command"})
"""Settings that are read by the rules of a shell, in which quotes mean something."""

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
"""Settings that only a profile has."""


@record(uncompared=("severity", "tools", "remedy", "section"))
class Problem:
    """Something in a file that AWS's tools refuse, ignore or disagree on.

    ``line`` counts from 1, ``code`` is stable, ``message`` is for people and quotes no value.
    ``tools`` are the ones that go wrong, ``remedy`` says what to do. ``section`` is the one that it
    is about, None for the whole file.
    """

    line: int
    code: str
    message: str
    severity: str = ERROR
    tools: tuple[str, ...] = ALL
    remedy: str = ""
    section: SectionKey | None = None

    def __repr__(self) -> str:
        return f"Problem({self.line}, {self.code!r}, {self.message!r})"


def shown_header(header: str) -> str:
    return f"[{escaped(header)}]"


_SECRET_LENGTH = 40


def shown(key: str) -> str:
    """The name of a setting. If it looks unlike AWS's own, it could be a misplaced secret."""
    plain = key.replace("_", "").replace("-", "")
    is_plain = len(key) < _SECRET_LENGTH and plain.isascii() and plain.isalnum()
    return key if is_plain else "a setting"

"""Whether every tool reads a profile alike, asked of both files as an edit would leave them."""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.problems.findings import disagreements, find, refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.problems.finding import Finding


def require_one_reading(documents: AwsDocuments, names: Iterable[str]) -> None:
    """Refuse an edit after which a profile would not be what we say it is.

    Raises ConfigurationError if the AWS CLI and boto3 refuse one of the files as it would be, or
    if some tools would use other credentials for one of the profiles ``names``.
    """
    findings = find(documents)
    require_readable(findings)
    for finding in [each for name in names for each in disagreements(findings, name)]:
        raise ConfigurationError(
            f"{finding}; nothing was changed", code="other-identity", hint=_AGAIN
        )


def require_readable(findings: Iterable[Finding]) -> None:
    """Raise ConfigurationError if the AWS CLI and boto3 refuse one of the files."""
    for finding in refusals(findings):
        raise ConfigurationError(
            f"{finding}; nothing was changed", code="file-refused", hint=_AGAIN
        )


_AGAIN = "then run this again; or use --yes to continue anyway"

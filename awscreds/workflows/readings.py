"""Whether every tool reads a profile alike, asked of both files as an edit would leave them."""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.findings import Files, disagreements, find, refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awscreds.model.findings import Finding
    from awscreds.stores.awsfiles import AwsDocuments


def require_one_reading(documents: AwsDocuments, names: Iterable[str]) -> None:
    """Refuse an edit after which a profile would not be what we say it is.

    Raises ConfigurationError if the AWS CLI and boto3 refuse one of the files as it would be, or
    if some tools would use other credentials for one of the profiles ``names``.
    """
    paths = (documents.config_path, documents.credentials_path)
    findings = find(Files(documents.config, documents.credentials, *paths))
    for finding in refusals(findings):
        raise _refused(finding, "file-refused")
    for finding in [each for name in names for each in disagreements(findings, name)]:
        raise _refused(finding, "other-identity")


def _refused(finding: Finding, code: str) -> ConfigurationError:
    return ConfigurationError(
        f"{finding}; nothing was changed",
        code=code,
        hint="run this again after that, or with --yes to go on all the same",
    )

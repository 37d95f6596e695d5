"""What AWS's tools refuse, ignore or disagree on in the AWS files, see ``model/problems``."""

from __future__ import annotations

from awscreds.model.problems.finding import DocumentFix
from awscreds.model.problems.findings import find
from awscreds.model.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.problems.finding import Finding
    from awscreds.workflows.checks.surroundings import Surroundings


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """The findings of the two documents."""
    for finding in find(surroundings.documents):
        if finding.code == "bom":
            is_config = finding.path == surroundings.documents.config_path
            change = _without_bom_in_config if is_config else _without_bom
            yield changed(finding, fix=DocumentFix(change))
        else:
            yield finding


def _without_bom_in_config(documents: AwsDocuments) -> None:
    documents.config.bom = False


def _without_bom(documents: AwsDocuments) -> None:
    documents.credentials.bom = False

"""The change of the config file: all of it in one edit, or none.

Only the config file changes, so that a killed run has done everything or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.errors import ConfigurationError
from awscreds.model.ini import sections
from awscreds.model.ini.document import PROFILE, SSO_SESSION
from awscreds.model.problems.findings import find
from awscreds.model.profile_references import follow_many
from awscreds.model.settings import POPULATED, TEMPLATE
from awscreds.workflows import credential_line
from awscreds.workflows.populate.plan import ADD, REMOVE, RENAME, WRAP
from awscreds.workflows.readings import require_readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.documents import AwsDocuments
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.workflows.populate.plan import Change, Plan


@dataclass(frozen=True, slots=True)
class NewProfiles:
    """What new profiles have beside account and role. ``line_for``: our line, to wrap them."""

    session: str
    region: str
    line_for: Callable[[str], str] | None = None

    def settings(self, change: Change) -> dict[str, str]:
        """The lines of a new profile, in the order of the file."""
        settings = {
            "sso_session": self.session,
            "sso_account_id": change.account_id,
            "sso_role_name": change.role_name,
            "region": self.region,
            POPULATED.name: change.name,
        }
        if self.line_for is None:
            return settings
        return credential_line.settings_with(self.line_for(change.name), settings)


def carry_out(
    agreed: Plan,
    files: AwsFiles,
    make_plan: Callable[[AwsDocuments], Plan],
    new: NewProfiles,
    *,
    in_spite_of_findings: bool = False,
) -> None:
    """Do what was ``agreed``. ``make_plan`` makes the plan for the files as they are then.

    Raises ConfigurationError, with the files as before: if another program has changed them so that
    something else would happen, or, unless ``in_spite_of_findings``, if the AWS CLI and boto3
    refuse the config file.
    """

    def change(documents: AwsDocuments) -> None:
        if make_plan(documents) != agreed:
            raise ConfigurationError(
                "nothing was changed: another program has changed the profiles meanwhile",
                code="files-changed",
                hint="run this again to see what would change now",
            )
        apply(agreed, documents, new)
        if not in_spite_of_findings:
            require_readable(find(documents))

    files.edit(change)


def apply(agreed: Plan, documents: AwsDocuments, new: NewProfiles) -> None:
    """The plan in the documents. Only that of the config file changes."""
    config = documents.config
    if agreed.template is not None:
        config.set((SSO_SESSION, new.session), TEMPLATE.name, agreed.template)
    sections.remove(config, {(PROFILE, each.name) for each in agreed.of(REMOVE)})
    renamed = {each.old: each.name for each in agreed.of(RENAME) if each.old}
    sections.rename(config, {(PROFILE, old): (PROFILE, name) for old, name in renamed.items()})
    follow_many(documents, renamed)
    now = set(renamed.values())
    sections.substitute(
        config,
        (POPULATED.name,),
        lambda section, _key, _text: section[1] if section[1] in now else None,
    )
    if new.line_for is not None:
        lines = {each.name: new.line_for(each.name) for each in agreed.of(WRAP)}
        credential_line.write_many(documents, lines)
    added = {(PROFILE, each.name): new.settings(each) for each in agreed.of(ADD)}
    documents.exchange_config(sections.with_added(config, added))

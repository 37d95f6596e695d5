"""Removing a profile: what it has, who needs it, and the edit.

The stored secret goes last, once no file points to it. What is to go is recorded with the entry
before the edit: after a kill, the same command finds it, although the profile is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.model.ini.document import PROFILE
from awscreds.model.key_usage import uses_in
from awscreds.model.profile import Profiles
from awscreds.model.profile_references import references
from awscreds.stores.secret_store import ACCESS_KEY
from awscreds.workflows import pairs
from awscreds.workflows.profile_moves import secrets_in_comments
from awscreds.workflows.profile_users import elsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import SectionKey
    from awscreds.model.profile_references import Reference
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.pointers import Pointers
    from awscreds.stores.state import State
    from awscreds.workflows.pairs import RemovalContext, RemovalPlan
    from awscreds.workflows.profile_users import Place

_REMOVED_WITH = "removed_with"
"""The fact of an entry that names the profile that is removed, and the entry with it."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What is removed with a profile.

    ``sections`` are its names in the files, ``places`` its headers. ``users`` are lines of other
    profiles that name it. ``key_ids`` are the stored keys that it points to, ``unused`` those of
    them that nobody else does. ``secrets_in_comments`` are places, too.
    """

    name: str
    sections: set[SectionKey]
    places: list[str]
    users: list[Reference]
    elsewhere: list[Place]
    key_ids: set[str]
    unused: list[str]
    secrets_in_comments: list[str]


def examine(
    name: str, files: AwsFiles, pointers: Pointers, state: State, warn: Callable[[str], None]
) -> Removal:
    """What would be removed. Raises ConfigurationError if there is nothing of that profile."""
    documents = files.load()
    profiles = Profiles(documents.config, documents.credentials)
    unfinished = [
        key_id for key_id in state.ids(ACCESS_KEY) if state.entry(key_id).get(_REMOVED_WITH) == name
    ]
    pointers.no_longer_in_use(unfinished)
    profile = profiles.find(name) if unfinished else profiles.get(name)
    key_ids = {use.key_id for use in uses_in(profile) if use.is_managed}
    files_of = (
        (documents.config_path, documents.config),
        (documents.credentials_path, documents.credentials),
    )
    own = {
        (path, line)
        for path, document in files_of
        for _, line, _ in document.spellings((PROFILE, name))
    }
    return Removal(
        name,
        {section for _, document in files_of for section in document.spelled((PROFILE, name))},
        places=[f"{path}:{line}" for path, line in sorted(own)],
        users=[each for each in references(documents, name) if each.user != name],
        elsewhere=elsewhere(name, files, pointers, warn),
        key_ids=key_ids,
        unused=sorted(
            key_id for key_id in {*key_ids, *unfinished} if _is_unused(key_id, name, pointers, warn)
        ),
        secrets_in_comments=_lost_secrets(documents, name),
    )


def _is_unused(key_id: str, name: str, pointers: Pointers, warn: Callable[[str], None]) -> bool:
    """Whether only this profile points to a key. False if a file that may do so is unreadable."""
    found, problems = pointers.look(key_id)
    for problem in problems:
        warn(f"the secret of {key_id} stays stored: {problem.whole}")
    return not problems and all(
        each.profile == name and each.path in pointers.in_use for each in found
    )


def _lost_secrets(documents: AwsDocuments, name: str) -> list[str]:
    """The comments with a secret that go with the profile."""
    after = documents.clone()
    remove_from(after, name)
    left = after.config.render() + after.credentials.render()
    return [
        place
        for place, text in secrets_in_comments(documents, name)
        if text.strip().encode("utf-8", "surrogateescape") not in left
    ]


def remove_from(documents: AwsDocuments, name: str) -> None:
    """Remove the profile's sections from both documents, with the comments about them."""
    for document in (documents.config, documents.credentials):
        for section in document.spelled((PROFILE, name)):
            document.remove_section(section, with_comments=True)


def carry_out(
    removal: Removal,
    files: AwsFiles,
    context: RemovalContext,
    *,
    step: Callable[[str], None] = lambda _: None,
) -> RemovalPlan:
    """Remove the profile from both files. Keys in plaintext go to the store, or with consent."""
    for key_id in removal.unused:
        if context.state.entry(key_id):
            context.state.note(key_id, **{_REMOVED_WITH: removal.name})
    step("noted")
    _, kept = pairs.edit(
        files,
        lambda documents: remove_from(documents, removal.name),
        context,
        expected=lambda pair: pair.section in removal.sections,
    )
    step("removed")
    return kept

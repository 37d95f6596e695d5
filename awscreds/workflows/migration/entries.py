"""The entries of the record: what a migration changed for each profile."""

from __future__ import annotations

from awscreds.model.pairs import key_pairs
from awscreds.model.profile import Profiles
from awscreds.workflows.migration.item import CLEAR
from awscreds.workflows.migration.line_changes import changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import Document
    from awscreds.workflows.migration.item import Item

    Entry = dict[str, Any]


def entries_of(item: Item, before: AwsDocuments, after: AwsDocuments) -> list[Entry]:
    """The entry of one item; none for temporary keys, which cannot come back."""
    if item.action == CLEAR:
        return []
    return [
        {
            "profile": item.profile,
            "target": item.target,
            "action": item.action,
            "config": _changes(before.config, after.config, item),
            "credentials": _changes(before.credentials, after.credentials, item),
        }
    ]


def _changes(before: Document, after: Document, item: Item) -> list[Any] | None:
    found = changes(before.render(), after.render(), item.key)
    return None if found is None else [hunk.document() for hunk in found]


def still_true(
    entries: Iterable[Entry], documents: AwsDocuments, items: Iterable[Item]
) -> list[Entry]:
    """The entries, without what was never done, or was changed back, of the ``items`` to come.

    After a kill, an entry is there before the edit, or the edit has only changed the config file,
    which comes first.
    """
    profiles = Profiles(documents.config, documents.credentials)
    coming = {item.profile for item in items}
    left = []
    for entry in entries:
        if entry.get("profile") not in coming:
            left.append(entry)
        elif profiles.find(str(entry.get("target"))).stored_key_id:
            places = {pair.path for pair in key_pairs(documents, str(entry.get("profile")))}
            if documents.config_path not in places:
                left.append({**entry, "credentials": []})
    return left

"""Bringing keys back from the secret store into the AWS files, in plaintext.

Where a record says what a migration did, and nobody has changed these lines since, each byte comes
back. If a rotation has replaced the key, the present one comes. Otherwise the key comes as new
lines of the credentials file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.pairs import key_pairs, usable_id, usable_secret
from awscreds.model.problems.findings import find, refusals
from awscreds.model.profile import Profiles
from awscreds.model.text import escaped
from awscreds.workflows import credential_line
from awscreds.workflows.configure import SetupRequest, write_plaintext
from awscreds.workflows.migration.item import FOLLOW
from awscreds.workflows.migration.line_changes import Hunk, take_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from awscreds.model.credentials import AccessKey
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.migration_record import MigrationRecord

    Entry = dict[str, Any]

BACK = "back"
STAYS = "stays"
_FILES = ("credentials", "config")


@dataclass(slots=True)
class Return:
    """A profile whose key comes back into the files, or STAYS for a ``reason``.

    ``target`` has our line. ``entries`` are those of the record. ``is_exact``: each line comes back
    as it was.
    """

    profile: str
    target: str
    action: str = BACK
    key_id: str | None = None
    follows: bool = False
    entries: list[Entry] = field(default_factory=list)
    reason: str = ""
    is_exact: bool = False

    @property
    def comes(self) -> bool:
        return self.action == BACK


def plan_undo(
    documents: AwsDocuments, entries: Iterable[Entry], names: Iterable[str] | None
) -> list[Return]:
    """What comes back of the profiles ``names``; None: of all in the record, the last one first."""
    profiles = Profiles(documents.config, documents.credentials)
    recorded: dict[str, list[Entry]] = {}
    for entry in entries:
        recorded.setdefault(str(entry.get("profile")), []).append(entry)
    if names is None:
        asked = list(recorded)
    else:
        targets = {str(found[-1].get("target")): name for name, found in recorded.items()}
        asked = [name if name in recorded else targets.get(name, name) for name in names]
    return [
        _return(name, recorded.get(name, []), profiles) for name in dict.fromkeys(reversed(asked))
    ]


def _return(name: str, entries: list[Entry], profiles: Profiles) -> Return:
    last = entries[-1] if entries else {}
    found = Return(name, str(last.get("target", name)), entries=entries)
    found.follows = last.get("action") == FOLLOW
    target = profiles.find(found.target)
    found.key_id = target.stored_key_id
    reason = _why_not(found, target, profiles.find(name))
    if reason:
        found.action, found.reason = STAYS, reason
    return found


def _why_not(found: Return, target: Profile, profile: Profile) -> str:
    if not target.stored_key_id or not target.has_our_process:
        return "it is not managed, so there is nothing to bring back"
    present = profile.access_key_id if profile.has_static_keys else None
    if present not in (None, found.key_id) and not found.follows:
        return "the files have another key for it"
    return ""


def carry_out_undo(
    returns: Sequence[Return],
    files: AwsFiles,
    keys: Mapping[str, AccessKey],
    record: MigrationRecord,
    *,
    step: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the ``keys``, by ID, into both files, in one transaction.

    Raises ConfigurationError if a profile has another key by now, and what an edit raises; then the
    files are as they were.
    """
    coming = [each for each in returns if each.comes]

    def change(documents: AwsDocuments) -> None:
        for each in coming:
            _require_key(documents, each)
            bring_back(documents, each, keys)

    files.edit(change, credentials_first=True)
    step("brought back")
    gone = {each.profile for each in returns}
    record.write([entry for entry in record.read() if entry.get("profile") not in gone])


def _require_key(documents: AwsDocuments, item: Return) -> None:
    if documents.config.get((PROFILE, item.target), POINTER) != item.key_id:
        raise ConfigurationError(
            f"nothing was changed: another program changed the key of {escaped(item.target)} at "
            "the same time",
            code="files-busy",
            hint="run it again",
        )


def bring_back(documents: AwsDocuments, item: Return, keys: Mapping[str, AccessKey]) -> None:
    """The change of one profile in both documents; says in the item whether it was exact."""
    key = None if item.follows else keys[item.key_id or ""]
    exact = _exactly(documents, item, key)
    item.is_exact = exact is not None
    if exact:
        documents.config, documents.credentials = exact.config, exact.credentials
    elif key:
        request = SetupRequest(item.target, key=key, plaintext=True)
        write_plaintext(documents, request, key)
    else:
        credential_line.remove(documents, item.target)
        documents.config.unset((PROFILE, item.target), POINTER)


def _exactly(documents: AwsDocuments, item: Return, key: AccessKey | None) -> AwsDocuments | None:
    """The documents with each line as it was; None if that cannot be, or changes anything else."""
    if not item.entries:
        return None
    back = documents.clone()
    for entry in reversed(item.entries):
        for name in _FILES:
            if not _take_back(back, name, entry, item, key):
                return None
    return back if _is_right(documents, back, item, key) else None


def _take_back(
    documents: AwsDocuments, name: str, entry: Entry, item: Return, key: AccessKey | None
) -> bool:
    document: Document = getattr(documents, name)
    hunks = _hunks(entry, name)
    if hunks is None:
        return False
    is_credentials = name == "credentials"
    path = documents.credentials_path if is_credentials else documents.config_path
    if key and any(pair.path == path for pair in key_pairs(documents, item.profile)):
        hunks = []  # a run that was killed has done it
    data = take_back(document.render(), hunks, key)
    if data is None:
        return False
    setattr(documents, name, Document.parse(data, credentials=is_credentials))
    return True


def _hunks(entry: Entry, name: str) -> list[Hunk] | None:
    found = entry.get(name)
    try:
        return None if found is None else [Hunk.of(each) for each in found]
    except (LookupError, TypeError, ValueError):
        return None


def _pairs(documents: AwsDocuments, name: str) -> set[tuple[str | None, str]]:
    return {(usable_id(pair), usable_secret(pair)) for pair in key_pairs(documents, name)}


def _is_right(
    before: AwsDocuments, after: AwsDocuments, item: Return, key: AccessKey | None
) -> bool:
    """Whether the profile has its key again, and nothing else has changed its meaning."""
    own = {item.profile, item.target}
    was = {p.name: p for p in Profiles(before.config, before.credentials).all()}
    now = {p.name: p for p in Profiles(after.config, after.credentials).all()}
    if (was.keys() ^ now.keys()) - own:
        return False
    for name in was.keys() - own:
        if (was[name].config, was[name].credentials) != (now[name].config, now[name].credentials):
            return False
    target = now.get(item.target)
    if target and (target.has_our_process or target.stored_key_id):
        return False
    wanted = {(key.id, key.secret)} if key else _pairs(before, item.profile)
    if _pairs(after, item.profile) != wanted:
        return False
    return len(refusals(find(after))) <= len(refusals(find(before)))

"""The edit of a migration: all keys are stored first, then both files change in one transaction."""

from __future__ import annotations

import contextlib

from awscreds.errors import AwscredsError, ConfigurationError, UsageError
from awscreds.model import names
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import checked_mfa_serial
from awscreds.model.pairs import (
    key_pairs,
    named,
    refuse_lost_sections,
    usable_id,
    usable_secret,
)
from awscreds.model.problems.findings import disagreements, find
from awscreds.model.profile import Profiles
from awscreds.model.settings import SERVE, SESSION
from awscreds.model.text import escaped
from awscreds.workflows import credential_line, pairs
from awscreds.workflows.configure import SetupRequest, write_managed
from awscreds.workflows.migration.entries import entries_of, still_true
from awscreds.workflows.migration.item import CLEAR, FOLLOW, LEAVE, MOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.pairs import KeyPair
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.migration_record import MigrationRecord
    from awscreds.workflows.migration.entries import Entry
    from awscreds.workflows.migration.item import Item
    from awscreds.workflows.pairs import RemovalContext, RemovalPlan

    Lines = Callable[[str], str]
    """Gives our ``credential_process`` line for a profile."""


def rehearse(documents: AwsDocuments, items: Sequence[Item], lines: Lines) -> AwsDocuments:
    """What the documents would be. Items that cannot be carried out become items to leave."""
    while True:
        after, is_settled = documents.clone(), True
        changing = [item for item in items if item.changes]
        for item in changing:
            before = after.clone()
            try:
                _require_name(before, item)
                apply(after, item, lines)
                refuse_lost_sections(before, after)
                _require_gone(after, item)
            except AwscredsError as error:
                item.leave(_plain(error), "fix this, then run it again")
                after, is_settled = before, False
        findings = find(after)
        for item in changing:
            found = disagreements(findings, item.target) if item.action in (MOVE, FOLLOW) else []
            if found and item.changes:
                item.leave(f"after that, {found[0]}", "fix this, then run it again")
                is_settled = False
        _leave_followers(items)
        if is_settled:
            return after


def _plain(error: AwscredsError) -> str:
    message = error.message.removeprefix("nothing was changed: ")
    return message.removesuffix("; nothing was changed")


def _leave_followers(items: Sequence[Item]) -> None:
    """A profile cannot follow another one that is left."""
    left = {item.profile: item for item in items if item.action == LEAVE and item.key_id}
    for item in items:
        if item.action == FOLLOW and item.follows in left:
            item.leave(f"{escaped(item.follows)}, which has its key, is left", "")


def _require_name(documents: AwsDocuments, item: Item) -> None:
    if item.action != CLEAR and not documents.config.has((PROFILE, item.target)):
        names.checked(item.target)


def _require_gone(after: AwsDocuments, item: Item) -> None:
    """Raise ConfigurationError if a part of the key would stay."""
    left = key_pairs(after, item.profile)
    if left:
        raise ConfigurationError(
            f"only some tools read the line {left[0].place}, and awscreds cannot remove it safely"
        )


def apply(documents: AwsDocuments, item: Item, lines: Lines) -> None:
    """Change one profile in both documents. Raises ConfigurationError and UsageError."""
    if item.action == CLEAR or item.is_rest:
        pairs.remove_static_keys(documents, item.profile)
    elif item.action == FOLLOW:
        _follow(documents, item, lines(item.profile))
    elif item.key:
        request = SetupRequest(item.profile, key=item.key, settings=_device(documents, item))
        write_managed(documents, request, item.key.id, lines(item.target))


def _follow(documents: AwsDocuments, item: Item, line: str) -> None:
    section = (PROFILE, item.profile)
    for name, value in _device(documents, item).items():
        documents.config.set(section, name, value)
    credential_line.write(documents, item.profile, line)
    documents.config.set(section, POINTER, item.key_id or "")
    if item.mfa_device and documents.config.get(section, SERVE.name) is None:
        documents.config.set(section, SERVE.name, SESSION)
    pairs.remove_static_keys(documents, item.profile)


def _device(documents: AwsDocuments, item: Item) -> dict[str, str]:
    """The MFA device that aws-mfa knows, if the profile has none."""
    profile = Profiles(documents.config, documents.credentials).find(item.profile)
    if not item.mfa_device or profile.of_role(credential_line.MFA_SERIAL):
        return {}
    try:
        return {credential_line.MFA_SERIAL: checked_mfa_serial(item.mfa_device)}
    except UsageError:
        return {}


def carry_out(
    items: Iterable[Item],
    files: AwsFiles,
    context: RemovalContext,
    lines: Lines,
    record: MigrationRecord,
    *,
    step: Callable[[str], None] = lambda _: None,
) -> RemovalPlan:
    """Store the keys of ``items``, read them back, and only then edit both files, at once.

    Raises ConfigurationError if a profile is no longer what was planned; SecretStoreError; and what
    an edit of the files raises. Then the files are as they were, and no entry was added. The
    ``record`` has what changes before it does, so that a killed run can be undone as well.
    """
    changing = [item for item in items if item.changes]
    recorded = record.read()

    def trial(documents: AwsDocuments) -> None:
        for item in changing:
            apply(documents, item, lines)

    def change(documents: AwsDocuments) -> None:
        entries = still_true(recorded, documents, changing)
        for item in changing:
            _require_unchanged(documents, item)
            before = documents.clone()
            apply(documents, item, lines)
            entries += entries_of(item, before, documents)
        record.write(entries)

    planned = [pair for item in changing for pair in item.pairs]
    planned.sort(key=lambda pair: pair.is_temporary)  # what is stored counts first
    _require_planned(pairs.would_go(files, trial), planned)
    removal = pairs.plan_removal(planned, context, expected=lambda _: True)
    step("planned")
    with contextlib.ExitStack() as pointers:
        for key_id in sorted({item.key_id for item in changing if item.key_id}):
            pointers.enter_context(context.pointing_to(key_id))
        with pairs.safekeeping(removal, context), _unless_it_fails(record, recorded):
            _require_stored(changing, context)
            step("stored")
            files.edit(change, settled=removal.secrets)
    step("edited")
    return removal


@contextlib.contextmanager
def _unless_it_fails(record: MigrationRecord, before: list[Entry]) -> Iterator[None]:
    """If an edit fails, the record says what it said before."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(ConfigurationError):  # the first error is the one to report
            record.write(before)
        raise


def _require_unchanged(documents: AwsDocuments, item: Item) -> None:
    now = key_pairs(documents, item.profile)
    if _facts(now) != _facts(item.pairs):
        raise ConfigurationError(
            f"nothing was changed: another program changed the keys of {escaped(item.profile)} "
            "at the same time",
            code="files-busy",
            hint="run it again",
        )


def _facts(found: Iterable[KeyPair]) -> set[tuple[str | None, str]]:
    return {(usable_id(pair) or pair.key_id, usable_secret(pair)) for pair in found}


def _require_planned(going: Iterable[KeyPair], planned: Iterable[KeyPair]) -> None:
    """Raise ConfigurationError if the edit would take away a pair that nobody was shown."""
    known = {pair.secret for pair in planned}
    others = [pair for pair in going if pair.secret not in known]
    if others:
        raise ConfigurationError(
            f"nothing was changed: this would also remove {named(others)} from the files",
            code="several-keys",
            hint="run it again",
        )


def _require_stored(items: Iterable[Item], context: RemovalContext) -> None:
    """Read every key from the store once more. Raises EntryMissing, ConfigurationError."""
    for item in items:
        if not item.key_id:
            continue
        key = context.store_of(item.key_id).access_key(item.key_id)
        if item.key and key != item.key:
            raise ConfigurationError(
                f"nothing was changed: the secret store has another secret for {item.key_id}",
                code="secret-differs",
                hint="run it again",
            )

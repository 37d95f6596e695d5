"""Renaming and copying a profile: its sections, the lines that name it, and what we know of it.

A rename keeps everything in its place and follows each line that names the profile. A copy goes to
the end of each file, and only its own lines follow. Both files change in one edit. A journal
(``stores/profile_journal``) is there until both have changed: after a kill, the same command
finishes the rest, and a rename can also be taken back.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.ini import sections
from awscreds.model.ini.document import PROFILE
from awscreds.model.key_usage import uses_in
from awscreds.model.keys import secret_in
from awscreds.model.pairs import key_pairs
from awscreds.model.profile import Profiles
from awscreds.model.profile_references import follow, references
from awscreds.model.text import escaped, quoted
from awscreds.stores.profile_journal import COPY, RENAME
from awscreds.workflows.credential_line import set_all_aside, set_mfa_serial_aside
from awscreds.workflows.role_profiles import require_new

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import Document
    from awscreds.model.profile_references import Reference
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.pointers import Pointers
    from awscreds.stores.profile_journal import Move, ProfileJournal


@dataclass(frozen=True, slots=True)
class MoveContext:
    """What a move works with.

    ``record`` lets what we know of the old name be about the new one, once both files have
    changed. ``step`` is called between the steps, for tests that end it there.
    """

    files: AwsFiles
    journal: ProfileJournal
    pointers: Pointers
    record: Callable[[Move], None] = lambda _: None
    step: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class MoveResult:
    """``followed``: the lines that name the new profile now; ``left``: those that are not ours.

    ``set_aside``: settings of a copy under the names that they have beside our line.
    """

    followed: list[Reference]
    left: list[Reference]
    set_aside: list[str]


def move_profile(move: Move, context: MoveContext, *, with_plaintext: bool = False) -> MoveResult:
    """Rename or copy a profile, or finish that.

    Raises ConfigurationError and UsageError, with both files as before: if the new name exists, if
    another move is unfinished, or if a copy would write a secret into a file again, unless
    ``with_plaintext``.
    """
    with context.journal.lock(), _journal(move, context) as is_resumed:

        def change(documents: AwsDocuments) -> MoveResult:
            return apply(move, documents, is_resumed=is_resumed, with_plaintext=with_plaintext)

        with contextlib.ExitStack() as pointers:
            for key_id in stored_keys(move.old, context.files):
                pointers.enter_context(context.pointers.pointing_to(key_id))
            result = context.files.edit(change)
        context.step("moved")
        context.record(move)
        context.step("recorded")
    return result


def stored_keys(name: str, files: AwsFiles) -> set[str]:
    """The IDs of the stored keys that a profile points to."""
    documents = files.load()
    profile = Profiles(documents.config, documents.credentials).find(name)
    return {use.key_id for use in uses_in(profile) if use.is_managed}


@contextlib.contextmanager
def _journal(move: Move, context: MoveContext) -> Iterator[bool]:
    """The journal of ``move`` around its edit. Gives whether a killed one is resumed."""
    found = context.journal.read()
    now = context.files.load()
    is_half = found is not None and _has_begun(found, now)
    is_resumed = (found == move and _is_done(move, now)) or (
        is_half and found is not None and (found == move or move.takes_back(found))
    )
    if found is not None and is_half and not is_resumed:
        raise ConfigurationError(
            f"an earlier command was interrupted: the profile {escaped(found.old)} is only partly "
            f"{'renamed' if found.action == RENAME else 'copied'} to {escaped(found.new)}",
            code="unfinished-move",
            hint=f"finish it first: {found.command}",
        )
    context.journal.begin(move)
    context.step("begun")
    try:
        yield is_resumed
    except Exception:
        if not _has_begun(move, context.files.load()):
            context.journal.end()
        raise
    context.journal.end()


def _has_begun(move: Move, documents: AwsDocuments) -> bool:
    """Whether one of the files has the new profile, and another one still lacks it."""
    both = (documents.config, documents.credentials)
    waiting = [each for each in both if _has(each, move.old) and not _has(each, move.new)]
    return bool(waiting) and any(_has(each, move.new) for each in both)


def _is_done(move: Move, documents: AwsDocuments) -> bool:
    """Whether all of it was done, by a process that was killed at its very end."""
    both = (documents.config, documents.credentials)
    if move.action == RENAME and any(_has(each, move.old) for each in both):
        return False
    return any(_has(each, move.new) for each in both) and not _has_begun(move, documents)


def _has(document: Document, name: str) -> bool:
    return document.has((PROFILE, name))


def apply(
    move: Move, documents: AwsDocuments, *, is_resumed: bool = False, with_plaintext: bool = False
) -> MoveResult:
    """The move in both documents. Raises as `move_profile`."""
    both = (documents.config, documents.credentials)
    if not is_resumed:
        Profiles(documents.config, documents.credentials).get(move.old)
        require_new(documents, move.new)
    old, new = (PROFILE, move.old), (PROFILE, move.new)
    waiting = [each for each in both if each.has(old) and not each.has(new)]
    if move.action == COPY:
        if not with_plaintext:
            _refuse_plaintext(documents, move.old)
        for document in waiting:
            sections.copy(document, old, new)
        follow(documents, move.old, move.new, only=move.new)
        return MoveResult([], [], set_all_aside(documents, move.new))
    named = references(documents, move.old)
    for document in waiting:
        document.rename_section(old, new)
    follow(documents, move.old, move.new)
    set_mfa_serial_aside(documents, move.new)
    followed = [each for each in named if each.is_followed and each.user != move.old]
    return MoveResult(followed, [each for each in named if not each.is_followed], [])


def _refuse_plaintext(documents: AwsDocuments, name: str) -> None:
    """Raise UsageError if a copy would write a secret into a file again, in a comment too."""
    places = [pair.place for pair in key_pairs(documents, name)]
    places += [place for place, _ in secrets_in_comments(documents, name)]
    if places:
        raise UsageError(
            f"the secret of {escaped(name)} is stored in plaintext ({', '.join(places)}), and a "
            "copy would write it a second time; nothing was changed",
            code="plaintext-copy",
            hint=f"first move it to the secret store: awscreds configure --profile {quoted(name)}; "
            "or use --plaintext",
        )


def secrets_in_comments(documents: AwsDocuments, name: str) -> list[tuple[str, str]]:
    """The comments of a profile that may hold a secret: the place (``FILE:LINE``) and the text."""
    return [
        (f"{path}:{line}", text)
        for path, document in (
            (documents.config_path, documents.config),
            (documents.credentials_path, documents.credentials),
        )
        for line, text in sections.comments_of(document, (PROFILE, name))
        if secret_in(text)
    ]

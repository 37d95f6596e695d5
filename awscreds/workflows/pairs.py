"""Only keys that the secret store has, or that somebody agreed to lose, leave the AWS files.

Everything that takes keys out of the files goes through here. The change is tried on a copy. Each
pair that would go must be in the store, or is put there and read back. Only then the files are
edited. The edit checks again, with the content that it really replaces (``AwsFiles.edit``).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from awscreds.errors import (
    AwsError,
    ConfigurationError,
    InputNeeded,
    SecretStoreError,
    StoreLocked,
    WrongPassphrase,
)
from awscreds.model.credentials import AccessKey
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import shown_key_id
from awscreds.model.pairs import (
    KeyPair,
    losses,
    named,
    refuse_lost_sections,
    usable_id,
    usable_secret,
)
from awscreds.model.profile import STATIC
from awscreds.stores.secret_store import ACCESS_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.model.documents import AwsDocuments
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.pointers import Pointers
    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State

    T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemovalContext:
    """What keeps the keys that leave the AWS files: the stores, AWS and the person.

    ``consent`` takes a question and the answer that Enter gives; it raises InputNeeded if nobody
    can be asked. ``note`` writes down what is known of a key that was stored. ``check`` asks AWS
    who a key belongs to; None: AWS is not asked. ``makes_vault``: a vault that does not exist yet
    is made, since the command needs it anyway.
    """

    state: State
    stores: StoreSelection
    pointers: Pointers
    consent: Callable[[str, bool], bool]
    note: Callable[[AccessKey, Identity | None], None]
    check: Callable[[AccessKey, str | None], Identity] | None = None
    makes_vault: bool = False

    def stored_ids(self) -> Iterable[str]:
        """The IDs of all access keys in the store."""
        return self.state.ids(ACCESS_KEY)

    def store_of(self, key_id: str) -> SecretStore:
        """The store that holds ``key_id``, or where it would be."""
        return self.stores.of(key_id)

    def store_for_keeping(self) -> SecretStore | None:
        """The store that takes a key; None if there is none yet."""
        # Nobody has to choose a vault's passphrase just to remove a key from a file.
        if not (self.makes_vault or self.stores.backend(self.stores.current()).exists()):
            return None
        return self.stores.for_writing()

    def identity_of(self, key: AccessKey) -> Identity | None:
        """Who a key belongs to. None: AWS is not asked. Raises AwsError if AWS refuses it."""
        return self.check(key, None) if self.check else None

    def pointing_to(self, key_id: str) -> AbstractContextManager[None]:
        """Around an edit after which the config file points to ``key_id``."""
        return self.pointers.pointing_to(key_id)

    def erase(self, key_id: str) -> None:
        """Erase a stored key. Raises ConfigurationError if a config file points to it."""
        self.pointers.erase(self.stores.of(key_id), key_id)

    def require_word(self, key_id: str, identity: Identity) -> None:
        """Raise ConfigurationError if another secret of the key must not be replaced."""
        from awscreds.workflows.gate import require_word

        require_word(key_id, identity, self.state.entry(key_id))


@dataclass(frozen=True, slots=True)
class Kept:
    """A pair that leaves the files and is in the store; ``identity``: what AWS said, if asked."""

    pair: KeyPair
    key: AccessKey
    identity: Identity | None = None
    is_new: bool = False


@dataclass(slots=True)
class RemovalPlan:
    """What happens to the pairs that an edit takes away."""

    kept: list[Kept] = field(default_factory=list)
    dropped: list[KeyPair] = field(default_factory=list)
    known: set[str] = field(default_factory=set, repr=False)
    added: list[str] = field(default_factory=list)
    """The IDs of the entries that were made for it."""

    @property
    def secrets(self) -> set[str]:
        """For ``AwsFiles.edit``: everything that may go."""
        return {
            *self.known,
            *(kept.pair.secret for kept in self.kept),
            *(pair.secret for pair in self.dropped),
        }


def would_go(files: AwsFiles, change: Callable[[AwsDocuments], object]) -> list[KeyPair]:
    """The pairs that ``change`` would take away from the files as they are now.

    Raises ConfigurationError if it would take away a section that is indented below a key.
    """
    before = files.load()
    after = before.clone()
    change(after)
    refuse_lost_sections(before, after)
    return losses(before, after)


def plan_removal(
    going: Iterable[KeyPair],
    context: RemovalContext,
    *,
    new: AccessKey | None = None,
    is_verified: bool = False,
    expected: Callable[[KeyPair], bool] = lambda _: False,
) -> RemovalPlan:
    """Decide what happens to the pairs ``going``, and ask for consent if needed. Stores nothing.

    ``new`` is the key that takes their place; ``is_verified``: AWS knows it. A pair that is
    ``expected`` to go, since it is what the user replaces or removes, is kept without a question;
    every other is asked about. Temporary credentials are dropped: they expire, and the store takes
    none. So is another secret for the ID of a verified key: AWS knows one secret for each.
    Raises InputNeeded if nobody can be asked, ConfigurationError if the answer is no.
    """
    removal = RemovalPlan(known={new.secret} if new else set())
    pairs: dict[str, KeyPair] = {}
    for pair in going:
        if usable_secret(pair) in removal.known:
            removal.known.add(pair.secret)
        else:
            pairs.setdefault(pair.secret, pair)
    taken: set[str | None] = {new.id} if new else set()
    lost: list[KeyPair] = []
    for pair in pairs.values():
        key_id = usable_id(pair)
        if pair.is_temporary or (is_verified and new and key_id == new.id):
            removal.dropped.append(pair)
        elif kept := _kept_before(pair, removal) or _stored(pair, context):
            removal.kept.append(kept)
        elif key_id not in taken and (kept := _storable(pair, context)):
            removal.kept.append(kept)
            taken.add(key_id)
        else:
            lost.append(pair)
    asked = [kept.pair for kept in removal.kept if kept.is_new and not expected(kept.pair)]
    if asked:
        _require(
            context,
            f"The AWS files also contain {named(asked)}. This command removes it from "
            "the files. Move it to the secret store?",
            asked,
            default=True,
        )
    if lost:
        _require(
            context,
            f"This deletes the secret of {named(lost)}, and awscreds cannot store it "
            "in the secret store: you cannot get it back. Delete it permanently?",
            lost,
            default=False,
        )
        removal.dropped += lost
    return removal


def _require(
    context: RemovalContext, question: str, pairs: list[KeyPair], *, default: bool
) -> None:
    hint = (
        "run this again with --yes to agree; or first move the lines of that key "
        "below the header of another profile, or delete them"
    )
    try:
        agreed = context.consent(question, default)
    except InputNeeded as error:
        raise InputNeeded(
            f"this would also remove {named(pairs)} from the AWS files"
            if default
            else f"the secret of {named(pairs)} would be lost: it is not in the secret "
            "store, and awscreds cannot store it there",
            code="several-keys",
            hint=f"{hint}; nothing was changed",
        ) from error
    if not agreed:
        raise ConfigurationError(
            f"nothing was changed: {named(pairs)} is still in the file",
            code="several-keys",
            hint=hint,
        )


def _kept_before(pair: KeyPair, removal: RemovalPlan) -> Kept | None:
    """The pair as it is kept already: one place has quotes around it, another has none."""
    key = usable_id(pair), usable_secret(pair)
    kept = next((one for one in removal.kept if (one.key.id, one.key.secret) == key), None)
    return kept and Kept(pair, kept.key, kept.identity)


def _stored(pair: KeyPair, context: RemovalContext) -> Kept | None:
    """The pair as the store has it, under any ID: a secret has only one."""
    own = usable_id(pair)
    ids = dict.fromkeys([*([own] if own else []), *context.stored_ids()])
    for key_id in ids:
        try:
            key = context.store_of(key_id).find_access_key(key_id)
        except (StoreLocked, WrongPassphrase):
            raise
        except SecretStoreError:
            continue  # an entry that cannot be read may keep nothing
        if key and key.secret in (pair.secret, usable_secret(pair)):
            return Kept(pair, key)
    return None


def _storable(pair: KeyPair, context: RemovalContext) -> Kept | None:
    """The pair as it can be stored; None if it cannot."""
    key_id = usable_id(pair)
    secret = usable_secret(pair)
    if key_id is None or not _is_secret(secret):
        return None
    store = context.store_for_keeping()
    if store is None:
        return None
    # Never overwrite a stored secret here: nobody knows yet which of the two is right.
    if context.store_of(key_id).find_access_key(key_id) is not None:
        return None
    key = AccessKey(key_id, secret)
    try:
        identity = context.identity_of(key)
    except AwsError:  # inactive, or no key any more: it is kept all the same
        identity = None
    return Kept(pair, key, identity, is_new=True)


def _is_secret(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)


def store(removal: RemovalPlan, context: RemovalContext) -> None:
    """Put the keys to keep into the store, and read them back.

    Raises SecretStoreError; `unstore` then takes back what was added.
    """
    for kept in removal.kept:
        if not kept.is_new:
            continue
        target = context.store_for_keeping()
        if target is None or target.find_access_key(kept.key.id) is not None:
            raise ConfigurationError(
                f"another process changed the secret store: {kept.pair.describe()} is not "
                "stored yet",
                code="several-keys",
                hint="run it again; nothing was changed",
            )
        removal.added.append(kept.key.id)
        target.keep_access_key(kept.key)
        context.note(kept.key, kept.identity)


def unstore(removal: RemovalPlan, context: RemovalContext) -> None:
    """Erase the entries that were added, after an edit that failed: the files still have them."""
    for key_id in removal.added:
        with contextlib.suppress(SecretStoreError, ConfigurationError):
            context.erase(key_id)
    removal.added.clear()


def edit(
    files: AwsFiles,
    change: Callable[[AwsDocuments], T],
    context: RemovalContext,
    *,
    expected: Callable[[KeyPair], bool] = lambda _: True,
) -> tuple[T, RemovalPlan]:
    """Decide what happens to every pair that ``change`` takes away, then edit the files by it."""
    removal = plan_removal(would_go(files, change), context, expected=expected)
    with safekeeping(removal, context):
        result = files.edit(change, settled=removal.secrets)
    return result, removal


@contextlib.contextmanager
def safekeeping(removal: RemovalPlan, context: RemovalContext) -> Iterator[None]:
    """Within it, the keys to keep are in the store; if it fails, they are erased again."""
    try:
        store(removal, context)
        yield
    except BaseException:
        unstore(removal, context)
        raise


def sentences(removal: RemovalPlan, context: RemovalContext) -> list[str]:
    """What happened to each pair that has left the files, for people."""
    said = []
    for one in removal.kept:
        shown = shown_key_id(one.key.id)
        said.append(
            f"The key {shown} from {one.pair.place} is now in "
            f"{context.store_of(one.key.id).backend.describe()}; `awscreds store "
            f"forget {shown}` deletes its stored secret."
        )
    for pair in removal.dropped:
        why = (
            "temporary credentials, which expire"
            if pair.is_temporary
            else "it cannot be restored, because it was not stored in another place"
        )
        said.append(f"Removed {pair.describe()}: {why}.")
    return said


def as_json(removal: RemovalPlan) -> dict[str, list[dict[str, str]]]:
    """The same for programs: the pairs that are ``kept`` and ``removed``, each with its place."""
    return {
        "kept": [
            {"access_key_id": shown_key_id(kept.key.id), "place": kept.pair.place}
            for kept in removal.kept
        ],
        "removed": [
            {"access_key_id": shown_key_id(pair.key_id), "place": pair.place}
            for pair in removal.dropped
        ],
    }


def remove_static_keys(documents: AwsDocuments, name: str) -> None:
    """Remove the plaintext keys of a profile from both files, wherever they are.

    A section of the credentials file that is empty then is removed too, unless there is a
    comment above it.
    """
    section = (PROFILE, name)
    emptied = False
    for key in STATIC:
        documents.config.unset(section, key)
        emptied |= documents.credentials.unset(section, key)
    credentials = documents.credentials
    if emptied and credentials.is_bare(section) and not credentials.has_comment_above(section):
        credentials.remove_section(section)

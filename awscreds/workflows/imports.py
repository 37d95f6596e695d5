"""Moving access keys from other tools into the secret store, and their profiles to our line.

``plan`` compares what was found with the AWS files, and changes nothing. ``Import`` then does it in
this order: ask AWS about each key, store all of them and read them back, edit both files in one
transaction, and only then, if that was asked for, delete the entries of the other tools. A process
that is killed in between has lost nothing: the next one finds each step done or does it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from awscreds.errors import AwscredsError, AwsError, ConfigurationError, SecretStoreError
from awscreds.model import names
from awscreds.model.credential_process import PROCESS
from awscreds.model.ini.document import PROFILE
from awscreds.model.other_tools import ToolLine, tool_line
from awscreds.model.pairs import key_pairs, named, usable_id, usable_secret
from awscreds.model.profile import Profile, Profiles
from awscreds.model.settings import PREFIX
from awscreds.model.text import escaped
from awscreds.workflows import pairs
from awscreds.workflows.configure import SetupRequest, target_of, write_managed
from awscreds.workflows.readings import require_one_reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.pairs import KeyPair
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.other_tools.entry import Entry
    from awscreds.stores.secret_store import SecretStore
    from awscreds.workflows.pairs import RemovalContext

IMPORT = "import"
IMPORTED = "imported"
ALREADY = "already"
LEFT = "left"
"""The states of what was found: to be imported, imported, managed before, or left as it was."""

MFA_SERIAL = "mfa_serial"
_UNUSED = "the credential_process line of the profile names another key"
_OTHER_PROFILES = ("source_profile", "include_profile", "parent_profile", "credential_source")
"""Settings by which aws-vault takes credentials or a role from another profile."""


@dataclass(slots=True)
class Item:
    """A profile, and the key that other tools have for it (in ``entries``, all the same).

    ``reason`` says why it is ``LEFT``, ``error`` is what failed.
    """

    profile: str
    entries: list[Entry]
    mfa_serial: str | None = None
    state: str = IMPORT
    reason: str = ""
    error: AwscredsError | None = None
    identity: Identity | None = None
    deleted: list[Entry] = field(default_factory=list)
    undeleted: list[tuple[Entry, AwscredsError]] = field(default_factory=list)
    serves_session: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> AccessKey:
        return self.entries[0].key

    def leave(self, reason: str, error: AwscredsError | None = None) -> None:
        """Leave it as it is, and say why."""
        self.state, self.reason, self.error = LEFT, reason, error


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of another tool that stays, because awscreds has no key for it."""

    profile: str
    place: str
    tool: str
    reason: str


@dataclass(slots=True)
class ImportPlan:
    """What would be done with each profile, and the lines that stay."""

    items: list[Item]
    kept: list[KeptLine]

    def of(self, *states: str) -> list[Item]:
        return [item for item in self.items if item.state in states]


# -- the plan ----------------------------------------------------------------------------------


def plan(
    found: Sequence[Entry],
    files: AwsFiles,
    tools: Iterable[str],
    *,
    only: str | None = None,
) -> ImportPlan:
    """Compare the entries that were ``found`` with the files. ``only`` is one profile's name."""
    documents = files.load()
    profiles = Profiles(documents.config, documents.credentials)
    lines = _lines(profiles, set(tools))
    items: dict[str, Item] = {}
    kept = []
    for name, line in lines.items():
        entries = [entry for entry in found if _is_meant(entry, line)]
        reason = _why_not(name, line, profiles, has_key=bool(entries))
        if reason:
            kept.append(KeptLine(name, _place(documents, name), line.tool, reason))
        else:
            serves = line.serves_session
            items[name] = Item(name, entries, serves_session=serves)
    # A line that stays says how its profile works: a key with the same name does not change that.
    taken = {each.profile for each in kept}
    unused = []
    for entry in found:
        item = items.get(entry.name)
        if item is None:
            if entry.name not in taken:
                items[entry.name] = Item(entry.name, [entry])
        elif entry not in item.entries:
            if entry.name not in lines or entry.key == item.key:
                item.entries.append(entry)
            else:
                unused.append(Item(entry.name, [entry], state=LEFT, reason=_UNUSED))
    for item in items.values():
        _judge(item, profiles, documents)
    return ImportPlan(
        [item for item in (*items.values(), *unused) if only in (None, item.profile)],
        [line for line in kept if only in (None, line.profile)],
    )


def _lines(profiles: Profiles, tools: set[str]) -> dict[str, ToolLine]:
    found = {}
    for profile in profiles.all():
        line = tool_line(profile.get(PROCESS) or "")
        if line and line.tool in tools:
            found[profile.name] = line
    return found


def _is_meant(entry: Entry, line: ToolLine) -> bool:
    return (
        entry.tool == line.tool
        and entry.name == line.entry
        and line.backend in (None, entry.backend)
    )


def _place(documents: AwsDocuments, name: str) -> str:
    for path, document in (
        (documents.config_path, documents.config),
        (documents.credentials_path, documents.credentials),
    ):
        line = document.line_of((PROFILE, name), PROCESS)
        if line is not None:
            return f"{path}:{line}"
    return documents.config_path


def _why_not(name: str, line: ToolLine, profiles: Profiles, *, has_key: bool) -> str | None:
    """Why a line of another tool must stay; None if our line can replace it."""
    profile = profiles.find(name)
    if any(key.startswith(("granted_sso_", "sso_")) for key in profile.config):
        return "it signs in to IAM Identity Center, so there is no access key"
    if line.entry is None:
        return "awscreds does not understand its options"
    for each in {name, line.entry}:
        found = profiles.find(each)
        setting = found.overriding_setting or next(filter(found.get, _OTHER_PROFILES), None)
        if setting:
            return f"the profile {escaped(each)} has {setting}, so its credentials are not its key"
    if not has_key:
        return f"there is no key {escaped(line.entry)} of {line.tool} that can be imported"
    return None


def _judge(item: Item, profiles: Profiles, documents: AwsDocuments) -> None:
    """Decide what happens with ``item``, as far as the files say it."""
    profile = profiles.find(item.profile)
    own = profile.get(MFA_SERIAL) or profile.get(PREFIX + MFA_SERIAL)
    given = next(filter(None, (entry.mfa_serial for entry in item.entries)), None)
    item.mfa_serial = own or given
    item.settings = {MFA_SERIAL: given} if given and not own else {}
    others = {entry.key for entry in item.entries}
    if len(others) > 1:
        places = " and ".join(f"{each.key.id} in {each.place}" for each in item.entries)
        item.leave(f"there are different keys with this name: {places}; use --from TOOL")
        return
    reason = names.breaks(item.profile) if not profiles.has(item.profile) else None
    reason = f"a profile's name cannot {reason}" if reason else _clash(item, profile, documents)
    if reason:
        item.leave(reason)
    elif profile.has_our_process and profile.stored_key_id == item.key.id:
        item.state = IMPORT if profile.has_static_keys else ALREADY


def _clash(item: Item, profile: Profile, documents: AwsDocuments) -> str | None:
    """What of the profile is in the way; None if nothing is."""
    barrier = profile.overriding_setting
    if barrier and not profile.self_sourcing:
        return f"the profile has {barrier}, and every SDK uses this instead of a stored key"
    if profile.stored_key_id not in (None, item.key.id):
        return f"the profile already has another key, {profile.stored_key_id}"
    line = profile.get(PROCESS)
    if line and not profile.has_our_process:
        found = tool_line(line)
        if found is None or not any(_is_meant(entry, found) for entry in item.entries):
            return "the profile already has another credential_process line"
    plaintext = (_other(pair, item.key) for pair in key_pairs(documents, profile.name))
    return next(filter(None, plaintext), None)


def _other(pair: KeyPair, key: AccessKey) -> str | None:
    """What is in a file instead of ``key``; None if it is this one."""
    if pair.is_temporary:
        return f"the profile already has temporary credentials ({pair.place})"
    if usable_id(pair) != key.id:
        return f"the profile already has another key, {pair.describe()}"
    if usable_secret(pair) != key.secret:
        return f"{pair.place} has another secret for {key.id}"
    return None


# -- doing it ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """Carries out a plan.

    ``check`` asks AWS who a key belongs to, at the endpoint of a profile; None: AWS is not asked.
    ``process_line`` gives our line for a profile. ``step`` is called between the steps, for tests
    that end it there.
    """

    files: AwsFiles
    check: Callable[[AccessKey, str], Identity] | None
    open_store: Callable[[], SecretStore]
    process_line: Callable[[str], str]
    context: RemovalContext
    in_spite_of_findings: bool
    step: Callable[[str], None] = lambda _: None

    def verify(self, plan: ImportPlan) -> None:
        """Ask AWS about each key, and try each change on a copy of the files.

        What fails is left. If AWS cannot be reached, it is not asked again.
        """
        asked: dict[str, Identity | AwscredsError] = {}
        for item in plan.of(IMPORT):
            failure = self._identify(item, asked) or self._try(item)
            if failure:
                item.leave(failure.message, failure)

    def _identify(
        self, item: Item, asked: dict[str, Identity | AwscredsError]
    ) -> AwscredsError | None:
        if self.check is None:
            return None
        unreachable = next(
            (e for e in asked.values() if isinstance(e, AwsError) and e.aws_code is None), None
        )
        if item.key.id not in asked:
            try:
                asked[item.key.id] = unreachable or self.check(item.key, item.profile)
            except AwscredsError as error:
                asked[item.key.id] = error
        answer = asked[item.key.id]
        if isinstance(answer, AwscredsError):
            return answer
        item.identity = answer
        return None

    def _try(self, item: Item) -> AwscredsError | None:
        """What the change of one profile would raise."""
        try:
            going = pairs.would_go(self.files, self._change([item]))
        except AwscredsError as error:
            return error
        lost = [pair for pair in going if usable_secret(pair) != item.key.secret]
        if lost:
            return ConfigurationError(
                f"this would remove {named(lost)} from the files", code="several-keys"
            )
        return None

    def carry_out(self, plan: ImportPlan) -> str | None:
        """Store the keys, read them back, and then change both files, in one transaction.

        Returns the name of the store; None if there was nothing to do. Raises AwscredsError, with
        the files as they were.
        """
        items = plan.of(IMPORT)
        if not items:
            return None
        store = self.open_store()
        for item in items:
            self._require_free(item, store)
        items = plan.of(IMPORT)
        added: list[str] = []
        try:
            with contextlib.ExitStack() as stack:
                for key_id in dict.fromkeys(item.key.id for item in items):
                    stack.enter_context(self.context.pointing_to(key_id))
                for item in items:
                    if store.find_access_key(item.key.id) is None:
                        added.append(item.key.id)
                    if store.find_access_key(item.key.id) != item.key:
                        store.keep_access_key(item.key)
                    self.context.note(item.key, item.identity)
                    self.step("stored")
                change = self._change(items)
                going = pairs.would_go(self.files, change)
                self.files.edit(change, settled=_settled(items, going))
        except BaseException:
            for key_id in dict.fromkeys(added):
                # The first error is the one to report.
                with contextlib.suppress(SecretStoreError, ConfigurationError):
                    self.context.erase(key_id)
            raise
        for item in items:
            item.state = IMPORTED
        self.step("imported")
        return store.backend.name

    def _require_free(self, item: Item, store: SecretStore) -> None:
        """Leave an item whose key is stored with another secret, unless AWS knows this one."""
        stored = store.find_access_key(item.key.id)
        if stored in (None, item.key):
            return
        if item.identity:
            self.context.require_word(item.key.id, item.identity)
            return
        item.leave(
            f"{store.backend.describe()} already has another secret for {item.key.id}; only a "
            "check with AWS can show which one is correct"
        )

    def _change(self, items: Sequence[Item]) -> Callable[[AwsDocuments], None]:
        requests = [
            (
                SetupRequest(
                    item.profile, key=item.key, settings=item.settings, replace_process=True
                ),
                item.key.id,
            )
            for item in items
        ]
        lines: dict[str, str] = {}

        def change(documents: AwsDocuments) -> None:
            written = set()
            for request, key_id in requests:
                profiles = Profiles(documents.config, documents.credentials)
                target = target_of(profiles, request, key_id)
                if target not in lines:
                    lines[target] = self.process_line(target)
                written |= {request.profile, target}
                write_managed(documents, request, key_id, lines[target])
            if not self.in_spite_of_findings:
                require_one_reading(documents, written)

        return change

    # -- deleting what was imported --------------------------------------------------------

    def delete_sources(self, plan: ImportPlan) -> None:
        """Delete the entries of the other tools whose key we have, and whose profile is ours.

        What cannot be deleted is noted with its item.
        """
        documents = self.files.load()
        profiles = Profiles(documents.config, documents.credentials)
        for item in plan.of(IMPORTED, ALREADY):
            for entry in item.entries:
                if any(entry in each.deleted for each in plan.items):
                    continue
                try:
                    self._require_ours(item, entry, profiles)
                    entry.remove()
                except AwscredsError as error:
                    item.undeleted.append((entry, error))
                else:
                    item.deleted.append(entry)
                self.step("deleted")

    def _require_ours(self, item: Item, entry: Entry, profiles: Profiles) -> None:
        """Raise AwscredsError unless the key is ours, and nothing else here needs the entry."""
        if self.context.store_of(item.key.id).find_access_key(item.key.id) != entry.key:
            raise ConfigurationError(
                f"the secret store does not have {item.key.id} with this secret", code="not-ours"
            )
        for name in {item.profile, *([entry.name] if profiles.has(entry.name) else [])}:
            owners = (name, *_sources(profiles, name))
            if not any(_serves(profiles.find(each), item.key.id) for each in owners):
                raise ConfigurationError(
                    f"the profile {escaped(name)} does not use the stored key", code="not-ours"
                )
        for profile in profiles.all():
            line = tool_line(profile.get(PROCESS) or "")
            if line and line.tool == entry.tool and line.entry in (None, entry.name):
                raise ConfigurationError(
                    f"the profile {escaped(profile.name)} still gets its credentials from "
                    f"{entry.tool}",
                    code="still-used",
                )


def _settled(items: Iterable[Item], going: Iterable[KeyPair]) -> set[str]:
    """What may leave the files: the secrets that are stored, in any spelling."""
    stored = {item.key.secret for item in items}
    return stored | {pair.secret for pair in going if usable_secret(pair) in stored}


def _sources(profiles: Profiles, name: str) -> list[str]:
    source = profiles.find(name).get("source_profile")
    return [source] if source else []


def _serves(profile: Profile, key_id: str) -> bool:
    return profile.has_our_process and profile.stored_key_id == key_id

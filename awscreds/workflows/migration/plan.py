"""What a migration does with each profile. Nothing is asked, stored or changed here.

Every profile with something to say gets an item: a person must see why a key stays in plaintext.
"""

from __future__ import annotations

from awscreds.model.credential_process import PROCESS
from awscreds.model.credentials import AccessKey
from awscreds.model.expirations import expiration_of
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import LASTING_PREFIX, TEMPORARY_PREFIX, shown_key_id
from awscreds.model.pairs import key_pairs, usable_id, usable_secret
from awscreds.model.profile import KEY_ID, NO_CREDENTIALS, SECRET, STATIC, Profile, Profiles
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.workflows.configure import SOURCE_SUFFIX
from awscreds.workflows.migration.item import CLEAR, FOLLOW, LEAVE, MOVE, Item

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.pairs import KeyPair

LONG_TERM = "-long-term"
"""aws-mfa keeps a user's key in ``[NAME-long-term]`` and writes a session to ``[NAME]``.
https://github.com/broamski/aws-mfa"""
DEVICE = "aws_mfa_device"
"""aws-mfa's setting for the MFA device."""
_ASSUMED = "assumed_role"


class Plan:
    """The items of the profiles ``names`` of both files; None: of every profile.

    ``now`` is in seconds since the epoch.
    """

    def __init__(self, documents: AwsDocuments, names: Iterable[str] | None, now: float) -> None:
        self._documents = documents
        self._profiles = Profiles(documents.config, documents.credentials)
        self._now = now
        self._pairs: dict[str, list[KeyPair]] = {}
        for pair in key_pairs(documents):
            if pair.profile is not None:
                self._pairs.setdefault(pair.profile, []).append(pair)
        every = names is None
        asked = self._profiles.names() if names is None else self._with_partners(names)
        found = {name: self._item(name, is_named=not every) for name in asked}
        for name in asked:
            partner = self._partner(name)
            if partner:
                found[name] = self._following(name, partner, found.get(partner)) or found[name]
        self.items = [item for item in found.values() if item]
        if every:
            self.items += _outside_of_profiles(documents)

    def _with_partners(self, names: Iterable[str]) -> list[str]:
        """The names, each with the other half of a pair of aws-mfa."""
        return [
            each
            for name in dict.fromkeys(names)
            for each in (name, name.removesuffix(LONG_TERM), name + LONG_TERM)
            if each == name or self._are_partners(each, name)
        ]

    def _are_partners(self, one: str, other: str) -> bool:
        short, long = sorted((one, other), key=len)
        return self._partner(short) == long

    def _partner(self, name: str) -> str | None:
        """The profile of aws-mfa that has the key for ``name``, if there are both."""
        both = self._profiles.has(name) and self._profiles.has(name + LONG_TERM)
        return name + LONG_TERM if both else None

    def _item(self, name: str, *, is_named: bool) -> Item | None:
        """What happens to one profile; None if there is nothing to say about it."""
        profile = self._profiles.find(name)
        pairs = self._pairs.get(name, [])
        item = Item(name, LEAVE, self._place(name, pairs), pairs, target=name)
        if not (profile.has_static_keys or pairs):
            if not is_named:
                return None
            item.leave(*_without_keys(profile))
            return item
        return self._judge(item, profile)

    def _place(self, name: str, pairs: list[KeyPair]) -> str:
        if pairs:
            return pairs[0].place
        documents = self._documents
        for path, document in (
            (documents.credentials_path, documents.credentials),
            (documents.config_path, documents.config),
        ):
            lines = [document.line_of((PROFILE, name), key) for key in STATIC]
            line = next(filter(None, lines), None) or document.line_of((PROFILE, name))
            if line:
                return f"{path}:{line}"
        return documents.config_path

    def _judge(self, item: Item, profile: Profile) -> Item:
        """The first rule that applies says what happens."""
        configure = f"awscreds configure --profile {quoted(profile.name)}"
        if profile.misplaced:
            item.leave(
                f"its {profile.misplaced} is not an access key ID of AWS; it may be a secret in "
                "the wrong place",
                configure,
            )
        elif _is_session(profile):
            self._judge_session(item, profile)
        elif _several(item.pairs):
            places = ", ".join(pair.place for pair in item.pairs)
            item.leave(
                f"it has several keys ({places}), and tools differ on which one they use",
                "delete all of them but one, then run this again",
            )
        elif not item.pairs:
            item.leave("it has an access key ID, but no secret", configure)
        elif item.pairs[0].key_id is None:
            item.leave("it has a secret, but no access key ID", configure)
        elif self._is_rest(profile):
            self._judge_key(item, profile)
            item.is_rest, item.target = True, profile.name + SOURCE_SUFFIX
        elif reason := _barrier(profile):
            item.leave(*reason)
        else:
            self._judge_key(item, profile)
        return item

    def _is_rest(self, profile: Profile) -> bool:
        """Whether its key was given to the profile beside it, and a kill left its own lines."""
        beside = profile.name + SOURCE_SUFFIX
        stored = self._profiles.find(beside).stored_key_id
        ids = [usable_id(pair) for pair in self._pairs.get(profile.name, [])]
        return profile.get("source_profile") == beside and stored is not None and ids == [stored]

    def _judge_session(self, item: Item, profile: Profile) -> None:
        end = expiration_of(profile.temporary_keys or profile.plaintext)
        if end is None:
            item.leave(
                "it has temporary keys, and no setting says until when; awscreds stores no "
                "temporary keys",
                "when no program needs them any more, delete their lines",
            )
        elif end > self._now:
            item.leave(
                f"it has temporary keys, valid until {format_iso(end)}; awscreds stores no "
                "temporary keys",
                "when they have expired, run this again",
            )
        else:
            item.action = CLEAR
            item.reason = f"its temporary keys expired at {format_iso(end)}"

    def _judge_key(self, item: Item, profile: Profile) -> None:
        pair = item.pairs[0]
        key_id, secret = usable_id(pair), usable_secret(pair)
        if key_id is None:
            item.leave(
                "its access key ID is not one that AWS gives out, so it cannot name an entry of "
                "the secret store"
            )
            return
        if not all("!" <= char <= "~" for char in secret):
            item.leave(
                "its secret has spaces or other characters that no secret of AWS has",
                f"awscreds configure --profile {quoted(profile.name)}",
            )
            return
        stored = profile.stored_key_id
        if stored not in (None, key_id):
            item.leave(
                f"it is managed with the key {shown_key_id(stored)}, but the file has the key "
                f"{shown_key_id(key_id)}",
                f"awscreds configure --profile {quoted(profile.name)}",
            )
            return
        item.action, item.key, item.key_id = MOVE, AccessKey(key_id, secret), key_id
        item.mfa_device = profile.get(DEVICE) if profile.name.endswith(LONG_TERM) else None
        if profile.self_sourcing:
            item.target = profile.name + SOURCE_SUFFIX
            item.reason = (
                f"it is a role and its own source_profile, so its keys go to {escaped(item.target)}"
            )
        item.doubt = _doubt(pair, profile)

    def _following(self, name: str, long: str, source: Item | None) -> Item | None:
        """The item of ``name`` if it gets the key of ``long``, its other half in aws-mfa."""
        profile = self._profiles.find(name)
        own = self._item(name, is_named=True)
        managed = self._profiles.find(long)
        if source and source.action == MOVE:
            key_id, device = source.key_id, source.mfa_device
        elif managed.stored_key_id and not managed.has_static_keys:
            key_id, device = managed.stored_key_id, managed.get(DEVICE)
        else:
            return None
        if own and own.action == LEAVE and _is_session(profile):
            own.remedy = f"then run: awscreds migrate --profile {quoted(name)}"
            return own
        if not own or not (own.action == CLEAR or profile.kind == NO_CREDENTIALS):
            return None
        if (profile.get(_ASSUMED) or "").lower() == "true":
            own.leave(
                "aws-mfa assumed a role for it",
                f"awscreds profile add NEW_NAME --role-arn ARN --source {quoted(long)}",
            )
            return own
        return Item(
            name,
            FOLLOW,
            own.place,
            own.pairs,
            key_id=key_id,
            target=name,
            follows=long,
            mfa_device=device,
            reason=f"aws-mfa took its sessions from {escaped(long)}; now awscreds does: "
            f"awscreds mfa-session --profile {quoted(name)}",
        )


def _without_keys(profile: Profile) -> tuple[str, str]:
    if profile.stored_key_id:
        return "it is managed already", ""
    return "it has no access key in the AWS files", ""


def _is_session(profile: Profile) -> bool:
    """Whether its keys are those of a session. A user's key with a token beside it is not."""
    key_id = profile.plaintext.get(KEY_ID)
    if not isinstance(key_id, str) or key_id.startswith(LASTING_PREFIX):
        return False
    return bool(profile.temporary_keys) or key_id.startswith(TEMPORARY_PREFIX)


def _several(pairs: list[KeyPair]) -> bool:
    return len({(usable_id(pair) or pair.key_id, usable_secret(pair)) for pair in pairs}) > 1


def _barrier(profile: Profile) -> tuple[str, str] | None:
    """What SDKs prefer to our line, and what to do about it."""
    barrier = profile.overriding_setting
    if barrier and not profile.self_sourcing:
        return (
            f"it has {barrier}, too, and SDKs prefer this to stored keys",
            "move its keys to a profile of their own, then run this again",
        )
    if profile.get(PROCESS) and not profile.has_our_process:
        return (
            "its credential_process starts another program",
            "remove this line or the keys, then run this again",
        )
    return None


def _doubt(pair: KeyPair, profile: Profile) -> str:
    """Why it is not certain that the key is the one that tools use."""
    if profile.temporary_keys:
        return "there is a session token beside its key"
    if not isinstance(profile.plaintext.get(SECRET), str):
        return "its access key ID and its secret are in different files or sections"
    if (usable_id(pair), usable_secret(pair)) != (pair.key_id, pair.secret):
        return "there are quotes or a comment around its ID or secret"
    return ""


def _outside_of_profiles(documents: AwsDocuments) -> Iterator[Item]:
    """Keys in sections that are no profile: no tool reads them, but they are in plaintext."""
    for pair in key_pairs(documents):
        if pair.profile is None:
            kind, name = pair.section
            shown = escaped(f"{kind} {name}".strip())
            item = Item(shown, LEAVE, pair.place, [pair])
            item.leave(
                f"the section [{shown}] of the config file is not a profile",
                f"rename its header to [profile {escaped(name or kind)}], then run this again",
            )
            yield item

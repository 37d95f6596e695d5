"""What our state says about stored secrets: missing, without a profile, in two stores, too old.

No store is opened. One that is open anyway, and that can list its entries, is compared.
"""

from __future__ import annotations

import os
from collections import Counter

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.keys import has_id_form, shown_entry, shown_key_id
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.settings import MAX_KEY_AGE
from awscreds.model.text import escaped, quoted
from awscreds.model.times import DAY, parse_iso
from awscreds.stores.backends import NAMES
from awscreds.stores.secret_store import ACCESS_KEY, LEFT_IN
from awscreds.warm import STATE_FILE
from awscreds.workflows.checks.surroundings import finding_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

OLD_KEY = "old-key"
"""The code of the finding that a key is due."""


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """The findings by profile, then those by entry."""
    state, path = surroundings.state, surroundings.state_dir.file(STATE_FILE)
    try:
        recorded = state.ids(ACCESS_KEY)
        listed = surroundings.listed_entries()
    except ConfigurationError as error:
        # ``permissions`` reports an unsafe folder.
        if error.code != "unsafe-state":
            yield finding_of(error, path)
        return
    except AwscredsError as error:
        yield finding_of(error, path)
        return
    used = set()
    for profile in surroundings.every_profile:
        key_id = profile.stored_key_id
        if key_id:
            used.add(key_id)
            place = surroundings.place(profile.name, POINTER)
            entry = state.entry(key_id)
            yield from _missing(surroundings, profile, entry, listed)
            limit = MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))
            old = old_key(profile, entry, surroundings.clock(), limit, place)
            if old:
                yield old
    used |= _used_elsewhere(surroundings, [each for each in recorded if each not in used])
    for key_id in dict.fromkeys([*recorded, *(each for ids in listed.values() for each in ids)]):
        if key_id not in used and has_id_form(key_id):
            yield _orphaned(key_id, path)
        entry = state.entry(key_id)
        left_in = entry.get(LEFT_IN) or _copy(key_id, entry, listed)
        if left_in and left_in != entry.get("backend"):
            yield _doubled(key_id, str(left_in), path)


def unlisted(surroundings: Surroundings) -> dict[str, int]:
    """The stores that did not list their entries, and how many keys of profiles are in each.

    A keyring has no list for us, and a vault only while it is open. So only reading a secret tells
    whether it is there.
    """
    try:
        listed = surroundings.listed_entries()
        keys = {each.stored_key_id: None for each in surroundings.every_profile}
        homes = [surroundings.state.entry(key_id).get("backend") for key_id in keys if key_id]
    except AwscredsError:  # ``check`` reports it
        return {}
    return dict(Counter(name for name in homes if name and name not in listed))


def _copy(key_id: str, entry: Mapping[str, str], listed: Mapping[str, list[str]]) -> str | None:
    """A store that has the entry besides the one where it is recorded."""
    home = entry.get("backend")
    others = (name for name, ids in listed.items() if key_id in ids and home not in (None, name))
    return next(others, None)


def old_key(
    profile: Profile, entry: Mapping[str, str], now: float, limit: int, place: tuple[str, int]
) -> Finding | None:
    """The finding that the key of ``profile`` is older than ``limit``, in seconds.

    Its age counts from when IAM created it; if that is not known, from when it was stored.
    """
    since = parse_iso(entry.get("created_at") or entry.get("stored_at") or "")
    if since is None or now - since <= limit:
        return None
    return Finding(
        OLD_KEY,
        WARNING,
        *place,
        f"the access key {shown_key_id(profile.access_key_id)} is at least "
        f"{int((now - since) // DAY)} days old",
        remedy=f"awscreds rotate --profile {quoted(profile.name)}",
        profile=profile.name,
    )


def _missing(
    surroundings: Surroundings,
    profile: Profile,
    entry: Mapping[str, str],
    listed: Mapping[str, list[str]],
) -> Iterator[Finding]:
    backend, key_id = entry.get("backend"), profile.stored_key_id or ""
    place = surroundings.place(profile.name, POINTER)
    name = escaped(profile.name)
    if backend and backend in listed and key_id not in listed[backend]:
        yield Finding(
            "missing-entry",
            ERROR,
            *place,
            f"the {backend} has no secret for {key_id}, the access key of the profile {name}",
            remedy=f"store it again: awscreds configure --profile {quoted(profile.name)}",
            profile=profile.name,
        )
    elif not entry:
        yield Finding(
            "unrecorded-entry",
            NOTE,
            *place,
            f"awscreds has no record of {key_id}, the access key of the profile {name}; "
            "perhaps its secret is stored on another computer",
            remedy=f"check it: awscreds whoami --profile {quoted(profile.name)}",
            profile=profile.name,
        )


def _orphaned(key_id: str, path: str) -> Finding:
    return Finding(
        "orphaned-entry",
        NOTE,
        path,
        0,
        f"the secret of {key_id} is stored, but no profile of the AWS files uses it",
        remedy=f"if you do not need the key: awscreds store forget {key_id}",
    )


def _doubled(key_id: str, left_in: str, path: str) -> Finding:
    other = next(name for name in NAMES if name != left_in)
    return Finding(
        "doubled-entry",
        WARNING,
        path,
        0,
        f"a copy of {shown_entry(key_id)} is also in the {escaped(left_in)}, for example because a "
        "move was interrupted",
        remedy=f"repeat the move, which removes it: awscreds store move --to {other}",
    )


def _used_elsewhere(surroundings: Surroundings, key_ids: list[str]) -> set[str]:
    """Those of ``key_ids`` that another known config file points to, or may: each is read once."""
    used: dict[str, set[str] | None] = {}
    found = set()
    for key_id in key_ids:
        for path in surroundings.state.files_of(key_id):
            if path not in used:
                used[path] = _pointers_in(path)
            ids = used[path]
            if ids is None or key_id in ids:
                found.add(key_id)
    return found


def _pointers_in(path: str) -> set[str] | None:
    """The keys that a config file points to; None if it cannot be read."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            document = Document.parse(file.read())
    except OSError:
        return None
    return {each.text for each in document.definitions(POINTER) if each.section[0] == PROFILE}

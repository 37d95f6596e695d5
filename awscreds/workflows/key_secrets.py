"""Where the secret of an access key is found: in the AWS files, or in the secret store."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, EntryMissing
from awscreds.model.credentials import AccessKey
from awscreds.model.key_usage import has_plaintext, users_of
from awscreds.model.keys import shown_key_id
from awscreds.model.profile import KEY_ID, SECRET
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.secret_store import SecretStore

    StoreOf = Callable[[str], SecretStore]
    """Gives the store of a key, by its ID."""


def key_of_profile(profile: Profile, store_of: StoreOf) -> AccessKey | None:
    """The access key of a profile: its plaintext one, which SDKs prefer, else the stored one.

    None if there is neither, or an ID without its secret, which SDKs refuse.
    """
    key_id, secret = profile.plaintext.get(KEY_ID), profile.plaintext.get(SECRET)
    if isinstance(key_id, str):
        return AccessKey(key_id, secret) if isinstance(secret, str) and secret else None
    stored = profile.stored_key_id
    return stored_key(stored, profile.name, store_of) if stored else None


def stored_key(key_id: str, profile: str, store_of: StoreOf) -> AccessKey:
    """The key ``key_id`` of ``profile`` from the store. Raises EntryMissing."""
    try:
        return store_of(key_id).access_key(key_id)
    except EntryMissing as error:
        raise to_store_again(error, profile) from None


def to_store_again(error: EntryMissing, profile: str) -> EntryMissing:
    """``error``, with what stores the key of ``profile`` again."""
    return error.because(hint=f"store it again: awscreds configure --profile {quoted(profile)}")


def plaintext_key(key_id: str, profiles: Profiles) -> AccessKey | None:
    """The key ``key_id`` as it is in plaintext in either file; None if it is in neither."""
    for profile in users_of(key_id, profiles):
        for values in (profile.credentials, profile.config):
            secret = values.get(SECRET)
            if values.get(KEY_ID) == key_id and isinstance(secret, str) and secret:
                return AccessKey(key_id, secret)
    return None


def require_key(key_id: str, profiles: Profiles, store_of: StoreOf) -> AccessKey:
    """The key with its secret, from the AWS files or the store.

    Raises EntryMissing, and ConfigurationError if a profile has only the ID, and no store has it.
    """
    found = find_key(key_id, profiles, store_of)
    if found:
        return found
    users = users_of(key_id, profiles)
    halves = [each.name for each in users if has_plaintext(each, key_id)]
    if not halves:
        return stored_key(key_id, users[0].name if users else "NAME", store_of)
    raise ConfigurationError(
        f"the profile {escaped(halves[0])} has the ID of an access key without its secret "
        f"in the same file: {shown_key_id(key_id)}",
        code="half-key",
        hint=f"awscreds configure --profile {quoted(halves[0])}",
    )


def find_key(key_id: str, profiles: Profiles, store_of: StoreOf) -> AccessKey | None:
    """The same; None if neither has the secret."""
    return plaintext_key(key_id, profiles) or store_of(key_id).find_access_key(key_id)

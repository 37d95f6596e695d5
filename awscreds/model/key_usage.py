"""Which profiles use an access key: those that name it, and those that break without it.

A profile names a key in either AWS file: as its stored key, or in plaintext. If it names several,
SDKs differ in which one they use, so it counts as a user of each.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import POINTER
from awscreds.model.profile import KEY_ID
from awscreds.model.role_chain import resolve_chain
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.profile import Profile, Profiles


class KeyUse:
    """A place in the AWS files where a profile names an access key.

    ``file`` is ``config`` or ``credentials``. ``is_managed``: it points to the secret store;
    otherwise the key is there in plaintext.
    """

    __slots__ = ("file", "is_managed", "key_id", "profile")

    def __init__(self, key_id: str, profile: str, file: str, *, is_managed: bool) -> None:
        self.key_id = key_id
        self.profile = profile
        self.file = file
        self.is_managed = is_managed


def uses_in(profile: Profile) -> Iterator[KeyUse]:
    """Every place where ``profile`` names a key."""
    for file, values in (("config", profile.config), ("credentials", profile.credentials)):
        for name, is_managed in ((POINTER, True), (KEY_ID, False)):
            key_id = values.get(name)
            if isinstance(key_id, str) and key_id:
                yield KeyUse(key_id, profile.name, file, is_managed=is_managed)


def key_ids_of(profile: Profile) -> set[str]:
    """Every long-lived key that ``profile`` names."""
    return {use.key_id for use in uses_in(profile)}


def has_plaintext(profile: Profile, key_id: str) -> bool:
    """Whether either file holds ``key_id`` as a plaintext key of this profile."""
    return any(use.key_id == key_id and not use.is_managed for use in uses_in(profile))


def uses_of(key_id: str, profiles: Profiles) -> list[KeyUse]:
    """Where ``key_id`` is named, in the order of the profiles."""
    return [use for profile in profiles.all() for use in uses_in(profile) if use.key_id == key_id]


def users_of(key_id: str, profiles: Profiles) -> list[Profile]:
    """The profiles that name ``key_id``."""
    return [profile for profile in profiles.all() if key_id in key_ids_of(profile)]


def required_users(key_id: str, profiles: Profiles) -> list[Profile]:
    """``users_of``. Raises ConfigurationError if nobody uses the key any more."""
    users = users_of(key_id, profiles)
    if not users:
        raise ConfigurationError(
            f"no profile uses {key_id} any more: another program has changed the AWS files",
            code="key-not-used",
            hint="`awscreds list` shows what there is now",
        )
    return users


def no_own_key(profile: Profile, *, hint: str) -> ConfigurationError:
    """The error for a command that needs an access key, and a profile that has none."""
    return ConfigurationError(
        f"the profile {escaped(profile.name)} has no access key",
        code="no-access-key",
        hint=hint,
    )


def dependents_of(key_id: str, profiles: Profiles) -> list[str]:
    """The profiles that break without the key: those that name it, and roles through them."""
    users = {profile.name for profile in users_of(key_id, profiles)}
    return [name for name in profiles.names() if name in users or _source(name, profiles) in users]


def _source(name: str, profiles: Profiles) -> str | None:
    """The profile that ``name`` gets its first credentials from; None if that is not clear."""
    try:
        return resolve_chain(profiles, name).source.profile
    except ConfigurationError:
        return None

"""Moving entries between stores, and letting go of one."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, UsageProblem
from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awscreds.model.profile import Profiles
    from awscreds.stores.secrets import SecretStore


def users_of(key_id: str, profiles: Profiles) -> list[str]:
    """The names of the profiles that a stored key serves."""
    return [p.name for p in profiles.all() if p.stored_key_id == key_id]


def move(
    entries: Iterable[tuple[str, str, str]],
    target: SecretStore,
    open_store: Callable[[str], SecretStore],
) -> list[str]:
    """Bring ``entries`` (id, kind, the backend they are in) to ``target``; the ids moved.

    Each is written there and read back before it leaves the old place, so that a stop at any
    instant leaves it where it is looked for. Running this again moves the rest.
    """
    moved = []
    for entry_id, kind, backend in entries:
        if backend == target.backend.name:
            continue
        source = open_store(backend)
        target.write(kind, entry_id, source.read(kind, entry_id))
        source.backend.erase(entry_id)
        moved.append(entry_id)
    return moved


def forget(
    key_id: str, profiles: Profiles, store: SecretStore, *, sure: Callable[[], bool]
) -> None:
    """Drop the entry of a key that no profile uses. Raises ConfigurationError where one does."""
    users = users_of(key_id, profiles)
    if users:
        raise ConfigurationError(
            f"{key_id} serves {', '.join(visible(name) for name in users)}",
            code="key-in-use",
            hint="give those profiles another key first: awscreds configure --profile NAME",
        )
    if not sure():
        raise UsageProblem("nothing was dropped", code="declined")
    store.erase(key_id)

"""Moving entries between stores, and letting go of one."""

from __future__ import annotations

from awscreds.errors import UsageProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awscreds.stores.pointers import Pointers
    from awscreds.stores.secrets import SecretStore


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
    key_id: str, pointers: Pointers, store: SecretStore, *, sure: Callable[[], bool]
) -> None:
    """Drop the entry of a key that nothing points to. Raises ConfigurationError otherwise."""
    pointers.require_none(key_id)
    if not sure():
        raise UsageProblem("nothing was dropped", code="declined")
    pointers.erase(store, key_id)  # which looks again: somebody may have thought for long

"""Moving entries between stores, and deleting one."""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.stores.secret_store import LEFT_IN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awscreds.stores.pointers import Pointers
    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.state import State


def move(
    entries: Iterable[tuple[str, str, str]],
    target: SecretStore,
    open_store: Callable[[str], SecretStore],
    *,
    note: Callable[[str, str], None] = lambda _id, _backend: None,
) -> list[str]:
    """Move ``entries`` (ID, kind, the backend they are in) to ``target``; the IDs that were moved.

    Each is written there and read back before it leaves the old store, so that a stop at any
    instant leaves it where it is looked for. ``note`` gets the old store before, and nothing
    (``""``) after: running this again moves the rest, and ``finish_moves`` clears what was left.
    """
    moved = []
    for entry_id, kind, backend in entries:
        if backend == target.backend.name:
            continue
        source = open_store(backend)
        fields = source.read(kind, entry_id)
        note(entry_id, backend)
        target.write(kind, entry_id, fields)
        source.backend.erase(entry_id)
        note(entry_id, "")
        moved.append(entry_id)
    return moved


def finish_moves(state: State, open_store: Callable[[str], SecretStore]) -> None:
    """Erase the copies that a killed ``move`` left in the old store.

    Each goes once its entry was read from the new one. Raises what the stores raise.
    """
    for entry_id in state.ids():
        entry = state.entry(entry_id)
        left_in, backend = entry.get(LEFT_IN), entry.get("backend")
        if not left_in or not backend:
            continue
        if left_in != backend:
            open_store(backend).read(entry.get("kind", ""), entry_id)
            open_store(left_in).backend.erase(entry_id)
        state.note(entry_id, **{LEFT_IN: ""})


def forget(
    key_id: str, pointers: Pointers, store: SecretStore, *, sure: Callable[[], bool]
) -> None:
    """Delete the entry of a key that nothing points to. Raises ConfigurationError otherwise."""
    pointers.require_none(key_id)
    if not sure():
        raise UsageError("nothing was deleted", code="declined")
    pointers.erase(store, key_id)  # which checks again: the answer may have taken long

"""What a change of many profiles waits for: other migrations, and rotations of their keys."""

from __future__ import annotations

import contextlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awscreds.app import App
    from awscreds.stores.migration_record import MigrationRecord


@contextlib.contextmanager
def alone(app: App, keys: Iterable[tuple[str, str | None]]) -> Iterator[MigrationRecord]:
    """Within it, no other process migrates these files, or rotates ``keys``: profiles and IDs.

    Raises RotationUnfinished if a rotation has begun.
    """
    from awscreds.stores.journal import no_rotation
    from awscreds.stores.migration_record import MigrationRecord

    record = MigrationRecord(app.state_dir, app.files)
    with contextlib.ExitStack() as held:
        held.enter_context(record.lock())
        locked: set[str] = set()
        for profile, key_id in sorted(keys, key=lambda each: each[1] or ""):
            ids = {key_id} - locked if key_id else set()
            held.enter_context(no_rotation(app.state_dir, profile, ids, app.clock))
            locked |= ids
        yield record

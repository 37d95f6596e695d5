"""Rows: 1 to 64 programs that ask for credentials at once, as the workers of a build do."""

from tests.benchmarks.endpoint import SESSION_ID
from tests.benchmarks.lines import line_row, serves, settle

__all__ = ["rows", "settle"]

GROUP = "Callers at once"
COUNTS = (1, 4, 16, 64)


def rows(stage):
    vault, role = stage.managed(4), stage.managed(4, "role")
    for count in COUNTS:
        yield _row(vault, "kept", "vault, warm (key_cache 15m)", count)
        yield _row(vault, "cold", "vault, cold, its key held", count)
        # All of them need a new session, and one call of AWS gets it for all.
        yield _row(
            role, "deploy", "vault, a wrapped role, cold", count, calls=1,
            before=role.forget_sessions, check=serves(SESSION_ID),
        )  # fmt: skip
        if stage.bus:
            yield _row(stage.on_desktop(4), "cold", "gnome-keyring, cold", count)


def _row(home, profile, name, count, **more):
    row = line_row(home, profile, name, callers=count, most=7, **more)
    row.group = GROUP
    row.command += f" ({count} at once)" if count > 1 else ""
    return row

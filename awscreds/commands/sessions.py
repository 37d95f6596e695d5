"""``awscreds sessions list|clear``."""

from __future__ import annotations

import click

from awscreds.commands.common import (
    JSON,
    PAGER,
    PROFILE,
    common_options,
    need_subcommand,
    profile_argument,
)
from awscreds.commands.groups import Group
from awscreds.model.keys import shown_key_id
from awscreds.render import Result, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awscreds.app import App
    from awscreds.stores.cache.sessions import CachedSession


@click.group("sessions", cls=Group, invoke_without_command=True)
@common_options(PROFILE, JSON)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List and clear cached sessions.

    \b
    Examples:
      awscreds sessions list
      awscreds sessions clear
    """
    need_subcommand(ctx)


@command.command("list")
@common_options(JSON, PAGER)
@click.pass_obj
def list_sessions(app: App) -> Result:
    """List cached sessions and how long they last.

    \b
    Examples:
      awscreds sessions list
      awscreds sessions list --json
    """
    from awscreds.model.times import format_duration, format_iso

    now = app.clock()
    rows = [
        {
            "profile": cached.profile,
            "access_key_id": cached.access_key_id and shown_key_id(cached.access_key_id),
            "role": cached.role,
            "serial": cached.serial,
            "expiration": format_iso(cached.expiration),
            "minutes_left": int((cached.expiration - now) // 60),
            "kept_in": list(cached.where),
        }
        for cached in _distinct(app.sessions.entries())
    ]
    document = {"sessions": rows}
    if not rows:
        return Result(document, said=["No sessions are cached."])
    cells = [
        [
            str(row["profile"]),
            str(row["role"] or row["access_key_id"]),
            "yes" if row["serial"] else "-",
            format_duration(60 * int(str(row["minutes_left"])), short=True, parts=2),
        ]
        for row in rows
    ]
    columns = ("PROFILE", "KEY OR ROLE", "MFA", "LEFT")
    return Result(document, table=Table(columns, cells, whole=columns[:1]), is_paged=True)


def _distinct(entries: Iterable[CachedSession]) -> list[CachedSession]:
    """Each session once: one with a chosen duration is cached for any duration, too."""
    seen = {(e.profile, e.access_key_id, e.role, e.serial, e.expiration): e for e in entries}
    return list(seen.values())


@command.command("clear")
@profile_argument
@common_options(PROFILE, JSON)
@click.pass_obj
def clear(app: App) -> Result:
    """Clear all cached sessions, or only those of one profile.

    This deletes them from this computer; AWS still accepts them until they expire.

    \b
    Examples:
      awscreds sessions clear
      awscreds sessions clear dev
    """
    name = app.options.profile
    count = app.sessions.clear(profile=name) if name else app.sessions.clear()
    done = f"Removed {count} cached {'session' if count == 1 else 'sessions'}."
    return Result({"cleared": count}, done=done)

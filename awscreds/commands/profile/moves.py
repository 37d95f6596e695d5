"""``awscreds profile rename|copy``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, YES, common_options
from awscreds.commands.groups import Command
from awscreds.errors import UsageError
from awscreds.model.settings import PREFIX
from awscreds.model.text import escaped, quoted
from awscreds.render import Result
from awscreds.stores.profile_journal import COPY, RENAME, Move, ProfileJournal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app import App
    from awscreds.model.profile_references import Reference
    from awscreds.workflows.profile_moves import MoveContext
    from awscreds.workflows.profile_users import Place

VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWSCREDS_PROFILE")


@click.command("rename", cls=Command)
@click.argument("name", metavar="PROFILE")
@click.argument("new_name")
@common_options(JSON, YES)
@click.pass_obj
def rename(app: App, name: str, new_name: str) -> Result:
    """Rename a profile, and every line that names it.

    Roles that have it as their source, and its cached sessions, follow. Lines that start other
    programs do not: they are listed.

    \b
    Examples:
      awscreds profile rename dev production
      awscreds profile rename default personal --json
    """
    from awscreds.stores.journal import no_rotation
    from awscreds.stores.migration_record import MigrationRecord
    from awscreds.workflows.profile_moves import move_profile, stored_keys
    from awscreds.workflows.profile_users import elsewhere

    def record(move: Move) -> None:
        app.state.rename_profile(move.old, move.new)
        app.sessions.rename_profile(move.old, move.new)
        MigrationRecord(app.state_dir, app.files).rename_profile(move.old, move.new)

    context = _prepare(app, name, new_name, record)
    places = elsewhere(name, app.files, app.pointers, app.warn)
    with no_rotation(app.state_dir, name, stored_keys(name, app.files), app.clock):
        result = move_profile(Move(RENAME, name, new_name), context)
    app.recent.rename(name, new_name)
    app.file_warnings.report(new_name)
    app.done(f"Renamed the profile {escaped(name)} to {escaped(new_name)}.")
    for each in result.followed:
        app.say(f"  {_described(each, name)}: now names {escaped(new_name)}")
    for each in result.left:
        app.warn(
            f"{_described(each, name)} still names {escaped(name)}: awscreds does not change the "
            "lines of other programs"
        )
    _warn_of_others(app, name, places)
    return Result(
        {
            "profile": new_name,
            "renamed_from": name,
            "followed": [_document(each) for each in result.followed],
            "left": [_document(each) for each in result.left],
            "elsewhere": [str(place) for place in places],
        }
    )


@click.command("copy", cls=Command)
@click.argument("name", metavar="PROFILE")
@click.argument("new_name")
@click.option(
    "--plaintext", is_flag=True, help="Write the keys to the credentials file in plaintext."
)
@common_options(JSON, YES)
@click.pass_obj
def copy(app: App, name: str, new_name: str, *, plaintext: bool) -> Result:
    """Copy a profile's settings to a new profile.

    Both use the same access key, if it is in the secret store. Comments are not copied.

    \b
    Examples:
      awscreds profile copy dev dev-frankfurt
      awscreds profile copy admin ops --json
    """
    from awscreds.workflows.profile_moves import move_profile

    context = _prepare(app, name, new_name)
    moved = move_profile(Move(COPY, name, new_name), context, with_plaintext=plaintext)
    app.file_warnings.report(new_name)
    app.done(f"Copied the profile {escaped(name)} to {escaped(new_name)}.")
    for key in moved.set_aside:
        app.note(
            f"{escaped(new_name)} has {key.removeprefix(PREFIX)} as {key}: beside our line, some "
            "programs would not find the profile"
        )
    app.say("Change its settings:", f"  awscreds configure --profile {quoted(new_name)} --region …")
    return Result({"profile": new_name, "copied_from": name, "set_aside": moved.set_aside})


COMMANDS: dict[str, click.Command] = {"rename": rename, "copy": copy}


def _prepare(
    app: App, name: str, new_name: str, record: Callable[[Move], None] = lambda _: None
) -> MoveContext:
    """What the move works with, once the names were checked. Raises UsageError, InputNeeded."""
    from awscreds.workflows.profile_moves import MoveContext

    if name == new_name:
        raise UsageError("both names are the same; nothing was changed", code="same-name")
    if not app.profiles().has(new_name):
        app.selection.agree_to_name(new_name)
    app.files.require_trusted()
    journal = ProfileJournal(app.state_dir, app.files)
    return MoveContext(app.files, journal, app.pointers, record, app.step)


def _described(each: Reference, name: str) -> str:
    whose = "" if each.user in (None, name) else f" of {escaped(each.user or '')}"
    return f"{each.place}: {each.key}{whose}"


def _document(each: Reference) -> dict[str, object]:
    return {"file": each.path, "line": each.line, "key": each.key, "profile": each.user}


def _warn_of_others(app: App, name: str, places: list[Place]) -> None:
    for place in places:
        app.warn(f"{place} is also about the profile {escaped(name)}; this file was not changed")
    for variable in VARIABLES:
        if app.environ.get(variable) == name:
            app.warn(f"{variable} of this shell still names {escaped(name)}")

"""``awscreds profile remove``."""

from __future__ import annotations

import click

from awscreds.commands.common import (
    JSON,
    PROFILE,
    YES,
    common_options,
    profile_argument,
    required_profile,
)
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError, ConfigurationError, UsageError
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.workflows.profile_removal import Removal


@click.command("remove", cls=Command)
@profile_argument
@common_options(PROFILE, JSON, YES)
@required_profile
@click.pass_obj
def command(app: App, name: str) -> Result:
    """Remove a profile from both AWS files, with its comments.

    It first says what else uses the profile. The stored secret is deleted if no profile of any
    known config file uses it. A key in plaintext moves to the secret store.

    \b
    Examples:
      awscreds profile remove old
      awscreds profile remove old --yes --json
    """
    from awscreds.commands.configure.apply import removal_context, report_removed
    from awscreds.stores.journal import no_rotation
    from awscreds.workflows.pairs import as_json
    from awscreds.workflows.profile_removal import carry_out, examine

    removal = examine(name, app.files, app.pointers, app.state, app.warn)
    _say_who_uses_it(app, removal)
    _ask(app, removal)
    context = removal_context(app)
    with no_rotation(app.state_dir, name, removal.key_ids, app.clock):
        kept = carry_out(removal, app.files, context, step=app.step)
    report_removed(app, kept, context)
    app.done(f"Removed the profile {escaped(name)}.")
    app.pointers.no_longer_in_use(removal.key_ids)
    forgotten = [key_id for key_id in removal.unused if _forget(app, key_id)]
    cleared = app.sessions.clear(profile=name)
    cleared += sum(app.sessions.clear(access_key_id=key_id) for key_id in forgotten)
    app.file_warnings.report()
    return Result(
        {
            "profile": name,
            "used_by": [
                {"file": each.path, "line": each.line, "key": each.key, "profile": each.user}
                for each in removal.users
            ],
            "elsewhere": [str(place) for place in removal.elsewhere],
            "secrets_forgotten": forgotten,
            "sessions_cleared": cleared,
            **as_json(kept),
        }
    )


def _say_who_uses_it(app: App, removal: Removal) -> None:
    name = escaped(removal.name)
    for each in removal.users:
        whose = f" of {escaped(each.user)}" if each.user else ""
        app.warn(f"{each.place}: {each.key}{whose} names {name}, and will not work without it")
    for place in removal.elsewhere:
        app.warn(f"{place} is also about the profile {name}; this file is not changed")
    for place_of_secret in removal.secrets_in_comments:
        app.warn(f"{place_of_secret}: this comment may hold a secret, and is removed, too")


def _ask(app: App, removal: Removal) -> None:
    name = escaped(removal.name)
    plan = [f"Remove {' and '.join(removal.places)}."] if removal.places else []
    plan += [
        f"Delete the stored secret of {key_id}: no other profile uses it. The key itself stays "
        f"valid at AWS. To delete it there, first run `awscreds keys delete "
        f"{key_id} --profile {quoted(removal.name)}`."
        for key_id in removal.unused
    ]
    if app.options.yes:
        app.say(*plan)
    question = f"Remove the profile {name}?"
    if not app.dialogue.consent(
        question, default=False, plan=plan, hint="pass --yes to remove it; nothing was changed"
    ):
        raise UsageError("nothing was removed", code="declined")


def _forget(app: App, key_id: str) -> bool:
    """Delete the secret of a key that no profile uses any more. Whether it is gone."""
    store = app.stores.of(key_id)
    try:
        was_there = app.pointers.erase(store, key_id)
    except ConfigurationError as error:
        app.warn(f"the secret of {key_id} is still stored: {error.whole}")
        return False
    except AwscredsError as error:
        raise error.because(
            message=f"the profile was removed, but the secret of {key_id} is still stored: "
            f"{error.message}",
            hint=f"to delete it: awscreds store forget {key_id}",
        ) from None
    if was_there:
        app.done(f"Deleted the secret of {key_id} from {store.backend.describe()}.")
    return was_there

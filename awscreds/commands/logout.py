"""``awscreds logout``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.login import prepared, session_option
from awscreds.model.text import escaped
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("logout", cls=Command)
@profile_argument
@session_option
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, *, sso_session: str | None) -> Result:
    """End the login to IAM Identity Center (SSO).

    The tokens of awscreds and of the AWS CLI are removed, AWS ends the login, and the cached
    sessions of its roles are cleared.

    \b
    Examples:
      awscreds logout dev
      awscreds logout --sso-session corp
    """
    target, logins = prepared(app, sso_session, None)
    ended = logins.log_out(target)
    app.sessions.clear(access_key_id="sso")
    if ended:
        places = " and ".join(escaped(place) for place in ended)
        app.done(f"Logged out of {escaped(target.name)}: removed the login from {places}.")
    else:
        app.say(f"Nobody was logged in to {escaped(target.name)}.")
    app.say("Role credentials that were given out already work until they expire.")
    return Result({"sso_session": target.session, "removed_from": ended})

"""``awscreds logout``."""

from __future__ import annotations

import click

from awscreds.commands import aws_login
from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.login import prepared, session_option
from awscreds.model.text import escaped
from awscreds.model.times import format_iso
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.workflows.login import Ended
    from awscreds.workflows.login_target import LoginTarget

_SSO = "sso"
"""What the cache of sessions has in the place of an access key for a role of SSO."""


@click.command("logout", cls=Command)
@profile_argument
@session_option
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, *, sso_session: str | None) -> Result:
    """End the login of a profile: of SSO, or of `aws login`.

    The tokens of awscreds and of the AWS CLI are removed, and the cached sessions are cleared. AWS
    is told to end a login to IAM Identity Center.

    \b
    Examples:
      awscreds logout dev
      awscreds logout --sso-session corp
    """
    from awscreds.stores.logins import LoginFiles

    if aws_login.is_wanted(app, sso_session):
        result = aws_login.log_out(app)
        if result:
            return result
    target, logins = prepared(app, sso_session, None)
    ended = logins.log_out(target)
    roles = [each for each in app.sessions.entries() if each.access_key_id == _SSO]
    last = format_iso(max(each.expiration for each in roles)) if roles else None
    app.sessions.clear(access_key_id=_SSO)
    _tell(app, target, ended)
    app.say(
        "Role credentials that programs already have work until they expire"
        + (f": the last of ours at {last}." if last else ".")
    )
    of_cli = LoginFiles(app.environ).role_credentials_of_cli()
    if of_cli:
        app.say(
            "The AWS CLI keeps role credentials in ~/.aws/cli/cache, in plaintext. To remove them:",
            "  aws sso logout",
        )
    return Result(
        {
            "sso_session": target.session,
            "start_url": target.start_url,
            "removed_from": [each.place for each in ended],
            "ended_at_aws": all(each.alive is None for each in ended) if ended else None,
            "roles_until": last,
            "cli_role_credentials": of_cli,
        }
    )


def _tell(app: App, target: LoginTarget, ended: list[Ended]) -> None:
    name = escaped(target.name)
    if target.session:
        name += f" ({escaped(target.start_url)})"
    if not ended:
        app.say(f"Nobody was logged in to {name}.")
        return
    places = " and ".join(
        each.place if each.is_ours else f"the AWS CLI's file {escaped(each.place)}"
        for each in ended
    )
    app.done(f"Logged out of {name}: removed the login from {places}.")
    for each in ended:
        if each.alive:
            app.warn(
                f"AWS did not end the login that was in {escaped(each.place)} ({each.alive}): it "
                "stays valid at AWS until it expires, but its tokens are removed here"
            )

"""``awscreds login``."""

from __future__ import annotations

import click

from awscreds.commands import aws_login
from awscreds.commands.common import JSON, PROFILE, YES, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import UsageError
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.workflows.login import SsoLogins
    from awscreds.workflows.login_target import LoginTarget

session_option = click.option("--sso-session", metavar="NAME", help="Use this sso-session section.")
_region_option = click.option("--region", metavar="REGION", help="The region, like eu-central-1.")


@click.command("login", cls=Command)
@profile_argument
@session_option
@click.option(
    "--use-device-code",
    is_flag=True,
    help="Compare a code in a browser anywhere, instead of one on this machine.",
)
@click.option(
    "--remote",
    is_flag=True,
    help="For `aws login`: paste the code that a browser on another machine shows.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser: only print the address.")
@click.option(
    "--share",
    is_flag=True,
    help="Keep the login in the AWS CLI's file, in plaintext, for tools that read it there.",
)
@_region_option
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(
    app: App,
    *,
    sso_session: str | None,
    use_device_code: bool,
    remote: bool,
    no_browser: bool,
    share: bool,
    region: str | None,
) -> Result:
    """Log in in your browser: with SSO, or as `aws login` does.

    The profile says which: by its sso-session, or by its login_session; a new profile gets the
    latter. The login is kept in the secret store, and is renewed for as long as AWS allows. All
    profiles of the same sso-session or login_session use it.

    \b
    Examples:
      awscreds login dev
      awscreds login --sso-session corp --use-device-code
      awscreds login --profile new --remote
    """
    from awscreds.browsers import open_own
    from awscreds.workflows.login_parts import Person

    person = Person(
        open_browser=lambda url: not no_browser and open_own(url, app.environ) is not None,
        say=app.say,
        sleep=app.sleep,
        may_retry=lambda reason: _may_retry(app, reason),
    )
    if aws_login.is_wanted(app, sso_session):
        _refuse(use_device_code, "--use-device-code", "IAM Identity Center", "--remote")
        return aws_login.log_in(app, person, remote=remote, share=share, region=region)
    _refuse(remote, "--remote", "profiles with login_session", "--use-device-code")
    target, logins = prepared(app, sso_session, region)
    is_shared = share or target.is_shared
    ends = logins.log_in(
        target,
        person,
        by_device=use_device_code,
        is_shared=is_shared,
    )
    app.sessions.clear(access_key_id="sso")
    kept = "in the AWS CLI's file" if is_shared else "in the secret store"
    app.done(f"Logged in to {escaped(target.name)}. The login is kept {kept}.")
    if target.profile.name:
        app.say("Try it:", f"  awscreds whoami --profile {quoted(target.profile.name)}")
    return Result(
        {
            "sso_session": target.session,
            "start_url": target.start_url,
            "region": target.region,
            "shared": is_shared,
            "ends": format_iso(ends),
        }
    )


def _refuse(is_given: bool, option: str, of: str, other: str) -> None:  # noqa: FBT001 - a flag of the command line
    if is_given:
        raise UsageError(
            f"{option} is only for {of}",
            code="option-unmet",
            hint=f"if the browser is on another machine, use {other}",
        )


def prepared(
    app: App, sso_session: str | None, region: str | None
) -> tuple[LoginTarget, SsoLogins]:
    """Where to log in or out, and what does it. Raises ConfigurationError if there is none."""
    from awscreds.workflows import login

    if sso_session is not None and app.options.profile is not None:
        raise UsageError("use either a profile or --sso-session, not both")
    profiles = app.profiles()
    if sso_session is None:
        profile = app.profile()
        app.file_warnings.report(profile.name)
        target = login.target_of_profile(profile, profiles, region)
    else:
        target = login.target_of_session(sso_session, profiles, region)
    return target, login.SsoLogins(aws_login.tools(app))


def _may_retry(app: App, reason: str) -> bool:
    """Whether a person wants to try again what failed for this reason. ``--yes`` is no person."""
    terminal = app.dialogue.terminal
    if app.options.yes or not terminal.available():
        return False
    app.warn(reason)
    return terminal.confirm("Try again?", default=True)

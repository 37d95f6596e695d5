"""``awscreds login`` and ``logout`` for profiles of `aws login`."""

from __future__ import annotations

from awscreds.commands.configure.questions import checked_setting
from awscreds.errors import ConfigurationError, UsageError, hints
from awscreds.model import names
from awscreds.model.profile import LOGIN, NO_CREDENTIALS, SSO, WRAPPED_SSO, no_such_profile
from awscreds.model.service_endpoint import DEFAULT_REGION
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.workflows.login_parts import LoginTools, Person
    from awscreds.workflows.sign_in import SignedIn, SignInLogins, SignInTarget


def is_wanted(app: App, sso_session: str | None) -> bool:
    """Whether the profile asked for does not log in to IAM Identity Center."""
    if sso_session is not None:
        return False
    return app.profiles().find(app.selection.name()).kind not in (SSO, WRAPPED_SSO)


def log_in(app: App, person: Person, *, remote: bool, share: bool, region: str | None) -> Result:
    """Log in for the profile asked for; a new one is created. Raises what the workflow raises."""
    from awscreds.workflows.sign_in import require_room

    app.files.require_trusted()
    profile = app.profiles().find(app.selection.name())
    app.file_warnings.report(profile.name)
    require_room(profile, app.profiles())
    if profile.kind == NO_CREDENTIALS:
        _agree_to_create(app, profile)
    target = _target(app, profile, region)
    is_shared = share or target.is_shared
    logins = _logins(app)
    found = logins.log_in(
        target,
        person,
        paste=_paste(app) if remote else None,
        is_shared=is_shared,
    )
    _agree_to_change(app, target, found)
    logins.keep(target, found, app.files, is_shared=is_shared, in_spite_of_findings=app.options.yes)
    app.sessions.clear(access_key_id=LOGIN)
    _say_done(app, profile, found, is_shared=is_shared)
    return Result(
        {
            "profile": profile.name,
            "login_session": found.session,
            "account": found.account,
            "region": target.region,
            "shared": is_shared,
            "ends": format_iso(found.ends),
        }
    )


def log_out(app: App) -> Result | None:
    """End the login of the profile asked for; None if it has no ``login_session``."""
    profile = app.profile()
    session = profile.of_role("login_session")
    if not session:
        return None
    app.file_warnings.report(profile.name)
    ended = _logins(app).log_out(session)
    app.sessions.clear(access_key_id=LOGIN)
    who = escaped(session)
    if ended:
        places = " and ".join(escaped(place) for place in ended)
        app.done(f"Logged out of {who}: removed the login from {places}.")
    else:
        app.say(f"Nobody was logged in as {who}.")
    app.say("Credentials that were given out already work until they expire, 15 minutes at most.")
    return Result({"profile": profile.name, "login_session": session, "removed_from": ended})


def tools(app: App) -> LoginTools:
    """What every kind of logins works with."""
    from awscreds.stores.logins import LoginFiles
    from awscreds.stores.sealed_logins import SealedLogins
    from awscreds.workflows.login_parts import LoginTools

    sealed = SealedLogins(app.state_dir, app.stores.login_key)
    return LoginTools(
        aws=app.aws,
        sealed=sealed,
        files=LoginFiles(app.environ, sealed=sealed),
        profiles=app.profiles(),
        environ=app.environ,
        clock=app.clock,
    )


def _logins(app: App) -> SignInLogins:
    from awscreds.workflows.sign_in import SignInLogins

    return SignInLogins(tools(app))


def _target(app: App, profile: Profile, region: str | None) -> SignInTarget:
    from awscreds.workflows.sign_in import SignInTarget

    has_own = bool(profile.get("region"))
    variables = (app.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
    known = region or profile.get("region") or next(filter(None, variables), None)
    if known is None and profile.of_role("login_session"):
        known = DEFAULT_REGION
    if known is None:
        known = app.dialogue.asker.ask_for(
            f"AWS Region [{DEFAULT_REGION}]: ",
            lambda typed: checked_setting("region", typed or DEFAULT_REGION),
        )
    is_new = not has_own and not profile.of_role("login_session")
    return SignInTarget(profile, checked_setting("region", known), is_new_region=is_new)


def _agree_to_create(app: App, profile: Profile) -> None:
    """Ask before a browser opens for a profile that does not say what it is."""
    name, profiles = profile.name, app.profiles()
    is_new = not profiles.has(name)
    what = f"There is no profile {escaped(name)} yet. Create it by a login"
    if not is_new:
        what = f"The profile {escaped(name)} has no credentials. Log in for it"
    if not app.options.yes and not app.dialogue.terminal.available():
        raise _unsaid(profile, no_such_profile(name, profiles.names()) if is_new else None)
    if not app.dialogue.consent(
        f"{what} with your console credentials, as `aws login` does?", hint="pass --yes"
    ):
        raise UsageError("nothing was changed", code="declined")
    if is_new:
        app.selection.agree_to_name(name)


def _unsaid(profile: Profile, unknown: ConfigurationError | None) -> ConfigurationError:
    """The error if nothing says how ``profile`` logs in; ``unknown``: it does not exist."""
    name = quoted(profile.name)
    error = unknown or ConfigurationError(
        f"the profile {escaped(profile.name)} has no login: it has no sso_session, no "
        "sso_start_url and no login_session",
        code="not-sso",
    )
    if unknown and names.breaks(profile.name):
        return unknown
    by_login = f"to log in with console credentials: awscreds login --profile {name} --yes"
    return error.because(hint=hints(error.hint, by_login))


def _agree_to_change(app: App, target: SignInTarget, found: SignedIn) -> None:
    former = target.session
    if former in (None, found.session):
        return
    if not app.dialogue.consent(
        f"The profile {escaped(target.profile.name)} was logged in as {escaped(former or '')}. "
        f"Change it to {escaped(found.session)}?",
        hint="pass --yes, or log in to a new profile: awscreds login --profile NEW-NAME",
        default=False,
    ):
        raise UsageError("nothing was changed: the new login was forgotten", code="declined")


def _paste(app: App) -> Callable[[Callable[[str], str]], str]:
    return lambda check: app.dialogue.asker.ask_for("Code from the browser: ", check)


def _say_done(app: App, profile: Profile, found: SignedIn, *, is_shared: bool) -> None:
    kept = "in the AWS CLI's file" if is_shared else "in the secret store"
    app.done(f"Logged in as {escaped(found.session)}. The login is kept {kept}.")
    name = quoted(profile.name)
    app.say("Try it:", f"  awscreds whoami --profile {name}")
    if not is_shared and not profile.has_our_process:
        app.say(
            "SDKs do not see this login before you run:",
            f"  awscreds profile wrap --profile {name}",
        )

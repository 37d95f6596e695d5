"""``awscreds console``."""

from __future__ import annotations

import sys

import click

from awscreds.app.choosing import choose_profile, note_use
from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.errors import ConfigurationError, InputNeeded, UsageError
from awscreds.model.browsers import BROWSERS, CHROMIUM, FIREFOX
from awscreds.model.console_pages import PAGES
from awscreds.model.environment import keys_in
from awscreds.model.text import escaped, nearest
from awscreds.model.times import format_duration, format_iso
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.workflows.console import Link, Wanted


@click.command("console", cls=Command)
@profile_argument
@click.option("--service", metavar="SERVICE", help="Open the page of a service, like s3.")
@click.option("--path", metavar="/…", help="Open this page of the console.")
@click.option("--region", metavar="REGION", help="The region, like eu-central-1.")
@click.option(
    "--duration",
    type=Duration("12h", bare_seconds=True),
    metavar="TIME",
    help="How long the session lasts: 90m, 12h, or seconds.",
)
@click.option("--print", "prints", is_flag=True, help="Print the link, and open no browser.")
@click.option(
    "--browser",
    type=click.Choice(list(BROWSERS)),
    metavar="NAME",
    help=f"Use another browser: {', '.join(BROWSERS)}.",
)
@click.option(
    "--firefox-container", is_flag=True, help="Use a container of Firefox, named as the profile."
)
@click.option("--chrome-profile", metavar="NAME", help="Use this profile folder of Chrome.")
@common_options(PROFILE, JSON)
@click.pass_obj
def command(
    app: App,
    *,
    service: str | None,
    path: str | None,
    region: str | None,
    duration: int | None,
    prints: bool,
    browser: str | None,
    firefox_container: bool,
    chrome_profile: str | None,
) -> Result:
    """Open the AWS console in your browser.

    You are signed in as the profile. This works for roles, SSO and users with an access key. The
    link that signs you in is not on the command line of the browser, nor in a file. If nothing
    names a profile, you can choose one at a terminal.

    \b
    Examples:
      awscreds console admin
      awscreds console dev --service s3 --region eu-central-1
      awscreds console dev --print
    """
    from awscreds import browsers
    from awscreds.aws.console import LINK_SECONDS
    from awscreds.workflows.console import Wanted

    if service is not None and service not in PAGES:
        raise _unknown_service(service)
    wanted = Wanted(service, path, region, duration)
    window = _window(browser, chrome_profile, has_container=firefox_container)
    if prints and (window or firefox_container):
        raise UsageError("--print opens no browser: use it without the options of one")
    name, chrome = window or (None, None)
    _refuse_keys_of_environment(app)
    choose_profile(app)
    profile = app.profile()
    if not prints:
        browsers.require(app.environ, name)
    app.file_warnings.report(profile.name)
    note_use(app, profile.name)
    link = _link(app, profile, wanted)
    document = {
        "profile": profile.name,
        "account": link.identity.account,
        "arn": link.identity.arn,
        "destination": link.destination,
        "ends": None if link.ends is None else format_iso(link.ends),
    }
    if prints:
        if sys.stdout.isatty():
            works = format_duration(LINK_SECONDS)
            app.warn(f"whoever has this link can use your console; it works for {works}")
        return Result({**document, "url": link.url}, values=[link.url])
    _hand_over(app, link, name, chrome, container=profile.name if firefox_container else None)
    app.done(f"Opened the console as {link.identity.arn}.")
    return Result({**document, "url": None})


def _window(
    browser: str | None, chrome_profile: str | None, *, has_container: bool
) -> tuple[str, str | None] | None:
    """The browser to start and its profile folder; None: the person's own browser."""
    if has_container and chrome_profile is not None:
        raise UsageError("use either --firefox-container or --chrome-profile, not both")
    if has_container:
        return _of_family(browser or "firefox", FIREFOX, "--firefox-container"), None
    if chrome_profile is not None:
        if not chrome_profile or set(chrome_profile) & set("/\\\0"):
            raise UsageError(
                "--chrome-profile needs the name of a folder, like Default or 'Profile 1'",
                hint="chrome://version shows it, at the end of the profile path",
            )
        return _of_family(browser or "chrome", CHROMIUM, "--chrome-profile"), chrome_profile
    return None if browser is None else (browser, None)


def _of_family(browser: str, family: str, option: str) -> str:
    if BROWSERS[browser].family == family:
        return browser
    names = [name for name, known in BROWSERS.items() if known.family == family]
    raise UsageError(f"{option} works with {' and '.join(names)}, not with {browser}")


def _unknown_service(service: str) -> UsageError:
    close = nearest(service, list(PAGES))
    other = "for another page, copy its path from your browser: --path /…"
    return UsageError(
        f"the service {escaped(service)} has no page that awscreds knows",
        code="unknown-service",
        hint=f"did you mean {' or '.join(close)}? {other.capitalize()}" if close else other,
    )


def _refuse_keys_of_environment(app: App) -> None:
    """Every SDK would use these keys, and nobody knows if they can open the console."""
    if app.options.profile is not None or app.environ.get("AWSCREDS_PROFILE"):
        return
    if keys_in(app.environ) is not None:
        raise ConfigurationError(
            "no profile is named, and the environment has keys (AWS_ACCESS_KEY_ID); the console "
            "opens only for a profile",
            code="environment-keys",
            hint="name the profile: awscreds console PROFILE",
        )


def _link(app: App, profile: Profile, wanted: Wanted) -> Link:
    from awscreds.workflows.console import ConsoleLinks, Deps

    provider = app.provider
    deps = Deps(
        app.profiles(),
        app.environ,
        app.aws,
        session_of=provider.session,
        key_of=provider.long_lived_key,
        answer_of_program=lambda each: provider.answer_of_program(each)[0],
        note=app.note,
        clock=app.clock,
    )
    try:
        return ConsoleLinks(deps, profile).link(wanted)
    except InputNeeded as error:
        if error.code == "token-code-needed":  # there is no --token here
            raise error.because(hint="run it in a terminal") from None
        raise


def _hand_over(
    app: App, link: Link, browser: str | None, chrome_profile: str | None, *, container: str | None
) -> None:
    from awscreds import browsers
    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.handover import Handover, sweep

    elsewhere = browsers.readable_folder(app.environ, browser)
    folder = StateDir(elsewhere) if elsewhere else app.state_dir
    sweep(folder, app.clock)
    with Handover(link.url, folder, container=container) as handover:
        has_failed = browsers.start(
            handover.page, app.environ, name=browser, chrome_profile=chrome_profile
        )
        app.say(f"Opening the console of account {link.identity.account} in your browser…")
        handover.wait(has_failed)

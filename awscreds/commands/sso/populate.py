"""``awscreds sso populate``."""

from __future__ import annotations

import functools

import click

from awscreds.commands.common import JSON, PAGER, YES, common_options
from awscreds.commands.configure.questions import checked_setting
from awscreds.commands.groups import Command
from awscreds.errors import AwsError, ConfigurationError, UsageError
from awscreds.model.ini.document import SSO_SESSION
from awscreds.model.settings import TEMPLATE
from awscreds.model.sso_names import DEFAULT_TEMPLATE, Naming, Patterns
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.app import App
    from awscreds.aws.portal import Account
    from awscreds.model.profile import Profiles
    from awscreds.render import Result
    from awscreds.workflows.populate.listing import Listing
    from awscreds.workflows.sessions.logins import SsoLogin


@click.command("populate", cls=Command)
@click.option("--sso-session", metavar="NAME", help="Use this sso-session section.")
@click.option("--prefix", metavar="TEXT", help="Put this before each name.")
@click.option(
    "--template",
    metavar="TEXT",
    help="How profiles are named, from {account_name}, {account_id}, {role_name} and "
    "{sso_session}.",
)
@click.option(
    "--only",
    metavar="PATTERN",
    multiple=True,
    help="Only accounts or roles like 'prod-*' or '*/ReadOnly*'.",
)
@click.option("--skip", metavar="PATTERN", multiple=True, help="No accounts or roles like this.")
@click.option("--region", metavar="REGION", help="The region, like eu-central-1.")
@click.option(
    "--wrap",
    is_flag=True,
    help="Let SDKs get these profiles from awscreds, also those that it wrote before.",
)
@click.option("--prune", is_flag=True, help="Remove profiles that it wrote and whose role is gone.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@common_options(JSON, YES, PAGER)
@click.pass_obj
def command(
    app: App,
    *,
    sso_session: str | None,
    prefix: str | None,
    template: str | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    region: str | None,
    wrap: bool,
    prune: bool,
    dry_run: bool,
) -> Result:
    """Create a profile for each account and role that you may use.

    It lists them at AWS, shows what would change, and asks. The profiles it wrote follow an account
    that is renamed. Profiles that you made, renamed or copied yourself are never changed. New
    profiles get --region, else the region of the sso-session.

    \b
    Examples:
      awscreds sso populate --dry-run
      awscreds sso populate --only '*/ReadOnlyAccess' --prefix corp/
      awscreds sso populate --prune --yes
    """
    from awscreds.commands.sso.report import PopulateReport
    from awscreds.workflows.populate.carry_out import NewProfiles, carry_out
    from awscreds.workflows.populate.plan import Wanted, plan
    from awscreds.workflows.sessions.logins import session_values

    app.files.require_trusted()
    profiles = app.profiles()
    session = sso_session if sso_session is not None else _only_session(profiles)
    is_named = template is not None or prefix is not None
    known = None if is_named else _known_template(session_values(profiles, session), session)
    naming = Naming(template or known or DEFAULT_TEMPLATE, prefix or "", session)
    patterns = Patterns(only, skip)
    if region is not None:
        region = checked_setting("region", region)
    login, default_region = _login(app, session, profiles)
    new = NewProfiles(session, region or default_region, app.process_lines() if wrap else None)
    listing = _listing(app, login)
    wanted = Wanted(session, naming, patterns.select, prune=prune, is_named=is_named, wrap=wrap)
    make_plan = functools.partial(plan, listing=listing, wanted=wanted)
    agreed = make_plan(app.selection.documents())
    report = PopulateReport(app, wanted, listing, agreed)
    if prune and not listing.accounts and agreed.of("remove"):
        raise AwsError(
            "AWS lists no account at all, so --prune would remove every profile; nothing was "
            "changed",
            code="no-accounts",
            hint="check in the AWS access portal which accounts you have",
        )
    if dry_run or not agreed.changes:
        return report.of_dry_run(is_dry=dry_run)
    lines = report.show()
    hint = "pass --yes to change it, or --dry-run to see more"
    if not app.dialogue.consent(report.question, default=False, hint=hint, plan=lines):
        raise UsageError("nothing was changed", code="declined")
    carry_out(agreed, app.files, make_plan, new, in_spite_of_findings=app.options.yes)
    report.keep_known_names()
    return report.of_change()


def _only_session(profiles: Profiles) -> str:
    """The sso-session that the config file has. Raises if it has none, or several."""
    found = [name for kind, name in profiles.config.sections() if kind == SSO_SESSION and name]
    if not found:
        raise ConfigurationError(
            "the config file has no sso-session",
            code="sso-settings",
            hint="create one: aws configure sso-session",
        )
    if len(found) > 1:
        raise UsageError(
            "the config file has several sso-sessions: " + ", ".join(map(escaped, found)),
            code="several-sessions",
            hint="name one with --sso-session NAME",
        )
    return found[0]


def _known_template(values: Mapping[str, Any], session: str) -> str | None:
    """How profiles were named the last time. Raises ConfigurationError if that is no template."""
    known = values.get(TEMPLATE.name)
    if known is not None and not TEMPLATE.understands(known):
        raise ConfigurationError(
            f"{TEMPLATE.name} of the sso-session {escaped(session)} must be {TEMPLATE.expected}",
            code="sso-settings",
            hint="use --template TEXT, which replaces it",
        )
    return known


def _login(app: App, session: str, profiles: Profiles) -> tuple[SsoLogin, str]:
    """The login to the sso-session, and the region of its portal."""
    from awscreds.model.profile import Profile
    from awscreds.workflows.sessions.logins import SsoLogin, session_values
    from awscreds.workflows.sessions.token_codes import Codes

    needs = ("sso_start_url", "sso_region")
    values = session_values(profiles, session)
    missing = [name for name in needs if not values.get(name)]
    if missing:
        raise ConfigurationError(
            f"the sso-session {escaped(session)} has no {missing[0]}",
            code="sso-settings",
            hint="aws configure sso-session",
        )
    dialogue = app.dialogue
    deps = app.provider.session_deps(
        profiles,
        app.environ,
        key_of=lambda name: app.provider.long_lived_key(profiles.get(name)),
        codes=Codes(ask=dialogue.ask_code, say=dialogue.note, environ=app.environ),
    )
    profile = Profile("", {"sso_session": session}, {})
    return SsoLogin(deps, profile, app.note, needs), str(values["sso_region"])


def _listing(app: App, login: SsoLogin) -> Listing:
    """All that AWS lists, with a line that shows how far it is."""
    from awscreds.commands.rotate.progress import ProgressLine
    from awscreds.workflows.populate.listing import Lister

    lines: list[ProgressLine] = []

    def report(total: int, account: Account) -> None:
        if not lines:
            lines.append(ProgressLine(app, total))
        lines[0].finish(account.name or account.id, "listed", is_good=True)

    app.detail("Listing your accounts and roles…")
    try:
        return Lister(login.portal(), sleep=app.sleep, report=report).all()
    except AwsError as error:
        raise _explained(error, login) from None
    finally:
        for line in lines:
            line.shut()


def _explained(error: AwsError, login: SsoLogin) -> AwsError:
    if error.aws_code == "UnauthorizedException":
        return login.ended()
    if error.code == "sso-login-needed":
        return error
    return error.because(message=f"cannot list your accounts: {error.message}; nothing was changed")

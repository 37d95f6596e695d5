"""``awscreds list``."""

from __future__ import annotations

import click

from awscreds.app.standing import facts_of_profiles
from awscreds.commands.common import JSON, common_options
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.model.keys import has_id_form, shown_key_id
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.model.profile import SSO, WRAPPED, WRAPPED_SSO
from awscreds.model.service_endpoint import shown_region
from awscreds.model.times import format_duration
from awscreds.render import ARROW, Listing, Result
from awscreds.workflows.profile_facts import BROKEN, KIND_WORDS, PLAINTEXT, ProfileFacts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

COLUMNS = (
    *("", "PROFILE", "KIND", "ACCOUNT", "ROLE OR USER", "REGION", "MFA", "KEY", "AGE"),
    *("SESSION", "NOTES"),
)
UNIMPORTANT = ("MFA", "KEY", "REGION", "ROLE OR USER", "AGE", "SESSION", "KIND", "ACCOUNT")


_ALSO = {WRAPPED_SSO: (WRAPPED, SSO)}
KINDS = [kind for kind in KIND_WORDS if kind not in _ALSO]
"""What `--kind` selects; a wrapped SSO profile is of two of them."""


@click.command("list", cls=Command)
@click.option("--filter", "text", metavar="TEXT", help="Only profiles whose name contains TEXT.")
@click.option("--kind", type=click.Choice(KINDS), help="Only profiles of this kind.")
@click.option("--account", metavar="ID", help="Only profiles of this account.")
@click.option(
    "--older-than",
    type=Duration("90d"),
    metavar="TIME",
    help="Only keys older than this, like 90d.",
)
@common_options(JSON)
@click.pass_obj
def command(
    app: App, text: str | None, kind: str | None, account: str | None, older_than: int | None
) -> Result:
    """List all profiles and what is known about them.

    A star marks the profile in use. An account with a question mark is only in the ID of the key.
    In a pipe there is a line with tabs for each profile. It reads only local files: it does not
    run programs or contact AWS.

    \b
    Examples:
      awscreds list
      awscreds list --filter prod --json
      awscreds list --older-than 90d
    """
    now = app.clock()
    named = [
        each for each in app.profiles().all() if text is None or text.lower() in each.name.lower()
    ]
    app.file_warnings.report(*[each.name for each in named], every=text is None)
    for profile in named:
        app.file_warnings.warn_of_static_keys(profile)
    names = {each.name for each in named}
    found = [
        each
        for each in facts_of_profiles(app)
        if each.name in names
        and kind in (None, each.kind, *_ALSO.get(each.kind, ()))
        and account in (None, each.account)
        and (older_than is None or (each.since is not None and now - each.since > older_than))
    ]
    is_filtered = any(each is not None for each in (text, kind, account, older_than))
    none = (
        "No profile matches."
        if is_filtered
        else "There are no profiles yet. Create one: awscreds configure --profile NAME"
    )
    return Result(
        lambda: {"profiles": [_object(each, now) for each in found]},
        said=() if found else [none],
        listing=Listing(
            COLUMNS,
            (_cells(each, now) for each in found),
            "PROFILE",
            UNIMPORTANT,
            (_severity(each) for each in found),
        )
        if found
        else None,
    )


def _object(facts: ProfileFacts, now: float) -> dict[str, object]:
    return {
        "profile": facts.name,
        "active": facts.is_active,
        "kind": facts.kind,
        "source": facts.source,
        "secret": facts.secret,
        "access_key_id": shown_key_id(facts.access_key_id) if facts.access_key_id else None,
        "account": facts.account,
        "account_from": facts.account_from,
        "identity": facts.identity,
        "region": shown_region(facts.region),
        "mfa": facts.mfa,
        "age_days": facts.age_days(now),
        "age": _age(facts, now),
        "session_seconds": facts.session_seconds and int(facts.session_seconds),
        "notes": list(facts.marks),
    }


def _cells(facts: ProfileFacts, now: float) -> list[str]:
    kind = KIND_WORDS[facts.kind]
    key_id = facts.access_key_id
    left = facts.session_seconds
    return [
        "*" if facts.is_active else "",
        facts.name,
        f"{kind} {ARROW} {facts.source}" if facts.source else kind,
        facts.shown_account or "-",
        facts.identity or "-",
        shown_region(facts.region) or "-",
        "yes" if facts.mfa else "-",
        key_id[-4:] if key_id and has_id_form(key_id) else "-",
        _age(facts, now) or "-",
        format_duration(left, short=True, parts=2) if left else "-",
        ", ".join(facts.marks),
    ]


def _age(facts: ProfileFacts, now: float) -> str | None:
    """How old the key is; with a +, how long it has been stored, if no more is known."""
    days = facts.age_days(now)
    return None if days is None else f"{days}d" + "+" * facts.since_at_least


def _severity(facts: ProfileFacts) -> str | None:
    if not facts.marks:
        return None
    return ERROR if {PLAINTEXT, BROKEN} & set(facts.marks) else WARNING

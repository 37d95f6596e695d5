"""``awscreds list``."""

from __future__ import annotations

import click

from awscreds.app.standing import facts_of_profiles
from awscreds.commands.common import JSON, PAGER, common_options
from awscreds.commands.durations import Duration
from awscreds.commands.groups import Command
from awscreds.listing import cells, document_of, listing
from awscreds.model.profile import LOGIN, SSO, WRAPPED, WRAPPED_LOGIN, WRAPPED_SSO
from awscreds.render import Result
from awscreds.workflows.profile_facts import KIND_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

_ALSO = {WRAPPED_SSO: (WRAPPED, SSO), WRAPPED_LOGIN: (WRAPPED, LOGIN)}
KINDS = [kind for kind in KIND_WORDS if kind not in _ALSO]
"""What `--kind` selects; a wrapped login is of two of them."""


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
@common_options(JSON, PAGER)
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
        lambda: {"profiles": [document_of(each, now) for each in found]},
        said=() if found else [none],
        listing=listing(cells(each, now) for each in found) if found else None,
        is_paged=True,
    )

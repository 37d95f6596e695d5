"""``awscreds list``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, common_options
from awscreds.commands.groups import Command
from awscreds.model import accounts
from awscreds.model.keys import shown_key_id
from awscreds.model.profile import FOREIGN_PROCESS, MANAGED, STATIC_KEYS, Profile
from awscreds.model.service_endpoint import shown_region
from awscreds.model.times import DAY, parse_iso
from awscreds.render import Result, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


@click.command("list", cls=Command)
@click.option("--filter", "text", metavar="TEXT", help="Only profiles whose name contains TEXT.")
@common_options(JSON)
@click.pass_obj
def command(app: App, text: str | None) -> Result:
    """List all profiles and where their secrets are stored.

    It also shows the kind, the account, the region, MFA and the age of the key. It reads only local
    files: it does not run programs or contact AWS.

    \b
    Examples:
      awscreds list
      awscreds list --filter prod --json
    """
    profiles = [p for p in app.profiles().all() if text is None or text.lower() in p.name.lower()]
    rows = [_row(app, profile) for profile in profiles]
    app.file_warnings.report(*[profile.name for profile in profiles], every=text is None)
    for profile in profiles:
        app.file_warnings.warn_of_static_keys(profile)
    document = {"profiles": rows}
    if not rows:
        none = (
            "No profile matches."
            if text
            else "There are no profiles yet. Create one: awscreds configure --profile NAME"
        )
        return Result(document, said=[none])
    columns = ("profile", "kind", "secret", "account", "region", "mfa", "age")
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    titles = [column.upper() for column in columns]
    return Result(document, table=Table(titles, cells, whole=("PROFILE", "ACCOUNT", "REGION")))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "-"
    return str(value) if value is not None else "-"


def _row(app: App, profile: Profile) -> dict[str, object]:
    entry = app.state.entry(profile.stored_key_id) if profile.stored_key_id else {}
    return {
        "profile": profile.name,
        "kind": profile.kind,
        "secret": _where(profile, entry),
        "access_key_id": _shown(profile.access_key_id),
        "account": entry.get("account") or accounts.of_arn(profile.get("role_arn")),
        "region": shown_region(profile.get("region")),
        "mfa": bool(profile.of_role("mfa_serial")),
        "age": _age(entry, app.clock()),
    }


def _shown(key_id: str | None) -> str | None:
    return shown_key_id(key_id) if key_id else None


def _where(profile: Profile, entry: dict[str, str]) -> str | None:
    if profile.has_static_keys and profile.kind in (MANAGED, STATIC_KEYS):
        return "PLAINTEXT"
    if profile.kind == MANAGED:
        return entry.get("backend") or "unknown"
    return "a program" if profile.kind == FOREIGN_PROCESS else None


def _age(entry: dict[str, str], now: float) -> str | None:
    """How old the key is; with a +, how long it has been stored, if no more is known."""
    for fact, at_least in (("created_at", ""), ("stored_at", "+")):
        since = parse_iso(entry.get(fact, ""))
        if since is not None:
            return f"{max(0, int((now - since) // DAY))}d{at_least}"
    return None

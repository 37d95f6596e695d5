"""``awscreds profile show``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import ConfigurationError
from awscreds.model import names
from awscreds.model.clients import unreadable
from awscreds.model.effective_settings import Effective, effective_settings
from awscreds.model.problems.findings import uses
from awscreds.model.profile import Profiles
from awscreds.model.profile_references import references
from awscreds.model.role_chain import resolve_chain
from awscreds.model.text import escaped
from awscreds.process import with_tilde
from awscreds.render import Result, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile


@click.command("show", cls=Command)
@profile_argument
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App) -> Result:
    """Show where every setting of a profile comes from, and who uses it.

    It also shows from what each family of SDKs takes the credentials. Secrets are masked. No
    program is run, and AWS is not asked.

    \b
    Examples:
      awscreds profile show dev
      awscreds profile show admin --json
    """
    profile = app.profile()
    app.file_warnings.report(profile.name)
    documents = app.files.load()
    store = app.state.entry(profile.stored_key_id or "").get("backend") or "secret store"
    settings = effective_settings(documents, profile.name, app.environ, store)
    path, problem = _chain(documents, profile)
    clients = _clients(documents, profile)
    blocked = _unreadable(app, app.profiles(), profile.name)
    users = [each for each in references(documents, profile.name) if each.user != profile.name]
    lines = [f"{escaped(profile.name)} ({profile.kind})"]
    lines += [f"sources: {' → '.join(map(escaped, path))}"] if path[1:] else []
    lines += [f"problem: {problem}"] if problem else []
    lines += [f"{', '.join(about)}: {what}" for about, what in clients]
    lines += [f"cannot read it ({why}): {', '.join(about)}" for about, why in blocked]
    lines += [
        with_tilde(f"used by {escaped(each.user or '-')}: {each.key} ({each.place})")
        for each in users
    ]
    columns = ("SETTING", "VALUE", "FROM")
    rows = [[each.name, each.value, with_tilde(_origin(each))] for each in settings]
    return Result(
        {
            "profile": profile.name,
            "kind": profile.kind,
            "settings": [
                {
                    "name": each.name,
                    "value": each.value,
                    "kind": each.kind,
                    "source": each.source or None,
                    "hides": list(each.hides),
                }
                for each in settings
            ],
            "chain": path,
            "problem": problem,
            "clients": [{"names": list(about), "use": what} for about, what in clients],
            "cannot_read": [{"names": about, "why": why} for about, why in blocked],
            "used_by": [
                {"file": each.path, "line": each.line, "key": each.key, "profile": each.user}
                for each in users
            ],
        },
        lines=[*lines, ""],
        table=Table(columns, rows, whole=columns[:1]),
    )


def _origin(each: Effective) -> str:
    origin = each.source or each.kind
    return f"{origin} (hides {', '.join(map(with_tilde, each.hides))})" if each.hides else origin


def _chain(documents: AwsDocuments, profile: Profile) -> tuple[list[str], str | None]:
    """The profiles from the first credentials to this one, and what is wrong with that."""
    profiles = Profiles(documents.config, documents.credentials)
    paths = (documents.config_path, documents.credentials_path)
    try:
        chain = resolve_chain(profiles, profile.name, paths=paths)
    except ConfigurationError as error:
        return [], error.whole
    path = [chain.source.profile, *(link.profile for link in chain.links)]
    return list(dict.fromkeys(path)), None


def _clients(documents: AwsDocuments, profile: Profile) -> list[tuple[tuple[str, ...], str]]:
    """What the SDKs that see the profile take its credentials from."""
    blind = names.blind(profile.name)
    found = [
        (tuple(tool for tool in about if tool not in blind), what)
        for about, what in uses(documents, profile.name).items()
    ]
    return [(about, what) for about, what in found if about]


def _unreadable(app: App, profiles: Profiles, name: str) -> list[tuple[list[str], str]]:
    """The programs that cannot read the profile, by the reason (``model/clients``)."""
    by_reason: dict[str, list[str]] = {}
    for each in unreadable(profiles, app.environ):
        if name in each.profiles:
            by_reason.setdefault(each.why, []).append(each.client.name)
    return [(about, why) for why, about in by_reason.items()]

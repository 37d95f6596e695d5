"""``configure list|list-profiles``: the settings in effect, and the names of all profiles."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PAGER, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.model import keys
from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.keys import HIDDEN
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    KEY_ID,
    LOGIN,
    MANAGED,
    ROLE,
    SECRET,
    SSO,
    WEB_IDENTITY,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_SSO,
    Profile,
)
from awscreds.model.service_endpoint import shown_region
from awscreds.model.text import escaped
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.app import App
    from awscreds.model.profile import Value


@click.command("list-profiles", cls=Command)
@common_options(JSON, PAGER)
@click.pass_obj
def list_profiles(app: App) -> Result:
    """Print the names of all profiles, one per line.

    The order is that of the files: first the config file, then the credentials file.

    \b
    Examples:
      awscreds configure list-profiles
      awscreds configure list-profiles --json
    """
    names = app.profiles().names()
    app.file_warnings.report(every=True)
    return Result({"profiles": names}, values=names, is_paged=True)


@click.command("list", cls=Command)
@profile_argument
@common_options(PROFILE, JSON)
@click.pass_obj
def list_values(app: App) -> Result:
    """Show the settings in effect and where they come from.

    \b
    Examples:
      awscreds configure list
      awscreds configure list dev --json
    """
    rows = _rows(app)
    document = {name: dict(zip(_COLUMNS, row, strict=True)) for name, *row in rows}
    cells = [("NAME", "VALUE", "TYPE", "LOCATION"), *rows]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    lines = []
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=False))
        lines.append(escaped(" : ".join([*padded, line[3]]).rstrip()))
    return Result(document, values=lines)


_COLUMNS = ("value", "type", "location")
_UNSET = ("<not set>", "None", "None")


def _rows(app: App) -> list[tuple[str, str, str, str]]:
    named = app.selection.named()
    profile = app.selection.profile_or_default()
    app.file_warnings.report(profile.name)
    app.file_warnings.warn_of_static_keys(profile)
    shown = _UNSET
    if app.options.profile:
        shown = (escaped(profile.name), "manual", "--profile")
    elif named:
        variables = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWSCREDS_PROFILE")
        shown = (escaped(named), "env", next(v for v in variables if app.environ.get(v)))
    return [
        ("profile", *shown),
        ("access_key", *_key_row(app, profile, KEY_ID)),
        ("secret_key", *_key_row(app, profile, SECRET)),
        ("region", *_region_row(app, profile)),
    ]


def _key_row(app: App, profile: Profile, key: str) -> tuple[str, str, str]:
    in_environment = app.environ.get(key.upper())
    if in_environment and not app.options.profile:
        return _masked(key, in_environment), "env", key.upper()
    made = _made_on_demand(app, profile)
    if made:
        return made
    for values, path, kind in _places(app, profile):
        value = values.get(key)
        if isinstance(value, str) and value:
            return _masked(key, value), kind, path
    stored = profile.stored_key_id
    if stored and profile.kind == MANAGED:
        kept_in = app.state.entry(stored).get("backend") or "secret store"
        return _masked(key, stored), kept_in, f"{POINTER} in {app.files.config_path}"
    return _UNSET


_ON_DEMAND = {
    ROLE: ("assume-role", "role_arn"),
    WEB_IDENTITY: ("assume-role-with-web-identity", "web_identity_token_file"),
    SSO: ("sso", "sso_account_id"),
    LOGIN: ("login", "login_session"),
    FOREIGN_PROCESS: ("custom-process", PROCESS),
    WRAPPED: ("custom-process", PROCESS),
    WRAPPED_SSO: ("custom-process", PROCESS),
    WRAPPED_LOGIN: ("custom-process", PROCESS),
}
"""Kinds of profiles that get their key only on demand: the AWS CLI's word for it
(botocore's ``METHOD``), and the setting that says so."""


def _made_on_demand(app: App, profile: Profile) -> tuple[str, str, str] | None:
    """The row of a key that is made on demand; None for one in a file or the store."""
    environ = app.environ
    if not app.options.profile and environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        method, _ = _ON_DEMAND[WEB_IDENTITY]
        return "<on demand>", method, "AWS_WEB_IDENTITY_TOKEN_FILE"
    if profile.kind not in _ON_DEMAND:
        return None
    method, setting = _ON_DEMAND[profile.kind]
    in_credentials = setting in profile.credentials
    path = app.files.credentials_path if in_credentials else app.files.config_path
    return "<on demand>", method, f"{setting} in {path}"


def _masked(key: str, value: str) -> str:
    return keys.masked_key_id(value) if key == KEY_ID else HIDDEN


def _region_row(app: App, profile: Profile) -> tuple[str, str, str]:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        value = app.environ.get(variable)
        if value:
            return shown_region(value) or "", "env", variable
    for values, path, kind in _places(app, profile):
        region = values.get("region")
        if isinstance(region, str) and region:
            return shown_region(region) or "", kind, path
    return _UNSET


def _places(app: App, profile: Profile) -> list[tuple[Mapping[str, Value], str, str]]:
    """Where the values of a profile are, in the order in which SDKs look."""
    return [
        (profile.credentials, app.files.credentials_path, "shared-credentials-file"),
        (profile.config, app.files.config_path, "config-file"),
    ]


COMMANDS: dict[str, click.Command] = {"list": list_values, "list-profiles": list_profiles}

"""``configure get|set|unset|list|list-profiles``: as ``aws configure``'s own, without its bugs."""

from __future__ import annotations

import sys

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError, ConfigurationError, UsageError
from awscreds.model import keys, settings
from awscreds.model.connection import shown_region
from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.credentials import AccessKey
from awscreds.model.ini.document import SERVICES, SSO_SESSION
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
    Profile,
    Profiles,
)
from awscreds.model.setting_path import Reference, resolve
from awscreds.model.text import escaped, quoted
from awscreds.render import Result
from awscreds.workflows import credential_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import Session
    from awscreds.model.ini.document import SectionKey
    from awscreds.model.profile import Value
    from awscreds.stores.aws_files import AwsDocuments

    T = TypeVar("T")
    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def section_options(function: Decorated) -> Decorated:
    """``--sso-session`` and ``--services``, which address those sections instead of a profile."""
    for name, text in (("sso-session", "SSO session"), ("services", "services")):
        function = click.option(
            f"--{name}", metavar="NAME", help=f"Use KEY of this {text} section."
        )(function)
    return function


def _reference(
    app: App, key: str, profiles: Profiles, sso_session: str | None, services: str | None
) -> Reference:
    section: SectionKey | None = None
    if "" in (sso_session, services):
        raise UsageError("the name of a section cannot be empty", code="bad-profile-name")
    if sso_session and services:
        raise UsageError("--sso-session and --services cannot both be given")
    if sso_session:
        section = (SSO_SESSION, sso_session)
    elif services:
        section = (SERVICES, services)
    return resolve(key, app.selection.name(), profiles.names(), section)


@click.command("get", cls=Command)
@click.argument("key")
@click.option("--reveal", is_flag=True, help="Print secrets even on a terminal.")
@section_options
@common_options(PROFILE, JSON)
@click.pass_obj
def get(
    app: App, key: str, *, reveal: bool, sso_session: str | None, services: str | None
) -> Result:
    """Print the value of KEY; exit 1 if it is not set.

    KEY can have dots: s3.max_concurrent_requests, profile.NAME.region, default.output.

    \b
    Examples:
      awscreds configure get region --profile dev
      awscreds configure get s3.addressing_style
    """
    profiles = app.profiles()
    reference = _reference(app, key, profiles, sso_session, services)
    if reference.profile is None:
        value = profiles.config.get(reference.section, reference.key, reference.sub)
    else:
        if reference.profile == app.selection.named():
            profiles.get(reference.profile)
        profile = profiles.find(reference.profile)
        app.file_warnings.report(profile.name)
        app.file_warnings.warn_of_static_keys(profile)
        value = _profile_value(app, profile, reference, reveal=reveal)
    if _has_secret_below(reference, value) and not reveal:
        raise UsageError(
            f"{escaped(key)} holds a secret: lines that are indented below a key are a part of its "
            "value",
            code="reveal-needed",
            hint="remove the blanks before those lines, or use --reveal to print it anyway",
        )
    if _hides_a_secret(reference, value) and not reveal:
        raise UsageError(
            f"the value of {reference.key} is not an access key ID: it may be a secret",
            code="reveal-needed",
            hint="use --reveal to print it anyway, or put the ID there: awscreds configure",
        )
    if isinstance(value, dict):
        raise AwscredsError(
            f"varname ({key}) must reference a value, not a section or sub-section.",
            code="not-a-value",
            hint="it holds " + (", ".join(f"{key}.{name}" for name in value) or "no key"),
        )
    hidden = value and reference.is_static_key and reference.key.lower() != KEY_ID
    document = {"key": key, "value": HIDDEN if hidden else value}
    if value is None:
        return Result(document, exit_code=1)
    return Result(document, values=[value])


def _has_secret_below(reference: Reference, value: object) -> bool:
    """Whether a secret's line is a part of the value, or of the block it is in."""
    if (reference.sub or "").lower() in keys.SECRET_NAMES:
        return bool(value)
    return isinstance(value, str) and keys.holds_secret_line(value)


def _hides_a_secret(reference: Reference, value: object) -> bool:
    """Whether it is the place of an id, and what is there may be a secret; `test` is none."""
    is_place = reference.key.lower() in (KEY_ID, POINTER) and isinstance(value, str)
    return is_place and len(str(value)) >= keys.SHORTEST and not keys.has_id_form(str(value))


def _profile_value(
    app: App, profile: Profile, reference: Reference, *, reveal: bool
) -> str | dict[str, str] | None:
    name = reference.key.lower()
    if reference.sub is not None:
        return profile.block(name).get(reference.sub)
    if name == KEY_ID:
        return profile.access_key_id
    if reference.is_static_key:
        if app.options.json:
            return HIDDEN if profile.get(name) or profile.stored_key_id else None
        if sys.stdout.isatty() and not reveal:
            raise UsageError(
                f"{name} is a secret, and this is a terminal",
                code="reveal-needed",
                hint="use --reveal to print it anyway",
            )
        if name == SECRET and not profile.get(KEY_ID) and profile.stored_key_id:
            return app.stores.of(profile.stored_key_id).access_key(profile.stored_key_id).secret
    block = profile.block(name)
    if block:
        return dict(block)
    return profile.of_role(name) if settings.is_not_beside(name) else profile.get(name)


@click.command("set", cls=Command)
@click.argument("key")
@click.argument("value", required=False)
@section_options
@common_options(PROFILE, YES)
@click.pass_obj
def set_value(
    app: App, key: str, value: str | None, *, sso_session: str | None, services: str | None
) -> None:
    """Set KEY to VALUE; change nothing else in the files.

    A secret is never an argument: leave VALUE out to be asked for it, or use `-` to read it from
    stdin. For a managed profile, it goes to the secret store.

    \b
    Examples:
      awscreds configure set region eu-central-1 --profile dev
      awscreds configure set s3.max_concurrent_requests 20
    """
    profiles = app.profiles()
    reference = _reference(app, key, profiles, sso_session, services)
    if reference.profile is not None:
        app.selection.to_make(reference.profile)
        if reference.is_static_key:
            _set_static_key(app, profiles.find(reference.profile), reference, value)
            return
        app.file_warnings.warn_of_static_keys(profiles.find(reference.profile))
    elif not profiles.config.has(reference.section):
        app.selection.agree_to_name(reference.section[1] or reference.section[0])
    if value is None:
        raise UsageError(f"{escaped(key)} needs a VALUE", hint="awscreds configure set --help")
    text = value if reference.profile is None else _own_setting(reference, value)
    name = reference.profile
    if name is not None:
        _refuse_beside_our_line(profiles.find(name), reference.key.lower())

    def change(documents: AwsDocuments) -> str:
        key = reference.key
        if name is not None:
            credential_line.mend(documents, name)
            key = credential_line.holder(documents, name, key)
        # The credentials file overrides the config key by key: what stands there is what counts.
        document = documents.config
        if documents.credentials.get(reference.section, key) is not None:
            document = documents.credentials
        document.set(reference.section, key, text, reference.sub)
        return key

    kept_as = _edit_keys(app, change)
    app.file_warnings.report(*[name for name in [reference.profile] if name])
    if kept_as != reference.key:
        app.note(
            f"kept as {kept_as}: the AWS SDK for .NET and PowerShell ignore a profile that has "
            f"{reference.key} beside credential_process"
        )


def _refuse_beside_our_line(profile: Profile, key: str) -> None:
    """Raise UsageError for a property that may not be beside our line, and is not set aside."""
    aside = settings.PREFIX + key
    if (
        not (profile.has_our_process and settings.is_not_beside(key))
        or key == credential_line.MFA_SERIAL
    ):
        return
    if profile.get(aside) is None:
        raise UsageError(
            f"{escaped(profile.name)} gets its credentials from awscreds, and SDKs disagree "
            f"on what {key} means there; some no longer find the profile",
            code="beside-our-line",
            hint="put it in a profile of its own, with source_profile = " + quoted(profile.name),
        )


def _edit_keys(app: App, change: Callable[[AwsDocuments], T]) -> T:
    """Edit the files; a key pair that goes is kept in the store, or goes with consent."""
    from awscreds.commands.custodian import AppCustodian, tell
    from awscreds.workflows.pairs import edit

    custodian = AppCustodian(app)
    result, settlement = edit(app.files, change, custodian)
    tell(app, settlement, custodian)
    return result


def _own_setting(reference: Reference, value: str) -> str:
    """What to write for a setting; what a form is known of is checked. Raises UsageError."""
    from awscreds.commands.configure import checked_setting

    name = reference.key.lower()
    setting = settings.SETTINGS.get(name)
    if setting is None:
        return checked_setting(name, value) if reference.sub is None and value else value
    if reference.sub is not None:
        raise UsageError(f"{name} is not a block of settings", code="bad-setting")
    return setting.checked(value)


def _set_static_key(app: App, profile: Profile, reference: Reference, value: str | None) -> None:
    app.files.require_trusted()
    name = reference.key.lower()
    if name == KEY_ID:
        if value is None:
            raise UsageError(f"{name} needs a VALUE")
        text = keys.checked_key_id(value)
    else:
        text = _secret_value(app, name, value)
    if profile.stored_key_id is None:
        _edit_keys(app, lambda found: found.credentials.set(reference.section, name, text))
        if name != KEY_ID:
            app.warn(
                f"{name} of {escaped(profile.name)} is now stored in plaintext in "
                f"{app.files.credentials_path}; `awscreds configure` keeps it in the secret "
                "store"
            )
        app.file_warnings.report(profile.name)
        return
    if name == KEY_ID:
        _point_to(app, profile, text)
    elif name == SECRET:
        _replace_secret(app, profile, text)
    else:
        raise UsageError(
            f"{escaped(profile.name)} is managed and serves its long-lived key, which has no token",
            code="managed",
            hint="put temporary credentials in a profile of their own",
        )
    app.file_warnings.report(profile.name)


def _secret_value(app: App, name: str, value: str | None) -> str:
    if value is None:
        return app.dialogue.terminal.ask_for(f"{name}: ", keys.checked_secret, is_hidden=True)
    if value != "-":
        raise UsageError(
            f"{name} is a secret: as an argument every process could read it, and it would stay "
            "in the shell's history",
            code="secret-argument",
            hint="leave the value out to be asked for it, or pipe it in: … | awscreds configure "
            f"set {name} -",
        )
    return keys.checked_secret(app.dialogue.secret_from_stdin(f"{name}: "))


def _point_to(app: App, profile: Profile, key_id: str) -> None:
    """Let a managed profile serve another key that the store has already."""
    if key_id == profile.stored_key_id:
        return
    if app.stores.of(key_id).find_access_key(key_id) is None:
        raise ConfigurationError(
            f"the secret store has no entry for {key_id}, so {escaped(profile.name)} would stop "
            "working",
            code="entry-missing",
            hint=f"awscreds configure --profile {quoted(profile.name)} --access-key-id {key_id}",
        )

    def change(documents: AwsDocuments) -> None:
        documents.config.set(("profile", profile.name), POINTER, key_id)
        credential_line.mend(documents, profile.name)

    with app.pointers.pointing_to(key_id):
        app.stores.of(key_id).access_key(key_id)  # it may have gone meanwhile
        app.files.edit(change)


def _replace_secret(app: App, profile: Profile, secret: str) -> None:
    from awscreds.commands.custodian import AppCustodian, tell
    from awscreds.workflows.configure import Request, Setup

    def check(credentials: AccessKey | Session, region: str | None) -> Identity:
        return app.key_facts.identity_of(credentials, profile, region)

    key = AccessKey(profile.stored_key_id or "", secret)
    request = Request(profile.name, key=key, in_spite_of_findings=app.options.yes)
    custodian = AppCustodian(app, check=check, opens_vault=True)
    setup = Setup(
        app.files,
        check=check,
        open_store=lambda: app.stores.of(key.id),
        process_line=app.process_line,
        custodian=custodian,
    )
    outcome = setup.carry_out(request, setup.verify(request))
    tell(app, outcome.settlement, custodian)


@click.command("unset", cls=Command)
@click.argument("key")
@section_options
@common_options(PROFILE, YES)
@click.pass_obj
def unset(app: App, key: str, *, sso_session: str | None, services: str | None) -> None:
    """Remove KEY from the files; exit 1 if it is not set.

    \b
    Examples:
      awscreds configure unset mfa_serial --profile dev
      awscreds configure unset s3.addressing_style
    """
    profiles = app.profiles()
    reference = _reference(app, key, profiles, sso_session, services)

    def change(documents: AwsDocuments) -> bool:
        kept_as = {reference.key}
        if reference.profile is not None:
            kept_as.add(credential_line.holder(documents, reference.profile, reference.key.lower()))
        found = [
            document.unset(reference.section, key, reference.sub)
            for document in (documents.config, documents.credentials)
            for key in kept_as
        ]
        if reference.profile is not None:
            credential_line.mend(documents, reference.profile)
        return any(found)

    was_there = _edit_keys(app, change)
    app.file_warnings.report(*[name for name in [reference.profile] if name])
    if was_there:
        return
    if reference.is_static_key and profiles.find(reference.profile or "").stored_key_id:
        raise UsageError(
            f"{escaped(key)} is in the secret store, not in a file",
            code="managed",
            hint=f"`awscreds configure unset {POINTER}` removes it from the profile",
        )
    click.get_current_context().exit(1)


@click.command("list-profiles", cls=Command)
@common_options(JSON)
@click.pass_obj
def list_profiles(app: App) -> Result:
    """Print the names of all profiles, one per line.

    They are in the order of the config file, then of the credentials file.

    \b
    Examples:
      awscreds configure list-profiles
      awscreds configure list-profiles --json
    """
    names = app.profiles().names()
    app.file_warnings.report(every=True)
    return Result({"profiles": names}, values=names)


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
        lines.append(" : ".join([*padded, line[3]]).rstrip())
    return Result(document, lines=lines)


_COLUMNS = ("value", "type", "location")
_UNSET = ("<not set>", "None", "None")


def _rows(app: App) -> list[tuple[str, str, str, str]]:
    profiles = app.profiles()
    named = app.selection.named()
    profile = profiles.get(named) if named else profiles.find("default")
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
}
"""Kinds of profiles whose key is only known once it is asked for: the AWS CLI's word for it
(botocore's ``METHOD``), and the setting that says so."""


def _made_on_demand(app: App, profile: Profile) -> tuple[str, str, str] | None:
    """The row of a key that nobody has yet; None for one that is in a file or the store."""
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
    """Where a profile's values stand, the ones that count first."""
    return [
        (profile.credentials, app.files.credentials_path, "shared-credentials-file"),
        (profile.config, app.files.config_path, "config-file"),
    ]


COMMANDS: dict[str, click.Command] = {
    "get": get,
    "set": set_value,
    "unset": unset,
    "list": list_values,
    "list-profiles": list_profiles,
}

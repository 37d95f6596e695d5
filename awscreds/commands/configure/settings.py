"""``configure get|set|unset``: as ``aws configure``'s own, without its bugs."""

from __future__ import annotations

import sys

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.commands.configure.key_settings import edit_keys, set_key
from awscreds.commands.configure.questions import checked_setting
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError, UsageError
from awscreds.model import keys, settings
from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.ini.document import SERVICES, SSO_SESSION
from awscreds.model.keys import HIDDEN
from awscreds.model.profile import (
    KEY_ID,
    SECRET,
    Profile,
    Profiles,
)
from awscreds.model.setting_path import Reference, resolve
from awscreds.model.text import escaped, quoted
from awscreds.render import Result
from awscreds.workflows import credential_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from awscreds.app import App
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import SectionKey

    T = TypeVar("T")
    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def section_options(function: Decorated) -> Decorated:
    """``--sso-session`` and ``--services``, which address those sections instead of a profile."""
    for name in ("sso-session", "services"):
        function = click.option(f"--{name}", metavar="NAME", help=f"Use this {name} section.")(
            function
        )
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
            f"{escaped(key)} contains a secret: indented lines below a key are a part of its value",
            code="reveal-needed",
            hint="remove the spaces before those lines, or use --reveal to print the secret anyway",
        )
    if _hides_a_secret(reference, value) and not reveal:
        raise UsageError(
            f"the value of {reference.key} is not an access key ID; it may be a "
            "secret, so it is not printed",
            code="reveal-needed",
            hint="use --reveal to print it anyway, or put the ID there: awscreds configure "
            f"--profile {quoted(reference.profile or 'default')}",
        )
    if isinstance(value, dict):
        raise AwscredsError(
            f"varname ({key}) must reference a value, not a section or sub-section.",
            code="not-a-value",
            hint="it contains " + (", ".join(f"{key}.{name}" for name in value) or "no key"),
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
    """Whether the setting holds an ID, and its value may be a secret. `test` is not one."""
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
            return app.provider.long_lived_key(profile).secret
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

    Do not put a secret on the command line: omit VALUE, and awscreds asks for it, or use `-` to
    read it from stdin. The secret of a managed profile goes to the secret store.

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
            set_key(app, profiles.find(reference.profile), reference, value)
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

    kept_as = edit_keys(app, lambda documents: _write(documents, reference, text))
    app.file_warnings.report(*[name for name in [reference.profile] if name])
    if kept_as != reference.key:
        app.note(
            f"written as {kept_as}: the AWS SDK for .NET and PowerShell ignore a "
            f"profile that has {reference.key} beside credential_process"
        )


def _write(documents: AwsDocuments, reference: Reference, text: str) -> str:
    """Set what ``reference`` means to ``text``; the name under which it is written."""
    key, name = reference.key, reference.profile
    if name is not None:
        if key.lower() == PROCESS and reference.sub is None:
            credential_line.replace(documents, name, text)
            return key
        credential_line.set_mfa_serial_aside(documents, name)
        key = credential_line.stored_name(documents, name, key)
    # The credentials file overrides the config file key by key.
    document = documents.config
    if documents.credentials.get(reference.section, key) is not None:
        document = documents.credentials
    document.set(reference.section, key, text, reference.sub)
    return key


def _refuse_beside_our_line(profile: Profile, key: str) -> None:
    """Raise UsageError for a property that must not be beside our line, and is not renamed."""
    aside = settings.PREFIX + key
    if (
        not (profile.has_our_process and settings.is_not_beside(key))
        or key == credential_line.MFA_SERIAL
    ):
        return
    if profile.get(aside) is None:
        raise UsageError(
            f"{escaped(profile.name)} cannot have {key}, because it gets its "
            "credentials from awscreds: some SDKs would not find the profile, and "
            f"others would read {key} differently",
            code="beside-our-line",
            hint="put it into a separate profile with source_profile = " + quoted(profile.name),
        )


def _own_setting(reference: Reference, value: str) -> str:
    """What to write for a setting. Values of a known form are checked. Raises UsageError."""
    name = reference.key.lower()
    setting = settings.SETTINGS.get(name)
    if setting is None:
        return checked_setting(name, value) if reference.sub is None and value else value
    if reference.sub is not None:
        raise UsageError(f"{name} is not a block of settings", code="bad-setting")
    return setting.checked(value)


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
            kept_as.add(
                credential_line.stored_name(documents, reference.profile, reference.key.lower())
            )
            if reference.key.lower() == PROCESS and reference.sub is None:
                return credential_line.replace(documents, reference.profile, None)
        found = [
            document.unset(reference.section, key, reference.sub)
            for document in (documents.config, documents.credentials)
            for key in kept_as
        ]
        if reference.profile is not None:
            credential_line.set_mfa_serial_aside(documents, reference.profile)
        return any(found)

    was_there = edit_keys(app, change)
    app.file_warnings.report(*[name for name in [reference.profile] if name])
    if was_there:
        return
    if reference.is_static_key and profiles.find(reference.profile or "").stored_key_id:
        raise UsageError(
            f"{escaped(key)} is in the secret store, not in a file",
            code="managed",
            hint=f"`awscreds configure unset {POINTER} --profile "
            f"{quoted(reference.profile or '')}` removes it from the profile",
        )
    click.get_current_context().exit(1)


COMMANDS: dict[str, click.Command] = {"get": get, "set": set_value, "unset": unset}

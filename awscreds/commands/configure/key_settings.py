"""``configure set`` for access keys, and what happens to the key that was there."""

from __future__ import annotations

from awscreds.commands.configure.apply import removal_context, report_removed
from awscreds.errors import ConfigurationError, UsageError
from awscreds.model import keys
from awscreds.model.credential_process import POINTER
from awscreds.model.credentials import AccessKey
from awscreds.model.profile import KEY_ID, SECRET
from awscreds.model.text import escaped, quoted
from awscreds.workflows import credential_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import Session
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile
    from awscreds.model.setting_path import Reference

    T = TypeVar("T")


def edit_keys(app: App, change: Callable[[AwsDocuments], T]) -> T:
    """Edit the files. A key pair that they lose is kept in the store, or lost with consent."""
    from awscreds.workflows.pairs import edit

    context = removal_context(app)
    result, removal = edit(app.files, change, context)
    report_removed(app, removal, context)
    return result


def set_key(app: App, profile: Profile, reference: Reference, value: str | None) -> None:
    app.files.require_trusted()
    name = reference.key.lower()
    if name == KEY_ID:
        if value is None:
            raise UsageError(f"{name} needs a VALUE")
        text = keys.checked_key_id(value)
    else:
        text = _secret_value(app, name, value)
    if profile.stored_key_id is None:
        edit_keys(app, lambda found: found.credentials.set(reference.section, name, text))
        if name != KEY_ID:
            app.warn(
                f"{name} of {escaped(profile.name)} is now stored in plaintext in "
                f"{app.files.credentials_path}; `awscreds configure --profile "
                f"{quoted(profile.name)}` keeps it in the secret store"
            )
        app.file_warnings.report(profile.name)
        return
    if name == KEY_ID:
        _point_to(app, profile, text)
    elif name == SECRET:
        _replace_secret(app, profile, text)
    else:
        raise UsageError(
            f"{escaped(profile.name)} is managed, and a managed profile has no session token",
            code="managed",
            hint="put temporary credentials into a separate profile",
        )
    app.file_warnings.report(profile.name)


def _secret_value(app: App, name: str, value: str | None) -> str:
    if value is None:
        return app.dialogue.terminal.ask_for(f"{name}: ", keys.checked_secret, is_hidden=True)
    if value != "-":
        raise UsageError(
            f"{name} is a secret: do not put it on the command line, because every "
            "process could read it there, and it would stay in the shell's history",
            code="secret-argument",
            hint="omit the value, and awscreds asks for it; or pipe it in: … | awscreds "
            f"configure set {name} - --profile NAME",
        )
    return keys.checked_secret(app.dialogue.secret_from_stdin(f"{name}: "))


def _point_to(app: App, profile: Profile, key_id: str) -> None:
    """Let a managed profile use another key that is already in the store."""
    if key_id == profile.stored_key_id:
        return
    if app.stores.of(key_id).find_access_key(key_id) is None:
        raise ConfigurationError(
            f"nothing was changed: the secret store has no secret for {key_id}, so "
            f"{escaped(profile.name)} would stop working",
            code="entry-missing",
            hint=f"awscreds configure --profile {quoted(profile.name)} --access-key-id {key_id}",
        )

    def change(documents: AwsDocuments) -> None:
        documents.config.set(("profile", profile.name), POINTER, key_id)
        credential_line.set_mfa_serial_aside(documents, profile.name)

    with app.pointers.pointing_to(key_id):
        app.stores.of(key_id).access_key(key_id)  # it may have been deleted meanwhile
        app.files.edit(change)


def _replace_secret(app: App, profile: Profile, secret: str) -> None:
    from awscreds.workflows.configure import ProfileSetup, SetupRequest

    def check(credentials: AccessKey | Session, region: str | None) -> Identity:
        return app.key_facts.identity_of(credentials, profile, region)

    key = AccessKey(profile.stored_key_id or "", secret)
    request = SetupRequest(profile.name, key=key, in_spite_of_findings=app.options.yes)
    context = removal_context(app, check=check, makes_vault=True)
    setup = ProfileSetup(
        app.files,
        check=check,
        open_store=lambda: app.stores.of(key.id),
        process_line=app.process_line,
        context=context,
    )
    outcome = setup.carry_out(request, setup.verify(request))
    report_removed(app, outcome.removal, context)

"""``awscreds keys list|deactivate|activate|delete``."""

from __future__ import annotations

import click

from awscreds.commands.common import (
    JSON,
    PROFILE,
    YES,
    common_options,
    need_subcommand,
    profile_argument,
)
from awscreds.commands.groups import Group
from awscreds.commands.user_key import UserKey
from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.key_usage import uses_of
from awscreds.model.keys import checked_key_id, shown_key_id
from awscreds.model.text import escaped, quoted
from awscreds.model.times import DAY, format_duration, format_iso
from awscreds.render import Result, Table
from awscreds.workflows import keys
from awscreds.workflows.key_secrets import find_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from awscreds.app import App
    from awscreds.aws.iam import LastUsed
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.key_usage import KeyUse
    from awscreds.workflows.keys import Change, Row, UserKeys

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


_token = click.option("--token", metavar="CODE", help="The MFA code, instead of a prompt.")


_endpoint_ok = click.option(
    "--endpoint-ok", is_flag=True, help="Trust an endpoint that is not AWS's own."
)


def _options(function: Decorated) -> Decorated:
    return _token(_endpoint_ok(common_options(PROFILE, JSON, YES)(function)))


@click.group("keys", cls=Group, invoke_without_command=True)
@common_options(PROFILE, JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, deactivate and delete a user's access keys.

    The user is the owner of the profile's access key.

    \b
    Examples:
      awscreds keys list dev
      awscreds keys deactivate AKIAIOSFODNN7EXAMPLE
    """
    need_subcommand(ctx)


@command.command("list")
@profile_argument
@_token
@common_options(PROFILE, JSON)
@click.pass_obj
def list_keys(app: App, token: str | None) -> Result:
    """List the user's access keys with status, age and last use.

    It also shows which profiles on this computer use each key.

    \b
    Examples:
      awscreds keys list
      awscreds keys list dev --json
    """
    user = _user_keys(app, token)
    rows = user.rows()
    now = user.server_time()
    for row in rows:
        _note_creation(app, row)
    document = {
        "account": user.identity.account,
        "user": user.user_name,
        "keys": [_document(app, row, now) for row in rows],
    }
    cells = [
        [
            row.info.id,
            row.info.status,
            format_duration(now - row.info.created, parts=1),
            _when(row.last_used, now),
            _purpose(row.last_used),
            ", ".join(_described(use) for use in row.uses) or "no profile",
        ]
        for row in rows
    ]
    columns = ("KEY", "STATUS", "AGE", "LAST USED", "FOR", "USED HERE BY")
    unseen = (
        "Your IAM policy does not allow you to see when a key was last used: "
        "`awscreds policy rotate` prints a policy that allows it."
    )
    return Result(
        document,
        said=[f"Access keys of {escaped(user.identity.arn)}"],
        table=Table(columns, cells, whole=columns[:2]),
        said_after=[unseen] if any(row.last_used is None for row in rows) else (),
    )


@command.command("deactivate")
@click.argument("access_key_id")
@_options
@click.pass_obj
def deactivate(app: App, access_key_id: str, *, token: str | None, endpoint_ok: bool) -> Result:
    """Deactivate a key: AWS refuses it until it is activated again.

    You can deactivate the profile's own key only if another working key of this user is stored
    here.

    \b
    Examples:
      awscreds keys deactivate AKIAIOSFODNN7EXAMPLE
      awscreds keys deactivate AKIAIOSFODNN7EXAMPLE --profile dev --yes
    """
    return _change(app, keys.DEACTIVATE, access_key_id, token, endpoint_ok=endpoint_ok)


@command.command("activate")
@click.argument("access_key_id")
@_options
@click.pass_obj
def activate(app: App, access_key_id: str, *, token: str | None, endpoint_ok: bool) -> Result:
    """Activate an inactive key again.

    \b
    Examples:
      awscreds keys activate AKIAIOSFODNN7EXAMPLE
      awscreds keys activate AKIAIOSFODNN7EXAMPLE --profile dev --yes
    """
    return _change(app, keys.ACTIVATE, access_key_id, token, endpoint_ok=endpoint_ok)


@command.command("delete")
@click.argument("access_key_id")
@_options
@click.pass_obj
def delete(app: App, access_key_id: str, *, token: str | None, endpoint_ok: bool) -> Result:
    """Delete a key permanently, with its stored secret and sessions.

    If the key is active and a profile uses it, deactivate the key first.

    \b
    Examples:
      awscreds keys delete AKIAIOSFODNN7EXAMPLE
      awscreds keys delete AKIAIOSFODNN7EXAMPLE --profile dev --yes
    """
    return _change(app, keys.DELETE, access_key_id, token, endpoint_ok=endpoint_ok)


# -- changes -------------------------------------------------------------------------------


def _change(app: App, action: str, typed: str, token: str | None, *, endpoint_ok: bool) -> Result:
    key_id = checked_key_id(typed)
    user = _user_keys(app, token, changing=key_id, endpoint_ok=endpoint_ok)
    try:
        change = user.examine(action, key_id)
    except UsageError as error:
        if action == keys.DELETE and app.state.entry(key_id):
            raise error.because(
                hint="its secret is still stored on this computer; to delete the secret: "
                f"awscreds store forget {key_id}"
            ) from None
        raise
    report: dict[str, object] = {
        "action": action,
        "access_key_id": key_id,
        "changed": not change.is_done,
        "profiles": change.breaks,
        "endpoint": user.gate.named or None,
    }
    if change.is_done:
        app.say(f"{key_id} is already {change.key.status.lower()}; nothing was changed.")
    else:
        question = _question(change, user.server_time())
        if user.gate.named:
            question = f"The endpoint is {user.gate.named}, not AWS's default endpoint. {question}"
        if not app.dialogue.consent(question, default=False, hint=f"pass --yes to {action} it"):
            raise UsageError("nothing was changed", code="declined")
        user.carry_out(change)
        app.done(f"{key_id} {_DONE[action]}")
        if user.gate.named:
            app.say(f"This was done at {user.gate.named}, not at AWS's default endpoint.")
        if action == keys.DELETE:
            report |= _forget(app, key_id)
    return Result(report)


_DONE = {
    keys.ACTIVATE: "is active again; it may take some seconds to work everywhere.",
    keys.DEACTIVATE: "is inactive; it may still work for some seconds. Sessions made from it "
    "work until they expire: `awscreds policy revoke-sessions` prints a policy "
    "that ends them.",
    keys.DELETE: "is deleted; it may still work for some seconds. Sessions made from it work "
    "until they expire: `awscreds policy revoke-sessions` prints a policy that "
    "ends them.",
}


def _question(change: Change, now: float) -> str:
    key = change.key
    used = change.last_used
    known = f", last used {_when(used, now)}" if used else ""
    if used and used.when is not None:
        known += f" ({_purpose(used)})"
    age = format_duration(now - key.created, parts=1)
    text = f"{key.id} is {key.status.lower()}, {age} old{known}. "
    if change.action == keys.ACTIVATE:
        return text + "Everybody who has its secret can then use it. Activate it?"
    names = ", ".join(escaped(name) for name in change.breaks)
    if names:
        text += f"These profiles on this machine use it: {names}. "
    if key.is_active:
        text += "Everything else that uses it (other machines, CI) stops working. "
    if change.action == keys.DEACTIVATE:
        return text + "Deactivate it?"
    return text + "This cannot be undone. Delete it?"


def _forget(app: App, key_id: str) -> dict[str, object]:
    """Delete what is stored of a deleted key, except an entry that a profile points to."""
    app.state.note_deleted(key_id)
    cleared = app.sessions.clear(access_key_id=key_id)
    uses = uses_of(key_id, app.profiles())
    for profile in dict.fromkeys(use.profile for use in uses):
        app.warn(
            f"the profile {escaped(profile)} still uses the deleted key {key_id}; give "
            f"it another key: awscreds configure --profile {quoted(profile)}"
        )
    forgotten = False
    if app.state.entry(key_id) and not any(use.is_managed for use in uses):
        store = app.stores.of(key_id)
        try:
            app.pointers.erase(store, key_id)
        except ConfigurationError as error:
            app.warn(f"the key was deleted at AWS, but its stored secret was not: {error.whole}")
        else:
            forgotten = True
            app.done(f"Deleted its secret from {store.backend.describe()}.")
    return {"sessions_cleared": cleared, "secret_forgotten": forgotten}


# -- the user -----------------------------------------------------------------------------


def _user_keys(
    app: App, token: str | None, *, changing: str | None = None, endpoint_ok: bool = False
) -> UserKeys:
    """The keys of the user whose key the profile has."""
    from awscreds.aws.iam import Iam

    user = UserKey.of(app, endpoint_ok=endpoint_ok)
    profiles, profile, endpoint = app.profiles(), user.profile, user.iam

    def open_iam(credentials: AccessKey | Session) -> Iam:
        app.detail(f"asking IAM in {endpoint.region} with {shown_key_id(credentials.id)}")
        return Iam(credentials, endpoint, aws=app.aws)

    def mfa_session() -> Session | None:
        serial = profile.of_role("mfa_serial")
        if not serial and not token:
            serial = user.device(app)
            if serial is None:
                return None
        return app.provider.session(profile, token=token, serial=serial)

    context = keys.KeysContext(
        profiles,
        user.gate,
        elsewhere=app.pointers.elsewhere,
        open_iam=open_iam,
        identify=lambda key: app.aws.caller_identity(key, user.sts),  # only where the gate judged
        find_key=lambda key_id: find_key(key_id, profiles, app.stores.of),
        mfa_session=mfa_session,
    )
    mfa_first = bool(token or profile.of_role("mfa_serial"))
    return keys.UserKeys(user.key, context, mfa_first=mfa_first, changing=changing)


# -- text ----------------------------------------------------------------------------------


def _document(app: App, row: Row, now: float) -> dict[str, object]:
    used = row.last_used
    return {
        "id": row.info.id,
        "status": row.info.status,
        "created": format_iso(row.info.created),
        "age_days": int((now - row.info.created) // DAY),
        "last_used": used
        and {
            "when": used.when and format_iso(used.when),
            "service": used.service,
            "region": used.region,
        },
        "stored_in": app.state.entry(row.info.id).get("backend"),
        "used_by": [
            {"profile": use.profile, "file": use.file, "managed": use.is_managed}
            for use in row.uses
        ],
    }


def _note_creation(app: App, row: Row) -> None:
    """Write down when IAM created a stored key, so that its age is known offline."""
    entry = app.state.entry(row.info.id)
    created = format_iso(row.info.created)
    if entry and entry.get("created_at") != created:
        app.state.note(row.info.id, created_at=created)


def _described(use: KeyUse) -> str:
    return use.profile if use.is_managed else f"{use.profile} (plaintext, {use.file} file)"


def _when(used: LastUsed | None, now: float) -> str:
    if used is None:
        return "unknown"
    return "never" if used.when is None else f"{format_duration(now - used.when, parts=1)} ago"


def _purpose(used: LastUsed | None) -> str:
    return f"{used.service} in {used.region}" if used and used.when is not None else "-"

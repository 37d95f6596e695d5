"""What ``awscreds configure`` asks, in the order and words of ``aws configure``."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, InputNeeded, UsageError
from awscreds.model import keys
from awscreds.model.credentials import AccessKey
from awscreds.model.keys import mask
from awscreds.model.profile import SECRET, TOKEN
from awscreds.model.service_endpoint import checked_region
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.workflows.configure import SetupRequest


def ask(app: App, profile: Profile, *, plaintext: bool) -> SetupRequest:
    """Ask the four questions, and return what the answers mean. Raises InputNeeded, UsageError."""
    from awscreds.workflows.configure import SetupRequest
    from awscreds.workflows.key_secrets import key_of_profile

    if not plaintext and app.dialogue.asker is app.dialogue.terminal:
        app.stores.open_early()
    key_id, secret = _ask_key(app, profile, plaintext=plaintext)
    is_new = secret is not None or key_id != profile.access_key_id
    token = _ask_token(app, key_id, profile) if is_new else None
    settings = {}
    for name, label, check in _SETTINGS:
        present = profile.get(name) or "None"
        typed = app.dialogue.asker.ask_for(f"{label} [{present}]: ", _or_empty(check))
        if typed:
            settings[name] = typed

    key = AccessKey(key_id, secret) if key_id and secret else None
    if not key and profile.has_static_keys and _has_secret(profile) and not plaintext:
        key = key_of_profile(profile, app.stores.of) if _may_move(app, profile) else None
    return SetupRequest(profile.name, key=key, token=token, settings=settings, plaintext=plaintext)


def _ask_key(app: App, profile: Profile, *, plaintext: bool) -> tuple[str | None, str | None]:
    """The ID and the secret of a key; the present ID and None if the key stays."""
    present_id, has_secret = profile.access_key_id, _has_secret(profile)

    def check_id(typed: str) -> str | None:
        return _lasting_id(typed, plaintext=plaintext) if typed else present_id

    key_id = app.dialogue.asker.ask_for(
        f"AWS Access Key ID [{keys.masked_key_id(present_id)}]: ", check_id
    )
    changed = key_id != present_id
    shown = mask(None if changed or not has_secret else "-")

    def check_secret(typed: str) -> str | None:
        if typed.strip():
            if not key_id:
                raise UsageError("a secret access key was given without its access key ID")
            return keys.checked_secret(typed)
        if changed:
            raise UsageError(
                "a new access key ID was given without its secret",
                code="secret-missing",
                hint="run it again and type both; nothing was changed",
            )
        return None

    question = f"AWS Secret Access Key [{shown}]: "
    return key_id, app.dialogue.asker.ask_for(question, check_secret, is_hidden=True)


def _or_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    """``check`` for answers that may be empty, which keeps the present value."""
    return lambda typed: check(typed) if typed else ""


def _region(typed: str) -> str:
    try:
        return checked_region(keys.unquoted(typed))
    except ConfigurationError as error:
        raise UsageError(error.message, code=error.code, hint=error.hint) from None


def _output(typed: str) -> str:
    output = keys.unquoted(typed)
    if keys.secret_in(output):
        raise UsageError(
            "that looks like a secret access key, not an output format",
            code="bad-setting",
            hint="an output format is json, yaml, text or table; nothing was written",
        )
    return output


_SETTINGS = (
    ("region", "Default region name", _region),
    ("output", "Default output format", _output),
)


def checked_setting(key: str, value: str) -> str:
    """What to write for a setting of a profile. Raises UsageError if it cannot be one."""
    check = next((check for name, _, check in _SETTINGS if name == key), None)
    return check(value) if check else value


def _lasting_id(typed: str, *, plaintext: bool) -> str:
    """An access key ID that can be kept. Raises UsageError, before its secret is asked for."""
    from awscreds.workflows.configure import temporary_credentials

    key_id = keys.checked_key_id(typed)
    if key_id.startswith(keys.TEMPORARY_PREFIX) and not plaintext:
        raise temporary_credentials()
    return key_id


def _ask_token(app: App, key_id: str | None, profile: Profile) -> str | None:
    if not (key_id or "").startswith(keys.TEMPORARY_PREFIX):
        return None
    return (
        app.dialogue.asker.ask_secret(f"AWS Session Token [{mask(profile.get(TOKEN))}]: ").strip()
        or None
    )


def _has_secret(profile: Profile) -> bool:
    if profile.plaintext:
        return bool(profile.plaintext.get(SECRET))
    return profile.stored_key_id is not None


def _may_move(app: App, profile: Profile) -> bool:
    """Whether the plaintext keys of a profile should move to the secret store."""
    if profile.get(TOKEN):
        return False
    if app.options.yes:
        return True
    try:
        return app.dialogue.asker.confirm(
            f"The access key of {escaped(profile.name)} is stored in plaintext. Move "
            "the key to the secret store?",
            default=True,
        )
    except InputNeeded:
        return False

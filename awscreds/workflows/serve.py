"""The answer to an SDK that asks for a managed profile. Nobody is ever prompted here."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, EntryMissing, InputNeeded
from awscreds.light import quoted as json_text
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE, Document, scan
from awscreds.model.profile import WRAPPED_PREFIX, no_such_profile
from awscreds.model.settings import KEY_CACHE, SERVE, SESSION
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.model.credentials import AccessKey, Session
    from awscreds.stores.aws_files import AwsFiles

    KeyReader = Callable[[str], AccessKey]
    SessionFinder = Callable[[str], Session | None]

LIFETIME = 3600
"""Seconds after which an SDK asks again, so that a long-running program notices a rotation."""


_WRAPPED_BY = ("role_arn", "sso_account_id", "sso_role_name", "login_session")


class Response:
    """What an SDK gets, and for how many seconds it may be kept to be given again.

    ``keep`` is None if the profile does not say it: then the secret store does.
    """

    __slots__ = ("expiration", "keep", "text")

    def __init__(self, text: str, expiration: float | None, keep: float | None) -> None:
        self.text = text
        self.expiration = expiration
        self.keep = keep


def serve_profile(
    name: str, files: AwsFiles, key_of: KeyReader, session_of: SessionFinder, *, now: float
) -> Response:
    """What an SDK gets for the profile ``name`` of ``files``.

    ``key_of`` returns the access key with an ID. ``session_of`` returns the session of a profile
    that serves sessions, or None if there is none and somebody would have to be asked. Nothing is
    printed beside the answer: the C++ SDK reads stderr as a part of it.
    Raises ConfigurationError if the profile does not exist or is not managed, or if its setting
    does not say what it serves; InputNeeded if a session is needed; and what ``key_of`` and
    ``session_of`` raise.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """
    config, credentials = files.read_config(), files.read_credentials()
    values = scan(config, (PROFILE, name))
    if values is None:
        raise no_such_profile(name, Document.parse(config).profiles())
    beside = scan(credentials, (PROFILE, name), credentials=True) or {}
    serve = SERVE.read(beside.get(SERVE.name, values.get(SERVE.name)))
    if serve is None:
        if SERVE.name in beside:
            raise _serves_what(
                name, Document.parse(credentials, credentials=True), files.credentials_path
            )
        raise _serves_what(name, Document.parse(config), files.config_path)
    if serve == SESSION or any(values.get(WRAPPED_PREFIX + key) for key in _WRAPPED_BY):
        return _serve_session(name, session_of, now=now)
    key_id = values.get(POINTER)
    if not isinstance(key_id, str) or not key_id:
        raise _not_managed(name, {**values, **beside})
    expiration = now + LIFETIME
    try:
        key = key_of(key_id)
    except EntryMissing as error:
        from awscreds.workflows.key_secrets import to_store_again

        raise to_store_again(error, name) from None
    text = _output(key, expiration)
    said = values.get(KEY_CACHE.name)
    return Response(text, expiration, None if said is None else KEY_CACHE.read(said))


def _not_managed(name: str, values: Mapping[str, object]) -> ConfigurationError:
    is_role = values.get("role_arn") and not values.get("web_identity_token_file")
    of_login = "an SSO profile" if values.get("sso_account_id") else "a login"
    if is_role or values.get("sso_account_id") or values.get("login_session"):
        what = "a role that SDKs assume" if is_role else f"{of_login} that SDKs read"
        return ConfigurationError(
            f"the profile {escaped(name)} is {what} themselves; "
            "awscreds gives out its credentials only if it is wrapped",
            code="not-managed",
            hint=f"awscreds profile wrap --profile {quoted(name)}",
        )
    return ConfigurationError(
        f"the profile {escaped(name)} is not managed: it has no {POINTER}",
        code="not-managed",
        hint=f"awscreds configure --profile {quoted(name)}",
    )


def _serves_what(name: str, found: Document, path: str) -> ConfigurationError:
    """A typo here must not turn sessions into the long-lived key."""
    place = f"{path}:{found.line_of((PROFILE, name), SERVE.name)}"
    return ConfigurationError(
        f"{SERVE.name} of the profile {escaped(name)} must be {SERVE.expected} ("
        f"{place}); until you correct it, the profile gives no credentials",
        code="bad-setting",
        hint=f"awscreds configure set {SERVE.name} {SESSION} --profile {quoted(name)}",
    )


def _serve_session(name: str, session_of: SessionFinder, *, now: float) -> Response:
    session = session_of(name)
    if session is None:
        from awscreds.calling_shell import line_to_load

        raise InputNeeded(
            f"the profile {escaped(name)} gives out only sessions, but no session is cached",
            code="session-needed",
            hint=line_to_load(f"awscreds mfa-session --profile {quoted(name)}"),
        )
    expiration = session.expiration
    keep = 0 if expiration is None else expiration - now
    return Response(_output(session, expiration), expiration, keep)


def _output(credentials: AccessKey | Session, expiration: float | None) -> str:
    """Version 1 of the ``credential_process`` output; ``expiration`` in seconds UTC."""
    fields = {"AccessKeyId": credentials.id, "SecretAccessKey": credentials.secret}
    if credentials.token:
        fields["SessionToken"] = credentials.token
    if expiration is not None:
        fields["Expiration"] = format_iso(expiration)
    texts = "".join(f', "{name}": {json_text(text)}' for name, text in fields.items())
    return f'{{"Version": 1{texts}}}\n'

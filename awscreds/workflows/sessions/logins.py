"""Logins that the AWS CLI made: SSO tokens and sessions of ``aws login``, and their refresh.

An SSO token is refreshed once, however many processes ask, because a refresh token may be valid
only once. So the refresh holds a lock and first reads the file again, and the new token is written
for every SDK before anybody uses it.
"""

from __future__ import annotations

from awscreds.errors import AwscredsError, AwsError, ConfigurationError
from awscreds.model.credentials import Session
from awscreds.model.ini.document import SSO_SESSION
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso, parse_iso
from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.model.credentials import Credentials
    from awscreds.model.profile import Profile
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.sessions.context import SessionDeps

REFRESH_WINDOW = 15 * 60
"""Seconds before its end in which an SSO token is refreshed, as botocore does."""

_NEEDED_TO_REFRESH = ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")
_NEEDED = ("sso_start_url", "sso_region", "sso_account_id", "sso_role_name")

_DEAD = frozenset(
    {
        "ExpiredTokenException",
        "InvalidClientException",
        "InvalidGrantException",
        "UnauthorizedClientException",
    }
)
"""What AWS answers if a login cannot be refreshed any more."""


class SsoLogin:
    """The login to IAM Identity Center that ``profile`` uses.

    ``note`` gets what the user should know. Raises ConfigurationError for settings that contradict
    each other, as every SDK does.
    """

    def __init__(self, deps: SessionDeps, profile: Profile, note: Callable[[str], None]) -> None:
        self._deps = deps
        self._profile = profile
        self._note = note
        self._settings = self._read_settings()
        session = profile.get("sso_session")
        self._path = deps.logins.sso_path(session, self._settings["sso_start_url"])
        self._may_refresh = bool(session)
        self._token = ""

    def _read_settings(self) -> dict[str, str]:
        profile, name = self._profile, escaped(self._profile.name)
        session = profile.get("sso_session")
        section = (SSO_SESSION, session or "")
        shared: dict[str, Any] = {}
        if session:
            if not self._deps.profiles.config.has(section):
                raise ConfigurationError(
                    f"the profile {name} uses the sso-session {escaped(session)}, but the "
                    "config file does not have it",
                    code="sso-settings",
                    hint=f"create it: aws configure sso-session; or change sso_session of {name}",
                )
            shared = dict(self._deps.profiles.config.values(section))
        found: dict[str, str] = {}
        for key in _NEEDED:
            own, common = profile.get(key), shared.get(key)
            if own and common and own != common:
                raise ConfigurationError(
                    f"{key} of the profile {name} differs from the value in its sso-session "
                    f"{escaped(session or '')}; every SDK refuses this",
                    code="sso-settings",
                    hint=f"awscreds configure unset {key} --profile {quoted(profile.name)}",
                )
            if own or common:
                found[key] = own or str(common)
        missing = [key for key in _NEEDED if key not in found]
        if missing:
            raise ConfigurationError(
                f"the profile {name} gets its credentials from SSO, but these settings are "
                "missing: " + ", ".join(missing),
                code="sso-settings",
                hint=f"aws configure sso --profile {quoted(profile.name)}",
            )
        return found

    @property
    def identity(self) -> str:
        """The identity of whoever is logged in. Raises AwsError if nobody is."""
        return digest(self.token().encode()).hex()

    def token(self) -> str:
        """The access token, refreshed if it is near its end.

        Raises AwsError if there is no valid one: then somebody must log in.
        """
        if not self._token:
            self._token = self._good_token()
        return self._token

    def credentials(self) -> Credentials:
        """The role's credentials, as the portal gives them now."""
        token = self.token()
        try:
            return self._deps.aws.sso.role_credentials(
                token,
                self._endpoint("sso"),
                account_id=self._settings["sso_account_id"],
                role_name=self._settings["sso_role_name"],
            )
        except AwsError as error:
            if error.aws_code == "UnauthorizedException":
                raise self._ended() from None
            raise

    def _good_token(self) -> str:
        token = self._deps.logins.read(self._path)
        if self._left(token) < REFRESH_WINDOW and self._is_refreshable(token):
            token = self._refreshed()
        if token is None or self._left(token) <= 0:
            raise self._ended()
        return str(token["accessToken"])

    def _left(self, token: dict[str, Any] | None) -> float:
        """Seconds that ``token`` is still valid; 0 if it is not a token."""
        if not token or not isinstance(token.get("accessToken"), str):
            return 0
        return _ending(token.get("expiresAt")) - self._deps.clock()

    def _is_refreshable(self, token: dict[str, Any] | None) -> bool:
        return (
            self._may_refresh
            and token is not None
            and all(isinstance(token.get(key), str) and token[key] for key in _NEEDED_TO_REFRESH)
            and _ending(token["registrationExpiresAt"]) > self._deps.clock()
        )

    def _refreshed(self) -> dict[str, Any] | None:
        """The token in the file. It is refreshed here unless another process did it meanwhile."""
        logins = self._deps.logins
        try:
            with logins.lock(self._path):
                token = logins.read(self._path)
                if token is None or self._left(token) >= REFRESH_WINDOW:
                    return token
                if not self._is_refreshable(token):
                    return token
                return self._refresh(token)
        except AwscredsError as error:
            # Use the old token while it is valid.
            token = logins.read(self._path)
            if self._left(token) > 0:
                return token
            if isinstance(error, AwsError) and error.aws_code in _DEAD:
                raise self._ended() from None
            raise

    def _refresh(self, token: dict[str, Any]) -> dict[str, Any]:
        answer = self._deps.aws.sso.refresh_token(
            self._endpoint("sso_oidc"),
            client_id=token["clientId"],
            client_secret=token["clientSecret"],
            refresh_token=token["refreshToken"],
        )
        token = {
            **token,
            **answer,
            "expiresAt": format_iso(self._deps.clock() + answer["expiresAt"]),
        }
        try:
            self._deps.logins.write(self._path, token)
        except OSError as error:
            self._note(
                f"cannot save the new SSO token in {self._path} ({error.strerror}): log in "
                "again when this session ends"
            )
        return token

    def _endpoint(self, service: str) -> ServiceEndpoint:
        endpoint = resolve_endpoint(service, self._profile, self._deps.profiles, self._deps.environ)
        endpoint.region = self._settings["sso_region"]
        return endpoint

    def _ended(self) -> AwsError:
        return AwsError(
            f"the SSO session of the profile {escaped(self._profile.name)} has expired, or "
            "was never started",
            code="sso-login-needed",
            hint=f"aws sso login --profile {quoted(self._profile.name)}",
        )


def login_credentials(
    deps: SessionDeps, profile: Profile, ask_botocore: Callable[[], Credentials]
) -> Credentials:
    """The credentials of the session that ``aws login`` made for ``profile``.

    Those in the CLI's cache are served until they expire. Then botocore renews them, if it has what
    that needs (awscrt). Raises AwsError if somebody must log in.
    """
    path = deps.logins.login_path(profile.get("login_session") or "")
    name = escaped(profile.name)
    found = _cached(deps.logins.read(path))
    if found is not None and (found.expiration or 0) > deps.clock():
        return found
    said = "has expired, or was never started"
    if found is not None:
        try:
            # Its refresh token is valid only once, too.
            with deps.logins.lock(path):
                found = _cached(deps.logins.read(path)) or found
                if (found.expiration or 0) > deps.clock():
                    return found
                return ask_botocore()
        except ConfigurationError:
            expired = format_iso(found.expiration or 0)
            said = f"has credentials that expired at {expired}, and only the AWS CLI "
            said += "can renew them here"
    raise AwsError(
        f"the login session of the profile {name} {said}",
        code="login-needed",
        hint=f"aws login --profile {quoted(profile.name)}",
    )


def _cached(document: dict[str, Any] | None) -> Session | None:
    """The credentials in the file of a session of ``aws login``; None if there are none."""
    given = document.get("accessToken") if document else None
    if not isinstance(given, dict):
        return None
    names = ("accessKeyId", "secretAccessKey", "sessionToken")
    key_id, secret, token = (given.get(name) for name in names)
    if not all(isinstance(value, str) and value for value in (key_id, secret, token)):
        return None
    return Session(str(key_id), str(secret), str(token), _ending(given.get("expiresAt")))


def _ending(text: object) -> float:
    """The time in a file of the CLI in seconds; 0 if there is none. Older files have ``UTC``."""
    if not isinstance(text, str):
        return 0
    if text.endswith("UTC"):
        text = text.removesuffix("UTC") + "Z"
    return parse_iso(text) or 0

"""Logins to IAM Identity Center, ours and the AWS CLI's, and sessions of ``aws login``.

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
    from collections.abc import Callable, Iterable
    from typing import Any

    from awscreds.aws.portal import Portal
    from awscreds.model.credentials import Credentials
    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.logins import LoginPlace
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


class SsoSettings:
    """What a profile says about its login to IAM Identity Center, with its sso-session.

    Raises ConfigurationError for settings that are missing or contradict each other, as every SDK
    does. ``needs`` are those that must be there.
    """

    __slots__ = ("session", "values")

    def __init__(
        self, profile: Profile, profiles: Profiles, needs: Iterable[str] = _NEEDED
    ) -> None:
        name = escaped(profile.name)
        self.session = session = profile.of_role("sso_session")
        shared: dict[str, Any] = {}
        if session:
            shared = session_values(profiles, session, profile)
        found: dict[str, str] = {}
        for key in _NEEDED:
            own, common = profile.of_role(key), shared.get(key)
            if own and common and own != common:
                raise ConfigurationError(
                    f"{key} of the profile {name} differs from the value in its sso-session "
                    f"{escaped(session or '')}; every SDK refuses this",
                    code="sso-settings",
                    hint=f"awscreds configure unset {key} --profile {quoted(profile.name)}",
                )
            if own or common:
                found[key] = own or str(common)
        missing = [key for key in needs if key not in found]
        if missing:
            raise ConfigurationError(
                f"the profile {name} gets its credentials from SSO, but these settings are "
                "missing: " + ", ".join(missing),
                code="sso-settings",
                hint=f"aws configure sso --profile {quoted(profile.name)}",
            )
        self.values = found


def session_values(
    profiles: Profiles, session: str, profile: Profile | None = None
) -> dict[str, Any]:
    """The values of the sso-session ``session``, that ``profile`` uses.

    Raises ConfigurationError if the config file does not have it.
    """
    section = (SSO_SESSION, session)
    if profiles.config.has(section):
        return dict(profiles.config.values(section))
    user = f"the profile {escaped(profile.name)} uses the sso-session " if profile else ""
    change = f"; or change sso_session of {escaped(profile.name)}" if profile else ""
    raise ConfigurationError(
        f"{user}{escaped(session)}, but the config file does not have it"
        if profile
        else f"the config file has no sso-session {escaped(session)}",
        code="sso-settings",
        hint=f"create it: aws configure sso-session{change}",
    )


class SsoLogin:
    """The login to IAM Identity Center that ``profile`` uses, wherever it is kept.

    ``note`` gets what the user should know. Raises ConfigurationError for settings that contradict
    each other, as every SDK does.
    """

    def __init__(
        self,
        deps: SessionDeps,
        profile: Profile,
        note: Callable[[str], None],
        needs: Iterable[str] = _NEEDED,
    ) -> None:
        self._deps = deps
        self._profile = profile
        self._note = note
        settings = SsoSettings(profile, deps.profiles, needs)
        self._settings = settings.values
        self._may_refresh = bool(settings.session)
        self._places = deps.logins.places(settings.session, self._settings["sso_start_url"])
        self._token = ""

    @property
    def identity(self) -> str:
        """The identity of whoever is logged in. Raises AwsError if nobody is.

        That of a login of ours stays the same while its token is refreshed.
        """
        for place in self._places:
            if identity := place.identity():
                return identity
        return digest(self.token().encode()).hex()

    @property
    def ends_with_us(self) -> bool:
        """Whether only `awscreds logout` ends the login, which then forgets what came of it."""
        return any(place.identity() for place in self._places)

    def token(self) -> str:
        """The access token, refreshed if it is near its end.

        Raises AwsError if there is no valid one: then somebody must log in.
        """
        if not self._token:
            self._token = self._good_token()
        return self._token

    def credentials(self) -> Session:
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
                raise self.ended() from None
            raise

    def portal(self) -> Portal:
        """What lists the accounts and roles of whoever is logged in."""
        return self._deps.aws.sso.portal(self.token(), self._endpoint("sso"))

    def _good_token(self) -> str:
        """The token of the first place that has a valid one."""
        problem: AwscredsError | None = None
        for place in self._places:
            try:
                token = self._token_in(place)
            except AwscredsError as error:
                problem = problem or error
                continue
            if self._left(token) > 0 and token is not None:
                return str(token["accessToken"])
        raise problem or self.ended()

    def _token_in(self, place: LoginPlace) -> dict[str, Any] | None:
        token = place.read()
        if self._left(token) < REFRESH_WINDOW and self._is_refreshable(token):
            return self._refreshed(place)
        return token

    def _left(self, token: dict[str, Any] | None) -> float:
        """Seconds that ``token`` is still valid; 0 if it is not a token."""
        if not token or not isinstance(token.get("accessToken"), str):
            return 0
        return ending(token.get("expiresAt")) - self._deps.clock()

    def _is_refreshable(self, token: dict[str, Any] | None) -> bool:
        return (
            self._may_refresh
            and token is not None
            and all(isinstance(token.get(key), str) and token[key] for key in _NEEDED_TO_REFRESH)
            and ending(token["registrationExpiresAt"]) > self._deps.clock()
        )

    def _refreshed(self, place: LoginPlace) -> dict[str, Any] | None:
        """The token in ``place``. It is refreshed here unless another process did it meanwhile."""
        try:
            with place.lock():
                token = place.read()
                if token is None or self._left(token) >= REFRESH_WINDOW:
                    return token
                if not self._is_refreshable(token):
                    return token
                return self._refresh(place, token)
        except AwscredsError as error:
            # Use the old token while it is valid.
            token = place.read()
            if self._left(token) > 0:
                return token
            if isinstance(error, AwsError) and error.aws_code in _DEAD:
                raise self.ended() from None
            raise

    def _refresh(self, place: LoginPlace, token: dict[str, Any]) -> dict[str, Any]:
        # The old refresh token may be worthless afterwards: first see if the new one can be kept.
        place.require_room()
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
            place.write(token)
        except OSError as error:
            self._note_unsaved(place, error.strerror or "")
        except AwscredsError as error:
            self._note_unsaved(place, error.message)
        return token

    def _note_unsaved(self, place: LoginPlace, reason: str) -> None:
        self._note(
            f"cannot save the new SSO token in {place.name} ({reason}): log in again when this "
            "session ends"
        )

    def _endpoint(self, service: str) -> ServiceEndpoint:
        endpoint = resolve_endpoint(service, self._profile, self._deps.profiles, self._deps.environ)
        endpoint.region = self._settings["sso_region"]
        return endpoint

    def ended(self) -> AwsError:
        """The error if somebody must log in."""
        if not self._profile.name:
            session = self._profile.get("sso_session") or ""
            return AwsError(
                f"nobody is logged in to {escaped(session)}, or the login has expired",
                code="sso-login-needed",
                hint=f"awscreds login --sso-session {quoted(session)}",
            )
        return AwsError(
            f"the SSO session of the profile {escaped(self._profile.name)} has expired, or "
            "was never started",
            code="sso-login-needed",
            hint=f"awscreds login --profile {quoted(self._profile.name)}",
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
    return Session(str(key_id), str(secret), str(token), ending(given.get("expiresAt")))


def ending(text: object) -> float:
    """The time in a file of the CLI in seconds; 0 if there is none. Older files have ``UTC``."""
    if not isinstance(text, str):
        return 0
    if text.endswith("UTC"):
        text = text.removesuffix("UTC") + "Z"
    return parse_iso(text) or 0

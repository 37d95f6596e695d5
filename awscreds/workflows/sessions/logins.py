"""Logins to IAM Identity Center, ours and the AWS CLI's."""

from __future__ import annotations

from awscreds.errors import AwsError, ConfigurationError, hints
from awscreds.model.ini.document import SSO_SESSION
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, nearest, quoted
from awscreds.model.times import format_iso
from awscreds.stores.fingerprints import digest
from awscreds.workflows.sessions.kept_login import KeptLogin, ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from awscreds.aws.portal import Portal
    from awscreds.model.credentials import Session
    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.sessions.context import SessionDeps

REFRESH_WINDOW = 16 * 60
"""Seconds before its end in which an SSO token is refreshed. botocore begins a minute later."""

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
    known = [name for kind, name in profiles.config.sections() if kind == SSO_SESSION and name]
    close = ", ".join(escaped(name) for name in nearest(session, known))
    user = f"the profile {escaped(profile.name)} uses the sso-session " if profile else ""
    change = f"; or change sso_session of {escaped(profile.name)}" if profile else ""
    raise ConfigurationError(
        f"{user}{escaped(session)}, but the config file does not have it"
        if profile
        else f"the config file has no sso-session {escaped(session)}",
        code="sso-settings",
        hint=hints(
            f"did you mean {close}?" if close else None,
            f"create it: aws configure sso-session{change}",
        ),
    )


class SsoLogin(KeptLogin):
    """The login to IAM Identity Center that ``profile`` uses, wherever it is kept.

    ``note`` gets what the user should know. Raises ConfigurationError for settings that contradict
    each other, as every SDK does.
    """

    window = REFRESH_WINDOW

    def __init__(
        self,
        deps: SessionDeps,
        profile: Profile,
        note: Callable[[str], None],
        needs: Iterable[str] = _NEEDED,
    ) -> None:
        self._profile = profile
        settings = SsoSettings(profile, deps.profiles, needs)
        self._settings = settings.values
        self._may_refresh = bool(settings.session)
        start_url = self._settings["sso_start_url"]
        super().__init__(deps, deps.logins.places(settings.session, start_url), note)
        self._token = ""

    @property
    def identity(self) -> str:
        """The identity of whoever is logged in. Raises AwsError if nobody is.

        That of a login of ours stays the same while its token is refreshed.
        """
        return self._sealed_identity() or digest(self.token().encode()).hex()

    def token(self) -> str:
        """The access token, refreshed if it is near its end.

        Raises AwsError if there is no valid one: then somebody must log in.
        """
        if not self._token:
            login = self._valid()
            region = login.get("region") or self._settings["sso_region"]
            if region != self._settings["sso_region"]:
                raise self._elsewhere(str(region))
            self._token = str(login["accessToken"])
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

    def _end(self, login: dict[str, Any]) -> float:
        is_one = isinstance(login.get("accessToken"), str)
        return ending(login.get("expiresAt")) if is_one else 0

    def _is_refreshable(self, login: dict[str, Any] | None) -> bool:
        return (
            self._may_refresh
            and login is not None
            and all(isinstance(login.get(key), str) and login[key] for key in _NEEDED_TO_REFRESH)
            and ending(login["registrationExpiresAt"]) > self._deps.clock()
        )

    def _ask_aws(self, login: dict[str, Any]) -> dict[str, Any]:
        answer = self._deps.aws.sso.refresh_token(
            self._endpoint("sso_oidc"),
            client_id=login["clientId"],
            client_secret=login["clientSecret"],
            refresh_token=login["refreshToken"],
        )
        expires_at = format_iso(self._deps.clock() + answer["expiresAt"])
        return {**login, **answer, "expiresAt": expires_at}

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

    def _elsewhere(self, region: str) -> AwsError:
        """The error for a login that was made in another ``region``: no other one knows it."""
        ended = self.ended()
        return ended.because(
            message=f"the login was made in the region {escaped(region)}, but sso_region is "
            f"{escaped(self._settings['sso_region'])} now",
            hint=ended.hint,
        )

    def _explained(self, refusal: AwsError) -> AwsError:
        return self.ended() if refusal.aws_code in _DEAD else refusal

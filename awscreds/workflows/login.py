"""Logging in to IAM Identity Center, and out.

Nothing is written before the login has succeeded, and the secret store is opened before a person is
sent to the browser: so no login is lost because there is no place for it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets

from awscreds.aws.identity_center import CODE, DEVICE, REFRESH
from awscreds.aws.start_page import resolve
from awscreds.errors import AwscredsError, AwsError, ConfigurationError
from awscreds.model.profile import SSO, WRAPPED_SSO, Profile
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.settings import CLI, TOKEN_CACHE
from awscreds.model.start_url import checked_start_url, region_of
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso, parse_iso
from awscreds.stores.sealed_logins import LoginLabel
from awscreds.workflows.callback import DEADLINE, Callback
from awscreds.workflows.sessions.logins import SsoSettings, session_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.aws.gateway import Aws
    from awscreds.aws.identity_center import DeviceCode, Registration
    from awscreds.model.profile import Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.logins import LoginFiles
    from awscreds.stores.sealed_logins import SealedLogins

SCOPE = "sso:account:access"
"""What a login is for if the sso-session does not say: accounts and roles, and to be refreshed."""

_WITHOUT_CODE = (
    "AuthorizationPendingException",
    "SlowDownException",
)
_SLOWER = 5
"""Seconds that are added at each SlowDownException (RFC 8628, 3.5)."""

_DEAD_REGISTRATION = ("InvalidClientException", "UnauthorizedClientException")
_MARGIN = 60.0


class LoginTarget:
    """Where to log in: an sso-session, or a profile without one. ``region`` is that of the portal.

    ``is_shared``: the settings want the login in the AWS CLI's file, which is named by the
    ``start_url`` as it is written; ``url`` is the checked one.
    """

    __slots__ = ("is_shared", "profile", "region", "scopes", "session", "start_url", "url")

    def __init__(
        self,
        profile: Profile,
        *,
        session: str | None,
        values: Mapping[str, Any],
        region: str | None = None,
    ) -> None:
        place = f"the sso-session {escaped(session)}" if session else escaped(profile.name)
        self.profile = profile
        self.session = session
        self.is_shared = (
            TOKEN_CACHE.read(values.get(TOKEN_CACHE.name) or profile.get(TOKEN_CACHE.name)) == CLI
        )
        self.start_url = str(values.get("sso_start_url") or "")
        if not self.start_url:
            raise _missing("sso_start_url", place, session, profile)
        self.url = checked_start_url(self.start_url, place)
        self.region = region or str(values.get("sso_region") or "") or region_of(self.url) or ""
        if not self.region:
            raise _missing("sso_region", place, session, profile)
        scopes = str(values.get("sso_registration_scopes") or "")
        self.scopes = [scope.strip() for scope in scopes.split(",") if scope.strip()] or [SCOPE]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.session or self.start_url


def target_of_profile(
    profile: Profile, profiles: Profiles, region: str | None = None
) -> LoginTarget:
    """Where ``profile`` logs in. Raises ConfigurationError if it is not an SSO profile."""
    if profile.kind not in (SSO, WRAPPED_SSO):
        raise ConfigurationError(
            f"the profile {escaped(profile.name)} does not log in to IAM Identity Center: it has "
            "no sso_session and no sso_start_url",
            code="not-sso",
            hint="name one that does, or use --sso-session NAME; `awscreds list --kind sso` shows "
            "them",
        )
    settings = SsoSettings(profile, profiles, needs=())
    values = dict(settings.values)
    if settings.session:
        values = {**session_values(profiles, settings.session, profile), **values}
    return LoginTarget(profile, session=settings.session, values=values, region=region)


def target_of_session(session: str, profiles: Profiles, region: str | None = None) -> LoginTarget:
    """Where the sso-session ``session`` logs in. Raises ConfigurationError if there is none."""
    values = session_values(profiles, session)
    return LoginTarget(Profile("", {}, {}), session=session, values=values, region=region)


def _missing(setting: str, place: str, session: str | None, profile: Profile) -> ConfigurationError:
    of = f"sso-session.{session}.{setting}" if session else setting
    at = "" if session else f" --profile {quoted(profile.name)}"
    return ConfigurationError(
        f"{place} has no {setting}",
        code="sso-settings",
        hint=f"awscreds configure set {quoted(of)} VALUE{at}",
    )


class Person:
    """What the person sees. ``open_browser`` says whether a browser was started."""

    def __init__(
        self,
        *,
        open_browser: Callable[[str], bool],
        say: Callable[..., None],
        sleep: Callable[[float], None],
    ) -> None:
        self._open_browser = open_browser
        self.say = say
        self.sleep = sleep

    def send_to(self, url: str, where: str) -> None:
        """Show ``url``, and open it in a browser if there is one. ``where`` says in which."""
        self.say(f"Open this page {where}:", f"  {escaped(url)}")
        if self._open_browser(url):
            self.say("Your browser opens it now.")


class SsoLogins:
    """Logs in and out of the places that a person's profiles name."""

    def __init__(
        self,
        *,
        aws: Aws,
        sealed: SealedLogins,
        files: LoginFiles,
        profiles: Profiles,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._aws = aws
        self._sealed = sealed
        self._files = files
        self._profiles = profiles
        self._environ = environ
        self._clock = clock

    # -- in ---------------------------------------------------------------------------------

    def log_in(
        self, target: LoginTarget, person: Person, *, by_device: bool, is_shared: bool
    ) -> float:
        """Log in, and keep the tokens. Returns when nobody is logged in any more, seconds UTC.

        ``is_shared``: in the AWS CLI's file, in plaintext, instead of the secret store. Raises what
        opening the store raises, AwsError, and AwscredsError if nobody finishes it in time.
        """
        if not is_shared:
            self._sealed.require_key()
        by_device = by_device or not target.session
        issuer = resolve(target.url)
        grants = (DEVICE if by_device else CODE, REFRESH)
        known = self._known_registration(target, grants)
        flow = self._by_device if by_device else self._by_code
        try:
            registration = known or self._register(target, grants, issuer)
            tokens = flow(target, registration, issuer, person)
        except AwsError as error:
            if known is None or error.aws_code not in _DEAD_REGISTRATION:
                raise self._explained(error, target) from None
            registration = self._register(target, grants, issuer)
            tokens = flow(target, registration, issuer, person)
        document = self._document(target, registration, grants, tokens)
        self._keep(target, document, is_shared=is_shared)
        return self._end_of(document)

    def _register(self, target: LoginTarget, grants: tuple[str, ...], issuer: str) -> Registration:
        endpoint = self._endpoint("sso_oidc", target)
        return self._aws.sso.register(endpoint, grants=grants, scopes=target.scopes, issuer=issuer)

    def _by_code(
        self, target: LoginTarget, registration: Registration, _: str, person: Person
    ) -> dict[str, Any]:
        """In a browser on this machine (authorization code with PKCE, RFC 7636)."""
        endpoint = self._endpoint("sso_oidc", target)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = hashlib.sha256(verifier.encode()).digest()
        with Callback(state) as callback:
            url = self._aws.sso.authorize_url(
                endpoint,
                {
                    "response_type": "code",
                    "client_id": registration.client_id,
                    "redirect_uri": callback.uri,
                    "state": state,
                    "code_challenge_method": "S256",
                    "scopes": " ".join(target.scopes),
                    "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                },
            )
            person.send_to(
                url, f"in a browser on this machine, to log in to {escaped(target.name)}"
            )
            person.say(
                "If the browser is on another machine, press Ctrl-C, and use --use-device-code."
            )
            answer = callback.wait()
            redirect = callback.uri
        if "code" not in answer or "error" in answer:
            raise _refused(answer.get("error", ""))
        return self._aws.sso.token_of_code(
            endpoint, registration, brought=answer["code"], verifier=verifier, redirect=redirect
        )

    def _by_device(
        self, target: LoginTarget, registration: Registration, issuer: str, person: Person
    ) -> dict[str, Any]:
        """In a browser anywhere, by comparing a code (RFC 8628)."""
        endpoint = self._endpoint("sso_oidc", target)
        device = self._aws.sso.start_device(endpoint, registration, issuer)
        person.send_to(device.complete_url, f"in any browser, to log in to {escaped(target.name)}")
        person.say(
            f"It must show this code: {escaped(device.user_code)}",
            "If somebody sent you a link or a code, do not use it: only allow what you started.",
        )
        return self._poll(endpoint, registration, device, person)

    def _poll(
        self,
        endpoint: ServiceEndpoint,
        registration: Registration,
        device: DeviceCode,
        person: Person,
    ) -> dict[str, Any]:
        interval = max(1, device.interval)
        end = self._clock() + min(DEADLINE, device.seconds)
        while self._clock() < end:
            try:
                return self._aws.sso.token_of_device(endpoint, registration, device)
            except AwsError as error:
                if error.aws_code not in _WITHOUT_CODE:
                    raise
                if error.aws_code == "SlowDownException":
                    interval += _SLOWER
            person.sleep(interval)
        raise AwsError(
            "nobody allowed the login in time",
            code="login-timeout",
            hint="run it again, and finish it in the browser within "
            f"{min(DEADLINE, device.seconds) / 60:.0f} minutes",
        )

    def _explained(self, error: AwsError, target: LoginTarget) -> AwsError:
        """AWS's refusal, with what to do about it."""
        if error.aws_code == "AccessDeniedException":
            return _refused("access_denied")
        if error.aws_code == "ExpiredTokenException":
            return error.because(
                message="the code has expired before the login was allowed",
                code="login-timeout",
                hint="run it again",
            )
        if error.aws_code in ("InvalidRequestException", "InvalidClientException"):
            return error.because(
                message=f"IAM Identity Center in {target.region} does not know the start URL "
                f"{escaped(target.start_url)}",
                code="start-url",
                hint="check sso_start_url and sso_region: the region is that of your AWS access "
                "portal, which may be another one than your resources'",
            )
        return error

    # -- keeping ----------------------------------------------------------------------------

    def _known_registration(
        self, target: LoginTarget, grants: tuple[str, ...]
    ) -> Registration | None:
        """The registration of the last login, if it is still good for this one."""
        from awscreds.aws.identity_center import Registration

        document: Mapping[str, Any] | None = None
        with contextlib.suppress(AwscredsError):
            document = self._sealed.read(target.session, target.start_url)
        ends = parse_iso(str((document or {}).get("registrationExpiresAt", ""))) or 0
        if (
            document is None
            or document.get("grantTypes") != list(grants)
            or document.get("scopes") != target.scopes
            or document.get("region") != target.region
            or ends - _MARGIN <= self._clock()
        ):
            return None
        return Registration(str(document["clientId"]), str(document["clientSecret"]), ends)

    def _document(
        self,
        target: LoginTarget,
        registration: Registration,
        grants: tuple[str, ...],
        tokens: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The login with the names and time formats of the AWS CLI's file."""
        return {
            "startUrl": target.start_url,
            "region": target.region,
            **tokens,
            "expiresAt": format_iso(self._clock() + tokens["expiresAt"]),
            "clientId": registration.client_id,
            "clientSecret": registration.client_secret,
            "registrationExpiresAt": format_iso(registration.expires_at),
            "grantTypes": list(grants),
            "scopes": target.scopes,
        }

    def _end_of(self, document: Mapping[str, Any]) -> float:
        """When the login ends: its token, or, as far as we know, its registration."""
        last = "registrationExpiresAt" if document.get("refreshToken") else "expiresAt"
        return parse_iso(document[last]) or 0.0

    def _keep(self, target: LoginTarget, document: dict[str, Any], *, is_shared: bool) -> None:
        path = self._files.sso_path(target.session, target.start_url)
        if is_shared:
            kept = {key: value for key, value in document.items() if key not in _NOT_THE_CLIS}
            try:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                with self._files.lock(path):
                    self._files.write(path, kept)
            except OSError as error:
                raise self._unkept(target, document, path, error.strerror or "") from None
            self._sealed.remove(target.session, target.start_url)
            return
        label = LoginLabel.of(
            secrets.token_hex(16),
            session=target.session or "",
            start_url=target.start_url,
            region=target.region,
            ends=self._end_of(document),
        )
        try:
            with self._sealed.lock(target.session, target.start_url):
                self._sealed.write(label, document)
        except AwscredsError as error:
            raise self._unkept(target, document, "the secret store", error.message) from None

    def _unkept(
        self, target: LoginTarget, document: Mapping[str, Any], place: str, reason: str
    ) -> AwscredsError:
        """The error for a login that cannot be kept: it is ended, so that no token is left over."""
        with contextlib.suppress(AwscredsError):
            self._aws.sso.log_out(self._endpoint("sso", target), document["accessToken"])
        return AwscredsError(
            f"the login succeeded, but cannot be kept in {place}: {reason}; it was ended again",
            code="login-unkept",
            hint="fix that, then log in again",
        )

    # -- out --------------------------------------------------------------------------------

    def log_out(self, target: LoginTarget) -> list[str]:
        """End the login of ``target``, ours and the AWS CLI's. Returns where there was one.

        The tokens are removed even if AWS cannot be asked; `awscreds logout` says so.
        """
        ended = []
        for place in self._files.places(target.session, target.start_url):
            document = None
            with contextlib.suppress(AwscredsError):
                document = place.read()
            token = (document or {}).get("accessToken")
            if isinstance(token, str) and token:
                with contextlib.suppress(AwscredsError):
                    self._aws.sso.log_out(self._endpoint("sso", target), token)
            if place.remove():
                ended.append(place.name)
        return ended

    def _endpoint(self, service: str, target: LoginTarget) -> ServiceEndpoint:
        endpoint = resolve_endpoint(service, target.profile, self._profiles, self._environ)
        endpoint.region = target.region
        return endpoint


_NOT_THE_CLIS = ("grantTypes", "scopes")
"""Fields of a login that the AWS CLI keeps in the file of the registration."""


def _refused(reason: str) -> AwsError:
    said = "the login was denied in the browser"
    if reason and reason != "access_denied":
        said = f"AWS refused the login: {escaped(reason[:80])}"
    return AwsError(
        said, code="login-refused", hint="run it again, and allow the access in the browser"
    )

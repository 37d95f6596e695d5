"""Logging in to IAM Identity Center, and out.

Nothing is written before the login has succeeded, and the secret store is opened before a person is
sent to the browser: so no login is lost because there is no place for it.
"""

from __future__ import annotations

import contextlib

from awscreds.aws.identity_center import CODE, DEVICE, REFRESH
from awscreds.aws.start_page import resolve
from awscreds.errors import AwscredsError, AwsError, ConfigurationError, hints
from awscreds.model.profile import SSO, WRAPPED_SSO, Profile
from awscreds.model.text import escaped
from awscreds.workflows.callback import DEADLINE, Callback
from awscreds.workflows.login_keeper import LoginKeeper
from awscreds.workflows.login_parts import refused, remove
from awscreds.workflows.login_target import LoginTarget
from awscreds.workflows.pkce import Pkce
from awscreds.workflows.sessions.logins import SsoSettings, session_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.aws.identity_center import DeviceCode, Registration
    from awscreds.model.profile import Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.logins import LoginPlace
    from awscreds.workflows.login_parts import LoginTools, Person

_WITHOUT_CODE = (
    "AuthorizationPendingException",
    "SlowDownException",
)
_SLOWER = 5
"""Seconds that are added at each SlowDownException (RFC 8628, 3.5)."""

_PASSING, _MOST_FAILURES = ("aws-unreachable", "aws-failed"), 5
_BUSY = ("Throttling", "TooManyRequestsException")
"""Failures of the network, or of AWS, after which a device asks again (RFC 8628, 3.5)."""

_DEAD_REGISTRATION = ("InvalidClientException", "UnauthorizedClientException")


def target_of_profile(
    profile: Profile, profiles: Profiles, region: str | None = None
) -> LoginTarget:
    """Where ``profile`` logs in. Raises ConfigurationError if it is not an SSO profile."""
    if profile.kind not in (SSO, WRAPPED_SSO):
        raise ConfigurationError(
            f"the profile {escaped(profile.name)} has no login: it has no sso_session, no "
            "sso_start_url and no login_session",
            code="not-sso",
            hint="name one that has, or use --sso-session NAME; `awscreds list` shows them",
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


class Ended:
    """A login that is removed from ``place``. ``alive`` is why AWS did not end it, too, or None.

    ``is_ours``: it was in the secret store, not in a file of the AWS CLI.
    """

    __slots__ = ("alive", "is_ours", "place")

    def __init__(self, place: str, alive: str | None, *, is_ours: bool) -> None:
        self.place = place
        self.is_ours = is_ours
        self.alive = alive


class SsoLogins:
    """Logs in and out of the places that a person's profiles name."""

    def __init__(self, tools: LoginTools) -> None:
        self._tools = tools
        self._aws = tools.aws
        self._clock = tools.clock

    # -- in ---------------------------------------------------------------------------------

    def log_in(
        self, target: LoginTarget, person: Person, *, by_device: bool, is_shared: bool
    ) -> float:
        """Log in, and keep the tokens. Returns when nobody is logged in any more, seconds UTC.

        ``is_shared``: in the AWS CLI's file, in plaintext, instead of the secret store. Raises what
        opening the store raises, AwsError, and AwscredsError if nobody finishes it in time.
        """
        keeper = LoginKeeper(target, self._tools, is_shared=is_shared)
        keeper.prepare()
        by_device = by_device or not target.session
        issuer = resolve(target.url)
        grants = (DEVICE if by_device else CODE, REFRESH)
        known = keeper.known_registration(grants)
        flow = self._by_device if by_device else self._by_code

        def tokens_for(registration: Registration) -> dict[str, Any]:
            return keeper.document(registration, grants, flow(target, registration, issuer, person))

        try:
            document = self._with_known(known, tokens_for) or tokens_for(
                self._register(target, grants, issuer, person)
            )
        except AwsError as error:
            raise self._explained(error, target) from None
        except (AwscredsError, KeyboardInterrupt):
            # A browser does not come back if AWS has forgotten the registration.
            keeper.forget_registration()
            raise
        return self._keep(keeper, target, document, person)

    def _with_known(
        self,
        known: Registration | None,
        tokens_for: Callable[[Registration], dict[str, Any]],
    ) -> dict[str, Any] | None:
        """What the ``known`` registration brings; None if there is none, or AWS forgot it."""
        if known is not None:
            try:
                return tokens_for(known)
            except AwsError as error:
                if error.aws_code not in _DEAD_REGISTRATION:
                    raise
        return None

    def _register(
        self, target: LoginTarget, grants: tuple[str, ...], issuer: str, person: Person
    ) -> Registration:
        endpoint = self._endpoint("sso_oidc", target)
        with person.waiting():
            return self._aws.sso.register(
                endpoint, grants=grants, scopes=target.scopes, issuer=issuer
            )

    def _by_code(
        self, target: LoginTarget, registration: Registration, _: str, person: Person
    ) -> dict[str, Any]:
        """In a browser on this machine (authorization code with PKCE, RFC 7636)."""
        endpoint = self._endpoint("sso_oidc", target)
        pkce = Pkce()
        with Callback(pkce.state, advice=target.advice) as callback:
            url = self._aws.sso.authorize_url(
                endpoint,
                {
                    "response_type": "code",
                    "client_id": registration.client_id,
                    "redirect_uri": callback.uri,
                    "state": pkce.state,
                    "code_challenge_method": "S256",
                    "scopes": " ".join(target.scopes),
                    "code_challenge": pkce.challenge,
                },
            )
            person.send_to(
                url, f"in a browser on this machine, to log in to {escaped(target.name)}"
            )
            person.say(
                "If the browser is on another machine, press Ctrl-C, and use --use-device-code.",
                target.doubt,
            )
            answer = callback.wait()
            redirect = callback.uri
        if "code" not in answer or "error" in answer:
            raise refused(answer.get("error", ""))
        with person.waiting():
            return self._aws.sso.token_of_code(
                endpoint,
                registration,
                brought=answer["code"],
                verifier=pkce.verifier,
                redirect=redirect,
            )

    def _by_device(
        self, target: LoginTarget, registration: Registration, issuer: str, person: Person
    ) -> dict[str, Any]:
        """In a browser anywhere, by comparing a code (RFC 8628)."""
        endpoint = self._endpoint("sso_oidc", target)
        with person.waiting():
            device = self._aws.sso.start_device(endpoint, registration, issuer)
        person.send_to(device.complete_url, f"in any browser, to log in to {escaped(target.name)}")
        person.say(
            f"It must show this code: {escaped(device.user_code)}",
            "If somebody sent you a link or a code, do not use it: only allow what you started.",
            target.doubt,
        )
        return self._poll(endpoint, registration, device, person)

    def _poll(
        self,
        endpoint: ServiceEndpoint,
        registration: Registration,
        device: DeviceCode,
        person: Person,
    ) -> dict[str, Any]:
        interval, failures = max(1, device.interval), 0
        end = self._clock() + min(DEADLINE, device.seconds)
        while self._clock() < end:
            try:
                with person.waiting():
                    return self._aws.sso.token_of_device(endpoint, registration, device)
            except AwsError as error:
                is_ours_to_wait = error.aws_code in _WITHOUT_CODE
                failures = 0 if is_ours_to_wait else failures + 1
                if failures and (_is_lasting(error) or failures > _MOST_FAILURES):
                    raise
                if error.aws_code != "AuthorizationPendingException":
                    interval += _SLOWER
            person.sleep(max(0.0, min(interval, end - self._clock())))
        raise AwsError(
            "nobody allowed the login in time",
            code="login-timeout",
            hint="run it again, and finish it in the browser within "
            f"{min(DEADLINE, device.seconds) / 60:.0f} minutes",
        )

    def _explained(self, error: AwsError, target: LoginTarget) -> AwsError:
        """AWS's refusal, with what to do about it."""
        if error.aws_code == "AccessDeniedException":
            return refused("access_denied")
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
                hint=f"check sso_start_url; {target.advice}",
            )
        if error.code == "login-timeout":
            return error.because(
                hint=hints(f"if the browser shows an error, {target.advice}", error.hint)
            )
        return error

    def _keep(
        self, keeper: LoginKeeper, target: LoginTarget, document: dict[str, Any], person: Person
    ) -> float:
        """Keep the login, or end it again, so that no token is left over."""
        try:
            while True:
                try:
                    return keeper.keep(document)
                except AwscredsError as error:
                    if not person.may_retry(f"The login cannot be kept: {error.whole}"):
                        raise AwscredsError(
                            f"the login succeeded, but cannot be kept in {keeper.place}: "
                            f"{error.message}; it was ended again",
                            code="login-unkept",
                            hint="fix that, then log in again",
                        ) from None
        except BaseException:
            with contextlib.suppress(AwscredsError):
                self._aws.sso.log_out(self._endpoint("sso", target), document["accessToken"])
            raise

    # -- out --------------------------------------------------------------------------------

    def log_out(self, target: LoginTarget) -> list[Ended]:
        """End the login of ``target``, ours and the AWS CLI's. Returns those that there were.

        The tokens are removed even if AWS cannot be asked. Nobody refreshes one meanwhile, which
        would bring it back. Raises AwscredsError if one cannot be removed.
        """
        ended = []
        for place in self._tools.files.places(target.session, target.start_url):
            with place.lock():
                alive = self._end_at_aws(place, target)
                was_there = remove(place)
            if was_there:
                ended.append(Ended(place.name, alive, is_ours=place.is_ours))
        return ended

    def _end_at_aws(self, place: LoginPlace, target: LoginTarget) -> str | None:
        """Let AWS end the login. Returns why that failed, None if it did not."""
        try:
            token = (place.read() or {}).get("accessToken")
            if isinstance(token, str) and token:
                self._aws.sso.log_out(self._endpoint("sso", target), token)
        except AwsError as error:
            # An ended token is as good.
            return None if error.aws_code == "UnauthorizedException" else error.message
        except AwscredsError as error:
            return error.message
        return None

    def _endpoint(self, service: str, target: LoginTarget) -> ServiceEndpoint:
        return self._tools.endpoint(service, target.profile, target.region)


def _is_lasting(error: AwsError) -> bool:
    return error.code not in _PASSING and error.aws_code not in _BUSY

"""Sessions of ``aws login``, ours and the AWS CLI's: credentials for 15 minutes, and their renewal.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
"""

from __future__ import annotations

from awscreds.errors import AwsError
from awscreds.model.credentials import Session
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.stores.cache.session_format import MINIMUM
from awscreds.stores.fingerprints import digest
from awscreds.workflows.sessions.kept_login import KeptLogin, ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.model.profile import Profile
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.sessions.context import SessionDeps

_KEY = ("accessKeyId", "secretAccessKey", "sessionToken")
_CHANGED = "USER_CREDENTIALS_CHANGED"
_NOT_THERE = "ValidationException"
"""What it answers in another region than that of the login, which old files do not tell.

https://github.com/aws/aws-cli/issues/10613
"""

_DEAD = frozenset({"TOKEN_EXPIRED", _CHANGED})
"""What AWS answers if a login cannot be refreshed any more."""


class LoginSession(KeptLogin):
    """The session of ``aws login`` that ``profile`` uses, wherever it is kept.

    ``note`` gets what the user should know.
    """

    window = MINIMUM + 60  # every SDK begins a minute later

    def __init__(self, deps: SessionDeps, profile: Profile, note: Callable[[str], None]) -> None:
        self._profile = profile
        self.name = profile.of_role("login_session") or ""
        self._region = ""
        super().__init__(deps, deps.logins.login_places(self.name), note)

    @property
    def identity(self) -> str:
        """The identity of whoever is logged in. Raises AwsError if nobody is.

        It stays the same while the credentials are renewed.
        """
        sealed = self._sealed_identity()
        if sealed:
            return sealed
        login = self._valid()
        told = login.get("idToken") or login["accessToken"]["accessKeyId"]
        return digest(str(told).encode(errors="surrogateescape")).hex()

    def credentials(self) -> Session:
        """The credentials, renewed if they are near their end.

        Raises AwsError if that is impossible: then somebody must log in.
        """
        given = self._valid()["accessToken"]
        key_id, secret, token = (str(given[name]) for name in _KEY)
        return Session(key_id, secret, token, ending(given["expiresAt"]))

    def _end(self, login: dict[str, Any]) -> float:
        given = login.get("accessToken")
        if not isinstance(given, dict):
            return 0
        is_whole = all(isinstance(given.get(name), str) and given[name] for name in _KEY)
        return ending(given.get("expiresAt")) if is_whole else 0

    def _is_refreshable(self, login: dict[str, Any] | None) -> bool:
        from awscreds.aws.dpop import is_key

        return (
            login is not None
            and isinstance(login.get("accessToken"), dict)
            and all(isinstance(login.get(key), str) for key in ("refreshToken", "clientId"))
            and is_key(login.get("dpopKey"))
        )

    def _ask_aws(self, login: dict[str, Any]) -> dict[str, Any]:
        answer = self._deps.aws.sign_in.refresh(
            self._endpoint(login),
            login["dpopKey"],
            login["clientId"],
            refresh_token=login["refreshToken"],
        )
        return renewed(login, answer, now=self._deps.clock())

    def _endpoint(self, login: Mapping[str, Any]) -> ServiceEndpoint:
        endpoint = resolve_endpoint(
            "signin", self._profile, self._deps.profiles, self._deps.environ
        )
        region = login.get("signInRegion")
        if isinstance(region, str) and region:
            endpoint.region = region
        self._region = endpoint.region
        return endpoint

    def ended(self) -> AwsError:
        return self._error("has expired, or was never started")

    def _explained(self, refusal: AwsError) -> AwsError:
        if refusal.aws_code == _CHANGED:
            return self._error("was ended by AWS, because the user's password was changed")
        if refusal.aws_code == _NOT_THERE:
            return self._error(
                f"is not known to AWS's sign-in in {self._region}", options=" --region REGION"
            )
        return self.ended() if refusal.aws_code in _DEAD else refusal

    def _error(self, what: str, *, options: str = "") -> AwsError:
        return AwsError(
            f"the login session of the profile {escaped(self._profile.name)} {what}",
            code="login-needed",
            hint=f"awscreds login --profile {quoted(self._profile.name)}{options}",
        )


def renewed(login: Mapping[str, Any], answer: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    """``login`` with what AWS answered at ``now``, with the fields of the AWS CLI's file.

    Fields that are not known stay.
    """
    expires_at = format_iso(now + answer["expiresIn"])
    given = {**login["accessToken"], **answer["accessToken"], "expiresAt": expires_at}
    return {**login, "accessToken": given, "refreshToken": answer["refreshToken"]}

"""The access key of a profile that its user's own things at AWS are looked up and changed with."""

from __future__ import annotations

from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.key_usage import no_own_key
from awscreds.model.keys import TEMPORARY_PREFIX
from awscreds.model.profile import MANAGED, STATIC_KEYS
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.credentials import AccessKey
    from awscreds.model.profile import Profile
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.gate import Gate

_CHOOSE = "choose a profile with an access key: `awscreds list` shows them"


class UserKey:
    """A profile with its long-lived key, and where IAM and STS are asked about its user.

    ``gate`` judges these endpoints before anything is changed.
    """

    __slots__ = ("gate", "iam", "key", "profile", "sts")

    def __init__(
        self,
        profile: Profile,
        key: AccessKey,
        gate: Gate,
        *,
        iam: ServiceEndpoint,
        sts: ServiceEndpoint,
    ) -> None:
        self.profile = profile
        self.key = key
        self.gate = gate
        self.iam = iam
        self.sts = sts

    @classmethod
    def of(cls, app: App, *, endpoint_ok: bool) -> UserKey:
        """That of the profile asked for. Raises ConfigurationError if it has no key."""
        from awscreds.model.service_endpoint import resolve_endpoint
        from awscreds.workflows.gate import Gate

        profiles, profile = app.profiles(), app.profile()
        app.file_warnings.report(profile.name)
        key = _signer_of(app, profile)
        iam, sts = (
            resolve_endpoint(service, profile, profiles, app.environ) for service in ("iam", "sts")
        )
        gate = Gate(iam, sts, app.state.entry, endpoint_ok=endpoint_ok)
        return cls(profile, key, gate, iam=iam, sts=sts)

    def device(self, app: App) -> str | None:
        """The user's MFA device, if AWS lets the key see it without MFA."""
        from awscreds.workflows.sessions.token_codes import only_otp_device

        try:
            return only_otp_device(app.aws.mfa_devices(self.key, self.iam), self.profile.name)
        except AwsError:
            return None


def _signer_of(app: App, profile: Profile) -> AccessKey:
    """The profile's long-lived key. Raises ConfigurationError if it has none."""
    if profile.kind not in (MANAGED, STATIC_KEYS):
        raise no_own_key(profile, hint=_CHOOSE)
    key = app.provider.long_lived_key(profile)
    if key.id.startswith(TEMPORARY_PREFIX):
        raise ConfigurationError(
            f"the profile {escaped(profile.name)} has temporary credentials, not an access key",
            code="temporary-credentials",
            hint=_CHOOSE,
        )
    return key

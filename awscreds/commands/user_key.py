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

_CHOOSE = "choose a profile with an access key: `awscreds list` shows them"


def signer_of(app: App, profile: Profile) -> AccessKey:
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


def device_of(
    app: App, signer: AccessKey, endpoint: ServiceEndpoint, profile: Profile
) -> str | None:
    """The user's MFA device, if AWS lets the key see it without MFA."""
    from awscreds.workflows.sessions.token_codes import only_otp_device

    try:
        return only_otp_device(app.aws.mfa_devices(signer, endpoint), profile.name)
    except AwsError:
        return None

"""Credentials from botocore's own providers: the metadata services.

Only they read the user's AWS files: botocore finds out from them what it needs.
"""

from __future__ import annotations

import contextlib

from awscreds.aws.clients import (
    client_settings,
    core_session,
    refuse_plain_http_request,
)
from awscreds.aws.errors import asking, short
from awscreds.errors import AwscredsError, AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session as CoreSession

    from awscreds.aws.server_clock import ServerClock
    from awscreds.model.credentials import Credentials
    from awscreds.model.service_endpoint import ServiceEndpoint

PROVIDERS = {
    "ec2": "iam-role",
    "ecs": "container-role",
}
"""botocore's provider, by its METHOD, for the kinds of source in ``model/role_chain``."""


class BotocoreProviders:
    """Asks botocore's providers. Raises AwsError and ConfigurationError; none shows a secret."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock

    def credentials(
        self, kind: str, profile: str, endpoint: ServiceEndpoint, paths: tuple[str, str]
    ) -> Credentials:
        """The credentials of botocore's own provider for ``profile``; ``kind``: a key of PROVIDERS.

        ``paths`` are the config and the credentials file, which botocore reads. A session whose
        provider gives no expiration has None for it.
        """
        with asking("sts", endpoint, self._clock), _provider_errors(kind, profile):
            core = core_session(endpoint)
            core.set_config_variable("ignore_configured_endpoint_urls", False)
            core.set_default_client_config(client_settings())
            core.register("before-send", refuse_plain_http_request)
            _read_files(core, profile, paths)
            resolver = core.get_component("credential_provider")
            found = resolver.get_provider(PROVIDERS[kind]).load()
            if found is None:
                raise _nothing_found(kind, profile)
            frozen = found.get_frozen_credentials()
        if not frozen.token:
            return AccessKey(frozen.access_key, frozen.secret_key)
        # botocore has no public name for it; the AWS CLI uses this one, too.
        expiry = getattr(found, "_expiry_time", None)
        expiration = expiry.timestamp() if expiry else None
        return Session(frozen.access_key, frozen.secret_key, frozen.token, expiration)


_OF_KIND = {
    "ec2": "instance metadata service",
    "ecs": "container credentials service",
}


def _nothing_found(kind: str, profile: str) -> AwsError:
    """The error if a provider has no credentials."""
    return AwsError(
        f"the {_OF_KIND[kind]} did not return credentials for the profile {escaped(profile)}",
        code="no-credentials",
        hint={
            "ec2": "use this profile only on an EC2 instance that has a role",
            "ecs": "use this profile only in a container that has an AWS role",
        }.get(kind),
    )


@contextlib.contextmanager
def _provider_errors(kind: str, profile: str) -> Iterator[None]:
    """Turn what botocore's providers raise into errors that name the profile and what to do."""
    import botocore.exceptions as core

    name = escaped(profile)
    try:
        yield
    except (core.ClientError, core.HTTPClientError, core.ConnectionError, AwscredsError):
        raise
    except core.BotoCoreError as error:
        # These name a file or a setting.
        raise ConfigurationError(
            f"cannot get credentials for the profile {name}: {short(str(error))}",
            code="provider-failed",
            hint="every SDK has this problem; to see it: aws sts get-caller-identity "
            "--profile " + quoted(profile),
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        # An answer that botocore does not understand may hold a secret: do not quote it.
        raise ConfigurationError(
            f"the {_OF_KIND[kind]} of the profile {name} did not return valid "
            f"credentials ({type(error).__name__})",
            code="provider-failed",
            hint=f"awscreds configure list --profile {quoted(profile)}",
        ) from None


def _read_files(core: CoreSession, profile: str, paths: tuple[str, str]) -> None:
    for name, path in zip(("config_file", "credentials_file"), paths, strict=True):
        core.set_config_variable(name, path)
    core.set_config_variable("profile", profile)

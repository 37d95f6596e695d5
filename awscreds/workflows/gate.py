"""The gate before anything that cannot be undone: who answers as AWS, and whose key it is.

Deleting a key, deactivating it, replacing it, and erasing a stored secret because AWS no longer
knows its key: all of this depends on what the endpoint answers. So the endpoint must be AWS (or one
that the user consents to), and it must name the identity that was recorded when the key was stored.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.endpoint import parse_endpoint
from awscreds.model.keys import account_in
from awscreds.model.partitions import partition_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.aws.gateway import Identity
    from awscreds.model.service_endpoint import ServiceEndpoint

    Recorded = Callable[[str], Mapping[str, str]]

AWS = "aws"
"""Recorded as a key's endpoint if AWS itself said whose it is."""


class Gate:
    """How IAM and STS are reached for keys, and what is ``recorded`` of each of them.

    ``recorded`` gives the facts of ``State.entry``: ``account``, ``arn``, ``user_id``, and in
    ``endpoint`` who said so. ``endpoint_ok`` is the user's consent to an endpoint.
    """

    def __init__(
        self,
        iam: ServiceEndpoint,
        sts: ServiceEndpoint,
        recorded: Recorded,
        *,
        endpoint_ok: bool = False,
    ) -> None:
        self._endpoints = {"iam": iam, "sts": sts}
        self._recorded = recorded
        self._endpoint_ok = endpoint_ok

    @property
    def urls(self) -> dict[str, str]:
        """The endpoint of each service, as one that is resumed must find it; empty for AWS's."""
        return {
            service: endpoint.endpoint_url or "" for service, endpoint in self._endpoints.items()
        }

    @property
    def named(self) -> str:
        """The endpoints that are not AWS's default, for people; empty if there are none."""
        return named(*self.urls.values())

    @property
    def partition(self) -> str:
        """The partition of AWS that the keys are in, by the region."""
        return partition_of(self._endpoints["iam"].region)

    def require_endpoint(self, *key_ids: str) -> None:
        """Raise ConfigurationError if an endpoint that is not AWS would be asked about these keys.

        An endpoint on this machine is a sandbox, and may be asked about the keys that it gave out.
        But any user of this machine can open a port, so it decides nothing about a key of AWS.
        """
        is_of_aws = any(self._recorded(key_id).get("endpoint") == AWS for key_id in key_ids)
        for service, endpoint in self._endpoints.items():
            if (
                self._endpoint_ok
                or endpoint.is_own(service)
                or (endpoint.is_local and not is_of_aws)
            ):
                continue
            what = (
                "is on this machine, but the key belongs to the real AWS"
                if endpoint.is_local
                else "is not AWS's own"
            )
            raise ConfigurationError(
                f"the endpoint {endpoint.endpoint_url} {what}: awscreds would change keys "
                "at this endpoint, and would delete secrets because of its answers",
                code="foreign-endpoint",
                hint="unset the endpoint (AWS_ENDPOINT_URL, endpoint_url), or use --endpoint-ok if "
                "it is the right one",
            )

    def require_identity(self, key_id: str, identity: Identity) -> None:
        """Raise ConfigurationError if the key is known to belong to another ``identity``."""
        require_recorded(key_id, identity, self._recorded(key_id))


def require_word(key_id: str, identity: Identity, recorded: Mapping[str, str]) -> None:
    """Raise ConfigurationError if a stored secret would be replaced because a stranger says so.

    ``identity`` shows that the new secret is accepted; but the stored one may be the right one.
    """
    if identity.said_by != AWS:
        is_local = parse_endpoint(identity.said_by).is_loopback
        if not is_local or recorded.get("endpoint") == AWS:
            raise ConfigurationError(
                f"another secret of {key_id} is stored, and only AWS can show which is correct, "
                f"but {identity.said_by} is not AWS's own endpoint",
                code="foreign-endpoint",
                hint="unset the endpoint (AWS_ENDPOINT_URL, endpoint_url); or, if the stored "
                f"secret is wrong: awscreds store forget {key_id}",
            )
    require_recorded(key_id, identity, recorded)


def named(*urls: str | None) -> str:
    """Those endpoints, each once, for people; AWS's default has no name."""
    return " and ".join(dict.fromkeys(url for url in urls if url))


def require_recorded(key_id: str, identity: Identity, recorded: Mapping[str, str]) -> None:
    """Raise ConfigurationError if a key belongs to somebody else than was recorded.

    A user who was renamed keeps account and user ID. If nothing was recorded, the account in the
    key's ID, if the ID shows one, must be that of ``identity``.
    """
    account, user_id, arn = (recorded.get(name) for name in ("account", "user_id", "arn"))
    expected = account or account_in(key_id)
    if expected in (None, identity.account):
        if user_id and account:
            is_same = user_id == identity.user_id
        else:
            is_same = arn in (None, identity.arn)
        if is_same:
            return
    known = arn or f"account {expected}"
    raise ConfigurationError(
        f"nothing was changed: {key_id} is a key of {known}, but the endpoint says that it "
        f"belongs to {identity.arn}",
        code="other-identity",
        hint="check the profile's endpoint and the file it comes from; if the user was renamed in "
        "IAM, store the key again: awscreds configure --profile NAME",
    )

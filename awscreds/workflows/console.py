"""The link that opens the AWS console with a profile's credentials.

A session is sent only to AWS's own sign-in page, or to the endpoint that gave it: whoever answers
there has it already.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.aws.console import REFUSED
from awscreds.aws.errors import ACCESS_DENIED
from awscreds.errors import AwsError, ConfigurationError, UsageError
from awscreds.model.console_pages import GLOBAL, checked_path, console_base, page_of
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.partitions import (
    console_domain,
    partition_of,
    partition_of_region,
    sign_in_host,
)
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    LOGIN,
    MANAGED,
    NO_CREDENTIALS,
    SSO,
    STATIC_KEYS,
    WEB_IDENTITY,
)
from awscreds.model.role_chain import resolve_chain
from awscreds.model.service_endpoint import (
    ServiceEndpoint,
    checked_region,
    region_of,
    resolve_endpoint,
)
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.aws.gateway import Aws, Identity
    from awscreds.model.credentials import Credentials
    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.role_chain import Chain

SHORTEST, LONGEST = 900, 43_200
"""Seconds that a session of the console can last, by AWS's documentation of SessionDuration."""

SANDBOX_CONSOLE = "/console"
"""Where the console of an endpoint is that is not AWS's: it has no host of its own."""

_LONGEST_NAME = 32
"""Characters of a name for GetFederationToken."""


@dataclass(frozen=True)
class Wanted:
    """The page to open: of a ``service``, or a ``path``; ``region``: None for the profile's.

    ``duration`` is that of the console's session in seconds; None: that of the credentials.
    """

    service: str | None = None
    path: str | None = None
    region: str | None = None
    duration: int | None = None

    def __post_init__(self) -> None:
        if self.service is not None and self.path is not None:
            raise UsageError("use either --service or --path, not both")
        if self.path is not None:
            checked_path(self.path)
        if self.region is not None:
            checked_region(self.region, "--region")
        if self.duration is not None and not SHORTEST <= self.duration <= LONGEST:
            raise UsageError(
                f"--duration must be between {format_duration(SHORTEST, short=True)} and "
                f"{format_duration(LONGEST, short=True)} (got {format_duration(self.duration)})",
                code="bad-duration",
            )


@dataclass(frozen=True)
class Link:
    """``url`` opens the ``destination`` as ``identity``: it is a secret.

    ``ends`` is when the console's session ends, in seconds since the epoch; None: not known.
    """

    url: str
    destination: str
    identity: Identity
    ends: float | None

    def __repr__(self) -> str:
        return f"Link(<hidden>, {self.destination!r})"


@dataclass(frozen=True)
class Deps:
    """What the link is made with. ``note`` tells the person what should be known about it."""

    profiles: Profiles
    environ: Mapping[str, str]
    aws: Aws
    session_of: Callable[[Profile], Session]
    key_of: Callable[[Profile], AccessKey]
    answer_of_program: Callable[[Profile], Credentials]
    note: Callable[[str], None]
    clock: Callable[[], float]


@dataclass(frozen=True)
class _Found:
    """The credentials that sign in. ``given_by``: all that decides who gave them; empty: unknown.

    They may have been kept since: so this is what the cache tells sessions apart by, too.
    """

    session: Session
    identity: Identity
    given_by: tuple[ServiceEndpoint, ...]
    is_user: bool = False


class ConsoleLinks:
    """Makes links for one profile."""

    def __init__(self, deps: Deps, profile: Profile) -> None:
        self._deps = deps
        self._profile = profile
        self._name = escaped(profile.name)

    def link(self, wanted: Wanted) -> Link:
        """The link. Raises ConfigurationError for credentials that cannot sign in, and AwsError."""
        if self._profile.kind == NO_CREDENTIALS:
            raise ConfigurationError(
                f"the profile {self._name} has no credentials",
                code="no-credentials",
                hint=f"awscreds configure --profile {quoted(self._profile.name)}",
            )
        chain = resolve_chain(self._deps.profiles, self._profile.name)
        last = [link.role_arn for link in chain.links[-1:]]
        region = region_of(self._profile, self._deps.profiles, self._deps.environ)
        self._require_console(partition_of(region, last))
        if wanted.region:  # before anybody is asked for a code
            self._check_region(wanted.region, partition_of(region, last))
        endpoint = self._endpoint("console", self._profile)
        found = self._credentials(chain, wanted)
        return self._sign_in(found, endpoint, wanted)

    # -- credentials ------------------------------------------------------------------------

    def _credentials(self, chain: Chain, wanted: Wanted) -> _Found:
        profile, kind = self._profile, chain.source.kind
        sts = self._endpoint("sts", profile)
        if chain.links:
            of_role = self._endpoint("sts", self._deps.profiles.find(chain.links[-1].profile))
            return self._of_session(self._deps.session_of(profile), sts, (of_role,))
        if kind in (SSO, LOGIN, WEB_IDENTITY):
            service = {SSO: "sso", LOGIN: "signin", WEB_IDENTITY: "sts"}[kind]
            session = self._deps.session_of(profile)
            given_by: tuple[ServiceEndpoint, ...] = (self._endpoint(service, profile), sts)
            if kind == LOGIN and not all(endpoint.is_local for endpoint in given_by):
                given_by = ()  # a login is kept apart from the endpoint that gave it
            return self._of_session(session, sts, given_by, kind=kind)
        credentials: Credentials
        if kind == FOREIGN_PROCESS:
            credentials = self._deps.answer_of_program(profile)
        elif kind in (MANAGED, STATIC_KEYS) and not _has_session(profile):
            credentials = self._deps.key_of(profile)
        else:
            credentials = self._deps.session_of(profile)
        if isinstance(credentials, AccessKey):
            return self._of_user(credentials, sts, wanted)
        return self._of_session(credentials, sts, ())

    def _of_session(
        self,
        session: Session,
        sts: ServiceEndpoint,
        given_by: tuple[ServiceEndpoint, ...],
        *,
        kind: str | None = None,
    ) -> _Found:
        """Of credentials that are temporary already: whose they are decides."""
        identity = self._deps.aws.caller_identity(session, sts)
        if kind == LOGIN or any(
            part in identity.arn for part in (":assumed-role/", ":federated-user/")
        ):
            return _Found(session, identity, given_by)
        raise ConfigurationError(
            f"the credentials of {self._name} are a session of {escaped(identity.arn)} "
            "(GetSessionToken): AWS does not open the console with these",
            code="console-session",
            hint="use the profile of a role, or one with the user's own access key",
        )

    def _of_user(self, key: AccessKey, sts: ServiceEndpoint, wanted: Wanted) -> _Found:
        """Of a user's own key: AWS gives a session for the console, which has no MFA."""
        identity = self._deps.aws.caller_identity(key, sts)
        if identity.is_root:
            raise ConfigurationError(
                f"{self._name} has an access key of the root user, which should not exist",
                code="root-key",
                hint="sign in as root in your browser, and delete this access key there",
            )
        name = identity.arn.rpartition("/")[2][:_LONGEST_NAME]
        try:
            session = self._deps.aws.federation_token(
                key, sts, name=name if len(name) > 1 else f"{name}-", duration=wanted.duration
            )
        except AwsError as error:
            if error.aws_code in ACCESS_DENIED:
                raise error.because(
                    hint="to open the console with a user's access key, allow the user "
                    f"sts:GetFederationToken; or use the profile of a role{self._role()}"
                ) from None
            raise
        self._deps.note(
            "the session of a user in the console has no MFA: what your policies allow only with "
            f"MFA is denied there. For that, use the profile of a role{self._role()}"
        )
        return _Found(session, identity, (sts,), is_user=True)

    def _role(self) -> str:
        """The command with a role that this profile can assume, if there is one."""
        for profile in self._deps.profiles.all():
            source = profile.get("source_profile") or profile.get("awscreds_source_profile")
            if source == self._profile.name != profile.name:
                return f": awscreds console --profile {quoted(profile.name)}"
        return ""

    # -- the sign-in page -------------------------------------------------------------------

    def _sign_in(self, found: _Found, endpoint: ServiceEndpoint, wanted: Wanted) -> Link:
        partition = partition_of("", [found.identity.arn])
        self._require_console(partition)
        destination = self._destination(endpoint, partition, wanted)
        self._require_trust(endpoint, found.given_by)
        if endpoint.custom is None:
            url = f"https://{sign_in_host(partition)}"
            endpoint = ServiceEndpoint(endpoint.region, url, endpoint.settings)
        duration = None if found.is_user else wanted.duration
        ends = found.session.expiration
        try:
            url = self._ask(found, endpoint, destination, duration)
        except AwsError as error:
            if error.aws_code != REFUSED or duration is None:
                raise
            url = self._ask(found, endpoint, destination, None)
            self._deps.note(
                "AWS does not take --duration for these credentials (a role that was assumed with "
                "a session, for example): the console stays open for as long as they are valid"
            )
        else:
            ends = ends if duration is None else self._deps.clock() + duration
        return Link(url, destination, found.identity, ends)

    def _ask(
        self, found: _Found, endpoint: ServiceEndpoint, destination: str, duration: int | None
    ) -> str:
        return self._deps.aws.sign_in_link(
            found.session, endpoint, destination=destination, duration=duration
        )

    def _destination(self, endpoint: ServiceEndpoint, partition: str, wanted: Wanted) -> str:
        region = wanted.region
        if region is None:
            own = region_of(self._profile, self._deps.profiles, self._deps.environ)
            region = own if partition_of(own) == partition else None
        else:
            self._check_region(region, partition)
        if wanted.service in GLOBAL:
            region = None
        base = console_base(partition, region)
        if endpoint.custom is not None and not endpoint.is_own("console"):
            base = f"{endpoint.endpoint_url}{SANDBOX_CONSOLE}"
        return base + (wanted.path or page_of(wanted.service, region))

    def _check_region(self, region: str, partition: str) -> None:
        of = partition_of_region(region) or partition_of(region)
        if of != partition:
            raise UsageError(
                f"--region {escaped(region)} is in {of}, another partition than that of "
                f"{self._name} ({partition})",
                code="bad-region",
                hint=f"use a region of {partition}, or another profile",
            )

    def _require_console(self, partition: str) -> None:
        if console_domain(partition) is None:
            raise ConfigurationError(
                f"the partition {partition} of {self._name} has no console that can be opened "
                "from outside",
                code="no-console",
                hint="sign in to its console as your organization says",
            )

    def _require_trust(
        self, endpoint: ServiceEndpoint, given_by: tuple[ServiceEndpoint, ...]
    ) -> None:
        """Refuse a sign-in page that is not AWS's own, and has not given these credentials."""
        custom = endpoint.custom
        if custom is None or endpoint.is_own("console"):
            return
        origins = {each.custom.origin if each.custom else None for each in given_by}
        if origins != {custom.origin}:
            raise ConfigurationError(
                f"the endpoint {custom.url} is not AWS's own sign-in page, and these credentials "
                "are not from there: awscreds does not send them to it",
                code="foreign-endpoint",
                hint="unset it (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_CONSOLE, endpoint_url)",
            )

    def _endpoint(self, service: str, profile: Profile) -> ServiceEndpoint:
        return resolve_endpoint(service, profile, self._deps.profiles, self._deps.environ)


def _has_session(profile: Profile) -> bool:
    """Whether its plaintext keys are temporary, and used by SDKs."""
    return bool(profile.temporary_keys) and not profile.shadowed

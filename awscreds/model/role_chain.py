"""Role chains: from the profile asked for, over its sources, to the first credentials.

The rules are those of botocore's AssumeRoleProvider: a source profile with static keys is used by
its keys, even if it names a role, too; a profile may be its own source only with static keys.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import (
    KEY_ID,
    LOGIN,
    NO_CREDENTIALS,
    ROLE,
    SECRET,
    SSO,
    STATIC_KEYS,
    WEB_IDENTITY,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_PREFIX,
    WRAPPED_SSO,
)
from awscreds.model.text import escaped, nearest, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.profile import Profile, Profiles

ENVIRONMENT = "environment"
EC2 = "ec2"
ECS = "ecs"

CREDENTIAL_SOURCES = {"Environment": ENVIRONMENT, "Ec2InstanceMetadata": EC2, "EcsContainer": ECS}
"""The values of ``credential_source``. Case matters."""

LONGEST = 50
"""Profiles of a chain whose sessions are made: people have two or three. Each takes a call to AWS,
and room on the stack."""

_SERVED = {ROLE: STATIC_KEYS, WRAPPED: STATIC_KEYS, WRAPPED_SSO: SSO, WRAPPED_LOGIN: LOGIN}
"""The kind of a source by that of its profile: a role that is one has keys of its own."""

_OF_ROLES = frozenset({SSO, WEB_IDENTITY, EC2, ECS})


class ChainSource:
    """Where the first credentials of a chain come from.

    ``kind`` is one of profile.py's, or ENVIRONMENT, EC2, ECS; ``profile`` is the one that says so.
    """

    __slots__ = ("kind", "profile")

    def __init__(self, profile: str, kind: str) -> None:
        self.profile = profile
        self.kind = kind

    def __repr__(self) -> str:
        return f"ChainSource({self.profile!r}, {self.kind!r})"

    @property
    def gives_role_credentials(self) -> bool:
        """Whether they certainly belong to a role, so that AWS limits what is assumed with them."""
        return self.kind in _OF_ROLES


class Link:
    """One role to assume, as a profile names it. ``duration_seconds``: None for AWS's default."""

    __slots__ = (
        "duration_seconds",
        "external_id",
        "mfa_serial",
        "profile",
        "role_arn",
        "session_name",
    )

    def __init__(
        self,
        profile: str,
        role_arn: str,
        *,
        external_id: str | None = None,
        session_name: str | None = None,
        duration_seconds: int | None = None,
        mfa_serial: str | None = None,
    ) -> None:
        self.profile = profile
        self.role_arn = role_arn
        self.external_id = external_id
        self.session_name = session_name
        self.duration_seconds = duration_seconds
        self.mfa_serial = mfa_serial

    def __repr__(self) -> str:
        return f"Link({self.profile!r}, {self.role_arn!r})"


class Chain:
    """How to get from ``source`` to the profile asked for: ``links`` in the order to assume them.

    ``mfa_serial`` is the device whose code the source's session needs, None if no profile of the
    chain names one. ``notes`` are for the user.
    """

    __slots__ = ("links", "mfa_serial", "notes", "profile", "source")

    def __init__(
        self,
        profile: str,
        source: ChainSource,
        links: tuple[Link, ...] = (),
        *,
        mfa_serial: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.profile = profile
        self.source = source
        self.links = links
        self.mfa_serial = mfa_serial
        self.notes = notes


def resolve_chain(
    profiles: Profiles, name: str, *, paths: tuple[str, str] = ("config", "credentials")
) -> Chain:
    """The chain of the profile ``name``.

    ``paths`` name the config and the credentials file in messages. Raises ConfigurationError for
    a profile that does not exist, has no credentials or only half of what its kind needs, and for
    loops and missing profiles. The message shows the whole chain.
    """
    return _ChainResolver(profiles, paths).resolve(name)


def login_behind(profiles: Profiles, name: str) -> str | None:
    """The profile whose login the role ``name`` begins with; None if that is no login."""
    try:
        source = resolve_chain(profiles, name).source
    except ConfigurationError:
        return None
    return source.profile if source.kind in (SSO, LOGIN) and source.profile != name else None


def check_length(chain: Chain) -> None:
    """Raise ConfigurationError if ``chain`` has more than LONGEST profiles."""
    if len(chain.links) < LONGEST:
        return
    last = chain.links[-LONGEST].profile
    raise ConfigurationError(
        f"the role {escaped(chain.profile)} has more than {LONGEST} profiles behind it, each the "
        "source of the one before",
        code="long-chain",
        hint="set a source that has keys: awscreds configure set source_profile NAME --profile "
        f"{quoted(last)}",
    )


class _ChainResolver:
    def __init__(self, profiles: Profiles, paths: tuple[str, str]) -> None:
        self._profiles = profiles
        self._paths = paths
        self._visited: list[str] = []
        self._notes: list[str] = []

    def resolve(self, name: str) -> Chain:
        profile = self._profiles.get(name)
        self._visited.append(name)
        links: list[Link] = []
        source: ChainSource | None = None
        while source is None and _is_role(profile, as_source=bool(links)):
            links.append(self._link(profile))
            source = self._named_source(profile)
            if source is None:
                following = self._source_profile(profile)
                if following.name == profile.name:
                    source = ChainSource(profile.name, STATIC_KEYS)
                profile = following
        if source is None:
            source = self._source(profile)
        links.reverse()
        return Chain(
            name,
            source,
            tuple(links),
            mfa_serial=self._mfa_serial(links, source),
            notes=tuple(self._notes),
        )

    def _link(self, profile: Profile) -> Link:
        return Link(
            profile.name,
            profile.of_role("role_arn") or "",
            external_id=profile.of_role("external_id") or None,
            session_name=profile.of_role("role_session_name") or None,
            duration_seconds=self._duration(profile),
            mfa_serial=profile.of_role("mfa_serial") or None,
        )

    def _duration(self, profile: Profile) -> int | None:
        text = profile.get("duration_seconds")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            where = self._where(profile, "duration_seconds")
            self._notes.append(
                f"duration_seconds at {where} is not a whole number; it is ignored, as in SDKs"
            )
            return None

    def _named_source(self, profile: Profile) -> ChainSource | None:
        """The source that ``credential_source`` names; None if the profile has a source profile."""
        named = profile.of_role("credential_source")
        source_profile = profile.of_role("source_profile")
        role = escaped(profile.name)
        if not named and not source_profile:
            raise ConfigurationError(
                f"the role {role} has neither source_profile nor credential_source "
                f"({self._where(profile, 'role_arn')}){self._chain()}",
                code="no-source",
                hint=f"awscreds configure set source_profile NAME --profile {quoted(profile.name)}",
            )
        if not named:
            return None
        where = self._where(profile, "credential_source")
        if source_profile:
            raise ConfigurationError(
                f"the role {role} has both source_profile and credential_source ({where})"
                + self._chain(),
                code="two-sources",
                hint="remove one of them; every SDK refuses a profile that has both",
            )
        if named not in CREDENTIAL_SOURCES:
            raise ConfigurationError(
                f"credential_source at {where} is {escaped(named)}, which no SDK knows"
                + self._chain(),
                code="bad-credential-source",
                hint="it must be one of " + ", ".join(CREDENTIAL_SOURCES) + "; case matters",
            )
        return ChainSource(profile.name, CREDENTIAL_SOURCES[named])

    def _source_profile(self, profile: Profile) -> Profile:
        name = profile.of_role("source_profile") or ""
        where = self._where(profile, "source_profile")
        if not self._profiles.has(name):
            close = nearest(name, self._profiles.names())
            raise ConfigurationError(
                f"source_profile at {where} names the profile {escaped(name)}, which does "
                "not exist" + self._chain(name),
                code="missing-link",
                hint="did you mean " + ", ".join(escaped(other) for other in close) + "?"
                if close
                else "`awscreds list` shows all profiles",
            )
        following = self._profiles.find(name)
        own_keys = name == profile.name and _has_key(profile)
        if name in self._visited and not own_keys:
            raise ConfigurationError(
                f"these profiles form a loop{self._chain(name)}",
                code="loop",
                hint=f"change source_profile at {where} to a profile that has keys",
            )
        self._visited.append(name)
        return following

    def _source(self, profile: Profile) -> ChainSource:
        name = escaped(profile.name)
        kind = _SERVED.get(profile.kind, profile.kind)
        if kind == NO_CREDENTIALS:
            raise ConfigurationError(
                f"the profile {name} has no credentials{self._chain()}",
                code="no-credentials",
                hint=f"awscreds configure --profile {quoted(profile.name)}",
            )
        if kind == WEB_IDENTITY and not profile.get("role_arn"):
            where = self._where(profile, "web_identity_token_file")
            raise ConfigurationError(
                f"the profile {name} has web_identity_token_file ({where}) but no role_arn"
                + self._chain(),
                code="no-role-arn",
                hint=f"awscreds configure set role_arn ARN --profile {quoted(profile.name)}",
            )
        return ChainSource(profile.name, kind)

    def _mfa_serial(self, links: list[Link], source: ChainSource) -> str | None:
        """The device of the first role, else of the source, else of a later role.

        Later roles are assumed with role credentials, which cannot be used with a code. So their
        ``mfa_serial`` can only mean the session at the beginning.
        """
        first, *others = [link.mfa_serial for link in links] or [None]
        own = self._profiles.find(source.profile).of_role("mfa_serial")
        return next((serial for serial in (first, own, *others) if serial), None)

    def _chain(self, last: str | None = None) -> str:
        """`` (admin → ops → dev)`` if it has more than one profile."""
        names = [*self._visited, last] if last is not None else self._visited
        return f" ({' → '.join(escaped(name) for name in names)})" if len(names) > 1 else ""

    def _where(self, profile: Profile, key: str) -> str:
        documents = (self._profiles.config, self._profiles.credentials)
        # A setting in the credentials file wins.
        for path, document in reversed(list(zip(self._paths, documents, strict=True))):
            for spelled in (key, WRAPPED_PREFIX + key):
                line = document.line_of((PROFILE, profile.name), spelled)
                if line is not None:
                    return f"{path}:{line}"
        return self._paths[0]


def _is_role(profile: Profile, *, as_source: bool) -> bool:
    return profile.kind in (ROLE, WRAPPED) and not (as_source and _has_key(profile))


def _has_key(profile: Profile) -> bool:
    return bool(profile.get(KEY_ID) or profile.get(SECRET))

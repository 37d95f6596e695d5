"""How one rotation reaches AWS: the endpoints, the clients, the MFA session."""

from __future__ import annotations

from functools import cached_property

from awscreds.aws.iam import Iam
from awscreds.errors import InputNeeded
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import STATIC, Profiles
from awscreds.model.role_chain import resolve_chain
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped
from awscreds.workflows.sessions.token_codes import Codes, only_otp_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.aws.gateway import Aws, Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.sessions.token_codes import Code

    Credentials = AccessKey | Session

SESSION_SECONDS = 1800
"""What a cached MFA session must still have, so that it lasts to the end of the rotation."""


class CodeSource:
    """Where the MFA code of one rotation comes from: ``--token``, or one question to a person."""

    def __init__(self, ask: Callable[[str], str], token: str | None) -> None:
        self._ask = ask
        self._token = token
        self._asked = False

    @property
    def has_token(self) -> bool:
        return self._token is not None

    def take_token(self) -> str | None:
        """The code of ``--token``, the first time."""
        token, self._token = self._token, None
        return token

    def ask(self, text: str) -> str:
        """What a person types; one rotation asks once."""
        if self._asked:
            raise InputNeeded(
                "a second MFA code is needed, and a rotation asks for only one",
                code="second-code",
                hint="run it again, with the next code",
            )
        self._asked = True
        return self._ask(text)


class AwsAccess:
    """AWS, reached as ``profile`` reaches it until ``reach`` says how."""

    def __init__(self, context: RotationContext, profile: str, codes: CodeSource) -> None:
        self._context = context
        self._profile = profile
        self._codes = codes
        self._iams: dict[str, Iam] = {}
        self._identity_questions: dict[str, Callable[[], Identity]] = {}
        self._endpoints: dict[str, ServiceEndpoint] = {}

    @cached_property
    def _aws(self) -> Aws:
        from awscreds.aws.gateway import Aws

        return Aws(clock=self._context.clock)

    def reach(self, iam: ServiceEndpoint, sts: ServiceEndpoint) -> None:
        """From now on use these endpoints: they were checked, and the files may change."""
        self._endpoints = {"iam": iam, "sts": sts}
        self._iams.clear()
        self._identity_questions.clear()

    def iam(self, credentials: Credentials) -> Iam:
        """The calls to IAM, signed with ``credentials``."""
        if credentials.id not in self._iams:
            self._iams[credentials.id] = Iam(credentials, self._endpoint("iam"), aws=self._aws)
        return self._iams[credentials.id]

    def identity(self, credentials: Credentials) -> Identity:
        """Whose the credentials are, by GetCallerIdentity."""
        if credentials.id not in self._identity_questions:
            question = self._aws.identity_question(credentials, self._endpoint("sts"))
            self._identity_questions[credentials.id] = question
        return self._identity_questions[credentials.id]()

    def _endpoint(self, service: str) -> ServiceEndpoint:
        if service in self._endpoints:
            return self._endpoints[service]
        profiles = self._context.profiles()
        profile = profiles.find(self._profile)
        return resolve_endpoint(service, profile, profiles, self._context.environ)

    # -- MFA -------------------------------------------------------------------------------

    @property
    def has_token(self) -> bool:
        """Whether there is a code of ``--token``, which must be used."""
        return self._codes.has_token

    def device_of(self, key: AccessKey) -> str | None:
        """The serial of the user's only device that shows codes, by ListMFADevices."""
        return only_otp_device(self._aws.mfa_devices(key, self._endpoint("iam")), self._profile)

    def session(self, key: AccessKey, serial: str, *, may_ask: bool) -> Session:
        """The MFA session of ``key``; only a cached one unless somebody ``may_ask``."""
        from awscreds.workflows.sessions.provider import SessionProvider
        from awscreds.workflows.sessions.requests import SessionRequest

        context = self._context
        profiles = _with_key(context.profiles(), self._profile, key)
        codes = Codes(ask=self._codes.ask, say=context.note, environ=context.environ)
        deps = context.session_deps(
            profiles,
            context.environ,
            key_of=lambda _: key,
            codes=codes if may_ask else _NoCodes(),
            aws=self._aws,
        )
        request = SessionRequest(
            token=self._codes.take_token() if may_ask else None,
            serial=serial,
            may_ask=may_ask and context.may_ask,
            minimum=SESSION_SECONDS,
        )
        paths = context.files.config_path, context.files.credentials_path
        chain = resolve_chain(profiles, self._profile, paths=paths)
        with context.lock:
            return SessionProvider(deps, chain, request).obtain().session


class _NoCodes(Codes):
    """Gives no code: a session is in the cache, or it is not."""

    def __init__(self) -> None:
        """It needs nothing."""

    def take(self, serial: str, **_unused: object) -> Code:
        raise InputNeeded(f"no MFA session of {escaped(serial)} is cached")


def _with_key(profiles: Profiles, name: str, key: AccessKey) -> Profiles:
    """``profiles``, in which ``name`` has only ``key``: the session is wanted for that one."""
    config, credentials = profiles.config.clone(), profiles.credentials.clone()
    section = (PROFILE, name)
    profile = profiles.find(name)
    for unwanted in (*STATIC, profile.overriding_setting or ""):
        if unwanted:
            config.unset(section, unwanted)
            credentials.unset(section, unwanted)
    config.set(section, POINTER, key.id)
    return Profiles(config, credentials)

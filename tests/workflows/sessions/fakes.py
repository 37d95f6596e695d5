"""Stand-ins for what sessions are made with. mypy holds each against the class it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from awscreds.aws.gateway import Aws, RoleRequest
from awscreds.aws.identity_center import IdentityCenter
from awscreds.aws.providers import BotocoreProviders
from awscreds.errors import AwsError
from awscreds.model.credentials import AccessKey, Credentials, Session
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import resolve_chain
from awscreds.model.times import format_iso
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.logins import LoginFiles
from awscreds.stores.mfa_devices import MfaDeviceCache
from awscreds.workflows.sessions.context import CacheScope, SessionDeps
from awscreds.workflows.sessions.provider import SessionProvider
from awscreds.workflows.sessions.requests import SessionRequest, SessionResult
from awscreds.workflows.sessions.token_codes import Codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.cache.session_format import SessionKey

HOUR = 3600
NOW = 1_700_000_000.0
ROLE = "arn:aws:iam::123456789012:role/"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
ID = "AKIAIOSFODNN7EXAMPLE"
DEV = f"[profile dev]\nawscreds_access_key_id = {ID}\nregion = eu-central-1\n"
DEV_MFA = f"{DEV}mfa_serial = {SERIAL}\n"
ADMIN = f"[profile admin]\nrole_arn = {ROLE}admin\nsource_profile = dev\n"
AUDIT = f"[profile audit]\nrole_arn = {ROLE}audit\nsource_profile = dev\n"
DEEP = f"[profile deep]\nrole_arn = {ROLE}deep\nsource_profile = admin\n"
START = "sso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
DENIED = AwsError("AWS refuses", code="aws-refused", aws_code="AccessDenied")
BAD_CODE = AwsError("AWS refuses", code="mfa-code-refused", aws_code="AccessDenied")
BAD_DEVICE = AwsError("AWS refuses", code="mfa-device-refused", aws_code="AccessDenied")
UNREACHABLE = AwsError("cannot reach AWS", code="aws-unreachable")

Call = tuple[str, str, str, dict[str, Any]]
"""The name of a call, who signed it, the region, and the parameters that were given."""
Error = TypeVar("Error", bound=BaseException)


class FakeCache(SessionCache):
    """Sessions by what decided them; no deeper than that."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock
        self.held: dict[str, Session] = {}

    def get(self, key: SessionKey, *, minimum: int = 300) -> Session | None:
        session = self.held.get(key.digest)
        return session if session and (session.expiration or 0) - self.now() >= minimum else None

    def fetch(
        self,
        key: SessionKey,
        make: Callable[[], Session],
        *,
        minimum: int = 300,
        refresh: bool = False,
    ) -> Session:
        cached = None if refresh else self.get(key, minimum=minimum)
        if cached is None:
            cached = self.held[key.digest] = make()
        return cached


class FakeAws(Aws):
    """Notes what it is asked, and gives sessions numbered in order."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock=clock)
        self.clock.skew = 0.0
        self.sso = FakeIdentityCenter(self)
        self.providers = FakeProviders(self)
        self.now = clock
        self.calls: list[Call] = []
        self.fails: dict[str, AwsError] = {}
        self.devices: list[str] = []
        self.valid: list[str] | None = None
        self.longest = {"session_token": 129_600, "assume_role": 43_200}
        self.provider: Credentials = Session("ASIAPROVIDER", "hidden", "token", NOW + HOUR)

    def _answer(
        self, name: str, default: int, signer: str, endpoint: ServiceEndpoint, given: dict[str, Any]
    ) -> Session:
        call = {k: v for k, v in given.items() if v is not None}
        self.calls.append((name, signer, endpoint.region, call))
        if name in self.fails:
            raise self.fails[name]
        if self.valid is not None and given.get("serial") not in {None, *self.valid}:
            raise BAD_DEVICE
        seconds = min(given["duration"] or default, self.longest.get(name, default))
        end = self.now() + (self.clock.skew or 0) + seconds
        return Session(f"ASIA{len(self.calls)}", "hidden", "token", end)

    def session_token(
        self,
        key: AccessKey,
        endpoint: ServiceEndpoint,
        *,
        serial: str | None = None,
        code: str | None = None,
        duration: int | None = None,
    ) -> Session:
        given = {"serial": serial, "code": code, "duration": duration}
        return self._answer("session_token", 43_200, key.id, endpoint, given)

    def assume_role(
        self, credentials: Credentials, endpoint: ServiceEndpoint, request: RoleRequest
    ) -> Session:
        if credentials.id.startswith("ASIA") and (request.duration or 0) > HOUR:
            raise AssertionError("AWS gives an hour at most to a role assumed with a session")
        return self._answer("assume_role", HOUR, credentials.id, endpoint, _given(request))

    def assume_role_with_web_identity(
        self, web_identity_token: str, endpoint: ServiceEndpoint, request: RoleRequest
    ) -> Session:
        return self._answer("web_identity", HOUR, web_identity_token, endpoint, _given(request))

    def mfa_devices(self, key: AccessKey, endpoint: ServiceEndpoint) -> list[str]:
        self.calls.append(("mfa_devices", key.id, endpoint.region, {}))
        if "mfa_devices" in self.fails:
            raise self.fails["mfa_devices"]
        return self.devices

    def names(self) -> list[str]:
        return [name for name, *_ in self.calls]


class FakeIdentityCenter(IdentityCenter):
    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws.clock)
        self.aws = aws

    def role_credentials(
        self, access_token: str, endpoint: ServiceEndpoint, *, account_id: str, role_name: str
    ) -> Session:
        self.aws.calls.append(("provider", access_token, endpoint.region, {}))
        assert isinstance(self.aws.provider, Session)
        return self.aws.provider


class FakeProviders(BotocoreProviders):
    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws.clock)
        self.aws = aws

    def credentials(
        self, kind: str, profile: str, endpoint: ServiceEndpoint, paths: tuple[str, str]
    ) -> Credentials:
        self.aws.calls.append(("provider", kind, profile, {}))
        if "provider" in self.aws.fails:
            raise self.aws.fails["provider"]
        return self.aws.provider


def _given(request: RoleRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in RoleRequest.__slots__}


class FakeLogins(LoginFiles):
    """A login that lasts, of whoever ``world.aws.provider`` is; none if that fails."""

    def __init__(self, world: World) -> None:
        super().__init__({})
        self.world = world

    def sso_path(self, session: str | None, start_url: str) -> str:
        return f"sso {session or start_url}"

    def login_path(self, login_session: str) -> str:
        return f"login {login_session}"

    def read(self, path: str) -> dict[str, Any] | None:
        if "provider" in self.world.aws.fails:
            return None
        who = self.world.aws.provider
        if path.startswith("sso"):
            return {"accessToken": who.id, "expiresAt": format_iso(self.world.now + 8 * HOUR)}
        given = {"accessKeyId": who.id, "secretAccessKey": "hidden", "sessionToken": who.token}
        return {"accessToken": {**given, "expiresAt": format_iso(self.world.now + 900)}}


class FakeDevices(MfaDeviceCache):
    def __init__(self) -> None:
        self.serials: dict[str, str | None] = {}
        self.successors: dict[str, str] = {}
        self.spent: dict[tuple[str, str], float] = {}

    def serial_of(self, access_key_id: str) -> str | None:
        return self.serials.get(access_key_id)

    def note_serial(self, access_key_id: str, serial: str | None) -> None:
        self.serials[access_key_id] = serial

    def successor(self, serial: str) -> str | None:
        return self.successors.get(serial)

    def note_successor(self, serial: str, successor: str) -> None:
        self.successors[serial] = successor

    def spent_ago(self, serial: str, code: str) -> float | None:
        return self.spent.get((serial, code))

    def note_spent(self, serial: str, code: str) -> None:
        self.spent[serial, code] = 1.0


class World:
    """One home: its profiles, its cache, its AWS; each ``obtain`` is a command of its own."""

    def __init__(self) -> None:
        self.now = NOW
        self.cache = FakeCache(self.clock)
        self.aws = FakeAws(self.clock)
        self.devices = FakeDevices()
        self.environ = {"USER": "alice"}
        self.asked: list[str] = []
        self.read: list[str] = []
        self.typed = iter(f"{number:06}" for number in range(111111, 999999))
        self.store: Callable[[str], AccessKey] = lambda name: AccessKey(ID, "hidden")
        self.backend = "keyring"

    def clock(self) -> float:
        return self.now

    def ask(self, text: str) -> str:
        self.asked.append(text)
        return next(self.typed)

    def key_of(self, name: str) -> AccessKey:
        self.read.append(name)
        return self.store(name)

    def run_process(self, line: str, profile: str) -> Credentials:
        self.aws.calls.append(("process", line, profile, {}))
        if "provider" in self.aws.fails:
            raise self.aws.fails["provider"]
        return self.aws.provider

    def obtain(
        self, config: str, name: str, credentials: str = "", **options: Any
    ) -> SessionResult:
        self.aws.calls.clear()
        profiles = Profiles(
            Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
        )
        deps = SessionDeps(
            profiles=profiles,
            environ=self.environ,
            key_of=self.key_of,
            cache=self.cache,
            aws=self.aws,
            codes=Codes(ask=self.ask, say=print, environ={}),
            devices=self.devices,
            logins=FakeLogins(self),
            scope=CacheScope(("/c", "/k"), "/home/a", self.backend),
            clock=self.clock,
            run_process=self.run_process,
            stored_code=lambda *_: None,
        )
        chain = resolve_chain(profiles, name)
        return SessionProvider(deps, chain, SessionRequest(**options)).obtain()

    def refusal(self, kind: type[Error], *arguments: str, **options: Any) -> Error:
        with pytest.raises(kind) as caught:
            self.obtain(*arguments, **options)
        return caught.value

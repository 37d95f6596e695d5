"""What sessions are made with: the collaborators that ``Sessions`` is handed."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from awscreds.model.connection import ServiceEndpoint
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.stores.cache.session_format import SessionKey

    Credentials = AccessKey | Session


class Gateway(Protocol):
    """What of ``aws.Aws`` sessions are made with."""

    skew: float | None

    def session_token(
        self,
        key: AccessKey,
        connection: ServiceEndpoint,
        *,
        serial: str | None = None,
        code: str | None = None,
        duration: int | None = None,
    ) -> Session: ...

    def assume_role(
        self,
        credentials: Credentials,
        connection: ServiceEndpoint,
        *,
        role_arn: str,
        session_name: str,
        external_id: str | None = None,
        duration: int | None = None,
        serial: str | None = None,
        code: str | None = None,
    ) -> Session: ...

    def assume_role_with_web_identity(
        self,
        web_identity_token: str,
        connection: ServiceEndpoint,
        *,
        role_arn: str,
        session_name: str,
        duration: int | None = None,
    ) -> Session: ...

    def mfa_devices(self, key: AccessKey, connection: ServiceEndpoint) -> list[str]: ...

    def sso_role_credentials(
        self, access_token: str, connection: ServiceEndpoint, *, account_id: str, role_name: str
    ) -> Session: ...

    def refresh_sso_token(
        self, connection: ServiceEndpoint, *, client_id: str, client_secret: str, refresh_token: str
    ) -> dict[str, Any]: ...

    def provider_credentials(
        self, kind: str, profile: str, connection: ServiceEndpoint, paths: tuple[str, str]
    ) -> Credentials: ...


class Logins(Protocol):
    """What of ``stores.logins.LoginFiles`` is used."""

    def sso_path(self, session: str | None, start_url: str) -> str: ...
    def login_path(self, login_session: str) -> str: ...
    def read(self, path: str) -> dict[str, Any] | None: ...
    def write(self, path: str, document: Mapping[str, Any]) -> None: ...
    def lock(self, path: str) -> AbstractContextManager[object]: ...


class Cache(Protocol):
    """What of ``stores.sessions.SessionCache`` is used."""

    def get(self, key: SessionKey, *, minimum: int = ...) -> Session | None: ...

    def fetch(
        self,
        key: SessionKey,
        make: Callable[[], Session],
        *,
        minimum: int = ...,
        refresh: bool = False,
    ) -> Session: ...


class DeviceMemory(Protocol):
    """What of ``stores.devices.Devices`` is used."""

    def serial_of(self, access_key_id: str) -> str | None: ...
    def note_serial(self, access_key_id: str, serial: str | None) -> None: ...
    def successor(self, serial: str) -> str | None: ...
    def note_successor(self, serial: str, successor: str) -> None: ...
    def spent_ago(self, serial: str, code: str) -> float | None: ...
    def note_spent(self, serial: str, code: str) -> None: ...

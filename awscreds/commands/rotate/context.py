"""What a rotation works with, out of the App: ``workflows.rotate.RotationContext``."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import cached_property

from awscreds.aws.iam import Iam
from awscreds.errors import InputNeeded
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import STATIC, Profile, Profiles
from awscreds.model.role_chain import resolve
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped
from awscreds.stores.aws_files import AwsFiles
from awscreds.workflows.rotation.repoint import plaintext_key, repoint_stored
from awscreds.workflows.sessions.token_codes import Codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from awscreds.app import App
    from awscreds.aws.gateway import Aws, Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.pointers import Pointer
    from awscreds.stores.secret_store import Backend, SecretStore
    from awscreds.workflows.sessions.token_codes import Code

    Credentials = AccessKey | Session

SESSION_SECONDS = 1800
"""What a cached MFA session must still have, so that it lasts to the end of the rotation."""


class AppRotationContext:
    """The means of the rotation of one key, reached the way the profile ``name`` reaches AWS.

    ``tell`` shows progress. Where several rotations go on at once, ``one_at_a_time`` is held around
    each use of what they share, and ``sleep`` ends where they are to.
    """

    def __init__(
        self,
        app: App,
        name: str,
        *,
        codes: CodeSource,
        tell: Callable[[str], None] | None = None,
        one_at_a_time: AbstractContextManager[object] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._app = app
        self._name = name
        self._codes = codes
        self._alone = one_at_a_time or nullcontext()
        self._iams: dict[str, Iam] = {}
        self._ways: dict[str, ServiceEndpoint] = {}
        self.tell = tell or app.say
        self.state_dir = app.state_dir
        self.files = app.files
        self.clock = app.clock
        self.sleep = sleep or app.sleep
        self.process_line = app.process_line

    # -- stores ----------------------------------------------------------------------------

    def store_of(self, key_id: str) -> SecretStore:
        with self._alone:
            return self._shared(self._app.stores.of(key_id))

    def erase(self, key_id: str) -> None:
        with self._alone:
            self._app.pointers.erase(self.store_of(key_id), key_id)

    def pointing_to(self, key_id: str) -> AbstractContextManager[None]:
        return self._app.pointers.pointing_to(key_id)

    def pointers_elsewhere(self, key_id: str) -> list[Pointer]:
        with self._alone:
            return self._app.pointers.elsewhere(key_id)

    def move_pointers_elsewhere(self, former: str, key_id: str) -> None:
        pointers = self._app.pointers
        places = {pointer.path: pointer.in_config for pointer in pointers.elsewhere(former)}
        for path, in_config in places.items():
            if not in_config:  # the default credentials file, which is always looked at
                AwsFiles(os.devnull, path, warn=self._app.warn).edit(
                    lambda found: repoint_stored(found.credentials, former, key_id)
                )
                continue
            with pointers.pointing_to(key_id, path):
                AwsFiles(path, os.devnull, warn=self._app.warn).edit(
                    lambda found: repoint_stored(found.config, former, key_id)
                )

    def new_store(self) -> SecretStore:
        with self._alone:
            return self._shared(self._app.stores.named(self._app.stores.current()))

    def _shared(self, store: SecretStore) -> SecretStore:
        from awscreds.stores.secret_store import SecretStore

        def in_turn(backend: Backend) -> _OneAtATime:
            return _OneAtATime(backend, self._alone)

        return SecretStore(
            in_turn(store.backend),
            self._app.state,
            elsewhere=store.elsewhere,
            open_backend=lambda name: in_turn(self._app.stores.backend(name)),
        )

    def key(self, key_id: str) -> AccessKey:
        """A key with its secret, from the files or the store."""
        plain = plaintext_key(key_id, self._app.profiles())
        return plain or self.store_of(key_id).access_key(key_id)

    def recorded(self, key_id: str) -> Mapping[str, str]:
        with self._alone:
            return self._app.state.entry(key_id)

    def note_key(self, key_id: str, identity: Identity, created_at: float | None) -> None:
        with self._alone:
            self._app.key_facts.note(key_id, identity, created_at)

    def forget_sessions(self, key_id: str) -> None:
        with self._alone:
            self._app.sessions.clear(access_key_id=key_id)

    # -- AWS -------------------------------------------------------------------------------

    @cached_property
    def _aws(self) -> Aws:
        from awscreds.aws.gateway import Aws

        return Aws(clock=self.clock)

    def reach(self, iam: ServiceEndpoint, sts: ServiceEndpoint) -> None:
        """From now on AWS is reached so: it was judged, and what the files come to say was not."""
        self._ways = {"iam": iam, "sts": sts}
        self._iams.clear()

    def iam(self, credentials: Credentials) -> Iam:
        if credentials.id not in self._iams:
            self._iams[credentials.id] = Iam(credentials, self._how("iam"), aws=self._aws)
        return self._iams[credentials.id]

    def identity(self, credentials: Credentials) -> Identity:
        return self._aws.caller_identity(credentials, self._how("sts"))

    def _how(self, service: str) -> ServiceEndpoint:
        if service in self._ways:
            return self._ways[service]
        profiles = self._app.profiles()
        return resolve_endpoint(service, profiles.find(self._name), profiles, self._app.environ)

    # -- MFA -------------------------------------------------------------------------------

    @property
    def has_token(self) -> bool:
        """Whether there is a code of ``--token``, which is to take effect."""
        return self._codes.has_token

    def device_of(self, key: AccessKey) -> str | None:
        """The serial of the user's one device that shows codes, by ListMFADevices."""
        from awscreds.workflows.sessions.token_codes import only_otp_device

        return only_otp_device(self._aws.mfa_devices(key, self._how("iam")), self._name)

    def session(self, key: AccessKey, serial: str, *, may_ask: bool) -> Session:
        """The MFA session of ``key``; only a cached one if nobody ``may_ask``."""
        from awscreds.workflows.sessions.provider import SessionProvider
        from awscreds.workflows.sessions.requests import SessionRequest

        app = self._app
        profiles = _with_key(app.profiles(), self._name, key)
        codes = Codes(ask=self._codes.ask, say=app.note, environ=app.environ)
        deps = app.provider.session_deps(
            profiles,
            app.environ,
            key_of=lambda _: key,
            codes=codes if may_ask else _NoCodes(),
            aws=self._aws,
        )
        request = SessionRequest(
            token=self._codes.take_token() if may_ask else None,
            serial=serial,
            may_ask=may_ask and not app.options.no_input,
            minimum=SESSION_SECONDS,
        )
        chain = resolve(
            profiles, self._name, paths=(app.files.config_path, app.files.credentials_path)
        )
        with self._alone:
            return SessionProvider(deps, chain, request).obtain().session

    # -- consent ---------------------------------------------------------------------------

    def ask(self, question: str) -> bool:
        """Whether somebody agrees; nobody does where nobody can be asked."""
        try:
            return self._app.dialogue.consent(question, hint="", default=False)
        except InputNeeded:
            return False


class CodeSource:
    """Where the token code of one rotation comes from: ``--token``, or one question to a person."""

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
                "a second token code would be needed, and a rotation asks for one alone",
                code="second-code",
                hint="run it again, with the next code",
            )
        self._asked = True
        return self._ask(text)


class _NoCodes(Codes):
    """No code is to be had: a session is in the cache, or is not."""

    def __init__(self) -> None:
        """Nothing is asked of anybody."""

    def take(self, serial: str, **_unused: object) -> Code:
        raise InputNeeded(f"no MFA session of {escaped(serial)} is cached")


def _with_key(profiles: Profiles, name: str, key: AccessKey) -> Profiles:
    """``profiles``, with ``name`` managed by ``key`` and nothing else: whose session is wanted."""
    config, credentials = profiles.config.clone(), profiles.credentials.clone()
    section = (PROFILE, name)
    profile: Profile = profiles.find(name)
    for unwanted in (*STATIC, profile.overriding_setting or ""):
        if unwanted:
            config.unset(section, unwanted)
            credentials.unset(section, unwanted)
    config.set(section, POINTER, key.id)
    return Profiles(config, credentials)


class _OneAtATime:
    """A backend that several threads use in turn."""

    def __init__(self, backend: Backend, alone: AbstractContextManager[object]) -> None:
        self._backend = backend
        self._alone = alone
        self.name = backend.name
        self.describe = backend.describe

    def read(self, entry_id: str) -> str | None:
        with self._alone:
            return self._backend.read(entry_id)

    def write(self, entry_id: str, text: str) -> None:
        with self._alone:
            self._backend.write(entry_id, text)

    def erase(self, entry_id: str) -> bool:
        with self._alone:
            return self._backend.erase(entry_id)

    def check(self) -> None:
        with self._alone:
            self._backend.check()

"""What rotations work with."""

from __future__ import annotations

import os
from dataclasses import dataclass

from awscreds.model.profile import Profiles
from awscreds.model.times import format_iso, parse_iso
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.secret_store import SecretStore
from awscreds.workflows.key_secrets import require_key
from awscreds.workflows.rotation.repoint import repoint_stored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.stores.backends import Backend
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.pointers import Pointer, Pointers
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.rotation.traffic import Traffic
    from awscreds.workflows.sessions.context import SessionDeps


@dataclass(kw_only=True)
class RotationContext:
    """What the rotations of one command work with: the files, the stores, the clock.

    If several rotations run at once, ``lock`` is held around each use of what they share.
    """

    state_dir: StateDir
    files: AwsFiles
    profiles: Callable[[], Profiles]
    environ: Mapping[str, str]
    state: State
    stores: StoreSelection
    pointers: Pointers
    sessions: SessionCache
    lock: AbstractContextManager[object]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    traffic: Traffic
    step: Callable[[str], None]
    """Called around each line of a journal, for tests that stage a death there."""
    process_line: Callable[[str], str]
    """The ``credential_process`` line of a profile."""
    note_identity: Callable[[str, Identity, float | None], None]
    """Writes down whose a key is, and when IAM made it."""
    session_deps: Callable[..., SessionDeps]
    """``CredentialProvider.session_deps``."""
    may_ask: bool
    """Whether an MFA code may be asked for."""
    note: Callable[[str], None]
    warn: Callable[[str], None]

    # -- the files -------------------------------------------------------------------------

    def files_now(self) -> Profiles:
        """The profiles, read again from the files."""
        documents = self.files.load()
        return Profiles(documents.config, documents.credentials)

    def pointing_to(self, key_id: str) -> AbstractContextManager[None]:
        """Within it the config file may come to point to a key, which nobody erases then."""
        return self.pointers.pointing_to(key_id)

    def pointers_elsewhere(self, key_id: str) -> list[Pointer]:
        """The pointers to a key in config files that are not the one in use."""
        with self.lock:
            return self.pointers.elsewhere(key_id)

    def move_pointers_elsewhere(self, former: str, key_id: str) -> None:
        """Let these pointers name ``key_id`` instead of ``former``."""
        places = {pointer.path: pointer.in_config for pointer in self.pointers.elsewhere(former)}
        for path, in_config in places.items():
            if not in_config:  # the default credentials file, which is always looked at
                AwsFiles(os.devnull, path, warn=self.warn).edit(
                    lambda found: repoint_stored(found, former, key_id)
                )
                continue
            with self.pointers.pointing_to(key_id, path):
                AwsFiles(path, os.devnull, warn=self.warn).edit(
                    lambda found: repoint_stored(found, former, key_id)
                )

    # -- the stores ------------------------------------------------------------------------

    def store_of(self, key_id: str) -> SecretStore:
        """The store that has a key's secret."""
        with self.lock:
            return self._locked(self.stores.of(key_id))

    def new_store(self) -> SecretStore:
        """The store for new secrets."""
        with self.lock:
            return self._locked(self.stores.named(self.stores.current()))

    def _locked(self, store: SecretStore) -> SecretStore:
        def locked(backend: Backend) -> LockedBackend:
            return LockedBackend(backend, self.lock)

        return SecretStore(
            locked(store.backend),
            self.state,
            elsewhere=store.elsewhere,
            open_backend=lambda name: locked(self.stores.backend(name)),
        )

    def key(self, key_id: str) -> AccessKey:
        """A key with its secret, from the files or the store."""
        return require_key(key_id, self.profiles(), self.store_of)

    def erase(self, key_id: str) -> None:
        """Erase a stored secret. Raises AwscredsError if any config file points to it."""
        with self.lock:
            self.pointers.erase(self.store_of(key_id), key_id)

    def forget_sessions(self, key_id: str) -> None:
        """Drop the cached sessions of a key."""
        with self.lock:
            self.sessions.clear(access_key_id=key_id)

    # -- what is known of keys -------------------------------------------------------------

    def recorded(self, key_id: str) -> Mapping[str, str]:
        """What was written down when a key was stored."""
        with self.lock:
            return self.state.entry(key_id)

    def note_key(self, key_id: str, identity: Identity, created_at: float | None) -> None:
        """Write down whose a key is, and when IAM made it."""
        with self.lock:
            self.note_identity(key_id, identity, created_at)

    def note_deleted(self, key_id: str) -> None:
        """Write down that a key is deleted at AWS."""
        with self.lock:
            self.state.note_deleted(key_id)

    def known_creation(self, key_id: str) -> float | None:
        """When IAM made a key, as far as that was written down."""
        return parse_iso(self.state.entry(key_id).get("created_at") or "")

    def note_creation(self, key_id: str, at: float) -> None:
        """Write down when IAM made a key that we keep, so that AWS need not be asked again."""
        with self.lock:
            if self.state.entry(key_id):
                self.state.note(key_id, created_at=format_iso(at))


class LockedBackend:
    """A backend that several threads use in turn."""

    def __init__(self, backend: Backend, lock: AbstractContextManager[object]) -> None:
        self._backend = backend
        self._lock = lock
        self.name = backend.name
        self.describe = backend.describe

    def read(self, entry_id: str) -> str | None:
        with self._lock:
            return self._backend.read(entry_id)

    def write(self, entry_id: str, text: str) -> None:
        with self._lock:
            self._backend.write(entry_id, text)

    def erase(self, entry_id: str) -> bool:
        with self._lock:
            return self._backend.erase(entry_id)

    def check(self) -> None:
        with self._lock:
            self._backend.check()

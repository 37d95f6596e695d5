"""The secret store of an entry, and the one for new entries."""

from __future__ import annotations

from awscreds.errors import StoreUnavailable, UsageError
from awscreds.model.keys import shown_entry
from awscreds.stores.backends import NAMES, open_backend
from awscreds.stores.secret_store import ACCESS_KEY, SecretStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.stores.backends import StoreBackend
    from awscreds.stores.backends.vault import Passphrases
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir


class StoreSelection:
    """The secret stores of one run. Each is opened when it is first needed.

    A name is that of a backend. ``say`` and ``detail`` are those of a Dialogue. ``for_sdk``: an SDK
    waits for what is read.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        state_dir: StateDir,
        state: State,
        passphrases: Callable[[], Passphrases],
        *,
        say: Callable[[str], None],
        detail: Callable[[str], None],
        for_sdk: bool = False,
    ) -> None:
        self._environ = environ
        self._state_dir = state_dir
        self._state = state
        self._passphrases = passphrases
        self._say = say
        self._detail = detail
        self._for_sdk = for_sdk
        self._backends: dict[str, StoreBackend] = {}

    def backend(self, name: str) -> StoreBackend:
        """The backend ``name``."""
        if name not in self._backends:
            self._backends[name] = open_backend(
                name,
                self._state_dir,
                self._state,
                self._environ,
                self._passphrases,
                for_sdk=self._for_sdk,
            )
        return self._backends[name]

    def named(self, name: str, *, elsewhere: str | None = None) -> SecretStore:
        """The secret store of the backend ``name``. ``elsewhere``: see SecretStore."""
        return SecretStore(
            self.backend(name), self._state, elsewhere=elsewhere, open_backend=self.backend
        )

    def of(self, entry_id: str) -> SecretStore:
        """The store that holds ``entry_id``, or the one in which to look for it."""
        entry, forced = self._state.entry(entry_id), self.forced()
        known = entry.get("backend")
        # The key of the cache can be made again. An access key cannot.
        is_hidden = forced and known != forced and entry.get("kind") == ACCESS_KEY
        elsewhere = known if is_hidden else None
        store = self.named(forced or known or self.current(), elsewhere=elsewhere)
        self._detail(f"looking for {shown_entry(entry_id)} in {store.backend.describe()}")
        return store

    def for_writing(self) -> SecretStore:
        """The store for new entries. The first time, it tells the user which one and why."""
        chosen = self.current()
        if not (self.forced() or self._state.backend):
            why = self.backend(chosen).why_chosen()
            if why:
                self._say(why)
        return self.named(chosen)

    def current(self) -> str:
        """The name of the backend in use, or of the one that would be chosen."""
        return self.forced() or self._state.backend or self._preferred()

    def forced(self) -> str | None:
        """The name that the environment forces. Raises UsageError for an unknown name."""
        forced = self._environ.get("AWSCREDS_BACKEND")
        if forced and forced not in NAMES:
            raise UsageError(
                f"AWSCREDS_BACKEND is {forced!r}; it must be {' or '.join(NAMES)}", code="backend"
            )
        return forced or None

    def keep_choice(self, name: str) -> None:
        """Store later entries where the first one went, unless the environment forced that."""
        if not (self._state.backend or self.forced()):
            self._state.choose(name)

    def open_early(self) -> None:
        """Open the store for new keys before the user is asked anything else."""
        self.backend(self.current()).open_early()

    def listed(self) -> dict[str, list[str]]:
        """The entries of each backend that can list them now, without a question."""
        found = {name: self.backend(name).listed() for name in NAMES}
        return {name: ids for name, ids in found.items() if ids is not None}

    def lock(self) -> None:
        """Close all of them: forget their keys, here and between processes.

        In the kernel there are sessions, too. Raises StoreUnavailable if a key could still be used.
        """
        from awscreds.stores.backends.vault import key_keeper

        for backend in self._backends.values():
            backend.lock()
        keeper = key_keeper()
        keeper.drop_all(keeper.scope(self._state_dir.path))

    def sealing_key(self) -> bytes:
        """The key that cached sessions are sealed with. Raises SecretStoreError."""
        from awscreds.stores.cache.session_format import SESSION_CACHE_KEY, sealing_key

        store = self.of(SESSION_CACHE_KEY)
        backend = self.backend(store.backend.name)
        if not backend.exists():
            raise StoreUnavailable(
                f"there is no {backend.name}, and awscreds does not create one only to cache "
                "sessions"
            )
        return sealing_key(store, self._state_dir)

    def login_key(self) -> bytes:
        """The key that logins are sealed with. Raises SecretStoreError."""
        from awscreds.stores.cache.session_format import sealing_key
        from awscreds.stores.sealed_logins import LOGIN_KEY

        is_known = LOGIN_KEY in self._state.ids()
        store = self.of(LOGIN_KEY) if is_known else self.for_writing()
        return sealing_key(store, self._state_dir, LOGIN_KEY)

    def _preferred(self) -> str:
        """The first that is available: the OS keyring if there is one to trust, else the vault."""
        return next(name for name in NAMES if self.backend(name).is_available())

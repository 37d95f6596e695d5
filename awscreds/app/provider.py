"""The credentials of a profile, put together from its files, the secret store, MFA and AWS."""

from __future__ import annotations

from awscreds.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.app.dialogue import Dialogue
    from awscreds.app.file_warnings import FileWarnings
    from awscreds.aws.gateway import Aws
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.sessions.provider import Place, SessionResult


class CredentialProvider:
    """Gives the long-lived key and the sessions of any profile.

    What is given as a function is made when it is first needed.
    """

    def __init__(
        self,
        *,
        profiles: Callable[[], Profiles],
        environ: Mapping[str, str],
        files: AwsFiles,
        state_dir: StateDir,
        state: State,
        stores: StoreSelection,
        cache: Callable[[], SessionCache],
        aws: Callable[[], Aws],
        warnings: FileWarnings,
        dialogue: Dialogue,
        clock: Callable[[], float],
    ) -> None:
        self._profiles = profiles
        self._environ = environ
        self._paths = (files.config_path, files.credentials_path)
        self._state_dir = state_dir
        self._state = state
        self._stores = stores
        self._cache = cache
        self._aws = aws
        self._warnings = warnings
        self._dialogue = dialogue
        self._clock = clock

    def session(self, profile: Profile, **wish: Any) -> Session:
        """The session that ``obtain`` gives for the same arguments."""
        return self.obtain(profile, **wish).session

    def obtain(
        self,
        profile: Profile,
        *,
        token: str | None = None,
        duration: int | None = None,
        serial: str | None = None,
        refresh: bool = False,
        minimum: int | None = None,
    ) -> SessionResult:
        """A session of a profile of any kind, cached or made; what should be known of it is said.

        ``duration`` and ``minimum`` are in seconds. Raises what ``workflows.session`` raises.
        """
        from awscreds.model import process_chain
        from awscreds.model.environment import with_own_regions
        from awscreds.model.role_chain import resolve
        from awscreds.stores.mfa_devices import MfaDeviceCache
        from awscreds.workflows.sessions.provider import LEAST, SessionRequest, Sessions
        from awscreds.workflows.sessions.token_codes import Codes

        profiles, dialogue = self._profiles(), self._dialogue
        environ = process_chain.entering(with_own_regions(self._environ), profile.name, self._paths)
        sessions = Sessions(
            profiles=profiles,
            environ=environ,
            keys=lambda name: self.long_lived_key(profiles.get(name)),
            cache=self._cache(),
            aws=self._aws(),
            codes=Codes(ask=dialogue.ask_code, say=dialogue.note, environ=environ),
            devices=MfaDeviceCache(self._state_dir, clock=self._clock),
            place=self.place(),
            clock=self._clock,
        )
        wish = SessionRequest(
            token=token,
            serial=serial,
            duration=duration,
            refresh=refresh,
            may_ask=dialogue.may_ask,
            minimum=LEAST if minimum is None else minimum,
        )
        chain = resolve(profiles, profile.name, paths=self._paths)
        source = profiles.find(chain.source.profile)
        if source.shadowed:
            self._warnings.warn_of_static_keys(source)
        obtained = sessions.obtain(chain, wish)
        for note in obtained.notes:
            dialogue.note(note)
        return obtained

    def long_lived_key(self, profile: Profile) -> AccessKey:
        """The access key of a profile that has one. Raises ConfigurationError for another."""
        from awscreds.model.text import quoted
        from awscreds.workflows.configure import current_key

        self._warnings.warn_of_static_keys(profile)
        stored = profile.stored_key_id
        if stored and profile.shadowed:
            return self._stores.of(stored).access_key(stored)
        key = current_key(profile, self._stores.of)
        if key is None:
            amiss = f"the value of {profile.misplaced} is not an access key ID"
            raise ConfigurationError(
                f"the profile {profile.name} has no access key with its secret"
                + (f": {amiss}" if profile.misplaced else ""),
                code="no-credentials",
                hint=f"awscreds configure --profile {quoted(profile.name)}",
            )
        return key

    def account_of(self, profile: Profile) -> str | None:
        """The account that sessions of ``profile`` belong to, as far as it is known here."""
        from awscreds.model import accounts
        from awscreds.model.role_chain import resolve

        profiles = self._profiles()
        chain = resolve(profiles, profile.name)
        source = profiles.find(chain.source.profile)
        recorded = self._state.entry(source.session_key_id or "").get("account")
        return accounts.of_chain(chain, source, recorded)

    def place(self) -> Place:
        """What, of where this runs, shapes a session."""
        from awscreds.workflows.sessions.provider import Place

        return Place(self._paths, self._state_dir.path, self._stores.forced())

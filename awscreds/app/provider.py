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
    from awscreds.model.credentials import AccessKey, Credentials, Session
    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.sessions.context import CacheScope, SessionDeps
    from awscreds.workflows.sessions.requests import SessionResult
    from awscreds.workflows.sessions.stored_codes import StoredCodes
    from awscreds.workflows.sessions.token_codes import Codes


class CredentialProvider:
    """Gives the long-lived key and the sessions of any profile.

    What is passed as a function is made when it is first needed.
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
        sleep: Callable[[float], None],
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
        self._sleep = sleep
        self.for_programs: Mapping[str, str] = {}
        """More variables for the programs that are started as a ``credential_process``."""

    def session(self, profile: Profile, **options: Any) -> Session:
        """The session that ``obtain`` gives for the same arguments."""
        return self.obtain(profile, **options).session

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
        """The session of a profile of any kind, cached or made. Its notes are shown to the person.

        ``duration`` and ``minimum`` are in seconds. Raises what ``SessionProvider`` raises.
        """
        from awscreds.model import process_chain
        from awscreds.model.environment import with_own_regions
        from awscreds.model.role_chain import resolve_chain
        from awscreds.stores.cache.session_format import MINIMUM
        from awscreds.workflows.sessions.provider import SessionProvider
        from awscreds.workflows.sessions.requests import SessionRequest
        from awscreds.workflows.sessions.token_codes import Codes

        profiles, dialogue = self._profiles(), self._dialogue
        environ = process_chain.enter_profile(
            with_own_regions(self._environ), profile.name, self._paths
        )
        deps = self.session_deps(
            profiles,
            environ,
            key_of=lambda name: self.long_lived_key(profiles.get(name)),
            codes=Codes(ask=self.ask_code, say=dialogue.note, environ=environ),
        )
        request = SessionRequest(
            token=token,
            serial=serial,
            duration=duration,
            refresh=refresh,
            may_ask=dialogue.may_ask,
            minimum=MINIMUM if minimum is None else minimum,
        )
        chain = resolve_chain(profiles, profile.name, paths=self._paths)
        source = profiles.find(chain.source.profile)
        if source.shadowed:
            self._warnings.warn_of_static_keys(source)
        result = SessionProvider(deps, chain, request).obtain()
        for note in result.notes:
            dialogue.note(note)
        return result

    def ask_code(self, question: str, *, before: tuple[str, ...] = ("sts",)) -> str:
        """The MFA code that a person types ``before`` calls of some services.

        What these need is loaded meanwhile.
        """
        from awscreds.aws.clients import load_meanwhile

        load_meanwhile(*before)
        return self._dialogue.ask_code(question)

    def session_deps(
        self,
        profiles: Profiles,
        environ: Mapping[str, str],
        *,
        key_of: Callable[[str], AccessKey],
        codes: Codes,
        aws: Aws | None = None,
    ) -> SessionDeps:
        """What sessions of ``profiles`` are made with. ``aws`` is the App's if none is passed."""
        from awscreds.stores.logins import LoginFiles
        from awscreds.stores.mfa_devices import MfaDeviceCache
        from awscreds.stores.sealed_logins import SealedLogins
        from awscreds.workflows.sessions.context import SessionDeps

        def run_process(line: str, profile: str) -> Credentials:
            from awscreds.workflows.sessions import external_process

            return external_process.credentials(
                line, profile, environ, clock=self._clock, added=self.for_programs
            )

        return SessionDeps(
            profiles=profiles,
            environ=environ,
            key_of=key_of,
            cache=self._cache(),
            aws=aws or self._aws(),
            codes=codes,
            devices=MfaDeviceCache(self._state_dir, clock=self._clock),
            logins=LoginFiles(
                environ, sealed=SealedLogins(self._state_dir, self._stores.login_key)
            ),
            scope=self.cache_scope(),
            clock=self._clock,
            run_process=run_process,
            stored_code=self._stored_code,
        )

    def _stored_code(self, serial: str, now: Callable[[], float]) -> str | None:
        return self.stored_codes().code_of(serial, now)

    def stored_codes(self) -> StoredCodes:
        """The codes of the MFA devices whose seeds are stored."""
        from awscreds.stores.given_codes import GivenCodes
        from awscreds.stores.totp_seeds import TotpSeeds
        from awscreds.workflows.sessions.stored_codes import StoredCodes

        return StoredCodes(
            TotpSeeds(self._state, self._stores),
            GivenCodes(self._state_dir),
            sleep=self._sleep,
            show_wait=self._dialogue.show_wait,
        )

    def answer_of_program(self, profile: Profile) -> tuple[Credentials, float | None]:
        """What the ``credential_process`` of a profile gives, and when it expires, if it says so.

        Raises ConfigurationError, as `external_process.answer` does.
        """
        from awscreds.model import process_chain
        from awscreds.model.environment import with_own_regions
        from awscreds.workflows.sessions import external_process

        name, environ = profile.name, with_own_regions(self._environ)
        return external_process.answer(
            profile.get("credential_process") or "",
            name,
            process_chain.enter_profile(environ, name, self._paths),
            clock=self._clock,
            added=self.for_programs,
        )

    def long_lived_key(self, profile: Profile) -> AccessKey:
        """The access key of a profile. Raises ConfigurationError if it has none."""
        from awscreds.model.text import quoted
        from awscreds.workflows.key_secrets import key_of_profile, stored_key

        self._warnings.warn_of_static_keys(profile)
        stored = profile.stored_key_id
        if stored and profile.shadowed:
            return stored_key(stored, profile.name, self._stores.of)
        key = key_of_profile(profile, self._stores.of)
        if key is None:
            raise ConfigurationError(
                f"the profile {profile.name} has no complete access key (ID and secret)"
                + (
                    f": the value of {profile.misplaced} is not an access key ID"
                    if profile.misplaced
                    else ""
                ),
                code="no-credentials",
                hint=f"awscreds configure --profile {quoted(profile.name)}",
            )
        return key

    def account_of(self, profile: Profile) -> str | None:
        """The account that sessions of ``profile`` belong to; None if that is not known here."""
        from awscreds.model import accounts
        from awscreds.model.role_chain import resolve_chain

        profiles = self._profiles()
        chain = resolve_chain(profiles, profile.name)
        source = profiles.find(chain.source.profile)
        recorded = self._state.entry(source.session_key_id or "").get("account")
        return accounts.of_chain(chain, source, recorded)

    def cache_scope(self) -> CacheScope:
        """What separates the cached sessions of this run from others."""
        from awscreds.workflows.sessions.context import CacheScope

        return CacheScope(self._paths, self._state_dir.path, self._stores.forced())

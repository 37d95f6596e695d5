"""What sessions are made with. Everything that makes them gets it whole."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.aws.gateway import Aws
    from awscreds.model.credentials import AccessKey, Credentials
    from awscreds.model.profile import Profiles
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.logins import LoginFiles
    from awscreds.stores.mfa_devices import MfaDeviceCache
    from awscreds.workflows.sessions.token_codes import Codes

    StoredCode = Callable[[str, Callable[[], float]], str | None]


class CacheScope:
    """What separates the cached sessions of one home from those of another.

    ``files`` are the paths of the config and the credentials file, ``state_path`` is that of our
    state folder. ``backend`` is the secret store that the environment names, None if it names none.
    """

    __slots__ = ("backend", "files", "state_path")

    def __init__(self, files: tuple[str, str], state_path: str, backend: str | None) -> None:
        self.files = files
        self.state_path = state_path
        self.backend = backend


class SessionDeps:
    """What sessions are made with. Nobody changes it.

    ``key_of`` returns the long-lived key of a profile, by its name. It is only called if a session
    must be made from that key. ``run_process`` runs a foreign ``credential_process``: its command
    line and the name of the profile go in, the credentials come out. ``stored_code`` gives a code
    of a device, at the time that its second argument tells, if the device's seed is stored.

    Not a dataclass: a ``credential-process`` that finds its session in the cache loads this file,
    and nothing else that needs ``dataclasses``, which takes longer to import than Python to start.
    """

    __slots__ = (
        "aws",
        "cache",
        "clock",
        "codes",
        "devices",
        "environ",
        "key_of",
        "logins",
        "profiles",
        "run_process",
        "scope",
        "stored_code",
    )

    def __init__(
        self,
        *,
        profiles: Profiles,
        environ: Mapping[str, str],
        key_of: Callable[[str], AccessKey],
        cache: SessionCache,
        aws: Aws,
        codes: Codes,
        devices: MfaDeviceCache,
        logins: LoginFiles,
        scope: CacheScope,
        clock: Callable[[], float],
        run_process: Callable[[str, str], Credentials],
        stored_code: StoredCode,
    ) -> None:
        self.profiles = profiles
        self.environ = environ
        self.key_of = key_of
        self.cache = cache
        self.aws = aws
        self.codes = codes
        self.devices = devices
        self.logins = logins
        self.scope = scope
        self.clock = clock
        self.run_process = run_process
        self.stored_code = stored_code

r"""Sessions kept between runs, so that one token code a day is enough.

The base on every system is one sealed file per session in the folder of our state::

    awscreds session\n
    {"version": 1, "digest": "…", "profile": "…", …}\n
    the nonce (12 bytes), and AES-256-GCM of a JSON object with the credentials

The two lines, which hold no secret, are authenticated along with the ciphertext, and the digest in
them is that of all that shaped the session: a file put in the place of another is noticed. The
sealing key is an entry of the secret store and never in a file. On Linux the kernel key store
stands in front, so that nobody is asked to open the secret store for a session at hand.

All of it is a cache. Whatever fails (a locked store, a full disk, a damaged file) means that a
session is made anew, or not kept; it is said once and stops nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

from awscreds.errors import AwscredsError, ConfigurationError, EntryMissing, SecretStoreError
from awscreds.model.credentials import Session
from awscreds.stores import kernel as kernel_key_store
from awscreds.stores.answers import PREFIX as ANSWER
from awscreds.stores.digest import digest
from awscreds.stores.kernelshare import SESSION, KernelShare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from awscreds.stores.home import Home
    from awscreds.stores.kernelshare import KeyStore
    from awscreds.stores.secrets import SecretStore

SESSION_CACHE_KEY = "session-cache-key"
"""The kind of the secret store's entry that holds the sealing key, and its id."""
MINIMUM = 300
"""Seconds a session must still have to be used again."""
PATIENCE = 300.0
"""Seconds to wait for another process that makes the same session: a person may be typing."""

_PREFIX = "session-"
_MAGIC = b"awscreds session\n"
_VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_FACTS = ("profile", "access_key_id", "role", "serial")
# A clock that was set back by more than this since a session was made says nothing of its end.
_CLOCK_MARGIN = 60
_END_OF_TIME = 2**36


class SessionKey:
    """Everything that shaped a session. Equal ones, and no others, have the same ``digest``.

    ``access_key_id`` is that of the long-lived key it all began with, or says where else it began
    (``ec2``). ``source`` is the key of the session that made this one. The profile is for people:
    one session serves all profiles that would make the same. ``files`` are the paths of both AWS
    files, ``home`` that of our state.
    """

    __slots__ = ("digest", "facts")

    def __init__(
        self,
        *,
        profile: str,
        access_key_id: str,
        serial: str | None = None,
        role: str | None = None,
        external_id: str | None = None,
        session_name: str | None = None,
        duration: int | None = None,
        policy: str | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        files: tuple[str, ...] = (),
        home: str = "",
        backend: str | None = None,
        source: SessionKey | None = None,
    ) -> None:
        shape: tuple[object, ...] = (
            access_key_id,
            serial,
            role,
            external_id,
            session_name,
            duration,
            policy,
            region,
            endpoint,
            files,
            home,
            backend,
            source.digest if source else None,
        )
        self.digest: str = digest(json.dumps(shape).encode("ascii")).hex()
        self.facts: dict[str, str | None] = {
            "profile": profile,
            "access_key_id": access_key_id,
            "role": role,
            "serial": serial,
        }


class CachedSession:
    """What is known of a session without opening it. ``where``: ``kernel``, ``file`` or both."""

    __slots__ = ("access_key_id", "expiration", "profile", "role", "serial", "where")

    def __init__(self, about: _About, where: tuple[str, ...]) -> None:
        self.profile = about.facts["profile"]
        self.access_key_id = about.facts["access_key_id"]
        self.role = about.facts["role"]
        self.serial = about.facts["serial"]
        self.expiration = about.expiration
        self.where = where


class SessionCache:
    """The sessions of one ``AWSCREDS_HOME``.

    ``sealing_key`` gives the 32 bytes of the sealing key (see the function of that name) and may
    raise any AwscredsError, where the secret store is locked or absent. ``note`` is told, once
    each, what the user should know. ``kernel`` is None where nothing stands in front.
    """

    def __init__(
        self,
        home: Home,
        sealing_key: Callable[[], bytes],
        *,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        kernel: KeyStore | None = kernel_key_store,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._home = home
        self._ask_for_sealing_key = sealing_key
        self._sealing_key: bytes | None = None
        self._unsealable = False
        self._tell = note
        self._told: set[str] = set()
        self._clock = clock
        self._front = KernelShare(home.path, kernel) if kernel else None
        self._patience = patience
        self._sleep = sleep

    def get(self, key: SessionKey, *, minimum: int = MINIMUM) -> Session | None:
        """The cached session of ``key`` with at least ``minimum`` seconds left."""
        return self._find(key, lambda about: about.lasts(self._clock(), minimum))

    def fetch(
        self,
        key: SessionKey,
        make: Callable[[], Session],
        *,
        minimum: int = MINIMUM,
        refresh: bool = False,
    ) -> Session:
        """The cached session of ``key``, else what ``make`` returns, which is cached.

        Of many processes that ask at once one makes it, and the others wait for that; where it
        dies, the next one does. ``refresh`` wants a session made after this call. Raises what
        ``make`` raises, and AwscredsError when another process makes it and comes to no end.
        """
        asked = self._clock()
        if not refresh and (cached := self.get(key, minimum=minimum)):
            return cached
        with self._alone(key):

            def is_good(about: _About) -> bool:
                # What was made while we waited is as new as it gets, however short it is.
                if about.made > asked:
                    return about.lasts(self._clock(), 1)
                return not refresh and about.lasts(self._clock(), minimum)

            if cached := self._find(key, is_good):
                return cached
            session = make()
            self._keep(key, session)
        return session

    def entries(self) -> list[CachedSession]:
        """What is cached and has not expired, the first to expire first. Opens no secret store."""
        found: dict[str, tuple[_About, tuple[str, ...]]] = {}
        for name in self._front.names(SESSION) if self._front else ():
            if about := self._in_kernel(name):
                found[about.digest] = about, ("kernel",)
        with self._quietly():
            self._sweep()
            for about in self._all_files():
                before = found[about.digest][1] if about.digest in found else ()
                found[about.digest] = about, (*before, "file")
        cached = [
            CachedSession(about, where)
            for about, where in found.values()
            if about.lasts(self._clock(), 1)
        ]
        return sorted(cached, key=lambda one: one.expiration)

    def clear(self, *, access_key_id: str | None = None, profile: str | None = None) -> int:
        """Remove all sessions, or those of an access key or a profile; how many there were.

        Raises ConfigurationError where a file cannot be removed, with all else removed.
        """
        named = {"access_key_id": access_key_id, "profile": profile}
        wanted = {name: value for name, value in named.items() if value is not None}
        removed = set()
        if self._front:
            self._front.drop_all(ANSWER)
            for name in self._front.names(SESSION):
                about = self._in_kernel(name)
                if about is None or about.matches(wanted):
                    self._front.drop(name)
                    removed.add(name.removeprefix(SESSION))
        problem = None
        for name in [*self._home.names(_PREFIX), *self._home.names(f".{_PREFIX}")]:
            try:
                if self._is_to_go(name, wanted) and self._home.remove(name):
                    removed.add(name.removeprefix(_PREFIX))
            except ConfigurationError as error:
                problem = error
        if problem:
            raise problem
        return sum(not name.startswith(".") for name in removed)

    # -- looking ---------------------------------------------------------------------------

    def _find(self, key: SessionKey, is_good: Callable[[_About], bool]) -> Session | None:
        about = self._in_kernel(SESSION + key.digest)
        if about and about.digest == key.digest and is_good(about):
            session = about.session(about.rest)
            if session:
                return session
        try:
            return self._find_file(_PREFIX + key.digest, is_good)
        except AwscredsError as error:
            self._note_failure(error)
            return None

    def _find_file(self, name: str, is_good: Callable[[_About], bool]) -> Session | None:
        about = self._in_file(name)
        if about is None or not is_good(about):
            return None
        plain = self._unsealed(about)
        if plain is None:
            return None
        session = about.session(plain)
        if session is None:
            self._home.remove(name)
        else:
            self._keep_in_kernel(about, plain)
        return session

    def _in_kernel(self, name: str) -> _About | None:
        held = self._front.get(name) if self._front else None
        return None if held is None else _About.parse(held)

    def _in_file(self, name: str) -> _About | None:
        """What the file ``name`` says of its session; one that says nonsense is removed."""
        data = self._home.read(name)
        if data is None:
            return None
        about = _About.parse(data)
        if about is None or name != _PREFIX + about.digest:
            self._home.remove(name)
            return None
        return about

    def _all_files(self) -> Iterator[_About]:
        for name in self._home.names(_PREFIX):
            about = None
            with self._quietly():
                about = self._in_file(name)
            if about:
                yield about

    def _is_to_go(self, name: str, wanted: dict[str, str]) -> bool:
        if not wanted or name.startswith("."):
            return True
        try:
            about = self._in_file(name)
        except ConfigurationError:  # nobody will ever read it
            return True
        return about is not None and about.matches(wanted)

    # -- keeping ---------------------------------------------------------------------------

    def _keep(self, key: SessionKey, session: Session) -> None:
        now = self._clock()
        if session.expiration is None or session.expiration <= now:
            return
        about = _About.of(key, made=now, expiration=session.expiration)
        plain = json.dumps(
            {"id": session.id, "secret": session.secret, "token": session.token}
        ).encode("ascii")
        self._keep_in_kernel(about, plain)
        with self._quietly():
            self._sweep()
            name = _PREFIX + key.digest
            sealed = self._sealed(about, plain)
            if sealed is None:
                # An older one would come back once this one has left the kernel.
                self._home.remove(name)
            else:
                self._home.write(name, sealed)

    def _keep_in_kernel(self, about: _About, plain: bytes) -> None:
        if self._front:
            seconds = about.expiration - self._clock()
            name = SESSION + about.digest
            self._front.put(name, about.raw + plain, end=about.expiration, seconds=seconds)

    def _sweep(self) -> None:
        """Remove the files of sessions that have expired."""
        for about in self._all_files():
            if about.expiration <= self._clock():
                self._home.remove(_PREFIX + about.digest)

    # -- sealing ---------------------------------------------------------------------------

    def _sealed(self, about: _About, plain: bytes) -> bytes | None:
        key = self._opened_sealing_key()
        if key is None:
            return None
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        return about.raw + nonce + AESGCM(key).encrypt(nonce, plain, about.raw)

    def _unsealed(self, about: _About) -> bytes | None:
        """The credentials in a file; empty where it was tampered with, None where all stay shut."""
        key = self._opened_sealing_key()
        if key is None:
            return None
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, ciphertext = about.rest[:_NONCE_BYTES], about.rest[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, about.raw)
        except (InvalidTag, ValueError):  # ValueError: a nonce cut short
            return b""

    def _opened_sealing_key(self) -> bytes | None:
        """The sealing key. The secret store is asked for it once, whatever it answers."""
        if self._sealing_key is None and not self._unsealable:
            try:
                self._sealing_key = self._ask_for_sealing_key()
            except AwscredsError as error:
                self._unsealable = True
                self._note(f"sessions are not kept in a file: {error.message}")
        return self._sealing_key

    # -- waiting and telling ---------------------------------------------------------------

    @contextlib.contextmanager
    def _alone(self, key: SessionKey) -> Iterator[None]:
        """Hold the lock of ``key``; where there can be no locks, go on without."""
        profile = key.facts["profile"]
        waited = 0.0

        def wait(seconds: float) -> None:
            nonlocal waited
            waited += seconds
            if waited > 1:
                self._note(
                    f"waiting for another awscreds, which makes the session of {profile!r} "
                    "(it may be asking for a token code)"
                )
            self._sleep(seconds)

        lock = self._home.lock(_PREFIX + key.digest, deadline=self._patience, sleep=wait)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(lock)
            except ConfigurationError as error:
                self._note(f"sessions are not shared with other processes: {error.message}")
            except AwscredsError:
                raise AwscredsError(
                    f"another awscreds makes the session of {profile!r} and has not ended for "
                    f"{self._patience:.0f} seconds",
                    code="session-busy",
                    hint="answer what it asks, or end it, then run this again",
                ) from None
            yield

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        """Make a note of what fails here, and go on."""
        try:
            yield
        except AwscredsError as error:
            self._note_failure(error)

    def _note_failure(self, error: AwscredsError) -> None:
        self._note(f"the session cache cannot be used: {error.message}")

    def _note(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)


def sealing_key(store: SecretStore, home: Home) -> bytes:
    """The key that seals session files: an entry of ``store``, made where there is none.

    Of many processes that want to make it one does. Raises SecretStoreError (a locked store, none)
    and what asking for a passphrase raises.
    """
    with contextlib.suppress(EntryMissing):
        return _stored_sealing_key(store)
    with home.lock(SESSION_CACHE_KEY):
        with contextlib.suppress(EntryMissing):
            return _stored_sealing_key(store)
        key = os.urandom(_KEY_BYTES)
        store.write(SESSION_CACHE_KEY, SESSION_CACHE_KEY, {"key": key.hex()})
        return key


def _stored_sealing_key(store: SecretStore) -> bytes:
    text = store.read(SESSION_CACHE_KEY, SESSION_CACHE_KEY).get("key", "")
    with contextlib.suppress(ValueError):
        key = bytes.fromhex(text)
        if len(key) == _KEY_BYTES:
            return key
    raise SecretStoreError(
        f"the entry {SESSION_CACHE_KEY} in {store.backend.describe()} is not one that awscreds "
        "wrote",
        code="entry-broken",
    )


class _About:
    """The lines in front of a session: whose it is and how long it lasts. ``rest`` is the session.

    ``raw`` is what they are, byte for byte.
    """

    __slots__ = ("digest", "expiration", "facts", "made", "raw", "rest")

    def __init__(self, raw: bytes, document: dict[str, Any], rest: bytes = b"") -> None:
        self.raw = raw
        self.rest = rest
        self.digest: str = document["digest"]
        self.made: float = document["made"]
        self.expiration: float = document["expiration"]
        self.facts: dict[str, str | None] = {name: document[name] for name in _FACTS}

    @classmethod
    def of(cls, key: SessionKey, *, made: float, expiration: float) -> _About:
        times = {"made": made, "expiration": expiration}
        document = {"version": _VERSION, "digest": key.digest, **key.facts, **times}
        return cls(_MAGIC + json.dumps(document).encode("ascii") + b"\n", document)

    @classmethod
    def parse(cls, data: bytes) -> _About | None:
        """What ``data`` begins with; None where it is not one of ours."""
        end = data.find(b"\n", len(_MAGIC)) + 1
        if not data.startswith(_MAGIC) or not end:
            return None
        try:
            document = json.loads(data[len(_MAGIC) : end])
            if document["version"] != _VERSION:
                return None
            about = cls(data[:end], document, data[end:])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return about if _is_sound(document) else None

    def lasts(self, now: float, minimum: float) -> bool:
        """Whether ``minimum`` seconds are left. A clock set back has no say.

        Half its life is enough where that is less, down to MINIMUM: a session made for 15 minutes
        would otherwise be made anew at every start.
        """
        enough = min(minimum, max(MINIMUM, (self.expiration - self.made) / 2))
        return self.expiration - now >= enough and now >= self.made - _CLOCK_MARGIN

    def matches(self, wanted: dict[str, str]) -> bool:
        return all(self.facts[name] == value for name, value in wanted.items())

    def session(self, plain: bytes) -> Session | None:
        """The session, from its credentials as JSON; None where they are none."""
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            fields = json.loads(plain)
            return Session(fields["id"], fields["secret"], fields["token"], self.expiration)
        return None


def _is_sound(document: dict[str, Any]) -> bool:
    times = (document["made"], document["expiration"])
    return (
        isinstance(document["digest"], str)
        and all(type(time) in (int, float) and 0 <= time < _END_OF_TIME for time in times)
        and all(document[name] is None or isinstance(document[name], str) for name in _FACTS)
    )

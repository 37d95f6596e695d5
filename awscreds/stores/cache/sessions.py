"""Sessions kept between runs, so that one MFA code a day is enough.

The base on every system is one sealed file per session in the state folder (``session_format``
defines its bytes). The sealing key is an entry of the secret store and never in a file. On Linux
the kernel keyring stands in front, so that nobody is asked to open the secret store for a session
that is there.

All of it is a cache. Whatever fails (a locked store, a full disk, a damaged file) means that a
session is made again, or not kept. The user is told once, and nothing stops.
"""

from __future__ import annotations

import contextlib
import time

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.stores.cache.kernel_budget import KernelBudget
from awscreds.stores.cache.session_format import MINIMUM, SessionLabel, plain_text, seal, unseal
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.warm import ANSWER, CLEARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.credentials import Session
    from awscreds.stores.cache.session_format import SessionKey
    from awscreds.stores.state_dir import StateDir

PATIENCE = 300.0
"""Seconds to wait for another process that makes the same session: a person may be typing."""

_PREFIX = "session-"


class CachedSession:
    """What is known about a session without opening it. ``where``: ``kernel``, ``file`` or both."""

    __slots__ = ("access_key_id", "expiration", "profile", "role", "serial", "where")

    def __init__(self, label: SessionLabel, where: tuple[str, ...]) -> None:
        self.profile = label.facts["profile"]
        self.access_key_id = label.facts["access_key_id"]
        self.role = label.facts["role"]
        self.serial = label.facts["serial"]
        self.expiration = label.expiration
        self.where = where


class SessionCache:
    """The sessions of one state folder.

    ``sealing_key`` returns the 32 bytes of the sealing key (see the function of that name). It may
    raise any AwscredsError, for example if the secret store is locked. ``note`` is called once for
    each sentence that the user should know. ``kernel`` is None if no kernel keyring is used.
    """

    def __init__(
        self,
        state_dir: StateDir,
        sealing_key: Callable[[], bytes],
        *,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        kernel: KernelKeyring | None = kernel,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._state_dir = state_dir
        self._ask_for_sealing_key = sealing_key
        self._sealing_key: bytes | None = None
        self._unsealable = False
        self._tell = note
        self._told: set[str] = set()
        self._clock = clock
        self._front = KernelBudget(state_dir.path, kernel) if kernel else None
        self._patience = patience
        self._sleep = sleep

    def get(self, key: SessionKey, *, minimum: int = MINIMUM) -> Session | None:
        """The cached session of ``key`` with at least ``minimum`` seconds left."""
        return self._find(key, lambda label: label.lasts(self._clock(), minimum))

    def fetch(
        self,
        key: SessionKey,
        make: Callable[[], Session],
        *,
        minimum: int = MINIMUM,
        refresh: bool = False,
    ) -> Session:
        """The cached session of ``key``, else what ``make`` returns, which is cached.

        If many processes ask at once, one makes it, and the others wait for that. If that process
        dies, the next one makes it. ``refresh`` requires a session that is made after this call.
        Raises what ``make`` raises, and AwscredsError if another process does not finish it.
        """
        asked = self._clock()
        if not refresh and (cached := self.get(key, minimum=minimum)):
            return cached
        with self._locked(key):

            def is_good(label: SessionLabel) -> bool:
                # One that was made while we waited is as new as possible, even if it is short.
                if label.made > asked:
                    return label.lasts(self._clock(), 1)
                return not refresh and label.lasts(self._clock(), minimum)

            if cached := self._find(key, is_good):
                return cached
            session = make()
            self._keep(key, session)
        return session

    def entries(self) -> list[CachedSession]:
        """The cached sessions that have not expired, by expiration. Opens no secret store."""
        found: dict[str, tuple[SessionLabel, tuple[str, ...]]] = {}
        for name in self._front.names(KernelKeyring.SESSION) if self._front else ():
            if label := self._in_kernel(name):
                found[label.digest] = label, ("kernel",)
        with self._noting_errors():
            self._sweep()
            for label in self._all_files():
                before = found[label.digest][1] if label.digest in found else ()
                found[label.digest] = label, (*before, "file")
        cached = [
            CachedSession(label, where)
            for label, where in found.values()
            if label.lasts(self._clock(), 1)
        ]
        return sorted(cached, key=lambda one: one.expiration)

    def clear(self, *, access_key_id: str | None = None, profile: str | None = None) -> int:
        """Remove all sessions, or those of an access key or a profile. Returns their number.

        Raises ConfigurationError if a file cannot be removed, after removing all others.
        """
        named = {"access_key_id": access_key_id, "profile": profile}
        wanted = {name: value for name, value in named.items() if value is not None}
        removed = set()
        if self._front:
            with self._noting_errors():
                if self._state_dir.exists():
                    self._state_dir.write(CLEARED, b"")
            self._front.drop_all(ANSWER)
            for name in self._front.names(KernelKeyring.SESSION):
                label = self._in_kernel(name)
                if label is None or label.matches(wanted):
                    self._front.drop(name)
                    removed.add(name.removeprefix(KernelKeyring.SESSION))
        problem = None
        for name in [*self._state_dir.names(_PREFIX), *self._state_dir.names(f".{_PREFIX}")]:
            try:
                if self._should_go(name, wanted) and self._state_dir.remove(name):
                    removed.add(name.removeprefix(_PREFIX))
            except ConfigurationError as error:
                problem = error
        if problem:
            raise problem
        return sum(not name.startswith(".") for name in removed)

    def rename_profile(self, old: str, new: str) -> None:
        """Let the sessions of the profile ``old`` be known as those of ``new``."""
        if self._front:
            for name in self._front.names(KernelKeyring.SESSION):
                label = self._in_kernel(name)
                if label and label.facts["profile"] == old:
                    self._keep_in_kernel(label.renamed(new), label.rest)
        with self._noting_errors():
            for label in self._all_files():
                if label.facts["profile"] == old:
                    self._state_dir.write(_PREFIX + label.digest, label.file_renamed(new))

    # -- looking ---------------------------------------------------------------------------

    def _find(self, key: SessionKey, is_good: Callable[[SessionLabel], bool]) -> Session | None:
        label = self._in_kernel(KernelKeyring.SESSION + key.digest)
        if label and label.digest == key.digest and is_good(label):
            session = label.session(label.rest)
            if session:
                return session
        try:
            return self._find_file(_PREFIX + key.digest, is_good)
        except AwscredsError as error:
            self._note_failure(error)
            return None

    def _find_file(self, name: str, is_good: Callable[[SessionLabel], bool]) -> Session | None:
        label = self._in_file(name)
        if label is None or not is_good(label):
            return None
        sealing_key = self._opened_sealing_key()
        if sealing_key is None:
            return None
        plain = unseal(label, sealing_key)
        session = label.session(plain)
        if session is None:
            self._state_dir.remove(name)
        else:
            self._keep_in_kernel(label, plain)
        return session

    def _in_kernel(self, name: str) -> SessionLabel | None:
        held = self._front.get(name) if self._front else None
        return None if held is None else SessionLabel.parse(held)

    def _in_file(self, name: str) -> SessionLabel | None:
        """The label of the session in the file ``name``. An invalid file is removed."""
        data = self._state_dir.read(name)
        if data is None:
            return None
        label = SessionLabel.parse(data)
        if label is None or name != _PREFIX + label.digest:
            self._state_dir.remove(name)
            return None
        return label

    def _all_files(self) -> Iterator[SessionLabel]:
        for name in self._state_dir.names(_PREFIX):
            label = None
            with self._noting_errors():
                label = self._in_file(name)
            if label:
                yield label

    def _should_go(self, name: str, wanted: dict[str, str]) -> bool:
        if not wanted or name.startswith("."):
            return True
        try:
            label = self._in_file(name)
        except ConfigurationError:  # it can never be read
            return True
        return label is not None and label.matches(wanted)

    # -- keeping ---------------------------------------------------------------------------

    def _keep(self, key: SessionKey, session: Session) -> None:
        now = self._clock()
        if session.expiration is None or session.expiration <= now:
            return
        label = SessionLabel.of(key, made=now, expiration=session.expiration)
        plain = plain_text(session)
        self._keep_in_kernel(label, plain)
        with self._noting_errors():
            self._sweep()
            name = _PREFIX + key.digest
            sealing_key = self._opened_sealing_key()
            if sealing_key is None:
                # An older one would come back once the kernel has dropped this one.
                self._state_dir.remove(name)
            else:
                self._state_dir.write(name, seal(label, plain, sealing_key))

    def _keep_in_kernel(self, label: SessionLabel, plain: bytes) -> None:
        if self._front:
            seconds = label.expiration - self._clock()
            name = KernelKeyring.SESSION + label.digest
            self._front.put(name, label.raw + plain, end=label.expiration, seconds=seconds)

    def _sweep(self) -> None:
        """Remove the files of sessions that have expired."""
        for label in self._all_files():
            if label.expiration <= self._clock():
                self._state_dir.remove(_PREFIX + label.digest)

    # -- sealing ---------------------------------------------------------------------------

    def _opened_sealing_key(self) -> bytes | None:
        """The sealing key; None if there is none. The secret store is asked only once."""
        if self._sealing_key is None and not self._unsealable:
            try:
                self._sealing_key = self._ask_for_sealing_key()
            except AwscredsError as error:
                self._unsealable = True
                self._note(f"awscreds cannot cache sessions in a file: {error.message}")
        return self._sealing_key

    # -- waiting and notes ---------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self, key: SessionKey) -> Iterator[None]:
        """Hold the lock of ``key``. If locks are impossible, go on without."""
        profile = key.facts["profile"]
        waited = 0.0

        def wait(seconds: float) -> None:
            nonlocal waited
            waited += seconds
            if waited > 1:
                self._note(
                    f"waiting: another awscreds process is creating the session of {profile!r} "
                    "(maybe it is asking for an MFA code)"
                )
            self._sleep(seconds)

        lock = self._state_dir.lock(_PREFIX + key.digest, deadline=self._patience, sleep=wait)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(lock)
            except ConfigurationError as error:
                self._note(f"awscreds cannot share sessions with other processes: {error.message}")
            except AwscredsError:
                raise AwscredsError(
                    f"another awscreds process is creating the session of {profile!r} and did "
                    f"not finish within {self._patience:.0f} seconds",
                    code="session-busy",
                    hint="answer its question or stop it, then run this again",
                ) from None
            yield

    @contextlib.contextmanager
    def _noting_errors(self) -> Iterator[None]:
        """Make a note of an error, and go on."""
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

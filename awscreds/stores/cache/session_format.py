r"""A cached session as bytes: its label, and its credentials, sealed.

The file of a session holds, one after the other::

    awscreds session\n
    {"version": 1, "digest": "…", "profile": "…", …}\n
    the nonce (12 bytes), and AES-256-GCM of a JSON object with the credentials

The two lines, which hold no secret, are authenticated together with the ciphertext. The digest in
them is that of the session's key, so we notice a file that replaces another.

If the profile was renamed since, a line before them has its name now. It needs no secret store, and
is not authenticated: the name is only shown.
"""

from __future__ import annotations

import contextlib
import json
import os

from awscreds.errors import EntryMissing, SecretStoreError
from awscreds.model.credentials import Session
from awscreds.stores.aes_gcm import aes_gcm, decrypted
from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.state_dir import StateDir

SESSION_CACHE_KEY = "session-cache-key"
"""The kind of the secret store's entry that holds the sealing key, and its id."""
MINIMUM = 300
"""Seconds that a session must still have left to be used again."""

_MAGIC = b"awscreds session\n"
_RENAMED = b"awscreds profile "
_VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_FACTS = ("profile", "access_key_id", "role", "serial")
# If the clock was set back by more than this since a session was made, its end is unknown.
_CLOCK_MARGIN = 60
_END_OF_TIME = 2**36


class StsParameters:
    """The parameters of the STS call that makes a session; None for what the call does not have."""

    __slots__ = ("duration", "external_id", "role", "serial", "session_name")

    def __init__(
        self,
        *,
        serial: str | None = None,
        role: str | None = None,
        external_id: str | None = None,
        session_name: str | None = None,
        duration: int | None = None,
    ) -> None:
        self.serial = serial
        self.role = role
        self.external_id = external_id
        self.session_name = session_name
        self.duration = duration


class SessionScope:
    """Where a session is valid, and for whom it is cached.

    ``partition`` and ``endpoint`` are those of the STS that makes it. ``files`` are the paths of
    both AWS files, ``state_path`` is that of our state folder. ``backend`` is the secret store that
    the environment names.
    """

    __slots__ = ("backend", "endpoint", "files", "partition", "state_path")

    def __init__(
        self,
        *,
        partition: str | None = None,
        endpoint: str | None = None,
        files: tuple[str, ...] = (),
        state_path: str = "",
        backend: str | None = None,
    ) -> None:
        self.partition = partition
        self.endpoint = endpoint
        self.files = files
        self.state_path = state_path
        self.backend = backend


class SessionKey:
    """Everything that shapes a session. Equal keys, and no others, have the same ``digest``.

    ``access_key_id`` is the ID of the long-lived key at the beginning, or says what else is there
    (``ec2``), and then ``identity`` says whose credentials those are. ``source`` is the key of the
    session that makes this one. The profile is only shown to people: one session serves all
    profiles that would make the same one.
    """

    __slots__ = ("digest", "facts")

    def __init__(
        self,
        *,
        profile: str,
        access_key_id: str,
        identity: str | None = None,
        parameters: StsParameters | None = None,
        scope: SessionScope | None = None,
        source: SessionKey | None = None,
    ) -> None:
        asked = parameters or StsParameters()
        where = scope or SessionScope()
        # The order is a format: another one would make every cached session unknown.
        shape: tuple[object, ...] = (
            access_key_id,
            asked.serial,
            asked.role,
            asked.external_id,
            asked.session_name,
            asked.duration,
            None,  # room for a session policy
            identity,
            where.partition,
            where.endpoint,
            where.files,
            where.state_path,
            where.backend,
            source.digest if source else None,
        )
        self.digest: str = digest(json.dumps(shape).encode("ascii")).hex()
        self.facts: dict[str, str | None] = {
            "profile": profile,
            "access_key_id": access_key_id,
            "role": asked.role,
            "serial": asked.serial,
        }


class SessionLabel:
    """The lines before a session: whose it is and how long it lasts.

    ``raw`` are their bytes, and ``rest`` the bytes of the session. ``sealed`` are the lines that
    are authenticated with it: those before the profile was renamed.
    """

    __slots__ = ("digest", "expiration", "facts", "made", "raw", "rest", "sealed")

    def __init__(self, raw: bytes, document: dict[str, Any], rest: bytes = b"") -> None:
        self.raw = self.sealed = raw
        self.rest = rest
        self.digest: str = document["digest"]
        self.made: float = document["made"]
        self.expiration: float = document["expiration"]
        self.facts: dict[str, str | None] = {name: document[name] for name in _FACTS}

    @classmethod
    def of(cls, key: SessionKey, *, made: float, expiration: float) -> SessionLabel:
        """The label of a session of ``key``. Both times are seconds since the epoch."""
        return cls._of(key.digest, key.facts, made=made, expiration=expiration)

    @classmethod
    def _of(
        cls, digest: str, facts: dict[str, str | None], *, made: float, expiration: float
    ) -> SessionLabel:
        times = {"made": made, "expiration": expiration}
        document = {"version": _VERSION, "digest": digest, **facts, **times}
        return cls(_MAGIC + json.dumps(document).encode("ascii") + b"\n", document)

    def renamed(self, profile: str) -> SessionLabel:
        """The label of the same session, for the profile of another name."""
        facts = {**self.facts, "profile": profile}
        label = self._of(self.digest, facts, made=self.made, expiration=self.expiration)
        label.sealed, label.rest = self.sealed, self.rest
        return label

    def file_renamed(self, profile: str) -> bytes:
        """The content of its file, for the profile of another name."""
        name = json.dumps(profile).encode("ascii")
        return _RENAMED + name + b"\n" + self.sealed + self.rest

    @classmethod
    def parse(cls, data: bytes) -> SessionLabel | None:
        """The label at the beginning of ``data``; None if there is no valid one."""
        if not data.startswith(_RENAMED):
            return cls._parse(data)
        line, _, data = data.partition(b"\n")
        try:
            profile = json.loads(line.removeprefix(_RENAMED))
        except (ValueError, RecursionError):
            return None
        label = cls._parse(data)
        return label.renamed(profile) if label and isinstance(profile, str) else None

    @classmethod
    def _parse(cls, data: bytes) -> SessionLabel | None:
        end = data.find(b"\n", len(_MAGIC)) + 1
        if not data.startswith(_MAGIC) or not end:
            return None
        try:
            document = json.loads(data[len(_MAGIC) : end])
            if document["version"] != _VERSION:
                return None
            label = cls(data[:end], document, data[end:])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return label if _is_sound(document) else None

    def lasts(self, now: float, minimum: float) -> bool:
        """Whether ``minimum`` seconds are left, and the clock was not set back.

        Half of its life is enough if that is less, down to MINIMUM: a session of 15 minutes would
        otherwise be made again at every start.
        """
        enough = min(minimum, max(MINIMUM, (self.expiration - self.made) / 2))
        return self.expiration - now >= enough and now >= self.made - _CLOCK_MARGIN

    def matches(self, wanted: dict[str, str]) -> bool:
        """Whether every fact in ``wanted`` is the session's own."""
        return all(self.facts[name] == value for name, value in wanted.items())

    def session(self, plain: bytes) -> Session | None:
        """The session, from its credentials as JSON; None if they are invalid."""
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


def plain_text(session: Session) -> bytes:
    """The credentials of ``session``, in the form that ``SessionLabel.session`` reads."""
    fields = {"id": session.id, "secret": session.secret, "token": session.token}
    return json.dumps(fields).encode("ascii")


def seal(label: SessionLabel, plain: bytes, key: bytes) -> bytes:
    """The content of the file of a session with the credentials ``plain``."""
    nonce = os.urandom(_NONCE_BYTES)
    return label.raw + nonce + aes_gcm(key).encrypt(nonce, plain, label.raw)


def unseal(label: SessionLabel, key: bytes) -> bytes:
    """The credentials after the label of a file; empty if they were manipulated."""
    nonce, ciphertext = label.rest[:_NONCE_BYTES], label.rest[_NONCE_BYTES:]
    try:
        return decrypted(key, nonce, ciphertext, label.sealed) or b""
    except ValueError:  # a nonce cut short
        return b""


def sealing_key(store: SecretStore, state_dir: StateDir, entry: str = SESSION_CACHE_KEY) -> bytes:
    """The key in ``entry`` of ``store``, which is made if there is none.

    ``entry`` is the entry's kind and its ID. Only one of many processes makes it. Raises
    SecretStoreError (if the store is locked or absent) and what asking for a passphrase raises.
    """
    with contextlib.suppress(EntryMissing):
        return _stored_sealing_key(store, entry)
    with state_dir.lock(entry):
        with contextlib.suppress(EntryMissing):
            return _stored_sealing_key(store, entry)
        key = os.urandom(_KEY_BYTES)
        store.write(entry, entry, {"key": key.hex()})
        return key


def _stored_sealing_key(store: SecretStore, entry: str) -> bytes:
    text = store.read(entry, entry).get("key", "")
    with contextlib.suppress(ValueError):
        key = bytes.fromhex(text)
        if len(key) == _KEY_BYTES:
            return key
    raise SecretStoreError(
        f"the entry {entry} in {store.backend.describe()} was not written by awscreds, or is "
        "damaged",
        code="entry-broken",
    )

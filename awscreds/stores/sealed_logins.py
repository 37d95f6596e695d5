r"""Logins that awscreds made: sealed files, with their key in the secret store.

A login is too long for one entry of a keyring (Windows holds 1,280 characters), so the secret store
holds the key, and a file in the state folder holds the tokens, sealed with it::

    awscreds login\n
    {"version": 1, "id": "…", "session": "…", "start_url": "…", "region": "…", "ends": 0}\n
    the nonce (12 bytes), and AES-256-GCM of a JSON object: the fields of the AWS CLI's own file

The two lines hold no secret, and are authenticated together with the rest. So a cached session of a
role is found, by the ID of the login that made it, without the secret store being opened.
"""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache

from awscreds.errors import ConfigurationError
from awscreds.stores.aes_gcm import aes_gcm, decrypted
from awscreds.stores.fingerprints import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.stores.files import FileLock
    from awscreds.stores.state_dir import StateDir

LOGIN_KEY = "login-key"
"""The kind of the secret store's entry that holds the key of all logins, and its ID."""

_PREFIX = "login-"
_MAGIC = b"awscreds login\n"
_VERSION = 1
_NONCE_BYTES = 12
_FACTS = ("id", "session", "start_url", "region")
_LOCK_DEADLINE = 60.0

ROOM = 1 << 14
"""Bytes that a login may need on the disk: its tokens and its registration, with room to spare."""


class LoginLabel:
    """What is known about a login without its tokens.

    ``login_id`` is another one at each login. ``session`` is the name of the sso-session, empty for
    a profile without one. ``ends`` is when nobody is logged in any more (seconds UTC, estimated: an
    administrator may end it earlier). A session of ``aws login`` has its ARN for the start URL.
    """

    __slots__ = ("ends", "login_id", "raw", "region", "rest", "session", "start_url")

    def __init__(self, raw: bytes, document: dict[str, Any], rest: bytes = b"") -> None:
        self.raw = raw
        self.rest = rest
        self.login_id: str = document["id"]
        self.session: str = document["session"]
        self.start_url: str = document["start_url"]
        self.region: str = document["region"]
        self.ends: float = document["ends"]

    @classmethod
    def of(
        cls, login_id: str, *, session: str, start_url: str, region: str, ends: float
    ) -> LoginLabel:
        document = {
            "version": _VERSION,
            "id": login_id,
            "session": session,
            "start_url": start_url,
            "region": region,
            "ends": ends,
        }
        return cls(_MAGIC + json.dumps(document).encode("ascii") + b"\n", document)

    @classmethod
    def parse(cls, data: bytes) -> LoginLabel | None:
        """The label at the beginning of ``data``; None if there is no valid one."""
        end = data.find(b"\n", len(_MAGIC)) + 1
        if not data.startswith(_MAGIC) or not end:
            return None
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            document = json.loads(data[len(_MAGIC) : end])
            if (
                document["version"] == _VERSION
                and all(isinstance(document[name], str) for name in _FACTS)
                and type(document["ends"]) in (int, float)
            ):
                return cls(data[:end], document, data[end:])
        return None

    @property
    def name(self) -> str:
        """What people call it: its sso-session, else its start URL."""
        return self.session or self.start_url


class SealedLogins:
    """The logins in one state folder. ``key`` returns the 32 bytes that seal them, or raises.

    It is asked for once: a keyring that is locked while somebody is at the browser loses no login.
    """

    def __init__(self, state_dir: StateDir, key: Callable[[], bytes]) -> None:
        self._state_dir = state_dir
        self._key = cache(key)

    def label(self, session: str | None, start_url: str) -> LoginLabel | None:
        """What is known about the login of this sso-session or start URL; None if there is none."""
        return self._label(_name(session, start_url))

    def labels(self) -> list[LoginLabel]:
        """All logins."""
        found = (self._label(name) for name in self._state_dir.names(_PREFIX))
        return [label for label in found if label is not None]

    def read(self, session: str | None, start_url: str) -> dict[str, Any] | None:
        """The tokens of a login, with the fields of the AWS CLI's file; None if there is none.

        Raises what opening the secret store raises. A file that was changed counts as none.
        """
        label = self.label(session, start_url)
        if label is None:
            return None
        nonce, sealed = label.rest[:_NONCE_BYTES], label.rest[_NONCE_BYTES:]
        with contextlib.suppress(ValueError, RecursionError):
            plain = decrypted(self._key(), nonce, sealed, label.raw)
            document = None if plain is None else json.loads(plain)
            return document if isinstance(document, dict) else None
        return None

    def write(self, label: LoginLabel, document: dict[str, Any]) -> None:
        """Keep a login, and read it back. Raises ConfigurationError, and what the store raises."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps(document).encode("ascii")
        name = _name(label.session, label.start_url)
        sealed = label.raw + nonce + aes_gcm(self._key()).encrypt(nonce, plain, label.raw)
        self._state_dir.write(name, sealed)
        if self.read(label.session, label.start_url) != document:
            raise ConfigurationError(
                f"{self._state_dir.file(name)} does not hold what was written to it",
                code="read-back",
            )

    def require_room(self, session: str | None, start_url: str) -> None:
        """Raise ConfigurationError unless a login could be written now."""
        self._state_dir.require_room(_name(session, start_url), ROOM)

    def remove(self, session: str | None, start_url: str) -> bool:
        """Forget a login; False if there was none."""
        return self._state_dir.remove(_name(session, start_url))

    def lock(self, session: str | None, start_url: str) -> FileLock:
        """The lock to hold while a login is changed."""
        return self._state_dir.lock(_name(session, start_url), deadline=_LOCK_DEADLINE)

    def require_key(self) -> None:
        """Open the secret store, and make the key if there is none. Raises if that fails."""
        self._key()

    def _label(self, name: str) -> LoginLabel | None:
        data = self._state_dir.read(name)
        label = LoginLabel.parse(data) if data is not None else None
        # A file that replaces another is not believed.
        return label if label and _name(label.session, label.start_url) == name else None


def _name(session: str | None, start_url: str) -> str:
    """By the name of the sso-session, else by the start URL, as the AWS CLI names its files."""
    text = f"session {session}" if session else f"start-url {start_url}"
    return _PREFIX + digest(text.encode(errors="surrogateescape")).hex()

"""Where logins are: sealed by awscreds, or in the files of the AWS CLI.

The CLI's files, their names and their fields belong to it and all SDKs. A token that was refreshed
is written back with everything else that was in its file. The sealed ones have the same fields.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time

from awscreds.errors import ConfigurationError
from awscreds.stores.files import FileLock, replace_file, stage_file
from awscreds.stores.locations import real_path
from awscreds.stores.open_files import discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from awscreds.stores.sealed_logins import SealedLogins

_MOST_BYTES = 1 << 20
_LOCK_DEADLINE = 60.0
_ROOM = 1 << 14
_READS, _PAUSE = 5, 0.02
"""The AWS CLI truncates a file and writes it again: so often it is read, so many seconds apart."""

_TOKENS = ("accessToken", "refreshToken")
_WAITS = 20
"""How many pauses long the tokens of another program are waited for: it has them already."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LoginFiles:
    """The logins of this user. ``environ`` says where the ones of ``aws login`` are.

    ``sealed`` are those that awscreds made.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        lock_folder: str | None = None,
        sealed: SealedLogins | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environ = environ
        self._sleep = sleep
        self._lock_folder = lock_folder
        self._sealed = sealed

    def places(self, session: str | None, start_url: str) -> list[LoginPlace]:
        """Where a login to IAM Identity Center may be: ours first, then the AWS CLI's."""
        path = self.sso_path(session, start_url)
        places: list[LoginPlace] = [CliPlace(self, path)]
        if self._sealed is not None:
            places.insert(0, SealedPlace(self._sealed, session, start_url))
        return places

    def login_places(self, login_session: str) -> list[LoginPlace]:
        """Where a session of ``aws login`` may be: ours first, then the AWS CLI's."""
        places: list[LoginPlace] = [CliPlace(self, self.login_path(login_session))]
        if self._sealed is not None:
            places.insert(0, SealedPlace(self._sealed, None, login_session))
        return places

    def sso_path(self, session: str | None, start_url: str) -> str:
        """The file of an SSO token, by the name of its ``sso-session``, else by its start URL.

        Never by the content of a file: other tools keep tokens of other scopes in the same folder.
        """
        from hashlib import sha1

        name = sha1(
            (session or start_url).encode(errors="surrogateescape"), usedforsecurity=False
        ).hexdigest()
        return os.path.join(_sso_folder(), f"{name}.json")

    def registration_path(
        self, session: str | None, start_url: str, region: str, scopes: Sequence[str]
    ) -> str:
        """The file in which the AWS CLI keeps its registration. ``scopes`` as the config has them.

        ``BaseSSOTokenFetcher._registration_cache_key`` in awscli/botocore/utils.py.
        """
        from hashlib import sha1

        facts = {
            "tool": "botocore",
            "startUrl": start_url,
            "region": region,
            "scopes": list(scopes) or None,
            "session_name": session,
        }
        text = json.dumps(facts, sort_keys=True)
        name = sha1(text.encode(), usedforsecurity=False).hexdigest()
        return os.path.join(_sso_folder(), f"{name}.json")

    def role_credentials_of_cli(self) -> list[str]:
        """The files in which the AWS CLI keeps credentials of roles, in plaintext."""
        folder = os.path.join(_home(), ".aws", "cli", "cache")
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
        except OSError:
            return []
        paths = [os.path.join(folder, name) for name in names]
        return [path for path in paths if (self.read(path) or {}).get("ProviderType") == "sso"]

    def login_path(self, login_session: str) -> str:
        """The file of a session of ``aws login``."""
        from hashlib import sha256

        folder = self._environ.get("AWS_LOGIN_CACHE_DIRECTORY")
        if folder is None:
            folder = os.path.join(_home(), ".aws", "login", "cache")
        name = sha256(login_session.encode(errors="surrogateescape")).hexdigest()
        return os.path.join(os.path.expanduser(os.path.expandvars(folder)), f"{name}.json")

    def read(self, path: str) -> dict[str, Any] | None:
        """The JSON object in ``path``; None if there is none, or it cannot be read."""
        for data in self._readings(path):
            with contextlib.suppress(ValueError, RecursionError):
                document = json.loads(data)
                return document if isinstance(document, dict) else None
        return None

    def pause(self) -> None:
        """Let another program write its file."""
        self._sleep(_PAUSE)

    def _readings(self, path: str) -> Iterator[bytes]:
        """What is in ``path``, again and again, as long as it may be written by another program."""
        # So that we do not wait for the writer of a pipe.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with contextlib.suppress(OSError):
            for number in range(_READS):
                if number:
                    self.pause()
                with open(os.open(path, flags), "rb") as file:
                    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                        return
                    yield file.read(_MOST_BYTES)

    def write(self, path: str, document: Mapping[str, Any]) -> None:
        """Replace ``path``, all or nothing, readable only by its owner. Raises OSError."""
        replace_file(real_path(path), json.dumps(document).encode("ascii"))

    def require_room(self, path: str) -> None:
        """Raise OSError unless ``path`` could be written now."""
        discard(stage_file(real_path(path), bytes(_ROOM))[0])

    def lock(self, path: str) -> FileLock:
        """The lock to hold while the login in ``path`` is refreshed."""
        return FileLock(path, folder=self._lock_folder, deadline=_LOCK_DEADLINE)


class LoginPlace:
    """Where one login is kept, or would be.

    ``is_ours``: only awscreds uses it. ``name`` is what people call the place.
    """

    is_ours = False
    name = ""

    def read(self) -> dict[str, Any] | None:
        """The login; None if there is none. Raises what opening the secret store raises."""
        raise NotImplementedError

    def write(self, document: Mapping[str, Any]) -> None:
        """Keep a token that was refreshed. Raises OSError or AwscredsError."""
        raise NotImplementedError

    def require_room(self) -> None:
        """Raise ConfigurationError if the disk has no room for the login."""
        raise NotImplementedError

    def remove(self) -> bool:
        """Forget the login; False if there was none. Raises OSError or AwscredsError."""
        raise NotImplementedError

    def lock(self) -> FileLock:
        """The lock to hold while the login is refreshed."""
        raise NotImplementedError

    def is_gone(self) -> bool:
        """Whether a program that holds no lock has removed the login."""
        return False

    def replaced(self, login: Mapping[str, Any], *, wait: bool) -> dict[str, Any] | None:  # noqa: ARG002 - for the AWS CLI's file
        """What a program that holds no lock has put in the place of ``login``; None if none has.

        ``wait``: it may do so in a moment.
        """
        return None

    def identity(self) -> str | None:
        """What stays the same until somebody logs in or out; None if only the token says it."""
        return None


class CliPlace(LoginPlace):
    """A file of the AWS CLI."""

    def __init__(self, files: LoginFiles, path: str) -> None:
        self._files = files
        self.name = path

    def read(self) -> dict[str, Any] | None:
        return self._files.read(self.name)

    def write(self, document: Mapping[str, Any]) -> None:
        self._files.write(self.name, document)

    def require_room(self) -> None:
        try:
            self._files.require_room(self.name)
        except OSError as error:
            if error.errno in _FULL:  # what cannot be written for another reason serves us once
                raise ConfigurationError(
                    f"cannot write {self.name}: {error.strerror}",
                    code="disk-full",
                    hint="make room on the disk, then run this again",
                ) from None

    def remove(self) -> bool:
        try:
            os.remove(self.name)
        except FileNotFoundError:
            return False
        return True

    def lock(self) -> FileLock:
        return self._files.lock(self.name)

    def is_gone(self) -> bool:
        return not os.path.lexists(self.name)

    def replaced(self, login: Mapping[str, Any], *, wait: bool) -> dict[str, Any] | None:
        for number in range(_WAITS if wait else 1):
            if number:
                self._files.pause()
            there = self.read()
            if there is not None and any(there.get(each) != login.get(each) for each in _TOKENS):
                return there
        return None


class SealedPlace(LoginPlace):
    """A sealed login of awscreds."""

    is_ours = True
    name = "the secret store"

    def __init__(self, sealed: SealedLogins, session: str | None, start_url: str) -> None:
        self._sealed = sealed
        self._which = session, start_url

    def read(self) -> dict[str, Any] | None:
        return self._sealed.read(*self._which)

    def write(self, document: Mapping[str, Any]) -> None:
        label = self._sealed.label(*self._which)
        if label is not None:  # else somebody has logged out meanwhile
            self._sealed.write(label, dict(document))

    def require_room(self) -> None:
        self._sealed.require_room(*self._which)

    def remove(self) -> bool:
        return self._sealed.remove(*self._which)

    def lock(self) -> FileLock:
        return self._sealed.lock(*self._which)

    def identity(self) -> str | None:
        label = self._sealed.label(*self._which)
        return label.login_id if label else None


def _sso_folder() -> str:
    return os.path.join(_home(), ".aws", "sso", "cache")


def _home() -> str:
    return os.path.expanduser("~")

"""The logins that the AWS CLI keeps: SSO tokens in ``~/.aws/sso/cache``, and ``aws login``.

The files, their names and their fields belong to the CLI and all SDKs. A token that was refreshed
is written back with everything else that was in its file.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
"""

from __future__ import annotations

import json
import os
import stat

from awscreds.stores.files import FileLock, replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MOST_BYTES = 1 << 20
_LOCK_DEADLINE = 60.0


class LoginFiles:
    """The cached logins of this user. ``environ`` says where the ones of ``aws login`` are."""

    def __init__(self, environ: Mapping[str, str], *, lock_folder: str | None = None) -> None:
        self._environ = environ
        self._lock_folder = lock_folder

    def sso_path(self, session: str | None, start_url: str) -> str:
        """The file of an SSO token, by the name of its ``sso-session``, else by its start URL.

        Never by the content of a file: other tools keep tokens of other scopes in the same folder.
        """
        from hashlib import sha1

        name = sha1(
            (session or start_url).encode(errors="surrogateescape"), usedforsecurity=False
        ).hexdigest()
        return os.path.join(_home(), ".aws", "sso", "cache", f"{name}.json")

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
        try:
            # So that we do not wait for the writer of a pipe.
            fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with open(fd, "rb") as file:
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    return None
                document = json.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def write(self, path: str, document: Mapping[str, Any]) -> None:
        """Replace ``path``, all or nothing, readable only by its owner. Raises OSError."""
        replace_file(os.path.realpath(path), json.dumps(document).encode("ascii"))

    def lock(self, path: str) -> FileLock:
        """The lock to hold while the login in ``path`` is refreshed."""
        return FileLock(path, folder=self._lock_folder, deadline=_LOCK_DEADLINE)


def _home() -> str:
    return os.path.expanduser("~")

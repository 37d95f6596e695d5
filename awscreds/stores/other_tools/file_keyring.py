"""The folder in which 99designs/keyring keeps encrypted files: aws-vault's, and granted's.

One file for each entry, its name percent-encoded. Only a file of the user's own is read, and no
link: whoever could put one there would choose the keys that the user works with.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from urllib.parse import unquote

from awscreds.errors import AwscredsError, ConfigurationError, SecretStoreError, WrongPassphrase
from awscreds.model.other_tools import LARGEST, is_session
from awscreds.stores.files import fsync_folder, is_foreign
from awscreds.stores.other_tools import jwe
from awscreds.stores.other_tools.entry import (
    FILE,
    MOST_ENTRIES,
    Entry,
    Raw,
    Unreadable,
    entry_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_WORK = 20_000_000
"""Rounds of hashing for all files of a folder together: some seconds."""
_TRIED = 3
"""Files with which a passphrase that was typed is tried."""
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileKeyring:
    """The files of ``tool`` in ``folder``.

    ``passphrase`` is the one that the environment gives, None if it does not. Else ``ask`` asks for
    it: it takes the question, and what makes something of the answer or raises WrongPassphrase.
    ``variable`` is the name for messages.
    """

    tool: str
    folder: str
    variable: str
    passphrase: str | None
    ask: Callable[[str, Callable[[str], str]], str]

    def entries(self) -> Iterator[Entry | Unreadable]:
        """The keys, and what cannot be read. Nothing if there is no such folder."""
        tokens: dict[str, jwe.Token] = {}
        for path in self._paths():
            try:
                tokens[path] = jwe.parse(_content(path))
            except AwscredsError as error:
                yield Unreadable(self.tool, path, error)
            except OSError as error:
                yield Unreadable(self.tool, path, _system_error(error))
        if not tokens:
            return
        try:
            passphrase = self._passphrase(list(tokens.values()))
        except AwscredsError as error:
            yield Unreadable(self.tool, self.folder, error)
            return
        work = 0
        for path, token in tokens.items():
            work += token.iterations
            found = self._entry(path, token, passphrase if work <= _MOST_WORK else None)
            if found:
                yield found

    def _paths(self) -> Iterator[str]:
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:  # this tool keeps no files here
            return
        names = [name for name in names if not is_session(_name(name))]
        for name in names[:MOST_ENTRIES]:
            yield os.path.join(self.folder, name)

    def _passphrase(self, tokens: list[jwe.Token]) -> str:
        cheapest = sorted(tokens, key=lambda token: token.iterations)[:_TRIED]
        if self.passphrase is not None:
            return self.passphrase

        def check(typed: str) -> str:
            if not any(_opens(token, typed) for token in cheapest):
                raise WrongPassphrase(f"this passphrase does not open the files in {self.folder}")
            return typed

        try:
            return self.ask(f"Passphrase of {self.tool} for {self.folder}: ", check)
        except AwscredsError as error:
            raise error.because(
                hint=f"set {self.variable}, or run this again in a terminal"
            ) from None

    def _entry(
        self, path: str, token: jwe.Token, passphrase: str | None
    ) -> Entry | Unreadable | None:
        try:
            if passphrase is None:
                raise SecretStoreError(
                    "it was not read: together, the files in this folder need too much hashing",
                    code="entry-broken",
                )
            item = jwe.decrypt(token, passphrase)
        except WrongPassphrase as error:
            hint = f"check {self.variable}" if self.passphrase is not None else None
            return Unreadable(self.tool, path, error.because(hint=hint))
        except AwscredsError as error:
            return Unreadable(self.tool, path, error)
        name = _name(os.path.basename(path))
        raw = Raw(name, item, is_item=True, remove=lambda: _remove(path, token))
        return entry_of(self.tool, path, FILE, raw)


def _name(file_name: str) -> str:
    return unquote(file_name, errors="surrogateescape")


def _opens(token: jwe.Token, passphrase: str) -> bool:
    with contextlib.suppress(AwscredsError):
        jwe.decrypt(token, passphrase)
        return True
    return False


def _content(path: str) -> bytes:
    """All of a file of the user's own. Raises SecretStoreError, OSError."""
    found = os.lstat(path)
    if _is_link(found) or not stat.S_ISREG(found.st_mode):
        raise SecretStoreError(
            "it is a link or not a file, so it was not read", code="unsafe-entry"
        )
    fd = os.open(path, os.O_RDONLY | _FLAGS)
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or _is_of_others(found, fd):
            raise SecretStoreError(
                "it does not belong to you, so it was not read", code="unsafe-entry"
            )
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SecretStoreError(
            f"it has more than {LARGEST:,} bytes, so it is not an access key", code="entry-broken"
        )
    return data


def _is_link(found: os.stat_result) -> bool:
    if sys.platform == "win32":
        from awscreds.stores.windows_files import is_link

        return is_link(found)
    return stat.S_ISLNK(found.st_mode)


def _is_of_others(found: os.stat_result, fd: int) -> bool:
    if sys.platform == "win32":
        from awscreds.stores.access_lists import WRITE
        from awscreds.stores.windows_acl import why_others

        return why_others(fd, WRITE) is not None
    return is_foreign(found)


def _remove(path: str, token: jwe.Token) -> None:
    """Delete the file, if it still is what was read. Raises AwscredsError."""
    try:
        if jwe.parse(_content(path)) != token:
            raise ConfigurationError(f"{path} has changed since it was read", code="entry-changed")
        os.unlink(path)
        fsync_folder(os.path.dirname(path))
    except OSError as error:
        raise _system_error(error) from None


def _system_error(error: OSError) -> SecretStoreError:
    return SecretStoreError(
        f"it cannot be read or deleted: {error.strerror or type(error).__name__}", code="unreadable"
    )

"""Which AWS config files point to stored entries: the store is shared by all of them.

One user has several config files (work and private, one per project) and one store. Before a
pointer is set, we record with the entry which file points to it. Before a secret is erased, we read
each of these files again, and the files in use and the default ones. No command writes a pointer to
a credentials file, but one that somebody moved there counts like any other. Of an entry in the OS
keyring, what the user's other state folders have recorded counts, too (``stores/homes``).
"""

from __future__ import annotations

import contextlib
import os
import threading

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import POINTER
from awscreds.model.text import quoted
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.locations import file_paths, real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir

_LOCK = "pointers"


class Pointer:
    """A pointer to an entry: the profile's name, the file, and the line from 1.

    ``in_config``: the file is a config file, not a credentials file.
    """

    __slots__ = ("in_config", "line", "path", "profile")

    def __init__(self, path: str, line: int, profile: str, *, in_config: bool = True) -> None:
        self.path = path
        self.line = line
        self.profile = profile
        self.in_config = in_config

    def __str__(self) -> str:
        return f"{self.profile} ({self.path}:{self.line})"


class Pointers:
    """The pointers to entries. ``files`` are the AWS files in use."""

    def __init__(self, state_dir: StateDir, state: State, files: AwsFiles) -> None:
        self._state_dir = state_dir
        self._state = state
        self._files = files
        self._mine = threading.RLock()
        self._depth = 0

    @property
    def current(self) -> str:
        """The config file in use, by its real path."""
        return real_path(self._files.config_path)

    @property
    def in_use(self) -> tuple[str, str]:
        """Both files in use, by their real paths."""
        return self.current, real_path(self._files.credentials_path)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """A lock: no other awscreds sets a pointer or erases an unused entry while it is held.

        It is taken before the locks of the AWS files and of the store, and may be nested.
        """
        with self._mine, contextlib.ExitStack() as stack:
            if self._depth == 0:
                stack.enter_context(self._state_dir.lock(_LOCK))
                self._state.forget_what_was_read()
            self._depth += 1
            stack.callback(self._let_go)
            yield

    def _let_go(self) -> None:
        self._depth -= 1

    @contextlib.contextmanager
    def pointing_to(self, entry_id: str, path: str | None = None) -> Iterator[None]:
        """For an edit that makes a config file (the one in use, or ``path``) point to it."""
        with self.held():
            for name in _names(path or self._files.config_path):
                self._state.note_file(entry_id, name, _device(name))
            yield

    def no_longer_in_use(self, entry_ids: Iterable[str]) -> None:
        """After an edit: forget that the config file in use points to them, if it does not.

        Else the file would count as unreadable once its last profile is gone, and it is empty.
        """
        with self.held():
            for entry_id in entry_ids:
                if not _read(self.current, entry_id, in_config=True):
                    for name in _names(self._files.config_path):
                        self._state.drop_file(entry_id, name)

    def find(self, entry_id: str) -> list[Pointer]:
        """Every pointer to ``entry_id``.

        Raises ConfigurationError if a file that may have one cannot be read.
        """
        found, problems = self.look(entry_id)
        if problems:
            raise problems[0]
        return found

    def look(self, entry_id: str) -> tuple[list[Pointer], list[ConfigurationError]]:
        """Every pointer to ``entry_id`` that can be read, and the errors that hide others."""
        found: dict[tuple[str, int], Pointer] = {}
        noted, problems = self._noted(entry_id)
        config, credentials = file_paths({})
        places = [(path, True) for path in (self._files.config_path, config, *noted)]
        places += [(path, False) for path in (self._files.credentials_path, credentials)]
        for path, in_config in dict.fromkeys(places):
            try:
                if in_config and path in noted:
                    _require_readable(path, noted[path])
                for pointer in _read(real_path(path), entry_id, in_config=in_config):
                    found.setdefault((pointer.path, pointer.line), pointer)
            except ConfigurationError as error:
                problems.append(error)
        return list(found.values()), problems

    def _noted(self, entry_id: str) -> tuple[dict[str, int], list[ConfigurationError]]:
        """The files that may point to it by any of the user's state folders; see ``files_of``."""
        from awscreds.stores.homes import is_shared, others
        from awscreds.stores.secret_store import LEFT_IN
        from awscreds.stores.state import State

        noted, own = self._state.files_of(entry_id), self._state.entry(entry_id)
        places = [own.get("backend"), own.get(LEFT_IN)]
        if any(places) and not any(map(is_shared, places)):
            return noted, []
        try:
            states = [State(home) for home in others(self._state_dir)]
            for state in states:
                if is_shared(state.entry(entry_id).get("backend")):
                    noted = {**state.files_of(entry_id), **noted}
        except ConfigurationError as error:
            return noted, [error]
        return noted, []

    def other_configs(self) -> list[str]:
        """The config files that we know, by their real paths, without the one in use."""
        noted = [path for entry_id in self._state.ids() for path in self._state.files_of(entry_id)]
        real = map(real_path, [file_paths({})[0], *noted])
        return [path for path in dict.fromkeys(real) if path != self.current]

    def elsewhere(self, entry_id: str) -> list[Pointer]:
        """The pointers in files that are not in use. Raises as ``find``."""
        return [pointer for pointer in self.find(entry_id) if pointer.path not in self.in_use]

    def erase(self, store: SecretStore, entry_id: str) -> bool:
        """Erase a stored secret that nothing points to; False if there was none.

        Secrets are erased only here. Raises ConfigurationError if something points to it, or may
        point to it.
        """
        with self.held():
            self.require_none(entry_id)
            return store.erase(entry_id)

    def require_none(self, entry_id: str) -> None:
        """Raise ConfigurationError if something points to ``entry_id``, or may point to it."""
        found, problems = self.look(entry_id)
        if found:
            raise ConfigurationError(
                f"the stored secret of {entry_id} is used by {', '.join(map(str, found))}",
                code="key-in-use",
                hint=f"first give the profile another key: {_configure(found[0], self.current)}"
                if found[0].in_config
                else "remove that line, or move it to the config file",
            )
        if problems:
            raise problems[0]

    def release(self, path: str) -> list[str]:
        """Forget which entries a file uses that cannot be read. Returns their IDs.

        Raises ConfigurationError if it can be read: then its content counts.
        """
        with self.held():
            noted = [
                (entry_id, name)
                for entry_id in self._state.ids()
                for name in _names(path)
                if name in self._state.files_of(entry_id)
            ]
            for entry_id, name in noted:
                if _can_be_read(name, self._state.files_of(entry_id)[name]):
                    raise ConfigurationError(
                        f"nothing was changed: {name} can be read, so its profiles still use their "
                        "secrets",
                        code="config-readable",
                        hint="remove the profiles from this file, or give them other keys: "
                        f"{_with_file(name, 'awscreds configure --profile NAME')}",
                    )
            for entry_id, name in noted:
                self._state.drop_file(entry_id, name)
        return list(dict.fromkeys(entry_id for entry_id, _ in noted))


def _names(path: str) -> list[str]:
    """The real path of a file, and before it the given one if a link may lead elsewhere later."""
    return list(dict.fromkeys([os.path.abspath(path), real_path(path)]))


def _can_be_read(path: str, device: int) -> bool:
    try:
        _require_readable(path, device)
        _read(path, "", in_config=True)
    except ConfigurationError:
        return False
    return True


def _require_readable(path: str, device: int) -> None:
    """An absent file was deleted if its folder exists, on the same disk as before."""
    reason = None
    if not os.path.lexists(path):
        if not os.path.isdir(os.path.dirname(path)):
            reason = "its folder is missing; is its disk mounted?"
        elif _device(path) != device:
            reason = (
                "it is missing, and its folder is now on another disk; is the right disk mounted?"
            )
    elif os.path.isfile(path) and os.path.getsize(path) == 0:
        reason = "it is empty; is another program writing it?"
    if reason:
        raise _unreadable(path, reason)


def _read(path: str, entry_id: str, *, in_config: bool) -> list[Pointer]:
    try:
        if in_config:
            document = AwsFiles(path, os.devnull).load().config
        else:
            document = AwsFiles(os.devnull, path).load().credentials
    except ConfigurationError as error:
        raise _unreadable(path, error.message, in_config=in_config) from None
    return [
        Pointer(path, found.line, found.section[1], in_config=in_config)
        for found in document.definitions(POINTER)
        if found.text == entry_id
    ]


def _device(path: str) -> int:
    """The disk of the folder of ``path``; 0 if it cannot be found out."""
    try:
        return os.stat(os.path.dirname(path)).st_dev
    except OSError:
        return 0


def _unreadable(path: str, reason: str, *, in_config: bool = True) -> ConfigurationError:
    release = f"; or, if it no longer exists: awscreds store release {quoted(path)}"
    return ConfigurationError(
        f"the {'config' if in_config else 'credentials'} file {path} may use this "
        f"stored secret, but cannot be read: {reason}",
        code="config-unreadable",
        hint=f"make the file readable{release if in_config else ''}",
    )


def _configure(pointer: Pointer, current: str) -> str:
    command = f"awscreds configure --profile {quoted(pointer.profile)}"
    return command if pointer.path == current else _with_file(pointer.path, command)


def _with_file(path: str, command: str) -> str:
    """How to run a command with another config file."""
    from awscreds.calling_shell import line_with_variable

    return line_with_variable("AWS_CONFIG_FILE", path, command)

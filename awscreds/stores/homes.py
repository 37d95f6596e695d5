"""The state folders of one user. The OS keyring is shared by all of them, a vault is not.

Who has several (AWSCREDS_HOME) has several files that say which config file uses which secret. So a
folder other than the default one is recorded in the default one before a keyring gets its secrets.
"""

from __future__ import annotations

import contextlib
import json
import os

from awscreds.errors import ConfigurationError
from awscreds.stores.locations import real_path, state_path
from awscreds.stores.state_dir import StateDir

FILE = "homes.json"
_SHARED = ("keyring",)


def is_shared(backend: object) -> bool:
    """Whether all state folders of a user have the same entries in the backend of that name."""
    return backend in _SHARED


def announce(own: StateDir) -> None:
    """Let the user's other state folders know of ``own``.

    Without a home that can be written there are hardly others, so that is no error.
    """
    default, path = StateDir(state_path({})), real_path(own.path)
    if path == real_path(default.path):
        return
    with contextlib.suppress(ConfigurationError):
        if path in _read(default):
            return
        with default.lock(FILE):
            homes = [*_read(default), path]
            default.write(FILE, json.dumps({"homes": homes}, indent=1).encode() + b"\n")


def others(own: StateDir) -> list[StateDir]:
    """The user's other state folders, the default one first.

    Raises ConfigurationError if that cannot be read, or if the disk of one seems to be missing.
    """
    default = StateDir(state_path({}))
    listed = [path for path in _read(default) if path != real_path(own.path)]
    for path in listed:
        if not os.path.isdir(path) and not os.path.isdir(os.path.dirname(path)):
            raise ConfigurationError(
                f"the state folder {path} may use this stored secret, but cannot be read: the "
                "folder above it is missing; is its disk mounted?",
                code="home-unreadable",
                hint="mount the disk; or, if the folder no longer exists, remove its line from "
                f"{default.file(FILE)}",
            )
    is_default = real_path(default.path) == real_path(own.path)
    return [*([] if is_default else [default]), *map(StateDir, listed)]


def _read(default: StateDir) -> list[str]:
    data = default.read(FILE)
    if data is None:
        return []
    homes = None
    with contextlib.suppress(ValueError, RecursionError, LookupError, TypeError):
        homes = json.loads(data)["homes"]
    if not isinstance(homes, list) or not all(isinstance(path, str) for path in homes):
        from awscreds.stores.remedies import to_rename

        path = default.file(FILE)
        raise ConfigurationError(
            f"{path} is damaged: it is not the JSON that awscreds writes",
            code="state-damaged",
            hint=f"rename it: {to_rename(path, '.damaged')}",
        )
    return homes

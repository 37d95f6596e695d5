"""What migrations took from the AWS files, so that it can be brought back. It holds no secret.

A file in our state folder for each pair of AWS files, with an entry for each profile whose key
moved, the latest last.
"""

from __future__ import annotations

import contextlib
import json

from awscreds.errors import ConfigurationError
from awscreds.stores.fingerprints import digest
from awscreds.stores.locations import real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.state_dir import StateDir

_VERSION = 1


class MigrationRecord:
    """The record for the AWS files ``files``."""

    def __init__(self, state_dir: StateDir, files: AwsFiles) -> None:
        paths = (files.config_path, files.credentials_path)
        real = "\0".join(map(real_path, paths)).encode("utf-8", "surrogateescape")
        self._state_dir = state_dir
        self._name = f"migrated-{digest(real).hex()}.json"

    def lock(self) -> AbstractContextManager[object]:
        """Held by the only process that migrates these files."""
        return self._state_dir.lock(self._name)

    def read(self) -> list[dict[str, Any]]:
        """The entries. Raises ConfigurationError for a file that we did not write."""
        data = self._state_dir.read(self._name)
        if data is None:
            return []
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(data)
            if isinstance(found, dict) and found.get("version") == _VERSION:
                entries = found.get("profiles")
                if isinstance(entries, list) and all(isinstance(each, dict) for each in entries):
                    return entries
        from awscreds.stores.remedies import to_rename

        path = self._state_dir.file(self._name)
        raise ConfigurationError(
            f"{path} is damaged, or another version of awscreds wrote it",
            code="record-damaged",
            hint=f"rename it (then keys come back as new lines): {to_rename(path, '.damaged')}",
        )

    def write(self, entries: list[dict[str, Any]]) -> None:
        """Replace all entries, and return when they are on disk."""
        if not entries:
            self._state_dir.remove(self._name)
            return
        document = {"version": _VERSION, "profiles": entries}
        self._state_dir.write(self._name, json.dumps(document, indent=1).encode() + b"\n")

    def rename_profile(self, old: str, new: str) -> None:
        """Let the entries of ``old`` be about ``new``; their keys come back as new lines then.

        The lines that were recorded name ``old``.
        """
        with self.lock():
            entries = self.read()
            self.write([_renamed(each, old, new) for each in entries])


def _renamed(entry: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    names = {key: new for key in ("profile", "target") if entry.get(key) == old}
    return {**entry, **names, "config": None, "credentials": None} if names else entry

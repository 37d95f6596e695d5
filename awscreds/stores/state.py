"""What awscreds remembers between runs: the chosen store, and the entries that it made.

Keyrings cannot list their entries, so the IDs (never a secret) are recorded here. The file is only
a help: without it, entries are still found through the config file.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.light import loads
from awscreds.warm import STATE_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.stores.state_dir import StateDir

VERSION = 1
FILES = "files"
"""The config files that may point to an entry, among its facts."""

MOST_DELETED = 500
"""Deleted access keys that are remembered: the last ones."""

_TEXTS = ("kind", "backend", "account", "arn", "stored_at", "created_at", "user_id", "endpoint")
"""Facts of an entry that must be texts. Any other value is ignored."""


class State:
    """The file ``state.json`` of the state folder, read once and changed under its lock."""

    def __init__(self, state_dir: StateDir) -> None:
        self._state_dir = state_dir
        self._document: dict[str, Any] | None = None

    @property
    def backend(self) -> str | None:
        """The name of the backend that new entries go to; None before the first one."""
        return self._text(self._read().get("backend"))

    @property
    def keyring_class(self) -> str | None:
        """The concrete class of the OS keyring that we found and trust."""
        return self._text(self._read().get("keyring_class"))

    def choose(self, backend: str) -> None:
        """Store new entries in ``backend`` from now on."""
        if self.backend != backend:
            self._change(lambda document: document.update(backend=backend))

    def remember_keyring(self, class_name: str) -> None:
        """Load this keyring class by name from now on."""
        if self.keyring_class != class_name:
            self._change(lambda document: document.update(keyring_class=class_name))

    def add(self, entry_id: str, kind: str, backend: str) -> None:
        """Record that ``backend`` holds ``entry_id``."""
        self._announce(backend)
        entry = self.entry(entry_id)
        if (entry.get("kind"), entry.get("backend")) != (kind, backend):
            self.note(entry_id, kind=kind, backend=backend)

    def note(self, entry_id: str, **facts: str) -> None:
        """Record facts of an entry: ``account``, ``arn``, ``stored_at`` (ISO 8601, UTC)…."""

        def change(document: dict[str, Any]) -> None:
            document.setdefault("entries", {}).setdefault(entry_id, {}).update(facts)

        self._change(change)

    def note_file(self, entry_id: str, path: str, device: int) -> None:
        """Record that the config file ``path``, in a folder on ``device``, may point to it."""

        def change(document: dict[str, Any]) -> None:
            entry = document.setdefault("entries", {}).setdefault(entry_id, {})
            files = entry.get(FILES)
            entry[FILES] = {**(files if isinstance(files, dict) else {}), path: device}

        self._announce(self.entry(entry_id).get("backend"))
        if self.files_of(entry_id).get(path) != device:
            self._change(change)

    def drop_file(self, entry_id: str, path: str) -> None:
        """Forget that ``path`` may point to ``entry_id``."""

        def change(document: dict[str, Any]) -> None:
            document["entries"][entry_id][FILES].pop(path, None)

        if path in self.files_of(entry_id):
            self._change(change)

    def files_of(self, entry_id: str) -> dict[str, int]:
        """The config files that may point to ``entry_id``, each with the device of its folder."""
        found = self._entries().get(entry_id)
        files = found.get(FILES) if isinstance(found, dict) else None
        if not isinstance(files, dict):
            return {}
        return {path: device if isinstance(device, int) else 0 for path, device in files.items()}

    def renew(self) -> None:
        """Write the file again: no response that rests on it is given any more (``warm``)."""
        self._change(lambda _document: None)

    def forget_what_was_read(self) -> None:
        """Read the file again: another process may have changed it."""
        self._document = None

    def remove(self, entry_id: str) -> None:
        """Forget ``entry_id``."""
        if self.entry(entry_id):
            self._change(lambda document: document.get("entries", {}).pop(entry_id, None))

    def entry(self, entry_id: str) -> dict[str, str]:
        """The recorded facts of ``entry_id``; empty if there are none."""
        found = self._entries().get(entry_id)
        if not isinstance(found, dict):
            return {}
        return {
            fact: value
            for fact, value in found.items()
            if fact != FILES and (isinstance(value, str) or fact not in _TEXTS)
        }

    def ids(self, kind: str | None = None) -> list[str]:
        """The recorded IDs, of one kind or of all."""
        entries = self._entries()
        return [name for name in entries if kind is None or self.entry(name).get("kind") == kind]

    def is_deleted(self, key_id: str) -> bool:
        """Whether awscreds has deleted this access key at AWS, as far as that is remembered."""
        return key_id in self._deleted(self._read())

    def note_deleted(self, key_id: str) -> None:
        """Record that this access key is deleted at AWS, for good."""

        def change(document: dict[str, Any]) -> None:
            others = [each for each in self._deleted(document) if each != key_id]
            document["deleted"] = [*others, key_id][-MOST_DELETED:]

        self._change(change)

    @staticmethod
    def _deleted(document: dict[str, Any]) -> list[object]:
        found = document.get("deleted")
        return found if isinstance(found, list) else []

    def warned_at(self, profile: str) -> float:
        """When the user was last warned about this profile's key, in seconds since the epoch."""
        found = self._read().get("warned", {})
        at = found.get(profile) if isinstance(found, dict) else None
        return float(at) if isinstance(at, int | float) else 0.0

    def note_warning(self, profile: str, now: float) -> None:
        """Record that the user was warned about this profile's key."""

        def change(document: dict[str, Any]) -> None:
            warned = document.get("warned")
            document["warned"] = {**(warned if isinstance(warned, dict) else {}), profile: now}

        self._change(change)

    def rename_profile(self, old: str, new: str) -> None:
        """Let what was recorded about the profile ``old`` be about ``new``."""

        def change(document: dict[str, Any]) -> None:
            warned = document.get("warned")
            if isinstance(warned, dict) and old in warned:
                warned[new] = warned.pop(old)

        if self.warned_at(old):
            self._change(change)

    def _announce(self, backend: str | None) -> None:
        from awscreds.stores.homes import announce, is_shared

        if is_shared(backend):
            announce(self._state_dir)

    def _entries(self) -> dict[str, Any]:
        found: dict[str, Any] = self._read().get("entries", {})
        return found

    @staticmethod
    def _text(value: object) -> str | None:
        return value if isinstance(value, str) else None

    def _read(self) -> dict[str, Any]:
        document = self._document  # only once: another thread may make us read it again meanwhile
        if document is None:
            document = self._document = self._load()
        return document

    def _load(self) -> dict[str, Any]:
        data = self._state_dir.read(STATE_FILE)
        if data is None:
            return {"version": VERSION}
        try:
            document = loads(data)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not isinstance(document.get("entries", {}), dict):
            from awscreds.stores.remedies import to_rename

            path = self._state_dir.file(STATE_FILE)
            raise ConfigurationError(
                f"{path} is damaged: it is not the JSON that awscreds writes",
                code="state-damaged",
                hint="rename it (awscreds then finds the stored keys through the config file): "
                f"{to_rename(path, '.damaged')}",
            )
        if document.get("version") != VERSION:
            raise ConfigurationError(
                f"{self._state_dir.file(STATE_FILE)} was written by another version of awscreds",
                code="state-version",
                hint="upgrade awscreds",
            )
        return document

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        import json

        with self._state_dir.lock(STATE_FILE):
            document = self._load()
            change(document)
            self._state_dir.write(
                STATE_FILE, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
            )
            self._document = document

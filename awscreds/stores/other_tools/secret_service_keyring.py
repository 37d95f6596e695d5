"""The collection of the Secret Service in which 99designs/keyring keeps items.

Each item has the attribute ``profile`` with its key, and the JSON of the whole item as its secret.
The collection is the tool's own, so it can be locked while the default one is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from awscreds.errors import AwscredsError, ConfigurationError, SecretStoreError, StoreLocked
from awscreds.model.other_tools import LARGEST, is_session
from awscreds.stores.backends.dbus import NoSecretService
from awscreds.stores.backends.secret_service import SecretService
from awscreds.stores.other_tools.entry import (
    MOST_ENTRIES,
    SECRET_SERVICE,
    Entry,
    Raw,
    Unreadable,
    entry_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awscreds.stores.backends.secret_service import Conversation


@dataclass(frozen=True, slots=True)
class SecretServiceKeyring:
    """The items of ``tool`` in the collection with the name ``collection``."""

    tool: str
    collection: str
    environ: Mapping[str, str]

    @property
    def place(self) -> str:
        return f"the collection {self.collection} of the OS keyring"

    def entries(self) -> Iterator[Entry | Unreadable]:
        """The keys, and what cannot be read. Nothing if there is no such collection."""
        service = SecretService(self.environ)
        try:
            found = service.converse(self._raw)
        except NoSecretService:
            return
        except StoreLocked as error:
            yield Unreadable(
                self.tool,
                self.place,
                error.because(
                    message="it is locked",
                    hint=f"unlock it in your keyring program (or with `{self.tool}`), then run "
                    "this again",
                ),
            )
            return
        except AwscredsError as error:
            yield Unreadable(self.tool, self.place, error)
            return
        for name, data, item in found:
            entry = self._entry(name, data, item)
            if entry:
                yield entry

    def _entry(self, name: str, data: bytes | None, item: str) -> Entry | Unreadable | None:
        place = f"{self.place}, {name or 'an item without a name'}"
        if data is None:
            broken = SecretStoreError("it is not what that program writes", code="entry-broken")
            return Unreadable(self.tool, place, broken)
        raw = Raw(name, data, is_item=True, remove=lambda: self._remove(item, data))
        return entry_of(self.tool, place, SECRET_SERVICE, raw)

    def _raw(self, talk: Conversation) -> list[tuple[str, bytes | None, str]]:
        """The name, the bytes and the path of each item. None: no item of the library."""
        found: list[tuple[str, bytes | None, str]] = []
        named = [path for path in talk.collections() if _name_in(path) == self.collection]
        items = [item for path in named[:1] for item in talk.items(path)]
        for path, attributes in items[:MOST_ENTRIES]:
            name = attributes.get("profile", "")
            if is_session(name):
                continue
            data = talk.secret_bytes(path) if name else None
            found.append((name, data if data and len(data) <= LARGEST else None, path))
        return found

    def _remove(self, item: str, data: bytes) -> None:
        """Delete the item, if it still is what was read. Raises AwscredsError."""

        def remove(talk: Conversation) -> None:
            if talk.secret_bytes(item) != data:
                raise ConfigurationError(
                    f"the entry in {self.place} has changed since it was read",
                    code="entry-changed",
                )
            talk.delete(item)

        SecretService(self.environ).converse(remove)


def _name_in(path: str) -> str:
    """The name of a collection. What a path cannot have is spelled ``_2d`` there."""
    return re.sub("_([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), path.rpartition("/")[2])

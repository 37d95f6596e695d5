"""What is found in the store of another tool."""

from __future__ import annotations

from dataclasses import dataclass, field

from awscreds.errors import AwscredsError
from awscreds.model.other_tools import item_data, key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.credentials import AccessKey

FILE = "file"
SECRET_SERVICE = "secret-service"  # noqa: S105 - the name of a backend, not a secret
WINCRED = "wincred"
KEYCHAIN = "keychain"
"""The backends by the names that aws-vault and granted give them."""

MOST_ENTRIES = 1000
"""Entries of one store that are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An access key in the store of ``tool``, under the name of its profile.

    ``place`` is for people. ``remove`` deletes it, if it still is what was read; it raises
    AwscredsError. ``mfa_serial``: the MFA device that the store has for it, if it has one.
    """

    tool: str
    name: str
    key: AccessKey
    place: str
    backend: str
    remove: Callable[[], None] = field(repr=False)
    mfa_serial: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry, or a whole store, that could not be read, and why."""

    tool: str
    place: str
    error: AwscredsError


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of an entry. ``is_item``: its JSON is that of a whole item of the library."""

    name: str
    data: bytes = field(repr=False)
    is_item: bool
    remove: Callable[[], None] = field(repr=False)


def entry_of(
    tool: str, place: str, backend: str, raw: Raw, mfa_serial: str | None = None
) -> Entry | Unreadable | None:
    """The key in ``raw``; None if it is a session, which expires."""
    try:
        data = item_data(raw.data, raw.name) if raw.is_item else raw.data
        key = key_of(data)
    except AwscredsError as error:
        return Unreadable(tool, place, error)
    return Entry(tool, raw.name, key, place, backend, raw.remove, mfa_serial) if key else None

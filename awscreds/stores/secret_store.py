"""The secret store: entries of one secret each, over a backend that only keeps texts.

There is one entry per access key, TOTP seed or cache key. Its text is a JSON document that holds
its kind and its own ID. Both are checked on reading, so that we notice an entry that was moved,
renamed or swapped. Every write is read back and compared: some backends lose a write silently.
"""

from __future__ import annotations

from awscreds.errors import EntryMissing, SecretStoreError, StoreLocked, StoreUnavailable
from awscreds.light import loads, suppress
from awscreds.model.credentials import AccessKey
from awscreds.model.keys import has_id_form, shown_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.stores.backends import Backend
    from awscreds.stores.state import State

ACCESS_KEY = "access-key"
TOTP_SEED = "totp-seed"
LIMIT = 1280
"""Characters that an entry may have: the limit of the Windows Credential Manager."""

LEFT_IN = "left_in"
"""The fact that names the backend which may still hold a copy of an entry, after a killed move."""


class SecretStore:
    """Entries of one backend. All methods raise SecretStoreError; none shows a secret.

    ``elsewhere`` is the backend that is known to hold the entry, if AWSCREDS_BACKEND selects this
    one instead. ``open_backend`` opens another backend by its name: a killed move may have left a
    copy there, which is removed together with the entry.
    """

    def __init__(
        self,
        backend: Backend,
        state: State,
        *,
        elsewhere: str | None = None,
        open_backend: Callable[[str], Backend] | None = None,
    ) -> None:
        self.backend = backend
        self.elsewhere = elsewhere
        self._state = state
        self._open_backend = open_backend

    def read(self, kind: str, entry_id: str) -> dict[str, str]:
        """The fields of an entry. Raises EntryMissing if there is none."""
        try:
            text = self.backend.read(entry_id)
        except (StoreLocked, StoreUnavailable) as error:
            if self.elsewhere:
                raise error.because(
                    hint=f"unset AWSCREDS_BACKEND (now {self.backend.name}), because "
                    f"{shown_entry(entry_id)} is in the {self.elsewhere}"
                ) from None
            raise
        if text is None and self.elsewhere:
            # Not EntryMissing, so that nobody makes it again, or believes that it is lost.
            raise SecretStoreError(
                f"{shown_entry(entry_id)} is in the {self.elsewhere}, but "
                f"AWSCREDS_BACKEND={self.backend.name} selects "
                f"{self.backend.describe()}, which does not have it",
                code="entry-elsewhere",
                hint="unset AWSCREDS_BACKEND",
            )
        if text is None:
            raise EntryMissing(
                f"{self.backend.describe()} has no entry for {shown_entry(entry_id)}",
                hint="store it again: awscreds configure --profile NAME",
            )
        return self._decode(kind, entry_id, text)

    def write(self, kind: str, entry_id: str, fields: dict[str, str]) -> None:
        """Store an entry, read it back and compare. When this returns, the entry is really there.

        Raises ValueError, and writes nothing, for fields that could not be read again.
        """
        if not fields.keys().isdisjoint(("kind", "id")) or (
            kind == ACCESS_KEY and not (fields.get("secret_access_key") and has_id_form(entry_id))
        ):
            raise ValueError(
                f"the {kind} {shown_entry(entry_id)} has wrong fields, so it cannot be stored"
            )
        import json

        text = json.dumps({"kind": kind, "id": entry_id, **fields}, separators=(",", ":"))
        if len(text) >= LIMIT:
            raise SecretStoreError(
                f"the entry {shown_entry(entry_id)} is too long: a keyring can store fewer "
                f"than {LIMIT} characters",
                code="entry-too-long",
            )
        # A new ID is recorded first, so that no entry is ever unknown. If another backend holds the
        # entry, it is looked for there until it is really here.
        is_new = entry_id not in self._state.ids()
        if is_new:
            self._state.add(entry_id, kind, self.backend.name)
        elif kind == ACCESS_KEY:
            self._state.renew()
        self.backend.write(entry_id, text)
        if self.backend.read(entry_id) != text:
            raise SecretStoreError(
                f"{self.backend.describe()} did not store the entry "
                f"{shown_entry(entry_id)} correctly: it cannot be read back",
                code="read-back",
                hint="choose another store: awscreds store move --to vault",
            )
        self._state.add(entry_id, kind, self.backend.name)
        if kind == ACCESS_KEY and not is_new:
            self._state.renew()  # for what was read before the write, and is kept after it

    def erase(self, entry_id: str) -> bool:
        """Remove an entry, and the copy that a killed move left; False if there was none.

        The copy is removed first: if its backend does not answer, the entry is still known.
        """
        left_in = self._state.entry(entry_id).get(LEFT_IN) if self._open_backend else None
        if (
            self._open_backend
            and isinstance(left_in, str)
            and left_in not in ("", self.backend.name)
        ):
            self._open_backend(left_in).erase(entry_id)
        if entry_id in self._state.ids():
            self._state.renew()
        there = self.backend.erase(entry_id)
        if self.backend.read(entry_id) is not None:
            raise SecretStoreError(
                f"{self.backend.describe()} did not delete the entry {shown_entry(entry_id)}",
                code="read-back",
            )
        self._state.remove(entry_id)
        return there

    def access_key(self, key_id: str) -> AccessKey:
        """The access key ``key_id`` with its secret."""
        return AccessKey(key_id, self.read(ACCESS_KEY, key_id)["secret_access_key"])

    def find_access_key(self, key_id: str) -> AccessKey | None:
        """The access key ``key_id``; None if the store has no entry for it."""
        try:
            return self.access_key(key_id)
        except EntryMissing:
            return None

    def keep_access_key(self, key: AccessKey) -> None:
        """Store a key. Who replaces another secret of the same ID must have checked this one."""
        self.write(ACCESS_KEY, key.id, {"secret_access_key": key.secret})

    def _decode(self, kind: str, entry_id: str, text: str) -> dict[str, str]:
        document = None
        with suppress(ValueError, RecursionError):
            document = loads(text)
        if (
            not isinstance(document, dict)
            or not all(isinstance(value, str) for value in document.values())
            or document.pop("kind", None) != kind
            or document.pop("id", None) != entry_id
            or (kind == ACCESS_KEY and not document.get("secret_access_key"))
        ):
            # Not inside an except clause: the JSON error, which holds the whole text, would become
            # the context of this one.
            raise SecretStoreError(
                f"the entry {shown_entry(entry_id)} in {self.backend.describe()} was not "
                "written by awscreds, or is damaged",
                code="entry-broken",
                hint="store it again: awscreds configure --profile NAME",
            )
        return document

"""The journal of a profile that is being renamed or copied: both AWS files change, one by one.

If the process is killed between them, only the journal tells a half-renamed profile from two
different ones. It is a file in our state folder for each pair of AWS files. It is there from before
the first change to the end of the last one, and holds no secret.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from awscreds.errors import ConfigurationError
from awscreds.model.text import quoted
from awscreds.stores.fingerprints import digest
from awscreds.stores.locations import real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.state_dir import StateDir

RENAME = "rename"
COPY = "copy"


@dataclass(frozen=True, slots=True)
class Move:
    """A profile ``old`` that is renamed to ``new``, or copied: ``action`` says which."""

    action: str
    old: str
    new: str

    @property
    def command(self) -> str:
        """What a person types for it."""
        return f"awscreds profile {self.action} {quoted(self.old)} {quoted(self.new)}"

    def takes_back(self, other: Move) -> bool:
        """Whether this is the rename ``other`` in reverse."""
        return other.action == RENAME and self == Move(RENAME, other.new, other.old)


class ProfileJournal:
    """The journal for the AWS files ``files``."""

    def __init__(self, state_dir: StateDir, files: AwsFiles) -> None:
        paths = (files.config_path, files.credentials_path)
        real = "\0".join(map(real_path, paths)).encode("utf-8", "surrogateescape")
        self._state_dir = state_dir
        self._name = f"profile-move-{digest(real).hex()}.json"

    def lock(self) -> AbstractContextManager[object]:
        """Held by the only process that moves profiles of these files."""
        return self._state_dir.lock(self._name)

    def read(self) -> Move | None:
        """The move that was not finished; None if there is none.

        Raises ConfigurationError for a file that we did not write.
        """
        data = self._state_dir.read(self._name)
        if data is None:
            return None
        move = None
        with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
            found = json.loads(data)
            move = Move(*(_text(found[key]) for key in _KEYS))
        if move is None or move.action not in (RENAME, COPY):
            from awscreds.stores.remedies import to_remove

            path = self._state_dir.file(self._name)
            raise ConfigurationError(
                f"{path} is damaged: it is not the JSON that awscreds writes",
                code="journal-damaged",
                hint="check with `awscreds list` that no profile is there in part, then remove "
                f"the file: {to_remove(path)}",
            )
        return move

    def begin(self, move: Move) -> None:
        """Write the journal, and return when it is on disk."""
        values = zip(_KEYS, (move.action, move.old, move.new), strict=True)
        document = {key: value.encode("utf-8", "surrogateescape").hex() for key, value in values}
        self._state_dir.write(self._name, json.dumps(document).encode() + b"\n")

    def end(self) -> None:
        self._state_dir.remove(self._name)


def _text(value: str) -> str:
    return bytes.fromhex(value).decode("utf-8", "surrogateescape")


_KEYS = ("action", "old", "new")

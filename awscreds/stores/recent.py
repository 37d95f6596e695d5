"""Which profiles a person used last, so that a list to choose from can begin with them.

Only a comfort: whatever fails (a full disk, another process that writes now, a damaged file) means
that a use is not remembered. Nothing waits for it.
"""

from __future__ import annotations

import contextlib
import json

from awscreds.errors import AwscredsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.stores.state_dir import StateDir

FILE = "recent.json"
MOST = 50
"""How many names are kept."""


class RecentProfiles:
    """The names in the file ``recent.json`` of the state folder, the last one first."""

    def __init__(self, state_dir: StateDir) -> None:
        self._state_dir = state_dir

    def names(self) -> list[str]:
        """The names, which may be of profiles that are gone; none if they cannot be read."""
        with contextlib.suppress(AwscredsError, ValueError, RecursionError):
            found = json.loads(self._state_dir.read(FILE) or b"[]")
            if isinstance(found, list):
                return [name for name in found if isinstance(name, str)]
        return []

    def note(self, name: str) -> None:
        """Remember that the profile ``name`` is used now."""
        if self.names()[:1] != [name]:
            self._change(lambda names: [name, *(each for each in names if each != name)])

    def rename(self, old: str, new: str) -> None:
        """Let what was remembered of ``old`` be about ``new``."""
        if old in self.names():
            self._change(lambda names: [new if each == old else each for each in names])

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        with contextlib.suppress(AwscredsError), self._state_dir.lock(FILE, deadline=0):
            names = list(dict.fromkeys(change(self.names())))[:MOST]
            self._state_dir.write(FILE, json.dumps(names).encode() + b"\n")

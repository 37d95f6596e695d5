"""What one of the AWS files was when it was read."""

from __future__ import annotations

import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os


class Snapshot:
    """What a file was when it was read. The stamp is empty where there was no file.

    ``free`` is whether nobody had it open for writing, None where the system does not tell;
    ``changed_at`` is when it was last changed, in seconds since the epoch.
    """

    __slots__ = ("changed_at", "data", "free", "links", "mode", "stamp")

    def __init__(
        self, data: bytes = b"", found: os.stat_result | None = None, *, free: bool | None = None
    ) -> None:
        self.data = data
        self.free = free
        self.changed_at = max(found.st_mtime, found.st_ctime) if found else 0.0
        self.stamp = stamp_of(found) if found else ()
        self.mode = stat.S_IMODE(found.st_mode) if found else 0
        self.links = found.st_nlink if found else 0

    def is_same_file_as(self, other: Snapshot) -> bool:
        return self.stamp[:2] == other.stamp[:2]


def stamp_of(found: os.stat_result) -> tuple[int, ...]:
    """What tells one content of a file from the next."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

"""Files that are mounts of their own."""

from __future__ import annotations

import os
import sys

from awscreds.light import suppress


def is_mounted(path: str) -> bool:
    """Whether a single file is a mount of its own (``docker run -v FILE:FILE``).

    Such a file cannot be renamed over. Only Linux has them. If /proc does not tell, the rename
    does (EBUSY).
    """
    if sys.platform == "linux":
        with suppress(OSError):
            return _mount_id(path) != _mount_id(os.path.dirname(path))
    return False


if sys.platform == "linux":

    def _mount_id(path: str) -> bytes:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            with open(f"/proc/self/fdinfo/{fd}", "rb") as lines:
                return next((line for line in lines if line.startswith(b"mnt_id:")), b"")
        finally:
            os.close(fd)

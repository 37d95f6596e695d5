"""Digests, and stamps that tell whether files have changed.

A warm ``credential-process`` loads this: nothing is imported that takes time.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SETTLED = 2.0
"""Seconds after which the next change of a file gets a different time, on any file system."""


def digest(data: bytes, *, size: int = 16) -> bytes:
    """BLAKE2s (RFC 7693) of ``data``, ``size`` bytes long, at most 32."""
    try:
        # hashlib loads OpenSSL, which would cost every start of credential-process 4 ms.
        from _blake2 import blake2s
    except ImportError:
        from hashlib import blake2s
    return blake2s(data, digest_size=size).digest()


def stamp(paths: Iterable[str], now: float) -> bytes | None:
    """What identifies the content of these files; None if nothing can.

    Nothing can if a file was changed less than two seconds ago, because it may change again without
    a trace, or if a file cannot be looked at. An absent file has a stamp like any other.
    """
    found: list[object] = []
    for path in paths:
        try:
            file = os.stat(path)
            changed = _changed_ns(path, file)
        except FileNotFoundError:
            found.append(path)
            continue
        except (OSError, ValueError):
            return None
        if now - changed / 1e9 < SETTLED:
            return None
        times = (file.st_mtime_ns, changed)
        found.append((path, file.st_dev, file.st_ino, file.st_size, *times))
    return digest(repr(found).encode("utf-8", "surrogateescape"))


def _changed_ns(path: str, found: os.stat_result) -> int:
    if sys.platform == "win32":
        from awscreds.stores.windows_files import changed_ns

        return changed_ns(path)
    return found.st_ctime_ns

"""Digests, and stamps that tell whether files have changed, at no cost to start-up."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SETTLED = 2.0
"""Seconds after which a file system gives the next change another time, the coarsest included."""


def digest(data: bytes, *, size: int = 16) -> bytes:
    """BLAKE2s (RFC 7693) of ``data``, ``size`` bytes of it, at most 32."""
    try:
        # hashlib loads OpenSSL: 4 ms that every start of credential-process would pay.
        from _blake2 import blake2s
    except ImportError:
        from hashlib import blake2s
    return blake2s(data, digest_size=size).digest()


def stamp(paths: Iterable[str], now: float) -> bytes | None:
    """What stands for the content of these files; None where nothing can.

    A file that was changed less than two seconds ago may change again without a trace, and what
    cannot be looked at is not known. An absent file has a stamp like any other.
    """
    found: list[object] = []
    for path in paths:
        try:
            file = os.stat(path)
        except FileNotFoundError:
            found.append(path)
            continue
        except (OSError, ValueError):
            return None
        if now - file.st_ctime < SETTLED:
            return None
        times = (file.st_mtime_ns, file.st_ctime_ns)
        found.append((path, file.st_dev, file.st_ino, file.st_size, *times))
    return digest(repr(found).encode("utf-8", "surrogateescape"))

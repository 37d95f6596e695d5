"""Digests, and stamps that tell whether files have changed, at no cost to start-up."""

from __future__ import annotations

import os

from awscreds.model.keys import has_id_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SETTLED = 2.0
"""Seconds after which a file system gives the next change another time, the coarsest included."""


def key_name(key_id: str) -> str:
    """What a file of ours calls an access key: its id; a digest where that may be a secret."""
    return (
        key_id
        if has_id_form(key_id)
        else f"#{digest(key_id.encode(errors='surrogateescape')).hex()}"
    )


def digest(data: bytes, *, size: int = 16) -> bytes:
    """BLAKE2s (RFC 7693) of ``data``, ``size`` bytes of it, at most 32."""
    try:
        # hashlib loads OpenSSL: 4 ms that every start of credential-process would pay.
        from _blake2 import blake2s
    except ImportError:
        from hashlib import blake2s
    return blake2s(data, digest_size=size).digest()


def file_paths(environ: Mapping[str, str]) -> tuple[str, str]:
    """The config and the credentials file, as absolute paths.

    What AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else the files in ``~/.aws``.
    Variables and ``~`` in them are expanded, as botocore does; an empty one counts as unset.
    """
    folder = os.path.join("~", ".aws")
    config = environ.get("AWS_CONFIG_FILE") or os.path.join(folder, "config")
    credentials = environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.join(folder, "credentials")
    return _absolute(config), _absolute(credentials)


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


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(os.path.expandvars(path)))

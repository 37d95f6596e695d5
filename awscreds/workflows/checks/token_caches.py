"""Tokens and sessions that the AWS CLI, SDKs and awsume keep in plaintext below ``~``.

Files are judged by the names of their fields. What is in the fields is never shown.
"""

from __future__ import annotations

import json
import os
import stat

from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.times import parse_iso
from awscreds.stores.exposure import mode_fix
from awscreds.stores.remedies import to_close, to_remove_folder
from awscreds.stores.trust import why_others_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from awscreds.workflows.checks.surroundings import Surroundings

_LARGEST = 1 << 20
"""Bytes of a file that is read; a token has a few thousand."""

_SECRETS = frozenset(
    ("accesstoken", "refreshtoken", "clientsecret", "secretaccesskey", "sessiontoken", "dpopkey")
)
"""Fields that hold a secret, in lower case."""

_ENDS = frozenset(("expiresat", "expiration"))
_LOGIN_FOLDER = "AWS_LOGIN_CACHE_DIRECTORY"
_DEEPEST = 6


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """One finding for each folder that holds tokens, and one if others can read them."""
    home = surroundings.environ.get("HOME") or os.path.expanduser("~")
    login = surroundings.environ.get(_LOGIN_FOLDER) or os.path.join(home, ".aws", "login", "cache")
    for folder, what, remedy in (
        (os.path.join(home, ".aws", "sso", "cache"), "SSO logins", "aws sso logout"),
        (os.path.join(home, ".aws", "cli", "cache"), "sessions of the AWS CLI", ""),
        (os.path.expanduser(login), "logins of `aws login`", "aws logout"),
        (os.path.join(home, ".awsume", "cache"), "sessions of awsume", ""),
    ):
        yield from _of_folder(surroundings, folder, what, remedy or to_remove_folder(folder))


def _of_folder(
    surroundings: Surroundings, folder: str, what: str, remedy: str
) -> Iterator[Finding]:
    valid = expired = 0
    open_to = None
    now = surroundings.clock()
    for path in _files(folder):
        fields = _fields(path)
        if _SECRETS.isdisjoint(fields):
            continue
        ends = [parse_iso(_with_z(text)) for name in _ENDS for text in fields.get(name, ())]
        if ends and all(end is not None and end <= now for end in ends):
            expired += 1
        else:
            valid += 1
        open_to = open_to or _why_open(path)
    if open_to:
        path, why = open_to
        close = to_close(path, 0o600, "let only your own user read it")
        yield Finding(
            "readable-token",
            ERROR,
            path,
            0,
            f"other users can read this file ({why}), and it has a token",
            remedy=close,
            fix=mode_fix(close, path, 0o077),
        )
    if valid or expired:
        yield Finding(
            "plaintext-token",
            WARNING if valid else NOTE,
            folder,
            0,
            f"{what} are here in plaintext: {valid} valid, {expired} expired",
            remedy=f"if you do not need them: {remedy}",
        )


def _with_z(text: str) -> str:
    """Older files write UTC for Z."""
    return text.removesuffix("UTC") + "Z" if text.endswith("UTC") else text


def _files(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(each.path for each in entries if each.is_file(follow_symlinks=False))
    except OSError:
        return []


def _why_open(path: str) -> tuple[str, str] | None:
    try:
        why = why_others_read(path, os.stat(path))
    except OSError:
        return None
    return (path, why) if why else None


def _fields(path: str) -> dict[str, list[str]]:
    """The names of all fields of a JSON file in lower case, with their texts."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    found: dict[str, list[str]] = {}
    try:
        with open(os.open(path, flags), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                _collect(json.loads(file.read(_LARGEST)), found, _DEEPEST)
    except (OSError, ValueError, RecursionError):
        return found
    return found


def _collect(value: Any, found: dict[str, list[str]], deeper: int) -> None:
    if isinstance(value, dict) and deeper:
        for name, below in value.items():
            texts = found.setdefault(name.lower(), [])
            if isinstance(below, str):
                texts.append(below)
            else:
                _collect(below, found, deeper - 1)

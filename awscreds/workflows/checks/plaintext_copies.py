"""Secrets in plaintext outside the AWS files: backups, downloads, shells, other programs.

Only ordinary files of a moderate size are read, and only a few known ones and those beside the AWS
files. What is in them is judged by its structure and never shown.
"""

from __future__ import annotations

import os
import re
import stat

from awscreds.errors import UsageError
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.model.text import quoted
from awscreds.stores.locations import real_path
from awscreds.stores.remedies import to_remove
from awscreds.stores.temporary_names import is_of_another, leftovers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awscreds.model.console_csv import Row
    from awscreds.workflows.checks.surroundings import Surroundings

_LARGEST = 4 << 20
"""Bytes of a file that is read; a shell's history can be long."""

_MOST_FILES = 500
"""Files of one folder that are looked at."""

_SECRET = rb"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
_IN_AWS_FILE = re.compile(
    rb"^[ \t]*(?:aws_secret_access_key|aws_session_token)[ \t]*[=:][ \t]*\S{16}",
    re.IGNORECASE | re.MULTILINE,
)
_IN_SHELL = re.compile(rb"AWS_SECRET_ACCESS_KEY[ \t]*[ =][ \t]*['\"]?" + _SECRET)
_IN_CSV = re.compile(
    rb"\A[^\n]{0,200}Secret access key[^\n]{0,200}\n[^\n]{0,400}" + _SECRET, re.IGNORECASE
)
_IN_OTHER = re.compile(rb"secret_(?:access_)?key[ \t]*[=:][ \t]*['\"]?" + _SECRET, re.IGNORECASE)
_IN_S3FS = re.compile(rb"^(?:[^:\n]{1,63}:)?[A-Z0-9]{16,128}:" + _SECRET, re.MULTILINE)

_SHELLS = (
    *(".profile", ".bashrc", ".bash_profile", ".bash_login", ".zshrc", ".zshenv", ".zprofile"),
    *(".kshrc", ".config/fish/config.fish", ".envrc", ".env"),
    *(".bash_history", ".zsh_history", ".local/share/fish/fish_history"),
)
_OTHERS = (".s3cfg", ".boto", ".config/rclone/rclone.conf")
_S3FS = (".passwd-s3fs",)
_DOWNLOADS = ("Downloads", "Desktop", "")


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """One finding for each file that holds a secret."""
    home = surroundings.environ.get("HOME") or os.path.expanduser("~")
    own = {real_path(path) for path in surroundings.paths}
    folders = list(dict.fromkeys(os.path.dirname(path) for path in own))
    for path in _in(folders):
        if path not in own and _holds(path, _IN_AWS_FILE):
            yield _copy(path, is_ours=_is_leftover(path, own))
    for path in _at(home, _SHELLS):
        if _holds(path, _IN_SHELL) or _holds(path, _IN_AWS_FILE):
            yield _in_shell(path)
    for names, pattern in ((_OTHERS, _IN_OTHER), (_S3FS, _IN_S3FS)):
        yield from (_of_program(path) for path in _at(home, names) if _holds(path, pattern))
    for path in _in([*_at(home, _DOWNLOADS), *folders]):
        if path.lower().endswith(".csv") and _holds(path, _IN_CSV):
            yield _csv(path, surroundings)


def _at(home: str, names: Iterable[str]) -> list[str]:
    return [os.path.normpath(os.path.join(home, name)) for name in names]


def _in(folders: Iterable[str]) -> Iterator[str]:
    for folder in dict.fromkeys(os.path.normpath(each) for each in folders):
        yield from _files(folder)


def _copy(path: str, *, is_ours: bool) -> Finding:
    what = "an interrupted run left this copy" if is_ours else "this looks like a copy"
    return Finding(
        "leftover" if is_ours else "plaintext-copy",
        ERROR if is_ours else WARNING,
        path,
        0,
        f"{what} of an AWS file, and it contains secrets in plaintext",
        remedy=to_remove(path) if is_ours else f"if you do not need it: {to_remove(path)}",
    )


def _in_shell(path: str) -> Finding:
    is_history = "history" in os.path.basename(path)
    return Finding(
        "plaintext-in-shell-file",
        WARNING,
        path,
        0,
        "this file sets AWS_SECRET_ACCESS_KEY to a secret in plaintext"
        + (", because it was typed in a shell" if is_history else ", for every program you start"),
        remedy="remove the line, and replace the key, because it may be in backups: "
        "awscreds rotate PROFILE"
        if is_history
        else "remove the line, and store the key: awscreds configure --profile NAME",
    )


def _of_program(path: str) -> Finding:
    return Finding(
        "plaintext-of-program",
        WARNING,
        path,
        0,
        "this program keeps a secret key in plaintext",
        remedy="start the program with a session instead: awscreds exec NAME -- PROGRAM",
    )


def _csv(path: str, surroundings: Surroundings) -> Finding:
    rows = _rows(path)
    keys = [row.key.id for row in rows]
    user = _user_of(keys, surroundings)
    what = "this is the AWS console's file of a new access key, with its secret in plaintext"
    if user:
        remedy = (
            f"check that the stored key works: awscreds whoami --profile {quoted(user)}; then: "
        )
    elif keys and all(map(surroundings.state.is_deleted, keys)):
        what = "this is the AWS console's file of an access key that is deleted at AWS"
        remedy = "the key in it is no longer in use: "
    else:
        command = f"awscreds configure import --csv {quoted(path)}"
        if not all(row.user for row in rows):
            command += " --profile NAME"
        remedy = f"store the key: {command}; then: "
    return Finding("plaintext-csv", WARNING, path, 0, what, remedy=remedy + to_remove(path))


def _rows(path: str) -> list[Row]:
    """The keys in the file; none if a row of it cannot be read."""
    from awscreds.model.console_csv import Row, read

    try:
        with open(path, "rb") as file:
            rows = read(file.read(_LARGEST), path)
    except (OSError, UsageError):
        return []
    found = [row for row in rows if isinstance(row, Row)]
    return found if len(found) == len(rows) else []


def _user_of(keys: list[str], surroundings: Surroundings) -> str | None:
    """A profile that has the only one of these keys from the secret store."""
    if len(keys) != 1:
        return None
    users = (each.name for each in surroundings.every_profile if each.stored_key_id == keys[0])
    return next(users, None)


def _is_leftover(path: str, own: set[str]) -> bool:
    """Whether it is an edit's, and nobody's only text: people are told to remove it."""
    try:
        return any(path in leftovers(each) for each in own) and not is_of_another(path)
    except FileNotFoundError:
        return False


def _files(folder: str) -> list[str]:
    """The ordinary files of a folder by name, without following links."""
    try:
        with os.scandir(folder or ".") as entries:
            found = [each.path for each in entries if each.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(found)[:_MOST_FILES]


def _holds(path: str, pattern: re.Pattern[bytes]) -> bool:
    """Whether the file holds what ``pattern`` finds. A FIFO or a device is never opened."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        fd = os.open(path, flags)
        with open(fd, "rb") as file:
            return bool(pattern.search(file.read(_LARGEST)))
    except (OSError, ValueError):
        return False

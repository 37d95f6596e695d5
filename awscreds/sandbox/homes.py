"""The temporary homes: each is locked while it is used. One that nobody locks is removed.

A killed sandbox cannot remove its home, so the next sandbox does. The lock is held by the sandbox
and by every program that was started in it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "awscreds-sandbox-"
FIRST_LINE = "# The throwaway home of `awscreds sandbox`: nothing in it is real.\n"
"""The beginning of the config file of such a home."""

_NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")


class Home:
    """A private folder. ``lock`` is an open file, which programs in the home inherit."""

    def __init__(self, path: Path, lock: int | None) -> None:
        self.path = path
        self.lock = lock

    def remove(self) -> None:
        """Remove the folder, and release the lock."""
        remove_folder(self.path)
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def make(parent: str | None = None) -> Home:
    """A new, empty home, locked."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = _locked(path, wait=True)
        if lock is not None or sys.platform == "win32":
            return Home(path, lock)
        # Another sandbox has removed it before it was locked.


def sweep(parent: str | None = None) -> list[Path]:
    """Remove the homes of this user that nobody locks. Returns those that were removed.

    One that cannot be removed, or may not be one of ours, stays.
    """
    swept = []
    for path in sorted(_homes(Path(parent or tempfile.gettempdir()))):
        lock = _locked(path, wait=False)
        if lock is None:
            continue
        with contextlib.suppress(OSError):
            if _is_ours(path, lock):
                _forget_cached(path)
                remove_folder(path)
                swept.append(path)
        os.close(lock)
    return swept


def remove_folder(folder: Path) -> None:
    """Remove a folder and everything in it, also what is read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for parent, names, _ in os.walk(folder):
            for name in names:
                if not os.path.islink(os.path.join(parent, name)):
                    os.chmod(os.path.join(parent, name), stat.S_IRWXU)
        shutil.rmtree(folder)


def _homes(parent: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield parent / entry.name


def _locked(path: Path, *, wait: bool) -> int | None:
    """A descriptor of the folder that holds its lock; None if it is locked, gone or not ours."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        held, there = os.fstat(lock), os.lstat(path)
        if held.st_uid == os.geteuid() and os.path.samestat(held, there):
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def _is_ours(path: Path, lock: int) -> bool:
    """Whether it is as we make it: private, and still empty or with our config file."""
    if sys.platform == "win32" or stat.S_IMODE(os.fstat(lock).st_mode) != stat.S_IRWXU:
        return False
    if not os.listdir(path):
        return True
    try:
        config = os.open(path / ".aws" / "config", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return not os.listdir(path / ".aws") and len(os.listdir(path)) == 1
    with open(config, "rb") as file:
        return file.read(len(FIRST_LINE)) == FIRST_LINE.encode()


def _forget_cached(path: Path) -> None:
    """Remove what the system holds for a home: sessions, and the key of an open vault."""
    from awscreds.stores.backends.vault import key_keeper

    keeper = key_keeper()
    keeper.drop_all(keeper.scope(str(path / ".aws" / "awscreds")))

"""The throwaway homes: each is locked while somebody is in it, and one that nobody locks goes.

A sandbox that is killed cannot remove its home, so the next one does. Alive is what holds the lock:
the sandbox, and every program that was started in it.
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
"""How the config file of such a home begins."""

_NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")


class Home:
    """A folder of this user alone. ``lock`` is open, and inherited by what lives in the home."""

    def __init__(self, path: Path, lock: int | None) -> None:
        self.path = path
        self.lock = lock

    def remove(self) -> None:
        """Remove the folder, and give up the lock."""
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
        # Another sandbox has swept it away before it was locked.


def sweep(parent: str | None = None) -> list[Path]:
    """Remove the homes of this user that nobody holds; those that were removed.

    One that cannot be removed, or is not sure to be one of ours, stays.
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
    """Remove a folder and all in it, also what was made read-only."""
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
    """A descriptor of the folder that holds its lock; None where it is held, gone or another's."""
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
    """Whether it is as we make it: private, and empty still or with our config file."""
    if stat.S_IMODE(os.fstat(lock).st_mode) != stat.S_IRWXU:
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
    """Nor does anything stay in the kernel's key store, which the home does not hold."""
    from awscreds.stores.kernel_keyring import kernel

    kernel.drop_all(kernel.scope(str(path / ".aws" / "awscreds")))

"""Hints about files that are safe to follow: they chown only files that are the user's own.

A ``sudo chown`` of /dev, or of a file that Nix generates, would cause a worse problem.
"""

from __future__ import annotations

import os
import stat
import sys

from awscreds.errors import ConfigurationError
from awscreds.model.text import quoted
from awscreds.stores.locations import real_path
from awscreds.stores.open_files import InUse, ReadOnly
from awscreds.stores.trust import modeless

_GENERATED = (
    ("/nix/store/", "Nix (NixOS, home-manager)"),
    ("/gnu/store/", "Guix"),
    ("/run/secrets", "sops-nix or the like"),
    ("/run/agenix", "agenix"),
    ("/etc/static/", "NixOS"),
)
"""The tools that generate files and link to them, by the beginning of the real path."""


_SYSTEM = frozenset(
    ("bin", "boot", "dev", "etc", "gnu", "lib", "lib64", "nix", "proc", "run", "sbin", "sys")
) | {"usr", "var", "System", "Library"}
"""Folders in ``/`` of which no hint may change the mode."""


def generator_of(path: str) -> str | None:
    """The tool that generates the file at a real path; None if no known tool does."""
    return next((tool for begin, tool in _GENERATED if path.startswith(begin)), None)


def is_in_home(path: str) -> bool:
    """Whether ``path`` is below the user's home, and an ordinary file or folder."""
    home = _home()
    is_below = home != os.sep and real_path(path).startswith(home + os.sep)
    return is_below and _is_ordinary(path)


def _is_closable(path: str) -> bool:
    """Whether closing ``path`` to others takes away nothing that they need."""
    real = real_path(path)
    parts = real.split(os.sep)[1:]
    is_shared = len(parts) < 2 or parts[0] in _SYSTEM
    is_home = f"{_home()}{os.sep}".startswith(f"{real}{os.sep}")
    return not is_shared and not is_home and _is_ordinary(path)


def _home() -> str:
    return real_path(os.path.expanduser("~"))


def _is_ordinary(path: str) -> bool:
    try:
        mode = os.lstat(real_path(path)).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX)


def to_see(path: str) -> str:
    """The command that shows what is at ``path``, and who may use it."""
    return f"icacls {quoted(path)}" if sys.platform == "win32" else f"ls -ld {quoted(path)}"


def to_remove(path: str) -> str:
    """The command that removes a file of our own."""
    return f"del {quoted(path)}" if sys.platform == "win32" else f"rm {quoted(path)}"


def to_remove_folder(path: str) -> str:
    """What removes a folder with all that is in it."""
    if sys.platform == "win32":  # no command for that is the same in cmd.exe and PowerShell
        return f"delete the folder {path}"
    return f"rm -r {quoted(path)}"


def to_rename(path: str, suffix: str) -> str:
    """The command that gives a file of our own another name beside its own, with ``suffix``."""
    if sys.platform == "win32":  # there the new name must be without a folder
        return f"ren {quoted(path)} {quoted(os.path.basename(path) + suffix)}"
    return f"mv {quoted(path)} {quoted(path + suffix)}"


def windows_refusal(error: OSError, message: str, path: str) -> ConfigurationError | None:
    """The error with its hint if only Windows has the reason for it; else None."""
    if isinstance(error, InUse):
        hint = "close the program that has it open, then run this again"
        return ConfigurationError(message, code="in-use", hint=hint)
    if isinstance(error, ReadOnly):
        hint = f"let it be changed, then run this again: attrib -r {quoted(path)}"
        return ConfigurationError(message, code="unwritable", hint=hint)
    return None


def to_own(path: str, otherwise: str) -> str:
    """The command that makes ``path`` the user's, if it is in their home; else ``otherwise``."""
    if sys.platform == "win32":  # it needs an administrator, and changes nothing for the others
        return otherwise
    return f'sudo chown "$(id -un)" {quoted(path)}' if is_in_home(path) else otherwise


def to_close(path: str, mode: int, otherwise: str) -> str:
    """The command that sets the mode of a path of the user's own; else ``otherwise``.

    The home itself, and what belongs to the system, must not be closed to others.
    """
    if sys.platform == "win32":
        from awscreds.stores import windows_acl

        return _icacls(path, windows_acl.to_close(path)) or otherwise
    return f"chmod {mode:o} {quoted(path)}" if _is_closable(path) else otherwise


def to_shut(path: str, otherwise: str) -> str:
    """The command after which only the user can write a path of their own; else ``otherwise``.

    Unlike in `to_close`, the home counts as such a path: nobody else needs to write there.
    """
    if sys.platform == "win32":
        from awscreds.stores import windows_acl

        return _icacls(path, windows_acl.to_shut(path)) or otherwise
    found = os.lstat(path)
    if found.st_uid != os.geteuid():
        # Root may run this with the home of somebody else, whose files must stay theirs.
        own = to_own(path, "") if os.geteuid() else ""
        return (
            f"check that everything in this folder is yours, then run: {own}" if own else otherwise
        )
    is_closable = _is_closable(path) or _is_home(path)
    return f"chmod go-w {quoted(path)}" if is_closable and not modeless(found) else otherwise


def _icacls(path: str, arguments: str | None) -> str:
    return f"icacls {quoted(path)} {arguments}" if arguments else ""


def _is_home(path: str) -> bool:
    real = real_path(path)
    return real == _home() and real.split(os.sep)[1] not in _SYSTEM and _is_ordinary(path)

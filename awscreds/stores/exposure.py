"""The findings about who else can write or read the AWS files: commands warn, doctor lists them."""

from __future__ import annotations

import stat

from awscreds.model.problems.finding import Finding, ModeFix
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.stores.remedies import to_close, to_shut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.stores.trust import Weakness

ELSEWHERE = (
    "keep the AWS files in a folder that only you can write, and name them in AWS_CONFIG_FILE and "
    "AWS_SHARED_CREDENTIALS_FILE"
)
"""The hint for a step of their paths that others can write, if the user cannot change it."""

_CLOSED = 0o600


def writable(weak: Weakness) -> Finding:
    """Others can write an AWS file, or a step of its path."""
    remedy = to_shut(weak.path, ELSEWHERE)
    return Finding(
        "writable-by-others",
        ERROR,
        weak.path,
        0,
        f"{weak}, so they could make your profiles start any program",
        remedy=remedy,
        fix=mode_fix(remedy, weak.path, 0o022),
    )


def readable(path: str, why: str, *, has_secrets: bool) -> Finding:
    """Others can read the file ``path``. ``why`` is like "mode 0644"."""
    remedy = to_close(path, _CLOSED, "let only your own user read it")
    return Finding(
        "readable-by-others",
        ERROR if has_secrets else WARNING,
        path,
        0,
        f"other users can read or write this file ({why})"
        + (", and it contains secrets in plaintext" if has_secrets else ""),
        remedy=remedy,
        fix=mode_fix(remedy, path, 0o077),
    )


def mode_fix(remedy: str, path: str, bits: int) -> ModeFix | None:
    """The fix that does what ``remedy`` says, if that is only a change of the mode."""
    return ModeFix(path, bits) if remedy.startswith("chmod ") else None


def shown_mode(mode: int) -> str:
    """``mode 0644``."""
    return f"mode {stat.S_IMODE(mode):04o}"

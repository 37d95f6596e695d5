"""What tests of every layer share."""

import json
import os
import shlex
import subprocess
import sys
from typing import NoReturn

import pytest

from awscreds.stores.backends.vault_format import Kdf

LITTLE_WORK = Kdf("argon2id", iterations=1, memory_kib=19 * 1024, lanes=1)
"""The least that a vault may take: half a second less than `preferred_kdf` for each key derived."""


def unsynced(fd):
    """In place of ``os.fsync``: no test cuts the power, and killed processes lose nothing written.

    Waiting for the disk was most of the time of many tests. What ``--installed`` starts does sync.
    """
    os.fstat(fd)  # it must be open


def command_line(*words):
    """The line that this system, and botocore on it, split into ``words``."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def has_mode(path, mode):
    """Whether the file has these bits; on Windows, which has none, always."""
    return sys.platform == "win32" or path.stat().st_mode & 0o777 == mode


def shown(*below):
    """How a message shows the path ``below`` the home: with a tilde, where shells expand it."""
    if sys.platform == "win32":
        return os.path.join(os.path.expanduser("~"), *below)
    return "/".join(("~", *below))


def need_posix(why):
    """Skip the test on Windows, as ``@pytest.mark.posix(why)`` does."""
    if sys.platform == "win32":
        pytest.skip(f"not on Windows: {why}")


def missing_tool(reason: str) -> NoReturn:
    """Skip on a developer's machine, fail in CI: there a missing tool is a defect, never a skip."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


TRACED = "TEST_CANARIES"
"""The variable that says that a run is traced."""


def tell_tracer(what, *words):
    """Let the trace have a line, if there is one: the name of a test, or that this is awscreds."""
    if TRACED in os.environ:
        with open(os.devnull, "wb", buffering=0) as file:
            file.write(json.dumps([what, *words]).encode())

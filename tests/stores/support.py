"""Programs run beside a test: killed, starved of disk, or without privileges."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from unittest.mock import ANY

import pytest

import awscreds
from awscreds.stores.other_writers import Time
from tests.helpers import missing_tool, need_posix

ROOTS = [str(Path(awscreds.__file__).parents[1]), str(Path(__file__).parents[2])]
NOBODY = 65534

# What an edit imports when it needs it, loaded while the interpreter's folder can still be read.
AS_NOBODY = f"""
import hashlib, os, pwd, shlex, signal, zlib
import awscreds.model.ini.edit, awscreds.model.pairs
import awscreds.stores.aws_files, awscreds.stores.state_dir
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""

# For a parameter "make" that names a function of os.
FIFO = pytest.param("mkfifo", marks=pytest.mark.posix("it has no FIFOs in folders"))

KILL_STATUS = 9 if sys.platform == "win32" else -signal.SIGKILL
"""The exit status of a process after ``os.kill(pid, 9)``."""

KILLED_COMMAND = """
    import os, sys
    from awscreds.app import App
    from awscreds.cli import run
    from awscreds.stores.aws_files import AwsFiles

    fatal, environ, *words = sys.argv[1:]

    def step(reached):
        if reached == fatal:
            os.kill(os.getpid(), 9)

    app = App(__import__("json").loads(environ), step=step)
    app.files = AwsFiles(app.files.config_path, app.files.credentials_path, step=step)
    sys.exit(run(words, app))
    """
"""Runs a command until a step of a change of the AWS files, and dies there. Its arguments: the
step, the variables as JSON, the words of the command."""

IN_OWN_MOUNTS = ["unshare", "--mount"]


def start(code, *arguments, prefix=(), stdin=False):
    """Start ``code`` in an interpreter of its own, with ``arguments`` in sys.argv."""
    path = os.pathsep.join([*ROOTS, os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE if stdin else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(code, *arguments, prefix=()):
    """Run ``code`` to its end; what it printed. It must end well."""
    process = start(code, *arguments, prefix=prefix)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def mounts(shell, code, *arguments):
    """Run the mounting ``shell`` line, then ``code``, where nobody else sees the mounts."""
    need_posix("it has no mounts")
    if not can_mount():
        missing_tool("unshare --mount is not permitted here")
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    line = f'{shell} && exec "$@"'
    return run(code, *arguments, prefix=[*IN_OWN_MOUNTS, *user, "sh", "-ec", line, "sh"])


def can_mount():
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [*IN_OWN_MOUNTS, *user, "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and (
        subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def need_root():
    need_posix("it has no numbers for users")
    if os.geteuid() != 0:
        missing_tool("only root can give files away")


@contextlib.contextmanager
def open_folder():
    """A folder that whoever runs the code below AS_NOBODY can reach and owns."""
    need_posix("it has no numbers for users")
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)


class NoTime(Time):
    """Sleeping takes no time, but moves the clocks on. ``at_sleep`` is called for each sleep."""

    def __init__(self, at_sleep=lambda _slept: None):
        self.slept = 0.0

        def sleep(seconds):
            self.slept += seconds
            at_sleep(self.slept)

        super().__init__(
            clock=lambda: time.time() + self.slept, monotonic=lambda: self.slept, sleep=sleep
        )


@contextlib.contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path):
    """The mode of the file; on Windows, which has none, something equal to any."""
    if sys.platform == "win32":
        return ANY
    return os.stat(path).st_mode & 0o7777


def open_to_others(path, bits):
    """Set the mode; on Windows, a list that lets everybody do what the last digit of it allows."""
    if sys.platform != "win32":
        os.chmod(path, bits)
        return
    import ctypes

    from awscreds.stores import windows_acl

    rights = "".join(right for bit, right in ((4, "FR"), (2, "FW"), (1, "FX")) if bits & bit)
    others = f"(A;;{rights};;;WD)" if rights else ""
    with windows_acl._descriptor(f"D:P(A;;FA;;;{windows_acl.me()}){others}") as descriptor:
        set_security = ctypes.WinDLL("advapi32").SetFileSecurityW
        assert set_security(ctypes.c_wchar_p(str(path)), windows_acl._LIST, descriptor)


ON_WINDOWS = "by its access control list, for Everyone"
"""Why others can use what they may, there."""


def names(folder):
    return sorted(os.listdir(folder))

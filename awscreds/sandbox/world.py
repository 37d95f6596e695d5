"""A sandbox: its server process, its temporary home, and the programs that run in it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any, Self

from awscreds.errors import AwscredsError
from awscreds.model.environment import PASSPHRASE
from awscreds.sandbox import homes
from awscreds.sandbox.client import Control
from awscreds.stores.installer import to_add_extra

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PROGRAM = ("-m", "awscreds.sandbox.server")
"""What Python starts as the server."""

START_DEADLINE = 60.0
"""Seconds that the server may take to start. Importing moto takes one, on a slow machine ten."""

END_DEADLINE = 2.0
"""Seconds that a program gets to end before it is killed."""

LOCK_DEADLINE = 20.0
"""Seconds that `awscreds lock` may take at the end."""

URL_VARIABLE = "AWSCREDS_SANDBOX_URL"
TOKEN_VARIABLE = "AWSCREDS_SANDBOX_TOKEN"  # noqa: S105 - a variable's name

FOREIGN_PREFIXES = (
    "AWS_",
    "AWSCREDS_",
    "BOTO",
    "DBUS_",
    "GNOME_KEYRING",
    "KEYRING_",
    "MOTO_",
    "PYTHON",
    "XDG_",
)
FOREIGN = frozenset(
    {
        # Files of the real home that a shell would read or write.
        "BASH_ENV",
        "CDPATH",
        "ENV",
        "HISTFILE",
        "PROMPT_COMMAND",
        "PS1",
        "ZDOTDIR",
        # The sandbox is on this machine; nothing in it goes through a proxy.
        "all_proxy",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)

CONSOLE_CSV = "alice_accessKeys.csv"
MFA_FILE = "alice_mfa_device.txt"


class Server:
    """A sandbox server in its own process, which ends with this one. Use it with ``with``."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        # A session of its own: Ctrl-C in the terminal is for what runs in the sandbox.
        self._process = subprocess.Popen(
            [sys.executable, "-E", "-P", *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_server_environment(os.environ),
            start_new_session=True,
        )
        try:
            self.control = self._ready()
        except BaseException:
            self.close()
            raise

    def _ready(self) -> Control:
        alarm = threading.Timer(START_DEADLINE, self._process.kill)
        alarm.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout else b""
        finally:
            alarm.cancel()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            last = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
            raise AwscredsError(
                "the sandbox's server did not start" + (f": {last[0]}" if last else ""),
                code="sandbox",
                hint=f"its packages may be too old: {to_add_extra('sandbox')}",
            )
        return Control(**json.loads(line))

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def close(self) -> None:
        """End the server."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(END_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class World:
    """A server and a temporary home for it, both removed after ``with``."""

    def __init__(self, *, inherited: Mapping[str, str] = os.environ) -> None:
        self._inherited = inherited
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with self._stack as stack:
            homes.sweep()
            self.control = stack.enter_context(Server()).control
            self.facts = self.control.facts()
            with _signals_wait():
                home = homes.make()
                stack.callback(home.remove)
            self.home, self._lock = home.path, home.lock
            furnish(self.home, self.facts)
            self.environment = environment(self._inherited, self.home, self.control, self.facts)
            stack.callback(self._forget_cached)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with _deaf_to_signals():
            self._stack.close()

    def run(self, argv: Sequence[str]) -> int:
        """Run a program in the home, on this terminal. Its exit code, 128 + n for signal n."""
        return run(argv, environment=self.environment, folder=self.home, lock=self._lock)

    def _forget_cached(self) -> None:
        """Remove what the system holds for this home."""
        if (self.home / ".aws" / "awscreds").is_dir():
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    [sys.executable, "-E", "-P", "-m", "awscreds", "lock"],
                    env=self.environment,
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=LOCK_DEADLINE,
                    check=False,
                )


def environment(
    inherited: Mapping[str, str], home: Path, control: Control, facts: Mapping[str, Any]
) -> dict[str, str]:
    """The variables of a program in the sandbox, without those of AWS, D-Bus or a keyring."""
    kept = {name: value for name, value in inherited.items() if not _is_foreign(name)}
    own_programs = os.path.dirname(sys.executable)
    if sys.platform == "win32":
        import sysconfig

        own_programs = sysconfig.get_path("scripts")
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PATH": os.pathsep.join(filter(None, (own_programs, kept.get("PATH", os.defpath)))),
        "AWS_ENDPOINT_URL": control.url,
        "AWS_REGION": facts["region"],
        "AWS_DEFAULT_REGION": facts["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWSCREDS_BACKEND": "vault",
        PASSPHRASE: secrets.token_urlsafe(24),
        URL_VARIABLE: control.url,
        TOKEN_VARIABLE: control.token,
    }


def furnish(home: Path, facts: Mapping[str, Any]) -> None:
    """Put into ``home`` what a new colleague has: the console's CSV, a role, an MFA device."""
    home.chmod(0o700)
    (home / ".aws").mkdir(mode=0o700)
    _write(
        home / ".aws" / "config",
        f"{homes.FIRST_LINE}\n"
        "[profile admin]\n"
        f"role_arn = {facts['role_arn']}\n"
        "source_profile = alice\n"
        f"mfa_serial = {facts['mfa_serial']}\n"
        f"region = {facts['region']}\n",
    )
    # As the IAM console writes it: a byte order mark, these headers, CRLF.
    _write(
        home / CONSOLE_CSV,
        "\ufeffAccess key ID,Secret access key\r\n"
        f"{facts['access_key_id']},{facts['secret_access_key']}\r\n",
    )
    _write(
        home / MFA_FILE,
        f"Serial number: {facts['mfa_serial']}\nSecret configuration key: {facts['mfa_seed']}\n",
    )
    _write(home / ".bashrc", "PS1='(awscreds sandbox) \\w \\$ '\n")
    # Without this file zsh begins by asking questions.
    _write(home / ".zshrc", "PROMPT='(awscreds sandbox) %~ %# '\n")


def run(
    argv: Sequence[str], *, environment: Mapping[str, str], folder: Path, lock: int | None = None
) -> int:
    """Run a program on this terminal until it ends. Its exit code, 128 + n for signal n.

    It inherits ``lock``: the home stays as long as a program runs in it, even if we end.

    The program handles Ctrl-C, as under a shell. If this process gets a signal to end
    (``ending_on_signals``), the program is ended first.
    """
    program = shutil.which(argv[0], path=environment.get("PATH"))
    if program is None:
        raise AwscredsError(
            f"{argv[0]}: there is no such program in the sandbox's PATH", code="not-found"
        )
    process: subprocess.Popen[bytes] | None = None

    def interrupted(number: int, _: object) -> None:
        # From a terminal the program has got it, too. From `kill -INT` it has not.
        if process is not None and not sys.stdin.isatty():
            process.send_signal(number)

    try:
        with _handling({signal.SIGINT: interrupted}):
            with _signals_wait():
                process = subprocess.Popen(
                    [program, *argv[1:]],
                    env=dict(environment),
                    cwd=folder,
                    pass_fds=() if lock is None else (lock,),
                )
            code = process.wait()
    except BaseException:
        if process is not None:
            _end(process)
        raise
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """Inside it, SIGTERM and SIGHUP unwind the stack, so that ``with`` blocks clean up."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    with _handling(dict.fromkeys(_endings(), end)):
        yield


def missing_parts() -> list[str]:
    """The packages of the extra ``sandbox`` that are not installed."""
    from importlib.util import find_spec

    return [name for name in ("moto", "flask", "flask_cors") if find_spec(name) is None]


def _end(process: subprocess.Popen[bytes]) -> None:
    with _deaf_to_signals():
        # An interactive shell ignores SIGTERM, and ends on SIGHUP.
        for number in _endings():
            process.send_signal(number)
        try:
            process.wait(END_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _endings() -> list[signal.Signals]:
    return [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


@contextlib.contextmanager
def _deaf_to_signals() -> Iterator[None]:
    def nothing(_number: int, _frame: object) -> None:
        """A handler, not SIG_IGN: programs that are started meanwhile would inherit that."""

    with _handling(dict.fromkeys((signal.SIGINT, *_endings()), nothing)):
        yield


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Signals that come inside it are handled after it: half-made things could not be undone."""
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)

    with _handling(dict.fromkeys((signal.SIGINT, *_endings()), note)):
        yield
    for number in came:
        signal.raise_signal(number)


@contextlib.contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_foreign(name: str) -> bool:
    return name.startswith(FOREIGN_PREFIXES) or name in FOREIGN or name.lower().endswith("_proxy")


def _server_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Moto reads AWS's files and variables. It must see none."""
    return {
        **{name: value for name, value in inherited.items() if not _is_foreign(name)},
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode())

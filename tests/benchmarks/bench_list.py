"""What the commands cost that only read the files, as multiples of a bare Python.

How much they do is counted in ``tests/test_work.py``.

Run it as ``python -m tests.benchmarks.bench_list [ROUNDS]``. Whole processes, with all of their
output read from a pipe or, where it says so, from a terminal of 40 lines by 100 columns. Each round
runs all of them one after the other, so that a busy machine slows them all, and each is compared
with the starts of its own round. Each must end with 0. Before the first round, all are run once,
so that byte code and files are in the page cache.

A command of many profiles must print each of them: an answer that is short of lines is no answer.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time

from tests.benchmarks.bench_warm import PROGRAM

BARE = "python -I -S -c pass"
CLICK = "python -c 'import click'"
COUNTS = (3, 1_000, 10_000, 100_000)
FEW = 10_000
"""Profiles up to which what is made for people, and takes seconds with more, is measured."""
KINDS = (
    "region = eu-central-1\n",
    "role_arn = arn:aws:iam::210987654321:role/r{0}\nsource_profile = p0\nregion = eu-west-1\n",
    "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n",
    "credential_process = /usr/bin/true\n",
    "login_session = arn:aws:iam::123456789012:user/u{0}\n",
)
"""Every tenth profile has a plaintext key, too; what is here fills the others."""


def main(rounds):
    with contextlib.ExitStack() as stack:
        commands = {
            BARE: ([sys.executable, "-I", "-S", "-c", "pass"], own_variables(), from_pipe, 0),
            CLICK: ([sys.executable, "-c", "import click"], own_variables(), from_pipe, 0),
            "--version": ([PROGRAM, "--version"], own_variables(), from_pipe, 1),
        }
        for count in COUNTS:
            environment = stack.enter_context(home(count))
            for name, words, reader, lines in rows_of(count):
                commands[f"{name}, {count:,}"] = ([PROGRAM, *words], environment, reader, lines)
        for command in commands.values():
            run(*command)
        rows = [{name: run(*command) for name, command in commands.items()} for _ in range(rounds)]
    print(f"{rounds} rounds; multiples of the same round: median (quartiles)")
    for name in commands:
        middle = statistics.median(row[name] for row in rows) * 1000
        low, bare, high = statistics.quantiles([row[name] / row[BARE] for row in rows], n=4)
        click = statistics.median(row[name] / row[CLICK] for row in rows)
        print(
            f"{name:36} {middle:8.1f} ms  {bare:6.2f} ({low:.2f} to {high:.2f}) {BARE}"
            f"  {click:5.2f} {CLICK}"
        )


def rows_of(count):
    """What is measured with so many profiles: a name, the words, how it is read, its lines."""
    yield "list", ["list"], from_pipe, count
    yield "configure list-profiles", ["configure", "list-profiles"], from_pipe, count
    yield "configure get", ["configure", "get", "region", "--profile", "p1"], from_pipe, 1
    if count <= FEW:
        yield "list at a terminal", ["list"], from_terminal, count
        yield "list --json", ["list", "--json"], from_pipe, count
        yield "status", ["status"], from_pipe, 1


def run(argv, environment, read, least):
    """The seconds until a process has ended and all is read; it ends with 0 and so many lines."""
    start = time.perf_counter()
    lines, status = read(argv, environment)
    seconds = time.perf_counter() - start
    if status or lines < least:
        sys.exit(f"{argv} failed: it printed {lines} lines, and its status is {status}")
    return seconds


def from_pipe(argv, environment):
    reading, writing = os.pipe()
    return _read(argv, environment, reading, writing, (1,))


def from_terminal(argv, environment):
    import fcntl
    import pty
    import struct
    import termios

    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    return _read(argv, {**environment, "TERM": "xterm"}, reading, writing, (0, 1, 2))


def _read(argv, environment, reading, writing, streams):
    """The lines that a process prints, and the status with which it ends."""
    actions = [(os.POSIX_SPAWN_DUP2, writing, stream) for stream in streams]
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions)
    os.close(writing)
    lines = 0
    with contextlib.suppress(OSError):  # a terminal's end
        while data := os.read(reading, 1 << 16):
            lines += data.count(b"\n")
    os.close(reading)
    return lines, os.waitpid(pid, 0)[1]


@contextlib.contextmanager
def home(count):
    """The environment of a user with ``count`` profiles of all kinds."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, ".aws"), mode=0o700)
        config, credentials = [], []
        for number in range(count):
            if number % 10 == 0:
                key = f"AKIA{number:016}"
                pair = f"aws_access_key_id = {key}\naws_secret_access_key = {'s' * 40}\n"
                credentials.append(f"[p{number}]\n{pair}\n")
            else:
                text = KINDS[number % len(KINDS)].format(number)
                config.append(f"[profile p{number}]\n{text}\n")
        config.append("[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\n")
        config.append("sso_region = eu-west-1\n")
        for name, sections in (("config", config), ("credentials", credentials)):
            path = os.path.join(folder, ".aws", name)
            with open(path, "w", encoding="utf-8", opener=_private) as file:
                file.writelines(sections)
        yield {**own_variables(), "HOME": folder, "AWSCREDS_BACKEND": "vault"}


def own_variables():
    """The environment without what changes how Python starts: byte code is kept, as for users."""
    foreign = ("AWS", "DBUS", "PYTHON")
    return {name: text for name, text in os.environ.items() if not name.startswith(foreign)}


def _private(path, flags):
    return os.open(path, flags, 0o600)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

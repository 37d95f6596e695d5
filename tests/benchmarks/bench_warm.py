"""What one start of ``credential-process`` costs an SDK, as multiples of a bare Python.

Run it as ``python -m tests.benchmarks.bench_warm [ROUNDS]``. Whole processes, from posix_spawn to
their end; each round runs all of them one after the other, so that a busy machine slows them all,
and each is compared with the bare start of its own round. *warm*: the line that `configure` writes
into the config file, answered from the kernel key store; *cold*: the same without a kept answer,
from the vault, whose key is held; *wrapped SSO profile*: a role of the sandbox, for a login.
"""

import contextlib
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

from awscreds.sandbox.tour import sso
from awscreds.sandbox.world import World
from awscreds.stores.kernel_keyring import kernel

BARE = "python -I -S -c pass"
PROGRAM = os.path.join(os.path.dirname(sys.executable), "awscreds")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documentation example
MANY = 10_000


def main(rounds):
    with contextlib.ExitStack() as stack:
        commands = {
            BARE: ([sys.executable, "-I", "-S", "-c", "pass"], dict(os.environ)),
            "python -I -c pass": ([sys.executable, "-I", "-c", "pass"], dict(os.environ)),
        }
        for count in (1, MANY):
            profiles = f"{count:,} profile{'s' if count > 1 else ''}"
            environment = stack.enter_context(home(count))
            commands |= {
                f"warm line, {profiles}": (line_of("warm", environment), environment),
                f"cold line, {profiles}": (line_of("cold", environment), environment),
                f"warm pip script, {profiles}": (
                    [PROGRAM, "credential-process", "--profile", "warm"],
                    environment,
                ),
            }
        environment = stack.enter_context(sso_home())
        commands["warm line, wrapped SSO profile"] = (
            line_of(sso.PROFILE, environment),
            environment,
        )
        for command in commands.values():  # once unmeasured: byte code, page cache, the answer
            run(*command)
        rows = [{name: run(*command) for name, command in commands.items()} for _ in range(rounds)]
    print(f"{rounds} rounds; multiples of `{BARE}`: median (quartiles)")
    for name in commands:
        middle = statistics.median(row[name] for row in rows) * 1000
        low, ratio, high = statistics.quantiles([row[name] / row[BARE] for row in rows], n=4)
        print(f"{name:32} {middle:6.1f} ms  {ratio:5.2f} ({low:.2f} to {high:.2f})")


@contextlib.contextmanager
def home(count):
    """The environment of a user with ``count`` profiles more than the two that are measured."""
    foreign = ("AWS", "DBUS", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **kept,
            "HOME": folder,
            "AWSCREDS_BACKEND": "vault",
            "AWSCREDS_PASSPHRASE": "passphrase",
        }
        try:
            for profile in ("warm", "cold"):
                words = "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin", "--no-verify"
                configure = [PROGRAM, "configure", "--profile", profile, *words]
                subprocess.run(
                    configure, env=environment, input=SECRET, text=True, check=True,
                    capture_output=True,
                )  # fmt: skip
            config = os.path.join(folder, ".aws", "config")
            subprocess.run(
                [PROGRAM, "configure", "set", "awscreds_key_cache", "15m", "--profile", "warm"],
                env=environment, check=True, capture_output=True,
            )  # fmt: skip
            with open(config, "a", encoding="utf-8") as file:
                file.writelines(
                    f"\n[profile p{number}]\nregion = eu-central-1\noutput = json\n"
                    for number in range(count - 1)
                )
            time.sleep(2.5)  # nothing is kept while the files are that new
            run(line_of("warm", environment), environment)
            if not kernel.names(kernel.scope(os.path.join(folder, ".aws", "awscreds")) + "answer:"):
                sys.exit("no answer was kept: this kernel, or its container, refuses the key store")
            yield environment
        finally:
            subprocess.run([PROGRAM, "lock", "--quiet"], env=environment, check=True)


@contextlib.contextmanager
def sso_home():
    """The environment of a user of the sandbox who is logged in to IAM Identity Center."""
    person = [sys.executable, "-m", "awscreds.sandbox.browser", "Allow access"]
    with World() as world:
        sso.write_profile(world)
        environment = {**world.environment, "BROWSER": f"{shlex.join(person)} %s"}
        for words in (("login",), ("profile", "wrap")):
            command = [PROGRAM, *words, sso.PROFILE]
            subprocess.run(command, env=environment, check=True, capture_output=True)
        time.sleep(2.5)  # nothing is kept while the files are that new
        run(line_of(sso.PROFILE, environment), environment)
        yield environment


def line_of(profile, environment):
    """The words of the line that stands in the config file."""
    config = os.path.join(environment["HOME"], ".aws", "config")
    with open(config, encoding="utf-8") as file:
        section = file.read().partition(f"[profile {profile}]")[2]
    line = next(row for row in section.splitlines() if row.startswith("credential_process"))
    return shlex.split(line.partition("=")[2])


def run(argv, environment):
    """The seconds from the start of a process to its end, which must be a good one."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{shlex.join(argv)} failed")
    return seconds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)

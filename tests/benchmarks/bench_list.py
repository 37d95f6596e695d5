"""What `list` and `status` cost, as multiples of a bare Python and of one that imports click.

How much they do is counted in ``tests/test_work.py``.

Run it as ``python -m tests.benchmarks.bench_list [ROUNDS]``. Whole processes, with their output in
a pipe that is not read. Each round runs all of them one after the other, so that a busy machine
slows them all, and each is compared with the starts of its own round.
"""

import contextlib
import os
import statistics
import sys
import tempfile

from tests.benchmarks.bench_warm import PROGRAM, run

BARE = "python -I -S -c pass"
CLICK = "python -c 'import click'"
COUNTS = (10, 10_000)
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
            BARE: ([sys.executable, "-I", "-S", "-c", "pass"], own_variables()),
            CLICK: ([sys.executable, "-c", "import click"], own_variables()),
        }
        for count in COUNTS:
            environment = stack.enter_context(home(count))
            for words in (["status"], ["list"], ["list", "--json"]):
                name = f"{' '.join(words)}, {count:,} profiles"
                commands[name] = ([PROGRAM, *words], environment)
        for command in commands.values():  # once unmeasured: byte code, page cache
            run(*command)
        rows = [{name: run(*command) for name, command in commands.items()} for _ in range(rounds)]
    print(f"{rounds} rounds; the median of each, and of its multiples in the same round")
    for name in commands:
        middle = statistics.median(row[name] for row in rows) * 1000
        bare, click = (
            statistics.median(row[name] / row[of] for row in rows) for of in (BARE, CLICK)
        )
        print(f"{name:30} {middle:7.1f} ms  {bare:6.2f} {BARE}  {click:5.2f} {CLICK}")


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

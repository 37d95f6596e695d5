"""What one secret in the Secret Service costs a fresh process: ours against ``keyring get``.

Run it as ``python -m tests.benchmarks.bench_keyring [ROUNDS]``. Each round runs the three commands
one after the other against the same gnome-keyring, so that a busy machine slows all of them.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from awscreds.stores.backends.keyring import DIRECT, KeyringBackend
from tests.stores.backends.secret_service import gnome_keyring

ID = "AKIAIOSFODNN7EXAMPLE"
OURS = (
    "import sys; sys.path.insert(0, {root!r});"
    "from awscreds.stores.backends.keyring import KeyringBackend;"
    "print(KeyringBackend({backend!r}).read({id!r}))"
)


def main(rounds):
    root = str(pathlib.Path(__file__).parents[2])
    commands = {
        "keyring get": ["-m", "keyring", "get", f"awscreds:{ID}", ID],
        "ours": ["-I", "-c", OURS.format(root=root, backend=DIRECT, id=ID)],
        "python -I -S -c pass": ["-I", "-S", "-c", "pass"],
    }
    took = {name: [] for name in commands}
    with (
        tempfile.TemporaryDirectory() as folder,
        gnome_keyring(pathlib.Path(folder, "session")) as environment,
    ):
        KeyringBackend(DIRECT, environ=environment).write(ID, "secret")
        for command in commands.values():  # once unmeasured: byte code, page cache
            run(command, environment)
        for _ in range(rounds):
            for name, command in commands.items():
                took[name].append(run(command, environment))
    for name, seconds in took.items():
        say(f"{name:22} median {statistics.median(seconds) * 1000:6.1f} ms")
    for baseline in ("keyring get", "python -I -S -c pass"):
        ratios = [ours / other for ours, other in zip(took["ours"], took[baseline], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        say(f"ours / {baseline:22} median {middle:.2f}, quartiles {low:.2f} to {high:.2f}")


def say(line):
    sys.stdout.write(line + "\n")


def run(arguments, environment):
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=os.sep,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)

"""What one secret in the vault costs a fresh process, with its key held by the kernel and without.

Run it as ``python -m tests.benchmarks.bench_vault [ROUNDS]``. Each round runs the three commands
one after the other, so that a busy machine slows all of them.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from awscreds.stores.backends.vault import VaultBackend
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.state_dir import StateDir

READ = """
import sys; sys.path.insert(0, {root!r})
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.state_dir import StateDir
from awscreds.stores.backends.vault import VaultBackend
class Passphrases:
    def existing(self): return "passphrase"
print(VaultBackend(StateDir({state!r}), Passphrases(), keeper={keeper}).read("id"))
"""
BARE = "python -I -S -c pass"


class Passphrases:
    def new(self):
        return "passphrase"


def main(rounds):
    root = str(pathlib.Path(__file__).parents[2])
    with tempfile.TemporaryDirectory() as folder:
        state = str(pathlib.Path(folder, "state"))
        backend = VaultBackend(StateDir(state), Passphrases(), keeper=kernel)
        backend.write("id", "secret")
        if not backend.is_open():
            sys.exit("this kernel, or its container, refuses the key store")
        held = READ.format(root=root, state=state, keeper="kernel")
        asked = READ.format(root=root, state=state, keeper="None")
        commands = {
            "key held": ["-I", "-c", held],
            "passphrase given": ["-I", "-c", asked],
            BARE: ["-I", "-S", "-c", "pass"],
        }
        try:
            for command in commands.values():  # once unmeasured: byte code, page cache
                run(command)
            rows = [
                {name: run(command) for name, command in commands.items()} for _ in range(rounds)
            ]
        finally:
            kernel.drop_all(kernel.scope(state))
    for name in commands:
        print(f"{name:22} median {statistics.median(row[name] for row in rows) * 1000:6.1f} ms")
    for name in ("key held", "passphrase given"):
        low, middle, high = statistics.quantiles([row[name] / row[BARE] for row in rows], n=4)
        print(f"{name:17} / {BARE}: median {middle:.2f}, quartiles {low:.2f} to {high:.2f}")


def run(arguments):
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)

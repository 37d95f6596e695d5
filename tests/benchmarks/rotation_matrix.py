"""The rotation matrix: every mishap there is, and what it cost: keys lost, people locked out.

    python tests/benchmarks/rotation_matrix.py [--sample N] [--workers N]

Needs what the tests need (Debian: dbus, gnome-keyring; for a full disk, to be root or to have user
namespaces). Every case is a real process, killed or led into trouble, against the sandbox with real
files and stores; its clock moves, nobody waits.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

sys.path.insert(0, str(Path(__file__).parents[2]))

from awscreds.sandbox.world import Server
from tests.e2e import rotation, rotation_cases

SEED = 4


class Tally:
    """What has come of the cases so far, told as it goes."""

    def __init__(self, total):
        self._total = total
        self.results, self.not_run = [], []

    def add(self, result):
        self.results.append(result)
        if result.problems:
            print(f"\n{result.case}: {result.problems}\n{result.transcript}", flush=True)
        elif len(self.results) % 20 == 0:
            print(f"\r{len(self.results)}/{self._total}", end="", file=sys.stderr, flush=True)

    def table(self):
        """How many cases of each kind there were, for each user: with the vault/the keyring."""
        count = Counter((r.case.kind, r.case.user, r.case.store) for r in self.results)
        yield f"{'vault/keyring':20}" + "".join(f"{user:>16}" for user in rotation_cases.EVERYBODY)
        for kind in sorted({kind for kind, _, _ in count}):
            cells = (
                "/".join(str(count[kind, user, store]) for store in rotation_cases.STORES)
                for user in rotation_cases.EVERYBODY
            )
            yield f"{kind:20}" + "".join(f"{cell if cell != '0/0' else '':>16}" for cell in cells)

    def sums(self):
        yield f"cases run: {len(self.results)}"
        yield f"secrets lost: {sum(result.secrets_lost > 0 for result in self.results)}"
        yield f"lock-outs: {sum(result.lock_outs > 0 for result in self.results)}"
        yield f"plaintext left: {sum(result.plaintext_left > 0 for result in self.results)}"
        yield f"otherwise not as it must be: {sum(bool(r.problems) for r in self.results)}"
        if self.not_run:
            yield f"not to be staged here: {len(self.not_run)}"

    @property
    def is_good(self):
        return not any(result.problems for result in self.results)


def work(queue, tally):
    with Server() as server, rotation.stand(server.control) as stand:
        while case := queue.get():
            try:
                tally.add(stand.run(case))
            except rotation.NoSmallDisk as error:
                tally.not_run.append((case, error))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, metavar="N", help="only so many cases, at random")
    # Each waits now and then: for a process to start, for the keyring.
    workers = (os.cpu_count() or 1) + 1
    parser.add_argument("--workers", type=int, default=workers, metavar="N")
    options = parser.parse_args()
    cases = list(rotation_cases.everything())
    if options.sample:
        cases = random.Random(SEED).sample(cases, options.sample)
    tally, queue = Tally(len(cases)), SimpleQueue()
    for case in cases + [None] * options.workers:
        queue.put(case)
    started = time.monotonic()
    with ThreadPoolExecutor(options.workers) as pool:
        for done in [pool.submit(work, queue, tally) for _ in range(options.workers)]:
            done.result()
    print("\n" + "\n".join(tally.table()))
    looks = sum(result.looks for result in tally.results)
    print(f"\n{', '.join(tally.sums())} ({looks} looks, {time.monotonic() - started:.0f} s)")
    return 0 if tally.is_good else 1


if __name__ == "__main__":
    sys.exit(main())

"""The rotation matrix: every mishap there is, and what it cost: keys lost, people locked out.

    python tests/benchmarks/rotation_matrix.py [--sample N]

Needs what the tests need (Debian: dbus, gnome-keyring). Every case is a real process, killed or
led into trouble, against the sandbox with real files and stores; its clock moves, nobody waits.
"""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

sys.path.insert(0, str(Path(__file__).parents[2]))

from awscreds.sandbox.world import Server
from tests.e2e import rotation

SEED = 4


def kind(case):
    if case.fault:
        return f"AWS: {case.fault.split()[0]}"
    if case.again is not None:
        return "killed twice"
    return "nothing" if case.at is None else case.how.replace("_", " ")


def all_cases():
    yield from (rotation.Case(user, store) for user in rotation.USERS for store in rotation.STORES)
    yield from rotation.mishaps()
    yield from rotation.killed_twice()
    for user in rotation.USERS:
        yield from rotation.faults(user)


def work(queue, results):
    with Server() as server, rotation.stand(server.control) as stand:
        while case := queue.get():
            result = stand.run(case)
            results.append(result)
            if result.problems:
                print(f"\n{case}: {result.problems}\n{result.transcript}", flush=True)
            elif len(results) % 20 == 0:
                print(f"\r{len(results)} cases", end="", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, metavar="N", help="only so many cases, at random")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    cases = list(all_cases())
    if options.sample:
        cases = random.Random(SEED).sample(cases, options.sample)
    queue, results = SimpleQueue(), []
    for case in cases + [None] * options.workers:
        queue.put(case)
    started = time.monotonic()
    with ThreadPoolExecutor(options.workers) as pool:
        for done in [pool.submit(work, queue, results) for _ in range(options.workers)]:
            done.result()
    table = Counter((kind(r.case), f"{r.case.user}/{r.case.store}") for r in results)
    columns = [f"{user}/{store}" for user in rotation.USERS for store in rotation.STORES]
    print(f"\n{'what goes wrong':18}" + "".join(f"{name:>24}" for name in columns))
    for row in dict.fromkeys(kind(case) for case in cases):
        print(f"{row:18}" + "".join(f"{table[row, name]:24}" for name in columns))
    bad = sum(bool(result.problems) for result in results)
    print(
        f"\ncases run: {len(results)}, secrets lost: {sum(r.secrets_lost for r in results)}, "
        f"lock-outs: {sum(r.lock_outs for r in results)}, otherwise not as it must be: {bad} "
        f"({time.monotonic() - started:.0f} s)"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""``rotate --all`` against as many single runs: whole processes, real waits, a sandbox as AWS.

    python tests/benchmarks/bench_rotate_all.py [--users 100] [--singles 5]

The single runs are a few of many, and their mean stands for the rest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from awscreds.app import App
from awscreds.model.credentials import AccessKey
from awscreds.sandbox.world import Server, environment
from tests.sandbox.fixtures import Sandbox

POLICY = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}'
)


def furnish(sandbox, environ, names):
    """A user with a stored key for each name."""
    os.environ["HOME"] = environ["HOME"]  # what App takes ~ for: never the real one
    iam = sandbox.client("iam", *sandbox.root_key)
    app = App(environ)
    config = []
    for name in names:
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=POLICY)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        app.stores.for_writing().keep_access_key(
            AccessKey(key["AccessKeyId"], key["SecretAccessKey"])
        )
        config.append(f"[profile {name}]\nawscreds_access_key_id = {key['AccessKeyId']}\n")
    path = Path(environ["HOME"]) / ".aws" / "config"
    path.write_text("".join(config))


def seconds(environ, *argv):
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "awscreds", "rotate", *argv, "--yes", "--no-input", "--quiet"],
        env=environ,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--singles", type=int, default=5)
    options = parser.parse_args()
    names = [f"user{number:03}" for number in range(options.users)]
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(server.control, server.control.reset(), Path(folder))
        home = Path(folder) / "home"
        (home / ".aws").mkdir(parents=True, mode=0o700)
        environ = environment(os.environ, home, server.control, sandbox.facts)
        furnish(sandbox, environ, names)
        singles = [seconds(environ, "--profile", name) for name in names[: options.singles]]
        every = seconds(environ, "--all")
    mean, spread = statistics.mean(singles), max(singles) - min(singles)
    print(f"a single run: {mean:.1f} s (spread {spread:.1f} s, {len(singles)} runs)")
    print(f"--all of {len(names)}: {every:.1f} s")
    print(f"ratio to {len(names)} single runs: {every / (mean * len(names)):.3f}")


if __name__ == "__main__":
    main()

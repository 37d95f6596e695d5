"""Rows: rotations of one key and of a hundred, with their real waits, against the sandbox."""

import os
import subprocess

from awscreds.sandbox.world import Server, environment
from tests.benchmarks.homes import variables, write
from tests.benchmarks.measure import Row
from tests.sandbox.fixtures import Sandbox

GROUP = "Rotation"
USERS = 100
LEAST_CALLS = 4
"""Of each rotation: who is it, a new key, the old one inactive, and deleted."""
POLICY = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}'
)


def rows(stage):
    server = stage.enter(Server())
    sandbox = Sandbox(server.control, server.control.reset(), stage.folder("rotation"))
    stage.count_calls(lambda: len(server.control.log()))
    home = stage.folder("rotation") / "home"
    environ = environment(variables(home), home, server.control, sandbox.facts)
    names = [f"user{number:03}" for number in range(USERS)]
    _furnish(stage, sandbox, environ, names)
    for name, count, words in (
        ("one key", 1, ["rotate", "--profile", names[0]]),
        (f"{USERS} keys at once", USERS, ["rotate", "--all"]),
    ):
        argv = [stage.awscreds, *words, "--yes", "--no-input", "--quiet"]
        yield Row(GROUP, name, " ".join(("awscreds", *words, "--yes")), argv, environ,
                  calls=range(LEAST_CALLS * count, 1_000 * count),
                  check=_says_nothing, most=3 if count == 1 else 1)  # fmt: skip


def _furnish(stage, sandbox, environ, names):
    """A user with a stored key for each name, as somebody imports them who got a list."""
    iam = sandbox.client("iam", *sandbox.root_key)
    lines = ["User name,Access key ID,Secret access key"]
    for name in names:
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=POLICY)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        lines.append(f"{name},{key['AccessKeyId']},{key['SecretAccessKey']}")
    home = environ["HOME"]
    os.makedirs(home, mode=0o700, exist_ok=True)
    path = stage.folder("rotation") / "keys.csv"
    write(path, "\n".join(lines) + "\n")
    done = subprocess.run(
        [stage.awscreds, "configure", "import", "--csv", path, "--no-verify"],
        env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    stage.at_end(lambda: subprocess.run([stage.awscreds, "lock", "--quiet"], env=environ,
                                        check=False))  # fmt: skip


def _says_nothing(output):
    return "it printed something" if output else None

"""Rows: the line in the config file, which every start of an SDK runs."""

import json
import os
import shlex
import subprocess
import sys
import time

from awscreds.stores.kernel_keyring import kernel
from tests.benchmarks.endpoint import ID, SECRET, SESSION_ID
from tests.benchmarks.homes import PASSPHRASE, Managed, config_of_dev, variables, write
from tests.benchmarks.measure import PEER, Row

GROUP = "credential-process"
MANY = 10_000
SETTLED = 2.5
"""Seconds after which the files are old enough for an answer to be kept."""


def serves(key_id, secret=SECRET):
    """A check that the output is what SDKs want of a credential_process, with this key."""

    def check(output):
        try:
            answer = json.loads(output)
        except ValueError:
            return "it printed no JSON"
        if answer.get("Version") != 1 or answer.get("AccessKeyId") != key_id:
            return "it gave another key"
        return None if answer.get("SecretAccessKey") == secret else "it gave another secret"

    return check


def rows(stage):
    yield from _vault(stage)
    yield from _passphrase_file(stage)
    if stage.bus:
        yield from _secret_service(stage)
    yield from _wrapped_sso(stage)


def line_row(home, profile, name, command="awscreds credential-process --profile {}", **more):
    more.setdefault("check", serves(ID))
    return Row(GROUP, name, command.format(profile), home.line(profile), home.environ, **more)


def _vault(stage):
    for count in (4, MANY):
        home = stage.managed(count)
        yield line_row(home, "dev", "vault, a default profile", profiles=count)
        yield line_row(home, "kept", "vault, warm (key_cache 15m)", profiles=count)
        yield line_row(home, "cold", "vault, cold, its key held", profiles=count)
    home = stage.managed(4)
    argv = [stage.awscreds, "credential-process", "--profile", "kept"]
    yield Row(GROUP, "vault, warm, by pip's script", "awscreds credential-process --profile kept",
              argv, home.environ, check=serves(ID))  # fmt: skip
    yield from _wrapped_role(stage.managed(4, "role"))
    if program := stage.peers.programs.get("aws-vault"):
        more = {"AWS_VAULT_BACKEND": "file", "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE}
        yield from _aws_vault(stage, program, "its file", **more)


def _wrapped_role(home):
    """In a home of its own: to forget sessions is to forget all kept answers.

    Warm it costs what a wrapped SSO profile does: another row here would take the kernel's room
    from the others.
    """
    line = home.line("deploy")

    def seal():
        """A new session; and no answer is kept for two seconds after the old one was forgotten."""
        home.forget_sessions()
        subprocess.run(line, env=home.environ, check=True, capture_output=True)

    session = serves(SESSION_ID)
    name = "vault, a wrapped role"
    yield line_row(home, "deploy", f"{name}, its session sealed", check=session, before=seal)
    yield line_row(home, "deploy", f"{name}, cold", check=session, calls=1,
                   before=home.forget_sessions)  # fmt: skip


def _aws_vault(stage, program, store, **more):
    home = stage.folder(f"aws-vault, {store}")
    environ = variables(home, **more)
    write(home / ".aws" / "config", config_of_dev())
    keys = {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    done = subprocess.run([program, "add", "--env", "dev"], env=environ | keys, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        stage.note(f"aws-vault with {store}: it cannot add a key: {done.stderr.strip()}")
        return
    words = ["export", "--no-session", "--format=json", "dev"]
    yield Row(GROUP, f"aws-vault, {store}", shlex.join(["aws-vault", *words]), [program, *words],
              environ, who=PEER, check=serves(ID))  # fmt: skip


def _passphrase_file(stage):
    folder = stage.folder("passphrase-file")
    file = folder / "passphrase"
    write(file, PASSPHRASE)
    home = Managed(
        stage.awscreds, folder / "home", 4,
        AWSCREDS_BACKEND="vault", AWSCREDS_PASSPHRASE_FILE=str(file),
    )  # fmt: skip
    stage.at_end(home.lock)
    yield line_row(home, "cold", "vault, cold, with a passphrase file", before=home.lock)


def _secret_service(stage):
    home = stage.on_desktop(4)
    yield line_row(home, "dev", "gnome-keyring, a default profile")
    yield line_row(home, "cold", "gnome-keyring, cold")
    argv = [stage.peers.python, "-m", "keyring", "get", f"awscreds:{ID}", ID]
    yield Row(GROUP, "keyring get", f"python -m keyring get awscreds:{ID} {ID}", argv,
              home.environ, who=PEER, check=_not_empty)  # fmt: skip
    if program := stage.peers.programs.get("aws-vault"):
        yield from _aws_vault(stage, program, "gnome-keyring", **stage.bus,
                              AWS_VAULT_BACKEND="secret-service",
                              AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME="login")  # fmt: skip


def _not_empty(output):
    return None if output.strip() else "it printed nothing"


def _wrapped_sso(stage):
    """A role of the sandbox, for somebody who is logged in to IAM Identity Center."""
    from awscreds.sandbox.tour import sso
    from awscreds.sandbox.world import World
    from tests.benchmarks.homes import line_of

    person = [sys.executable, "-m", "awscreds.sandbox.browser", "Allow access"]
    world = stage.enter(World())
    sso.write_profile(world)
    environ = {**world.environment, "BROWSER": f"{shlex.join(person)} %s"}
    for words in (("login",), ("profile", "wrap")):
        subprocess.run([stage.awscreds, *words, sso.PROFILE], env=environ, check=True,
                       capture_output=True)  # fmt: skip
    line = line_of(sso.PROFILE, os.path.join(environ["HOME"], ".aws", "config"))
    yield Row(GROUP, "a wrapped SSO profile, warm",
              f"awscreds credential-process --profile {sso.PROFILE}", line, environ,
              check=_a_session)  # fmt: skip


def _a_session(output):
    try:
        return None if json.loads(output)["SessionToken"] else "it gave no session"
    except (ValueError, KeyError):
        return "it gave no session"


def settle(stage):
    """Wait until answers are kept, and see that this kernel keeps them."""
    time.sleep(SETTLED)
    home = stage.managed(4)
    subprocess.run(home.line("kept"), env=home.environ, check=True, capture_output=True)
    scope = kernel.scope(str(home.home / ".aws" / "awscreds"))
    if not kernel.names(scope + "answer:"):
        stage.note("no answer is kept here: this kernel, or its container, refuses the key store")

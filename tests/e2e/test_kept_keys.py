"""The answer of a managed profile is kept without a word of the user, and never serves a lie."""

import json
import signal
import sys

import pytest

from awscreds import warm
from awscreds.stores.kernel_keyring import kernel
from tests.e2e.test_hotpath import AHEAD, ROOT, Line, alice, kept, own_room, say, scope
from tests.helpers import missing_tool

__all__ = ["alice", "own_room"]

pytestmark = pytest.mark.posix("no answer is kept there")

WRONG = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"  # AWS's documentation example
WITHOUT = {"AWSCREDS_PASSPHRASE": ""}

# What is run in place of `serve_profile` or a write, with the words of the test at its end.
STAGED = f"""
import os, signal, subprocess, sys, time
sys.path.append({ROOT!r})
import site
site.main()
from awscreds import warm
warm.OWN = sys.argv.pop(1)
"""
MEANWHILE = f"""{STAGED}
import awscreds.workflows.serve as module
words = sys.argv.pop(1).split("|")
real, moment = module.serve_profile, time.time
time.time = lambda: moment() + 5
def serve_profile(*given, **named):
    response = real(*given, **named)
    subprocess.run(words, check=True, stdout=2, input=os.environ["SECRET"].encode())
    return response
module.serve_profile = serve_profile
from awscreds.hotpath import respond
print(respond(warm.Request("alice", None, None), dict(os.environ)), end="")
"""
KILLED = f"""{STAGED}
from awscreds.stores.backends import keyring, vault
for kind in (keyring.KeyringBackend, vault.VaultBackend):
    def write(self, *given, real=kind.write):
        real(self, *given)
        os.kill(os.getpid(), signal.SIGKILL)
    kind.write = write
from awscreds.__main__ import main
main()
"""


OVERTAKEN = f"""{STAGED}
from awscreds.stores.backends import keyring, vault
words = sys.argv.pop(1).split("|")
for kind in (keyring.KeyringBackend, vault.VaultBackend):
    def write(self, *given, real=kind.write):
        subprocess.run(words, check=True, stdout=2)
        real(self, *given)
    kind.write = write
from awscreds.__main__ import main
main()
"""


def managed(user):
    """The line of a profile with no setting of ours."""
    if not kernel.put(scope(user) + "probe", b"x", 60):
        missing_tool("this kernel, or its container, refuses the key store")
    kernel.drop(scope(user) + "probe")
    configure(user, WRONG, "--no-verify")
    return Line(user, "alice")


CONFIGURE = ("configure", "--profile", "alice", "--secret-stdin", "--access-key-id")


def configure(user, secret, *options):
    user.awscreds(*CONFIGURE, user.key_id, *options, stdin=secret)


def correct(user):
    """Replace the wrong secret by the one that AWS knows."""
    configure(user, user.secret)


@pytest.fixture
def vault_line(alice):
    return managed(alice)


@pytest.fixture
def keyring_line(keyring_user):
    return managed(keyring_user)


@pytest.fixture(params=["vault", "keyring"])
def any_line(request):
    return request.getfixturevalue(f"{request.param}_line")


def warmed(line):
    """The answer that is kept now."""
    line()
    answer = line()
    assert line.was_warm
    return answer


def pair(answer):
    found = json.loads(answer) if answer else {}
    return found.get("AccessKeyId"), found.get("SecretAccessKey")


# How long it is kept


def test_with_the_vault_it_is_kept_no_longer_than_the_vault_s_key(vault_line):
    user = vault_line.user
    for span, most in (("5m", 300), ("40s", 40)):
        user.awscreds("unlock", "--for", span)
        warmed(vault_line)
        left = kernel.seconds_left(kept(user)[0])
        assert 0 < left <= kernel.seconds_left(scope(user) + warm.HELD) <= most


def test_with_a_keyring_it_is_kept_for_a_minute(keyring_line):
    warmed(keyring_line)
    assert 0 < kernel.seconds_left(kept(keyring_line.user)[0]) <= 60


def test_zero_switches_it_off(any_line):
    say(any_line.user, "awscreds_key_cache = 0")
    any_line()
    any_line()
    assert not any_line.was_warm
    assert kept(any_line.user) == []


def test_a_locked_vault_has_no_answer(vault_line):
    user = vault_line.user
    warmed(vault_line)
    assert vault_line(**WITHOUT)
    user.awscreds("lock")
    assert kept(user) == []
    assert vault_line(rc=4, **WITHOUT) == ""


def test_it_ends_with_the_very_key_that_opened_the_vault(vault_line):
    """Whatever ended that, and although the answer itself has time left."""
    user = vault_line.user
    warmed(vault_line)
    (held,) = kernel.names(scope(user) + warm.HELD)
    key = kernel.get(held)
    kernel.drop(held)
    assert len(kept(user)) == 1
    assert vault_line(rc=4, **WITHOUT) == ""
    assert kernel.put(held, key, 30)
    vault_line(**WITHOUT)
    assert not vault_line.was_warm
    assert kernel.seconds_left(kept(user)[0]) <= 30


# What it rests on


def by_hand(user):
    say(user, "# changed")


def restore(user, name, content):
    (user.aws / "awscreds" / name).write_bytes(content)


def rename(user, old="alice", new="bob"):
    user.awscreds("profile", "rename", old, new)


def law(line, steps):
    """After each step, the next answer is the one that is given if none is kept."""
    user = line.user
    for name, step in steps.items():
        warmed(line)
        step(user)
        found = pair(line(rc=None))
        kernel.drop_all(scope(user) + warm.ANSWER)
        assert pair(line(rc=None)) == found, name


@pytest.mark.slow
def test_whatever_changes_the_next_answer_is_the_true_one(any_line):
    user = any_line.user
    states = {path: path.read_bytes() for path in (user.aws / "awscreds").glob("vault")}
    seen = []

    def note(step):
        def noting(user):
            step(user)
            seen.append(pair(any_line(rc=None)))

        return noting

    key_id, secret = user.sandbox.root_key
    other = ("configure", "--profile", "alice", "--access-key-id", key_id, "--secret-stdin")
    steps = {
        "an edit by hand": by_hand,
        "another secret of the same key": correct,
        "an older vault": lambda user: [restore(user, p.name, d) for p, d in states.items()],
        "the secret again": correct,
        "sessions clear": lambda user: user.awscreds("sessions", "clear"),
        "lock": lambda user: user.awscreds("lock"),
        "unlock": lambda user: user.awscreds("unlock"),
        "a rotation": lambda user: user.awscreds("rotate", "--profile", "alice", "--yes"),
        "another key": lambda user: user.awscreds(*other, stdin=secret),
    }
    law(any_line, {name: note(step) for name, step in steps.items()})
    assert {(user.key_id, WRONG), (user.key_id, user.secret)} < set(seen)
    assert len(set(seen)) == 4  # and those of the rotation, and of the other key
    warmed(any_line)
    rename(user)
    assert any_line(rc=3) == ""
    rename(user, "bob", "alice")
    warmed(any_line)
    user.awscreds("profile", "remove", "alice", "--yes")
    assert any_line(rc=3) == ""
    assert kept(user) == []


def test_a_move_to_the_other_store_ends_it(keyring_user):
    """It would be kept for a minute, and the vault is locked now."""
    line = managed(keyring_user)
    warmed(line)
    passphrase = {"AWSCREDS_PASSPHRASE": "correct horse battery"}
    keyring_user.awscreds("store", "move", "--to", "vault", **passphrase)
    kernel.drop_all(scope(keyring_user) + warm.HELD)
    assert line(rc=4) == ""


@pytest.mark.parametrize("change", ["lock", "configure"])
def test_what_another_process_does_meanwhile_is_not_undone(any_line, change):
    """It read the key, then the other locked, or replaced the secret, then it keeps its answer."""
    user = any_line.user
    words = ["lock"] if change == "lock" else [*CONFIGURE, user.key_id]
    program = "|".join([*user.program, *words])
    done = user.run(
        sys.executable, "-I", "-S", "-c", MEANWHILE, warm.OWN, program, SECRET=user.secret
    )
    assert pair(done.stdout) == (user.key_id, WRONG)
    assert kept(user) == []
    now = user.secret if change == "configure" else WRONG
    assert pair(any_line()) == (user.key_id, now)


def test_what_is_kept_just_before_a_write_is_not_given_after_it(any_line):
    user = any_line.user
    line = (sys.executable, "-I", "-S", "-c", AHEAD, "5", warm.OWN, "credential-process")
    program = "|".join([*line, "--profile", "alice"])
    started = (sys.executable, "-I", "-S", "-c", OVERTAKEN, warm.OWN, program)
    user.run(*started, *CONFIGURE, user.key_id, stdin=user.secret)
    assert len(kept(user)) == 1
    assert pair(any_line()) == (user.key_id, user.secret)


def test_a_kill_after_the_write_leaves_no_answer_with_the_former_secret(any_line):
    user = any_line.user
    warmed(any_line)
    killed = (sys.executable, "-I", "-S", "-c", KILLED, warm.OWN)
    user.run(*killed, *CONFIGURE, user.key_id, stdin=user.secret, rc=-signal.SIGKILL)
    assert pair(any_line()) == (user.key_id, user.secret)

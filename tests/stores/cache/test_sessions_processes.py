"""Many processes and one session: who makes it, who waits, and what a killed one leaves."""

import sys

import pytest

from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.state_dir import StateDir
from tests.stores.support import KILL_STATUS, names, run, start

pytestmark = pytest.mark.slow

MANY = 20 if sys.platform == "win32" else 50
"""Processes at once. Where none can be forked, each has to load everything."""

IN_KERNEL = pytest.param("kernel", marks=pytest.mark.posix("it has no key store in the kernel"))

PREAMBLE = """
import os, signal, subprocess, sys, time
from cryptography.hazmat.primitives.ciphers import aead
from awscreds.errors import AwscredsError
from awscreds.model.credentials import Session
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.cache import session_format, sessions
from awscreds.stores.state_dir import StateDir
from awscreds.stores.secret_store import SecretStore

folder = sys.argv[1]
state_dir = StateDir(folder + "/state", lock_folder=folder + "/locks")
key = session_format.SessionKey(profile="dev", access_key_id="AKIAIOSFODNN7EXAMPLE")


def cache(**options):
    options = {"note": sys.stderr.write, "kernel": None} | options
    return sessions.SessionCache(state_dir, lambda: bytes(32), **options)


# Where there is no fork, `together` starts this program again: what comes before it is for `first`.
first = "BEGAN" not in os.environ
began = time.time() if first else float(os.environ["BEGAN"])


def asking_from_the_beginning():
    # However late the machine lets this process start, it asked before anybody made anything.
    yield began
    while True:
        yield time.time()


def make(lasting=3600):
    with open(folder + "/calls", "a") as calls:
        calls.write("call\\n")
    time.sleep(0.2)
    return Session(f"ASIA{os.getpid()}", "secret", "token", time.time() + lasting)


def together(count, work):
    # Each child begins when all are there, and prints a line of its own.
    if not hasattr(os, "fork"):
        return spawned(count, work)
    here, begin = os.pipe(), os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.write(here[1], b"x")
                os.close(begin[1])
                os.read(begin[0], 1)
                os.write(1, f"{work()}\\n".encode())
                status = 0
            except BaseException as error:
                os.write(2, repr(error).encode())
            finally:
                os._exit(status)
        children.append(child)
    waiting = 0
    while waiting < count:
        waiting += len(os.read(here[0], count))
    os.close(begin[1])
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)


def spawned(count, work):
    if not first:
        print("here", flush=True)
        sys.stdin.readline()
        print(work(), flush=True)
        return
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    environ = os.environ | {"BEGAN": repr(began)}
    children = [
        subprocess.Popen(sys.orig_argv, env=environ, text=True, **pipes) for _ in range(count)
    ]
    assert all(child.stdout.readline() == "here\\n" for child in children)
    for child in children:
        child.stdin.write("\\n")
        child.stdin.flush()
    print("".join(child.communicate()[0] for child in children))
    assert not any(child.returncode for child in children)
"""


def start_making(folder):
    """A process that makes the session and does not come to an end."""
    code = """
def make_for_ever():
    print("making", flush=True)
    time.sleep(60)
cache().fetch(key, make_for_ever)
"""
    process = start(PREAMBLE + code, folder)
    assert process.stdout.readline() == "making\n"
    return process


def calls(folder):
    return (folder / "calls").read_text().count("call")


@pytest.mark.parametrize("front", [IN_KERNEL, "None"])
@pytest.mark.parametrize("expired", [True, False], ids=["expired", "none yet"])
def test_many_processes_make_one_session(tmp_path, front, expired):
    code = f"""
if {expired} and first:
    cache(kernel={front}).fetch(key, lambda: make(lasting=200))
together({MANY}, lambda: cache(kernel={front}).fetch(key, make).id)
kernel.drop_all(kernel.scope(state_dir.path))
"""
    answers = run(PREAMBLE + code, tmp_path).split()
    assert len(answers) == MANY
    assert len(set(answers)) == 1
    assert calls(tmp_path) == 1 + expired


def test_many_refreshes_at_once_make_one_session(tmp_path):
    code = f"""
if first:
    cache(clock=lambda: began - 60).fetch(key, make)
def refresh():
    return cache(clock=asking_from_the_beginning().__next__).fetch(key, make, refresh=True).id
together({MANY}, refresh)
"""
    assert len(set(run(PREAMBLE + code, tmp_path).split())) == 1
    assert calls(tmp_path) == 2


def test_a_session_of_no_use_to_others_is_made_once_for_all_who_wait(tmp_path):
    code = """
def fetch():
    cached = cache(clock=asking_from_the_beginning().__next__)
    return cached.fetch(key, lambda: make(lasting=200)).id
together(20, fetch)
"""
    assert len(set(run(PREAMBLE + code, tmp_path).split())) == 1
    assert calls(tmp_path) == 1


def test_where_the_maker_is_killed_another_takes_over(tmp_path):
    maker = start_making(tmp_path)
    waiter = start(PREAMBLE + "print(cache().fetch(key, make).id)", tmp_path)
    try:
        maker.kill()
        out, err = waiter.communicate(timeout=30)
    finally:
        maker.kill()
        waiter.kill()
        maker.communicate()
    assert out.startswith("ASIA"), err
    assert calls(tmp_path) == 1


def test_where_making_fails_the_next_one_tries(tmp_path):
    code = """
def first_refused():
    session = make()
    if open(folder + "/calls").read() == "call\\n":
        raise AwscredsError("refused")
    return session

def work():
    try:
        return cache().fetch(key, first_refused).id
    except AwscredsError as error:
        return error.message

together(10, work)
"""
    answers = run(PREAMBLE + code, tmp_path).split()
    assert len(set(answers)) == 2
    assert answers.count("refused") == 1
    assert calls(tmp_path) == 2


def test_who_waits_says_so_once_and_not_for_ever(tmp_path):
    maker = start_making(tmp_path)
    code = """
slept = []
def sleep(seconds):
    slept.append(seconds)
    time.sleep(0.001)
try:
    cache(patience=2.0, sleep=sleep, note=print).fetch(key, make)
except AwscredsError as error:
    print(error.code, sum(slept) > 2)
"""
    try:
        lines = run(PREAMBLE + code, tmp_path).splitlines()
    finally:
        maker.kill()
        maker.communicate()
    assert lines[0].startswith("waiting: another awscreds process is creating the session of 'dev'")
    assert lines[1:] == ["session-busy True"]
    assert not (tmp_path / "calls").exists()


def test_other_sessions_are_made_meanwhile_also_by_who_makes_this_one(tmp_path):
    code = """
role = session_format.SessionKey(profile="ops", access_key_id="AKIAIOSFODNN7EXAMPLE", source=key)
print(cache().fetch(role, lambda: cache(patience=1).fetch(key, make) and make()).id)
"""
    assert run(PREAMBLE + code, tmp_path).startswith("ASIA")
    assert calls(tmp_path) == 2


@pytest.mark.parametrize("move", ["os.fsync", "os.replace"])
def test_a_process_killed_as_it_keeps_a_session_leaves_nothing_half(tmp_path, move):
    code = f"""
def die(*_):
    os.kill(os.getpid(), 9)
state_dir.write("state.json", b"there")
session = make()
{move} = die
cache().fetch(key, lambda: session)
"""
    killed = start(PREAMBLE + code, tmp_path)
    assert killed.wait(30) == KILL_STATUS
    killed.communicate()
    state = str(tmp_path / "state")
    assert [name for name in names(state) if name.startswith("session-")] == []
    assert b"secret" not in b"".join((tmp_path / "state" / n).read_bytes() for n in names(state))
    assert run(PREAMBLE + "print(cache().fetch(key, make).id)", tmp_path).startswith("ASIA")
    assert all(name.startswith(("session-", "state.json")) for name in names(state))


def test_of_many_sealing_keys_one_wins(tmp_path):
    code = """
class Backend:
    name = "vault"
    def describe(self): return "a file"
    def read(self, entry_id):
        data = state_dir.read("entry")
        return data and data.decode()
    def write(self, entry_id, text):
        with open(folder + "/calls", "a") as calls:
            calls.write("call\\n")
        state_dir.write("entry", text.encode())

class Index:
    def add(self, *_): pass
    def ids(self, *_): return []

store = SecretStore(Backend(), Index())
together(int(sys.argv[2]), lambda: session_format.sealing_key(store, state_dir).hex())
"""
    keys = run(PREAMBLE + code, tmp_path, MANY).split()
    assert len(keys) == MANY
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64
    assert calls(tmp_path) == 1


@pytest.mark.posix("it has no key store in the kernel")
def test_many_processes_do_not_take_more_of_the_kernel_than_they_may(tmp_path):
    code = """
from awscreds.stores.cache.kernel_budget import KernelBudget
def put():
    share = KernelBudget(state_dir.path)
    share.put(f"session:{os.getpid()}", os.urandom(900), end=time.time() + 600, seconds=600)
together(12, put)
vault = kernel.scope(state_dir.path) + "vault:x"
held = kernel.names(kernel.scope(state_dir.path))
print(sum(len(kernel.get(name) or b"") for name in held), kernel.put(vault, bytes(32), 60))
"""
    state = StateDir(str(tmp_path / "state")).path
    try:
        *_, taken, vault_fits = run(PREAMBLE + code, tmp_path).split()
    finally:
        kernel.drop_all(kernel.scope(state))
    assert int(taken) <= 6144
    assert vault_fits == "True" or int(taken) == 0  # no key store at all
